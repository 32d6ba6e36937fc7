"""Rules that read a user's code with `ast`; nothing of it is imported or run."""

import ast
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from harness.diagnose.findings import Finding, make_finding
from harness.errors import UsageError
from harness.formats.facts import Unreadable, open_regular, plain
from harness.formats.known import class_names

LARGEST = 1 << 18  # bytes of a file; parsed, they take five hundred times as much
KEPT_BY_BASE = {"name", "dtype", "trainable", "dynamic", "activity_regularizer", "autocast"}
PLAIN_BASES = {"Layer", "Model"}
OTHER_BASES = {"Loss", "Metric", "Regularizer", "Constraint", "Initializer", "Callback", "Sequence"}
LEARNING = ("adapt", "fit", "learn", "set_statistics", "update_state")
RESTORES = {"load_model", "load_weights", "model_from_json", "restore"}
REFITS = {"fit_transform": "scaler-refitted", "fit_on_texts": "tokenizer-refitted"}
WORD_LAYERS = ("TextVectorization", "StringLookup")
DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
Class = ast.ClassDef


def read_code(path: Path) -> ast.Module:
    """Return the parsed code; raises UsageError for what is no Python file."""
    tip = "--code needs a Python file"
    try:
        with open_regular(path) as stream:
            source = stream.read(LARGEST + 1)
    except Unreadable as error:  # a FIFO would be waited for
        raise UsageError(f"{plain(path, 400)} cannot be read", str(error), tip) from error
    if len(source) > LARGEST:
        raise UsageError(f"{plain(path, 400)} is larger than {LARGEST >> 10} KiB", "", tip)
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(f"{plain(path, 400)} is not Python", plain(error, 200), tip) from error


def find_in_code(tree: ast.Module, roots: Sequence[str] = ()) -> list[Finding]:
    """Return what the code says; `roots` are the keywords that a checkpoint was saved with."""
    found: list[Finding] = []
    for node in ast.walk(tree):
        if isinstance(node, Class) and is_of_keras(node):
            found += [finding for rule in CLASS_RULES if (finding := rule(node))]
    for finding in (find_refitted(tree), find_wrong_root(tree, roots)):
        found += [finding] if finding else []
    return found


def is_of_keras(node: Class) -> bool:
    """Return whether a class is a layer or a model, by the names of its bases."""
    return any(
        name in PLAIN_BASES or (name in class_names() and name not in OTHER_BASES)
        for name in map(last_name, node.bases)
    )


