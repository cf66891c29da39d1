"""Bids: what new customers are worth by where they came from, drawn together as far as chance explains it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from tenure_decisions.economics.acquisition import NOT_THEIRS, UNATTRIBUTED
from tenure_decisions.economics.clv import lifetime_value
from tenure_decisions.economics.scored_clv import mean_scored_clv
from tenure_decisions.economics.study import Study
from tenure_decisions.glossary import Term
from tenure_decisions.inputs import Floats, Ints, orders_before, require
from tenure_features.errors import DataContractError, UsageError

BID_DIMENSIONS = ("channel", "campaign", "device", "region")
FEWEST_NEWCOMERS = 30
"""Customers under which a level is left as it is: a bootstrap of fewer does not know how much they vary."""
BID_TERMS: Mapping[str, Term] = {
    "dimension": Term("-", "channel (first touch), or advertising campaign, device or region of the first order"),
    "level": Term("-", "which channel, campaign, device or region"),
    "customers": Term("customers", "first order within the window"),
    "value": Term("money per customer", "mean predicted value of its new customers, before the cost of acquisition"),
    "worth": Term("ratio", "value / that of all new customers whose level is known"),
    "multiplier": Term("ratio", "what to multiply a bid by: worth drawn together where chance explains it, bounded"),
    "adjustment": Term("percent", "100 x (multiplier - 1), a whole number as platforms take it"),
    "verdict": Term("-", "whether the interval of the multiplier lies above or below 1; too few: left as it is"),
    "levels": Term("levels", "those with customers enough to be compared"),
    "spread": Term("ratio", "standard deviation of worth between levels, beyond chance; 0: chance explains it all"),
}  # fmt: skip
_MORE, _LESS, _EQUAL, _TOO_FEW = "worth more", "worth less", "no clear difference", "too few customers"


@dataclass(frozen=True, kw_only=True)
class BidLimits:
    """The bounds of a bid, as multiples of the bid for the average customer.

    Raises
    ------
    UsageError
        If they do not hold 1 between them.
    """

    least: float = 0.5
    most: float = 2.0

    def __post_init__(self) -> None:
        if not (0 < self.least <= 1 <= self.most < np.inf):
            raise UsageError(
                "The bounds of a bid are multiples, the lower one up to 1, the upper one from 1.",
                found=f"{self.least:g} to {self.most:g}",
            )


@dataclass(frozen=True, kw_only=True)
class Bids:
    """Bid adjustments; columns are defined in `BID_TERMS`.

    Attributes
    ----------
    table
        One row per dimension and level, most customers first within a dimension.
    spread
        One row per dimension: ``levels`` that were compared, and ``spread`` of their worth beyond chance.
    measure
        What value means, in words.
    channel
        Whose customers alone were looked at; empty for all.
    notes
        What a reader must know.
    """

    table: pd.DataFrame
    spread: pd.DataFrame
    measure: str
    channel: str
    notes: tuple[str, ...]


def first_places(
    orders: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    customers: pd.DataFrame | None = None,
    events: pd.DataFrame | None = None,
    spend: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Find the device, region and advertising campaign of each customer's first order.

    Parameters
    ----------
    orders
        ``customer_id``, ``ordered_at``, ``revenue`` and, where known, ``device`` and ``region``.
    as_of
        Only rows strictly before it are read.
    customers
        ``customer_id`` and, where known, ``region`` (where the order has none) and ``acquisition_campaign``.
    events
        ``customer_id``, ``occurred_at`` and, where known, ``event``, ``device`` and ``campaign``: the last one at or
        before the first order tells a campaign, and a device that the order does not.
    spend
        ``campaign``: a campaign of an event counts only where money is spent on one of its name.

    Returns
    -------
    DataFrame
        ``customer_id``, ``campaign``, ``device``, ``region``, missing where nothing tells; sorted.
    """
    rows = orders_before(orders, as_of)
    firsts = rows[rows["is_order"]].drop_duplicates("customer_id").set_index("customer_id").sort_index()
    people, last = _one_row_each(customers), _last_touches(firsts["ordered_at"], events, as_of)
    bought = set() if spend is None or "campaign" not in spend else {*spend["campaign"].dropna().astype("str")}
    paid = last["campaign"].where(last["campaign"].isin(bought)) if "campaign" in last else None
    sources = {
        "campaign": (people.get("acquisition_campaign"), _last_of(paid)),
        "device": (firsts.get("device"), _last_of(last.get("device"))),
        "region": (firsts.get("region"), people.get("region")),
    }
    places = {name: _first_of(firsts.index, columns) for name, columns in sources.items()}
    return pd.DataFrame(places, index=firsts.index).reset_index()


def _first_of(ids: pd.Index[str], columns: Iterable[pd.Series[str] | None]) -> pd.Series[str]:
    """Take the first of several columns that tells."""
    place = pd.Series(None, index=ids, dtype="object")
    for column in columns:
        if column is not None:
            place = place.where(place.notna(), column.reindex(ids).astype("object"))
    return place.astype("str")


