"""Fuzzing of every reader: mutated files must give an answer or a sentence, never a traceback."""
