"""What `env for` prints of a model file: who wrote it, and what restoring it gave."""

import re
from pathlib import Path
from shlex import quote

from harness.errors import UsageError, count
from harness.formats.facts import (
    CHECKPOINT,
    CONFIG_JSON,
    HDF5_MODEL,
    KERAS_ARCHIVE,
    MOST_NAMED,
    SAVED_MODEL,
    plain,
)
from harness.formats.old_keras import KERAS_0
from harness.formats.packages import PACKAGES
from harness.origin.answer import ModelOutput
from harness.origin.predictions import describe_predictions
from harness.origin.restore import (
    RestoredModel,
    compare_restored,
)
from harness.origin.who_wrote import Origin, spell_writer
from harness.report.other_formats import ADVICE

SPELLABLE = re.compile(r"([\w./ -]*>)?[^\W\d]\w*")  # a class, perhaps of a package: in code
MODEL_SUFFIXES = {KERAS_ARCHIVE: (".keras",), HDF5_MODEL: (".h5", ".hdf5")}  # of Keras 3


def describe_origin(origin: Origin, given: Path) -> list[str]:
    """Return the likely release as text, with the evidence below."""
    name = plain(origin.path.name)
    where = f" ({name})" if origin.path.name != given.name else ""
    lines = [f"{plain(given.name)}{where}: {origin.format}, {spell_writer(origin)}"]
    lines += [f"  {sentence}" for sentence in origin.evidence]
    if suffix := find_suffix(origin):
        renamed = plain(origin.path.with_suffix(suffix).name)
        lines.append(f"  Keras 3 goes by the suffix, and expects {suffix}: rename it to {renamed}")
    if origin.custom:
        lines.append(f"  the model needs your classes or functions: {spell_custom(origin)}")
    for name in origin.packages:
        lines.append(f"  some of them are of the package {name}: pip install {name}")
        lines.append(f"    in the file for --code: {PACKAGES[name].line}")
    if origin.dangers:
        lines.append("  UNSAFE: what is not known to be harmless may run code or touch files:")
    lines += [f"    {sentence}" for sentence in origin.dangers]
    if origin.missing:
        lines.append("  INCOMPLETE:")
    lines += [f"    {sentence}" for sentence in origin.missing]
    return lines


def refuse_to_restore(origin: Origin, given: Path, command: str) -> UsageError:
    """Return the error for a model that is not whole, or that is unsafe; `command` trusts it."""
    name = plain(given.name or given)
    if origin.missing:
        return UsageError(
            f"{name} was not restored, because it is incomplete",
            "\n".join(origin.missing),
            "copy the whole folder of the SavedModel, with all files in variables/",
        )
    return UsageError(
        f"{name} was not restored, because it is unsafe",
        "\n".join(origin.dangers),
        f"if you trust its author: {command}",
    )


def spell_custom(origin: Origin) -> str:
    """Return the names of the user's classes and functions, as many as a message can show."""
    shown = ", ".join(plain(name) for name in origin.custom[:MOST_NAMED])
    more = len(origin.custom) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def find_suffix(origin: Origin) -> str | None:
    """Return the suffix that a model file needs, for Keras 3 to read it; None if it has it."""
    known = MODEL_SUFFIXES.get(origin.format, ())
    return known[0] if known and origin.path.suffix not in known else None


def advise_without_model(origin: Origin) -> list[str]:
    """Return the next step for a file that does not hold a complete Keras model."""
    path = origin.path
    if advise := ADVICE.get(origin.format):
        return advise(origin)
    if origin.format == CONFIG_JSON:
        keras = "keras" if origin.imports_keras else "tf.keras"
        text = f"open({str(path)!r})"
        text = f"json.load({text})" if "JSON in JSON" in origin.marks else f"{text}.read()"
        return [
            "The file holds an architecture without weights. New weights would be random.",
            f"  {import_keras(origin)}model = {keras}.models.model_from_json({text})",
        ]
    if origin.format == CHECKPOINT:
        return advise_checkpoint(origin)
    if origin.format == SAVED_MODEL:
        call = "loaded.prune('INPUT:0', 'OUTPUT:0')  # the names of its tensors"
        if "object graph" in origin.marks:
            call = "loaded.NAME(...)  # one of its functions: dir(loaded)"
        return [
            "The SavedModel has no signature, so nothing tells what it takes. To call it:",
            f"  loaded = tf.compat.v2.saved_model.load({str(path)!r})",
            f"  {call}",
        ]
    build = "The file holds weights without a model. Build the model in that release, then:"
    if origin.architecture:
        keras, json = "keras" if origin.imports_keras else "tf.keras", str(origin.architecture)
        build = (
            f"  {import_keras(origin)}model = {keras}.models.model_from_json(open({json!r}).read())"
        )
    return [build, f"  model.load_weights({str(path)!r})"]


