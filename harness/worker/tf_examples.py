"""Serialized tf.Examples, which the signatures of Estimators take: what they need, and some drawn.

ParseExample and ParseExampleV2 (tensorflow/core/ops/parsing_ops.cc) take the serialized examples,
their names, and the keys of the sparse and of the dense features: ParseExample each key as an input
of its own, V2 all keys of a kind in one.
"""

import numpy as np

WORDS = [b"restore", b"the", b"model"]


def find_features(tf, call):
    """Return [key, how many values, dtype] of each feature that a signature parses; [] if none."""
    for op in call.graph.get_operations():
        if op.type not in ("ParseExample", "ParseExampleV2"):
            continue
        sizes = [
            int(np.prod([max(1, size.size) for size in shape.dim], dtype=int))
            for shape in op.get_attr("dense_shapes")
        ]
        sparse = [(1, dtype) for dtype in op.get_attr("sparse_types")]
        kinds = sparse + list(zip(sizes, op.get_attr("Tdense")))
        several = len(kinds) if op.type == "ParseExample" else 2
        tensors = list(op.inputs)[2 : 2 + several]
        if any(tensor.op.type != "Const" for tensor in tensors):
            return []
        keys = [
            key.decode("utf-8")
            for tensor in tensors
            for key in tf.make_ndarray(tensor.op.get_attr("value")).ravel()
        ]
        return [[key, size, tf.as_dtype(dtype).name] for key, (size, dtype) in zip(keys, kinds)]
    return []


def draw_examples(random, features, rows):
    """Return serialized tf.Examples: standard normal numbers, ones, and words.

    An array of bytes loses zeros at its end, so no example ends with one: no integer is zero.
    """
    import tensorflow as tf

    serialized = []
    for _ in range(rows):
        values = {}
        for key, size, dtype in features:
            if dtype == "string":
                chosen = [WORDS[each] for each in random.randint(0, len(WORDS), size)]
                values[key] = tf.train.Feature(bytes_list=tf.train.BytesList(value=chosen))
            elif dtype == "int64":
                ones = tf.train.Int64List(value=random.randint(1, 3, size))
                values[key] = tf.train.Feature(int64_list=ones)
            else:
                drawn = tf.train.FloatList(value=random.standard_normal(size))
                values[key] = tf.train.Feature(float_list=drawn)
        example = tf.train.Example(features=tf.train.Features(feature=values))
        serialized.append(example.SerializeToString())
    return np.array(serialized)
