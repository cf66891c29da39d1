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
    alone
        P(order) when left alone, shape (customers,).
    value
        Money that an order within the horizon brings in all, shape (customers,).
    redeem
        P(the offer is taken).
    offer_cost
        Money of an offer that is taken.
    allowed
        Whether something is known of this contact to this customer.
    """

    customer_id: pd.Series[str] = field(repr=False)
    offers: tuple[Offer, ...]
    uplift: Floats = field(repr=False)
    alone: Floats = field(repr=False)
    value: Floats = field(repr=False)
    redeem: Floats = field(repr=False)
    offer_cost: Floats = field(repr=False)
    allowed: Bools = field(repr=False)

    @property
    def contact(self) -> Floats:
        """Cost of a contact, shape (offers,)."""
        return np.array([offer.contact for offer in self.offers])

    @property
    def cost(self) -> Floats:
        """Expected money spent: contact, and the offer if it is taken."""
        spent: Floats = self.contact + self.redeem * self.offer_cost
        return spent

    @property
    def profit(self) -> Floats:
        """Expected profit: uplift x value - P(redeem) x offer - contact."""
        return self.uplift * self.value[:, None] - self.cost

    @property
    def limit(self) -> Floats:
        """Dearest offer with which the contact still breaks even; 0 where none does."""
        left = self.uplift * self.value[:, None] - self.contact
        return np.maximum(np.divide(left, self.redeem, out=np.zeros_like(left), where=self.redeem > 0), 0.0)

    @property
    def break_even(self) -> Floats:
        """Uplift from which on the contact pays; infinite where none would."""
        r = np.divide(self.redeem, self.alone[:, None] + self.uplift, out=np.zeros_like(self.redeem),
                      where=self.alone[:, None] + self.uplift > 0)  # fmt: skip
        gain: Floats = self.value[:, None] - r * self.offer_cost
        fixed = self.contact + r * self.alone[:, None] * self.offer_cost
        return np.asarray(np.divide(fixed, gain, out=np.full(gain.shape, np.inf), where=gain > 0))


def price(
    people: pd.DataFrame, offers: Sequence[Offer], *, uplift: pd.DataFrame | None, saves: float | None, redeem: float
) -> Pricing:
    """Expect what every offer does to every customer.

    Parameters
    ----------
    people
        ``customer_id``, ``churn_probability``, ``value`` (money a customer brings who orders) and ``order_value``.
    offers
        What is on offer.
    uplift
        Measured: ``customer_id, arm, uplift, outcome_treated, inside``, see
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
    require(people, ("customer_id", "churn_probability", "value", "order_value"), name="people")
    if (uplift is None) == (saves is None):
        raise UsageError(
            "What a contact does is not known." if uplift is None else "What a contact does is measured and assumed.",
            fix="Give --uplift of tenure uplift, or say --saves SHARE: then everything rests on that assumption.",
        )
    shape = (len(people), len(offers))
    churn = people["churn_probability"].to_numpy(dtype=np.float64)
    if uplift is None:
        gained = np.broadcast_to((saves or 0.0) * churn[:, None], shape).copy()
        alone, allowed = 1 - churn, np.ones(shape, dtype=bool)
    else:
        gained, alone, allowed = _take_measured(people, offers, uplift)
    order_value = np.maximum(people["order_value"].fillna(0).to_numpy(dtype=np.float64), 0.0)
    taken = redeem * np.clip(alone[:, None] + gained, 0.0, 1.0)
    return Pricing(
        customer_id=people["customer_id"].reset_index(drop=True),
        offers=tuple(offers),
        uplift=gained,
        alone=alone,
        value=np.maximum(people["value"].to_numpy(dtype=np.float64), 0.0),
        redeem=taken,
        offer_cost=np.stack([offer.offer + offer.offer_share * order_value for offer in offers], axis=1),
        allowed=allowed,
    )


def _take_measured(people: pd.DataFrame, offers: Sequence[Offer], uplift: pd.DataFrame) -> tuple[Floats, Floats, Bools]:
    require(uplift, ("customer_id", "arm", "uplift", "outcome_control", "inside"), name="uplift")
    arms = sorted(map(str, uplift["arm"].unique()))
    unknown = [offer.arm for offer in offers if offer.arm not in arms]
    if unknown:
        raise UsageError(f"Nothing was measured of the arm {unknown[0]!r}.", found=f"measured arms: {', '.join(arms)}")
    gained, allowed, alone = [], [], np.full(len(people), np.nan)
    for offer in offers:
        rows = uplift[uplift["arm"] == offer.arm].set_index("customer_id").reindex(people["customer_id"])
        gained.append(rows["uplift"].fillna(0.0).to_numpy(dtype=np.float64))
        allowed.append(rows["inside"].astype("boolean").fillna(False).to_numpy(dtype=bool))
        control = rows["outcome_control"].to_numpy(dtype=np.float64)
        alone = np.where(np.isnan(alone), control, alone)
    alone = np.clip(np.nan_to_num(alone), 0.0, 1.0)
    return np.stack(gained, axis=1), alone, np.stack(allowed, axis=1)


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
    keys = {RISKIEST: priced.alone, DEAREST: -priced.value, CONTACT_ALL: np.zeros(len(priced.alone))}
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
    ...                        "order_value": [50.0]})
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
