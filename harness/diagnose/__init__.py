"""Name the cause of wrong predictions, without TensorFlow.

Imports `report`, `origin`, `formats` and `verdicts`.
"""
