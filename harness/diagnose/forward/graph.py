"""Who calls whom in a functional model, as Keras 2 or Keras 3 writes it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.network.layer import Layer, Node
from harness.formats.facts import plain

CONSTANT = "_CONSTANT_VALUE"  # Keras 2: in place of the name of a layer
UNKNOWN = "its layers are wired in a way that is not known here"


@dataclass(frozen=True)
class Source:
    """Where a tensor comes from: a layer, which of its calls, and which output of the call."""

    name: str
    call: int
    output: int


@dataclass
class Calling:
    """One call of a layer: arguments and keywords, in which a Source stands for a tensor."""

    member: Layer | Node
    arguments: list[Any]
    keywords: dict[str, Any]
    number: int = 0  # by which a Source names the call
    sources: list[Source] = field(default_factory=list)


def list_calls(node: Node) -> list[Calling]:
    """Return the calls of all layers of a functional model, in the order of the file."""
    calls = [
        read_call(member, inbound) for member in node.layers for inbound in read_inbound(member)
    ]
    named: dict[str, set[int]] = {}
    ends = read_ends(node.ends.get("output_layers"))
    for source in [*ends, *(each for call in calls for each in call.sources)]:
        named.setdefault(source.name, set()).add(source.call)
    counted: dict[str, int] = {}
    counts = Counter(call.member.name for call in calls)
    for call in calls:
        own = named.get(call.member.name, set())
        count = counts[call.member.name]
        at = counted.get(call.member.name, 0)
        counted[call.member.name] = at + 1
        first = min(own, default=0)  # of a model inside, calls may be counted from 1
        if own != set(range(first, first + count)) or first > 1:
            if count > 1:
                raise CannotCompute(f"which call of {plain(call.member.name, 40)} is meant")
            first = next(iter(own), 0) if len(own) == 1 else 0
        call.number = first + at
    return calls


def read_inbound(member: Layer | Node) -> list[Any]:
    """Return what feeds each call of a layer; a layer that nothing feeds has no calls."""
    inbound = member.inbound
    if inbound is None:
        return []
    if not isinstance(inbound, list):
        raise CannotCompute(UNKNOWN)
    if inbound and isinstance(inbound[0], list) and inbound[0] and isinstance(inbound[0][0], str):
        return [inbound]  # Keras 2.0: one call, not listed
    return inbound


def read_call(member: Layer | Node, inbound: Any) -> Calling:
    """Return a call of a layer."""
    if isinstance(inbound, dict) and "args" in inbound:  # Keras 3
        arguments = [read_argument(each) for each in as_sequence(inbound["args"])]
        keywords = inbound.get("kwargs") or {}
        call = Calling(member, arguments, {k: read_argument(v) for k, v in keywords.items()})
    elif isinstance(inbound, list) and inbound:
        arguments, keywords = [], {}
        for each in inbound:
            if not isinstance(each, list) or len(each) < 3:
                raise CannotCompute(UNKNOWN)
            arguments.append(each[2] if each[0] == CONSTANT else as_source(each))
            keywords |= each[3] if len(each) > 3 and isinstance(each[3], dict) else {}
        several = len(arguments) > 1
        call = Calling(
            member,
            [arguments] if several else arguments,
            {key: read_older(value) for key, value in keywords.items()},
        )
    else:
        raise CannotCompute(UNKNOWN)
    call.sources = list(iterate_sources([call.arguments, *call.keywords.values()]))
    return call


def as_sequence(value: Any) -> list[Any]:
    """Return a list; raises CannotCompute for anything else."""
    if not isinstance(value, list):
        raise CannotCompute(UNKNOWN)
    return value


def read_argument(value: Any) -> Any:
    """Return an argument of Keras 3: tensors as Source, lists as lists, constants as they are."""
    if isinstance(value, list):
        return [read_argument(each) for each in value]
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return as_source(value["config"]["keras_history"])
    return value


def read_older(value: Any) -> Any:
    """Return a keyword of Keras 2, where [name, call, output] stands for a tensor."""
    if isinstance(value, list):
        numbered = len(value) == 3 and isinstance(value[0], str)
        if numbered and all(isinstance(each, int) for each in value[1:]):
            return as_source(value)
        return [read_older(each) for each in value]
    return value


def as_source(value: Any) -> Source:
    """Return where a tensor comes from; raises CannotCompute for what is no such list."""
    try:
        return Source(str(value[0]), int(value[1]), int(value[2]))
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise CannotCompute(UNKNOWN) from error


def iterate_sources(given: Any) -> Iterator[Source]:
    """Yield the tensors in an argument."""
    if isinstance(given, Source):
        yield given
    elif isinstance(given, list):
        for each in given:
            yield from iterate_sources(each)


def read_ends(value: Any) -> list[Source]:
    """Return the first or last layers of a model: a list of them, or a single one.

    A dict of one counts as a list; the order of several is not the file's.
    """
    if isinstance(value, dict) and len(value) == 1:
        value = list(value.values())
    if isinstance(value, list) and value and isinstance(value[0], str):
        return [as_source(value)]
    return [as_source(each) for each in value] if isinstance(value, list) else []
