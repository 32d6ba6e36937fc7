"""Draw the packages of harness/ and the imports between them: docs/explanation/house.svg.

The floors are those of the import rules in pyproject.toml, the words are the packages' docstrings,
the arrows are the imports that are really there, as grimp finds them. Of a package that is reached
through others too, the direct arrow is left out. `python docs/explanation/draw_house.py` writes the
picture anew; a test checks that it is the one that the imports give.
"""

import ast
import re
import sys
import textwrap
import tomllib
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parents[2]
HARNESS = ROOT / "harness"
PICTURE = ROOT / "docs" / "explanation" / "house.svg"
WIDTH, FLOOR, ROOM, TALL = 1000, 116, 300, 78
ENTRANCE = "__main__"


def find_file(room: str) -> Path | None:
    """Return the file whose docstring says what a package or module is for."""
    files = (HARNESS / room / "__init__.py", HARNESS / f"{room}.py")
    return next((file for file in files if file.is_file()), None)


def read_floors() -> list[list[str]]:
    """Return the packages of every floor that are there, the highest first."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(each["layers"] for each in rules["contracts"] if each["type"] == "layers")
    floors = [re.findall(r"\w+", layer) for layer in layers if ENTRANCE not in layer]
    return [rooms for floor in floors if (rooms := [each for each in floor if find_file(each)])]


def count_imports(rooms: set[str]) -> dict[tuple[str, str], int]:
    """Return how many imports lead from one package to another."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph("harness", cache_dir=None)
    found: dict[tuple[str, str], int] = {}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = tuple((each.split(".") + [""])[1] for each in (module, imported))  # noqa: RUF005
            if set(pair) <= rooms and pair[0] != pair[1]:
                found[pair] = found.get(pair, 0) + 1
    return found


def leave_out_detours(imports: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Return the imports of packages that no other imported package leads to."""

    def reaches(home: str, target: str) -> bool:
        return any(
            middle == target or reaches(middle, target) for each, middle in imports if each == home
        )

    return {
        (home, target): number
        for (home, target), number in imports.items()
        if not any(
            each == home and middle != target and reaches(middle, target)
            for each, middle in imports
        )
    }


def describe(room: str) -> list[str]:
    """Return the first sentence of a package's docstring, in lines that fit its room."""
    file = find_file(room)
    assert file is not None, "read_floors has found it"
    docstring = ast.get_docstring(ast.parse(file.read_text())) or ""
    sentence = " ".join(docstring.split("\n\n")[0].split()).rstrip(".")
    return textwrap.wrap(sentence, 46)[:3]


def place_rooms(floors: list[list[str]]) -> dict[str, tuple[float, float]]:
    """Return the centre of every room."""
    return {
        room: (WIDTH * (index + 1) / (len(floor) + 1), FLOOR * level + FLOOR / 2)
        for level, floor in enumerate(floors)
        for index, room in enumerate(floor)
    }


def draw_import(
    start: tuple[float, float], end: tuple[float, float], told: str, width: float
) -> str:
    """Return the arrow of an import, from the bottom of one room to the top of another."""
    (x, y), (u, v) = start, end
    top, bottom = y + TALL / 2, v - TALL / 2 - 5
    return (
        f'<path d="M{x:.0f} {top:.0f} L{u:.0f} {bottom:.0f}" fill="none" stroke="#5b7083"'
        f' stroke-width="{width:.1f}" marker-end="url(#head)"><title>{told}</title></path>'
    )


def draw_room(room: str, x: float, y: float) -> list[str]:
    """Return a room with its name and what lives there."""
    left, top = x - ROOM / 2, y - TALL / 2
    lines = [
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{ROOM}" height="{TALL}" rx="8"'
        ' fill="#eef3f7" stroke="#5b7083"/>',
        f'<text x="{x:.0f}" y="{top + 21:.0f}" font-size="17" font-weight="bold"'
        f' fill="#1c2b36">{room}</text>',
    ]
    for number, line in enumerate(describe(room)):
        lines.append(
            f'<text x="{x:.0f}" y="{top + 38 + 15 * number:.0f}" font-size="12"'
            f' fill="#3d4c58">{escape(line)}</text>'
        )
    return lines


def draw() -> str:
    """Return the picture as SVG."""
    floors = read_floors()
    places, height = place_rooms(floors), FLOOR * len(floors)
    imports = count_imports(set(places))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' font-family="sans-serif" text-anchor="middle">',
        "<title>The packages of harness/ and the imports between them</title>",
        '<defs><marker id="head" viewBox="0 0 6 6" refX="3" refY="3" markerWidth="7"'
        ' markerHeight="7" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 0 6 3 0 6z" fill="#5b7083"/></marker></defs>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    for (home, target), number in sorted(leave_out_detours(imports).items()):
        told = f"{home} imports {target}: {number}"
        width = min(3.5, 0.7 + number / 10)
        parts.append(draw_import(places[home], places[target], told, width))
    for room, place in places.items():
        parts += draw_room(room, *place)
    return "\n".join([*parts, "</svg>"]) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
    print(f"Written: {PICTURE.relative_to(ROOT)}")
