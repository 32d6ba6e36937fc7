"""Models of several inputs, calls or masks, for the numpy forward pass; imported by forward_models.

Not a test: this runs inside TensorFlow 2.13 or later, in a process of its own.
"""

import tensorflow as tf

layers = tf.keras.layers
Input = tf.keras.Input


def words(length=6, depth=7, width=4, **options):
    given = Input((length,))
    return given, layers.Embedding(depth, width, mask_zero=True, **options)(given)


def encoder_decoder():
    source, embedded = words()
    _, hidden, cell = layers.LSTM(3, return_state=True)(embedded)
    target = Input((4,))
    told = layers.Embedding(7, 3)(target)
    told = layers.LSTM(3, return_sequences=True)(told, initial_state=[hidden, cell])
    return tf.keras.Model([source, target], layers.Dense(2)(told))


def state_beside_mask():
    given, embedded = words()
    state = Input((3,))
    out = layers.GRU(3)(embedded, initial_state=state)
    return tf.keras.Model([given, state], out)


def nested_functional():
    inner_in = Input((6, 6, 2))
    inner = layers.Conv2D(3, 3, activation="relu")(inner_in)
    inner = layers.BatchNormalization()(inner)
    inner = tf.keras.Model(inner_in, layers.GlobalAveragePooling2D()(inner), name="backbone")
    given = Input((6, 6, 2))
    head = tf.keras.Sequential([Input((3,)), layers.Dense(4), layers.Dense(2)], name="head")
    return tf.keras.Model(given, head(inner(layers.Rescaling(0.5)(given))))


def model_called_twice():
    shared = tf.keras.Sequential([Input((4,)), layers.Dense(3, activation="tanh")], name="tower")
    left, right = Input((4,)), Input((4,))
    return tf.keras.Model([left, right], layers.Dot(1)([shared(left), shared(right)]))


def functional_called_twice():
    inner_in = Input((4,))
    shared = tf.keras.Model(inner_in, layers.Dense(3, activation="tanh")(inner_in), name="tower")
    left, right = Input((4,)), Input((4,))
    together = layers.Subtract()([shared(left), shared(right)])
    return tf.keras.Model([left, right], layers.Dense(1)(together))


def layer_called_twice():
    shared, given = layers.Dense(4, activation="relu"), Input((4,))
    return tf.keras.Model(given, layers.Add()([shared(shared(given)), given]))


def two_outputs():
    given = Input((4,))
    hidden = layers.Dense(5, activation="relu")(given)
    return tf.keras.Model(given, [layers.Dense(1)(hidden), layers.Dense(3)(hidden)])


def inner_with_two_outputs():
    inner_in = Input((4,))
    inner = tf.keras.Model(
        inner_in, [layers.Dense(3)(inner_in), layers.Dense(3, "relu")(inner_in)], name="inner"
    )
    given = Input((4,))
    first, second = inner(given)
    return tf.keras.Model(given, layers.Concatenate()([second, first]))


def self_attention(**options):
    given = Input((5, 4))
    out = layers.MultiHeadAttention(2, 3, **options)(given, given)
    return tf.keras.Model(given, layers.LayerNormalization()(layers.Add()([given, out])))


def cross_attention():
    query, value = Input((5, 4)), Input((3, 6))
    out = layers.MultiHeadAttention(2, 3, value_dim=5, output_shape=7)(query, value)
    return tf.keras.Model([query, value], out)


def attention_with_key():
    query, value, key = Input((5, 4)), Input((3, 6)), Input((3, 2))
    out = layers.MultiHeadAttention(2, 3, use_bias=False)(query, value, key=key)
    return tf.keras.Model([query, value, key], out)


def causal_attention():
    given = Input((5, 4))
    out = layers.MultiHeadAttention(2, 3)(given, given, use_causal_mask=True)
    return tf.keras.Model(given, out)


def attention_scores():
    given = Input((5, 4))
    attention = layers.MultiHeadAttention(2, 3)
    return tf.keras.Model(given, attention(given, given, return_attention_scores=True))


def masked_self_attention():
    given, embedded = words()
    out = layers.MultiHeadAttention(2, 3)(embedded, embedded)
    return tf.keras.Model(given, layers.Flatten()(out))


def masked_attention_then_mean():
    given, embedded = words()
    out = layers.MultiHeadAttention(2, 3)(embedded, embedded)
    return tf.keras.Model(given, layers.GlobalAveragePooling1D()(out))


def masked_transformer_block():
    given, embedded = words()
    out = layers.MultiHeadAttention(2, 3)(embedded, embedded)
    out = layers.LayerNormalization()(layers.Add()([embedded, out]))
    return tf.keras.Model(given, layers.Dense(2)(layers.GlobalAveragePooling1D()(out)))


def masked_attention_after_dropout():
    given, embedded = words()
    dropped = layers.Dropout(0.5)(embedded)
    out = layers.MultiHeadAttention(2, 3)(dropped, dropped)
    return tf.keras.Model(given, layers.LSTM(3)(layers.Add()([embedded, out])))


def dot_attention(kind="Attention", **options):
    query, value = Input((5, 4)), Input((3, 4))
    return tf.keras.Model([query, value], getattr(layers, kind)(**options)([query, value]))


