"""The table comes with its columns in another order, so each weight multiplies the wrong column.

Symptom:
    "Keras predictions wrong after loading, same DataFrame", "feature order differs between train
    and test". No error: the number of columns is right. Used cars cost -81 000 to -7 000 euros.
Cause:
    A network identifies columns by place, not by name. Training used the column order of the first
    export. The new table comes from JSON, a database or a join that sorts columns by name, so the
    model reads age as power. If only two similar columns change places, the errors are small.
Fix:
    saved_order: save the list of column names with the model, and build every batch by name in that
    order. A missing column is then a KeyError, and an additional column does no harm.
Spot it:
    Compare each column's mean with its mean in training. Exchanged columns have other means:
        print(list(zip(names, batch.mean(axis=0), training_mean)))
Evidence:
    scikit-learn/scikit-learn#7242, dmlc/xgboost#8357, szilard/xgboost-adv-workshop-LA#10.
    Measured with this file: as declared on 20 of 20 seeds (TensorFlow 2.21).
"""
import json

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "columns-in-another-order", "family": "preprocessing",
    "tensorflow": ">=2.6", "seed": 0, "minutes": 6,
    "expect": {"restore_broken": "differs", "restore_fixed_saved_order": "match"},
    "dose": {"path": "restore_broken", "of": "leading columns that come sorted by name",
             "values": [0, 2, 3, 4, 5]},
    "hints": [
        "The weights are equal and the table holds the same cars. What else can change?",
        "Print the names of the columns in the order in which they are stacked.",
        "columns.json holds the order of the training.",
    ],
}
COLUMNS = ["power", "mileage", "seats", "age", "owners"]  # kW, 1000 km, -, years, -


def make_cars(rng, count):
    cars = np.zeros(count, [(name, "float32") for name in COLUMNS])  # a table with named columns
    cars["power"], cars["mileage"] = rng.normal(90, 25, count), rng.gamma(4, 25, count)
    cars["age"], cars["owners"] = rng.uniform(1, 15, count), rng.integers(1, 5, count)
    cars["seats"] = rng.choice([2, 4, 5, 7], count)
    return cars


def stack(table, names):
    return np.column_stack([table[name] for name in names])


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    rows = stack(make_cars(rng, 512), COLUMNS)
    price = 9 + rows @ [0.12, -0.03, 0.3, -0.6, -0.4] + rng.normal(0, 0.5, 512)  # 1000 euros
    normalization = tf.keras.layers.Normalization(mean=rows.mean(axis=0), variance=rows.var(axis=0))
    model = tf.keras.Sequential([tf.keras.Input((5,)), normalization, tf.keras.layers.Dense(1)])
    fit_head(model.layers[-1], normalization(rows).numpy(), price)
    model.save(artifact + "/model.keras")
    with open(artifact + "/columns.json", "w") as file:
        json.dump(COLUMNS, file)
    cars = make_cars(rng, 64)
    return cars, model.predict_on_batch(stack(cars, COLUMNS)), model


def restore_broken(artifact, dose=5):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    names = sorted(COLUMNS[:dose]) + COLUMNS[dose:]  # 5: json.dumps(row, sort_keys=True) and kin
    return lambda table: model.predict_on_batch(stack(table, names)), model


def restore_fixed_saved_order(artifact):
    model = tf.keras.models.load_model(artifact + "/model.keras")
    with open(artifact + "/columns.json") as file:
        names = json.load(file)
    return lambda table: model.predict_on_batch(stack(table, names)), model


def fit_head(head, features, targets):  # least squares: where training with "mse" ends
    rows = np.column_stack([features, np.ones(len(features))])
    solution = np.linalg.lstsq(rows, targets, rcond=None)[0]
    head.set_weights([solution[:5, None], solution[5:]])
