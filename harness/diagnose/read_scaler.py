"""A scaler as its file tells it: `.npz`, JSON, a pickle or a joblib file; nothing is run.

The attributes are those of scikit-learn's StandardScaler, MinMaxScaler, RobustScaler and
MaxAbsScaler: `mean_`, `scale_`, `var_`, `data_min_`, `data_max_`, `min_`, `center_`. As a program
it prints the scaler at a path as JSON, within limits of time and memory.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.diagnose.file_answer import EXPORT, encode
from harness.diagnose.scaler import Scaler, pack
from harness.errors import UsageError
from harness.formats.__main__ import limit_process
from harness.formats.facts import Unreadable, open_regular, plain, read_json, read_limited
from harness.formats.pickle_notes import Global, Made, Pickle
from harness.formats.pickles import LARGEST_FILE, read_pickle
from harness.formats.reading import UNREADABLE_EXIT
from harness.origin.samples import read_samples
from harness.verdicts.statistics import Array

MOST_COLUMNS = 100_000
MISFIT = "its columns do not fit each other"
KINDS = ("StandardScaler", "MinMaxScaler", "RobustScaler", "MaxAbsScaler")
# What a scaler's file may name: classes of scikit-learn that hold data, and what numpy, joblib and
# copyreg make these of. Anything else is said to run code.
PACKAGES = ("preprocessing", "pipeline", "compose", "impute")  # of scikit-learn
CLASSES = {
    *KINDS,
    *("ColumnTransformer", "FeatureUnion", "FunctionTransformer", "KBinsDiscretizer", "KNNImputer"),
    *("LabelBinarizer", "LabelEncoder", "MissingIndicator", "MultiLabelBinarizer", "Normalizer"),
    *("OneHotEncoder", "OrdinalEncoder", "Pipeline", "PolynomialFeatures", "PowerTransformer"),
    *("QuantileTransformer", "SimpleImputer", "SplineTransformer", "_RemainderColsList"),
}
HARMLESS = {
    "numpy": {"ndarray", "dtype", "float32", "float64", "int32", "int64"},
    "numpy.core.multiarray": {"scalar", "_reconstruct"},
    "numpy._core.multiarray": {"scalar", "_reconstruct"},
    "numpy.core.numeric": {"_frombuffer"},
    "numpy._core.numeric": {"_frombuffer"},
    "joblib.numpy_pickle": {"NumpyArrayWrapper"},
    "copyreg": {"_reconstructor"},
    "copy_reg": {"_reconstructor"},
    "_codecs": {"encode"},
    "builtins": {"object", "set", "slice", "int", "float"},
    "__builtin__": {"object", "set", "slice", "int", "float"},
    "collections": {"OrderedDict"},
}


def read_scaler(path: Path) -> Scaler:
    """Return the scaler in a file; raises Unreadable, with the way round it.

    Called in a process with limits, since a hostile file may take any time and memory.
    """
    try:
        if path.suffix == ".npz":
            known: Mapping[str, Any] = read_samples(path, "--scaler")
            return make(known)
        if path.suffix == ".json":
            with open_regular(path) as stream:
                read = read_json(read_limited(stream, LARGEST_FILE, path.name), path.name)
            return make(read if isinstance(read, dict) else {})
        return find_scaler(path.name, read_pickle(path))
    except Unreadable as error:
        if error.tip:
            raise
        raise refuse(f"{error}") from error
    except (MemoryError, RecursionError) as error:
        raise refuse("it is nested too deeply, or takes too much memory") from error
    except (UsageError, OSError) as error:
        raise refuse(getattr(error, "found", "") or f"{error}") from error


def find_scaler(name: str, found: Pickle) -> Scaler:
    """Return the first scaler of a pickle; `name`: that of the file."""
    runs = [plain(each.path) for each in found.globals if not is_harmless(each)]
    runs += ["what it has made itself"] if found.is_indirect else []
    dangers = tuple(f"opening {plain(name)} with pickle or joblib runs {each}" for each in runs)
    scalers = [
        each
        for each in found.objects
        if each.path.startswith("sklearn.") and each.path.rpartition(".")[2] in KINDS
    ]
    if scalers:
        known = {key: read_value(each) for key, each in scalers[0].attributes.items()}
        made = make(known, scalers[0].path.rpartition(".")[2])
        return replace(made, dangers=dangers, of=len(scalers))
    if dangers:
        raise Unreadable(
            f"it holds none; {'; '.join(dangers[:3])}",
            "do not open it; ask for the numbers in a .npz",
        )
    listed = ", ".join(plain(each) for each in found.names if each.startswith("sklearn."))
    raise refuse(f"it holds {listed or 'no object of scikit-learn'}")


def is_harmless(named: Global) -> bool:
    """Return whether a scaler's file may name it; a name with dots reaches into other modules."""
    package, _, inner = named.module.partition(".")
    if package == "sklearn":
        return inner.partition(".")[0] in PACKAGES and named.name in CLASSES
    return named.name in HARMLESS.get(named.module, ())