def masked_dot_attention():
    given, embedded = words()
    encoded = layers.LSTM(4, return_sequences=True)(embedded)
    out = layers.Attention()([encoded, encoded])
    return tf.keras.Model(given, layers.GlobalAveragePooling1D()(out))


def causal_dot_attention():
    query, value = Input((5, 4)), Input((3, 4))
    return tf.keras.Model([query, value], layers.Attention()([query, value], use_causal_mask=True))


def masked_concatenate():
    given, embedded = words()
    parts = [layers.LSTM(3, return_sequences=True)(embedded) for _ in range(2)]
    return tf.keras.Model(given, layers.GRU(2)(layers.Concatenate()(parts)))


def masked_beside_unmasked():
    given, embedded = words()
    other = Input((6, 4))
    return tf.keras.Model([given, other], layers.GRU(2)(layers.Add()([embedded, other])))


def mask_into_inner_model():
    inner_in = Input((6, 4))
    inner = tf.keras.Model(inner_in, layers.LSTM(3)(inner_in), name="inner")
    given, embedded = words()
    return tf.keras.Model(given, inner(embedded))


def mask_out_of_inner_model():
    given, embedded = words()
    inner = tf.keras.Model(given, embedded, name="inner")
    outer = Input((6,))
    return tf.keras.Model(outer, layers.LSTM(3)(inner(outer)))


def explicit_mask():
    values, kept = Input((5, 3)), Input((5,), dtype="bool")
    return tf.keras.Model([values, kept], layers.LSTM(4)(values, mask=kept))


def bidirectional_states():
    given = Input((5, 3))
    out, *states = layers.Bidirectional(layers.LSTM(2, return_state=True))(given)
    return tf.keras.Model(given, layers.Concatenate()([out, *states]))


def two_directions_apart():
    given = Input((5, 3))
    ways = layers.Bidirectional(layers.GRU(2, return_sequences=True), merge_mode=None)(given)
    return tf.keras.Model(given, layers.Concatenate()(ways))


def merged(kind, **options):
    left, right = Input((4, 3)), Input((4, 3))
    return tf.keras.Model([left, right], getattr(layers, kind)(**options)([left, right]))


def arithmetic():
    given = Input((4,))
    hidden = layers.Dense(4)(given / 2.0 + 1.0)
    return tf.keras.Model(given, 1.0 - hidden * given)


def last_step():
    given = Input((5, 3))
    hidden = layers.GRU(4, return_sequences=True)(given)
    return tf.keras.Model(given, layers.Concatenate()([hidden[:, -1], hidden[:, 1:4:2, 0]]))


def every_frame():
    frame = Input((6, 6, 2))
    seen = layers.Flatten()(layers.MaxPooling2D()(layers.Conv2D(3, 3)(frame)))
    frames = Input((3, 6, 6, 2))
    seen = layers.TimeDistributed(tf.keras.Model(frame, seen))(frames)
    return tf.keras.Model(frames, layers.Dense(2)(layers.LSTM(3)(seen)))


def every_frame_in_a_row():
    inner = tf.keras.Sequential([Input((6, 4)), layers.Conv1D(3, 3), layers.Flatten()])
    return tf.keras.Sequential(
        [Input((3, 6, 4)), layers.TimeDistributed(inner), layers.GRU(2), layers.Dense(2)]
    )


def two_kinds_of_features():
    numbers, kind = Input((3,)), Input((1,), dtype="int32")
    known = layers.CategoryEncoding(num_tokens=7, output_mode="one_hot")(kind)
    scaled = layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 4.0, 9.0])(numbers)
    joined = layers.Concatenate()([scaled, known])
    return tf.keras.Model([numbers, kind], layers.Dense(2, activation="softmax")(joined))


CASES = {
    function.__name__: function
    for function in (
        encoder_decoder,
        state_beside_mask,
        nested_functional,
        model_called_twice,
        functional_called_twice,
        layer_called_twice,
        two_outputs,
        inner_with_two_outputs,
        self_attention,
        cross_attention,
        attention_with_key,
        causal_attention,
        attention_scores,
        masked_self_attention,
        masked_attention_then_mean,
        masked_transformer_block,
        masked_attention_after_dropout,
        dot_attention,
        masked_dot_attention,
        causal_dot_attention,
        masked_concatenate,
        masked_beside_unmasked,
        mask_into_inner_model,
        mask_out_of_inner_model,
        explicit_mask,
        bidirectional_states,
        two_directions_apart,
        arithmetic,
        last_step,
        every_frame,
        every_frame_in_a_row,
        two_kinds_of_features,
    )
}
CASES["scaled_attention"] = lambda: dot_attention(use_scale=True)
CASES["concat_attention"] = lambda: dot_attention(use_scale=True, score_mode="concat")
CASES["additive_attention"] = lambda: dot_attention("AdditiveAttention")
for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"):
    CASES[kind.lower()] = lambda kind=kind: merged(kind)
CASES["concatenate_steps"] = lambda: merged("Concatenate", axis=1)
CASES["dot_of_steps"] = lambda: merged("Dot", axes=(1, 1))
CASES["dot_normalized"] = lambda: merged("Dot", axes=2, normalize=True)
