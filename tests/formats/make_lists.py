"""Make the allow-lists in harness/formats/known/ from what the built environments hold.

    .venv/bin/python -m tests.formats.make_lists ENVIRONMENT...

ENVIRONMENT is the folder of an environment (`env list`) or a JSON file that
harness/worker/list_names.py printed there. The rules below decide what is known to be harmless;
tests/formats/test_known.py holds the lists to the releases. Read the difference before it is
committed: a new name is allowed because somebody has looked at it.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "harness/formats/known"
COMMAND = "python -m tests.formats.make_lists ENVIRONMENT..."

# Classes of the right family that all the same run code, or read what the file names.
NOT_HARMLESS = {
    "Lambda",  # byte code
    "DropoutWrapper",  # dropout_state_filter_visitor, byte code
    "ResidualWrapper",  # residual_fn, byte code
    "TFSMLayer",  # loads and runs a SavedModel
    "ReloadedLayer",
    "TorchModuleWrapper",  # unpickles
    "JaxLayer",
    "FlaxLayer",
    "ModuleWrapper",
    "VariableScopeLayer",
    "VariableScopeWrapperLayer",
    "DynamicEmbedding",  # reads a vocabulary's path
    "DynamicLookup",
    "DistributedCallbackModel",
    "DeviceWrapper",
    "TFOptimizer",
    "RestoredOptimizer",
    "Distiller",
    "Function",
    "Array",
}
SKIPPED_MODULES = re.compile(r"\.api\b|_tf_keras|testing_infra|\btests?\b|\.trainers\.|\.export\b")
FUNCTION_SPACES = (
    "activations",
    "constraints",
    "initializers",
    "losses",
    "metrics",
    "regularizers",
)
OPERATION_SPACES = ("ops", "random", "nn")
NO_MODEL_FUNCTIONS = {"get", "serialize", "deserialize", "convert_to_numpy", "custom_gradient"}
# Names by which Keras finds losses and metrics, although it exports no such function.
SHORT_NAMES = "acc ACC accuracy bce BCE crossentropy ce huber_loss normal uniform one zero"
VERSIONED = re.compile(r"_?[vV][12]$")  # BatchNormalizationV1 is what 1.14 calls its own class
WITHOUT_MODULE = """
InputSpec
BucketizedColumn CrossedColumn EmbeddingColumn HashedCategoricalColumn IdentityCategoricalColumn
IndicatorColumn NumericColumn SequenceCategoricalColumn SequenceNumericColumn SharedEmbeddingColumn
VocabularyListCategoricalColumn WeightedCategoricalColumn
""".split()  # noqa: SIM905, in metadata, and the columns of DenseFeatures
# Exported only so that older files can be read.
LEGACY = {"keras._legacy.layers": "AlphaDropout RandomHeight RandomWidth ThresholdedReLU"}

# Ops without a state that reach beyond the graph all the same, or that no model needs.
REACHING_OPS = re.compile(
    r"^_|Dataset|Iterator|File|Debug|Reader|PyFunc|Tpu|TPU|Xla|Host|Gcs|BigQuery|Cache|Remote|Rpc|Nccl"
    r"|Collective|^Copy|^Risc|^Experimental|^Abort$|^ImmutableConst$|^GenerateVocabRemapping$"
    r"|Proto|^TfLite|^BatchFunction$|^Batch$|^Unbatch|Relayout|SparseCore|^Func|Print|Save|Restore"
    r"|Snapshot|Queue|Infeed|Outfeed|Mlir|^Prelinearize|^FixedUnigram|^Delete|^Recv|^Send"
    r"|^SymbolicGradient$|CheckPinned|^Sdca|^CustomAggregator$"
)
# They make a file's name, and take from an iterator that another op must have made.
HARMLESS_OPS = {"ShardedFilename", "ShardedFilespec", "IteratorGetNext", "IteratorGetNextSync"}
# Ops with a state that only compute: variables, tables, lists, random numbers, control flow.
COMPUTING_OPS = re.compile(
    r"Variable(V2)?|VarHandleOp|VarIsInitializedOp|VariableShape|ReadVariableOp|TemporaryVariable"
    r"|Assign(Add|Sub)?VariableOp|DestroyResourceOp|DisableCopyOnRead"
    r"|Resource(Gather|Scatter|Apply|SparseApply|StridedSliceAssign|CountUpTo)\w*"
    r"|(Anonymous|Mutable|AnonymousMutable)?(Dense)?HashTable(OfTensors)?(V2)?"
    r"|LookupTable(Export|Find|Import|Insert|Remove|Size)V2|InitializeTableV2"
    r"|If|While|Case|StatefulPartitionedCall|Assert|CheckNumerics(V2)?|GuaranteeConst"
    r"|Random\w+|Stateful(Random|Standard|Truncated|Uniform)\w+|Rng(ReadAndSkip|Skip)|Multinomial"
    r"|ParameterizedTruncatedNormal|TruncatedNormal|NonDeterministicInts|StatelessRandomGet\w+"
    r"|\w+CandidateSampler|SampleDistortedBoundingBox(V2)?|CudnnRNN\w*"
    r"|Stack(Close|Pop|Push)?(V2)?|TensorArray\w*|TensorListResize|Empty|IsTensorFloat32Enabled"
    r"|BoostedTrees\w+|IsBoostedTrees\w+|TensorForest\w+"
)

SYMBOL_SPACES = """
__operators__ audio bitwise dtypes image linalg manip math nn quantization ragged random sets
signal sparse spectral strings
""".split()  # noqa: SIM905
NO_SYMBOLS = re.compile(
    r"(?i)(^|\.)(all_candidate|create|delete|enable|disable|experimental\.(numpy\.)?(experimental_)"
    r"|\w*(file|write|save|load|py_func|pyfunc|print|global|generator|set_seed)\w*"
    r"|experimental\.(set|get|index_shuffle)\w*|map_flat_values"
    r"|serialize\w*|deserialize\w*|get|get_seed|set_random_seed|create_rng_state|case|map_values"
    r"|fixed_unigram_candidate_sampler|(raw|static|dynamic|bidirectional)\w*_rnn|placeholder)$"
)
# Exported at the root only, or under a name that is not an op's; all of these compute.
ROOT_SYMBOLS = """
abs acos acosh add add_n argmax argmin argsort as_string asin asinh atan atan2 atanh
batch_to_space bitcast boolean_mask broadcast_dynamic_shape broadcast_static_shape broadcast_to
cast clip_by_average_norm clip_by_global_norm clip_by_norm clip_by_value complex concat constant
convert_to_tensor cos cosh cumprod cumsum div divide dynamic_partition dynamic_stitch edit_distance
eig eigvals einsum ensure_shape equal exp expand_dims extract_volume_patches eye fill fingerprint
floor floor_div floordiv floormod gather gather_nd greater greater_equal guarantee_const
histogram_fixed_width histogram_fixed_width_bins identity identity_n
is_tensor less less_equal lin_space
linspace logical_and logical_not logical_or matmul matrix_band_part matrix_diag
matrix_square_root matrix_transpose maximum meshgrid minimum mod multiply negative no_op norm
not_equal one_hot ones ones_like pad parallel_stack pow range rank realdiv reduce_all reduce_any
reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum repeat reshape reverse
reverse_sequence reverse_v2 roll round saturate_cast scalar_mul scatter_nd searchsorted
sequence_mask shape shape_n sigmoid sign sin sinh size slice sort space_to_batch
space_to_batch_nd split sqrt square squeeze stack stop_gradient strided_slice subtract tan tanh
tensor_scatter_add tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min
tensor_scatter_nd_sub tensor_scatter_nd_update tensor_scatter_sub tensor_scatter_update tensordot
tile to_bfloat16 to_complex128 to_complex64 to_double to_float to_int32 to_int64 transpose truediv
truncatediv truncatemod unique unique_with_counts unravel_index unstack where where_v2 zeros
zeros_like
""".split()  # noqa: SIM905
BACKEND_SYMBOLS = """
abs all any arange argmax argmin batch_dot batch_flatten batch_normalization bias_add
binary_crossentropy cast categorical_crossentropy clip concatenate conv1d conv2d conv2d_transpose
conv3d cos cumprod cumsum depthwise_conv2d dot dropout elu equal exp expand_dims eye flatten gather
greater greater_equal hard_sigmoid in_top_k l2_normalize less less_equal local_conv1d local_conv2d
log max maximum mean min minimum not_equal one_hot ones_like permute_dimensions pool2d pool3d pow
prod relu repeat repeat_elements reshape resize_images resize_volumes reverse round
separable_conv2d sigmoid sign sin softmax softplus softsign sparse_categorical_crossentropy
spatial_2d_padding spatial_3d_padding sqrt square squeeze stack std stop_gradient sum switch tanh
temporal_padding tile transpose truncated_normal var zeros_like
""".split()  # noqa: SIM905


def is_harmless_class(name: str, module: str) -> bool:
    """Return whether a configuration may name this class of Keras."""
    return name not in NOT_HARMLESS and not SKIPPED_MODULES.search(module)


def is_harmless_op(name: str, stateful: bool) -> bool:
    """Return whether a graph may hold this op."""
    if name in HARMLESS_OPS:
        return True
    if REACHING_OPS.search(name):
        return False
    return not stateful or COMPUTING_OPS.fullmatch(name) is not None


def is_harmless_symbol(name: str, ops: set[str]) -> bool:
    """Return whether a TFOpLambda may call this exported symbol of TensorFlow."""
    for prefix in ("compat.v1.", "compat.v2."):
        name = name.removeprefix(prefix)
    space, _, last = name.rpartition(".")
    if space == "raw_ops":
        return last in ops
    if NO_SYMBOLS.search(name) or last[:1].isupper():
        return False
    if space in ("keras.activations", "keras.losses", "keras.metrics"):
        return last not in NO_MODEL_FUNCTIONS
    if space == "keras.backend":
        return last in BACKEND_SYMBOLS
    if space == "experimental.numpy":
        return True
    if space == "":
        return last in ROOT_SYMBOLS or last.replace("_", "") in {each.lower() for each in ops}
    return space.partition(".")[0] in SYMBOL_SPACES


def collect_facts(sources: list[str]) -> list[dict]:
    """Return what list_names.py prints in each environment."""
    found = []
    for source in map(Path, sources):
        if source.suffix == ".json":
            found.append(json.loads(source.read_text()))
            continue
        variables = dict(os.environ)
        if source.name.endswith("+legacy"):
            variables["TF_USE_LEGACY_KERAS"] = "1"
        command = [source / "bin/python", ROOT / "harness/worker/list_names.py"]
        done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, check=True)
        found.append(json.loads(done.stdout))
    return found


def make_lists(facts: list[dict]) -> dict[str, list[str]]:
    """Return the lines of each list by the list's name."""
    classes: dict[str, set[str]] = {}
    functions, names, every_class = set(), set(SHORT_NAMES.split()), set()
    for each in facts:
        for name, module, _ in each["classes"]:
            every_class.add(name)
            if is_harmless_class(name, module):
                classes.setdefault(module, set()).add(name)
        for space, name in each["functions"]:
            top = space.partition(".")[0]
            if top in FUNCTION_SPACES + OPERATION_SPACES and name not in NO_MODEL_FUNCTIONS:
                functions.add(f"{space}.{name}")
                names |= {name} if top in FUNCTION_SPACES else set()
    functions |= {f"named.{name}" for name in names}
    classes |= {module: set(named.split()) for module, named in LEGACY.items()}
    allowed = set().union(*classes.values())
    reserved = set().union(*(each["namespaces"] for each in facts)) | every_class
    older = {
        name
        for name in reserved
        if VERSIONED.search(name) and VERSIONED.sub("", name) in allowed | names
    }
    classes[""] = older | set(WITHOUT_MODULE)
    reserved = reserved - older | {"VocabularyFileCategoricalColumn"}
    stateful = set().union(*(each["stateful"] for each in facts))
    ops = {name for each in facts for name in each["ops"] if is_harmless_op(name, name in stateful)}
    symbols = {name for each in facts for name in each["symbols"] if is_harmless_symbol(name, ops)}
    kept = {name for name in symbols if not name.startswith(("compat.", "raw_ops."))}
    return {
        "classes": [
            f"{module or '-'} {' '.join(sorted(each))}" for module, each in sorted(classes.items())
        ],
        "functions": sorted(functions),
        "reserved": sorted(reserved - allowed - names),
        "ops": sorted(ops),
        "symbols": sorted(kept),
        "packages": sorted({"google"}.union(*(each["packages"] for each in facts))),
    }


HEADINGS = {
    "classes": "classes that may be named: a module of Keras (- for none), and its classes",
    "functions": "functions that a configuration may name; named.X are found by name alone",
    "reserved": "names that some Keras resolves, and that are not known to be harmless",
    "ops": "ops of TensorFlow that compute",
    "symbols": "exported symbols of TensorFlow that compute; raw_ops.X is op X",
    "packages": "modules that some environment can import, which are not a user's own",
}


def main() -> None:
    """Write every list."""
    facts = collect_facts(sys.argv[1:])
    releases = ", ".join(sorted({each["release"] for each in facts}))
    FOLDER.mkdir(exist_ok=True)
    for name, lines in make_lists(facts).items():
        heading = f"# {HEADINGS[name]}\n# made by: {COMMAND}\n# of TensorFlow {releases}\n"
        (FOLDER / f"{name}.txt").write_text(heading + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
