"""Seals: what a model gave when it was saved, and whether it still does.

`restorebench_seal.py` writes and compares them. Imports `origin`, `formats`, `processes`, `files`,
`errors` and what these import.
"""
