"""Code to paste that mends a file for every system and release."""

from harness.formats.facts import plain
from harness.formats.hdf5 import WINDOWS_NAMES
from harness.origin.who_wrote import Origin

RENAME_GROUPS = (
    "import h5py, io, zipfile",
    "old = zipfile.ZipFile({old!r})",
    "new = zipfile.ZipFile({new!r}, 'x')",
    "with old, new:",
    "    for name in old.namelist():",
    "        content = io.BytesIO(old.read(name))",
    "        if name.endswith('.h5'):",
    "            with h5py.File(content, 'r+') as weights:",
    "                for group in [each for each in weights if '\\\\' in each]:",
    "                    weights.move(group, group.replace('\\\\', '/'))",
    "        new.writestr(name.replace('\\\\', '/'), content.getvalue())",
)


def cure_windows_names(origin: Origin) -> list[str]:
    """Return how the groups of an archive that was saved on Windows are renamed; [] for others.

    Keras joined the names of groups as Windows joins paths (keras-team/keras#18528). Tried with an
    archive of Keras 3.15.1 whose groups were renamed so: it loads with its own predictions.
    """
    if WINDOWS_NAMES not in origin.marks or origin.path.suffix != ".keras":
        return []
    new = str(origin.path.with_stem(f"{origin.path.stem}-renamed"))
    return [
        "  Saved on Windows: other systems do not find the weights",
        "  (keras-team/keras#18528). rescue writes a proven file; without it, this code",
        f"  writes {plain(origin.path.stem, 50)}-renamed.keras, which loads on every system:",
        *(f"    {line.format(old=str(origin.path), new=new)}" for line in RENAME_GROUPS),
    ]
