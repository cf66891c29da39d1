"""Whoever can write a bundle can write its checksums: nothing of it runs, and it is refused in a sentence or scores."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from tenure_serving.segments import Segmenter
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.after.next_order import NextOrder
from tenure_training.models.boosted import boosting
from tenure_training.models.bundle import BundleInfo, definitions, package_versions, write_bundle
from tenure_training.models.evidence import StoredEvidence
from tenure_training.models.registry import CANDIDATES
from tenure_training.models.search_space import Integer

MUTANTS = 2_000
SEED = 11
KINDS = ("blend", "logistic", "mbgcnbd", "paretonbd", "recency", "xgboost_aft", "xgboost_tweedie")
EVIL = "from pathlib import Path\nPath(__file__).with_name('RAN').touch()\nclass Evil: pass\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, frame) -> Path:
    """Bundles of every kind, rows to score, and a file that says when it is run."""
    root = tmp_path_factory.mktemp("fuzz")
    totals = pd.DataFrame({"origin": [frame.as_of], "predicted": [1.0], "actual": [2.0]})
    extras = {
        "next_order": NextOrder.fit(frame.present, horizon_days=frame.horizon_days).to_dict(),
        "lifetime": Lifetime.fit(
            frame.present, Economics(margin=Credibility(mean=0.4, halfway=90.0)), horizon_days=frame.horizon_days
        ).to_dict(),
        "evidence": StoredEvidence(reason="told", totals=totals).to_dict(),
    }
    for name in KINDS:
        candidate = CANDIDATES[name]()
        with pytest.MonkeyPatch.context() as patch:  # few trees: they are read thousands of times
            patch.setattr(boosting, "TREE_SPACE", boosting.TREE_SPACE | {"rounds": Integer(1, 400, 8)})
            fitted = candidate.fit(frame, seed=1)
        said = fitted.predict(frame.present)
        told = frame.present[["customer_id"]].assign(
            churn_probability=1 - said.buy_probability, expected_value=said.expected_value
        )
        info = BundleInfo(
            champion=name,
            as_of=frame.as_of,
            horizon_days=frame.horizon_days,
            label_days=frame.label_days,
            definitions=definitions(horizon_days=frame.horizon_days, returns="net"),
            returns="net",
            currency=None,
            catalogue=frame.catalogue.describe(frame.features),
            active_days=None,
            fingerprint="0123abcd",
            seed=1,
            versions=package_versions(),
        )
        segments = Segmenter.fit(frame.present, told, horizon_days=90).to_dict()
        write_bundle(root / "bundles" / name, fitted, info, segments, extras=extras)
    frame.present.head(2).to_parquet(root / "rows.parquet")
    (root / "evil.py").write_text(EVIL)
    return root


def test_bundle__damaged_in_thousands_of_ways_runs_nothing_and_is_refused_in_a_sentence(folder):
    script = Path(__file__).with_name("bundle_fuzzer.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder), str(SEED), str(MUTANTS)],
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last = lines[-1] if lines else done.stderr
    assert done.returncode == 0, f"the process ended with {done.returncode} at {last}\n{done.stderr[-2000:]}"
    assert not (folder / "RAN").exists()
    ends = [line for line in lines if "outcome" in line]
    assert len(ends) == MUTANTS
    strange = [line for line in ends if line["outcome"] not in ("refused", "scored")]
    assert not strange, strange[0]["outcome"]
    assert not [line for line in lines if "forbidden" in line]
    assert max(line["seconds"] for line in ends) < 30
    counts = Counter((line["way"], line["outcome"]) for line in ends)
    for way in ("replaced", "flipped", "flipped trees", "cut", "swapped"):
        assert counts[way, "refused"] > counts[way, "scored"] > 0 or way == "cut", counts
