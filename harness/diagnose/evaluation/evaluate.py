"""How often is `diagnose` right? The corpus, case by case, counted with intervals."""

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import numpy as np

from harness.diagnose.__main__ import answer_file
from harness.diagnose.causes.table import CAUSES
from harness.diagnose.evaluation.corpus import HEALTHY, Case, add_rounding, make_corpus
from harness.diagnose.evaluation.corpus_files import write_archive, write_h5
from harness.diagnose.evaluation.corpus_models import ARCHITECTURES
from harness.diagnose.evaluation.evaluate_cures import make_cure_cases, try_cures
from harness.diagnose.file_answer import Samples
from harness.diagnose.findings import Finding, rank
from harness.diagnose.forward.run import predict
from harness.diagnose.network.read import read_network
from harness.diagnose.rules.samples import compare_samples
from harness.formats.recognize import read_facts
from harness.verdicts.rates import wilson_interval
from harness.verdicts.statistics import Array

MOST_SHOWN = 12  # confusions


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A share of trials with its Wilson interval of 95 %."""

    hits: int
    trials: int
    low: float
    high: float


class TierScore(msgspec.Struct, frozen=True, kw_only=True):
    """The score of one kind of evidence, of all cases or of those held out.

    `top1`, `top3`, `side`: of faulty cases; `precision`: findings in first place that are right, of
    all cases; `false_alarms`: healthy cases with a finding.
    """

    tier: str
    held_out: bool
    top1: Share
    top3: Share
    side: Share
    precision: Share
    false_alarms: Share


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """The scores, and how often which cause was taken for which: (label, found, count).

    `cured`: cases in which the printed cure brings the expected outputs back; `cured_held_out`: the
    same of those held out; `uncured`: (label, count). `proven`, `proven_held_out`, `unproven`: the
    same of `--prove`; None where it was not asked for. `failed`: models that did not come so far.
    """

    seeds: int
    scores: list[TierScore]
    confusions: list[tuple[str, str, int]]
    cured: Share | None = None
    cured_held_out: Share | None = None
    uncured: list[tuple[str, int]] = []
    proven: Share | None = None
    proven_held_out: Share | None = None
    unproven: list[tuple[str, int]] = []
    failed: list[str] = []


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A case and the causes that were found, the first first."""

    label: str
    tier: str
    held_out: bool
    found: list[str]


def evaluate(seeds: int, progress: Callable[[Case], object] = bool) -> Evaluation:
    """Return the scores over the corpus of so many seeds; `progress` is called with each case."""
    results = []
    for case in make_corpus(seeds):
        progress(case)
        with tempfile.TemporaryDirectory() as folder:
            found = diagnose_case(case, Path(folder))
        if found is not None:
            causes = [each.cause for each in found]
            results.append(
                Result(label=case.label, tier=case.tier, held_out=case.held_out, found=causes)
            )
    scores = [
        score(tier, held_out, [each for each in results if each.tier == tier])
        for tier in ("file", "outputs", "inputs")
        for held_out in (False, True)
    ]
    cured, held_out, uncured = evaluate_cures(seeds)
    return Evaluation(
        seeds=seeds,
        scores=scores,
        confusions=list_confusions(results),
        cured=cured,
        cured_held_out=held_out,
        uncured=uncured,
    )


def list_confusions(results: Iterable[Result]) -> list[tuple[str, str, int]]:
    """Return what was wrong in first place: label, found, how often."""
    wrong = Counter(
        (each.label, each.found[0] if each.found else "nothing")
        for each in results
        if each.label != (each.found[0] if each.found else HEALTHY)
    )
    return [(label, found, count) for (label, found), count in wrong.most_common()]


def evaluate_cures(seeds: int) -> tuple[Share, Share, list[tuple[str, int]]]:
    """Return the share of curable cases that are cured, of those held out, and what was not."""
    results = []
    for case in make_cure_cases(seeds):
        with tempfile.TemporaryDirectory() as folder:
            cured = try_cures(case, Path(folder))
        if cured is not None:
            results.append((case, cured))
    failed = Counter(case.label for case, cured in results if not cured)
    return (
        share(cured for _, cured in results),
        share(cured for case, cured in results if case.held_out),
        failed.most_common(),
    )


