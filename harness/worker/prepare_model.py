"""Changes in the copy of a model file that its own release needs, before it is loaded (`rescue`).

- CuDNN layers run on a GPU only. Keras 2 loads their weights into LSTM and GRU, once the
  configuration names those (hdf5_format.py, preprocess_weights_for_loading).
- A `.keras` saved on Windows by Keras 2 (2.12 to 2.15, tf_keras) has backslashes in the names of
  its HDF5 groups (keras#18528), where Linux looks for groups in groups.
- Keras 2 has no Merge layer, which joined branches in Keras 1 (merge_layers.py).
"""

import json
import os
import shutil
import zipfile

from .merge_layers import NoCounterpart, replace_merges

CUDNN, MERGE, WINDOWS = "cudnn", "merge", "windows-names"
WEIGHTS = "model.weights.h5"


def prepare_model(path, merges=False):
    """Change the file in place where that is needed; return what was done, as a list of words.

    `merges`: Keras 2 is to read a file of a Keras that was a package of its own.
    """
    if not os.path.isfile(path):
        return []
    if zipfile.is_zipfile(path):
        return [WINDOWS] if rename_groups_in_archive(path) else []
    text = read_config(path)
    if "CuDNN" in text:
        write_config(path, rename_layers(json.loads(text)))
        return [CUDNN]
    if merges and '"Merge"' in text:
        try:
            config, order = replace_merges(json.loads(text))
        except NoCounterpart:
            return []
        write_config(path, config, order)
        return [MERGE]
    return []


def read_config(path):
    """Return the text of an HDF5 file's configuration, "" where it has none."""
    import h5py

    with h5py.File(path, "r") as file:
        text = file.attrs.get("model_config", "")
    return text.decode("utf-8") if isinstance(text, bytes) else str(text)


def write_config(path, config, order=None):
    """Give an HDF5 file a configuration, and its layers of weights an order by their names."""
    import h5py

    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(config).encode("utf-8")
        if order is not None:
            weights = file["model_weights"]
            places = {name.encode("utf-8"): place for place, name in enumerate(order)}
            names = sorted(weights.attrs["layer_names"], key=lambda name: places.get(name, -1))
            weights.attrs["layer_names"] = names


def rename_layers(value):
    """Return a configuration with LSTM and GRU as the CuDNN layers compute them."""
    if isinstance(value, list):
        return [rename_layers(each) for each in value]
    if not isinstance(value, dict):
        return value
    copied = {key: rename_layers(each) for key, each in value.items()}
    if copied.get("class_name") in ("CuDNNLSTM", "CuDNNGRU"):
        copied["class_name"] = copied["class_name"][len("CuDNN") :]
        copied["config"].update(activation="tanh", recurrent_activation="sigmoid")
        if copied["class_name"] == "GRU":
            copied["config"]["reset_after"] = True
    return copied


def rename_groups_in_archive(path):
    """Turn backslashes in the group names of an archive's weights into groups; say if there were.

    What lies beside the weights is kept as it is.
    """
    import h5py

    weights, new = path + ".weights.h5", path + ".new"
    with zipfile.ZipFile(path) as archive:
        if WEIGHTS not in archive.namelist():
            return False
        with archive.open(WEIGHTS) as source, open(weights, "wb") as target:
            shutil.copyfileobj(source, target)
        with h5py.File(weights, "r+") as file:
            names = []
            file.visit(names.append)
            wrong = [name for name in names if "\\" in name.rpartition("/")[2]]
            for name in sorted(wrong, key=len, reverse=True):  # what is inside first
                parent, slash, last = name.rpartition("/")
                file.move(name, parent + slash + last.replace("\\", "/"))
        if wrong:
            with zipfile.ZipFile(new, "w") as changed:
                for name in archive.namelist():
                    if name != WEIGHTS:
                        changed.writestr(name, archive.read(name))
                changed.write(weights, WEIGHTS)
    os.remove(weights)
    if wrong:
        os.replace(new, path)
    return bool(wrong)
