"""Arrays that a user gives for `env for`: read as they are, or refused in one sentence."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.formats import facts
from harness.origin.samples import UNNAMED, order_samples, read_samples


def write(save, *arguments, **arrays):
    """Return the bytes that one of numpy's functions writes."""
    file = io.BytesIO()
    save(file, *arguments, **arrays)
    return file.getvalue()


SOURCES = [
    write(np.save, np.arange(30.0)),
    write(np.savez_compressed, a=np.arange(300.0), b=np.arange(5)),
]


def test_one_array_has_no_name_and_several_have_theirs(tmp_path):
    for name, content in zip(("one.npy", "two.npz"), SOURCES, strict=True):
        (tmp_path / name).write_bytes(content)
    assert list(read_samples(tmp_path / "one.npy", "--inputs")) == [UNNAMED]
    two = read_samples(tmp_path / "two.npz", "--inputs")
    assert [len(each) for each in order_samples(two, ["b", "a"])] == [5, 300]


@given(st.sampled_from(SOURCES), st.data())
def test_a_damaged_file_is_read_or_refused_in_one_sentence(tmp_path_factory, source, data):
    content = bytearray(source)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("samples") / "inputs"
    path.write_bytes(content)
    with contextlib.suppress(UsageError):
        read_samples(path, "--inputs")


def put(content, *changes):
    """Return bytes in which others stand: each change is (what is there, what is to be there)."""
    for old, new in changes:
        assert old in content
        content = content.replace(old, new, 1)
    return content


@pytest.mark.parametrize(
    "content",
    [
        put(SOURCES[0], (b", }", b", (")),
        put(SOURCES[0], (b"(30,)", b"(9**9")),
        put(SOURCES[0], (b"(30,), }       ", b"(99999999999,)}")),
        b"",
    ],
    ids=["a bracket that never closes", "a shape to compute", "more than fits", "nothing"],
)
def test_what_numpy_stumbles_over_is_refused_in_one_sentence(tmp_path, content):
    (tmp_path / "inputs.npy").write_bytes(content)
    with pytest.raises(UsageError, match="holds no readable arrays"):
        read_samples(tmp_path / "inputs.npy", "--inputs")


def test_what_numpy_would_unpickle_is_told_without_its_advice_to_do_so(tmp_path):
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object))
    (tmp_path / "script.py").write_text("import numpy as np\n")
    for name, found in (("objects.npy", "Python objects"), ("script.py", "no file that np.save")):
        with pytest.raises(UsageError, match="holds no readable arrays") as raised:
            read_samples(tmp_path / name, "--inputs")
        assert found in raised.value.found
        assert "allow_pickle" not in raised.value.found


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(UsageError, match="there is no file"):
        read_samples(tmp_path / "inputs.npy", "--inputs")


def test_an_archive_of_few_bytes_that_unpack_to_far_too_many_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(facts, "LARGEST_SPREAD", 1 << 20)  # a real bomb takes seconds to make
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, x=np.zeros(1 << 19))
    with pytest.raises(UsageError) as refused:
        read_samples(path, "--inputs")
    assert "bytes in it unpack to" in refused.value.render()
