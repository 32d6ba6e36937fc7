"""Layers with options for the numpy forward pass: a table, and what Hypothesis draws."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Layers = list[list[Any]]


@dataclass(frozen=True)
class Drawn:
    """A Sequential model: classes with options, the shape of a row, whole numbers or not."""

    name: str
    layers: Layers
    shape: tuple[int, ...]
    whole: bool = False


VECTOR, STEPS, IMAGE, CUBE, WORDS = (8,), (7, 4), (8, 7, 4), (5, 6, 5, 2), (6,)


def one(
    name: str, shape: tuple[int, ...], whole: bool = False, label: str = "", **options: Any
) -> Drawn:
    """Return a model of one layer."""
    said = label or ",".join(f"{key}={value}" for key, value in options.items())
    return Drawn(f"{name} {said}".strip(), [[name, options]], shape, whole)


def masked(name: str, *after: list[Any], **options: Any) -> Drawn:
    """Return a layer after an Embedding with a mask, and what stands after the layer."""
    first = ["Embedding", {"input_dim": 7, "output_dim": 4, "mask_zero": True}]
    said = ",".join([*(f"{key}={value}" for key, value in options.items()), *(e[0] for e in after)])
    return Drawn(f"masked {name} {said}", [first, [name, options], *after], WORDS, True)


LSTM = ["LSTM", {"units": 3}]
EVERY = {"units": 3, "return_sequences": True}
LAYERS = [
    one("Dense", VECTOR, units=3, activation="gelu"),
    one("Dense", STEPS, units=3, activation="leaky_relu", use_bias=False),
    one("EinsumDense", STEPS, equation="abc,cd->abd", output_shape=[None, 5], bias_axes="d"),
    one("Conv1D", STEPS, filters=3, kernel_size=3, padding="causal", dilation_rate=2),
    one("Conv1D", STEPS, filters=4, kernel_size=3, padding="same", strides=2, groups=2),
    one("Conv2D", IMAGE, filters=4, kernel_size=3, padding="same", dilation_rate=2),
    one("Conv2D", IMAGE, filters=4, kernel_size=[3, 2], strides=2, activation="relu"),
    one("Conv2D", IMAGE, filters=4, kernel_size=3, groups=2, use_bias=False),
    one("Conv3D", CUBE, filters=3, kernel_size=3, padding="same", strides=2),
    one("Conv3D", CUBE, filters=3, kernel_size=2, activation="swish"),
    one("Conv1DTranspose", STEPS, filters=3, kernel_size=3, strides=2, padding="same"),
    one("Conv1DTranspose", STEPS, filters=3, kernel_size=2, strides=3),
    one("Conv2DTranspose", IMAGE, filters=3, kernel_size=4, strides=2, padding="same"),
    one("Conv2DTranspose", IMAGE, filters=3, kernel_size=3, strides=2),
    one("Conv2DTranspose", IMAGE, filters=3, kernel_size=2, strides=3, padding="same"),
    one("Conv3DTranspose", CUBE, filters=3, kernel_size=3, strides=2, padding="same"),
    one("DepthwiseConv1D", STEPS, kernel_size=3, depth_multiplier=2),
    one("DepthwiseConv2D", IMAGE, kernel_size=3, depth_multiplier=2, padding="same", strides=2),
    one("DepthwiseConv2D", IMAGE, kernel_size=3, dilation_rate=2, activation="relu6"),
    one("SeparableConv1D", STEPS, filters=3, kernel_size=3, padding="same"),
    one("SeparableConv2D", IMAGE, filters=3, kernel_size=3, padding="same", dilation_rate=2),
    one("SeparableConv2D", IMAGE, filters=3, kernel_size=3, strides=2, depth_multiplier=2),
    one("MaxPooling1D", STEPS, pool_size=3, strides=2, padding="same"),
    one("MaxPooling2D", IMAGE, pool_size=[2, 3]),
    one("MaxPooling3D", CUBE, pool_size=2),
    one("AveragePooling1D", STEPS, pool_size=3, strides=1, padding="same"),
    one("AveragePooling2D", IMAGE, pool_size=3, strides=2, padding="same"),
    one("AveragePooling3D", CUBE, pool_size=2, padding="same"),
    one("GlobalAveragePooling1D", STEPS, keepdims=True),
    one("GlobalAveragePooling2D", IMAGE),
    one("GlobalAveragePooling3D", CUBE),
    one("GlobalMaxPooling1D", STEPS),
    one("GlobalMaxPooling2D", IMAGE, keepdims=True),
    one("GlobalMaxPooling3D", CUBE),
    one("ZeroPadding1D", STEPS, padding=2),
    one("ZeroPadding2D", IMAGE, padding=[[1, 2], [0, 3]]),
    one("ZeroPadding3D", CUBE, padding=[1, 2, 0]),
    one("Cropping1D", STEPS, cropping=[1, 2]),
    one("Cropping2D", IMAGE, cropping=[[1, 2], [0, 3]]),
    one("Cropping3D", CUBE, cropping=1),
    one("UpSampling1D", STEPS, size=3),
    one("UpSampling2D", IMAGE, size=[2, 3]),
    one("UpSampling2D", IMAGE, size=[2, 3], interpolation="bilinear"),
    one("UpSampling3D", CUBE, size=2),
    one("Resizing", IMAGE, height=5, width=11),
    one("Resizing", IMAGE, height=3, width=10, interpolation="nearest"),
    one("Flatten", IMAGE),
    one("Permute", IMAGE, dims=[3, 1, 2]),
    one("Reshape", STEPS, target_shape=[-1, 2]),
    one("RepeatVector", VECTOR, n=4),
    one("BatchNormalization", IMAGE, epsilon=0.01),
    one("BatchNormalization", IMAGE, axis=1, scale=False),
    one("BatchNormalization", VECTOR, center=False),
    one("LayerNormalization", IMAGE, axis=[1, 2, 3]),
    one("LayerNormalization", STEPS, epsilon=1e-6, center=False),
    one("GroupNormalization", IMAGE, groups=2),
    one("GroupNormalization", STEPS, groups=-1, scale=False),
    one("RMSNormalization", STEPS),
    one("UnitNormalization", STEPS),
    one("UnitNormalization", IMAGE, axis=[1, 2]),
    one("Activation", STEPS, activation="softmax"),
    one("Activation", STEPS, activation="mish"),
    one("Activation", STEPS, activation="log_softmax"),
    one("ELU", STEPS, alpha=0.5),
    one("LeakyReLU", STEPS),
    one("PReLU", IMAGE, shared_axes=[1, 2]),
    one("PReLU", VECTOR),
    one("ReLU", STEPS, max_value=1.0, negative_slope=0.2, threshold=0.3),
    one("Softmax", STEPS, axis=1),
    one("Dropout", VECTOR, rate=0.5),
    one("SpatialDropout2D", IMAGE, rate=0.5),
    one("RandomFlip", IMAGE, mode="horizontal"),
    one("RandomRotation", IMAGE, factor=0.2),
    one("RandomZoom", IMAGE, height_factor=0.2),
    one("Rescaling", IMAGE, scale=0.5, offset=-1.0),
    one("Normalization", STEPS),
    one("Normalization", STEPS, mean=[1.0, 2, 3, 4], variance=[1.0, 4, 9, 16], label="given"),
    one("Normalization", STEPS, invert=True),
    one("Normalization", STEPS, axis=None, mean=2.0, variance=4.0),
    one("Discretization", VECTOR, bin_boundaries=[-1.0, 0.0, 0.5]),
    one("CategoryEncoding", VECTOR, True, num_tokens=7, output_mode="multi_hot"),
    one("CategoryEncoding", VECTOR, True, num_tokens=7, output_mode="count"),
    one("CategoryEncoding", (1,), True, num_tokens=7, output_mode="one_hot"),
    one("IntegerLookup", VECTOR, True, vocabulary=[3, 5, 1]),
    one("IntegerLookup", VECTOR, True, vocabulary=[3, 5, 1], mask_token=0),
    one("LSTM", STEPS, units=3, return_sequences=True, go_backwards=True),
    one("LSTM", STEPS, units=3, unroll=True, activation="softsign", use_bias=False),
    one("GRU", STEPS, units=3, reset_after=False, go_backwards=True),
    one("GRU", STEPS, units=3, return_sequences=True, recurrent_dropout=0.2),
    one("SimpleRNN", STEPS, units=3, activation="relu"),
    one("RNN", STEPS, cell=["LSTMCell", {"units": 3}], return_sequences=True),
    one("RNN", STEPS, cell=["GRUCell", {"units": 3}]),
    one("Bidirectional", STEPS, layer=LSTM),
    one("Bidirectional", STEPS, layer=["GRU", EVERY], merge_mode="ave"),
    one(
        "Bidirectional",
        STEPS,
        layer=LSTM,
        backward_layer=["GRU", {"units": 3, "go_backwards": True}],
        merge_mode="mul",
    ),
    one("TimeDistributed", STEPS, layer=["Dense", {"units": 3, "activation": "relu"}]),
    one("TimeDistributed", CUBE, layer=["Conv2D", {"filters": 3, "kernel_size": 3}]),
    one("TimeDistributed", IMAGE, layer=LSTM),
    one("Embedding", WORDS, True, input_dim=7, output_dim=4),
    masked("LSTM", units=3),
    masked("GRU", LSTM, units=3, return_sequences=True),
    masked("SimpleRNN", LSTM, units=3, return_sequences=True, go_backwards=True),
    masked("LSTM", units=3, unroll=True, go_backwards=True),
    masked("RNN", LSTM, cell=["GRUCell", {"units": 3}], return_sequences=True),
    masked("Bidirectional", LSTM, layer=["LSTM", EVERY]),
    masked("Bidirectional", ["Flatten", {}], layer=["GRU", EVERY]),
    masked("Dense", ["GlobalAveragePooling1D", {}], units=3),
    masked("TimeDistributed", LSTM, layer=["Dense", {"units": 3}]),
    masked("Conv1D", ["GlobalAveragePooling1D", {}], filters=3, kernel_size=2),
    masked("BatchNormalization", ["Dropout", {"rate": 0.5}], LSTM),
    masked("GlobalMaxPooling1D"),
    masked("Flatten"),
    Drawn("Masking LSTM", [["Masking", {}], LSTM], STEPS, True),
    Drawn("Masking value", [["Masking", {"mask_value": 3.0}], LSTM], STEPS, True),
]

ACTIVATION = st.sampled_from(
    ["linear", "relu", "tanh", "softmax", "hard_sigmoid", "gelu", "selu", "softplus", "exponential"]
)
SIDE = st.integers(0, 3)
SMALL = st.integers(1, 3)


def draw_options(**options: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy in which each option may be absent."""
    return st.fixed_dictionaries({}, optional=options)


