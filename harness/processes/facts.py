"""What an environment says of itself, as its worker reports it."""

import msgspec


class Device(msgspec.Struct, frozen=True):
    """A device that TensorFlow sees: "CPU:0", or "GPU:0" with model and compute capability."""

    name: str
    model: str | None = None
    compute_capability: str | None = None


class EnvironmentFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The versions that decide what a restore does; `keras_home` is "keras" or "tf_keras".

    `extra_modules` are those of a scenario's extras that can be imported.
    """

    tensorflow: str
    keras: str | None
    keras_home: str = "keras"
    numpy: str | None = None
    h5py: str | None = None
    protobuf: str | None = None
    extra_modules: tuple[str, ...] = ()
    python: str = ""
    executable: str = ""


def name_environment(facts: EnvironmentFacts) -> str:
    """Return the name under which results are kept, such as "tensorflow-2.21.0+keras-3.15.1"."""
    home = "tf_keras" if facts.keras_home == "tf_keras" else "keras"
    return f"tensorflow-{facts.tensorflow}+{home}-{facts.keras}"