def import_keras(origin: Origin) -> str:
    """Return the statements that import the Keras that was a package of its own; else ""."""
    if KERAS_0 in origin.marks:  # its own default is Theano
        return "import os; os.environ['KERAS_BACKEND'] = 'tensorflow'; import keras.models; "
    return "import keras; " if origin.imports_keras else ""


def advise_checkpoint(origin: Origin) -> list[str]:
    """Return how a checkpoint is read (tried with files of 1.15 and 2.4 to 2.21, in 2.21 too)."""
    path = str(origin.path)
    if "name-based" not in origin.marks:  # Keras 3 reads no checkpoint with load_weights
        given = ", ".join(f"{root}={root}" for root in origin.roots or ("model",))
        given = "model" if "the model is the root" in origin.marks else given
        call = f"tf.train.Checkpoint({given}).read({path!r}).expect_partial()"
        if "saved by the model" in origin.marks:
            call = f"model.load_weights({path!r})"
        what = "weights without a model. Build the model"
        if origin.roots and "model" not in origin.roots:
            what = "variables of objects, without their code. Build the objects"
        return [f"The file holds {what} in that release, then:", f"  {call}"]
    if "graph beside it" in origin.marks:
        return [
            "The graph is in the .meta beside it. Any release from 1.15 to 2.21 restores both:",
            "  tf.compat.v1.disable_eager_execution()",
            "  session = tf.compat.v1.Session()",
            "  saver = tf.compat.v1.train.import_meta_graph(",
            f"      {path + '.meta'!r}, clear_devices=True)",
            f"  saver.restore(session, {path!r})",
        ]
    return [
        "The file holds variables by name, without a graph. Build the graph, then:",
        f"  tf.compat.v1.train.Saver().restore(session, {path!r})",
        "Without the graph, any release from 1.15 to 2.21 lists and reads the variables:",
        f"  tf.train.list_variables({path!r})",
        f"  tf.train.load_variable({path!r}, NAME)",
    ]


def describe_restored(
    there: RestoredModel, chosen: str, origin: Origin, code: Path | None
) -> list[str]:
    """Return as text how restoring went in the release that wrote the model."""
    if there.error and there.loaded:
        whose = "your" if any(each.fed == "given" for each in there.inputs) else "our"
        where = f"In {chosen}{there.spell_versions()}"
        return [
            f"{where} the model loads; {whose} inputs failed: {there.error}",
            *(f"  in   {spell_tensor(each)}: {each.fed}" for each in there.inputs),
            f"Give yours: --inputs {spell_samples(there)}",
        ]
    if there.error:
        lines = [f"In {chosen}{there.spell_versions()} the model cannot be restored: {there.error}"]
        if origin.custom and code is None:
            needed = spell_custom(origin)
            lines.append(
                f"The model needs {needed}: put the code into one file, and name it with --code."
            )
        elif origin.releases[1:]:
            lines.append(
                f"Another release that may have written the model: --release {origin.releases[1]}"
            )
        return lines
    lines = [f"Restored in {chosen}{there.spell_versions()}, {count(there.rows, 'row')}:"]
    for given in there.inputs:
        lines.append(f"  in   {spell_tensor(given)}: {given.fed}")
    for each, kind, array in zip(there.outputs, there.findings(), there.predictions, strict=False):
        lines.append(f"  out  {spell_tensor(each)}: {kind}, {describe_predictions(array)}")
    if there.by_signature and origin.custom and code is None:
        lines.append(
            "Its own classes are not here, so its signature was called: load_model would make up"
            " classes for them, and may predict something else."
        )
    if there.by_signature and len(origin.signatures) > 1:
        named = ", ".join(origin.signatures)
        lines.append(f"Called by its signature {there.signature}. It has these: {named}")
    if there.plain_error:
        lines.append(f"It loads with compile=False; plain load_model says {there.plain_error}")
    if "empty" in there.findings():
        lines.append(
            f"Of these inputs nothing is left. Give yours: --inputs {spell_samples(there)}"
        )
    return lines