CONVOLUTION: dict[str, st.SearchStrategy[Any]] = {
    "padding": st.sampled_from(["valid", "same", "causal"]),
    "strides": SMALL,
    "dilation_rate": SMALL,
    "activation": ACTIVATION,
    "use_bias": st.booleans(),
    "data_format": st.sampled_from(["channels_last", "channels_first"]),
}
RECURRENT: dict[str, st.SearchStrategy[Any]] = {
    "activation": ACTIVATION,
    "recurrent_activation": ACTIVATION,
    "use_bias": st.booleans(),
    "go_backwards": st.booleans(),
    "return_sequences": st.booleans(),
    "return_state": st.just(False),
    "stateful": st.booleans(),
    "unroll": st.booleans(),
    "reset_after": st.booleans(),
    "dropout": st.just(0.3),
    "zero_output_for_mask": st.booleans(),
    "time_major": st.booleans(),
}
NORMALIZING: dict[str, st.SearchStrategy[Any]] = {
    "axis": st.sampled_from([-1, 1, 2, [1, 2], [-1]]),
    "epsilon": st.sampled_from([1e-5, 0.1]),
    "center": st.booleans(),
    "scale": st.booleans(),
    "renorm": st.booleans(),
    "rms_scaling": st.booleans(),
    "groups": st.sampled_from([1, 2, 4, -1]),
}
DRAWN: dict[tuple[str, tuple[int, ...]], dict[str, st.SearchStrategy[Any]]] = {
    ("Conv1D", STEPS): CONVOLUTION | {"groups": st.sampled_from([1, 2])},
    ("Conv2D", IMAGE): CONVOLUTION | {"groups": st.sampled_from([1, 2])},
    ("Conv3D", CUBE): CONVOLUTION,
    ("Conv1DTranspose", STEPS): CONVOLUTION | {"output_padding": st.integers(0, 1)},
    ("Conv2DTranspose", IMAGE): CONVOLUTION | {"output_padding": st.integers(0, 1)},
    ("DepthwiseConv1D", STEPS): CONVOLUTION | {"depth_multiplier": SMALL},
    ("DepthwiseConv2D", IMAGE): CONVOLUTION | {"depth_multiplier": SMALL},
    ("SeparableConv1D", STEPS): CONVOLUTION | {"depth_multiplier": SMALL},
    ("SeparableConv2D", IMAGE): CONVOLUTION | {"depth_multiplier": SMALL},
    ("LSTM", STEPS): RECURRENT,
    ("GRU", STEPS): RECURRENT,
    ("SimpleRNN", STEPS): RECURRENT,
    ("BatchNormalization", IMAGE): NORMALIZING,
    ("LayerNormalization", IMAGE): NORMALIZING,
    ("GroupNormalization", IMAGE): NORMALIZING,
    ("UnitNormalization", IMAGE): NORMALIZING,
    ("AveragePooling2D", IMAGE): {
        "pool_size": SMALL,
        "strides": SMALL,
        "padding": st.sampled_from(["valid", "same"]),
        "data_format": st.sampled_from(["channels_last", "channels_first"]),
    },
    ("MaxPooling1D", STEPS): {
        "pool_size": SMALL,
        "strides": SMALL,
        "padding": st.sampled_from(["valid", "same"]),
        "data_format": st.sampled_from(["channels_last", "channels_first"]),
    },
    ("UpSampling2D", IMAGE): {
        "size": SMALL,
        "interpolation": st.sampled_from(["nearest", "bilinear", "bicubic", "lanczos3"]),
    },
    ("Resizing", IMAGE): {
        "interpolation": st.sampled_from(["nearest", "bilinear", "bicubic", "area"]),
        "crop_to_aspect_ratio": st.booleans(),
        "pad_to_aspect_ratio": st.booleans(),
        "antialias": st.booleans(),
    },
    ("ZeroPadding2D", IMAGE): {"padding": st.tuples(SIDE, SIDE)},
    ("Cropping2D", IMAGE): {"cropping": st.tuples(st.tuples(SIDE, SIDE), st.tuples(SIDE, SIDE))},
    ("ReLU", STEPS): {
        "max_value": st.sampled_from([0.5, 6.0]),
        "negative_slope": st.sampled_from([0.0, 0.3]),
        "threshold": st.sampled_from([0.0, 0.4]),
    },
    ("Softmax", STEPS): {"axis": st.sampled_from([-1, 1, 2, [1, 2]])},
    ("Normalization", STEPS): {
        "axis": st.sampled_from([-1, 1, 2, None]),
        "invert": st.booleans(),
    },
    ("Discretization", VECTOR): {
        "output_mode": st.sampled_from(["int", "one_hot", "multi_hot", "count"])
    },
    ("IntegerLookup", WORDS): {
        "output_mode": st.sampled_from(["int", "multi_hot", "count"]),
        "num_oov_indices": st.integers(0, 2),
        "mask_token": st.sampled_from([0, 2]),
        "oov_token": st.sampled_from([-1, 6]),
        "invert": st.booleans(),
    },
    ("CategoryEncoding", WORDS): {
        "output_mode": st.sampled_from(["one_hot", "multi_hot", "count"])
    },
}
NEEDED: dict[str, dict[str, Any]] = {
    "LSTM": {"units": 3},
    "GRU": {"units": 3},
    "SimpleRNN": {"units": 3},
    "Resizing": {"height": 5, "width": 6},
    "Discretization": {"bin_boundaries": [-0.5, 0.5]},
    "IntegerLookup": {"vocabulary": [1, 4, 3, 5]},
    "CategoryEncoding": {"num_tokens": 7},
    **{f"Conv{size}D": {"filters": 4, "kernel_size": 3} for size in (1, 2, 3)},
    **{f"Conv{size}DTranspose": {"filters": 4, "kernel_size": 3} for size in (1, 2)},
    **{f"SeparableConv{size}D": {"filters": 4, "kernel_size": 3} for size in (1, 2)},
    **{f"DepthwiseConv{size}D": {"kernel_size": 3} for size in (1, 2)},
}
MASKED = ("LSTM", "GRU", "SimpleRNN")


@st.composite
def draw_model(draw: st.DrawFn) -> Drawn:
    """Draw one layer with options, recurrent ones sometimes after a mask and before another."""
    name, shape = draw(st.sampled_from(sorted(DRAWN)))
    options = {**NEEDED.get(name, {}), **draw(draw_options(**DRAWN[name, shape]))}
    layers: Layers = [[name, options]]
    if name in MASKED and draw(st.booleans()):
        layers.insert(0, ["Embedding", {"input_dim": 7, "output_dim": 4, "mask_zero": True}])
        shape = WORDS
        if options.get("return_sequences"):
            layers.append(LSTM)
    return Drawn(name, layers, shape, shape == WORDS)
