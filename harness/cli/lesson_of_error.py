"""From an error that a command shows to the lesson that explains it."""

from harness.program import command_line


def find_explanation(error: str) -> str:
    """Return the words of the command that explains an error, "" where no scenario has them."""
    from harness.catalog.error_texts import find_lesson
    from harness.catalog.load import read_catalog

    lesson = find_lesson(read_catalog(), error) if error else None
    return f"explain {lesson.id}" if lesson else ""


def tell_explanation(error: str) -> str:
    """Return a line that names the lesson of an error, "" where there is none."""
    words = find_explanation(error)
    return f"  this error is explained by: {command_line(words)}" if words else ""
