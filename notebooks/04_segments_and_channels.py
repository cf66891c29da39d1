# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Segments and channels: from scores to decisions
#
# Who belongs together, who moved, what to do for one customer, what sets the best apart, and what customers of each
# channel cost and bring. Everything here works on pandas tables with the contracts' column names, so also on scores made
# elsewhere. The shop is simulated.

# %%
import tempfile
from pathlib import Path

import altair as alt
import pandas as pd
from IPython.display import SVG

import tenure_features
from tenure_decisions import (
    CONFOUNDING,
    channels,
    cohorts,
    customer_attributes,
    encounters,
    first_orders,
    growth,
    ideal_profile,
    open_study,
    pareto,
    pareto_curve,
    profile,
)
from tenure_features import open_shop
from tenure_serving import (
    Segmenter,
    build_card,
    charts,
    count_movement,
    load_map,
    render_card,
    stability,
    sum_by,
    with_money,
)
from tenure_simulator import preset, simulate
from tenure_training import Frames, new_candidate

alt.renderers.enable("svg")  # drawn here, so that the notebook needs no network to be read

# %% [markdown]
# ## A shop, and scores at three moments
#
# One model, fitted once at the first moment; its limits are then applied unchanged to the two later ones.

# %%
folder = Path(tempfile.mkdtemp())
config = preset("shop", customers=900, seed=3).model_copy(update={"days": 760, "campaigns": (), "price_changes": ()})
simulate(
    config, folder, tables=("orders", "order_lines", "customers", "events", "feedback", "spend"), expectations=False
)
names = ("orders", "order_lines", "customers", "events", "feedback", "spend")
files = {name: folder / f"{name}.parquet" for name in names}
lines, customers, events, feedback, spend = (pd.read_parquet(files[name]) for name in names[1:])

first, a_week_later, now = pd.Timestamp("2023-10-01"), pd.Timestamp("2023-10-08"), pd.Timestamp("2023-12-31")
horizon_days = 90
shop = open_shop(files["orders"], now)
orders = tenure_features.orders(shop).to_pandas()  # one row per order, as every part of this package counts them
frames = Frames(shop)
frame = frames.frame(first, horizon_days=horizon_days)
model = new_candidate("logistic").fit(frame, seed=0)


def predicted(snapshot: pd.DataFrame) -> pd.DataFrame:
    said = model.predict(snapshot)
    numbers = {"churn_probability": 1 - said.buy_probability, "expected_value": said.expected_value}
    return snapshot[["customer_id", "as_of"]].assign(horizon_days=horizon_days, **numbers)


snapshots = {moment: frames.snapshot(moment) for moment in (first, a_week_later, now)}
predictions = {moment: predicted(snapshot) for moment, snapshot in snapshots.items()}
segmenter = Segmenter.fit(snapshots[first], predictions[first], horizon_days=horizon_days)
scores = {
    moment: segmenter.price(snapshots[moment], predictions[moment]).join(
        segmenter.assign(snapshots[moment], predictions[moment])
    )
    for moment in snapshots
}
people = with_money(scores[now])
people[["customer_id", "churn_probability", "expected_value", "rfm_group", "value_tier", "lifecycle", "segment"]].head()

# %% [markdown]
# ## RFM
#
# Thresholds on values, fitted once and stored: equal values share a score, the order of rows never matters. Maps are
# editable JSON with labels by language; a map that leaves a cell out, or gives it to two groups, is refused by name.

# %%
charts.draw_rfm_cells(sum_by(people, "recency_score", "frequency_score"), currency="EUR")

# %%
relationship = load_map("relationship")
table = sum_by(people, "rfm_relationship").assign(
    label=lambda t: [relationship.label(name, language="ru") for name in t["rfm_relationship"]]
)
table[["rfm_relationship", "label", "customers", "churn", "expected_value"]].round(2)

# %% [markdown]
# ## Value x risk, and one thing to do for everybody

# %%
charts.draw_value_by_risk(sum_by(people, "value_tier", "risk_tier"), currency="EUR")

# %%
summary = sum_by(people, "segment", "next_step")
summary.assign(place=summary["segment"].map(segmenter.playbook.names.index)).sort_values("place").drop(
    columns="place"
).round(2)

# %% [markdown]
# ## Who moved
#
# Customer by customer between two score tables; newcomers and customers no longer scored have places of their own, so
# value before + gained - lost = value after.

# %%
moved = count_movement(scores[first], scores[now], order=segmenter.playbook.names)
charts.draw_movement(
    moved.flows, order=segmenter.playbook.names, previous_as_of=first, as_of=now, currency="EUR", width=620, height=380
)

# %%
totals = moved.totals
print(f"{totals['value_before']:,.0f} + {totals['gained']:,.0f} - {totals['lost']:,.0f} = {totals['value_after']:,.0f}")
moved.groups.round(0)