def _last_of(column: pd.Series[str] | None) -> pd.Series[str] | None:
    return None if column is None else column.dropna().groupby(level=0).last()


def _one_row_each(customers: pd.DataFrame | None) -> pd.DataFrame:
    if customers is None:
        return pd.DataFrame()
    require(customers, ("customer_id",), name="customers")
    return customers.drop_duplicates("customer_id").set_index("customer_id")


def _last_touches(first_at: pd.Series[pd.Timestamp], events: pd.DataFrame | None, at: pd.Timestamp) -> pd.DataFrame:
    """Give what customers did at or before their first order, oldest first, by customer."""
    if events is None:
        return pd.DataFrame()
    require(events, ("customer_id", "occurred_at"), name="events")
    touches = events[events["occurred_at"] < at]
    if "event" in touches:
        touches = touches[~touches["event"].isin(NOT_THEIRS)]
    touches = touches[touches["occurred_at"] <= touches["customer_id"].map(first_at)]
    return touches.sort_values("occurred_at", kind="stable").set_index("customer_id")


def bids(
    study: Study,
    places: pd.DataFrame,
    *,
    days: int = 365,
    limits: BidLimits | None = None,
    channel: str | None = None,
    smallest: int = FEWEST_NEWCOMERS,
) -> Bids:
    """Say by how much a bid for a new customer should differ, by channel, campaign, device and region.

    The worth of a level is the mean predicted value of its new customers over that of all of them, its standard error
    that of a bootstrap over customers. Levels are drawn towards each other by empirical Bayes: worth ~ N(mean,
    spread^2) with the spread of DerSimonian and Laird (1986), so that a level keeps the share spread^2 / (spread^2 +
    se^2) of its difference (Morris, 1983); where chance explains everything, everybody is worth the same. Then all are
    scaled so that the average customer's bid does not change, and bounded.

    Parameters
    ----------
    study
        From `tenure_decisions.economics.study.open_study`; ``days`` is among its horizons. Where its scores carry
        lifetime value, that is what counts, else value until ``days``.
    places
        From `first_places`.
    days
        Age in days until which value counts, where scores carry none for a lifetime.
    limits
        Bounds of a bid.
    channel
        Whose customers alone are compared: an adjustment in an advertising account is against its own average.
    smallest
        Customers under which a level is left as it is.

    Raises
    ------
    UsageError
        When there is no such channel.
    DataContractError
        When new customers are not expected to bring anything: a ratio to nothing is none.
    """
    levels = _levels(study, places, channel)
    bounds = limits or BidLimits()
    chosen = np.ones(len(levels), dtype=bool) if channel is None else (levels["channel"] == channel).to_numpy()
    if not chosen.any():
        listed = ", ".join(sorted(levels["channel"].dropna().unique()))
        raise UsageError(f"No new customer came by {channel!r}.", found=listed, fix="Name one of those.")
    worth = _Worth(study, days)
    if not worth.mean(np.flatnonzero(chosen))[0] > 0:
        raise DataContractError(
            "New customers are not expected to bring anything, so that no bid follows from their value.",
            found=f"{int(chosen.sum()):,} new customers since {study.since:%Y-%m-%d}",
        )
    tables, spreads, notes = [], [], list(study.notes)
    for name in BID_DIMENSIONS if channel is None else BID_DIMENSIONS[1:]:
        here = levels[name].where(chosen)
        if here.notna().any():
            rows, spread = _compare(here, worth, bounds, smallest, study.level)
            tables.append(rows.assign(dimension=name))
            spreads.append({"dimension": name, "levels": int((rows["verdict"] != _TOO_FEW).sum()), "spread": spread})
        else:
            notes.append(f"Nothing says the {name} of new customers: it gets no adjustment.")
    if not tables:
        raise DataContractError("Nothing says where new customers came from.", fix="Map channel, device or region.")
    return Bids(
        table=pd.concat(tables, ignore_index=True)[["dimension", *tables[0].columns.drop("dimension")]],
        spread=pd.DataFrame(spreads),
        measure=worth.measure,
        channel=channel or "",
        notes=(*dict.fromkeys(notes), *_cautions(len(tables))),
    )


def _cautions(dimensions: int) -> Iterator[str]:
    yield (
        "An adjustment is about what a new customer is worth, not about how likely a click becomes one: leave that to "
        "the platform."
    )
    if dimensions > 1:
        yield (
            "Dimensions are compared one by one, and platforms multiply their adjustments: where two tell of the same "
            "customers, take one of them."
        )


def _levels(study: Study, places: pd.DataFrame, channel: str | None) -> pd.DataFrame:
    """Line levels up with the customers of a study; what is unknown is missing."""
    by_id = places.drop_duplicates("customer_id").set_index("customer_id").reindex(study.acquired["customer_id"])
    touch = study.acquired["first_touch"]
    first = touch.where(touch != UNATTRIBUTED) if channel != UNATTRIBUTED else touch
    columns = {name: by_id[name].reset_index(drop=True) if name in by_id else None for name in BID_DIMENSIONS[1:]}
    return pd.DataFrame({"channel": first, **columns}, index=study.acquired.index)


