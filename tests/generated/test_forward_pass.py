"""The numpy forward pass gives what Keras gives, or refuses by name; small models, random weights.

Equal means: no number differs by more than 2e-4 of the largest output (or of 1). Keras computes in
float32, numpy here in float64.
"""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.diagnose.forward.call import CannotCompute
from harness.diagnose.forward.run import predict_all
from harness.diagnose.network.read import read_network
from harness.environments.resolve import open_environment
from harness.formats.recognize import read_facts
from tests.generated.forward_options import LAYERS, Drawn, draw_model

SCRIPT = Path(__file__).with_name("forward_models.py")
TOLERANCE = 2e-4
KINDS = (".keras", ".h5")
# Models of several inputs, calls or masks, by the functions of forward_models.py: "" for equal,
# else the words of the refusal.
CASES = {
    "add": "",
    "additive_attention": "",
    "arithmetic": "",
    "attention_scores": "",
    "attention_with_key": "",
    "average": "",
    "bidirectional_states": "",
    "causal_attention": "",
    "causal_dot_attention": "",
    "concat_attention": "",
    "concatenate": "",
    "concatenate_steps": "",
    "cross_attention": "",
    "dot_attention": "",
    "dot_normalized": "",
    "dot_of_steps": "",
    "encoder_decoder": "",
    "every_frame": "",
    "every_frame_in_a_row": "",
    "explicit_mask": "",
    "functional_called_twice": "",
    "inner_with_two_outputs": "",
    "last_step": "",
    "layer_called_twice": "",
    "mask_into_inner_model": "",
    "mask_out_of_inner_model": "",
    "masked_attention_after_dropout": "",
    "masked_attention_then_mean": "",
    "masked_beside_unmasked": "the mask that reaches gru",
    "masked_concatenate": "",
    "masked_dot_attention": "",
    "masked_self_attention": "",
    "masked_transformer_block": "",
    "maximum": "",
    "minimum": "",
    "model_called_twice": "",
    "multiply": "",
    "nested_functional": "",
    "scaled_attention": "",
    "self_attention": "",
    "state_beside_mask": "the mask that reaches gru",
    "subtract": "",
    "two_directions_apart": "",
    "two_kinds_of_features": "",
    "two_outputs": "",
}


class Keras:
    """A process that makes models with the Keras of an interpreter, one for each request."""

    def __init__(self, python: str, folder: Path) -> None:
        variables = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3"}
        self.errors = (folder / "errors.log").open("w")
        self.process = subprocess.Popen(
            [python, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            env=os.environ | variables,
        )
        self.folder = folder

    def make(self, **request: Any) -> dict[str, Any]:
        """Return what the process answers to a request; the model is in the file "model"."""
        assert self.process.stdin
        assert self.process.stdout
        asked = {"path": str(self.folder / "model"), "kinds": KINDS, **request}
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        said: dict[str, Any] = json.loads(self.process.stdout.readline())
        return said

    def close(self) -> None:
        """End the process."""
        for stream in (self.process.stdin, self.process.stdout, self.errors):
            if stream:
                stream.close()
        self.process.wait(timeout=60)

    def compare(self, kind: str) -> str:
        """Return "" where the saved model gives in numpy what it gave, else why not."""
        network = read_network(read_facts(self.folder / f"model{kind}"))
        assert network is not None
        with np.load(self.folder / "model.npz") as arrays:
            inputs = [arrays[name] for name in arrays.files if name.startswith("in")]
            wanted = [arrays[name] for name in arrays.files if name.startswith("out")]
        try:
            own = predict_all(network, inputs)
        except CannotCompute as error:
            return str(error)
        assert [each.shape for each in own] == [each.shape for each in wanted]
        for got, expected in zip(own, wanted, strict=True):
            limit = TOLERANCE * max(1.0, float(np.abs(expected).max()))
            np.testing.assert_allclose(got, expected, rtol=0, atol=limit)
        return ""


def open_keras(python: str, folder: Path) -> contextlib.closing[Keras]:
    return contextlib.closing(Keras(python, folder))


@pytest.fixture(scope="module")
def keras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keras]:
    with open_keras(sys.executable, tmp_path_factory.mktemp("models")) as process:
        yield process


@pytest.mark.tensorflow
@pytest.mark.parametrize("case", CASES)
def test_a_model_of_many_parts_gives_what_keras_gives(case: str, keras: Keras) -> None:
    said = keras.make(case=case)
    assert "error" not in said, said
    for kind in KINDS:
        refused = keras.compare(kind)
        assert CASES[case] in refused, kind
        assert bool(CASES[case]) == bool(refused), refused


@pytest.mark.tensorflow
def test_the_table_names_every_case() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--cases"], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout) == sorted(CASES)


@pytest.mark.tensorflow
@pytest.mark.parametrize("drawn", LAYERS, ids=lambda drawn: drawn.name)
def test_a_layer_gives_what_keras_gives(drawn: Drawn, keras: Keras) -> None:
    """Each line of the table is a layer with options that must be computed, not refused."""
    said = keras.make(layers=drawn.layers, shape=drawn.shape, whole=drawn.whole)
    assert "error" not in said, said
    assert [keras.compare(kind) for kind in KINDS] == ["", ""]


@pytest.mark.tensorflow
@pytest.mark.long
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_drawn_options_are_computed_rightly_or_refused(data: st.DataObject, keras: Keras) -> None:
    drawn = data.draw(draw_model())
    said = keras.make(layers=drawn.layers, shape=drawn.shape, whole=drawn.whole, seed=1)
    if "error" not in said:  # Keras itself takes these options
        for kind in KINDS:
            keras.compare(kind)  # asserts that what is computed is equal


# Keras 2 says these masks otherwise: Add takes those that are there, attention takes none away.
KERAS_2 = {"state_beside_mask": ""}


@pytest.mark.tensorflow
@pytest.mark.long
@pytest.mark.releases
@pytest.mark.study
@pytest.mark.parametrize("release", ["2.13", "2.15", "2.16", "2.18"])
def test_models_of_another_release_give_what_it_gives(release: str, tmp_path: Path) -> None:
    """Equal or refused: of models that the installed release has computed, few are refused."""
    requests = {case: ({"case": case}, words) for case, words in CASES.items()}
    if release < "2.16":
        requests |= {case: ({"case": case}, words) for case, words in KERAS_2.items()}
    for drawn in LAYERS:
        asked = {"layers": drawn.layers, "shape": drawn.shape, "whole": drawn.whole}
        requests[drawn.name] = (asked, "")
    wrong, lacking, refused_here = [], [], []
    with open_keras(str(open_environment(release).interpreter), tmp_path) as process:
        for name, (request, words) in requests.items():
            said = process.make(**request)
            if "error" in said:
                lacking.append(f"{name}: {said['error']}")
                continue
            refused = [process.compare(kind) for kind in KINDS]
            if words and not all(words in each for each in refused):
                wrong.append(f"{name}: {refused}")
            elif not words and any(refused):
                refused_here.append(f"{name}: {refused}")
    assert not wrong, "\n".join(wrong)
    assert len(refused_here) <= len(requests) // 15, "\n".join(refused_here)
    assert len(lacking) <= len(requests) // 5, "\n".join(lacking)  # Keras 3.0 makes fewest
