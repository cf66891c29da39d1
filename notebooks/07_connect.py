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
# # Connect: from three raw exports to one store, and an audience sent
#
# A shop on Shopify, the WooCommerce shop it had before, and Klaviyo for its e-mails. Each export is recognised by its
# header; all land in one DuckDB file with where every row came from. At the end a list of customers goes to a server on
# this machine that answers as Klaviyo does. People and orders are made up here.

# %%
import json
import os
import runpy
import shlex
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pandas as pd

folder = Path(tempfile.mkdtemp())
os.chdir(folder)


def tenure(command: str) -> None:
    """Run a command as in a terminal; one that fails ends the notebook."""
    sys.argv = ["tenure", *shlex.split(command), "--quiet"]
    try:
        runpy.run_module("tenure", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise RuntimeError(command) from end


# %% [markdown]
# ## Three exports
#
# With the columns that the systems document, and what they hold besides sales: a refund, a cancelled order, a test, guests.

# %%
generator = np.random.default_rng(7)
people = [f"customer{number}@example.org" for number in range(120)]
pace = generator.gamma(2.0, 30.0, len(people)) + 12  # days between orders of each
rows = []
for email, days in zip(people, pace, strict=True):
    moments = generator.uniform(0, 240) + np.cumsum(generator.exponential(days, 9))
    rows += [(email, pd.Timestamp("2023-01-01") + pd.Timedelta(days=float(at))) for at in moments if at < 420]
bought = pd.DataFrame(rows, columns=["email", "at"]).sort_values("at", ignore_index=True)
bought["total"] = generator.gamma(4.0, 12.0, len(bought)).round(2)
moved = pd.Timestamp("2023-08-01")  # when the shop moved from WooCommerce to Shopify
old, new = bought[bought["at"] < moved], bought[bought["at"] >= moved]

woocommerce = pd.DataFrame(
    {
        "order_id": old.index + 1,
        "order_date": old["at"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        "status": np.where(old.index % 25 == 3, "cancelled", "completed"),
        "customer_id": 0,  # guests: their e-mail stands for them, not the 0 that all of them share
        "billing_email": old["email"],
        "order_total": old["total"],
        "order_currency": "EUR",
        "refunded_total": np.where(old.index % 30 == 5, old["total"], 0.0),
    }
)
shopify = pd.DataFrame(
    {
        "Name": [f"#{1000 + number}" for number in new.index],
        "Email": new["email"],
        "Financial Status": "paid",
        "Currency": "EUR",
        "Total": new["total"],
        "Created at": new["at"].dt.strftime("%Y-%m-%d %H:%M:%S -0500"),
        "Payment Method": np.where(new.index % 40 == 0, "Bogus Gateway", "Shopify Payments"),  # a test
        "Lineitem quantity": 1,
        "Lineitem name": "Mug",
        "Lineitem price": new["total"],
    }
)
reached = generator.choice(people, 600)
klaviyo = pd.DataFrame(
    {
        "Event": generator.choice(["Opened Email", "Clicked Email"], 600),
        "Timestamp": [f"2024-{1 + number % 12:02d}-05T10:00:00Z" for number in range(600)],
        "Email": reached,
        "Klaviyo ID": [f"01H{people.index(email)}" for email in reached],
    }
)
for name, table in {"woocommerce": woocommerce, "shopify": shopify, "klaviyo": klaviyo}.items():
    table.to_csv(f"{name}.csv", index=False)
shopify.head(3)

# %% [markdown]
# ## One store
#
# What an export is, what its statuses mean and what was left out is said; landing the same file again changes nothing.

# %%
tenure("pull woocommerce.csv --into shop.duckdb")

# %%
tenure("pull shopify.csv --into shop.duckdb")
tenure("pull klaviyo.csv --set table=events --into shop.duckdb")

# %%
tenure("pull shopify.csv --into shop.duckdb")

# %% [markdown]
# The store says what each source covers. A person who bought in both shops is one customer, by the e-mail.

# %%
tenure("init shop.duckdb")
tenure("check --config tenure.toml")

# %% [markdown]
# ## Scores
#
# One quick candidate, so that the notebook runs in seconds; without `--candidate` the backtest chooses among all.

# %%
tenure(
    f"run --config tenure.toml --candidate recency --horizon 60 --no-register --out out --tracking-uri sqlite:///{folder}/mlflow.db"
)
scores = pd.read_parquet("out/scores.parquet")
scores[["customer_id", "churn_probability", "expected_value", "value_tier", "segment"]].head()

# %% [markdown]
# ## An audience
#
# Contacts with a consent, those who must stay out, and who is meant. `--send` alone says what would go, and sends nothing.

# %%
contacts = pd.DataFrame(
    {"customer_id": people, "email": people, "consent": np.where(np.arange(len(people)) % 9, "yes", "no")}
)
contacts.to_csv("contacts.csv", index=False)
pd.DataFrame({"customer_id": people[:3]}).to_csv("forgotten.csv", index=False)
audience = 'audience klaviyo --contacts contacts.csv --without forgotten.csv --where "churn_probability > 0.4" --write risk_tier'
tenure(f"{audience} --send")

# %% [markdown]
# With `--confirm` it goes, here to a server on this machine. It receives what was said, and the key in a header.

# %%
received = []


class Klaviyo(BaseHTTPRequestHandler):
    """Answers as the bulk import of profiles does."""

    def do_POST(self) -> None:
        received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b'{"data": {"type": "profile-bulk-import-job", "id": "1"}}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


server = HTTPServer(("127.0.0.1", 0), Klaviyo)
server.timeout = 20
answering = threading.Thread(target=server.handle_request, daemon=True)  # one request, then the end
answering.start()
os.environ["TENURE_KLAVIYO_KEY"] = "not-a-real-key"
tenure(f"{audience} --send --confirm --url http://127.0.0.1:{server.server_address[1]}")
answering.join(timeout=20)
server.server_close()

# %%
profiles = [item["attributes"] for item in received[0]["data"]["attributes"]["profiles"]["data"]]
agreed = set(contacts.loc[contacts["consent"] == "yes", "email"]) - set(people[:3])
outsiders = {item["email"] for item in profiles} - agreed
print(f"{len(profiles)} profiles were received, {len(outsiders)} of them not agreed; the first: {profiles[0]}")
