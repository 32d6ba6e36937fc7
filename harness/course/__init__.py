"""The course: exercises cut from the scenarios, and checked by what the learner's code does.

Imports catalog, environments, execution, processes and verdicts. Nothing here imports TensorFlow.
"""
