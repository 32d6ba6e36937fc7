"""Which TensorFlow built a graph, by the number that the graph names as its producer.

TensorFlow counts up TF_GRAPH_DEF_VERSION: since 1.14 daily, before for changes of ops. Read in
tensorflow/core/public/version.h of each release's wheel, 2026-11-26; in a release it is
`tf.version.GRAPH_DEF_VERSION`. Of a frozen graph it is the number of whoever built the graph, or 0
where a tool has rewritten the graph.
"""

from harness.environments.releases import RELEASES

PRODUCERS = {
    "1.0": 21,
    "1.1": 21,
    "1.2": 22,
    "1.3": 24,
    "1.4": 24,
    "1.5": 24,
    "1.6": 26,
    "1.7": 26,
    "1.8": 26,
    "1.9": 26,
    "1.10": 26,
    "1.11": 27,
    "1.12": 27,
    "1.13": 27,
    "1.14": 38,
    "1.15": 134,
    "2.0": 119,  # its branch was cut before that of 1.15
    "2.1": 175,
    "2.2": 175,
    "2.3": 440,
    "2.4": 561,
    "2.5": 716,
    "2.6": 808,
    "2.7": 898,
    "2.8": 987,
    "2.9": 1087,
    "2.10": 1205,
    "2.11": 1286,
    "2.12": 1395,
    "2.13": 1482,
    "2.14": 1575,
    "2.15": 1645,
    "2.16": 1766,
    "2.17": 1882,
    "2.18": 1994,
    "2.19": 2129,
    "2.20": 2288,
    "2.21": 2474,
}
OLDEST = "1.15"  # of the releases that can be built; it reads the graphs of all before it


def choose_by_producer(producer: int) -> tuple[list[str], str]:
    """Return (the releases that may have built a graph, the reason); [] where nothing tells."""
    said = f"versions.producer {producer}"
    if producer <= 0:
        return [], "versions.producer is 0: nothing in the graph tells which release built it"
    same = [name for name, number in PRODUCERS.items() if number == producer]
    if same:
        span = same[0] if len(same) == 1 else f"{same[0]} to {same[-1]}"
        built = [name for name in reversed(same) if name in RELEASES]
        reads = "" if built else f"; {OLDEST} reads its graphs"
        return built or [OLDEST], f"{said} is that of TensorFlow {span}{reads}"
    ordered = sorted(PRODUCERS, key=lambda name: PRODUCERS[name])
    later = next((name for name in ordered if PRODUCERS[name] > producer), None)
    if later is None:
        return ["nightly"], f"{said} is newer than TensorFlow {ordered[-1]}"
    built = [later if later in RELEASES else OLDEST]
    earlier = [name for name in ordered if PRODUCERS[name] < producer]
    if not earlier:
        return built, f"{said} is older than TensorFlow {ordered[0]}"
    return built, f"{said} is a build between TensorFlow {earlier[-1]} and {later}"
