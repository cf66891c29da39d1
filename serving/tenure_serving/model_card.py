"""The model card: what a model is for, what it learnt from, how good it was on past windows, and where it ends.

It is written from a bundle alone, so whoever holds the bundle holds its card; nothing in it is of a single customer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import pandas as pd

from tenure_features.stored import Stored
from tenure_serving.language import ENGLISH
from tenure_serving.report.grade import GRADE_MEANINGS, grade_model
from tenure_serving.report.summary import compare
from tenure_training.models.bundle import Bundle, BundleInfo
from tenure_training.models.evidence import StoredEvidence

_EVIDENCE = "evidence"
_DIGITS = 6
_LIMITS = (
    "It predicts what customers will do, not what contact changes: the riskiest are not the best to contact.",
    "It knows nothing of prices, stock, campaigns or competitors to come.",
    "It is for the shop, the currency and the returns policy named here, and for no moment before its own.",
)


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """How a model did on past windows.

    Attributes
    ----------
    grade
        A to E, see `tenure_serving.report.grade`.
    reason
        Why this candidate was chosen.
    baseline
        The best simple rule; empty where there was none.
    origins
        Moments in the past.
    metrics
        By metric: the model's mean over the origins, and the baseline's (None where not measured).
    calibration
        Predicted and actual share of leavers, lowest prediction first.
    """

    grade: str
    reason: str
    baseline: str = ""
    origins: int = 0
    metrics: Mapping[str, tuple[float | None, float | None]]
    calibration: Sequence[tuple[float, float]] = ()

    @classmethod
    def of(cls, backtest: pd.DataFrame, calibration: pd.DataFrame, *, champion: str, reason: str) -> Self:
        """Sum up a backtest; both tables may be empty.

        Parameters
        ----------
        backtest
            One row per candidate and origin, as `tenure_training.backtest.Backtest.table` gives it.
        calibration
            ``predicted`` and ``actual`` by bin.
        champion, reason
            Who was chosen, and why.
        """
        grade = grade_model(backtest, champion, language=ENGLISH).letter
        if backtest.empty:
            return cls(grade=grade, reason=reason, metrics={})
        seen = compare(backtest, champion)
        return cls(
            grade=grade,
            reason=reason,
            baseline=seen.baseline,
            origins=seen.origins,
            metrics={row["name"]: (_figure(row["champion"]), _figure(row["baseline"])) for row in seen.figures},
            calibration=[
                (_round(predicted), _round(actual))
                for predicted, actual in zip(calibration["predicted"], calibration["actual"], strict=True)
            ],
        )

    @classmethod
    def in_bundle(cls, bundle: Bundle) -> Self | None:
        """Sum up the evidence that a bundle carries; None where it carries none."""
        stored = bundle.extras.get(_EVIDENCE)
        if stored is None:
            return None
        evidence = StoredEvidence.from_stored(Stored(stored, f"extras.json.{_EVIDENCE}"))
        return cls.of(evidence.backtest, evidence.calibration, champion=bundle.info.champion, reason=evidence.reason)


def write_card(bundle: Bundle) -> str:
    """Write the card of a model as Markdown."""
    info, seen = bundle.info, Evaluation.in_bundle(bundle)
    grade = "not graded" if seen is None else f"{seen.grade}: {_meaning(seen.grade)}"
    parts = [
        f"# {info.champion}, model {bundle.version}",
        f"Grade {grade}",
        _list(
            "What it is for",
            {
                "answers": "who will leave, what they are worth and what to do next, one row per customer",
                "for": "retention, service and finance of the shop whose orders it learnt from",
                "asks": f"{len(info.features)} features of a customer at one moment, as tenure computes them",
            },
        ),
        _list("What the numbers mean", info.definitions),
        _list("What it learnt from", _data(info)),
    ]
    if seen is not None:
        parts.append(f"## Why this one\n\n{seen.reason}")
        parts += [_metrics_table(info.champion, seen), _calibration_table(seen)]
    limits = [*_LIMITS] if seen and seen.origins > 1 else [*_LIMITS, "It was tested at one past moment at most."]
    parts.append("## Where it ends\n\n" + "\n".join(f"- {limit}" for limit in limits))
    return "\n\n".join(part for part in parts if part) + "\n"


def _data(info: BundleInfo) -> dict[str, str]:
    return {
        "as of": f"{info.as_of:%Y-%m-%d %H:%M}; nothing at or after it was read",
        "horizon": f"{info.horizon_days} days; windows of {info.label_days} days that had closed",
        "population": "everybody with an order" if info.active_days is None else f"active in {info.active_days} days",
        "currency": info.currency or "not said",
        "returns": info.returns,
        "fingerprint of the data": info.fingerprint,
        "seed": str(info.seed),
        "trained with": ", ".join(f"{name} {version}" for name, version in sorted(info.versions.items())),
    }


def _list(title: str, lines: Mapping[str, str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"- **{name}**: {text}" for name, text in lines.items())


def _metrics_table(champion: str, seen: Evaluation) -> str:
    if not seen.metrics:
        return "## How good it was\n\nNo past window had closed, so it was never tested."
    moments = "one past moment" if seen.origins == 1 else f"the mean of {seen.origins} past moments"
    head = f"## How good it was\n\nOn windows it had not seen, {moments}.\n\n"
    head += f"| metric | {champion} | {seen.baseline or 'no simple rule'} |\n|---|---:|---:|\n"
    return head + "\n".join(f"| {name} | {_say(mine)} | {_say(best)} |" for name, (mine, best) in seen.metrics.items())


def _calibration_table(seen: Evaluation) -> str:
    if not seen.calibration:
        return ""
    head = "## Predicted beside what happened\n\n| said to leave | left |\n|---:|---:|\n"
    return head + "\n".join(f"| {predicted:.1%} | {actual:.1%} |" for predicted, actual in seen.calibration)


def _meaning(letter: str) -> str:
    return next(text for name, text in GRADE_MEANINGS.items() if name == letter)


def _say(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _figure(value: object) -> float | None:
    return _round(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _round(value: float) -> float:
    """Keep the digits that are told; the last ones depend on the order in which a machine adds."""
    return float(f"{value:.{_DIGITS}g}")
