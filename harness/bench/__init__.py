"""Is one environment slower than another? Timed pairs of processes, and what they prove.

Imports anything below: report, execution and what they stand on. Nothing here imports TensorFlow.
"""
