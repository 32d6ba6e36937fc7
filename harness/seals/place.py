"""Where the seal of a model lies: in the folder MODEL.seal beside it."""

from pathlib import Path


def find_seal(model: Path) -> Path:
    """Return the folder in which the seal of a model would lie."""
    place = model.absolute()
    return place.parent / f"{place.name}.seal"  # with_name refuses "/", which has no name


def has_seal(model: Path) -> bool:
    """Return whether a seal lies beside a model."""
    return (find_seal(model) / "seal.json").is_file()
