"""What a saved model says of itself: bytes are parsed, never run, and TensorFlow is not imported.

Files of strangers are read in a limited process of its own (`reading`). Damaged bytes raise
`facts.Unreadable`, a ValueError. Imports `errors` and `verdicts`.
"""
