"""All checks together: the whole audit, and the cheap one inside every backtest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pandas as pd

from tenure_training.audit.doctor import FUTURES
from tenure_training.audit.features import boundary_rows, later_rows, row_order
from tenure_training.audit.finding import Finding
from tenure_training.audit.models import learning_order, permuted_outcomes, same_model
from tenure_training.audit.tables import BuildFrames, Tables
from tenure_training.audit.training import inspect
from tenure_training.frame import Frames
from tenure_training.training import Training
from tenure_training.windows import Window

_Advance = Callable[[int, int], None]


def quick_audit(
    training: Training, frames: Frames, *, tables: Tables, build: BuildFrames, seed: int
) -> tuple[Finding, ...]:
    """Audit what a backtest has just done: its windows and rows, and its features on a few customers.

    Parameters
    ----------
    training
        As `tenure_training.training.train` returned it.
    frames
        The frames it was made from.
    tables
        Rows of a few customers.
    build
        Builds frames from tables the way the training's own were built.
    seed
        Seed of the doctored rows.
    """
    return _audit_once(training, frames, tables=tables, build=build, seed=seed, futures=["changed and added"])


def audit_leaks(
    training: Training,
    frames: Frames,
    *,
    tables: Tables,
    build: BuildFrames,
    seed: int,
    advance: _Advance | None = None,
) -> tuple[Finding, ...]:
    """Audit a training: everything `quick_audit` asks, and what only training again can answer.

    Parameters
    ----------
    training
        As `tenure_training.training.train` returned it.
    frames
        The frames it was made from.
    tables
        Rows of a sample of customers, or of all.
    build
        Builds frames from tables the way the training's own were built.
    seed
        Seed of the doctored rows, of the deals and of every fit.
    advance
        Called with (checks done, checks in all).

    Returns
    -------
    tuple of Finding
        One per check, in a fixed order.
    """
    findings = [*_audit_once(training, frames, tables=tables, build=build, seed=seed, futures=[*FUTURES])]
    rest = _train_again(training, tables=tables, build=build, seed=seed)
    total = len(findings) + _AGAIN
    for finding in rest:
        findings.append(finding)
        if advance:
            advance(len(findings), total)
    return tuple(findings)


_AGAIN = 4


def _audit_once(
    training: Training, frames: Frames, *, tables: Tables, build: BuildFrames, seed: int, futures: Sequence[str]
) -> tuple[Finding, ...]:
    """Audit snapshots, labels and windows: what no other training is needed for."""
    moments, window = _moments(training), _boundary(training)
    untouched = build(tables)
    untouched.prepare([*moments, window.origin], [window])
    return (
        later_rows(tables, build, moments=moments, seed=seed, futures=futures, untouched=untouched),
        boundary_rows(tables, build, window=window, untouched=untouched),
        *inspect(training, frames),
    )


def _train_again(training: Training, *, tables: Tables, build: BuildFrames, seed: int) -> Iterator[Finding]:
    frame = training.frame
    candidate, sample = training.candidate, build(tables)
    yield row_order(tables, build, moment=frame.as_of, seed=seed)
    as_of, days = frame.as_of, frame.horizon_days
    yield same_model(tables, build, as_of=as_of, horizon_days=days, candidate=candidate, seed=seed)
    yield learning_order(sample.frame(as_of, horizon_days=days), candidate=candidate, seed=seed)
    yield permuted_outcomes(sample, as_of=as_of, horizon_days=days, candidate=candidate, seed=seed)


def _moments(training: Training) -> list[pd.Timestamp]:
    """Audit the moment of the prediction, and the earliest origin a model was judged from."""
    windows = training.backtest.windows if training.backtest else ()
    return [*(window.origin for window in windows[-1:]), training.frame.as_of]


def _boundary(training: Training) -> Window:
    if training.backtest:
        return training.backtest.windows[0]
    return Window(training.frame.as_of, training.frame.horizon_days)