def diagnose_case(case: Case, folder: Path) -> list[Finding] | None:
    """Return what is found in a case; None where its architecture cannot have the fault."""
    random = case.random
    layers, inputs = ARCHITECTURES[case.architecture](random)
    spoiled = case.spoil(random, layers) if case.spoil else layers
    if spoiled is None:
        return None
    if case.seed % 2:
        path = write_archive(folder / "model.keras", spoiled)
    else:
        path = write_h5(folder / "model.h5", spoiled, loss="mean_squared_error")
    if case.tier == "file":
        return answer_file(path).findings
    network = read_network(read_facts(path))
    assert network is not None
    expected = predict(network, [inputs])
    predicted: Array | None = expected
    if case.spoil_inputs:
        changed = case.spoil_inputs(random, inputs)
        predicted = None if changed is None else predict(network, [changed])
    if case.spoil_outputs:
        predicted = case.spoil_outputs(random, expected)
    if predicted is None or not tells(
        expected, predicted, bool(case.spoil or case.label != HEALTHY)
    ):
        return None
    expected, predicted = add_rounding(random, expected), add_rounding(random, predicted)
    findings = compare_samples(expected, predicted).findings
    if case.tier == "outputs":
        return findings
    samples = {"inputs": inputs, "expected": expected, "predicted": predicted}
    for name, values in samples.items():
        np.save(folder / f"{name}.npy", values)
    paths = Samples(**{name: str(folder / f"{name}.npy") for name in samples})
    return rank([*answer_file(path, "", paths).findings, *findings])


def tells(expected: Array, predicted: Array, faulty: bool) -> bool:
    """Return whether outputs can show a fault: they vary, and differ where they should."""
    if (np.abs(expected - expected[0]).max(axis=0) < 1e-6).all():
        return False
    same_shape = expected.shape == predicted.shape
    return not (faulty and same_shape and np.allclose(expected, predicted, rtol=1e-3, atol=1e-3))


def score(tier: str, held_out: bool, results: list[Result]) -> TierScore:
    """Return the score of one kind of evidence; `held_out`: of the cases held out alone."""
    chosen = [each for each in results if each.held_out or not held_out]
    faulty = [each for each in chosen if each.label != HEALTHY]
    healthy = [each for each in chosen if each.label == HEALTHY]
    spoken = [each for each in chosen if each.found]
    return TierScore(
        tier=tier,
        held_out=held_out,
        top1=share(each.label in each.found[:1] for each in faulty),
        top3=share(each.label in each.found[:3] for each in faulty),
        side=share(names_side(each) for each in faulty),
        precision=share(each.label == each.found[0] for each in spoken),
        false_alarms=share(bool(each.found) for each in healthy),
    )


def names_side(result: Result) -> bool:
    """Return whether the first finding names the right side."""
    return bool(result.found) and CAUSES[result.found[0]].side == CAUSES[result.label].side


def share(hits: Iterable[bool]) -> Share:
    """Return the share of hits, with its interval."""
    listed = list(hits)
    low, high = wilson_interval(sum(listed), len(listed))
    return Share(hits=sum(listed), trials=len(listed), low=low, high=high)


def tabulate_scores(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Return the head and the rows of a table of scores."""
    rows = [
        [
            each.tier + (", held out" if each.held_out else ""),
            *map(spell, (each.top1, each.top3, each.side, each.precision, each.false_alarms)),
        ]
        for each in evaluation.scores
    ]
    return ["evidence", "top 1", "top 3", "side", "precision", "false alarms"], rows


def spell(each: Share) -> str:
    """Return a share as text: hits of trials, and the interval in percent."""
    return f"{each.hits}/{each.trials}\n{100 * each.low:.0f}-{100 * each.high:.0f}%"


def describe_confusions(evaluation: Evaluation) -> list[str]:
    """Return what was taken for what, as lines, and what the scores are worth."""
    shown = [f"  {label} taken for {found}: {many}" for label, found, many in evaluation.confusions]
    of_numpy = evaluation.cured, evaluation.cured_held_out, evaluation.uncured
    of_keras = evaluation.proven, evaluation.proven_held_out, evaluation.unproven
    return [
        *describe_cured("a printed cure cures, in numpy", *of_numpy),
        *describe_cured("--prove cures, in Keras", *of_keras),
        *(f"Left out: {each}" for each in evaluation.failed[:MOST_SHOWN]),
        "Under each share stands its interval of 95 %. Held out: every third seed.",
        *(["Wrong in first place:", *shown[:MOST_SHOWN]] if shown else ["None is wrong."]),
        "The models are made by the authors of the rules, and hold one fault each."
        " Expect less of files from elsewhere.",
    ]


def describe_cured(
    said: str, whole: Share | None, kept: Share | None, not_cured: list[tuple[str, int]]
) -> list[str]:
    """Return how many curable cases are cured, as lines."""
    if whole is None or kept is None:
        return []
    shares = [spell(each).replace("\n", ", ") for each in (whole, kept)]
    return [
        f"Curable cases that {said}: {shares[0]}; held out: {shares[1]}.",
        *(f"  not cured: {label}: {many}" for label, many in not_cured[:MOST_SHOWN]),
    ]
