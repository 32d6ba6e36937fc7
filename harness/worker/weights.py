"""Every number a model carries, also the ones Keras does not track."""

import numpy as np


def collect_weights(tf, model):
    """Return the model's variables as a list of numpy arrays, in a stable order.

    Takes `model.weights` and then any raw `tf.Variable` that a layer keeps as an attribute:
    Keras 3 does not track those (keras.io/api/layers/base_layer), which is one way to lose them.
    """
    variables = list(getattr(model, "weights", None) or [])
    known = {id(variable) for variable in variables}
    known |= {id(getattr(variable, "value", None)) for variable in variables}
    for layer in getattr(model, "layers", None) or []:
        for _, value in sorted(vars(layer).items()):
            if isinstance(value, tf.Variable) and id(value) not in known:
                known.add(id(value))
                variables.append(value)
    if tf.executing_eagerly():
        # A lookup layer's vocabulary stands among Keras 2's weights and is no variable.
        return [np.asarray(each.numpy()) for each in variables if hasattr(each, "numpy")]
    return [np.asarray(value) for value in tf.keras.backend.batch_get_value(variables)]
