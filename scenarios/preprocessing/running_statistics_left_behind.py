"""A wrapper holds mean and variance of the observations, and only the policy was saved.

Symptom:
    "The loaded agent acts as if untrained", "PPO works in training and not after load". No error.
    The agent often repeats one action. The weights are equal.
Cause:
    A wrapper of the environment (VecNormalize, obs_rms) scaled each observation with a mean and a
    variance that were collected during training. The file of the policy holds neither. A new
    wrapper starts with mean 0 and variance 1, so the policy gets raw observations.
Fix:
    saved: save the statistics beside the policy, load both, and stop collecting (VecNormalize.save,
    VecNormalize.load, training = False).
    inside: put the statistics into a layer of the model (Normalization, or a Dense that scales), so
    that one file holds everything.
    How it differs from scaler-file-missing: the statistics were never written to a file, because
    they are a part of the environment.
Spot it:
    The inputs of the policy have a mean near 0 and a deviation near 1:
        print(inputs.mean(axis=0), inputs.std(axis=0))
Evidence:
    hill-a/stable-baselines#228, thu-ml/tianshou#443, HumanCompatibleAI/imitation#165, all read on
    2026-11-26 as search excerpts.
    Measured with this file on 1.15, 2.4, 2.10, 2.15, 2.16, 2.18 and 2.21.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "running-statistics-left-behind", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_saved": "match",
        "restore_fixed_inside": "match",
    },
    "saves": {"restore_fixed_inside": "save_inside"},
    "hints": [
        "The weights are equal. What happens to an observation before the policy sees it?",
        "Print mean and deviation of what the policy gets, in training and now.",
        "Which object collected the mean of the observations, and which file holds that object?",
    ],
}


class Running:
    """What a wrapper of an environment does with observations."""

    def __init__(self, mean=(0.0, 0.0, 0.0), deviation=(1.0, 1.0, 1.0)):
        self.mean, self.deviation = np.array(mean), np.array(deviation)

    def learn(self, observations):
        self.mean, self.deviation = observations.mean(axis=0), observations.std(axis=0)

    def __call__(self, observations):
        return ((observations - self.mean) / self.deviation).astype("float32")


def save(artifact, seed, inside=False):
    rng = np.random.default_rng(seed)
    boiler = rng.normal([25, 13, 400], [4, 6, 90], size=(512, 3))  # degrees C, bar, kW
    wrapper = Running()
    wrapper.learn(boiler)
    policy = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(4)])
    kernel = rng.normal(size=(3, 4))  # in place of a training
    policy.set_weights([kernel, np.zeros(4)])
    new = rng.normal([25, 13, 400], [4, 6, 90], size=(128, 3)).astype("float32")
    scores = policy.predict_on_batch(wrapper(new))
    if inside:  # the same policy, with the scaling in its only layer
        scaled = kernel / wrapper.deviation[:, None]
        policy.set_weights([scaled, -wrapper.mean @ scaled])
    policy.save(artifact + "/policy.h5")
    np.savez(artifact + "/statistics.npz", mean=wrapper.mean, deviation=wrapper.deviation)
    return new, scores


def save_inside(artifact, seed):
    return save(artifact, seed, inside=True)


def load(artifact, wrapper):
    policy = tf.keras.models.load_model(artifact + "/policy.h5", compile=False)
    return lambda observations: policy.predict_on_batch(wrapper(observations)), policy


def restore_broken(artifact):
    return load(artifact, Running())


def restore_fixed_saved(artifact):
    with np.load(artifact + "/statistics.npz") as kept:
        return load(artifact, Running(kept["mean"], kept["deviation"]))


def restore_fixed_inside(artifact):
    return load(artifact, Running())  # save_inside put the statistics into the layer
