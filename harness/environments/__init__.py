"""Turn the name of a release into an interpreter that has it, with the packages of its day.

Environments are built by uv and kept in a cache folder. Imports `errors` and `processes`.
"""