def last_name(node: ast.AST) -> str:
    """Return the last word of a name with dots, "" for anything else."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def find_method(node: Class, name: str) -> ast.FunctionDef | None:
    """Return a method of a class."""
    return next(
        (each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == name),
        None,
    )


def calls(node: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function or method of that name."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and last_name(each.func) == name:
            yield each


def calls_super(node: ast.AST, method: str) -> bool:
    """Return whether a method of the base class is called."""
    return any(
        isinstance(each.func, ast.Attribute)
        and (
            (isinstance(each.func.value, ast.Call) and last_name(each.func.value.func) == "super")
            or last_name(each.func.value) in class_names()
        )
        for each in calls(node, method)
    )


def find_dropped_argument(node: Class) -> Finding | None:
    """Speak where get_config names some arguments of __init__, and not all of them."""
    start, config = find_method(node, "__init__"), find_method(node, "get_config")
    if start is None or config is None or is_dynamic(config):
        return None
    given = [each.arg for each in (*start.args.args[1:], *start.args.kwonlyargs)]
    kept = {
        each.value
        for each in ast.walk(config)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    } | {each.arg for each in ast.walk(config) if isinstance(each, ast.keyword) and each.arg}
    forgotten = [each for each in given if each not in kept | KEPT_BY_BASE]
    base = next(iter(map(last_name, node.bases)), "")
    if not forgotten or (base not in PLAIN_BASES and calls_super(config, "get_config")):
        return None  # a built-in base may save what is handed on to it
    said = f"{plain(node.name)}, line {config.lineno}: no {', '.join(map(plain, forgotten))}"
    return make_finding("get-config-drops-argument", 0.9, said)


def is_dynamic(config: ast.FunctionDef) -> bool:
    """Return whether get_config collects its keys in a way that cannot be read."""
    words = {last_name(each) for each in ast.walk(config)}
    loops = any(isinstance(each, ast.For | ast.DictComp) for each in ast.walk(config))
    return loops or bool(words & {"__dict__", "vars", "getattr", "signature", "locals", "asdict"})


def find_config_without_super(node: Class) -> Finding | None:
    """Speak where a subclass of a built-in layer writes its own configuration alone."""
    config = find_method(node, "get_config")
    base = next((name for name in map(last_name, node.bases) if name in class_names()), "")
    if config is None or base in PLAIN_BASES | {""} or calls_super(config, "get_config"):
        return None
    if is_dynamic(config):
        return None
    said = f"{plain(node.name)}, line {config.lineno}: no super().get_config() of {base}"
    return make_finding("config-without-super", 0.8, said)


def find_plain_state(node: Class) -> Finding | None:
    """Speak where a layer learns a plain attribute that its call uses."""
    call = find_method(node, "call")
    if call is None or find_method(node, "save_own_variables"):
        return None
    used = {
        each.attr
        for each in ast.walk(call)
        if isinstance(each, ast.Attribute) and last_name(each.value) == "self"
    }
    for name in LEARNING:
        method = find_method(node, name)
        for attribute, value, line in assignments(method) if method else ():
            tracked = any(any(calls(value, each)) for each in ("add_weight", "Variable"))
            computed = not isinstance(value, ast.Constant) and not tracked
            if attribute in used and computed and not config_has(node, attribute):
                said = f"{plain(node.name)}.{name}, line {line}: self.{plain(attribute)}"
                return make_finding("numpy-attribute-not-saved", 0.8, said)
    return None


def config_has(node: Class, attribute: str) -> bool:
    """Return whether get_config names an attribute."""
    config = find_method(node, "get_config")
    return config is not None and any(
        isinstance(each, ast.Attribute) and each.attr == attribute for each in ast.walk(config)
    )


def assignments(method: ast.FunctionDef) -> Iterator[tuple[str, ast.expr, int]]:
    """Yield (attribute, value, line) of each assignment to an attribute of self."""
    for each in ast.walk(method):
        if isinstance(each, ast.Assign):
            for target in each.targets:
                names = target.elts if isinstance(target, ast.Tuple) else [target]
                for name in names:
                    if isinstance(name, ast.Attribute) and last_name(name.value) == "self":
                        yield name.attr, each.value, each.lineno


def find_raw_variable(node: Class) -> Finding | None:
    """Speak where a layer makes a tf.Variable of its own."""
    if find_method(node, "save_own_variables"):
        return None
    for method in node.body:
        if isinstance(method, ast.FunctionDef):
            for attribute, value, line in assignments(method):
                if isinstance(value, ast.Call) and ast.unparse(value.func) == "tf.Variable":
                    said = f"{plain(node.name)}, line {line}: self.{plain(attribute)} = tf.Variable"
                    return make_finding("raw-tf-variable", 0.8, said)
    return None


def find_save_without_super(node: Class) -> Finding | None:
    """Speak where save_own_variables stores fewer arrays than the class has weights."""
    save = find_method(node, "save_own_variables")
    if save is None or calls_super(save, "save_own_variables"):
        return None
    stored = sum(
        isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store)
        for each in ast.walk(save)
    )
    made = sum(1 for _ in calls(node, "add_weight"))
    base = next(iter(map(last_name, node.bases)), "")
    loops = any(isinstance(each, ast.For) for each in ast.walk(save))
    if loops or (stored >= made and base in PLAIN_BASES):
        return None
    said = f"{plain(node.name)}, line {save.lineno}: {stored} arrays stored, and no super()"
    return make_finding("save-own-variables-without-super", 0.85, said)


def find_nested_layers(node: Class) -> Finding | None:
    """Speak where layers are kept in a list of lists, or in a dict of lists."""
    for method in node.body:
        for attribute, value, line in (
            assignments(method) if isinstance(method, ast.FunctionDef) else ()
        ):
            outer = items_of(value)
            inner = [each for item in outer for each in items_of(item)]
            made = [each for each in inner if isinstance(each, ast.Call)]
            if made and any(last_name(each.func) in class_names() for each in made):
                said = f"{plain(node.name)}, line {line}: self.{plain(attribute)}"
                return make_finding("nested-list-of-layers", 0.75, said)
    return None


def items_of(value: ast.expr) -> list[ast.expr]:
    """Return what a list, a dict or a comprehension of them holds."""
    if isinstance(value, ast.List | ast.Tuple):
        return list(value.elts)
    if isinstance(value, ast.Dict):
        return list(value.values)
    if isinstance(value, ast.ListComp):
        return [value.elt]
    return [value.value] if isinstance(value, ast.DictComp) else []


def find_refitted(tree: ast.Module) -> Finding | None:
    """Speak where code that restores, and does not train, fits a scaler or Tokenizer anew.

    A function is judged alone, and then the file as a whole: a service often restores at its top,
    and fits in a function.
    """
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]
    for scope in (*functions, tree):
        # of a file what stands outside its functions: they are judged alone
        top = [each for each in tree.body if not isinstance(each, DEFINITIONS)]
        parts = top if scope is tree else [scope]
        restores = any(any(calls(part, name)) for part in parts for name in RESTORES)
        if not restores or trains(scope):
            continue
        for name, cause in REFITS.items():
            for call in calls(scope, name):
                said = f"line {call.lineno} calls {name}, and the code restores a model"
                return make_finding(cause, 0.8, said)
        vocabulary = any(any(calls(scope, name)) for name in WORD_LAYERS)
        for call in calls(scope, "adapt") if vocabulary else ():
            said = f"line {call.lineno} calls adapt, and the code restores a model"
            return make_finding("tokenizer-refitted", 0.8, said)
    return None


def trains(scope: ast.AST) -> bool:
    """Return whether code trains a model; fit with one argument alone may be that of a scaler."""
    fits = [each for each in calls(scope, "fit") if len(each.args) + len(each.keywords) > 1]
    return bool(fits) or any(any(calls(scope, name)) for name in ("compile", "train_on_batch"))


def find_wrong_root(tree: ast.Module, roots: Sequence[str]) -> Finding | None:
    """Speak where tf.train.Checkpoint has none of the keywords that were saved."""
    for call in calls(tree, "Checkpoint"):
        given = [each.arg for each in call.keywords if each.arg]
        if roots and given and not set(given) & set(roots):
            said = f"line {call.lineno}: Checkpoint({given[0]}=...)"
            saved = ", ".join(map(plain, roots))
            fix = f"tf.train.Checkpoint({roots[0]}=model).restore(path)"
            return make_finding(
                "checkpoint-wrong-root", 0.95, f"{said}, and the file was saved as {saved}", fix
            )
    return None


CLASS_RULES: tuple[Callable[[Class], Finding | None], ...] = (
    find_dropped_argument,
    find_config_without_super,
    find_plain_state,
    find_raw_variable,
    find_save_without_super,
    find_nested_layers,
)
