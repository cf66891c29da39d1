"""``tenure audit`` and the audit inside a backtest: what is printed, and the exit code."""

from __future__ import annotations

import json
import sys

import pandas as pd
import pytest

from tenure.jobs.leaks import leak_notes
from tenure.jobs.results import AuditResult
from tenure.report.training import audit_findings
from tenure_serving.findings import section
from tenure_simulator import preset, simulate_orders
from tenure_training.audit import Finding

GOOD = Finding(
    check="row_order", question="Does the order of rows matter?", verdict="passed", evidence="None of 9 features moved."
)
IDLE = Finding(
    check="twin_customers", question="Are there twins?", verdict="not applicable", evidence="Too few customers."
)
LEAK = Finding(
    check="later_rows",
    question="Do later rows matter?",
    verdict="failed",
    evidence="Later rows reach: cheat.",
    suspects=("cheat",),
)


def _result(*findings: Finding) -> AuditResult:
    leaks = sum(one.failed for one in findings)
    return AuditResult(
        leaks=leaks,
        findings=findings,
        champion="blend",
        customers=40,
        as_of=pd.Timestamp("2021-05-01").to_pydatetime(),
        horizon_days=30,
        notes=(),
    )


@pytest.mark.parametrize(("findings", "code"), [((GOOD, IDLE), 0), ((GOOD, LEAK), 4)], ids=["clean", "leak"])
def test_audit__exits_with_4_when_something_leaks(call, pipeline, findings, code):
    sys.modules["tenure.jobs.audit"].audit_job = lambda config, *, progress: _result(*findings)  # type: ignore[attr-defined]
    told = call("audit", "--orders", "x.csv", "-q")
    assert told.code == code
    assert ("LEAK  later rows" in told.out, "1 of 2 checks found a leak" in told.out) == (code == 4, code == 4)
    assert ("No leak in 1 checks" in told.out) == (code == 0)
    said = json.loads(call("audit", "--orders", "x.csv", "-q", "--json").out)
    assert (said["command"], said["leaks"]) == ("audit", int(code == 4))
    assert [one["verdict"] for one in said["findings"]] == [one.verdict for one in findings]


def test_section__says_in_its_title_whether_anything_leaked():
    clean = section(audit_findings([GOOD, IDLE]))
    assert clean.title == "Nothing from the future was used: 2 checks, no leak found"
    assert clean.blocks[0].table["evidence"].tolist() == [GOOD.evidence, IDLE.evidence]
    assert "1 of 2 checks found a leak" in section(audit_findings([GOOD, LEAK])).title
    assert leak_notes([GOOD, LEAK]) == ("LEAK, later_rows: Later rows reach: cheat.",)
    assert leak_notes([GOOD, IDLE]) == ()


def test_audit__of_a_real_log_finds_no_leak(call, tmp_path):
    orders, _ = simulate_orders(preset("tiny", customers=60, seed=5))
    orders.to_parquet(tmp_path / "orders.parquet")
    told = call(
        "audit", "--orders", tmp_path / "orders.parquet", "--as-of", "2022-12-01", "--horizon", 60,
        "--candidate", "recency", "-q", "--json",
    )  # fmt: skip
    said = json.loads(told.out)
    assert (told.code, said["leaks"], said["as_of"]) == (0, 0, "2022-12-01T00:00:00")
    verdicts = {one["check"]: one["verdict"] for one in said["findings"]}
    assert {"later_rows", "boundary_rows", "same_model", "row_order"} <= {
        k for k, v in verdicts.items() if v == "passed"
    }