@dataclass(frozen=True)
class _Worth:
    """Mean predicted value of new customers, the estimate and its draws."""

    study: Study
    days: int

    @property
    def measure(self) -> str:
        study = self.study
        scored = mean_scored_clv(study, np.arange(len(study.acquired)), cac=np.zeros(1 + study.resampler.resamples))
        if scored:
            return "lifetime value as the scores state it, before the cost of acquisition"
        return f"{study.ledger.definition} until {self.days} days after the first order"

    def mean(self, who: Ints) -> Floats:
        study = self.study
        scored = mean_scored_clv(study, who, cac=np.zeros(1 + study.resampler.resamples))
        if scored:
            return scored["clv_before_cac"]
        predicted = lifetime_value(
            study.ages, who, horizons=study.horizons, resampler=study.resampler, shop=study.shop, scored=study.scored
        ).predicted
        return predicted[:, study.horizons.index(self.days)]


def _compare(
    levels: pd.Series[str], worth: _Worth, limits: BidLimits, smallest: int, level: float
) -> tuple[pd.DataFrame, float]:
    """Compare the levels of one dimension, and say how much their worth varies beyond chance."""
    counts = levels.value_counts()
    names = sorted(counts.index, key=lambda name: (-counts[name], name))
    everybody = worth.mean(np.flatnonzero(levels.notna()))
    means = [worth.mean(np.flatnonzero(levels == name)) for name in names]
    ratios = [mean / everybody for mean in means]
    ratio = np.array([draws[0] for draws in ratios])
    error = np.array([np.std(draws[1:][np.isfinite(draws[1:])], ddof=1) for draws in ratios])
    sizes = np.array([counts[name] for name in names], dtype=np.float64)
    enough = (sizes >= smallest) & np.isfinite(ratio) & np.isfinite(error)
    together = draw_together(ratio[enough], error[enough])
    posterior, deviation = np.ones(len(names)), np.full(len(names), np.nan)
    posterior[enough], deviation[enough] = together.mean, together.deviation
    scale = float(sizes @ posterior / sizes.sum())
    reach = norm.ppf(0.5 + level / 2) * deviation
    low, high = (posterior - reach) / scale, (posterior + reach) / scale
    multiplier = np.where(enough, np.clip(posterior / scale, limits.least, limits.most), 1.0)
    rows = pd.DataFrame(
        {
            "level": names,
            "customers": sizes.astype(np.int64),
            "value": [mean[0] for mean in means],
            "worth": ratio,
            "multiplier": multiplier,
            "multiplier_low": np.where(enough, np.clip(low, limits.least, limits.most), np.nan),
            "multiplier_high": np.where(enough, np.clip(high, limits.least, limits.most), np.nan),
            "adjustment": np.round(100 * (multiplier - 1)).astype(np.int64),
            "verdict": np.select([~enough, low > 1, high < 1], [_TOO_FEW, _MORE, _LESS], _EQUAL),
        }
    )
    return rows, together.spread


@dataclass(frozen=True, kw_only=True)
class DrawnTogether:
    """Means and standard deviations of levels given each other, and the spread between them beyond chance."""

    mean: Floats
    deviation: Floats
    spread: float


def draw_together(estimates: Floats, errors: Floats) -> DrawnTogether:
    """Draw estimates towards each other by empirical Bayes.

    Parameters
    ----------
    estimates, errors
        Of each level, shape (J,): the estimate and its standard error, above zero.

    Returns
    -------
    DrawnTogether
        With the spread of DerSimonian and Laird (1986, eq. 8) and the posterior of a normal prior; fewer than two
        levels are drawn to the same value, since nothing tells a difference.

    Examples
    --------
    >>> drawn = draw_together(np.array([0.8, 1.2]), np.array([0.1, 0.1]))
    >>> [round(float(mean), 3) for mean in drawn.mean]
    [0.825, 1.175]
    >>> draw_together(np.array([0.95, 1.05]), np.array([0.1, 0.1])).spread
    0.0
    """
    if len(estimates) < 2:
        return DrawnTogether(mean=np.ones(len(estimates)), deviation=np.zeros(len(estimates)), spread=0.0)
    variance = np.maximum(errors, 1e-9) ** 2
    weight = 1 / variance
    fixed = float(weight @ estimates / weight.sum())
    excess = float(weight @ (estimates - fixed) ** 2) - (len(estimates) - 1)
    between = max(0.0, excess / float(weight.sum() - weight @ weight / weight.sum()))
    random = 1 / (variance + between)
    centre = float(random @ estimates / random.sum())
    reliability = between / (between + variance)
    # The centre is an estimate, too: what a level borrows from it carries its uncertainty (Morris, 1983).
    borrowed = (1 - reliability) ** 2 / random.sum()
    return DrawnTogether(
        mean=centre + reliability * (estimates - centre),
        deviation=np.sqrt(reliability * variance + borrowed),
        spread=float(np.sqrt(between)),
    )