# %% [markdown]
# How steady is that? A week later, among customers without a new order, and again when the earlier scores are held on to
# until a border is passed by a tenth.

# %%
week = orders[(orders["ordered_at"] >= first) & (orders["ordered_at"] < a_week_later)]["customer_id"].unique()
held = predictions[a_week_later].join(
    segmenter.assign(snapshots[a_week_later], predictions[a_week_later], previous=scores[first])
)
plain, steadied = (stability(scores[first], table, ordered=week) for table in (scores[a_week_later], held))
print(
    f"{plain.customers} customers without an order: {plain.share:.1%} changed the segment, {steadied.share:.1%} if held"
)

# %% [markdown]
# ## One customer
#
# Everything known of whoever has the most money at risk, strictly before `as_of`. `render_card` makes a page of one file.

# %%
row = people[people["at_risk"]].nlargest(1, "money_at_risk").iloc[0]
card = build_card(row.to_dict(), currency="EUR", tables={"orders": orders, "events": events, "feedback": feedback})
print(f"{card.customer_id}: {card.churn['probability']:.0%} - {card.churn['definition']}; RFM {card.rfm['code']}")
print(f"{card.group['label']}: {card.group['goal']}. Next: {card.group['next_step']}.")
page = render_card(card)
SVG(page[page.index("<svg") : page.index("</svg>") + 6].replace("currentColor", "black"))

# %% [markdown]
# ## Where value sits, and who the best are

# %%
charts.draw_pareto(pareto_curve(people["expected_value"]), what="expected value")

# %%
pareto(people["expected_value"]).round(2)

# %%
attributes = customer_attributes(
    people["customer_id"], as_of=now, customers=customers, orders=orders, order_lines=lines
)
best = people.loc[people["value_tier"] == "high", "customer_id"]
found = profile(best, attributes, population=people["customer_id"])
charts.draw_profile(found, group="the high value tier")

# %% [markdown]
# Brands that customers meet in their first 30 days, and what those customers bring in the 180 days after. The difference as
# it is misleads: who buys more meets more of everything. The adjusted one compares customers who met equally many, of one
# channel and one third of early revenue.

# %%
print(CONFOUNDING)
encounters(orders, lines, as_of=now, customers=customers)[
    ["level", "met", "difference", "adjusted", "low", "high", "p_adjusted", "verdict"]
].round(2)

# %% [markdown]
# What is known after the first order, and finds the high value tier among customers the rules were not learned from:

# %%
known = first_orders(orders, as_of=now, order_lines=lines, customers=customers)
by_id = people.set_index("customer_id")
ideal = ideal_profile(known, by_id["value_tier"] == "high", value=by_id["expected_value"], smallest=30)
print(f"{ideal.base_share:.0%} are in the high tier; {len(ideal.seeds)} seeds for a look-alike audience")
ideal.rules.round(2)

# %% [markdown]
# ## Cohorts
#
# By month of the first order and age in periods of 30 days. A cell is mature when everybody in the cohort has lived through
# the period; the others are never averaged in.

# %%
months = cohorts(orders, as_of=now)
cells = months.cells[months.cells["mature"] & (months.cells["age"].between(1, 12))]
charts.style.chart(
    cells[["cohort", "age", "retention"]].astype({"cohort": str}),
    height=320,
    title=charts.style.title(
        f"{cells.loc[cells['age'] == 1, 'retention'].mean():.0%} of a cohort order again in their second month",
        "Share of each cohort that ordered, mature cells only.",
    ),
).mark_rect().encode(
    x=alt.X("age:O", title="age (periods of 30 days)"),
    y=alt.Y("cohort:O", title="month of the first order"),
    color=alt.Color("retention:Q", title="share that ordered", scale=alt.Scale(scheme="blues")),
)

# %% [markdown]
# ## Channels
#
# What customers of each channel cost and bring, before and after the cost of acquisition, with intervals; one attribution
# rule on both sides of every ratio.

# %%
study = open_study(
    orders, as_of=now, customers=customers, events=events, spend=spend, scores=scores[now], resamples=100
)
economics = channels(study)
economics.table[economics.table["rule"] == "first_touch"].set_index("channel").select_dtypes("number").iloc[
    :, :8
].round(2)

# %%
economics.clv[economics.clv["rule"] == "first_touch"].round(2).head(8)

# %% [markdown]
# G = C x CLV / CAC in both conventions: CLV before the cost of acquisition, and after it.

# %%
growth(study).channels.round(2)

# %% [markdown]
# The same from the command line:
#
# ```console
# tenure segments --scores out --previous out-earlier --config tenure.toml --out tables
# tenure card C00000042 --scores out --config tenure.toml --html card.html
# ```
