"""What linking identifiers did to the picture of the customers, as findings."""

from __future__ import annotations

import pandas as pd

from tenure.jobs.customer_ids import effects, orders_by_customer
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import LINKING_TERMS
from tenure_features import Shop
from tenure_features.identities import Identities, orders_by_account
from tenure_serving.charts.linking import AFTER_LINKING, BEFORE

BANDS = ((1, "1"), (2, "2"), (3, "3"), (4, "4-5"), (6, "6-10"), (11, "11+"))
"""Lowest number of orders of each band, and how it is written."""


def identity_findings(shop: Shop, scores: pd.DataFrame) -> Findings | None:
    """Say how many ids are how many customers, and what that changes; None where identity is not asked for.

    Parameters
    ----------
    shop
        Its ids became customers where it has identities.
    scores
        The score table of the run.
    """
    if shop.identities is None or shop.log.accounts is None:
        return None
    counts = {BEFORE: orders_by_account(shop.log.accounts), AFTER_LINKING: orders_by_customer(shop.log)}
    before, after = len(counts[BEFORE]), len(counts[AFTER_LINKING])
    once = {name: float((orders == 1).mean()) for name, orders in counts.items()}
    tables = [
        FindingTable(name="figures", title="Figures", frame=_figures(shop, scores, before), terms=LINKING_TERMS),
        FindingTable(
            name="bands", title="Customers by orders", frame=bands(counts), terms=LINKING_TERMS, only_drawn=True
        ),
        FindingTable(
            name="by_source_ids",
            title="Customers by source ids",
            frame=_linked_values(shop.identities, scores),
            terms=LINKING_TERMS,
        ),
    ]
    return Findings(
        subject="linking",
        title="Who is who",
        lead="{source_ids} source ids with orders turned out to be {customers} customers. Counted by source id, "
        "{once_before} would seem to have ordered once; it is {once_after}.",
        facts=(
            Fact("source_ids", before, "ids"),
            Fact("customers", after, "customers"),
            Fact("once_before", once[BEFORE], "share"),
            Fact("once_after", once[AFTER_LINKING], "share"),
            Fact("account", _account(shop.identities)),
        ),
        tables=tuple(tables),
    )


def _figures(shop: Shop, scores: pd.DataFrame, before: int) -> pd.DataFrame:
    total = float(scores["expected_value"].sum())
    figures = effects(shop)
    shares = figures["figure"] == "one_time_share"
    figures.loc[shares, ["before", "after"]] *= 100
    names = {
        "customers": "customers",
        "orders_per_customer": "orders per customer",
        "one_time_share": "ordered once (%)",
    }
    value = {"figure": "expected value per customer", "before": total / before, "after": total / max(len(scores), 1)}
    return pd.concat([figures.replace({"figure": names}), pd.DataFrame([value])], ignore_index=True)


def bands(counts: dict[str, pd.Series[int]]) -> pd.DataFrame:
    """Count customers by number of orders: ``way``, ``orders`` (the band), ``place`` (its order), ``share``."""
    rows = []
    for way, orders in counts.items():
        edges = [low for low, _ in BANDS]
        place = pd.cut(orders, [*edges, float("inf")], right=False, labels=False)
        shares = place.value_counts(normalize=True)
        for position, (_, words) in enumerate(BANDS):
            rows.append({"way": way, "orders": words, "place": position, "share": float(shares.get(position, 0.0))})
    return pd.DataFrame(rows)


def _linked_values(identities: Identities, scores: pd.DataFrame) -> pd.DataFrame:
    """Set customers with one source id beside those with several."""
    ids = identities.state.current.groupby("customer_id").size().rename("ids")
    people = scores.join(ids, on="customer_id")
    people["several"] = people["ids"].fillna(1) > 1
    grouped = people.groupby("several").agg(
        customers=("customer_id", "size"), expected_value=("expected_value", "mean"),
        churn_probability=("churn_probability", "mean"),
    )  # fmt: skip
    return grouped.rename(index={False: "one", True: "several"}).rename_axis("ids").reset_index()


def _account(identities: Identities) -> str:
    """Say what links rest on and what did not link."""
    reasons = identities.state.current["match_reason"].value_counts()
    linked = ", ".join(f"{count:,} by {reason}" for reason, count in reasons.items() if reason != "alone")
    guards = identities.resolution.guarded["guard"].value_counts()
    counts = ", ".join(f"{guard}: {count:,}" for guard, count in guards.items())
    text = f"Source ids linked: {linked or 'none'}."
    return (
        f"{text} Shared values listed that linked nobody ({counts}); see identity_guards.parquet." if counts else text
    )
