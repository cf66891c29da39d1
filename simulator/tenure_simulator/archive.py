"""The truth on disk: customers, orders and contacts as Parquet, the configuration as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenure_features.errors import UsageError
from tenure_simulator.arrays import Floats, Ints
from tenure_simulator.catalogue import BRANDS, CATEGORIES
from tenure_simulator.columns import customer_ids, order_ids, text_column, time_column
from tenure_simulator.config import ShopConfig
from tenure_simulator.economics import order_means
from tenure_simulator.lifetime import at_acquisition, true_acquisition_costs
from tenure_simulator.traits import DEVICES, GENDERS, ORDER_CHANNELS, REGIONS, Traits
from tenure_simulator.truth import Contacts, OrderTruth, Truth, to_second

CONFIG_FILE = "shop.json"


def _words(config: ShopConfig) -> Mapping[str, Sequence[str]]:
    """Words behind the traits that are codes."""
    return {
        "channel": [channel.name for channel in config.channels],
        "region": REGIONS,
        "gender": GENDERS,
        "favourite": CATEGORIES,
        "brand": BRANDS,
        "order_channel": ORDER_CHANNELS,
        "device": DEVICES,
    }


def customers_truth(truth: Truth) -> pa.Table:
    """Return latent traits of all customers, when they cooled and left, and what they are worth at acquisition."""
    config, traits, words = truth.config, truth.traits, _words(truth.config)
    orders, value = at_acquisition(config, traits)
    means, cost = order_means(config, traits), true_acquisition_costs(config, traits)
    columns: dict[str, object] = {"customer_id": customer_ids(traits.number)}
    for each in fields(traits):
        values = getattr(traits, each.name)
        if each.name in words:
            columns[each.name] = text_column(values, words[each.name])
        elif each.name == "arrival":
            columns["arrived_at"] = time_column(values, config.start)
        elif each.name != "number":
            columns[each.name] = pa.array(values)
    return pa.table(
        columns
        | {
            "cooled_at": time_column(truth.cooled, config.start),
            "left_at": time_column(truth.left, config.start),
            "order_value": pa.array(means.listed * means.discounted),
            "lifetime_orders": pa.array(orders),
            "lifetime_contribution": pa.array(value),
            "acquisition_cost": pa.array(cost),
            "lifetime_value": pa.array(value - cost),
        }
    )


def orders_truth(truth: Truth) -> pa.Table:
    """Return every order, hidden future included: what went wrong, and what comes back when."""
    ledger, config = truth.ledger, truth.config
    names = ("revenue", "cost", "first_revenue", "first_cost", "refund", "recovered")
    return pa.table(
        {
            "order_id": order_ids(ledger.number),
            "customer_id": customer_ids(truth.traits.number[ledger.customer]),
            "ordered_at": time_column(ledger.day, config.start),
            "bad": pa.array(ledger.bad > 0),
            "cooling": pa.array(ledger.cooling > 0),
            "returned_at": time_column(ledger.returned_day, config.start),
            **{name: pa.array(getattr(ledger, name)) for name in names},
        }
    )


def contacts_truth(truth: Truth) -> pa.Table:
    """Return every assignment, lost ones too, with the latent state just before the contact."""
    contacts, campaigns = truth.contacts, truth.config.campaigns
    days = np.array([float(campaign.day) for campaign in campaigns])
    return pa.table(
        {
            "customer_id": customer_ids(truth.traits.number[contacts.customer]),
            "campaign": text_column(contacts.campaign, [campaign.name for campaign in campaigns] or [""]),
            "assigned_at": time_column(days[contacts.campaign], truth.config.start),
            "arm": pa.array(contacts.arm),
            "recorded": pa.array(contacts.recorded > 0),
            "alive": pa.array(contacts.alive > 0),
            "cooling": pa.array(contacts.cooling > 0),
            "elapsed": pa.array(contacts.elapsed),
            "log_boost": pa.array(contacts.log_boost),
        }
    )


def _floats(column: pd.Series[float]) -> Floats:
    return np.asarray(column, dtype=np.float64)


def _ints(column: pd.Series[int]) -> Ints:
    return np.asarray(column, dtype=np.int64)


def _days(times: pd.Series[pd.Timestamp], config: ShopConfig) -> Floats:
    days = (times - pd.Timestamp(config.start)) / pd.Timedelta(days=1)
    return to_second(_floats(days.fillna(np.inf)), config)


def _numbers(ids: pd.Series[str]) -> Ints:
    return _ints(ids.str[1:].astype(np.int64))


def _read_traits(config: ShopConfig, frame: pd.DataFrame) -> Traits:
    columns: dict[str, Any] = {
        "number": _numbers(frame["customer_id"]),
        "arrival": _days(frame["arrived_at"], config),
    }
    for name, words in _words(config).items():
        code = {word: position for position, word in enumerate(words)}
        columns[name] = _ints(frame[name].fillna("").map(code))
    columns |= {each.name: frame[each.name].to_numpy() for each in fields(Traits) if each.name not in columns}
    return Traits(**columns)


def _read_ledger(config: ShopConfig, frame: pd.DataFrame, position: pd.Series[int]) -> OrderTruth:
    names = ("revenue", "cost", "first_revenue", "first_cost", "refund", "recovered")
    return OrderTruth(
        customer=_ints(frame["customer_id"].map(position)),
        number=_numbers(frame["order_id"]),
        day=_days(frame["ordered_at"], config),
        bad=_ints(frame["bad"]),
        cooling=_ints(frame["cooling"]),
        returned_day=_days(frame["returned_at"], config),
        **{name: _floats(frame[name]) for name in names},
    )


def _read_contacts(config: ShopConfig, frame: pd.DataFrame, position: pd.Series[int]) -> Contacts:
    campaign = {each.name: index for index, each in enumerate(config.campaigns)}
    return Contacts(
        campaign=_ints(frame["campaign"].map(campaign)),
        customer=_ints(frame["customer_id"].map(position)),
        arm=_ints(frame["arm"]),
        recorded=_ints(frame["recorded"]),
        alive=_ints(frame["alive"]),
        cooling=_ints(frame["cooling"]),
        elapsed=_floats(frame["elapsed"]),
        log_boost=_floats(frame["log_boost"]),
    )


def read_truth(out: Path) -> Truth:
    """Read the truth of a shop that `simulate` wrote.

    Parameters
    ----------
    out
        The folder given to `simulate`.

    Raises
    ------
    UsageError
        When the folder holds no truth.
    """
    folder = Path(out) / "truth"
    if not (folder / CONFIG_FILE).is_file():
        raise UsageError(
            f"{folder} holds no truth of a simulated shop.", fix="Name the folder given to `tenure simulate --out`."
        )
    config = ShopConfig.model_validate_json((folder / CONFIG_FILE).read_text(encoding="utf-8"))

    def read(name: str) -> pd.DataFrame:
        path = folder / name if (folder / name).is_dir() else folder / f"{name}.parquet"
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
        return frame

    customers = read("customers")
    position = pd.Series(np.arange(len(customers)), index=customers["customer_id"])
    return Truth(
        config=config,
        traits=_read_traits(config, customers),
        cooled=_days(customers["cooled_at"], config),
        left=_days(customers["left_at"], config),
        ledger=_read_ledger(config, read("orders"), position),
        contacts=_read_contacts(config, read("contacts"), position),
    )
