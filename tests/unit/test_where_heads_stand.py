"""What stands for a training is a function at the end of a lesson, not lines of its `save`."""

from harness.catalog.load import read_catalog

TWO_LINES = "two lines, which say that they stand for a training; a function would be longer"
FULL = "the file has 96 to 100 lines, and a function takes up to four lines more"
COMMITTED = "the committed files were written by this `save`: another text of it refuses them"
# Lessons whose `save` computes its head, and why it stays there.
# Why: docs/decisions/2026-11-26-where-heads-stand.md
STANDS = {
    "fp16-weight-underflow": TWO_LINES,
    "h5-loss-by-short-name": TWO_LINES,
    "merge-order-changed": TWO_LINES,
    "build-without-sublayers": FULL,
    "latest-checkpoint-none": FULL,
    "load-img-resizes-differently": FULL,
    "padding-on-the-other-side": FULL,
    "tflite-bad-representative-dataset": FULL,
    "tflite-int8-scale-ignored": FULL,
    "checkpoint-across-keras": COMMITTED,
    "initializer-dtype-from-tf1": COMMITTED,
    "keras2-compile-objects": COMMITTED,
    "keras3-file-in-keras2": COMMITTED,
    "mixed-float16-policy": COMMITTED,
    "newer-keras-file": COMMITTED,
    "normalization-invert": COMMITTED,
    "scaler-version-warning": COMMITTED,
}
SOLVERS = ("np.linalg.lstsq(", "np.linalg.solve(")


def solves_in_save(scenario):
    return any(
        solver in text
        for name, text in scenario.definitions.items()
        if name.startswith("save")
        for solver in SOLVERS
    )


def test_no_save_computes_a_head_but_those_that_say_why():
    found = {each.id for each in read_catalog().scenarios if solves_in_save(each)}
    assert found == set(STANDS)


def test_a_lesson_that_keeps_its_head_for_its_length_has_no_room():
    for each in read_catalog().scenarios:
        lines = len(each.source.splitlines())
        assert STANDS.get(each.id) != FULL or lines >= 96, each.id


def test_a_lesson_that_keeps_its_head_for_its_files_has_committed_files():
    for each in read_catalog().scenarios:
        assert STANDS.get(each.id) != COMMITTED or each.committed_writer, each.id
