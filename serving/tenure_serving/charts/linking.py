"""What linking identifiers did: how many orders customers seem to have, before and after."""

from __future__ import annotations

import altair as alt
import pandas as pd

from tenure_serving.charts import style
from tenure_serving.charts.style import BLUE, ORANGE
from tenure_serving.language import ENGLISH, N_, Language

BEFORE, AFTER_LINKING = N_("source ids taken for customers"), N_("customers after linking")


def order_frequency(table: pd.DataFrame, *, language: Language = ENGLISH) -> alt.Chart:
    """Draw how many orders customers have, before and after linking.

    Parameters
    ----------
    table
        ``way`` (`BEFORE` or `AFTER_LINKING`), ``orders`` (a band), ``place`` (its rank) and ``share`` of the customers.
    language
        Of every word on it.
    """
    ways = [language.gettext(way) for way in (BEFORE, AFTER_LINKING)]
    bands = table.sort_values("place")["orders"].drop_duplicates().tolist()
    once = table[table["place"] == 0].set_index("way")["share"]
    base = style.chart(
        table.assign(way=table["way"].map(language.gettext)),
        title=style.title(
            language.gettext(
                "One-time customers: {before} by source id, {after} by customer",
                before=language.percent(once[BEFORE]),
                after=language.percent(once[AFTER_LINKING]),
            ),
            language.gettext("Share of customers by number of orders in the log."),
        ),
    )
    drawn: alt.Chart = base.mark_bar().encode(
        x=alt.X(
            "orders:N",
            sort=bands,
            title=language.gettext("orders"),
            axis=alt.Axis(labelAngle=0),
        ),
        xOffset=alt.XOffset("way:N", sort=ways),
        y=alt.Y("share:Q", title=language.gettext("share of customers (%)"), axis=alt.Axis(format=".0%")),
        color=alt.Color(
            "way:N",
            sort=ways,
            scale=alt.Scale(domain=ways, range=[ORANGE, BLUE]),
            legend=alt.Legend(orient="bottom", title=None, labelLimit=260),
        ),
        tooltip=style.tips(language, way="", orders="", share=".1%"),
    )
    return drawn
