"""restorebench: run scenarios in which a restored Keras model predicts wrongly, and the cures.

Nothing here imports TensorFlow; only the processes started from `harness/worker/` do.
"""

__version__ = "0.4.0"
