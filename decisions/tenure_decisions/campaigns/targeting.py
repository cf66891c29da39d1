"""Whom to contact with which offer under a budget: expected profit of every customer and offer, and the best choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure_decisions.inputs import Bools, Floats, Ints, require
from tenure_features.errors import UsageError

RISKIEST, DEAREST, CONTACT_ALL, BY_PROFIT = "highest risk first", "highest value first", "everybody", "expected profit"
"""Ways to choose whom to contact."""
MEASURED = ("uplift", "outcome_control", "lift", "extra", "inside")
"""Columns of a measured uplift that a price is made of."""
_HALVINGS = 60
CURVE_POINTS = 25


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What an arm costs.

    Attributes
    ----------
    arm
        Its name.
    contact
        Money per customer contacted.
    offer
        Money per customer who takes the offer.
    offer_share
        The same as a share of the value of an order, added to ``offer``.
    """

    arm: str
    contact: float
    offer: float = 0.0
    offer_share: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Pricing:
    """Every customer with every offer; arrays have shape (customers, offers).

    Attributes
    ----------
    customer_id
        Shape (customers,).
    offers
        By column.
    uplift
        What the contact adds to P(order).
    gain
        Money that the contact brings before its costs.
    alone
        P(order) when left alone, shape (customers,).
    expected
        Money that a customer left alone is expected to bring, shape (customers,).
    value
        Money that a customer brings who orders, shape (customers,).
    redeem
        P(the offer is taken).
    offer_cost
        Money of an offer that is taken.
    break_even
        Uplift, or where it is measured lift of the money, from which on the contact pays; infinite where none would.
    allowed
        Whether something is known of this contact to this customer.
    """

    customer_id: pd.Series[str] = field(repr=False)
    offers: tuple[Offer, ...]
    uplift: Floats = field(repr=False)
    gain: Floats = field(repr=False)
    alone: Floats = field(repr=False)
    expected: Floats = field(repr=False)
    value: Floats = field(repr=False)
    redeem: Floats = field(repr=False)
    offer_cost: Floats = field(repr=False)
    break_even: Floats = field(repr=False)
    allowed: Bools = field(repr=False)

    @property
    def contact(self) -> Floats:
        """Cost of a contact, shape (offers,)."""
        return _contacts(self.offers)

    @property
    def cost(self) -> Floats:
        """Expected money spent: contact, and the offer if it is taken."""
        spent: Floats = self.contact + self.redeem * self.offer_cost
        return spent

    @property
    def profit(self) -> Floats:
        """Expected profit: gain - P(redeem) x offer - contact."""
        return self.gain - self.cost

    @property
    def limit(self) -> Floats:
        """Dearest offer with which the contact still breaks even; 0 where none does."""
        left = self.gain - self.contact
        return np.maximum(np.divide(left, self.redeem, out=np.zeros_like(left), where=self.redeem > 0), 0.0)


def price(
    people: pd.DataFrame, offers: Sequence[Offer], *, uplift: pd.DataFrame | None, saves: float | None, redeem: float
) -> Pricing:
    """Expect what every offer does to every customer.

    Assumed, a contact brings uplift x value. Measured, it brings the lift of the campaign x the money expected of the
    customer left alone, what was learned of them beyond that, and uplift x what comes later; the offer as it was tried
    is in this, so that what it gives away is not taken off twice.

    Parameters
    ----------
    people
        ``customer_id``, ``churn_probability``, ``value`` (money a customer brings who orders), ``order_value``,
        ``expected`` (money they are expected to bring within the window of the effect, left alone) and ``later``
        (money after it of a customer who orders; 0 where only the window counts).
    offers
        What is on offer.
    uplift
        Measured: ``customer_id, arm, uplift, outcome_control, lift, extra, inside``, see
        `tenure_decisions.campaigns.arm_uplift.ArmUplift.predict`. Customers outside what the campaign reached are not
        contacted. None: assumed.
    saves
        Assumed instead: share of would-be leavers whom a contact keeps, 0 to 1.
    redeem
        Share of those who order after a contact who take the offer, 0 to 1.

    Raises
    ------
    UsageError
        Neither or both of uplift and an assumption are given, or an arm was never tried.
    """
    require(people, ("customer_id", "churn_probability", "value", "order_value", "expected", "later"), name="people")
    if (uplift is None) == (saves is None):
        raise UsageError(
            "What a contact does is not known." if uplift is None else "What a contact does is measured and assumed.",
            fix="Give --uplift of tenure uplift, or say --saves SHARE: then everything rests on that assumption.",
        )
    order_value = np.maximum(people["order_value"].fillna(0).to_numpy(dtype=np.float64), 0.0)
    offer_cost = np.stack([offer.offer + offer.offer_share * order_value for offer in offers], axis=1)
    effect = _assume(people, offers, saves or 0.0) if uplift is None else _take_measured(people, offers, uplift)
    taken = redeem * np.clip(effect.alone[:, None] + effect.uplift, 0.0, 1.0)
    value, expected = (np.maximum(people[name].to_numpy(dtype=np.float64), 0.0) for name in ("value", "expected"))
    if effect.lift is None:
        gain = effect.uplift * value[:, None]
        break_even = _uplift_needed(effect.alone[:, None], value[:, None], redeem * offer_cost, _contacts(offers))
    else:
        later = np.maximum(people["later"].to_numpy(dtype=np.float64), 0.0)[:, None]
        more = effect.extra + effect.uplift * later
        gain = effect.lift * expected[:, None] + more + taken * offer_cost
        break_even = _divide(np.maximum(_contacts(offers) - more, 0.0), np.broadcast_to(expected[:, None], more.shape))
    return Pricing(
        customer_id=people["customer_id"].reset_index(drop=True),
        offers=tuple(offers),
        uplift=effect.uplift,
        gain=gain,
        alone=effect.alone,
        expected=expected,
        value=value,
        redeem=taken,
        offer_cost=offer_cost,
        break_even=break_even,
        allowed=effect.allowed,
    )


