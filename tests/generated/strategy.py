"""A Hypothesis strategy that describes small Keras models as JSON-ready dicts.

Depth, width, activations, normalization, dropout, recurrent and convolutional layers, branches that
are added or concatenated. `model_steps.py` builds them, in workers.
Only layers, no bare operations (`x * 2`): Keras 3 cannot load those from .h5, which is a scenario.
"""

from hypothesis import strategies as st

ACTIVATIONS = st.sampled_from(["relu", "softplus", "tanh", "sigmoid", "elu"])
WIDTHS = st.integers(2, 6)


def activated(kind):
    """A layer with weights and an activation."""
    fields = {"kind": st.just(kind), "units": WIDTHS, "activation": ACTIVATIONS}
    if kind != "dense":
        fields["size"] = st.integers(1, 3)
    return st.fixed_dictionaries(fields)


def plain(*kinds):
    """A layer that needs no more than its kind."""
    return st.fixed_dictionaries({"kind": st.sampled_from(kinds)})


RECURRENT = st.fixed_dictionaries(
    {"kind": st.sampled_from(["lstm", "gru"]), "units": WIDTHS, "both_ways": st.booleans()}
)
COMMON = plain("batch", "layer", "dropout")
# By the rank of the input: its shape, layers with an activation, and every layer that fits there.
INPUTS = {
    1: (st.tuples(st.integers(2, 6)), activated("dense"), activated("dense") | COMMON),
    2: (
        st.tuples(st.integers(3, 5), st.integers(2, 3)),
        activated("conv1d") | activated("dense"),
        activated("conv1d") | activated("dense") | RECURRENT | COMMON,
    ),
    3: (
        st.tuples(st.just(6), st.just(6), st.integers(1, 3)),
        activated("conv"),
        activated("conv") | COMMON,
    ),
}


@st.composite
def model_specs(draw):
    """Describe one model; at least one layer before the head has an activation."""
    rank = draw(st.sampled_from(sorted(INPUTS)))
    shapes, activated_layers, any_layers = INPUTS[rank]
    trunk = [*draw(st.lists(any_layers, max_size=2)), draw(activated_layers)]
    trunk += draw(st.lists(any_layers, max_size=2))
    if rank == 3 and draw(st.booleans()):
        trunk.append({"kind": "pool"})
    branches, merge = [], draw(st.sampled_from(["add", "concatenate"]))
    if draw(st.booleans()):
        branches = [[draw(activated_layers)] for _ in range(draw(st.integers(2, 3)))]
        if merge == "add":  # what is added has one shape
            for branch in branches:
                branch[-1]["units"] = branches[0][-1]["units"]
    outputs = draw(st.integers(1, 4))
    heads = ["linear", "sigmoid", "softplus", *(["softmax"] if outputs > 1 else [])]
    return {
        "shape": list(draw(shapes)),
        "trunk": trunk,
        "branches": branches,
        "merge": merge,
        "end": draw(st.sampled_from(["flatten", "average"])),
        "outputs": outputs,
        "head": draw(st.sampled_from(heads)),
    }
