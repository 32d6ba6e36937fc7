"""The configuration of a model as nested objects, and the way through them."""

from collections.abc import Callable, Iterator
from typing import Any

Node = dict[str, Any]


class CannotRepair(Exception):
    """Keras 3 has nothing that computes the same; the message says what of the model, and why."""


def map_objects(value: Any, change: Callable[[Node], Node]) -> Any:
    """Return a copy of a JSON value in which every serialized object was changed, inner first."""
    if isinstance(value, list):
        return [map_objects(each, change) for each in value]
    if not isinstance(value, dict):
        return value
    copied = {key: map_objects(each, change) for key, each in value.items()}
    named = isinstance(copied.get("class_name"), str) and isinstance(copied.get("config"), dict)
    return change(copied) if named else copied


def walk_objects(value: Any) -> Iterator[Node]:
    """Yield every object of a JSON value."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