@dataclass(frozen=True, kw_only=True)
class _Effect:
    """What is known of the effect, shape (customers, offers); lift and extra only where it was measured."""

    uplift: Floats
    alone: Floats
    allowed: Bools
    lift: Floats | None = None
    extra: Floats | float = 0.0


def _contacts(offers: Sequence[Offer]) -> Floats:
    return np.array([offer.contact for offer in offers])


def _divide(top: Floats, bottom: Floats) -> Floats:
    """Divide; infinite where the bottom is not positive."""
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.inf), where=bottom > 0))


def _uplift_needed(alone: Floats, value: Floats, offer: Floats, contact: Floats) -> Floats:
    """Solve uplift x value = offer x (alone + uplift) + contact."""
    return _divide(contact + offer * alone, value - offer)


def _assume(people: pd.DataFrame, offers: Sequence[Offer], saves: float) -> _Effect:
    churn = people["churn_probability"].to_numpy(dtype=np.float64)
    gained = np.repeat(saves * churn[:, None], len(offers), axis=1)
    return _Effect(uplift=gained, alone=1 - churn, allowed=np.ones(gained.shape, dtype=bool))


def _take_measured(people: pd.DataFrame, offers: Sequence[Offer], uplift: pd.DataFrame) -> _Effect:
    require(uplift, ("customer_id", "arm", *MEASURED), name="uplift")
    arms = sorted(map(str, uplift["arm"].unique()))
    unknown = [offer.arm for offer in offers if offer.arm not in arms]
    if unknown:
        raise UsageError(f"Nothing was measured of the arm {unknown[0]!r}.", found=f"measured arms: {', '.join(arms)}")
    columns: dict[str, list[Floats]] = {name: [] for name in MEASURED}
    for offer in offers:
        rows = uplift[uplift["arm"] == offer.arm].set_index("customer_id").reindex(people["customer_id"])
        for name, values in columns.items():
            values.append(np.asarray(rows[name].astype("Float64").fillna(0.0), dtype=np.float64))
    stacked = {name: np.stack(values, axis=1) for name, values in columns.items()}
    allowed = stacked["inside"] > 0
    alone = np.where(allowed, stacked["outcome_control"], np.nan)
    first = allowed.argmax(axis=1)  # of the first arm that knows the customer
    alone = np.clip(np.nan_to_num(alone[np.arange(len(alone)), first]), 0.0, 1.0)
    return _Effect(
        uplift=stacked["uplift"], alone=alone, allowed=allowed, lift=stacked["lift"], extra=stacked["extra"]
    )  # fmt: skip


def choose_best(priced: Pricing, budget: float | None) -> Ints:
    """Choose an offer for everybody, -1 for none, so that expected profit is largest and expected cost in the budget.

    Every customer takes the offer of the largest profit less ``price of money`` x cost, and none where that is not
    positive; the price of money is raised until the budget holds (Lagrange; the best choice but for the last customer).

    Parameters
    ----------
    priced
        From `price`.
    budget
        Expected money to spend; None for no limit.

    Returns
    -------
    array
        Column of the offer, shape (customers,).
    """
    profit = np.where(priced.allowed, priced.profit, -np.inf)
    cost = priced.cost

    def at(price_of_money: float) -> Ints:
        worth = profit - price_of_money * cost
        best = worth.argmax(axis=1)
        return np.where(worth[np.arange(len(best)), best] > 0, best, -1).astype(np.int64)

    if budget is None or spend_of(priced, at(0.0)) <= budget:
        return at(0.0)
    low, high = 0.0, 1.0
    while spend_of(priced, at(high)) > budget:
        low, high = high, 2 * high
        if high > 1e12:
            return np.full(len(profit), -1, dtype=np.int64)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if spend_of(priced, at(middle)) > budget else (low, middle)
    return _fill(priced, at(high), at(low), budget)


