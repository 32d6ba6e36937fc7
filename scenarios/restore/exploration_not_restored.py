"""An agent's share of random actions is not in the weights file and starts at 1.0 again.

Symptom:
    "The loaded agent acts as if it had never been trained." No error. The Q values before and after
    loading are equal, and the agent still wanders.
Cause:
    epsilon, the share of random actions, begins at 1.0 and decays while the agent learns. epsilon
    is an attribute of the agent, not a weight of its network. load_weights restores the network,
    and the new agent has epsilon = 1.0: every action is random.
Fix:
    stored_epsilon: store epsilon beside the weights.
    greedy: act with epsilon = 0 whenever the agent is used and does not learn.
Spot it:
    Before the first action of the loaded agent:
        print(agent.epsilon)
Evidence:
    keon/deep-q-learning#15 and keon/deep-q-learning#16 (named to us, not read by us). Measured with
    this file.
"""
import json

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "exploration-not-restored", "family": "restore",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 5,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_stored_epsilon": "match",
        "restore_fixed_greedy": "match",
    },
    "hints": [
        "The Q values are equal. What else decides on an action?",
        "Print every attribute of the agent that changes while it learns.",
        "An agent that does not learn need not explore.",
    ],
}


class Agent:
    def __init__(self):
        self.epsilon = 1.0  # share of random actions
        self.random = np.random.default_rng(1)
        self.model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(4)])

    def act(self, places):
        best = self.model.predict_on_batch(places).argmax(axis=1)
        explores = self.random.random(len(places)) < self.epsilon
        return np.where(explores, self.random.integers(0, 4, len(places)), best)[:, None]


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    agent = Agent()
    # what a training arrives at: of up, down, left and right the one that leads to the middle
    agent.model.set_weights([np.array([[0.0, 0, 1, -1], [1, -1, 0, 0]]), np.zeros(4)])
    agent.epsilon = 0.0  # where the decay has ended
    agent.model.save_weights(artifact + "/agent.weights.h5")
    with open(artifact + "/agent.json", "w") as file:
        json.dump({"epsilon": agent.epsilon}, file)
    places = rng.uniform(-1, 1, size=(128, 2)).astype("float32")
    return places, agent.act(places).astype("float32"), agent.model


def load(artifact, epsilon=None):
    agent = Agent()
    agent.model.load_weights(artifact + "/agent.weights.h5")
    if epsilon is not None:
        agent.epsilon = epsilon
    return lambda places: agent.act(places).astype("float32"), agent.model


def restore_broken(artifact):
    return load(artifact)


def restore_fixed_stored_epsilon(artifact):
    with open(artifact + "/agent.json") as file:
        return load(artifact, json.load(file)["epsilon"])


def restore_fixed_greedy(artifact):
    return load(artifact, 0.0)
