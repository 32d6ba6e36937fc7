"""Bring an old model to today's TensorFlow: a new file, proven to predict the same.

Imports `errors`, `verdicts`, `formats`, `processes`, `environments` and `origin`.
"""
