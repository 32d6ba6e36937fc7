"""Read scenarios with `ast`, check their rules, search them, and show them as lessons.

No scenario is imported or run here. Imports `errors`, `verdicts` and the facts of `processes`.
"""
