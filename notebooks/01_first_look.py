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
# # First look: from orders to one customer's explanation
#
# The way of `tenure run`, step by step through the Python API: check an order log, look at its features, train, see how
# far to trust the model, predict, segment, and explain one customer. The shop is simulated, so in the end the
# predictions are held against the truth.

# %%
import tempfile
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd

from tenure_features import Catalogue, open_shop
from tenure_serving import Segmenter, charts, churn_reasons, first_to_call, sum_by, value_reasons, with_money
from tenure_simulator import preset, simulate_orders, truth_at
from tenure_training import (
    Frames,
    against_truth,
    summarise_backtest,
    summarise_calibration,
    summarise_deciles,
    train,
)

alt.renderers.enable("svg")  # drawn here, so that the notebook needs no network to be read

# %% [markdown]
# ## Orders
#
# Who, when and how much: three columns are enough. This shop has 800 customers over two years; the file is what an
# export of yours might be.

# %%
config = preset("shop", customers=800, seed=1).model_copy(update={"days": 730, "campaigns": (), "price_changes": ()})
orders, truth = simulate_orders(config)
file = Path(tempfile.mkdtemp()) / "orders.parquet"
orders.to_parquet(file, index=False)
orders[["customer_id", "ordered_at", "revenue"]].head()

# %% [markdown]
# ## In ten lines
#
# The whole way through `import tenure`; one model keeps it quick. Below, the same step by step.

# %%
import shap

import tenure

opened = tenure.open_shop(orders, pd.Timestamp("2023-12-31"))
model = tenure.train(opened, horizon_days=90, candidates=["logistic"])
scores = model.score()
print(model.explain(scores["customer_id"][0]))
model.report(file.with_name("report.html"))
model

# %% [markdown]
# Explanations are a `shap.Explanation`, so its plots work: one customer as a waterfall, all of them as a beeswarm. Values
# are log-odds of leaving; with the base they add up to the churn probability in the score table.

# %%
explained = model.explain_frame()
shap.plots.waterfall(explained[int(scores["expected_value"].to_numpy().argmax())], max_display=10)

# %%
shap.plots.beeswarm(explained, max_display=10)

# %% [markdown]
# ## Opening a shop
#
# `open_shop` checks the log, and refuses a broken one with a sentence. What it found is in the readiness report: rows
# used and set aside, how regularly customers buy, and what the history is long enough for. Everything after `as_of` is
# out of reach from here on.

# %%
as_of, horizon_days = pd.Timestamp("2023-12-31"), 90
shop = open_shop(file, as_of)
pd.Series(shop.log.readiness.to_dict()).loc[["rows_used", "customers", "orders", "returns", "one_time_share"]]

# %% [markdown]
# ## Features
#
# One row per customer at one moment. Each feature has a unit and a sentence about what it means; `lateness` is the
# silence of a customer in units of their own usual gap (ADBT).

# %%
frames = Frames(shop)
present = frames.snapshot(as_of)
features = Catalogue()
pd.DataFrame([(f.name, f.family, f.unit, f.meaning) for f in features], columns=["name", "family", "unit", "meaning"])

# %%
shown = present[["recency_days", "adbt_days", "orders_total"]].dropna()
charts.style.chart(
    shown,
    title=charts.style.title(
        f"{(shown['recency_days'] > 2 * shown['adbt_days']).mean():.0%} of repeat customers are silent for more than "
        "twice their usual gap",
        "One dot is one customer; below the line they are on time.",
    ),
).mark_circle(opacity=0.5).encode(
    x=alt.X("adbt_days:Q", title="usual gap between orders, ADBT (days)", scale=alt.Scale(type="symlog")),
    y=alt.Y("recency_days:Q", title="days since the last order", scale=alt.Scale(type="symlog")),
    size=alt.Size("orders_total:Q", title="orders"),
) + alt.Chart(pd.DataFrame({"at": [0.0, 600.0]})).mark_line(color=charts.style.ORANGE).encode(x="at:Q", y="at:Q")

# %% [markdown]
# ## Training, and how far to trust it
#
# Every candidate is fitted at past moments and judged on windows that have closed since, beside the baselines it has to
# beat: nobody comes back (`zero`), everybody goes on as before (`status_quo`), and recency alone. Two models keep this
# notebook quick; without `candidates` all of them compete.

# %%
training = train(frames, as_of=as_of, horizon_days=horizon_days, seed=0, candidates=["logistic", "bgnbd"])
print(training.choice.name, "-", training.choice.reason)
shown = ["auroc", "log_loss", "ece", "normalised_gini", "total_bias"]
summarise_backtest(training.backtest)[["candidate", *shown]].round(3)

# %%
charts.draw_backtest(training.backtest.table(), metric="log_loss", champion=training.choice.name)

# %%
champion = training.choice.name
charts.draw_calibration(summarise_calibration(training.backtest, champion)) | charts.draw_deciles(
    summarise_deciles(training.backtest, champion), currency=shop.currency
)

