"""The picture of the packages is made from their imports: docs/explanation/house.svg."""

import runpy

from tests.conftest import REPOSITORY

DOCS = REPOSITORY / "docs" / "explanation"


def test_the_picture_of_the_house_is_what_the_imports_give():
    drawn = runpy.run_path(str(DOCS / "draw_house.py"))["draw"]()
    assert drawn == (DOCS / "house.svg").read_text(), "python docs/explanation/draw_house.py"
