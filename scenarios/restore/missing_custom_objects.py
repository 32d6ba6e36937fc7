"""A model with a custom layer does not load: load_model raises an error, it never returns zeros.

Symptom:
    Keras 3 prints the model's whole config. The important part is in the middle: "TypeError: ...
    could not be deserialized properly. ... Could not locate class 'MyCustomLayer'. Make sure custom
    classes and functions are decorated with `@keras.saving.register_keras_serializable()`." TF
    2.15: "The added layer must be an instance of class Layer. Received: layer=MyCustomLayer" or
    "Cannot deserialize object of type `MyCustomLayer`". Any .h5: "Unknown layer".
Cause:
    The file holds the layer's name, config and weights, but not its Python code. A name unknown to
    Keras raises an error. A name that Keras itself has raises none: see custom-relu-shadowed.
Fix:
    custom_objects passes the class to load_model, also for a file that exists already.
    Registration makes that argument unnecessary, but must run before saving too, because
    registration writes the name "my_project>MyCustomLayer". An earlier file holds "MyCustomLayer",
    so registering only before loading does not remove the error.
    How it differs from article-listing-two: the class is not given at all.
Spot it:
    Search the message for "Could not locate", or list the names in the file:
        config = zipfile.ZipFile("model.keras").read("config.json").decode()
        set(re.findall(r'"(?:registered_name|config)": "([^"]+)"', config))
Evidence:
    keras-team/keras#4871, keras-team/keras#19899; keras-team/keras#3487 and keras-team/keras#1634
    (not read by us).
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "missing-custom-objects", "family": "restore",
    "tensorflow": ">=2.1", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": [{"verdict": "error", "raises": "MyCustomLayer"}],
        "restore_broken_registered_late": [{"verdict": "error", "raises": "MyCustomLayer"}],
        "restore_fixed_custom_objects": "match",
        "restore_fixed_registered": "match",
    },
    "saves": {"restore_fixed_registered": "save_registered"},
    "hints": ["Search the error for 'Could not locate': which name does Keras not know?",
              "model.keras is a zip: what is the layer's 'registered_name' in its config.json?",
              "load_model has an argument that maps names in the file to classes in your code."],
}


class MyCustomLayer(tf.keras.layers.Layer):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(name="w", shape=(input_shape[-1], self.units))
        self.b = self.add_weight(name="b", shape=(self.units,), initializer="zeros")

    def call(self, inputs):
        return tf.nn.relu(tf.matmul(inputs, self.w) + self.b)

    def get_config(self):
        return dict(super().get_config(), units=self.units)


def register():  # as @register_keras_serializable(package="my_project") above the class would
    tf.keras.utils.register_keras_serializable(package="my_project")(MyCustomLayer)


def save(artifact, seed):
    inputs = np.random.default_rng(seed).normal(size=(2048, 3)).astype("float32")
    targets = inputs @ np.array([[2.0], [-1.0], [0.5]], "float32") + 3.0
    model = tf.keras.Sequential([tf.keras.Input((3,)), MyCustomLayer(16), tf.keras.layers.Dense(1)])
    model.compile(tf.keras.optimizers.SGD(0.05), "mse", run_eagerly=True)  # few steps: no tracing
    for _ in range(8):
        model.train_on_batch(inputs, targets)
    model.save(artifact + "/model.keras")
    return inputs, model.predict_on_batch(inputs), model


def save_registered(artifact, seed):
    register()
    return save(artifact, seed)


def restore_broken(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    return model.predict_on_batch, model


def restore_broken_registered_late(artifact):
    register()
    return restore_broken(artifact)


def restore_fixed_custom_objects(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras", {"MyCustomLayer": MyCustomLayer})
    return model.predict_on_batch, model


def restore_fixed_registered(artifact):  # save_registered registered the class too
    register()
    return restore_broken(artifact)
