"""Standing tests, one per group of customers: newcomers are assigned, results close tests, the next one is proposed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.allocation import draw_arms_of, draw_places, thompson_shares
from tenure_decisions.campaigns.holdout import HoldoutDraw, HoldoutRules, draw_holdout, is_holdout
from tenure_decisions.campaigns.information import EffectBelief
from tenure_decisions.campaigns.proposals import Tactic, believe_lift, propose_tactics
from tenure_decisions.campaigns.standing_results import StandingResult, measure_standing
from tenure_decisions.campaigns.standing_rules import ALLOCATIONS, StandingRules
from tenure_decisions.campaigns.trial import CONTROL
from tenure_features.errors import UsageError


def no_assignments() -> pd.DataFrame:
    """Return a table of assignments without rows."""
    texts = {name: pd.Series(dtype="str") for name in ("customer_id", "campaign", "arm")}
    return pd.DataFrame(
        {**texts, "assigned_at": pd.Series(dtype="datetime64[us]"), "probability": pd.Series(dtype=float)}
    )


@dataclass(frozen=True, kw_only=True)
class StandingGroup:
    """A group of customers and what may be tried on it.

    Attributes
    ----------
    name
        Of the group.
    tactics
        What may be tried.
    customers
        Who belongs to it now.
    value
        What a customer of it is expected to bring within the window.
    mean, deviation
        Of the metric, over the customers of it.
    segments
        Of the same customers now, row by row; written beside whoever is drawn. None where scores have none.
    """

    name: str
    tactics: tuple[Tactic, ...]
    customers: pd.Series[str] = field(repr=False)
    value: float
    mean: float
    deviation: float
    segments: pd.Series[str] | None = field(default=None, repr=False)


@dataclass(frozen=True, kw_only=True)
class StandingTest:
    """A test that was begun.

    Attributes
    ----------
    group, campaign, tactics
        Where, its name in the assignments, and what is tried.
    opened_at, closed_at
        When; None while it runs.
    shares
        Of every arm, by the moment from which on they held.
    results
        By tactic, as they were when it closed; while it runs those of the last call.
    """

    group: str
    campaign: str
    tactics: tuple[str, ...]
    opened_at: pd.Timestamp
    closed_at: pd.Timestamp | None = None
    shares: tuple[tuple[pd.Timestamp, Mapping[str, float]], ...] = ()
    results: tuple[StandingResult, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StandingState:
    """Everything that the next call must know.

    Attributes
    ----------
    as_of
        Of the last call; None before the first.
    tests
        In the order they were begun.
    assignments
        Of all of them and of the hold-out, with the ``probability`` of the arm drawn and the ``segment`` of then.
    """

    as_of: pd.Timestamp | None = None
    tests: tuple[StandingTest, ...] = ()
    assignments: pd.DataFrame = field(repr=False, default_factory=no_assignments)


@dataclass(frozen=True, kw_only=True)
class StandingCall:
    """What a call did.

    Attributes
    ----------
    state
        After it.
    drawn
        Rows of assignments that it added.
    proposals
        Of every group: what to try, in the order of what is learned.
    skipped
        By group: customers not assigned since another test has them, or nobody may reach them.
    notes
        What was done.
    """

    state: StandingState
    drawn: pd.DataFrame = field(repr=False)
    proposals: pd.DataFrame = field(repr=False)
    skipped: Mapping[str, int]
    notes: tuple[str, ...] = ()


def call_standing(
    groups: Sequence[StandingGroup],
    state: StandingState,
    orders: pd.DataFrame,
    rules: StandingRules,
    *,
    holdout: HoldoutRules,
    elsewhere: pd.DataFrame,
    as_of: pd.Timestamp,
) -> StandingCall:
    """Make one scheduled call: analyse what runs, close what is decided, begin what is next, assign newcomers.

    The same call again changes nothing: draws depend on the customer and the test alone, and a moment that was called
    is not drawn again.

    Parameters
    ----------
    groups
        As they are now; a customer of several belongs to the first.
    state
        After the call before.
    orders
        As in `tenure_decisions.campaigns.trial.open_trial`, before ``as_of``.
    rules, holdout
        How.
    elsewhere
        Assignments of other campaigns: their customers are left alone while their windows are open.
    as_of
        The moment of the call.

    Raises
    ------
    UsageError
        A later call was made, or the rules are none.
    """
    _require_rules(rules, groups)
    if state.as_of is not None and as_of < state.as_of:
        raise UsageError(
            f"The last call was made for {state.as_of:%Y-%m-%d}: what it assigned would be undone.",
            found=f"{as_of:%Y-%m-%d}",
            fix="Call for that day or a later one, or write to another folder.",
        )
    again = state.as_of == as_of
    tests = [_look_at(test, state, orders, rules, as_of=as_of) for test in state.tests]
    proposals = pd.concat([_propose(group, tests, rules) for group in groups], ignore_index=True)
    so_far = pd.concat([part for part in (elsewhere, state.assignments) if len(part)] or [no_assignments()])
    if again:
        return StandingCall(
            state=replace(state, tests=tuple(tests)), drawn=state.assignments[:0], proposals=proposals, skipped={},
            notes=(f"{as_of:%Y-%m-%d} had been called before: nobody was assigned anew.",),
        )  # fmt: skip
    everybody = pd.Series(pd.unique(np.concatenate([group.customers.to_numpy() for group in groups])))
    apart = draw_holdout(everybody, so_far, holdout, at=as_of)
    tests = _begin(groups, tests, proposals, rules, as_of=as_of)
    rows, skipped = _assign(groups, tests, so_far, apart, rules, as_of=as_of)
    drawn = pd.concat([apart.drawn.assign(probability=_holdout_chance(apart, holdout)), *rows], ignore_index=True)
    assignments = pd.concat([part for part in (state.assignments, drawn) if len(part)] or [drawn], ignore_index=True)
    return StandingCall(
        state=StandingState(as_of=as_of, tests=tuple(tests), assignments=assignments), drawn=drawn,
        proposals=proposals, skipped=skipped, notes=apart.notes,
    )  # fmt: skip


def _require_rules(rules: StandingRules, groups: Sequence[StandingGroup]) -> None:
    if rules.allocation not in ALLOCATIONS:
        raise UsageError(f"The allocation {rules.allocation!r} is none.", fix=f"There are {', '.join(ALLOCATIONS)}.")
    most = max((len(group.tactics) for group in groups), default=0) + 1
    if rules.allocation == "thompson" and rules.floor * most > 1:
        raise UsageError(
            f"A floor of {rules.floor:g} leaves nothing to {most} arms.", fix=f"Set it to {1 / most:.2f} or less."
        )


def _holdout_chance(apart: HoldoutDraw, holdout: HoldoutRules) -> np.ndarray:
    return np.where(apart.drawn["arm"] == "holdout", holdout.share, 1 - holdout.share)


def _look_at(
    test: StandingTest, state: StandingState, orders: pd.DataFrame, rules: StandingRules, *, as_of: pd.Timestamp
) -> StandingTest:
    """Measure a running test, and close it once every tactic is decided or no further customer is to come."""
    if test.closed_at is not None and test.closed_at < as_of:
        return test
    mine = state.assignments[state.assignments["campaign"] == test.campaign]
    results, still_open = measure_standing(
        mine, state.assignments, orders, test.campaign, test.tactics,
        shares=_mean_shares(test, mine), weighted=len(test.shares) > 1, rules=rules, as_of=as_of,
    )  # fmt: skip
    decided = bool(results) and all(result.outcome != "not enough data" for result in results)
    over = not _takes_more(test, mine, rules, as_of) and not still_open and len(mine) > 0
    return replace(test, results=results, closed_at=as_of if decided or over else None)


def _mean_shares(test: StandingTest, mine: pd.DataFrame) -> dict[str, float]:
    """Average the shares over the customers that were drawn by them."""
    total = dict.fromkeys((CONTROL, *test.tactics), 0.0)
    for at, count in mine["assigned_at"].value_counts().items():
        until_then = [shares for start, shares in test.shares if start <= pd.Timestamp(str(at))]
        for arm, share in until_then[-1].items():
            total[arm] += share * int(count)
    return {arm: share / max(len(mine), 1) for arm, share in total.items()}


def _takes_more(test: StandingTest, mine: pd.DataFrame, rules: StandingRules, as_of: pd.Timestamp) -> bool:
    return len(mine) < rules.planned and as_of < test.opened_at + pd.Timedelta(days=rules.longest_days)


def _propose(group: StandingGroup, tests: Sequence[StandingTest], rules: StandingRules) -> pd.DataFrame:
    running = any(test.group == group.name and test.closed_at is None for test in tests)
    results = [(test.group, result) for test in tests if test.closed_at is not None for result in test.results]
    return propose_tactics(
        group.name, group.tactics, results, value=group.value, variation=group.deviation / group.mean,
        customers=len(group.customers), planned=rules.planned, control_share=rules.control_share,
    ).assign(running=running)  # fmt: skip


def _begin(
    groups: Sequence[StandingGroup],
    tests: list[StandingTest],
    proposals: pd.DataFrame,
    rules: StandingRules,
    *,
    as_of: pd.Timestamp,
) -> list[StandingTest]:
    """Begin a test in every group that has none, and renew the shares of those that follow results."""
    renewed = [_renew(test, groups, tests, rules, as_of=as_of) for test in tests]
    for group in groups:
        waiting = proposals[(proposals["group"] == group.name) & ~proposals["running"] & (proposals["worth_trying"])]
        if waiting.empty or group.customers.empty:
            continue
        names = tuple(waiting["tactic"]) if rules.allocation == "thompson" else (str(waiting["tactic"].iloc[0]),)
        even = {CONTROL: rules.control_share, **dict.fromkeys(names, (1 - rules.control_share) / len(names))}
        campaign = f"{group.name}: {' or '.join(names)} {as_of:%Y-%m-%d}"
        renewed.append(
            StandingTest(group=group.name, campaign=campaign, tactics=names, opened_at=as_of, shares=((as_of, even),))
        )
    return renewed


def _renew(
    test: StandingTest,
    groups: Sequence[StandingGroup],
    tests: Sequence[StandingTest],
    rules: StandingRules,
    *,
    as_of: pd.Timestamp,
) -> StandingTest:
    mine = [group for group in groups if group.name == test.group]
    measured = [result for result in test.results if result.error > 0]
    if rules.allocation != "thompson" or test.closed_at is not None or not mine or not measured:
        return test
    closed = [(other.group, result) for other in tests if other.closed_at is not None for result in other.results]
    beliefs: dict[str, EffectBelief] = {}
    for tactic in mine[0].tactics:
        if tactic.name in test.tactics:
            now = [(test.group, result) for result in measured if result.tactic == tactic.name]
            beliefs[tactic.name] = believe_lift(tactic, test.group, [*closed, *now])
    rng = np.random.default_rng([rules.seed, int(as_of.timestamp())])
    shares = thompson_shares(beliefs, control=CONTROL, floor=rules.floor, rng=rng)
    return replace(test, shares=(*test.shares, (as_of, shares)))


def _assign(
    groups: Sequence[StandingGroup],
    tests: Sequence[StandingTest],
    so_far: pd.DataFrame,
    apart: HoldoutDraw,
    rules: StandingRules,
    *,
    as_of: pd.Timestamp,
) -> tuple[list[pd.DataFrame], dict[str, int]]:
    """Draw the newcomers of every test that takes more; nobody gets into two."""
    near = (so_far["assigned_at"] - as_of).abs() < pd.Timedelta(days=rules.horizon_days)
    others = so_far[near & ~is_holdout(so_far["campaign"].astype(str))]
    taken, rows, skipped = {*others["customer_id"], *apart.held_out}, [], {}
    for group in groups:
        test = next((each for each in tests if each.group == group.name and each.closed_at is None), None)
        if test is None:
            continue
        mine = so_far[so_far["campaign"] == test.campaign]
        new = group.customers[~group.customers.isin(set(mine["customer_id"]))]
        free = new[~new.isin(taken)]
        skipped[group.name] = len(new) - len(free)
        room = rules.planned - len(mine) if _takes_more(test, mine, rules, as_of) else 0
        # the same customers whatever order the scores come in
        chosen = free.iloc[np.argsort(draw_places(free, key=f"turn:{test.campaign}"), kind="stable")[:room]]
        rows.append(_rows(chosen, test, group, rules, as_of=as_of))
        taken |= set(chosen)
    return rows, skipped


def _rows(
    chosen: pd.Series[str], test: StandingTest, group: StandingGroup, rules: StandingRules, *, as_of: pd.Timestamp
) -> pd.DataFrame:
    shares = test.shares[-1][1]
    arms = draw_arms_of(chosen, shares, key=f"{rules.seed}:{test.campaign}")
    contact = {tactic.name: tactic.contact_cost for tactic in group.tactics}
    offer = {tactic.name: tactic.offer_cost for tactic in group.tactics}
    segments = {} if group.segments is None else {"segment": group.segments.loc[chosen.index].to_numpy()}
    return pd.DataFrame(
        {
            "customer_id": chosen.to_numpy(),
            "campaign": test.campaign,
            "arm": arms,
            "assigned_at": as_of,
            "probability": [shares[arm] for arm in arms],
            "contact_cost": [contact.get(arm, 0.0) for arm in arms],
            "offer_cost": [offer.get(arm, 0.0) for arm in arms],
            **segments,
        }
    )
