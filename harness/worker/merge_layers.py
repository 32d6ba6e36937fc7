"""Merge layers of Keras 1, as Keras 2 has them: Add, Multiply, Average, Maximum, Concatenate, Dot.

A Sequential of Keras 1 may begin with a Merge of branches; in Keras 2 that is a Model. A Merge that
has no counterpart (`cos`, Python code, a branch that is used twice) stays as it is, and Keras 2
refuses it.
"""

SIMPLE = {"sum": "Add", "mul": "Multiply", "ave": "Average", "max": "Maximum"}


class NoCounterpart(Exception):
    """Keras 2 has no layer for this Merge."""


def replace_merges(config):
    """Return (a configuration without Merge, the names of its layers in the order of Keras 2).

    The order is None where the model has no branches. Raises NoCounterpart.
    """
    config = change_merges(config)
    if not begins_with_merge(config):
        return config, None
    branches = Branches()
    output = branches.add_chain(config["config"], None)
    layers = [
        dict(each, inbound_nodes=[[[name, 0, 0] for name in before]] if before else [])
        for each, before in branches.layers
    ]
    inputs = [each["name"] for each in layers if each["class_name"] == "InputLayer"]
    inner = {
        "name": "model_of_branches",
        "layers": layers,
        "input_layers": [[name, 0, 0] for name in inputs],
        "output_layers": [[output, 0, 0]],
    }
    return {"class_name": "Model", "config": inner}, order_by_depth(branches.layers)


def begins_with_merge(config):
    """Say whether a configuration is a Sequential whose first layer joins branches."""
    layers = config.get("config")
    return (
        config.get("class_name") == "Sequential"
        and isinstance(layers, list)
        and bool(layers)
        and "branches" in layers[0]
    )


def change_merges(value):
    """Return a configuration in which each Merge is a layer of Keras 2; its branches are kept."""
    if isinstance(value, list):
        return [change_merges(each) for each in value]
    if not isinstance(value, dict):
        return value
    copied = {key: change_merges(each) for key, each in value.items()}
    if copied.get("class_name") != "Merge":
        return copied
    old = copied["config"]
    mode, inner = old.get("mode"), {"name": old["name"], "trainable": True}
    if old.get("mode_type", "raw") != "raw":
        raise NoCounterpart(mode)
    if mode == "concat":
        name, inner["axis"] = "Concatenate", old["concat_axis"]
    elif mode == "dot":
        name, inner["axes"], inner["normalize"] = "Dot", old["dot_axes"], False
    elif mode in SIMPLE:
        name = SIMPLE[mode]
    else:
        raise NoCounterpart(mode)
    changed = dict(copied, class_name=name, config=inner)
    if old.get("layers"):
        changed["branches"] = old["layers"]
    return changed


class Branches(object):
    """The layers of all branches, each with the names of the layers that it is called on."""

    def __init__(self):
        self.layers = []

    def add_chain(self, layers, before):
        """Add layers that follow one another; return the name of the last one."""
        for each in layers:
            if each["class_name"] == "Sequential":
                before = self.add_chain(each["config"], before)
            elif "branches" in each:
                joined = [self.add_chain([branch], None) for branch in each["branches"]]
                before = self.add(each["class_name"], each["config"], joined)
            elif each["class_name"] == "Model":
                raise NoCounterpart("a branch that is a Model")
            else:
                before = self.add_layer(each, before)
        return before

    def add_layer(self, layer, before):
        """Add a layer, and an InputLayer where it is the first; return its name."""
        inner = dict(layer["config"])
        if before is None:
            described = {
                "batch_input_shape": inner["batch_input_shape"],
                "dtype": inner.get("input_dtype") or "float32",
                "sparse": False,
                "name": inner["name"] + "_input",
            }
            before = self.add("InputLayer", described, [])
        return self.add(layer["class_name"], inner, [before])

    def add(self, class_name, config, before):
        """Add a layer under its own name, and return the name."""
        name = config["name"]
        if name in {each["name"] for each, _ in self.layers}:
            raise NoCounterpart("a branch that is used twice")
        self.layers.append(({"class_name": class_name, "name": name, "config": config}, before))
        return name


def order_by_depth(layers):
    """Return the names in the order of a Model's layers: those farthest from the output first.

    Keras 1 wrote the weights branch by branch; Keras 2 reads them in the order of its own layers.
    """
    depths = {}
    for layer, before in reversed(layers):
        depth = depths.setdefault(layer["name"], 0)
        for name in before:
            depths[name] = depth + 1
    return sorted((layer["name"] for layer, _ in layers), key=lambda name: -depths[name])
