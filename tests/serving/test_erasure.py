"""Whoever is forgotten is in no file any more; everybody else is where they were."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from tenure.jobs.forget import forget_job
from tenure_features.errors import NothingToDoError, QualityGateError, UsageError
from tenure_serving.batch import find_scores, read_definitions, write_scores
from tenure_serving.erasure import erase
from tenure_serving.scorer import Scorer
from tests.serving.conftest import AS_OF, Halving, make_bundle, make_snapshot

GONE = ("c00003", "c00007")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Scores, a call list, an identity map and a page."""
    folder = tmp_path / "out"
    bundle = make_bundle(tmp_path / "bundle", Halving())
    write_scores(
        Scorer(bundle).score(make_snapshot(20)), folder, bundle=bundle, input_fingerprint="f", partitioned=True
    )
    (folder / "call_list.csv").write_text('customer_id,why\nc00003,"quiet, long"\nc00001,paid\nc000030,new\n')
    pairs = {"source": ["crm"] * 3, "source_id": ["c00007", "x", "y"], "customer_id": ["p1", "c00003", "p2"]}
    pd.DataFrame(pairs).to_parquet(folder / "identity.parquet")
    (folder / "report.html").write_text("<td><b>c00003</b></td>")
    (folder / "other.html").write_text("<td><b>c000031</b></td>")
    return folder


def text_of(folder: Path) -> str:
    """Everything that any file of a folder says, tables included."""
    tables = [pd.read_parquet(path, partitioning=None).to_csv() for path in folder.rglob("*.parquet")]
    return "\n".join([*tables, *(path.read_text() for path in folder.rglob("*") if path.suffix in {".csv", ".html"})])


def test_erase__leaves_nothing_of_a_customer_and_all_of_the_others(results: Path) -> None:
    before = text_of(results)
    touched = erase(results, GONE)
    said = {one.path.name: (one.outcome, one.rows) for one in touched}
    assert said == {
        "call_list.csv": ("rows", 1),
        "identity.parquet": ("rows", 2),
        "report.html": ("file", 0),
        "scores.parquet": ("rows", 2),
    }
    after = text_of(results)
    assert all(name in before for name in GONE)
    words = set(after.replace(",", " ").replace("<", " ").replace(">", " ").split())
    assert not words & set(GONE)
    assert {"c000030", "c000031", "c00001"} <= words
    assert erase(results, GONE) == ()


def test_erase__leaves_scores_that_their_manifest_vouches_for(results: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle", Halving())
    erase(results, GONE)
    known = find_scores(results, bundle=bundle, as_of=AS_OF, input_fingerprint="f", partitioned=True)
    assert known is not None
    assert known.content["rows"] == pq.read_metadata(known.scores).num_rows == 18
    assert read_definitions(known.scores)["definitions"]["churn"].startswith("no order")


def test_forget__says_beforehand_what_it_would_do(results: Path) -> None:
    before = text_of(results)
    assert len(forget_job(GONE, [results], dry_run=True)) == 4
    assert text_of(results) == before


def test_forget__names_the_files_that_it_does_not_change(results: Path) -> None:
    (results / "notes.json").write_text(json.dumps({"customer": "c00003"}))
    with pytest.raises(QualityGateError, match=r"notes\.json"):
        forget_job(GONE, [results], dry_run=False)
    (results / "notes.json").unlink()
    with pytest.raises(NothingToDoError):
        forget_job(GONE, [results], dry_run=False)
    with pytest.raises(UsageError, match="no such folder"):
        forget_job(GONE, [results / "nowhere"], dry_run=False)
    with pytest.raises(UsageError, match="An id is empty"):
        forget_job([" "], [results], dry_run=False)