def spell_samples(there: RestoredModel) -> str:
    """Return the kind of file that holds a model's inputs."""
    if len(there.inputs) == 1:
        return "FILE.npy"
    names = ", ".join(each.name for each in there.inputs)
    return f"FILE.npz with arrays named {names}"


def describe_reader(here: RestoredModel, there: RestoredModel, name: str) -> str:
    """Return one sentence: how the same file behaves in another TensorFlow with the same inputs."""
    where = f"In {name}{here.spell_versions()}"
    if here.error and here.loaded:
        return f"{where} the model loads; the inputs failed: {here.error}"
    if here.error:
        return f"{where} the model cannot be restored: {here.error}"
    equal, said = compare_restored(here, there)
    verdict = "predicts the same" if equal else "PREDICTS SOMETHING ELSE"
    how = " by its signature" if here.by_signature else ""
    plainly = ""
    if here.plain_error:
        plainly = f" It loads with compile=False; plain load_model says {here.plain_error}"
    return f"{where} the model is restored{how} and {verdict}: {said}.{plainly}"


def spell(release: str) -> str:
    """Return a release as the command line takes it: "2.18 --with keras==3.8.0"; or a path."""
    from harness.environments.interpreter import is_path

    if is_path(release):
        return quote(release)
    name, *extra = release.split(" with ")
    return " --with ".join([name, *map(quote, extra)])


def spell_tensor(tensor: ModelOutput) -> str:
    """Return a tensor's name, shape and dtype."""
    shape = "?" if tensor.shape is None else ", ".join(map(str, tensor.shape))
    return f"{tensor.name} ({shape}) {tensor.dtype}"


def spell_load(origin: Origin, there: RestoredModel, code: Path | None) -> str:
    """Return the line of Python that loads the model in the release."""
    path = repr(str(origin.path))
    if there.by_signature:
        call = f"saved_model.load({path}).signatures[{there.signature!r}]"
        if str(there.versions.get("tensorflow")).startswith("1."):
            return f"tf.compat.v1.enable_eager_execution(); call = tf.compat.v2.{call}"
        return f"tf.{call}"
    keras, begin = "tf.keras", ""
    if origin.keras_alone and re.match(r"1|2\.[0-3]\.\d+$", str(there.versions.get("keras"))):
        keras, begin = "keras", "import keras; model = "
    if origin.architecture:
        json = f"open({str(origin.architecture)!r})"
        text = f"json.load({json})" if "JSON in JSON" in origin.marks else f"{json}.read()"
        call = f"{begin or 'model = '}{keras}.models.model_from_json({text})"
        return f"{call}; model.load_weights({path})"
    if str(there.versions.get("keras")).startswith("1"):  # it has no compile=False
        return f"{begin}keras.models.load_model({path})"
    call = f"{begin}{keras}.models.load_model({path}, compile=False)"
    if origin.format == SAVED_MODEL and str(there.versions.get("tensorflow")).startswith("1."):
        return f"tf.compat.v1.enable_eager_execution(); model = {call}"
    named = [f'"{name}": tf.keras.losses.{long}' for name, long in there.explained.items()]
    if code:
        yours = [name for name in origin.custom if SPELLABLE.fullmatch(name)]
        named += [f'"{name}": {name.rpartition(">")[2]}' for name in yours] or ["..."]
    if not named:
        return call
    return f"with tf.keras.utils.custom_object_scope({{{', '.join(named)}}}): model = {call}"
