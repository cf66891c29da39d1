"""Choosing the champion: the blend unless another model has shown it is better."""

from __future__ import annotations

from dataclasses import dataclass

from tenure_training.backtest import Backtest
from tenure_training.metrics import PairedDifference, paired_bootstrap
from tenure_training.models.baselines import RecencyRule
from tenure_training.models.blend import Blend
from tenure_training.models.registry import BASELINES, candidate_class

FEWEST_CUSTOMERS = 50
SHORTEST_HISTORY_DAYS = 30


@dataclass(frozen=True)
class Choice:
    """The champion's name, and why in a sentence."""

    name: str
    reason: str


def choose(result: Backtest | None, *, candidates: list[str], customers: int, history_days: int, seed: int) -> Choice:
    """Choose the champion.

    The blend is the default: its parts fall back on the rhythm where there is little to learn from. Another model
    replaces it only where the paired bootstrap over customers shows a lower log-loss, and no worse ranking of value.
    Baselines are shown beside the models and are never chosen, with one exception: under 50 customers or 30 days of
    history a rule is used, and called a rule. A model that cannot be written into a bundle is not chosen either.

    Parameters
    ----------
    result
        The backtest, or None where no window has closed.
    candidates
        Names that may be chosen.
    customers
        Customers in the population.
    history_days
        Days from the first order to ``as_of``.
    seed
        Seed of the bootstrap.
    """
    if customers < FEWEST_CUSTOMERS or history_days < SHORTEST_HISTORY_DAYS:
        return Choice(
            RecencyRule.name,
            f"a rule, not a model: {customers} customers and {history_days} days of history are too few to fit one "
            f"(wanted: {FEWEST_CUSTOMERS} and {SHORTEST_HISTORY_DAYS})",
        )
    models = [name for name in candidates if name not in BASELINES and candidate_class(name).servable] or candidates
    default = Blend.name if Blend.name in models else models[0]
    if result is None or not result.windows:
        return Choice(default, "no window has closed yet, so nothing could be compared; the default carries it")
    winner, margin = default, 0.0
    for name in (name for name in models if name != default):
        loss = _compared(result, name, default, "log_loss", seed)
        if loss.verdict != "better" or loss.difference >= margin:
            continue
        if _compared(result, name, default, "normalised_gini", seed).verdict != "worse":
            winner, margin = name, loss.difference
    aside = _held_back(result, candidates, winner, seed)
    if winner == default:
        reason = f"no other model is significantly better over {len(result.windows)} backtest origins"
        return Choice(default, reason + aside)
    reason = f"its log-loss is {-margin:.4f} below the {default}'s, significantly, and it ranks value no worse"
    return Choice(winner, reason + aside)


def _held_back(result: Backtest, candidates: list[str], winner: str, seed: int) -> str:
    """Name the better ones that cannot be champion because they cannot be written into a bundle."""
    better = [
        name
        for name in candidates
        if not candidate_class(name).servable and _compared(result, name, winner, "log_loss", seed).verdict == "better"
    ]
    if not better:
        return ""
    return f"; {', '.join(better)} has a lower log-loss, but can only be pickled, and a bundle holds no pickle"


def _compared(result: Backtest, name: str, default: str, metric: str, seed: int) -> PairedDifference:
    a, b = result.predictions[name], result.predictions[default]
    return paired_bootstrap(a, b, result.outcomes, seed=seed, metrics=(metric,))[metric]
