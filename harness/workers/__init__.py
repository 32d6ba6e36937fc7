"""The harness's side of the processes that run TensorFlow: start them, watch them, end them."""
