"""Leaks in a training: looked for in brief inside every backtest, in full by ``tenure audit``."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from tenure.jobs.results import AuditResult
from tenure_features import Shop
from tenure_training.audit import (
    BuildFrames,
    Finding,
    Tables,
    _Advance,
    audit_leaks,
    order_lines,
    quick_audit,
    reopen,
    sample_customers,
    table_rows,
)
from tenure_training.frame import Frames
from tenure_training.training import Training

FEW, MANY = 200, 1_000
"""Customers whose rows are doctored: inside a backtest, and by ``tenure audit``."""


def audit_briefly(shop: Shop, training: Training, frames: Frames, *, seed: int) -> tuple[Finding, ...]:
    """Audit a backtest in brief: its windows and rows, and its features on a few customers."""
    with _workshop(shop, training, frames, most=FEW) as (tables, build):
        return quick_audit(training, frames, tables=tables, build=build, seed=seed)


def audit_training(
    shop: Shop,
    training: Training,
    frames: Frames,
    *,
    seed: int,
    notes: Sequence[str],
    advance: _Advance | None,
) -> AuditResult:
    """Audit a training in full."""
    with _workshop(shop, training, frames, most=MANY) as (tables, build):
        findings = audit_leaks(training, frames, tables=tables, build=build, seed=seed, advance=advance)
    return AuditResult(
        leaks=sum(finding.failed for finding in findings),
        findings=findings,
        champion=training.choice.name,
        customers=int(tables["orders"]["customer_id"].nunique()),
        as_of=training.frame.as_of.to_pydatetime(),
        horizon_days=training.frame.horizon_days,
        notes=tuple(notes),
    )


def leak_notes(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Say what leaks, one sentence per failed check; nothing where all passed."""
    return tuple(f"LEAK, {finding.check}: {finding.evidence}" for finding in findings if finding.failed)


@contextmanager
def _workshop(shop: Shop, training: Training, frames: Frames, *, most: int) -> Iterator[tuple[Tables, BuildFrames]]:
    """Offer the rows of some customers, and the way from rows to frames; what it writes is removed."""
    frame = training.frame
    until = frame.as_of + pd.Timedelta(days=frame.horizon_days)
    orders = order_lines(shop.log, sample_customers(frame.present["customer_id"].astype(str).tolist(), most=most))
    tables = {"orders": orders}
    beside = {name: table_rows(table, orders) for name, table in shop.tables.items()}
    tables |= {name: rows for name, rows in beside.items() if rows is not None}
    with tempfile.TemporaryDirectory(prefix="tenure-audit-") as folder:

        def build(doctored: Tables) -> Frames:
            # opened beyond the moment: later rows lie in the log, and only the history stands before the features
            return frames.of(reopen(doctored, Path(folder), until=until, returns=shop.log.source.returns))

        yield tables, build
