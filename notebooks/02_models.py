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
# # Models: compare, tune, explain, calibrate
#
# What happens inside `tenure run`, for those who want to change it: which models there are and how they are compared, how
# settings are searched without fooling oneself, a model of one's own in the same race, what a prediction is made of, and
# whether a probability of 30 % means three in ten. `docs/models.md` has the formulas.

# %%
import tempfile
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from tenure_features import open_shop
from tenure_serving import charts
from tenure_simulator import preset, simulate_orders
from tenure_training import (
    CANDIDATES,
    METRICS,
    Frames,
    new_candidate,
    paired_bootstrap,
    rank_drivers,
    sklearn_candidate,
    summarise_backtest,
    summarise_calibration,
    summarise_deciles,
    train,
    tune,
)

alt.renderers.enable("svg")  # drawn here, so that the notebook needs no network to be read

# %%
config = preset("shop", customers=500, seed=2).model_copy(update={"days": 730, "campaigns": (), "price_changes": ()})
orders, _ = simulate_orders(config)
folder = Path(tempfile.mkdtemp())
orders.to_parquet(folder / "orders.parquet", index=False)
as_of, horizon_days = pd.Timestamp("2023-12-31"), 90
shop = open_shop(folder / "orders.parquet", as_of)
frames = Frames(shop)

# %% [markdown]
# ## What models learn from
#
# Snapshots at past origins, each with the outcome of a window that has closed since; and the present, without labels.
# Windows of several lengths are pooled, and older ones weigh less.

# %%
frame = frames.frame(as_of, horizon_days=horizon_days)
windows = frame.labels.assign(origin=frame.rows["as_of"], days=frame.window_days, weight=frame.weight)
windows.groupby(["days", "origin"]).agg(
    customers=("bought", "size"), bought=("bought", "mean"), value=("value", "mean"), weight=("weight", "first")
).round(2)

# %% [markdown]
# ## The candidates
#
# One contract for all of them: fit on such a frame, predict the probability to buy, orders, value and its distribution.
# What may be tuned lies beside each.

# %%
pd.DataFrame(
    [
        {"name": name, "what": (candidate.__doc__ or "").split("\n")[0], "to tune": ", ".join(candidate.search_space)}
        for name, candidate in CANDIDATES.items()
    ]
)

# %% [markdown]
# A model of one's own is two scikit-learn estimators and a name. It learns from the same matrix. Having no way to be
# written without a pickle, it competes, but cannot be champion.

# %%
mine = sklearn_candidate(
    "mine",
    HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=40),
    HistGradientBoostingRegressor(max_iter=60, min_samples_leaf=40),
)
mine.name, mine.servable

# %% [markdown]
# ## Compare
#
# Every candidate is refitted at past origins and judged on the windows that followed. A few keep this notebook quick;
# without `candidates` all of them compete.

# %%
compared = ["mbgnbd", "logistic", "xgboost_aft", mine]
training = train(frames, as_of=as_of, horizon_days=horizon_days, seed=0, candidates=compared)
print(training.choice.name, "-", training.choice.reason)
shown = ["auroc", "log_loss", "ece", "normalised_gini", "decile_mape", "total_bias", "crps"]
summarise_backtest(training.backtest)[["candidate", "origins", *shown]].round(3)

# %%
pd.DataFrame([(name, METRICS[name].meaning) for name in shown], columns=["metric", "what it asks"])

# %% [markdown]
# Is a difference more than luck? Customers are drawn again, each with all its origins, and both models see the same draw.

# %%
said, backtest = training.backtest.predictions, training.backtest
pairs = paired_bootstrap(said["logistic"], said["mbgnbd"], backtest.outcomes, seed=0)
pd.DataFrame([vars(pair) for pair in pairs.values()]).round(4)

# %%
charts.draw_backtest(backtest.table(), metric="log_loss", champion=training.choice.name)

# %% [markdown]
# ## When, rather than whether
#
# The survival model gives a chance for any horizon and a median wait. Held against what happened: the share of customers
# who had ordered again by each day of the last backtest window.

