"""The pytest plugin: a fixture that fails a test whose saved model is not as sealed.

pytest imports this module in every run where restorebench is installed. So it imports nothing but
pytest until a test asks for the fixture, and stands outside the package `harness`: a project may
have a package of that name, which Python then finds first. TensorFlow runs in a process of its own.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from harness.seals.verification import Verification


class VerifyModel(Protocol):
    """The type of the fixture `verify_model`."""

    def __call__(
        self,
        model: Path | str,
        *,
        reader: str = ...,
        inputs: "ArrayLike | Mapping[str, ArrayLike] | None" = ...,
        code: Path | str | None = ...,
        trusted: bool = ...,
        tolerance: float = ...,
    ) -> "Verification": ...


@pytest.fixture
def verify_model() -> VerifyModel:
    """Return a function that restores a model and fails the test if it is not as sealed.

    It takes what `harness.api.verify` takes, and returns the same.
    """
    return fail_unless_verified


def fail_unless_verified(
    model: Path | str,
    *,
    reader: str = "",
    inputs: "ArrayLike | Mapping[str, ArrayLike] | None" = None,
    code: Path | str | None = None,
    trusted: bool = False,
    tolerance: float = 1e-4,
) -> "Verification":
    """Verify a model; fail the test with what is not as sealed, or with why that is not known."""
    __tracebackhide__ = True
    try:
        from harness import api
        from harness.errors import RestorebenchError
        from harness.report.seal import describe_verification
    except ImportError as error:
        pytest.fail(
            f"ERROR  restorebench cannot be imported: {error}\n"
            "TIP    a package `harness` of your own hides restorebench's: rename yours",
            pytrace=False,
        )

    try:
        found = api.verify(
            model, reader=reader, inputs=inputs, code=code, trusted=trusted, tolerance=tolerance
        )
    except RestorebenchError as error:
        pytest.fail(error.render(), pytrace=False)
    if not found.verified:
        pytest.fail("\n".join(describe_verification(found)), pytrace=False)
    return found
