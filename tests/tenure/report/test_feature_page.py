"""The page of the catalogue is the catalogue."""

from __future__ import annotations

from pathlib import Path

from tenure.report.feature_page import feature_page
from tenure_features import Catalogue


def test_page__is_what_the_catalogue_says(repository: Path) -> None:
    ours = Catalogue()
    page = (repository / "docs" / "features.md").read_text(encoding="utf-8")
    assert page == feature_page(ours), "write it again: tenure features --page docs/features.md"
    assert all(f"| `{one.name}` | {one.unit} | {one.meaning} |" in page for one in ours)
    assert feature_page(Catalogue(ours.features[1:])) != page


def test_features__are_listed_checked_and_written_as_a_page(call, tmp_path: Path) -> None:
    own = tmp_path / "own.py"
    own.write_text(
        "from tenure_features import feature\n\n\n"
        '@feature(unit="orders", family="frequency", reason="{value:.0f} of them")\n'
        'def orders_of_mine(history):\n    """Orders, mine."""\n    return history.count(history.is_order)\n'
    )
    listed = call("features", "--list", "--features", own)
    assert (listed.code, "orders_of_mine" in listed.out, "Orders, mine." in listed.out) == (0, True, True)
    checked = call("features", "--check", "--features", own)
    assert (checked.code, checked.out) == (0, "1 features hold: no value changes with rows at or after as_of.\n")
    written = call("features", "--page", tmp_path / "page.md")
    assert written.code == 0
    assert "`recency_days`" in (tmp_path / "page.md").read_text()
    missing = call("features", "--list", "--features", tmp_path / "nowhere.py")
    assert (missing.code, "cannot be read" in missing.err) == (2, True)
