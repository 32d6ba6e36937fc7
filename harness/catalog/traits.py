"""What a scenario's own file says of the case it shows: the data, own code, the format, the place.

Whoever is asked a few questions about a failure answers with these. Nothing here names a scenario:
a trait is read from the code and the text that the scenario's file has anyway.
"""

import re
from dataclasses import dataclass

from harness.catalog.scenario import Scenario
from harness.catalog.snippet import cut_snippet

# How often the first group of words must stand in a file, in code or text, to be what it is about.
OFTEN = 3
DATA: dict[str, re.Pattern[str]] = {
    "images": re.compile(
        r"Conv2D|\bPIL\b|cv2|\bload_img|\b(?:image|picture|pixel|photo|drawing)s?\b", re.IGNORECASE
    ),
    "text": re.compile(
        r"Tokenizer|TextVectorization|StringLookup|pad_sequences|texts_to_sequences"
        r"|\b(?:word|letter|sentence|text|vocabulary)s?\b",
        re.IGNORECASE,
    ),
    "table": re.compile(
        r"\w*Scaler\b|\bcolumns?\b|\bfeatures?\b|z-scores?|\bmean\b|\bNormalization\b|\breadings?\b"
        r"|\bcell\b"
    ),
}
LAYER = re.compile(r"^class \w+\([\w.]*(?:Layer|Model|Normalization|Dense|Conv2D)\b", re.MULTILINE)
FUNCTION = re.compile(r"\bLambda\b|custom_objects|register_keras_serializable|activation=[a-z_]+\b")
FORMATS: dict[str, re.Pattern[str]] = {
    "weights": re.compile(r"save_weights|load_weights|\.weights\.h5|\bsavez"),
    "keras": re.compile(r"\.keras[\"']"),
    "h5": re.compile(r"(?<!weights)\.h5\b|\.hdf5\b"),
    "checkpoint": re.compile(r"train\.Checkpoint|Saver\(|latest_checkpoint|/ckpt"),
    "savedmodel": re.compile(r"saved_model|\.export\(|TFSMLayer|save_format=\"tf\""),
    "json": re.compile(r"to_json|from_json|from_config"),
    "tflite": re.compile(r"tflite|TFLite"),
}
PROCESS = re.compile(
    r"\b(?:new|another|each|every|next) (?:Python )?(?:process|session|program)\b|\brestart"
)
PLACE = re.compile(r"\b(?:server|serving|deploy\w*|production|service|request|browser|docker)\b")
RANDOM = re.compile(
    r"\b(?:random(?:ly)?|each|every|other|another|two) (?:call|process|session|time|predict)s?\b"
    r"|\brandom\b|\btraining mode\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Traits:
    """`data`: of "images", "text", "table"; `custom`: of "layers", "functions"; `formats`: keys of
    FORMATS. `process`, `place`, `random`: whether the text speaks of another process, of a place
    where models are served, of predictions that vary.
    """

    data: frozenset[str]
    custom: frozenset[str]
    formats: frozenset[str]
    process: bool
    place: bool
    random: bool


def read_traits(scenario: Scenario) -> Traits:
    """Return the traits of a scenario; code of cures does not count."""
    told = " ".join([scenario.summary, scenario.section("Symptom"), scenario.section("Cause")])
    failing = scenario.paths("broken") or scenario.paths("healthy")
    names = [name for path in failing for name in (scenario.save_for(path), path)]
    code = cut_snippet(scenario.source, names)
    counts = {name: len(words.findall(f"{told} {code}")) for name, words in DATA.items()}
    most = max(counts.values())
    custom = {"layers"} if LAYER.search(code) else set()
    if FUNCTION.search(code):
        custom.add("functions")
    return Traits(
        data=frozenset(name for name, n in counts.items() if n >= OFTEN and 2 * n >= most),
        custom=frozenset(custom),
        formats=frozenset(name for name, words in FORMATS.items() if words.search(code)),
        process=bool(PROCESS.search(told)),
        place=bool(PLACE.search(told)),
        random=bool(RANDOM.search(told)),
    )
