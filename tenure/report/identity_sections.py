"""What linking identifiers did to the picture of the customers, as a part of the report."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure.jobs.customer_ids import effects, orders_by_customer
from tenure_features import Shop
from tenure_features.identities import Identities, orders_by_account
from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, ORANGE, percent, plural
from tenure_serving.report.sections import Block, ChartBlock, Paragraph, Section, TableBlock

BANDS = ((1, "1"), (2, "2"), (3, "3"), (4, "4-5"), (6, "6-10"), (11, "11+"))
"""Lowest number of orders of each band, and how it is written."""

BEFORE, AFTER = "source ids taken for customers", "customers after linking"


def identity_sections(shop: Shop, scores: pd.DataFrame) -> tuple[Section, ...]:
    """Build the part of the report; none where identity is not asked for.

    Parameters
    ----------
    shop
        The orders in customers; there is nothing to say where ids were read as they are.
    scores
        The score table of the run.
    """
    if shop.identities is None or shop.log.accounts is None:
        return ()
    counts = {BEFORE: orders_by_account(shop.log.accounts), AFTER: orders_by_customer(shop.log)}
    before, after = len(counts[BEFORE]), len(counts[AFTER])
    once = {name: float((orders == 1).mean()) for name, orders in counts.items()}
    lead = (
        f"{plural(before, 'source id')} with orders turned out to be {plural(after, 'customer')}. "
        f"Counted by source id, {percent(once[BEFORE])} would seem to have ordered once; it is {percent(once[AFTER])}."
    )
    table = _table(shop, scores, before)
    blocks: tuple[Block, ...] = (
        TableBlock(
            table,
            caption="The same orders, counted by source id and by customer. Expected value is that of the scores, over "
            "the horizon.",
            units={"before": "number", "after": "number"},
            headings={"figure": "", "before": "by source id", "after": "by customer"},
        ),
        ChartBlock(frequency_chart(bands(counts)), "Share of customers by number of orders, before and after linking."),
        *_linked_values(shop.identities, scores),
        Paragraph(_account(shop.identities), kind="aside"),
    )
    return (Section("Who is who", lead, blocks),)


def _table(shop: Shop, scores: pd.DataFrame, before: int) -> pd.DataFrame:
    total = float(scores["expected_value"].sum())
    figures = effects(shop)
    shares = figures["figure"] == "one_time_share"
    figures.loc[shares, ["before", "after"]] *= 100
    words = {
        "customers": "customers",
        "orders_per_customer": "orders per customer",
        "one_time_share": "ordered once (%)",
    }
    value = {"figure": "expected value per customer", "before": total / before, "after": total / max(len(scores), 1)}
    return pd.concat([figures.replace({"figure": words}), pd.DataFrame([value])], ignore_index=True)


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


def frequency_chart(table: pd.DataFrame) -> alt.Chart:
    """Draw how many orders customers have, before and after linking."""
    once = table[table["place"] == 0].set_index("way")["share"]
    base = style.chart(
        table,
        title=style.title(
            f"One-time customers: {percent(once[BEFORE])} by source id, {percent(once[AFTER])} by customer",
            "Share of customers by number of orders in the log.",
        ),
    )
    drawn: alt.Chart = base.mark_bar().encode(
        x=alt.X("orders:N", sort=[words for _, words in BANDS], title="orders", axis=alt.Axis(labelAngle=0)),
        xOffset=alt.XOffset("way:N", sort=[BEFORE, AFTER]),
        y=alt.Y("share:Q", title="share of customers (%)", axis=alt.Axis(format=".0%")),
        color=alt.Color(
            "way:N",
            sort=[BEFORE, AFTER],
            scale=alt.Scale(domain=[BEFORE, AFTER], range=[ORANGE, BLUE]),
            legend=alt.Legend(orient="bottom", title=None, labelLimit=260),
        ),
        tooltip=["way:N", "orders:N", alt.Tooltip("share:Q", format=".1%")],
    )
    return drawn


def _linked_values(identities: Identities, scores: pd.DataFrame) -> tuple[TableBlock, ...]:
    """Set customers with one source id beside those with several."""
    ids = identities.state.current.groupby("customer_id").size().rename("ids")
    people = scores.join(ids, on="customer_id")
    people["several"] = people["ids"].fillna(1) > 1
    grouped = people.groupby("several").agg(
        customers=("customer_id", "size"), expected_value=("expected_value", "mean"),
        churn_probability=("churn_probability", "mean"),
    )  # fmt: skip
    table = grouped.rename(index={False: "one", True: "several"}).rename_axis("ids").reset_index()
    return (
        TableBlock(
            table,
            caption="Customers with one and with several source ids: mean expected value and churn probability.",
            units={"customers": "count", "expected_value": "money", "churn_probability": "percent"},
            headings={"ids": "source ids", "expected_value": "expected value", "churn_probability": "churn"},
        ),
    )


def _account(identities: Identities) -> str:
    """Say what links rest on and what did not link."""
    reasons = identities.state.current["match_reason"].value_counts()
    linked = ", ".join(f"{count:,} by {reason}" for reason, count in reasons.items() if reason != "alone")
    guards = identities.resolution.guarded["guard"].value_counts()
    kept = ", ".join(f"{guard}: {count:,}" for guard, count in guards.items())
    text = f"Source ids linked: {linked or 'none'}."
    return f"{text} Shared values listed that linked nobody ({kept}); see identity_guards.parquet." if kept else text
