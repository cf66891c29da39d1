"""Choosing the champion: the blend unless another model is better; in a small shop, a simple one that does as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tenure_training.backtest import Backtest
from tenure_training.metrics import METRICS, PairedDifference, evaluate_metrics, paired_bootstrap
from tenure_training.models.baselines.rules import RecencyRule
from tenure_training.models.contract import Candidate
from tenure_training.models.hurdle.blend import Blend
from tenure_training.models.registry import CandidateName, candidates_by_name

FEWEST_CUSTOMERS = 50
SHORTEST_HISTORY_DAYS = 30

SMALL_SHOP = 500
"""Customers under which the one-standard-error rule applies; with 600 it was measured to cost .003 of log-loss."""

_Z95 = 1.959963984540054
_WORDS = {"log_loss": "log-loss", "auroc": "AUROC", "normalised_gini": "value Gini", "total_bias": "error of the total"}


@dataclass(frozen=True)
class Choice:
    """The champion's name, and why in a sentence."""

    name: str
    reason: str


def choose(
    result: Backtest | None, *, candidates: Sequence[CandidateName], customers: int, history_days: int, seed: int
) -> Choice:
    """Choose the champion.

    The blend is the default: its parts fall back on the rhythm where there is little to learn from. Another model
    replaces it only where the paired bootstrap over customers shows a lower log-loss, and it ranks churn and value no
    worse.
    Under `SMALL_SHOP` customers, where next to nothing is significant, a simple model replaces it whose log-loss is
    within one standard error of the best, and which ranks value no worse.
    Baselines are shown beside the models and are never chosen, with one exception: under 50 customers or 30 days of
    history a rule is used, and called a rule. A model that cannot be written into a bundle is not chosen either.

    Parameters
    ----------
    result
        The backtest, or None where no window has closed.
    candidates
        Who may be chosen: names, or classes.
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
    classes = candidates_by_name(candidates)
    models = [name for name, model in classes.items() if model.servable and not model.baseline] or list(classes)
    default = Blend.name if Blend.name in models else models[0]
    if result is None or not result.windows:
        return Choice(default, "no window has closed yet, so nothing could be compared; the default carries it")
    wanted = customers < SMALL_SHOP and not classes[default].simple
    simple = [name for name in models if classes[name].simple] if wanted else []
    choice = _significant(result, models, default, seed)
    if simple:
        preferred = _simple_winner(result, simple, default, customers, seed)
        choice = choice if preferred.name == default != choice.name else preferred
    return Choice(choice.name, choice.reason + _name_unservable(result, classes, choice.name, seed))


def _significant(result: Backtest, models: Sequence[str], default: str, seed: int) -> Choice:
    """Take the default unless another model's log-loss is significantly lower and it ranks no worse."""
    winner, margin, bar = default, 0.0, _losses(result, default)
    for name in (name for name in models if name != default):
        loss = _compare(result, name, default, "log_loss", seed)
        if loss.verdict != "better" or loss.difference >= margin:
            continue
        # earlier origins have less history, which flatters simple models: a lower log-loss alone often does not last
        if all(_losses(result, name)[at] <= bar[at] for at in ("auroc", "normalised_gini")):
            winner, margin = name, loss.difference
    if winner == default:
        return Choice(default, f"no other model is significantly better over {len(result.windows)} backtest origins")
    return Choice(
        winner,
        f"its log-loss is {-margin:.4f} below the {default}'s, significantly, and it ranks churn and value no worse",
    )


def _simple_winner(result: Backtest, simple: Sequence[str], default: str, customers: int, seed: int) -> Choice:
    """Take a simple model by the one-standard-error rule, if there is one that ranks value no worse, else the default.

    Breiman, Friedman, Olshen & Stone (1984): of models within one standard error of the best, the simplest.
    """
    losses = {name: _losses(result, name) for name in (*simple, default)}
    bar, best = losses[default], min(losses, key=lambda name: losses[name]["log_loss"])
    winners = [
        name
        for name in simple
        if losses[name]["normalised_gini"] <= bar["normalised_gini"] and _within_an_error(result, name, best, seed)
    ]
    shop, origins = f"a small shop ({customers} customers, under {SMALL_SHOP})", len(result.windows)
    listed = ", ".join(simple)
    if not winners:
        return Choice(
            default,
            f"{shop}, where a simple model is preferred, but over {origins} backtest origins none of {listed} came "
            f"within one standard error of the best log-loss ({best}) and ranked value no worse than the {default}",
        )
    name = min(winners, key=lambda name: losses[name]["log_loss"])
    figures = [f"{word} {abs(losses[name][at]):.3f} ({abs(bar[at]):.3f})" for at, word in _WORDS.items()]
    return Choice(
        name,
        f"{shop}: of the simple models {listed} it did best over {origins} backtest origins, within one standard error "
        f"of the best log-loss and ranking value no worse than the {default}, whose figures stand in brackets: "
        f"{_spoken(figures)}",
    )


def _within_an_error(result: Backtest, name: str, best: str, seed: int) -> bool:
    """Whether a log-loss exceeds the best one by at most a standard error of the difference, over customers."""
    loss = _compare(result, name, best, "log_loss", seed)
    return name == best or loss.difference <= (loss.high - loss.low) / (2 * _Z95)


def _losses(result: Backtest, name: str) -> dict[str, float]:
    """Average what is judged over the origins, lower is better; what could not be measured is worst for everybody."""
    measures = [
        evaluate_metrics(prediction, did, metrics=list(_WORDS))
        for prediction, did in zip(result.predictions[name], result.outcomes, strict=True)
    ]
    means = {at: float(np.mean([METRICS[at].loss(measure[at]) for measure in measures])) for at in _WORDS}
    return {at: mean if np.isfinite(mean) else np.inf for at, mean in means.items()}


def _spoken(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _name_unservable(result: Backtest, classes: Mapping[str, type[Candidate]], winner: str, seed: int) -> str:
    """Name the better ones that cannot be champion because they cannot be written into a bundle."""
    better = [
        name
        for name, model in classes.items()
        if not model.servable and _compare(result, name, winner, "log_loss", seed).verdict == "better"
    ]
    if not better:
        return ""
    return f"; {', '.join(better)} has a lower log-loss, but can only be pickled, and a bundle holds no pickle"


def _compare(result: Backtest, name: str, default: str, metric: str, seed: int) -> PairedDifference:
    a, b = result.predictions[name], result.predictions[default]
    return paired_bootstrap(a, b, result.outcomes, seed=seed, metrics=(metric,))[metric]
