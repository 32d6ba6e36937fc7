"""Settings of Hypothesis: the same 100 examples every time, so that no clean clone fails by chance.

To search further, at random: HYPOTHESIS_EXAMPLES=3000 python -m pytest tests/unit
"""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = os.environ.get("HYPOTHESIS_EXAMPLES")
settings.register_profile(
    "restorebench",
    max_examples=int(EXAMPLES or 100),
    derandomize=not EXAMPLES,
    deadline=None,  # the cores are shared with other work
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("restorebench")
