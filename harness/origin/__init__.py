"""Find the release that wrote a model file, and restore the model in that release.

Imports `errors`, `verdicts`, `formats`, `processes`, `environments` and `results`.
"""
