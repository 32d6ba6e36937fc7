"""TensorFlow's side of restorebench: runs one step of one scenario and writes down what happened.

Everything in this folder runs inside somebody's TensorFlow release: Python 3.7 syntax, and no
imports but the standard library, numpy and tensorflow. The harness starts it by path
(`python harness/worker serve`), so the environment needs no installation of restorebench.
"""
