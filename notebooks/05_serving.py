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
# # Serving: register, load by alias, score, explain, promote
#
# A training on record in an MLflow store of its own. Whoever scores knows an alias, not a file: who stands behind it is
# decided by a gate, and can be taken back. `docs/serving.md` has the rest: batches into a lake or a database, and the HTTP
# service.

# %%
import os
import runpy
import shlex
import sys
import tempfile
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd

from tenure_features import open_shop, snapshots
from tenure_serving import Scorer, churn_reasons
from tenure_simulator import preset, simulate_orders

folder = Path(tempfile.mkdtemp())
os.chdir(folder)
store = f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}"
os.environ["MLFLOW_TRACKING_URI"] = store  # where everything below looks


def tenure(command: str) -> int:
    """Run a command as in a terminal and give its exit code; one that fails ends the notebook."""
    sys.argv = ["tenure", *shlex.split(command)]
    try:
        runpy.run_module("tenure", run_name="__main__")
    except SystemExit as end:
        if end.code not in {None, 0, 99}:  # 99: there is nothing to do, which is an answer
            raise RuntimeError(command) from end
        return int(end.code or 0)
    return 0


# %%
config = preset("shop", customers=150, seed=5).model_copy(update={"days": 420, "campaigns": (), "price_changes": ()})
simulate_orders(config)[0].to_parquet(folder / "orders.parquet", index=False)

# %% [markdown]
# ## Register
#
# `tenure run` trains, judges and registers three models of one bundle. The first champion is champion because there is no
# other; a later one has to pass the gate.

# %%
tenure("run --orders orders.parquet --as-of 2023-01-01 --horizon 30 --candidate mbgnbd --out out --quiet")
tenure("models")

# %% [markdown]
# ## Load by alias, and score
#
# MLflow alone is enough: the signature says what goes in and what comes out. The same through `Scorer`, which also takes
# a folder; both give the numbers of the batch.

# %%
mlflow.set_tracking_uri(store)
model = mlflow.pyfunc.load_model("models:/tenure-scorer@champion")
scorer = Scorer.load("models:/tenure-scorer@champion", tracking_uri=store)

as_of = pd.Timestamp("2023-01-01")
shop = open_shop(folder / "orders.parquet", as_of)
features = snapshots(shop, as_of, features=scorer.bundle.info.features)
asked = features.reindex(columns=[column.name for column in model.metadata.get_input_schema().inputs])
scores = model.predict(asked).set_index("customer_id")
batch = pd.read_parquet("out/scores.parquet").set_index("customer_id").loc[scores.index]
for name in ("churn_probability", "expected_value"):
    np.testing.assert_allclose(scores[name], batch[name], rtol=1e-6)
scores[["churn_probability", "expected_value", "segment", "next_step"]].head()

# %% [markdown]
# ## Explain
#
# Reasons are part of every score; what they are made of is in the model's contributions, which add up exactly.

# %%
who = scores["churn_probability"].between(0.4, 0.6).idxmax()
print(f"{who}: {scores.loc[who, 'churn_probability']:.0%} to leave within 30 days")
print(*scores.loc[who, "churn_reasons"], sep="\n")
one = features[features["customer_id"] == who].reset_index(drop=True)
contributions = scorer.bundle.candidate.contributions(one)
odds = contributions.churn.sum() + contributions.churn_base
print(f"all terms together: {1 / (1 + np.exp(-odds)):.0%}")
churn_reasons(contributions, one, scorer.bundle.info.catalogue, top=5)

# %% [markdown]
# ## Promote, and take back
#
# The newest registration is the challenger. `tenure promote` fits both kinds of model anew at the same past moments, compares
# them customer by customer, and moves the alias if the challenger is not worse; a refusal is exit code 4, with the reasons
# on record. `tenure rollback` gives the alias back to the champion before, at once. With one version on record there is nothing
# to do, which is exit code 99: a schedule can tell it from a failure.

# %%
print(tenure("promote --orders orders.parquet --as-of 2023-01-01"))

# %%
print(tenure("rollback"))

# %% [markdown]
# The aliases are MLflow's own, so anything that reads the registry sees the same champion.

# %%
client = mlflow.MlflowClient()
champion = client.get_model_version_by_alias("tenure-scorer", "champion")
{name: champion.tags[name] for name in ("model_version", "grade") if name in champion.tags}
