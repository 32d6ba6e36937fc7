"""Name the cause of wrong predictions, without TensorFlow.

Imports `verdicts`.
"""
