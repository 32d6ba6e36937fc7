"""Faults that a third judge's models showed first."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.diagnose.combine import diagnose_all
from harness.diagnose.evaluation.corpus_files import Made, dense, write_archive
from harness.diagnose.file_answer import Samples
from harness.diagnose.network.initializers import is_untouched
from harness.diagnose.network.layer import Layer, Network
from harness.diagnose.network.read import read_network
from harness.diagnose.rules.drawn import find_partly_drawn
from harness.diagnose.rules.inner import Distance
from harness.diagnose.rules.input_changes import iterate_changes
from harness.diagnose.rules.lost_inputs import find_cut_to_integers, find_empty_images
from harness.diagnose.rules.prepared_twice import find_double_rescale, find_scaled_twice
from harness.diagnose.rules.samples import agree, agree_at_first, compare_samples
from harness.diagnose.rules.scaler import compare_scaler
from harness.diagnose.rules.training_inputs import compare_inputs
from harness.diagnose.scaler import Scaler
from harness.formats.recognize import read_facts

random = np.random.default_rng(5)
IMAGES = random.integers(0, 256, (12, 6, 6, 3)).astype("float32")
TABLE = random.normal(size=(60, 5)) * [20, 0.5, 9, 3, 40] + [50, 8, 170, 15, 900]
DRAWN = random.uniform(-0.05, 0.05, (200, 16)).astype("float32")


def make_network(folder: Path, *layers: Made) -> Network:
    """Return the network of a file with these layers."""
    network = read_network(read_facts(write_archive(folder / "m.keras", list(layers))))
    assert network is not None
    return network


def make_embedding(values: Any) -> Made:
    config = {
        "name": "words",
        "input_dim": len(values),
        "output_dim": values.shape[1],
        "embeddings_initializer": "uniform",
        "trainable": True,
    }
    return Made("Embedding", config, {"embeddings": values})


def end() -> Made:
    """Return a layer that was trained."""
    return dense("last", random.normal(size=(16, 3)), np.array([0.3, 0.1, -0.2]))


def test_an_embedding_as_it_was_drawn_beside_a_trained_layer_is_found(tmp_path: Path) -> None:
    found = find_partly_drawn(make_network(tmp_path, make_embedding(DRAWN), end()))
    assert found is not None
    assert found.cause == "layers-as-drawn"
    moved = DRAWN.copy()
    moved[3] += 0.01  # of one word
    moved[3, DRAWN[3].argmax()] = 0.051
    assert find_partly_drawn(make_network(tmp_path, make_embedding(moved), end())) is None


def test_a_gamma_that_begins_at_zero_is_untouched_at_zero() -> None:
    weights = {"gamma": np.zeros(4), "beta": np.zeros(4)}
    zeros = {"gamma_initializer": {"class_name": "Zeros", "config": {}}}
    assert is_untouched(Layer("bn", "BatchNormalization", zeros, weights=weights))
    assert not is_untouched(Layer("bn", "BatchNormalization", {}, weights=weights))


def test_rows_that_were_scaled_by_themselves_are_found_where_they_lie_far_from_training() -> None:
    scaler = Scaler("StandardScaler", TABLE.mean(0), TABLE.std(0), rows=3000)
    other = TABLE[:25] * [0.2, 1, 1, 1, 0.1] + [90, 0, 0, 0, 2000]  # old people
    refitted = (other - other.mean(0)) / other.std(0)
    near_zero = Scaler("StandardScaler", TABLE.mean(0) * [1, 0, 0, 0, 1], TABLE.std(0), rows=3000)
    for each in (scaler, near_zero):  # of the second, raw values look so too
        assert [found.cause for found in compare_scaler(each, refitted)] == ["scaler-refitted"]
    assert not compare_scaler(near_zero, near_zero.transform(TABLE * 1.01))


def test_columns_of_which_some_are_alike_are_found_in_another_order() -> None:
    one_hot = np.eye(3)[random.integers(0, 3, 60)]
    table = np.column_stack([TABLE, one_hot])
    order = [5, 6, 7, 4, 2, 0, 1, 3]
    scaler = Scaler("StandardScaler", table.mean(0), table.std(0), rows=60)
    found = compare_scaler(scaler, table[:, order])
    assert [each.cause for each in found] == ["columns-in-another-order"]
    assert not compare_scaler(scaler, scaler.transform(table[:40]))
    shifted = table + np.eye(8)[0] * 60  # other people, not another order
    assert not compare_scaler(scaler, scaler.transform(shifted))


def test_images_that_are_divided_before_a_rescaling_need_no_outputs(tmp_path: Path) -> None:
    rescaling = Made("Rescaling", {"name": "rescaling", "scale": 1 / 255, "offset": 0.0})
    network = make_network(tmp_path, rescaling, Made("Flatten", {"name": "flat"}))
    found = find_double_rescale(network, IMAGES / 255)
    assert found is not None
    assert found.cause == "double-rescale"
    assert find_double_rescale(network, IMAGES) is None
    assert find_double_rescale(network, IMAGES * 0) is None


def test_a_standardised_table_before_a_normalization_of_raw_ones_is_found(tmp_path: Path) -> None:
    mean, variance = TABLE.mean(0), TABLE.var(0)
    weights = {"mean": mean, "variance": variance, "count": np.array(60)}
    network = make_network(tmp_path, Made("Normalization", {"name": "norm", "axis": [-1]}, weights))
    scaled = (TABLE - mean) / np.sqrt(variance)
    found = find_scaled_twice(network, scaled)
    assert found is not None
    assert found.cause == "scaled-twice"
    assert find_scaled_twice(network, TABLE) is None


def test_columns_that_end_at_0_and_1_to_the_digit_were_fitted_again() -> None:
    whole = random.normal(size=(400, 5)) * [20, 0.5, 9, 3, 40]
    low, high = whole.min(0), whole.max(0)
    before, now = ((each - low) / (high - low) for each in (whole[:60], whole[60:110]))
    again = (now - now.min(0)) / np.ptp(now, axis=0)
    assert [each.cause for each in compare_inputs(before, again)] == ["scaler-refitted"]
    assert not compare_inputs(before, now)
    assert not compare_inputs(before, (whole - low) / (high - low))
    center, divisor = whole.mean(0), whole.std(0)
    for kind, given in (("StandardScaler", None), ("MinMaxScaler", (low, high))):
        ends = {"low": given[0], "high": given[1]} if given else {}
        scaler = Scaler(kind, center, divisor, rows=400, **ends)
        assert [each.cause for each in compare_scaler(scaler, again)] == ["scaler-refitted"]


def test_standardised_columns_that_were_cut_off_to_integers_are_found() -> None:
    scaled = (TABLE - TABLE.mean(0)) / TABLE.std(0)
    for make in (np.trunc, np.rint):
        found = find_cut_to_integers(Network(), make(scaled))
        assert found is not None
        assert found.cause == "uint8-truncation"
    for healthy in (
        scaled,
        TABLE.round(),
        np.sign(scaled),
        random.integers(0, 3, (60, 5)),
        random.integers(-2, 3, (60, 5)),
        np.eye(5)[random.integers(0, 5, 60)],
    ):
        assert find_cut_to_integers(Network(), healthy) is None


def test_the_first_rows_are_judged_by_what_is_rounding_in_all() -> None:
    outputs = np.array([[0.5], [0.5], [300.0], [-200.0]])
    near = outputs + 1e-4
    assert agree(outputs, near)
    assert agree_at_first(outputs, near[:2])
    assert not agree(outputs[:2], near[:2])
    assert not agree_at_first(outputs, near[:2] + 1)
    assert not agree_at_first(outputs, np.ones((2, 3)))


def test_images_of_zeros_at_the_end_of_a_batch_are_found() -> None:
    half = IMAGES.copy()
    half[7:] = 0
    found = find_empty_images(Network(), half)
    assert found is not None
    assert "the last 5 of 12" in found.evidence
    half[-1] = 1
    assert find_empty_images(Network(), half) is None


def test_argmax_over_a_mask_of_one_channel_is_no_dead_relu() -> None:
    masks = random.uniform(size=(8, 4, 4, 1))
    found = compare_samples(masks, masks.argmax(-1)).findings
    assert [each.cause for each in found] == ["argmax-of-one-sigmoid"]


def test_numbers_of_words_that_are_moved_by_one_are_moved_back() -> None:
    words = random.integers(1, 50, (20, 9)) * (np.arange(9) > 2)
    moved = np.where(words > 0, words + 1, 0)
    changes = {each.words: each for each in iterate_changes(moved.astype(float))}
    change = changes["minus 1 where they are not 0"]
    assert change.missing == change.added == "index-offset-forgotten"
    assert np.array_equal(change.make(moved), words)


def test_a_change_that_takes_most_of_the_way_explains_statistics_of_few_steps() -> None:
    far = Distance(61.7, 40.0)
    assert Distance(1.4, 2.0).is_much_nearer_than(far)
    assert not Distance(20.0, 2.0).is_much_nearer_than(far)
    assert not Distance(1.4, 9.0).is_much_nearer_than(far)


def test_a_table_is_not_said_to_lack_a_division_of_pixels(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", TABLE)
    expected = random.dirichlet([2, 2, 2], 60)
    certain = np.eye(3)[random.integers(0, 3, 60)]
    (tmp_path / "c.py").write_text("")
    samples = Samples(inputs=str(tmp_path / "x.npy"))
    said = diagnose_all(None, tmp_path / "c.py", "", samples, expected, [certain]).findings
    assert [each.cause for each in said] == ["features-not-scaled"]