def _fill(priced: Pricing, choice: Ints, next_choice: Ints, budget: float) -> Ints:
    """Add customers whom the last bit of the price kept out, as far as money is left: many may be alike."""
    rows = np.flatnonzero((choice < 0) & (next_choice >= 0))
    costs = np.cumsum(priced.cost[rows, next_choice[rows]])
    inside = rows[costs <= budget - spend_of(priced, choice) + 1e-9]
    filled = choice.copy()
    filled[inside] = next_choice[inside]
    return filled


def spend_of(priced: Pricing, choice: Ints) -> float:
    """Return the expected money that a choice spends."""
    rows = np.flatnonzero(choice >= 0)
    return float(priced.cost[rows, choice[rows]].sum())


def choose_plainly(priced: Pricing, way: str, budget: float | None, *, offer: int) -> Ints:
    """Choose whom to contact with one offer by a plain order, as far as the budget goes; everybody whatever it costs.

    Parameters
    ----------
    priced
        From `price`.
    way
        `RISKIEST`, `DEAREST` or `CONTACT_ALL`.
    budget
        Expected money to spend; None for no limit.
    offer
        Column of the offer.
    """
    choice = np.full(len(priced.alone), -1, dtype=np.int64)
    keys = {RISKIEST: priced.alone, DEAREST: -priced.expected, CONTACT_ALL: np.zeros(len(priced.alone))}
    order = np.argsort(keys[way], kind="stable")
    order = order[priced.allowed[order, offer]]
    limit = np.inf if budget is None or way == CONTACT_ALL else budget
    inside = np.cumsum(priced.cost[order, offer]) <= limit
    choice[order[inside]] = offer
    return choice


def add_up(priced: Pricing, choice: Ints) -> dict[str, float]:
    """Add up what a choice is expected to do.

    Returns
    -------
    dict
        ``contacted`` (customers), ``caught`` (customers who order because of it, less those driven away), ``wasted``
        (contacted customers whom it does not move), ``given_away`` (money of offers that are taken by who would have
        ordered anyway), ``cost`` and ``profit`` (money).
    """
    rows = np.flatnonzero(choice >= 0)
    arm = choice[rows]
    gained, redeem = priced.uplift[rows, arm], priced.redeem[rows, arm]
    would = np.divide(redeem, priced.alone[rows] + gained, out=np.zeros(len(rows)),
                      where=priced.alone[rows] + gained > 0) * priced.alone[rows]  # fmt: skip
    return {
        "contacted": float(len(rows)),
        "caught": float(gained.sum()),
        "wasted": float(len(rows) - gained.sum()),
        "given_away": float((would * priced.offer_cost[rows, arm]).sum()),
        "cost": float(priced.cost[rows, arm].sum()),
        "profit": float(priced.profit[rows, arm].sum()),
    }


def slide_budget(priced: Pricing, *, upto: float | None = None) -> pd.DataFrame:
    """Add up the best choice at so many budgets: ``budget`` and the columns of `add_up`."""
    most = spend_of(priced, choose_best(priced, None)) if upto is None else upto
    rows = [
        {"budget": budget} | add_up(priced, choose_best(priced, budget))
        for budget in np.linspace(0, most, CURVE_POINTS)
    ]
    return pd.DataFrame(rows)


def plain_choices(priced: Pricing, budget: float | None) -> dict[str, Ints]:
    """Choose by every way, the plain ones with the offer that brings most where it may choose freely."""
    each = [np.maximum(np.where(priced.allowed, priced.profit, 0.0)[:, n], 0).sum() for n in range(len(priced.offers))]
    offer = int(np.argmax(each))
    plain = {way: choose_plainly(priced, way, budget, offer=offer) for way in (RISKIEST, DEAREST, CONTACT_ALL)}
    return {BY_PROFIT: choose_best(priced, budget)} | plain


def break_even_saves(priced: Pricing, choice: Ints) -> float:
    """Return the share of would-be leavers who must be kept for a choice to pay; infinite where none would do.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["a"], "churn_probability": [0.5], "value": [100.0],
    ...                        "order_value": [50.0], "expected": [50.0], "later": [0.0]})
    >>> priced = price(people, [Offer(arm="mail", contact=5.0)], uplift=None, saves=0.2, redeem=1.0)
    >>> break_even_saves(priced, np.array([0]))
    0.1
    """
    rows = np.flatnonzero(choice >= 0)
    arm, alone = choice[rows], priced.alone[rows]
    after = alone + priced.uplift[rows, arm]
    r = np.divide(priced.redeem[rows, arm], after, out=np.zeros(len(rows)), where=after > 0)
    offer = priced.offer_cost[rows, arm]
    gain = float(((1 - alone) * (priced.value[rows] - r * offer)).sum())
    fixed = float((priced.contact[arm] + r * alone * offer).sum())
    return fixed / gain if gain > 0 else float("inf")
