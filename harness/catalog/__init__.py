"""Scenarios as their files declare them: read with `ast`, checked, searched, shown as lessons.

No scenario is imported or run here. Imports `errors`, `verdicts` and the facts of `processes`.
"""
