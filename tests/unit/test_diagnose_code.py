"""What a user's code says: each rule speaks in its own scenario, and in no other."""

import os
from pathlib import Path

import pytest

from harness.catalog.load import read_catalog
from harness.diagnose.causes.code import CODE_CAUSES
from harness.diagnose.rules.code import find_in_code, read_code
from harness.errors import UsageError

# The scenario's PlantOutput drops an argument, as that of get_config_drops_argument does.
ALSO = {"custom-objects-hurt": "get-config-drops-argument"}
ELSEWHERE = {"checkpoint-wrong-root"}  # needs the checkpoint too

HEALTHY = {
    "every argument is in the configuration": """
class Scale(tf.keras.layers.Layer):
    def __init__(self, factor, offset=0.0, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.factor, self.offset = factor, offset
    def get_config(self):
        config = super().get_config()
        config.update({"factor": self.factor})
        config["offset"] = self.offset
        return config
""",
    "keywords of dict and update": """
class Scale(keras.layers.Layer):
    def __init__(self, factor, offset):
        super().__init__()
    def get_config(self):
        return dict(super().get_config(), factor=self.factor, offset=self.offset)
""",
    "collected in a loop": """
class Scale(layers.Layer):
    def __init__(self, factor, offset):
        super().__init__()
    def get_config(self):
        return {key: getattr(self, key) for key in self.KEYS}
""",
    "a subclass of a built-in layer with super": """
class Frozen(tf.keras.layers.BatchNormalization):
    def __init__(self, epsilon=1e-3, **kwargs):
        super().__init__(epsilon=epsilon, **kwargs)
    def get_config(self):
        return super().get_config()
""",
    "state as weights": """
class Centre(tf.keras.layers.Layer):
    def build(self, shape):
        self.mean = self.add_weight(shape=shape[1:], trainable=False)
    def adapt(self, values):
        self.mean.assign(values.mean(0))
    def call(self, inputs):
        return inputs - self.mean
""",
    "a variable of a module, and of no layer": """
class Linear(tf.Module):
    def __init__(self):
        self.kernel = tf.Variable([1.0])
""",
    "all own variables": """
class Own(tf.keras.layers.Layer):
    def build(self, shape):
        self.a = self.add_weight(shape=shape[1:])
    def save_own_variables(self, store):
        store["a"] = self.a.numpy()
""",
    "a flat list of layers": """
class Stack(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [tf.keras.layers.Dense(3) for _ in range(4)]
""",
    "a training script": """
scaler = StandardScaler()
scaled = scaler.fit_transform(table)
model.compile("adam", "mse")
model.fit(scaled, targets)
model.load_weights(best)
""",
    "a restore that only transforms": """
model = tf.keras.models.load_model("m.keras")
print(model.predict(scaler.transform(rows)))
""",
    "a class that is no layer": """
class Plan:
    def __init__(self, size):
        self.size = size
    def get_config(self):
        return {}
""",
    "nothing": "",
}


def find(tmp_path: Path, code: str, roots: tuple[str, ...] = ()) -> list[str]:
    """Return the causes that are found in code."""
    path = tmp_path / "code.py"
    path.write_text(code)
    return [each.cause for each in find_in_code(read_code(path), roots)]


def test_each_rule_speaks_in_its_own_scenario_and_in_no_other() -> None:
    found = {}
    for scenario in read_catalog(None).scenarios:
        causes = {each.cause for each in find_in_code(read_code(scenario.file))}
        if causes:
            found[scenario.id] = causes
    wanted = {each.id for each in CODE_CAUSES} - ELSEWHERE | {"scaler-refitted"}
    assert found == {each: {each} for each in wanted} | {key: {each} for key, each in ALSO.items()}


@pytest.mark.parametrize("case", HEALTHY)
def test_healthy_code_gives_no_finding(case: str, tmp_path: Path) -> None:
    assert find(tmp_path, HEALTHY[case], roots=("model",)) == []


def test_a_checkpoint_that_is_restored_under_another_keyword_is_named(tmp_path: Path) -> None:
    code = "tf.train.Checkpoint(net=model).restore(path)"
    assert find(tmp_path, code, ("model", "optimizer")) == ["checkpoint-wrong-root"]
    assert find(tmp_path, code, ("net",)) == []
    assert find(tmp_path, code) == []


@pytest.mark.parametrize("code", [b"def f(:", b"\0", b"\xff\xfe\x00", b"(" * 5000])
def test_what_is_no_python_is_wrong_usage(code: bytes, tmp_path: Path) -> None:
    (tmp_path / "code.py").write_bytes(code)
    with pytest.raises(UsageError, match=r"is not Python"):
        read_code(tmp_path / "code.py")


def test_code_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_code(tmp_path / "absent.py")


def test_the_code_is_not_run(tmp_path: Path) -> None:
    assert find(tmp_path, f"open({str(tmp_path / 'marker')!r}, 'w')") == []
    assert not (tmp_path / "marker").exists()


def test_code_that_is_large_or_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "large.py").write_text("x = 1\n" * 50_000)
    os.mkfifo(tmp_path / "pipe.py")
    for name, said in {"large.py": "is larger than 256 KiB", "pipe.py": "cannot be read"}.items():
        with pytest.raises(UsageError, match=said):
            read_code(tmp_path / name)
