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
# # A feature of your own
#
# One decorated function in one file is enough: the catalogue takes it in, it is checked for looking ahead, takes part in the
# models by its unit, and speaks in explanations. The shop is simulated and small.

# %%
import tempfile
from pathlib import Path

import pandas as pd

from tenure import check_features
from tenure_features import Catalogue, open_shop, snapshots
from tenure_serving import churn_reasons
from tenure_simulator import preset, simulate
from tenure_training import Frames, new_candidate

folder = Path(tempfile.mkdtemp())
simulate(preset("tiny", customers=250, seed=4), folder / "shop", expectations=False)
sorted(path.name for path in (folder / "shop").glob("*.parquet"))

# %% [markdown]
# ## The file
#
# A function receives the *history* of one table: rows strictly before the origin, of the customers with an order before
# it. It cannot reach a later row. `table` names the table, `unit` decides how models take the number (counts, days and
# money as logarithms, ratios as they are), and the docstring's first line is what people read.

# %%
file = folder / "my_features.py"
file.write_text(
    '''"""Features of our shop."""

from tenure_features import feature, ratio


@feature(unit="orders", family="frequency", reason="{value:.0f} orders above 50 so far")
def large_orders(history):
    """Orders worth more than 50."""
    return history.count(history.is_order & (history.revenue > 50))


@feature(unit="ratio", family="engagement", table="events", reason="{value:.0%} of visits in the last fortnight")
def visits_share_14d(events):
    """Share of all visits that came in the last 14 days."""
    visits = events.is_kind("visit")
    return ratio(events.count(visits & events.within(14)), events.count(visits))
''',
    encoding="utf-8",
)
catalogue = Catalogue().with_file(file)
pd.DataFrame([(one.name, one.table, one.unit, one.family, one.meaning) for one in catalogue.own])

# %% [markdown]
# On the command line: `tenure features --list --features my_features.py`, and `--features my_features.py` of `tenure run`,
# or `[features] files = ["my_features.py"]` in `tenure.toml`.
#
# ## The check
#
# The features are computed on a simulated shop whose future is cut off, and on one whose future is another: no value may
# change. `tenure features --check --features my_features.py` does the same, and so does `tenure.assert_features_hold` in a test
# of your own.

# %%
check_features(catalogue, customers=80)

# %% [markdown]
# ## The numbers

# %%
tables = {name: folder / "shop" / f"{name}.parquet" for name in ("events", "customers")}
shop = open_shop(folder / "shop" / "orders.parquet", **tables)
as_of = shop.as_of
names = [one.name for one in catalogue.own]
snapshots(shop, as_of, features=["orders_total", *names], catalogue=catalogue).head()

# %% [markdown]
# ## In a model, and in its words
#
# Frames take every feature of their catalogue that the tables of the shop allow, yours among them.

# %%
frame = Frames(shop, catalogue=catalogue).frame(as_of, horizon_days=60)
model = new_candidate("logistic").fit(frame, seed=0)
contributions = model.contributions(frame.present)
terms = pd.DataFrame(contributions.churn, columns=contributions.features).abs().mean()
terms[names].rename("mean change of the log-odds")

# %%
first = frame.present.head(3)
reasons = churn_reasons(model.contributions(first), first, catalogue, top=4)
for customer, said in zip(first["customer_id"], reasons, strict=True):
    print(customer, *said, sep="\n  ")

# %% [markdown]
# ## Somewhere else
#
# A model carries the words of all its features, and the name and the hash of your file. Who scores with it gives the same file; without it, or with another
# version of it, scoring stops with a sentence that says which file is meant.
