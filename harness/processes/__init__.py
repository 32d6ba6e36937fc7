"""The processes that run TensorFlow: what a step is, how one is started, limited and ended.

Knows nothing of scenarios. Imports `errors` only.
"""
