"""Budget: where the next unit of money brings most lifetime value, how sure that is, and how to find out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_decisions.economics.allocation import allocate, spend_at
from tenure_decisions.economics.channels import estimate
from tenure_decisions.economics.clv import lifetime_value, steps_of
from tenure_decisions.economics.response import Response, fit_response
from tenure_decisions.economics.step_test import LONGEST_WEEKS, SMALLEST_STEP, StepTest, propose
from tenure_decisions.economics.study import Study
from tenure_decisions.economics.weeks import Weeks, count_weeks
from tenure_decisions.inputs import Bools, Floats
from tenure_decisions.resampling import divide, interval
from tenure_features.errors import DataContractError, UsageError

RECENT_WEEKS = 13
VALUE_COHORT_DAYS = 365
"""Customers of the last year say what the next ones will be worth; the channel's older ones help where they are few."""
YEAR_WEEKS = 52
VARIES = 0.1
"""Weekly spend with a smaller coefficient of variation has taught nothing of what more would bring."""
DIRECTION_STEP = 0.2
"""How far a budget moves on a direction alone."""
GRID = 25
"""Points of a drawn curve."""
DIRECTION, ESTIMATE = "direction only", "estimate"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A reallocation of weekly spend and how far to trust it.

    Attributes
    ----------
    table
        One row per channel with spend: ``spend_now``, ``spend_then`` (money per week), ``least``, ``most`` (bounds),
        ``value`` (predicted value of a new customer, before the cost of acquisition), ``average_return`` (value of new
        customers / spend), ``marginal_return`` (value the next unit of money brings, now) and ``marginal_then``,
        ``customers_now`` and ``customers_then`` (per week), ``reading`` (``estimate`` or ``direction only``),
        ``direction`` (``more``, ``less``, ``hold``), ``extrapolated`` (beyond any weekly spend seen), ``reason``.
    total
        Money per week that is split.
    gain, gain_low, gain_high
        Value per week that the new split is expected to bring beyond the present one, less what it costs more.
    chance
        Share of the draws in which it brings more.
    marginal_total
        What the last unit of money returns in the new split: below 1 it costs more than it brings.
    best_total
        Total at which the last unit just pays for itself; infinite where it still does at the upper bounds.
    reading
        ``estimate``, or ``direction only`` where a year of weekly spend, or its variation, is missing.
    test
        The experiment to run before believing it.
    curves
        ``channel``, ``spend``, ``customers`` with interval (per week): the fitted curves over the range of spend seen
        or proposed; ``seen`` where within it.
    weeks
        ``channel``, ``spend``, ``customers``: the weeks they were fitted on.
    days, level, measure, notes
        Age at which value is stated; level of the intervals; what value means; what a reader must know.
    """

    table: pd.DataFrame
    total: float
    gain: float
    gain_low: float
    gain_high: float
    chance: float
    marginal_total: float
    best_total: float
    reading: str
    test: StepTest | None
    curves: pd.DataFrame
    weeks: pd.DataFrame
    days: int
    level: float
    measure: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Everything that is known of the channels with spend, arrays of shape (C,) or (B, C)."""

    weeks: Weeks
    response: Response
    value: Floats
    now: Floats
    least: Floats
    most: Floats
    taught: Bools
    varies: Bools

    def marginal(self, spend: Floats) -> Floats:
        """Mean value that one more unit of money brings, over the draws: still concave, and careful by itself."""
        return np.asarray((self.value[1:] * self.response.slope(spend)[1:]).mean(axis=0))

    def worth(self, spend: Floats) -> Floats:
        """Value of the customers of a week at these spends, the estimate and its draws."""
        return np.asarray((self.value * self.response.customers(spend)).sum(axis=1))


def budget(
    study: Study,
    *,
    total: float | None = None,
    bounds: tuple[float, float] = (0.5, 2.0),
    limits: Mapping[str, tuple[float, float]] | None = None,
    rule: str = "first_touch",
    days: int | None = None,
    currency: str = "",
    seed: int = 0,
) -> Budget:
    """Split a weekly budget by the value that the next unit of money is expected to bring in each channel.

    Parameters
    ----------
    study
        From `tenure_decisions.economics.study.open_study`, with spend.
    total
        Money per week; default what is spent now (mean of the last 13 weeks).
    bounds
        Least and most for each channel, in multiples of what it gets now.
    limits
        Least and most in money per week for single channels, instead of ``bounds``.
    rule
        How credit is given.
    days
        Age at which the value of a new customer is stated; default the longest horizon.
    currency
        Shown in the proposal of the test.
    seed
        Of the draws.

    Raises
    ------
    DataContractError
        When there is no spend, or none in the last 13 weeks.
    UsageError
        When bounds, limits or total make no sense.
    """
    age = study.horizons[-1] if days is None else days
    if age not in study.horizons:
        raise UsageError(f"Value is not stated at {age} days.", found=f"horizons {list(study.horizons)}")
    plan = _plan(study, rule, age, bounds=bounds, limits=limits or {}, seed=seed)
    wanted = float(plan.now.sum()) if total is None else total
    then = allocate(plan.marginal, total=wanted, low=plan.least, high=plan.most)
    table = _table(plan, then, study.level)
    gained = plan.worth(then) - plan.worth(plan.now) - (then.sum() - plan.now.sum())
    low, high = interval(gained[1:], study.level)
    reading = ESTIMATE if plan.taught.all() else DIRECTION
    best = spend_at(plan.marginal, 1.0, low=plan.least, high=plan.most)
    return Budget(
        table=table,
        total=wanted,
        gain=float(gained[1:].mean()),
        gain_low=low,
        gain_high=high,
        chance=float((gained[1:] > 0).mean()),
        marginal_total=_last_return(plan, then),
        best_total=float(best.sum()) if (best < plan.most).any() else np.inf,
        reading=reading,
        test=_test(plan, then, currency),
        curves=_curves(plan, then, study.level),
        weeks=_points(plan),
        days=age,
        level=study.level,
        measure=study.ledger.definition,
        notes=(*study.notes, *_notes(table, reading)),
    )


