"""Reads what a saved model says of itself, without TensorFlow and without running anything of it.

`python -m harness.formats PATH` prints it as JSON; it is a process of its own because a C library
parses HDF5, and a damaged file may end that process (harness.environments.origin starts it).
"""
