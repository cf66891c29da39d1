"""The gate: whether a challenger becomes the champion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tenure_training.metrics import PairedDifference
from tenure_training.tracking.store import Registered


@dataclass(frozen=True)
class Decision:
    """Whether the challenger becomes the champion, and why, in one sentence."""

    promote: bool
    reason: str


def decide(champion: Registered | None, differences: Mapping[str, PairedDifference]) -> Decision:
    """Promote a challenger when there is no champion, or when the backtest does not show it to be worse.

    Parameters
    ----------
    champion
        The present champion; None where there is none.
    differences
        By metric: challenger against champion, from `tenure_training.metrics.paired_bootstrap`.

    Examples
    --------
    >>> decide(None, {})
    Decision(promote=True, reason='There was no champion.')
    """
    if champion is None:
        return Decision(promote=True, reason="There was no champion.")
    champion_name = f"champion {champion.model_version or champion.version}"
    comparisons = {name: f"{name} {pair.a:.4g} against {pair.b:.4g}" for name, pair in differences.items()}
    worse = [comparisons[name] for name, pair in differences.items() if pair.verdict == "worse"]
    if worse:
        return Decision(promote=False, reason=f"Worse than {champion_name} in the backtest: {', '.join(worse)}.")
    if not comparisons:
        return Decision(promote=False, reason=f"Not compared with {champion_name} in a backtest.")
    return Decision(
        promote=True, reason=f"Not worse than {champion_name} in the backtest: {', '.join(comparisons.values())}."
    )