def read_value(value: Any) -> Any:
    """Return an attribute: an array in place of the object that would be one."""
    return value.value if isinstance(value, Made) else value


def make(known: Mapping[str, Any], kind: str = "") -> Scaler:
    """Return a scaler of attributes by name, with or without the last underscore."""
    whole = {name.removesuffix("_"): each for name, each in known.items()}

    def numbers(*names: str) -> Array | None:
        given = next((whole[name] for name in names if whole.get(name) is not None), None)
        return None if given is None else read_numbers(given)

    low, high = numbers("data_min", "min" if not kind else ""), numbers("data_max", "max")
    to = read_range(whole.get("feature_range"))
    if low is not None and high is not None and kind in ("", "MinMaxScaler"):
        if low.shape != high.shape:
            raise refuse(MISFIT)
        width = np.where(high > low, high - low, 1.0) / (to[1] - to[0])
        made = Scaler(kind or "MinMaxScaler", low - to[0] * width, width, low, high, to)
    else:
        center, scale = numbers("mean", "center"), numbers("scale", "std", "deviation")
        variance = numbers("var", "variance")
        if scale is None and variance is not None:
            scale = np.sqrt(variance)
        given = center if center is not None else scale
        if given is None or (
            scale is None and whole.get("with_std", True) and kind != "RobustScaler"
        ):
            raise refuse("it has no mean with scale, and no min with max")
        if scale is not None and scale.shape != given.shape:
            raise refuse(MISFIT)
        divisor = np.ones_like(given) if scale is None else np.where(scale > 0, scale, 1.0)
        centred = center is not None and whole.get("with_mean") is not False
        middle = center if center is not None and centred else np.zeros_like(given)
        usual = centred and scale is not None
        made = Scaler(kind or "StandardScaler", middle, divisor, is_usual=usual)
    if not made.center.size:
        raise refuse(MISFIT)
    if not (np.isfinite(made.center).all() and np.isfinite(made.divisor).all()):
        raise refuse("it holds NaN or infinity")
    names = read_names(whole)
    return replace(
        made,
        rows=read_rows(whole.get("n_samples_seen")),
        names=names if len(names) == made.center.size else (),
    )


def read_numbers(given: Any) -> Array:
    """Return one number for each column; raises Unreadable.

    No tuple is taken: one that a pickle shares many times over would fill the memory as an array.
    """
    numbers = given if isinstance(given, list) else [given]
    flat = all(isinstance(each, int | float) for each in numbers)
    if isinstance(given, np.ndarray) or (flat and len(numbers) <= MOST_COLUMNS):
        values = np.asarray(given)
        if values.dtype.kind in "fiub" and values.size <= MOST_COLUMNS:
            return np.atleast_1d(values.astype(np.float64)).ravel()
    raise refuse("its attributes are no numbers, one for each column")


def read_range(given: Any) -> tuple[float, float]:
    """Return the range that a MinMaxScaler brings columns to."""
    if isinstance(given, np.ndarray):
        given = given.ravel()[:3].tolist()
    parts = [read_value(each) for each in given] if isinstance(given, list | tuple) else []
    if len(parts) != 2 or not all(is_number(each) for each in parts):
        return 0.0, 1.0
    low, high = float(parts[0]), float(parts[1])
    return (low, high) if -np.inf < low < high < np.inf else (0.0, 1.0)


def is_number(value: Any) -> bool:
    """Return whether a value is one number, of Python or of numpy."""
    if isinstance(value, np.ndarray | np.number):
        return value.ndim == 0 and value.dtype.kind in "fiu"
    return isinstance(value, int | float) and abs(value) < 1 << 1000


def read_rows(given: Any) -> int:
    """Return how many rows a scaler was fitted on, 0 where nothing says it."""
    values = np.asarray(given if isinstance(given, int | float | np.ndarray) else 0)
    fits = values.size == 1 and values.dtype.kind in "fiu" and 0 <= values.ravel()[0] < 1 << 53
    return int(values.ravel()[0]) if fits else 0


def read_names(known: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the columns."""
    names = known.get("feature_names_in")
    if not isinstance(names, np.ndarray) or names.dtype.kind != "U":
        return ()
    return tuple(plain(each) for each in names.ravel().tolist())


def refuse(found: str) -> Unreadable:
    """Return the error for a file in which no scaler can be read, with the way round it."""
    return Unreadable(plain(found, 300), EXPORT)


def main() -> int:
    """Print the scaler at the path in the arguments; return the exit code."""
    limit_process()
    try:
        answer, code = encode(pack(read_scaler(Path(sys.argv[1])))), 0
    except Unreadable as error:
        answer, code = f"{error}\n{error.tip}".encode("utf-8", "backslashreplace"), UNREADABLE_EXIT
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
    return code


if __name__ == "__main__":
    os._exit(main())
