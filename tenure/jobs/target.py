"""The job behind ``tenure target``: scores, and uplift or an assumption, in; a list of whom to contact out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from tenure.config import Config, EconomicsConfig
from tenure.jobs.campaign import contribution_share
from tenure.jobs.uplift import PREDICTIONS
from tenure_decisions.campaigns.target_list import TargetList, TargetSettings, draw_up
from tenure_decisions.campaigns.targeting import MEASURED, Offer, price
from tenure_features.errors import UsageError
from tenure_features.reading.engine import Engine, fetch
from tenure_features.reading.sources import read_table
from tenure_serving.card.reader import read_economics
from tenure_serving.score_tables import Scores, read_scores
from tenure_serving.segments.condition import Condition
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics

RETENTION = "retention"
"""The metric whose uplift is that of ordering at all."""
_SAID_OF_UPLIFT = ("customer_id", "arm", "as_of", "campaign", "horizon_days", "metric")
WORTHS = ("horizon", "lifetime")
"""What a customer who is kept is worth: within the horizon of the scores, or all that is to come."""


def target_job(
    config: Config | None,
    scores: Path,
    *,
    uplift: Path | None,
    offers: Sequence[str],
    settings: TargetSettings,
    redeem: float,
    worth: str,
    where: str | None,
    without: Sequence[str],
) -> TargetList:
    """Draw up a list from scores, see `tenure_decisions.campaigns.target_list.draw_up`.

    Parameters
    ----------
    config
        Names margin and cost to serve, where no model beside the scores does; None: they are not known otherwise.
    scores
        ``scores.parquet``, or the folder of a run.
    uplift
        The folder of ``tenure uplift``, or its file; None where the effect is assumed.
    offers
        ``ARM=CONTACT`` or ``ARM=CONTACT:OFFER``, see `read_offer`.
    settings
        How.
    redeem
        Share of those who order after a contact who take the offer.
    worth
        One of `WORTHS`.
    where
        A condition over the scores: who may be contacted.
    without
        Files of customers who stay out.

    Raises
    ------
    UsageError
        An offer is none, a condition cannot be used, or the uplift is of another moment.
    NothingToDoError
        No contact earns its cost.
    """
    scored = read_scores(scores)
    measured = None if uplift is None else _read_uplift(uplift, scored)
    people = _choose(scored.table, where, _read_ids(without))
    share = contribution_share(people, _economics(config, scored))
    # what was measured lasted the window of the campaign: of a longer horizon, only so much of the money was lifted
    window = 1.0 if measured is None else min(float(measured["horizon_days"].max()) / scored.horizon_days, 1.0)
    if settings.saves is None and measured is not None:
        campaigns = ", ".join(sorted(map(str, measured["campaign"].unique())))
        settings = replace(settings, basis=f"Measured in the campaign {campaigns}")
    return draw_up(
        price(value_customers(people, share, worth, window=window), [read_offer(text) for text in offers],
              uplift=measured, saves=settings.saves, redeem=redeem),
        settings,
        as_of=scored.as_of,
        horizon_days=scored.horizon_days,
        currency=scored.currency,
        notes=_notes(share, worth, scored.horizon_days, measured=measured),
    )  # fmt: skip


def read_offer(text: str) -> Offer:
    """Read ``ARM=CONTACT`` or ``ARM=CONTACT:OFFER``; an offer with % is that share of the value of an order.

    Examples
    --------
    >>> read_offer("voucher=0.6:15%")
    Offer(arm='voucher', contact=0.6, offer=0.0, offer_share=0.15)
    """
    arm, _, costs = text.rpartition("=")
    contact, _, offer = costs.partition(":")
    try:
        if not arm.strip():
            raise ValueError
        share = float(offer.rstrip("%")) / 100 if offer.endswith("%") else 0.0
        money = 0.0 if offer.endswith("%") or not offer else float(offer)
        made = Offer(arm=arm.strip(), contact=float(contact), offer=money, offer_share=share)
    except ValueError:
        raise UsageError(
            f"--offer {text!r} is not ARM=CONTACT:OFFER.",
            fix="Write it like --offer email=0.05 or --offer voucher=0.6:5 or --offer voucher=0.6:15%.",
        ) from None
    if min(made.contact, made.offer, made.offer_share) < 0:
        raise UsageError(f"--offer {text!r} has a cost below zero.")
    return made


def _read_uplift(place: Path, scored: Scores) -> pd.DataFrame:
    path = place / PREDICTIONS if place.is_dir() else place
    if not path.is_file():
        raise UsageError(f"There is no uplift at {path}.", fix="Name the --out folder of tenure uplift.")
    table = pd.read_parquet(path)
    if table.empty or not {*_SAID_OF_UPLIFT, *MEASURED} <= set(table):
        raise UsageError(f"{path} is not an uplift table.", fix="Name the --out folder of tenure uplift.")
    if (metric := str(table["metric"].iloc[0])) != RETENTION:
        raise UsageError(
            f"The uplift is of {metric}: who orders at all cannot be told from it.",
            fix=f"Run tenure uplift with --metric {RETENTION}; what it adds to the money is measured all the same.",
        )
    made = pd.Timestamp(table["as_of"].iloc[0])
    if made != scored.as_of:
        raise UsageError(
            f"The uplift is of {made:%Y-%m-%d}, the scores are of {scored.as_of:%Y-%m-%d}.",
            fix="Give tenure uplift the --as-of of the scores.",
        )
    return table


def _choose(table: pd.DataFrame, where: str | None, stay_out: set[str]) -> pd.DataFrame:
    inside = ~table["customer_id"].astype("str").isin(stay_out)
    if where is not None:
        condition = Condition(where)
        condition.require(table.columns)
        inside &= condition.holds(table, check_levels=True)
    if not inside.any():
        raise UsageError("Nobody is left to choose from.", found=where or "all customers stay out")
    return table[inside].reset_index(drop=True)


def _read_ids(files: Sequence[str]) -> set[str]:
    ids: set[str] = set()
    for place in files:
        rows = fetch(read_table(place, Engine().connect(), empty=True).table)
        if "customer_id" not in rows:
            raise UsageError(f"{place} names no customers.", fix="Give it a column customer_id.")
        ids |= set(rows["customer_id"].astype("str"))
    return ids


def _economics(config: Config | None, scored: Scores) -> Economics:
    costs = EconomicsConfig() if config is None else config.economics
    margin, service = (
        None if cost is None else Credibility(mean=cost) for cost in (costs.margin, costs.service_cost_per_order)
    )
    return read_economics(scored.path.parent) or Economics(margin=margin, service_cost_per_order=service)


def value_customers(people: pd.DataFrame, share: float | None, worth: str, *, window: float) -> pd.DataFrame:
    """Say what customers of scores bring, and what an order of theirs is worth, for `price`.

    Parameters
    ----------
    people
        Scores.
    share
        Share of revenue that is left after all its costs; None where it is not known, and revenue counts.
    worth
        One of `WORTHS`.
    window
        Share of the horizon in which the effect was measured, above 0 up to 1.
    """
    if worth not in WORTHS:
        raise UsageError(f"A customer cannot be valued by {worth!r}.", fix=f"Choose one of {', '.join(WORTHS)}.")
    lacking = [name for name in ("value_if_buys", "expected_orders") if name not in people]
    if worth == "lifetime" and "clv_to_come" not in people:
        lacking.append("clv_to_come")
    if lacking:
        raise UsageError("The scores do not say what a customer is worth.", found=f"no {', '.join(lacking)}")
    left = 1.0 if share is None else share
    expected, if_buys = left * people["expected_value"], left * people["value_if_buys"]
    # what comes after the horizon still holds the risk of leaving: no more than that is added
    later = (people["clv_to_come"] - expected).clip(lower=0) if worth == "lifetime" else 0.0
    orders = people["expected_orders"].where(people["expected_orders"] > 0.01)
    order_value = (people["expected_value"] / orders).replace([np.inf, -np.inf], np.nan)
    return people[["customer_id", "churn_probability"]].assign(
        value=if_buys + later, order_value=order_value.fillna(order_value.median()), expected=expected * window,
        later=later,
    )  # fmt: skip


def _notes(share: float | None, worth: str, days: int, *, measured: pd.DataFrame | None) -> tuple[str, ...]:
    money = "revenue, as no cost of goods or service is known" if share is None else f"{share:.0%} of revenue"
    if measured is not None:
        gained = (
            f"A contact brings the measured lift of what a customer is expected to bring, counted as {money}, with the "
            "offer as it was tried in it."
        )
        later = ("Whom a contact keeps brings what comes after the horizon as well.",)
        return (gained, *(later if worth == "lifetime" else ()))
    reach = f"within {days} days" if worth == "horizon" else f"within {days} days, and what is expected after them"
    return (f"A customer who is kept is worth what they bring {reach}, counted as {money}.",)


def write_list(drawn: TargetList, scores: Path, out: Path) -> list[Path]:
    """Write the list, its assignments, and for every arm whom its messages must not reach.

    ``targets.csv`` is the list, ``assignments.parquet`` is for ``[tables.assignments]``, and ``without_ARM.csv`` for
    ``tenure audience --without``.
    """
    written = [out / "targets.csv", out / "assignments.parquet"]
    drawn.targets.to_csv(written[0], index=False)
    drawn.assignments.to_parquet(written[1], index=False)
    everybody = read_scores(scores).table["customer_id"]
    for arm, rows in drawn.targets.groupby("arm"):
        written.append(out / f"without_{re.sub(r'[^\w-]+', '_', str(arm))}.csv")
        apart = everybody[~everybody.isin(set(rows["customer_id"]))]
        apart.to_frame("customer_id").to_csv(written[-1], index=False)
    return written