def _plan(
    study: Study,
    rule: str,
    days: int,
    *,
    bounds: tuple[float, float],
    limits: Mapping[str, tuple[float, float]],
    seed: int,
) -> _Plan:
    if study.costs.spend is None or study.costs.spend.empty:
        raise DataContractError(
            "A budget needs a table of spend.", fix="Name it under [tables.spend]: date, channel, cost."
        )
    weeks = count_weeks(study.acquired, study.costs.spend, rule=rule, as_of=study.as_of)
    recent = weeks.spend[:, -RECENT_WEEKS:].mean(axis=1) if weeks.number else np.zeros(len(weeks.channels))
    if weeks.number < RECENT_WEEKS or not recent.any():
        raise DataContractError(
            f"A budget needs spend in the last {RECENT_WEEKS} weeks.", found=f"{weeks.number} whole weeks of spend"
        )
    response = fit_response(weeks, seed=seed, draws=study.resampler.resamples)
    at = [weeks.channels.index(name) for name in response.channels]
    now, spend, live = recent[at], weeks.spend[at], weeks.live[at]
    mean = divide((spend * live).sum(axis=1), live.sum(axis=1) * 1.0)
    spread = np.sqrt(divide((live * (spend - mean[:, None]) ** 2).sum(axis=1), live.sum(axis=1) * 1.0))
    varies = spread > VARIES * mean
    taught = varies & ((spend > 0).sum(axis=1) >= YEAR_WEEKS)
    least, most = _bounds(response.channels, now, bounds, limits)
    step = np.where(varies, DIRECTION_STEP, 0.0)
    least = np.where(taught, least, np.clip(now * (1 - step), least, most))
    most = np.where(taught, most, np.clip(now * (1 + step), least, most))
    value = np.stack([_value(study, rule, name, days) for name in response.channels], axis=1)
    return _Plan(
        weeks=weeks, response=response, value=value, now=now, least=least, most=most, taught=taught, varies=varies
    )


def _bounds(
    channels: tuple[str, ...],
    now: Floats,
    bounds: tuple[float, float],
    limits: Mapping[str, tuple[float, float]],
) -> tuple[Floats, Floats]:
    if unknown := set(limits) - set(channels):
        raise UsageError(
            f"There is no spend on {sorted(unknown)[0]!r}.", found=f"spend on {', '.join(channels)}"
        )  # fmt: skip
    pairs = [limits.get(name, (bounds[0] * own, bounds[1] * own)) for name, own in zip(channels, now, strict=True)]
    least, most = np.array(pairs, dtype=np.float64).T
    if not (np.isfinite(least).all() and np.isfinite(most).all() and (least >= 0).all() and (least <= most).all()):
        raise UsageError("Bounds are a least and a most, zero or more.", found=f"{bounds}, {dict(limits)}")
    return least, most


def _value(study: Study, rule: str, name: str, days: int) -> Floats:
    """Predict the value of a new customer of a channel: of the last year's, drawn to the channel's, then the shop's."""
    of_channel = (study.acquired[rule] == name).to_numpy()
    who, young = np.flatnonzero(of_channel), np.flatnonzero(of_channel & (study.ages.age < VALUE_COHORT_DAYS))
    steps = steps_of(study.ages, who, study.resampler, study.shop) if len(who) else study.shop
    chosen = young if len(young) else who if len(who) else np.arange(len(study.acquired))
    clv = lifetime_value(
        study.ages, chosen, horizons=(days,), resampler=study.resampler, shop=steps, scored=study.scored
    ).predicted[:, 0]
    return np.where(np.isfinite(clv), clv, clv[0])


