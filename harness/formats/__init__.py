"""Read what a saved model records about itself, without running it or importing TensorFlow.

Untrusted files are read in a separate process with limits (`reading`). Damaged bytes raise
`facts.Unreadable`, a ValueError. Imports `errors` and `verdicts`.
"""
