"""The wrapper that scales an agent's observations starts anew: the policy sees raw numbers.

Symptom:
    "The loaded agent does the same thing over and over", although its network came back exactly.
    No error. After some hundred steps the agent may recover.
Cause:
    A wrapper of the environment (VecNormalize, obs_rms) collects mean and variance while the agent
    learns, and scales every observation by them. Saving the policy saves the network only. The new
    wrapper begins with mean 0 and variance 1, so it hands on raw numbers, clipped at 10.
Fix:
    kept: save the wrapper's statistics beside the policy, load them, and freeze them.
Spot it:
    Observations that enter the policy must lie around 0, and not at the clip:
        print(observations.mean(axis=0), np.mean(np.abs(observations) >= 10))
Evidence:
    hill-a/stable-baselines#228 and hill-a/stable-baselines#1138 (named to us, not read by us).
    Measured with this file.
"""
import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "running-statistics-left-behind", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 6,
    "expect": {"restore_broken": "constant", "restore_fixed_kept": "match"},
    "hints": [
        "The policy's weights are equal. What does the policy see in its first step?",
        "Print mean and variance of the wrapper before saving and after loading.",
        "Two arrays belong to the policy, and the policy's file does not hold them.",
    ],
}


class Normalize:
    """Scales observations by what it has seen, as wrappers of environments do."""

    def __init__(self, mean=(0, 0, 0), variance=(1, 1, 1)):
        self.mean, self.variance = np.array(mean), np.array(variance)

    def learn(self, observations):
        self.mean, self.variance = observations.mean(axis=0), observations.var(axis=0)

    def scale(self, observations):
        scaled = (observations - self.mean) / np.sqrt(self.variance + 1e-8)
        return np.clip(scaled, -10, 10).astype("float32")


def observe(rng, count):
    return rng.normal([25, 1013, 400], [4, 6, 90], size=(count, 3))  # degrees, hPa, watts


def decide(policy, observations):
    return policy.predict_on_batch(observations).argmax(axis=1)[:, None].astype("float32")


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    wrapper = Normalize()
    wrapper.learn(observe(rng, 4000))
    policy = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(4)])
    # what a training arrives at: four actions, by warmth and load
    policy.set_weights([np.array([[-1.0, -1, 1, 1], [0.2, -0.2, 0.2, -0.2], [1, -1, 1, -1]]),
                        np.zeros(4)])
    policy.save(artifact + "/policy.h5")
    np.savez(artifact + "/wrapper.npz", mean=wrapper.mean, variance=wrapper.variance)
    met = observe(rng, 128)
    return met, decide(policy, wrapper.scale(met)), policy


def restore_broken(artifact, wrapper=None):
    policy = tf.keras.models.load_model(artifact + "/policy.h5", compile=False)
    wrapper = wrapper or Normalize()
    return lambda inputs: decide(policy, wrapper.scale(inputs)), policy


def restore_fixed_kept(artifact):
    kept = np.load(artifact + "/wrapper.npz")
    return restore_broken(artifact, Normalize(kept["mean"], kept["variance"]))
