"""Where uv is found, also while several releases are built at once."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import uv

from harness.environments.uv import find_uv


def test_uv_is_looked_for_by_one_thread_at_a_time(monkeypatch):
    """uv reads sysconfig, whose table another thread would find half filled."""
    looking = threading.Lock()

    def find():
        alone = looking.acquire(blocking=False)
        time.sleep(0.01)
        looking.release()
        return "uv" if alone else "two at once"

    monkeypatch.setattr(uv, "find_uv_bin", find)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: find_uv(), range(8))) == {"uv"}
