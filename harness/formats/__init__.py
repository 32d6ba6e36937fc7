"""What a saved model says of itself: bytes are parsed, never run, and TensorFlow is not imported.

Files of strangers are read in a limited process of its own (`reading`). Imports `errors` only.
"""
