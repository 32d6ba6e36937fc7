"""Where a step's output and variables were seen to live, without TensorFlow and without a GPU."""

from types import SimpleNamespace

import numpy as np
import pytest

from harness.worker.devices import PlacementError, assert_placement

GPU = SimpleNamespace(device="/job:localhost/replica:0/task:0/device:GPU:0")
CPU = SimpleNamespace(device="/job:localhost/replica:0/task:0/device:CPU:0")


def test_a_numpy_output_says_nothing_of_the_device_although_numpy_2_calls_it_cpu():
    model = SimpleNamespace(variables=[GPU])
    assert assert_placement(None, "GPU:0", np.zeros(3), model) == ["GPU:0"]


def test_a_numpy_output_without_variables_is_proven_by_the_memory_of_the_gpu():
    def get_memory_info(_device):
        return {"peak": 1024}

    experimental = SimpleNamespace(get_memory_info=get_memory_info)
    tf = SimpleNamespace(config=SimpleNamespace(experimental=experimental))
    assert assert_placement(tf, "GPU:0", np.zeros(3), None) == ["GPU:0"]


def test_variables_or_an_output_on_the_cpu_are_still_refused_on_a_gpu():
    with pytest.raises(PlacementError, match="CPU:0"):
        assert_placement(None, "GPU:0", np.zeros(3), SimpleNamespace(variables=[GPU, CPU]))
    with pytest.raises(PlacementError, match="CPU:0"):
        assert_placement(None, "GPU:0", CPU, SimpleNamespace(variables=[GPU]))
