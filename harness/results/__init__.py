"""What a run leaves: typed outcomes, their judgement, SQLite, JSON files, and what changed.

Imports `errors`, `verdicts`, `processes` and `catalog`.
"""
