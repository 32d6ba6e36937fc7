"""One interpreter with one TensorFlow and Keras release, and the variables it is started with."""

import os
import site
import sys
from dataclasses import dataclass
from pathlib import Path

WORKER_FOLDER = Path(__file__).resolve().parent.parent / "worker"
# Inherited, any of these would make an environment import other code or compile everything anew.
DROPPED = (
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSTARTUP",
    "TF_USE_LEGACY_KERAS",
    "KERAS_BACKEND",
    "PYTHONWARNINGS",
    "TF_ENABLE_ONEDNN_OPTS",
    "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL",
    "COVERAGE_PROCESS_START",
    "COVERAGE_PROCESS_CONFIG",
)
# Eigen alone, not oneDNN, whose kernels differ from one processor to the next and are generated
# anew in every process: half of what an untimed step costs (docs/decisions).
PORTABLE_KERNELS = {"TF_ENABLE_ONEDNN_OPTS": "0", "TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "0"}
# What a process needs that opens a stranger's file. Passwords and tokens are variables too.
NEEDED = (
    *("PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH", "SYSTEMROOT", "CUDA_VISIBLE_DEVICES"),
    *("PYTHONHASHSEED", "KERAS_HOME", "KERAS_BACKEND", "OMP_NUM_THREADS", "TF_CPP_MIN_LOG_LEVEL"),
    *("TF_USE_LEGACY_KERAS", *PORTABLE_KERNELS),
)


@dataclass(frozen=True)
class Environment:
    """An interpreter, and how its TensorFlow is started.

    `legacy_keras`: `tf.keras` is tf_keras, the Keras 2 that lives on. `portable_kernels`: the
    numbers do not depend on the processor; TensorFlow's own choice is what may be timed.
    `hash_seed`: another one shows what depends on hash() or on the order of a set.
    """

    interpreter: str = sys.executable
    legacy_keras: bool = False
    portable_kernels: bool = False
    hash_seed: int = 0

    def variables(self, home: Path, hide_gpu: bool) -> dict[str, str]:
        """Return the environment variables of its processes; `home` keeps Keras' own settings.

        A user's ~/.keras/keras.json may set floatx or image_data_format, which would change what
        is measured; so may the hash seed.
        """
        kept = {name: value for name, value in os.environ.items() if name not in DROPPED}
        kept |= {"PYTHONHASHSEED": str(self.hash_seed), "KERAS_BACKEND": "tensorflow"}
        kept |= {"KERAS_HOME": str(home)}
        kept.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        if self.portable_kernels:
            kept |= PORTABLE_KERNELS
        if self.legacy_keras:
            kept["TF_USE_LEGACY_KERAS"] = "1"
        if hide_gpu:
            kept["CUDA_VISIBLE_DEVICES"] = "-1"
        return kept


def keep_needed(variables: dict[str, str], folder: Path) -> dict[str, str]:
    """Return the variables without the user's own; home and temporary files are in `folder`.

    Packages that the user has installed by `pip install --user` are still found (PYTHONUSERBASE).
    """
    kept = {
        name: value for name, value in variables.items() if name in NEEDED or name.startswith("LC_")
    }
    home, scratch = str(folder / "home"), str(folder / "scratch")
    os.makedirs(home, exist_ok=True)
    kept |= dict.fromkeys(("HOME", "USERPROFILE"), home)
    kept |= dict.fromkeys(("TMPDIR", "TMP", "TEMP"), scratch)
    return kept | {"PYTHONUSERBASE": site.getuserbase()}