# %%
window = backtest.windows[0]
past = frames.frame(window.origin, horizon_days=window.days)
survival = new_candidate("xgboost_aft").fit(past, seed=0)
wait = frames.labels(window)["wait_days"].to_numpy()
days = np.arange(5, window.days + 1, 5)
levels = np.linspace(0.01, 0.99, 99)
chance = np.array([(survival.wait_days(past.present, level=level)[:, None] <= days).mean(axis=0) for level in levels])
curve = pd.DataFrame({
    "day": np.tile(days, 2),
    "share": np.concatenate([chance.mean(axis=0), [(wait <= day).mean() for day in days]]),
    "of": np.repeat(["predicted", "happened"], len(days)),
})  # fmt: skip
last = curve[curve["day"] == days[-1]].set_index("of")["share"]
charts.style.chart(
    curve,
    title=charts.style.title(
        f"{last['predicted']:.0%} were expected back within {days[-1]} days, {last['happened']:.0%} came",
        f"Share of {len(wait)} customers with an order since {window.origin:%Y-%m-%d}",
    ),
).mark_line().encode(
    x=alt.X("day:Q", title="days since the origin"),
    y=alt.Y("share:Q", title="share with an order", axis=alt.Axis(format="%")),
    color=alt.Color("of:N", title=None, scale=alt.Scale(range=[charts.style.GREY, charts.style.BLUE])),
)

# %% [markdown]
# ## Tune
#
# Settings are chosen on the earlier origins, never on random rows, and used only where they win on the latest, which they
# were not chosen on. Finished trials are kept in a journal: run the cell again, with more trials, and it goes on.

# %%
tuning = tune(
    frames,
    candidate="logistic",
    as_of=as_of,
    horizon_days=horizon_days,
    seed=0,
    trials=6,
    journal=folder / "tuning.journal",
)
print(f"used: {tuning.used} - {tuning.reason}")
tuning.gains

# %%
tried = pd.DataFrame([trial.settings | {"loss": trial.score.loss} for trial in tuning.trials])
charts.style.chart(
    tried,
    title=charts.style.title(
        f"{len(tried) - 1} trials were finished, {tuning.pruned} given up after an origin",
        "1 is the untuned model; one dot is one trial",
    ),
).mark_circle(size=80).encode(
    x=alt.X("linear_penalty:Q", title="ridge penalty", scale=alt.Scale(type="log")),
    y=alt.Y("loss:Q", title="loss, relative to untuned", scale=alt.Scale(zero=False)),
)

# %% [markdown]
# ## Explain
#
# Every term of the champion's log-odds, added up over customers by size. All of them together are exactly the prediction.

# %%
contributions = training.champion.contributions(frame.present)
charts.draw_drivers(rank_drivers(contributions, frame.catalogue).head(12))

# %%
prediction = training.champion.predict(frame.present)
added = contributions.churn_base + contributions.churn.sum(axis=1)
float(np.abs(1 / (1 + np.exp(added)) - prediction.buy_probability).max())

# %% [markdown]
# ## Calibrate
#
# Probabilities are held against what happened in windows the models had not seen, and so is the money. What such windows
# teach about the level is taken over, shrunk, because one season's level need not be the next one's.

# %%
champion = training.choice.name
charts.draw_calibration(summarise_calibration(backtest, champion)) | charts.draw_deciles(
    summarise_deciles(backtest, champion), currency=shop.currency
)

# %%
raw = new_candidate(champion).fit(frame, seed=0).predict(frame.present)
pd.DataFrame({
    "as fitted": [raw.buy_probability.mean(), raw.expected_value.sum()],
    "calibrated": [prediction.buy_probability.mean(), prediction.expected_value.sum()],
}, index=["mean probability to buy", f"expected value ({shop.currency})"]).round(3)  # fmt: skip

# %%
summarise_backtest(backtest)[["candidate", "coverage_50", "coverage_80", "coverage_95", "crps"]].dropna().round(3)
