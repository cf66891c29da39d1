"""The gate: whether a challenger becomes the champion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tenure_training.metrics import PairedDifference
from tenure_training.tracking.store import Registered


@dataclass(frozen=True)
class Decision:
    """Whether the challenger becomes the champion, why, in one sentence, and what each check said, by its name."""

    promote: bool
    reason: str
    checks: Mapping[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How far from its target a metric may be: in calibration, coverage and the total."""

    target: float
    most: float

    def distance(self, value: float) -> float:
        """Return how far a value is from the target."""
        return abs(value - self.target)


LIMITS: Mapping[str, Limit] = {
    "ece": Limit(target=0.0, most=0.08),
    "coverage_80": Limit(target=0.8, most=0.1),
    "total_bias": Limit(target=0.0, most=0.25),
}
"""What a model may not exceed unless the champion exceeds it by as much; the limits of a fair grade, for every shop."""


def decide(
    champion: Registered | None,
    differences: Mapping[str, PairedDifference],
    *,
    means: Mapping[str, tuple[float, float]] | None = None,
) -> Decision:
    """Promote a challenger when there is no champion, or when the backtest shows no harm in it.

    Harm is a metric that is worse by more than chance, or calibration, coverage or total beyond `LIMITS` where the
    champion's are nearer.

    Parameters
    ----------
    champion
        The present champion; None where there is none.
    differences
        By metric: challenger against champion, from `tenure_training.metrics.paired_bootstrap`.
    means
        By metric of `LIMITS`: that of the challenger and that of the champion, averaged over the origins.

    Examples
    --------
    >>> decide(None, {})
    Decision(promote=True, reason='There was no champion.', checks={})
    """
    if champion is None:
        return Decision(promote=True, reason="There was no champion.")
    champion_name = f"champion {champion.model_version or champion.version}"
    comparisons = {name: f"{name} {pair.a:.4g} against {pair.b:.4g}" for name, pair in differences.items()}
    checks = {name: _say_pair(pair) for name, pair in differences.items()}
    checks |= {name: _say_limit(name, *pair) for name, pair in (means or {}).items()}
    worse = [comparisons[name] for name, pair in differences.items() if pair.verdict == "worse"]
    beyond = [f"{name} {pair[0]:.4g}" for name, pair in (means or {}).items() if _exceeds(name, *pair)]
    if not comparisons:
        return Decision(promote=False, reason=f"Not compared with {champion_name} in a backtest.", checks=checks)
    if worse or beyond:
        faults = [f"Worse than {champion_name} in the backtest: {', '.join(worse)}."] if worse else []
        faults += [f"Beyond the limits, and further than {champion_name}: {', '.join(beyond)}."] if beyond else []
        return Decision(promote=False, reason=" ".join(faults), checks=checks)
    reason = f"Not worse than {champion_name} in the backtest: {', '.join(comparisons.values())}."
    return Decision(promote=True, reason=reason, checks=checks)


def _exceeds(name: str, challenger: float, champion: float) -> bool:
    limit = LIMITS[name]
    distance = limit.distance(challenger)
    return distance > limit.most and not limit.distance(champion) >= distance  # a champion that was not measured is NaN


def _say_pair(pair: PairedDifference) -> str:
    interval = f"difference {pair.difference:.4g} ({pair.low:.4g} to {pair.high:.4g})"
    return f"{pair.a:.4g} against {pair.b:.4g}, {interval}: {pair.verdict}"


def _say_limit(name: str, challenger: float, champion: float) -> str:
    limit = LIMITS[name]
    verdict = "beyond the limit" if _exceeds(name, challenger, champion) else "allowed"
    return f"{challenger:.4g} against {champion:.4g}, {limit.most:g} around {limit.target:g}: {verdict}"
