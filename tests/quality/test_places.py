"""How many files a new model and a new command touch: counted for one of each kind that is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PLACES = {
    "a model": (
        r"XGBoostTweedie|xgboost_tweedie",
        {
            "training/tenure_training/models/boosted/xgboost_tweedie.py",
            "training/tenure_training/models/registry.py",
            "docs/models.md",
        },
    ),
    "a command": (
        r"commands\.audit\b|jobs\.audit\b|## `tenure audit`",
        {"tenure/commands/audit.py", "tenure/jobs/audit.py", "docs/cli.md", "tests/tenure/jobs/test_audit.py"},
    ),
    "a table with a family": (
        r"FeedbackHistory|feedback: TableInput|\bexperience,\n|## Experience",
        {
            "features/tenure_features/tables/contracts.py",
            "features/tenure_features/histories.py",
            "features/tenure_features/shop.py",
            "features/tenure_features/families/feature.py",
            "features/tenure_features/families/experience.py",
            "features/tenure_features/families/catalogue.py",
            "tests/features/tables_oracle.py",
            "docs/features.md",
        },
    ),
}
"""What names an example, and the files that have to."""
OWN_STORY = ("CHANGELOG.md", "README.md", "docs/audit.md", "docs/adr/", "docs/architecture.md", "tests/quality/")
"""Pages that tell of an example without having to."""


def needed(pattern: str, files: list[Path], root: Path) -> set[str]:
    """Name the files of the project that name an example, but for tests of something else and pages of their own."""
    names = {path.relative_to(root).as_posix(): path for path in files if path.suffix in {".py", ".md"}}
    return {
        name
        for name, path in names.items()
        if not name.startswith(OWN_STORY) and re.search(pattern, path.read_text(encoding="utf-8"))
    }


@pytest.mark.parametrize("kind", PLACES)
def test_places__are_those_that_are_listed(kind: str, project_files: list[Path], repository: Path) -> None:
    pattern, places = PLACES[kind]
    code = {name for name in needed(pattern, project_files, repository) if not name.startswith("tests/")}
    assert code - places == set()
    assert {name for name in places if (repository / name).is_file()} == places


def test_places__stand_in_the_page_of_the_architecture(repository: Path) -> None:
    text = (repository / "docs" / "architecture.md").read_text()
    assert [name for _, places in PLACES.values() for name in sorted(places) if f"`{name}`" not in text] == []
