"""The layers and weights of a model as its file holds them, without TensorFlow."""
