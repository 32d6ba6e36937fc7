"""The TF1 line sess.run(global_variables_initializer()) after Saver.restore undoes the restore.

Symptom:
    "Restored TF1 model predicts the same probability for every class": here 0.3333 three times for
    every flower. Or random predictions, where weights start from a random draw. No error.
Cause:
    global_variables_initializer() assigns its initial value to every variable, also to variables
    that saver.restore() has just filled. Training scripts begin with that line, and prediction
    scripts are often copies of training scripts. The weights of a softmax regression start as
    zeros, as in the old TensorFlow tutorials, and a softmax of zeros is 1 / classes whatever the
    input.
Fix:
    initializer_first: initialise, then restore. The values of the checkpoint then remain.
    no_initializer: restore() sets all variables that it restores, so prediction needs no
    initializer. A variable without a value then raises FailedPreconditionError instead of being 0.
Spot it:
    Print a variable after the last line that prepares the session, not right after restore():
        print(sess.run(tf.compat.v1.global_variables()[0]))  # all zeros?
Evidence:
    ardamavi/Intel-Movidius-NCS-Keras#4, thulab/DeepHash#54.
    Measured with this file: constant on 20 of 20 seeds (TensorFlow 2.21); also in 1.15 and 2.15.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "initializer-after-load", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": "constant",
        "restore_fixed_initializer_first": "match",
        "restore_fixed_no_initializer": "match",
    },
    "hints": [
        "The softmax is the same for every flower. Which weights give such a softmax?",
        "Print the weights after each line that touches the session. Which line makes them zero?",
        "Initialising and restoring both assign all variables. Which of them has to come last?",
    ],
}


def build():
    features = tf.compat.v1.placeholder(tf.float32, [None, 4])
    weights = tf.compat.v1.get_variable("weights", initializer=tf.zeros([4, 3]))
    biases = tf.compat.v1.get_variable("biases", initializer=tf.zeros([3]))
    return features, weights, biases, tf.nn.softmax(features @ weights + biases)


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, 150)
    centre = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.6, 2.0]])
    flowers = (centre[kind] + rng.normal(0, 0.3, (150, 4))).astype("float32")  # centimetres
    with tf.Graph().as_default(), tf.compat.v1.Session() as sess:
        features, weights, biases, probability = build()
        sess.run(tf.compat.v1.global_variables_initializer())
        # in place of a training: the best linear classifier of clouds that differ by their centre
        weights.load(centre.T / 0.3, sess)
        biases.load(-(centre ** 2).sum(axis=1) / 0.6, sess)
        tf.compat.v1.train.Saver().save(sess, artifact + "/iris")
        return flowers, sess.run(probability, {features: flowers})


def restore_broken(artifact, initialise="after"):
    with tf.Graph().as_default():
        features, _, _, probability = build()
        sess = tf.compat.v1.Session()
        initializer = tf.compat.v1.global_variables_initializer()
        if initialise == "before":
            sess.run(initializer)
        tf.compat.v1.train.Saver().restore(sess, artifact + "/iris")
        if initialise == "after":
            sess.run(initializer)
    return lambda inputs: sess.run(probability, {features: inputs})


def restore_fixed_initializer_first(artifact):
    return restore_broken(artifact, initialise="before")


def restore_fixed_no_initializer(artifact):
    return restore_broken(artifact, initialise="never")
