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
# # Campaigns: plan, measure, learn, and spend where it pays
#
# A simulated shop ran campaigns whose customers were drawn by lot, and one test in which nothing was done. The file of
# what they taught grows with every analysis, and the next plan, the groups and the list to contact rest on it.

# %%
import os
import runpy
import shlex
import sys
import tempfile
from pathlib import Path

import pandas as pd

import tenure

folder = Path(tempfile.mkdtemp())
os.chdir(folder)


def run(command: str) -> None:
    """Run a command as in a terminal; one that fails ends the notebook."""
    sys.argv = ["tenure", *shlex.split(command), "--quiet"]
    try:
        runpy.run_module("tenure", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise RuntimeError(command) from end


run("simulate --preset shop --customers 700 --seed 4 --out shop")

# %% [markdown]
# ## A test in which nothing was done
#
# Both arms are treated alike, so there must be nothing to see. Sizes that do not fit the lot, customers who differ before
# it, or customers in both arms would stop the analysis here.

# %%
run("experiment analyse aa_test --config shop/tenure.toml --horizon 30 --share control=0.5 --share same=0.5")

# %% [markdown]
# ## What a voucher did
#
# Intention to treat, with what customers did before to take variance away, an interval that holds however often one
# looks, and the profit after contact and offer. `--results` adds the result to a file.

# %%
run("experiment analyse spring_voucher --config shop/tenure.toml --horizon 45 --results results.json")
run("experiment analyse win_back --config shop/tenure.toml --horizon 45 --results results.json")

# %% [markdown]
# Who wins does so by luck as well: the sum of the winners as measured is too large, and beside it stands what is believed.
#
# ## Scores
#
# The quickest of models is enough to show the way; `tenure run` would take the best one.

# %%
shop = tenure.open_shop("shop/orders.parquet", as_of="2025-01-01", customers="shop/customers.parquet")
scores = tenure.train(shop, candidates=["recency"]).score()
scores.to_parquet("scores.parquet")

# %% [markdown]
# ## The next test
#
# How many customers it takes, how often the analysis would cry wolf on the shop's own past (tests without an effect), and
# what the arms measured before let be expected. A shop of this size is told that it is too small.

# %%
run(
    'experiment design summer --config shop/tenure.toml --where "recency_days > 60" --scores scores.parquet '
    "--arm control=0.5 --arm voucher=0.5 --replays 50 --results results.json --out summer"
)
assignments = pd.read_parquet("summer/assignments.parquet")
assignments["arm"].value_counts()

# %% [markdown]
# ## Whom it moves, and whom to contact
#
# Uplift is learnt from randomised assignments alone and judged on customers it was not learnt from. Where it cannot tell
# customers apart it says so, and the list goes by the lift of all times what each is expected to bring.

# %%
run("uplift spring_voucher --config shop/tenure.toml --horizon 45 --share control=0.5 --share voucher=0.5 --out moved")
run("target --scores scores.parquet --uplift moved --offer voucher=0.6:15% --budget 100 --out list")
pd.read_csv("list/targets.csv").head()

# %% [markdown]
# ## What campaigns taught
#
# The same file beside the groups: which arm works for whom, how well that is known and since when. Results that were
# known only after the scores are not looked at.

# %%
run("segments --scores scores.parquet --results results.json")
