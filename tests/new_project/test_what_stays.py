from pathlib import Path

import pytest

from new_project.what_stays import without_parts

DESIGN = (Path(__file__).parents[2] / "docs/design.md").read_text()


@pytest.mark.parametrize("examples", [True, False])
def test_a_made_projects_design_does_not_speak_of_the_template(examples):
    text = without_parts(DESIGN, examples)
    assert "### Files" in text
    assert "## Where this departs" in text
    for word in ("cookiecutter", "hooks/", "new_project"):
        assert word in DESIGN
        assert word not in text