def _table(plan: _Plan, then: Floats, level: float) -> pd.DataFrame:
    now, response, value = plan.now, plan.response, plan.value
    slope_now, slope_then = value * response.slope(now), value * response.slope(then)
    bought_now, bought_then = response.customers(now), response.customers(then)
    at = [plan.weeks.channels.index(name) for name in response.channels]
    seen = plan.weeks.spend[at]
    rows = []
    for k, name in enumerate(response.channels):
        positive = seen[k][seen[k] > 0]
        moved = then[k] / now[k] - 1 if now[k] > 0 else 0.0
        average_return = divide(value[:, k] * bought_now[:, k], np.full(len(value), now[k]))
        rows.append(
            {
                "channel": name, "spend_now": now[k], "spend_then": then[k], "least": plan.least[k],
                "most": plan.most[k],
                **estimate("value", value[:, k], level),
                **estimate("average_return", average_return, level),
                **estimate("marginal_return", slope_now[:, k], level),
                **estimate("marginal_then", slope_then[:, k], level),
                **estimate("customers_now", bought_now[:, k], level),
                **estimate("customers_then", bought_then[:, k], level),
                "reading": ESTIMATE if plan.taught[k] else DIRECTION,
                "direction": "hold" if abs(moved) < 0.02 else "more" if moved > 0 else "less",
                "extrapolated": bool(then[k] > positive.max() or then[k] < positive.min()),
                "reason": _reason(plan, k, len(positive)),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _reason(plan: _Plan, k: int, weeks: int) -> str:
    if not plan.varies[k]:
        return "weekly spend never varied: what more would bring is not known, so it is held"
    if not plan.taught[k]:
        return f"{weeks} weeks of spend, less than a year: moved by {DIRECTION_STEP:.0%} at most"
    return f"{weeks} weeks of spend"


def _last_return(plan: _Plan, then: Floats) -> float:
    """Return what the last unit of money brings where no bound holds; the mean where bounds hold everywhere."""
    free = (then > plan.least * (1 + 1e-6)) & (then < plan.most * (1 - 1e-6))
    earned = plan.marginal(then)
    return float(earned[free].mean() if free.any() else np.average(earned, weights=np.maximum(then, 1e-12)))


def _test(plan: _Plan, then: Floats, currency: str) -> StepTest | None:
    """Propose a test of the largest move; where it would take too long, of switching a channel off for a while.

    Off against on is the largest step there is and tests the curve at its steepest; of all channels the one that
    would be decided soonest is taken.
    """
    active = np.flatnonzero(plan.now > 0)
    if not len(active):
        return None
    moved = int(active[np.argmax(np.abs(then - plan.now)[active])])
    change = float(then[moved] / plan.now[moved] - 1)
    if abs(change) < SMALLEST_STEP:
        change = SMALLEST_STEP if change >= 0 else -SMALLEST_STEP
    first = _step(plan, moved, float(plan.now[moved] * (1 + change)), currency)
    if 2 * first.units <= LONGEST_WEEKS:
        return first
    return min((first, *(_step(plan, int(k), 0.0, currency) for k in active)), key=lambda test: test.units)


def _step(plan: _Plan, k: int, amount: float, currency: str) -> StepTest:
    spend = plan.now.copy()
    spend[k] = amount
    now, then = (float(plan.response.customers(each)[:, k].mean()) for each in (plan.now, spend))
    everybody = float(plan.weeks.customers[:, -RECENT_WEEKS:].sum(axis=0).mean())
    return propose(
        plan.response.channels[k], spend=(float(plan.now[k]), amount), customers=(now, then),
        others=max(0.0, everybody - now), dispersion=plan.response.dispersion, currency=currency,
    )  # fmt: skip


def _curves(plan: _Plan, then: Floats, level: float) -> pd.DataFrame:
    """Lay the curves out on a grid of spends."""
    seen = plan.weeks.spend[[plan.weeks.channels.index(name) for name in plan.response.channels]]
    top = np.maximum(seen.max(axis=1), then)
    rows = []
    for step in np.linspace(0.0, 1.0, GRID):
        spend = step * top
        bought = plan.response.customers(spend)
        for k, name in enumerate(plan.response.channels):
            row = {"channel": name, "spend": spend[k], **estimate("customers", bought[:, k], level)}
            rows.append(row | {"seen": bool(spend[k] <= seen[k].max())})
    return pd.DataFrame(rows).sort_values(["channel", "spend"], ignore_index=True)


def _points(plan: _Plan) -> pd.DataFrame:
    """Lay the weeks of channels with spend out in rows, weeks in which a channel was off left out."""
    at = [plan.weeks.channels.index(name) for name in plan.response.channels]
    row, week = np.nonzero(plan.weeks.live[at])
    names = np.array(plan.response.channels, dtype=object)
    return pd.DataFrame(
        {
            "channel": names[row], "spend": plan.weeks.spend[at][row, week],
            "customers": plan.weeks.customers[at][row, week],
        }
    )  # fmt: skip


def _notes(table: pd.DataFrame, reading: str) -> list[str]:
    notes = []
    if reading == DIRECTION:
        names = ", ".join(table.loc[table["reading"] == DIRECTION, "channel"])
        notes.append(f"Direction only, not an amount: {names}.")
    if table["extrapolated"].any():
        names = ", ".join(table.loc[table["extrapolated"], "channel"])
        notes.append(f"Beyond any weekly spend seen so far: {names}. The curve is a guess there.")
    notes.append(
        "Weekly spend was not set at random: where it followed demand, curves are too steep. Nothing here is a promise "
        "before an experiment."
    )
    return notes