# %% [markdown]
# ## Predictions, and who needs attention
#
# The churn probability is over a window, here 90 days: P(no order with positive revenue). Money at risk is what a
# customer would bring if they stayed, times the probability that they do not.

# %%
model = training.champion
prediction = model.predict(present)
scores = present[["customer_id"]].assign(
    churn_probability=1 - prediction.buy_probability, expected_value=prediction.expected_value
)
segmenter = Segmenter.fit(present, scores, horizon_days=horizon_days)
scores = with_money(segmenter.price(present, scores).join(segmenter.assign(present, scores)))
charts.draw_churn_risk(
    charts.churn_bins(scores["churn_probability"], tiers=scores["risk_tier"]),
    horizon_days=horizon_days,
    mean=scores["churn_probability"].mean(),
)

# %%
charts.draw_value_by_risk(sum_by(scores, "value_tier", "risk_tier"), currency=shop.currency)

# %%
sum_by(scores, "segment", "next_step").sort_values("money_at_risk", ascending=False).round(2)

# %% [markdown]
# ## One customer
#
# Whoever has the most money at risk. A reason says a fact and what it does to the odds of leaving, compared with a
# typical customer of this shop (who may well be gone: then even a long silence can lower the odds). All terms together
# add up exactly to the predicted probability.

# %%
contributions = model.contributions(present)
scores["churn_reasons"] = churn_reasons(contributions, present, features, currency=shop.currency)
scores["value_reasons"] = value_reasons(contributions, present, features, currency=shop.currency)
card = first_to_call(scores, rows=1).iloc[0]
print(f"{card['customer_id']}: leaves with probability {card['churn_probability']:.0%}, ", end="")
print(f"{card['expected_value']:.0f} {shop.currency} expected, {card['money_at_risk']:.0f} at risk.")
print(f"{card['segment']}: {card['next_step']}.")
print(*(f"- {reason}" for reason in [*card["churn_reasons"], *card["value_reasons"]]), sep="\n")

# %%
position = int(np.flatnonzero(present["customer_id"] == card["customer_id"])[0])
log_odds = contributions.churn_base + contributions.churn[position].sum()
print(f"terms: {1 / (1 + np.exp(-log_odds)):.9f}, prediction: {card['churn_probability']:.9f}")

terms = pd.DataFrame({"term": contributions.features, "factor": np.exp(contributions.churn[position])})
terms = terms.reindex(terms["factor"].map(np.log).abs().sort_values(ascending=False).index).head(8)
charts.style.chart(
    terms, height=alt.Step(22), title=charts.style.title(f"What moves the odds that {card['customer_id']} leaves")
).mark_bar().encode(
    x=alt.X("factor:Q", title="factor on the odds of leaving", scale=alt.Scale(type="log")),
    x2=alt.X2Datum(1),
    y=alt.Y("term:N", sort=None, title=None, axis=alt.Axis(labelLimit=220)),
    color=alt.condition("datum.factor > 1", alt.value(charts.style.RED), alt.value(charts.style.BLUE)),
)

# %%
history = orders[(orders["customer_id"] == card["customer_id"]) & (orders["ordered_at"] < as_of)]
charts.style.chart(
    history[["ordered_at", "revenue"]].assign(ordered_at=history["ordered_at"].astype(str)),
    height=120,
    title=charts.style.title(
        f"{len(history)} orders and returns of {card['customer_id']}, up to the day of the prediction"
    ),
).mark_bar(width=3).encode(
    x=alt.X("ordered_at:T", title=None, scale=alt.Scale(domain=[str(config.start), str(as_of)])),
    y=alt.Y("revenue:Q", title=f"revenue ({shop.currency})"),
)

# %% [markdown]
# ## The truth
#
# Only a simulated shop can tell it: the probability and the value that follow from each customer's hidden state. Orders
# do not show that state, so the dots scatter; calibrated predictions scatter around the line.

# %%
known = truth_at(truth, as_of, horizon_days)
said = present[["customer_id"]].assign(
    buy_probability=prediction.buy_probability, expected_value=prediction.expected_value
)
against_truth(known, {champion: said}).round(3)

# %%
both = said.merge(known, on="customer_id", suffixes=("", "_true"))
line = (
    alt.Chart(pd.DataFrame({"p": [0, 1]}))
    .mark_line(color=charts.style.GREY, strokeDash=[4, 4])
    .encode(x="p:Q", y="p:Q")
)
line + charts.style.chart(
    both[["buy_probability", "buy_probability_true", "alive"]],
    title=charts.style.title("Predicted and true probability of an order, customer by customer"),
).mark_circle(opacity=0.5).encode(
    x=alt.X("buy_probability:Q", title="predicted", scale=alt.Scale(domain=[0, 1])),
    y=alt.Y("buy_probability_true:Q", title="true", scale=alt.Scale(domain=[0, 1])),
    color=alt.Color("alive:N", title="still a customer", scale=alt.Scale(range=[charts.style.RED, charts.style.BLUE])),
)

# %% [markdown]
# The same on your orders, with every model, a report, and the model registered in MLflow:
#
# ```console
# tenure run --orders orders.csv --column customer_id=client --out out
# ```
