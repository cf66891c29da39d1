"""What linking identifiers did: how many orders customers seem to have, before and after."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, ORANGE, percent

BEFORE, AFTER_LINKING = "source ids taken for customers", "customers after linking"


def order_frequency(table: pd.DataFrame) -> alt.Chart:
    """Draw how many orders customers have, before and after linking.

    Parameters
    ----------
    table
        ``way`` (`BEFORE` or `AFTER_LINKING`), ``orders`` (a band), ``place`` (its rank) and ``share`` of the customers.
    """
    bands = table.sort_values("place")["orders"].drop_duplicates().tolist()
    once = table[table["place"] == 0].set_index("way")["share"]
    base = style.chart(
        table,
        title=style.title(
            f"One-time customers: {percent(once[BEFORE])} by source id, {percent(once[AFTER_LINKING])} by customer",
            "Share of customers by number of orders in the log.",
        ),
    )
    drawn: alt.Chart = base.mark_bar().encode(
        x=alt.X(
            "orders:N",
            sort=bands,
            title="orders",
            axis=alt.Axis(labelAngle=0),
        ),
        xOffset=alt.XOffset("way:N", sort=[BEFORE, AFTER_LINKING]),
        y=alt.Y("share:Q", title="share of customers (%)", axis=alt.Axis(format=".0%")),
        color=alt.Color(
            "way:N",
            sort=[BEFORE, AFTER_LINKING],
            scale=alt.Scale(domain=[BEFORE, AFTER_LINKING], range=[ORANGE, BLUE]),
            legend=alt.Legend(orient="bottom", title=None, labelLimit=260),
        ),
        tooltip=["way:N", "orders:N", alt.Tooltip("share:Q", format=".1%")],
    )
    return drawn
