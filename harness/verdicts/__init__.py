"""What came back, in numbers and in one word: statistics, tolerances, verdicts, rates, messages.

Pure functions of arrays and texts. Imports nothing else of the harness.
"""
