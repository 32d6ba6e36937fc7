"""A loaded agent acts at random, because its share of random actions is 1.0 again.

Symptom:
    "DQN performs very poorly after load_weights", "the agent seems untrained after loading". No
    error. The Q values are exactly those of the trained agent.
Cause:
    The share of random actions, epsilon, is an attribute of the agent. Epsilon shrank during
    training. The weights file holds no epsilon, so a new agent has the initial value 1.0: every
    action is random.
Fix:
    greedy: set epsilon to 0. A trained agent needs no random actions.
    stored: save epsilon beside the weights, and load both. Training can then continue.
Spot it:
    An action that changes between two calls with one state is random:
        print([int(agent.act(inputs)[0]) for _ in range(9)], agent.epsilon)
Evidence:
    keon/deep-q-learning#16 (a comment suspects epsilon; nobody confirms it) and
    sgawalsh/dqnTurtlebot#4 (epsilon 1 was the cause), both read on 2026-11-26 as search excerpts.
    Measured with this file on 1.15, 2.4, 2.10, 2.15, 2.16, 2.18 and 2.21.
"""
import json

import numpy as np
import tensorflow as tf

SCENARIO = {
    "id": "exploration-starts-anew", "family": "preprocessing",
    "tensorflow": ">=1.15", "seed": 0, "minutes": 8,
    "expect": {
        "restore_broken": "differs",
        "restore_fixed_greedy": "match",
        "restore_fixed_stored": "match",
    },
    "hints": [
        "Compare the Q values of the trained and of the loaded agent. Are they equal?",
        "Ask the loaded agent twice what to do in one state. Does it return the same action?",
        "Which number decides whether an action is drawn at random, and which file holds it?",
    ],
}


class Agent:
    def __init__(self, epsilon=1.0):
        self.epsilon, self.random = epsilon, np.random.RandomState(7)
        self.model = tf.keras.Sequential([tf.keras.Input((3,)), tf.keras.layers.Dense(4)])

    def act(self, states):
        best = np.argmax(self.model.predict_on_batch(states), axis=1)
        explore = self.random.uniform(size=len(states)) < self.epsilon
        actions = np.where(explore, self.random.randint(4, size=len(states)), best)
        return actions.astype("float32")


def save(artifact, seed):
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(128, 3)).astype("float32")  # distance left, ahead, right; z-scores
    agent = Agent(epsilon=0.0)  # where the decay has ended
    # the values that training arrives at: turn left, go ahead, turn right, stop
    kernel = np.array([[1, 0, 0, -0.5], [0, 1, 0, -0.5], [0, 0, 1, -0.5]])
    # in place of a training
    agent.model.set_weights([kernel + rng.normal(0, 0.05, (3, 4)), np.zeros(4)])
    agent.model.save_weights(artifact + "/agent.weights.h5")
    with open(artifact + "/agent.json", "w") as file:
        json.dump({"epsilon": agent.epsilon}, file)
    return states, agent.act(states), agent.model


def load(artifact, *epsilon):
    agent = Agent(*epsilon)
    agent.model.load_weights(artifact + "/agent.weights.h5")
    return agent.act, agent.model


def restore_broken(artifact):
    return load(artifact)


def restore_fixed_greedy(artifact):
    return load(artifact, 0.0)


def restore_fixed_stored(artifact):
    with open(artifact + "/agent.json") as file:
        return load(artifact, json.load(file)["epsilon"])
