"""A scaler as its file tells it: `.npz`, JSON, a pickle or a joblib file; nothing is run.

The attributes are those of scikit-learn's StandardScaler, MinMaxScaler, RobustScaler and
MaxAbsScaler: `mean_`, `scale_`, `var_`, `data_min_`, `data_max_`, `min_`, `center_`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.diagnose.file_answer import CannotRead
from harness.errors import UsageError
from harness.formats.facts import Unreadable, open_regular, plain, read_json, read_limited
from harness.formats.pickle_notes import Global, Made, Pickle
from harness.formats.pickles import LARGEST_FILE, read_pickle
from harness.origin.samples import read_samples
from harness.verdicts.statistics import Array

EXPORT = (
    'where it opens: np.savez("scaler.npz", mean=scaler.mean_, scale=scaler.scale_)'
    "\n       of a MinMaxScaler: min=scaler.data_min_, max=scaler.data_max_"
)
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


@dataclass(frozen=True)
class Scaler:
    """scaled = (raw - center) / divisor, column by column.

    `low`, `high`: the range that training had in each column, None where only mean and deviation
    are known. `to`: the range that it is brought to. `rows`: on how many rows it was fitted, 0
    where nothing says it. `names`: of columns, as pandas had them. `dangers`: what opening the file
    runs. `of`: how many scalers the file holds; this is the first. `is_usual`: whether its output
    has about mean 0 and deviation 1, or fills its range.
    """

    kind: str
    center: Array
    divisor: Array
    low: Array | None = None
    high: Array | None = None
    to: tuple[float, float] = (0.0, 1.0)
    rows: int = 0
    names: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()
    of: int = 1
    is_usual: bool = True

    def transform(self, values: Array) -> Array:
        """Return what the scaler makes of raw values; columns last."""
        result: Array = (values - self.center) / self.divisor
        return result

    def undo(self, values: Array) -> Array:
        """Return the raw values of scaled ones."""
        result: Array = values * self.divisor + self.center
        return result

    def __str__(self) -> str:
        shown = ", ".join(self.names[:3]) + (", ..." if len(self.names) > 3 else "")
        named = f" ({shown})" if self.names else ""
        columns = f"{len(self.center)} columns{named}"
        if self.low is not None and self.high is not None:
            learned = f"min {spell(self.low)}; max {spell(self.high)}"
        else:
            learned = f"mean {spell(self.center)}; scale {spell(self.divisor)}"
        first = f" (the first of {self.of} scalers)" if self.of > 1 else ""
        return f"{self.kind} of {columns}{first}: {learned}"


def spell(values: Array) -> str:
    """Return the first numbers."""
    return ", ".join(f"{each:.4g}" for each in values[:3]) + (", ..." if len(values) > 3 else "")


def read_scaler(path: Path) -> Scaler:
    """Return the scaler in a file; raises UsageError where there is none, CannotRead for others."""
    if not path.is_file():
        raise UsageError(f"there is no file {plain(path, 400)}", "", "--scaler needs a file")
    if path.suffix == ".npz":
        known: Mapping[str, Any] = read_samples(path, "--scaler")
        return make(path, known)
    try:
        if path.suffix == ".json":
            with open_regular(path) as stream:
                read = read_json(read_limited(stream, LARGEST_FILE, path.name), path.name)
            return make(path, read if isinstance(read, dict) else {})
        return find_scaler(path, read_pickle(path))
    except Unreadable as error:
        raise refuse(path, f"{error}") from error


def find_scaler(path: Path, found: Pickle) -> Scaler:
    """Return the first scaler of a pickle."""
    runs = [plain(each.path) for each in found.globals if not is_harmless(each)]
    runs += ["what it has made itself"] if found.is_indirect else []
    dangers = tuple(
        f"opening {plain(path.name)} with pickle or joblib runs {name}" for name in runs
    )
    scalers = [
        each
        for each in found.objects
        if each.path.startswith("sklearn.") and each.path.rpartition(".")[2] in KINDS
    ]
    if scalers:
        known = {name: read_value(each) for name, each in scalers[0].attributes.items()}
        made = make(path, known, scalers[0].path.rpartition(".")[2])
        return replace(made, dangers=dangers, of=len(scalers))
    if dangers:
        raise CannotRead(
            f"there is no scaler in {plain(path, 400)}",
            "; ".join(dangers[:3]),
            "do not open it; ask for the numbers in a .npz",
        )
    listed = ", ".join(plain(name) for name in found.names if name.startswith("sklearn."))
    raise refuse(path, f"it holds {listed or 'no object of scikit-learn'}")


def is_harmless(named: Global) -> bool:
    """Return whether a scaler's file may name it; a name with dots reaches into other modules."""
    package, _, inner = named.module.partition(".")
    if package == "sklearn":
        return inner.partition(".")[0] in PACKAGES and named.name in CLASSES
    return named.name in HARMLESS.get(named.module, ())


def read_value(value: Any) -> Any:
    """Return an attribute: an array in place of the object that would be one."""
    return value.value if isinstance(value, Made) else value


def make(path: Path, known: Mapping[str, Any], kind: str = "") -> Scaler:
    """Return a scaler of attributes by name, with or without the last underscore."""
    whole = {name.removesuffix("_"): each for name, each in known.items()}

    def numbers(*names: str) -> Array | None:
        given = next((whole[name] for name in names if whole.get(name) is not None), None)
        return None if given is None else read_numbers(path, given)

    low, high = numbers("data_min", "min" if not kind else ""), numbers("data_max", "max")
    to = read_range(whole.get("feature_range"))
    if low is not None and high is not None and kind in ("", "MinMaxScaler"):
        if low.shape != high.shape:
            raise refuse(path, MISFIT)
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
            raise refuse(path, "it has no mean with scale, and no min with max")
        if scale is not None and scale.shape != given.shape:
            raise refuse(path, MISFIT)
        divisor = np.ones_like(given) if scale is None else np.where(scale > 0, scale, 1.0)
        centred = center is not None and whole.get("with_mean") is not False
        middle = center if center is not None and centred else np.zeros_like(given)
        usual = centred and scale is not None
        made = Scaler(kind or "StandardScaler", middle, divisor, is_usual=usual)
    if not made.center.size:
        raise refuse(path, MISFIT)
    if not (np.isfinite(made.center).all() and np.isfinite(made.divisor).all()):
        raise refuse(path, "it holds NaN or infinity")
    names = read_names(whole)
    return replace(
        made,
        rows=read_rows(whole.get("n_samples_seen")),
        names=names if len(names) == made.center.size else (),
    )


def read_numbers(path: Path, given: Any) -> Array:
    """Return one number for each column; raises CannotRead.

    No tuple is taken: one that a pickle shares many times over would fill the memory as an array.
    """
    numbers = given if isinstance(given, list) else [given]
    flat = all(isinstance(each, int | float) for each in numbers)
    if isinstance(given, np.ndarray) or (flat and len(numbers) <= MOST_COLUMNS):
        values = np.asarray(given)
        if values.dtype.kind in "fiub" and values.size <= MOST_COLUMNS:
            return np.atleast_1d(values.astype(np.float64)).ravel()
    raise refuse(path, "its attributes are no numbers, one for each column")


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


def refuse(path: Path, found: str) -> CannotRead:
    """Return the error for a file in which no scaler can be read, with the way round it."""
    return CannotRead(
        f"no scaler can be read in {plain(path, 400)}",
        plain(found, 300),
        EXPORT,
    )
