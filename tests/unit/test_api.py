"""The public Python API, where it needs no TensorFlow."""

import pytest

from harness import api
from harness.errors import UsageError


@pytest.mark.parametrize("pair", [([[1, 2], [3]], [[1, 2], [3, 4]]), ([[1], [2]], [[1], [2, 3]])])
def test_lists_that_are_no_array_are_refused_with_a_sentence(pair):
    with pytest.raises(UsageError, match="one of them is no array"):
        api.compare_outputs(*pair)


def test_a_path_of_a_lesson_may_be_named_as_in_tables():
    with pytest.raises(UsageError, match="has no path restore_brokn"):
        api.run_lesson("dead-relu-head", path="brokn")
    assert api.complete_path("broken") == api.complete_path("restore_broken") == "restore_broken"
