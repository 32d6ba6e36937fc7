"""Somebody's model file: which release wrote it, and what it predicts when restored there.

Imports `errors`, `verdicts`, `formats`, `processes`, `environments` and `results`.
"""
