"""Memory that a container was given is what there is: execution/free_memory.py."""

from harness.execution.free_memory import measure_free_memory, measure_groups

MIB = 2**20


def write_group(folder, names, limit, used, cache):
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in zip(names, (limit, used), strict=True):
        (folder / name).write_text(f"{value}\n")
    (folder / "memory.stat").write_text(f"anon 5\ninactive_file {cache}\ntotal_inactive_file 7\n")


def test_the_tightest_group_decides(tmp_path):
    names = ("memory.max", "memory.current")
    write_group(tmp_path / "a" / "b", names, "max", 10 * MIB, 0)
    write_group(tmp_path / "a", names, 100 * MIB, 60 * MIB, 20 * MIB)
    here = tmp_path / "cgroup"
    here.write_text("0::/a/b\n")
    assert measure_groups(tmp_path, here) == [60 * MIB]


def test_version_one_of_control_groups_is_read_where_the_group_itself_is_not_shown(tmp_path):
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
    write_group(tmp_path / "memory", names, 100 * MIB, 101 * MIB, 0)
    here = tmp_path / "cgroup"
    here.write_text("5:cpu,cpuacct:/x\n4:memory:/docker/abc\n")
    assert measure_groups(tmp_path, here) == [0]


def test_without_control_groups_the_machine_decides(tmp_path):
    assert measure_groups(tmp_path, tmp_path / "none") == []
    assert measure_free_memory() > 0
