"""``tenure.toml``: what it may say, where its paths start, and what a mistake in it is told."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tenure.config import Config, EconomicsConfig, IdentityConfig, SegmentsConfig, TuningConfig
from tenure.config_experiments import ExperimentsConfig
from tenure.config_file import load_config
from tenure.config_section import parse_moment
from tenure_features.errors import UsageError

FULL = """
[orders]
uri = "orders/*.parquet"
returns = "drop"
encoding = "cp1251"
preset = "none"
trust_customers = true
currency = "EUR"
[orders.columns]
customer_id = "CustomerID"
revenue = "Quantity * UnitPrice"

[tables.events]
uri = "s3://bucket/events.parquet"
columns = { occurred_at = "ts" }

[tables.customers]
uri = "customers.csv"
columns = { loyalty_level = "level" }

[features]
files = ["mine.py"]

[calendar]
country = "DE"
uri = "days.csv"

[run]
as_of = 2011-06-11
horizon_days = 90
active_days = 365
seed = 7
candidates = ["zero", "recency"]
out = "out"
previous = "earlier"
allow_gap = true

[models]
use = ["gender"]
most_customers = 40_000

[season]
expected = 1.3
months = { december = 2.0 }

[segments]
rfm_map = "maps/ours.json"
relationship_map = "simple"
margin = 0.2

[report]
language = "ru"

[engine]
kind = "spark"
temp_directory = "spill"

[tracking]
uri = "sqlite:///store/mlflow.db"
experiment = "shop"
register = false

[identity]
enabled = true
limits = { phone = 3 }
previous = "ids"

[experiments]
planned = 300
tactics = { call = { contact_cost = 1.5 } }
tests = { vip = { where = "value_tier = 'high'", tactics = ["call"] } }
"""


READING = {"encoding": None, "preset": None}


def write(folder: Path, text: str) -> Path:
    path = folder / "tenure.toml"
    path.write_text(text)
    return path


def test_config_file__every_key_is_read_and_relative_paths_start_at_its_folder(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, FULL), overrides={})
    assert config.model_dump(by_alias=True) == {
        "orders": {
            "uri": f"{tmp_path}/orders/*.parquet",
            "columns": {"customer_id": "CustomerID", "revenue": "Quantity * UnitPrice"},
            "encoding": "cp1251",
            "preset": "none",
            "returns": "drop",
            "currency": "EUR",
            "trust_customers": True,
        },
        "tables": {
            "events": {"uri": "s3://bucket/events.parquet", "columns": {"occurred_at": "ts"}, **READING},
            "customers": {"uri": f"{tmp_path}/customers.csv", "columns": {"loyalty_level": "level"}, **READING},
        },
        "features": {"files": (f"{tmp_path}/mine.py",)},
        "calendar": {"country": "DE", "subdivision": None, "uri": f"{tmp_path}/days.csv", "in_models": None},
        "run": {
            "as_of": dt.datetime(2011, 6, 11),
            "horizon_days": 90,
            "active_days": 365,
            "seed": 7,
            "candidates": ("zero", "recency"),
            "out": tmp_path / "out",
            "allow_gap": True,
            "previous": tmp_path / "earlier",
        },
        "models": {"use": ("gender",), "most_customers": 40_000},
        "season": {"expected": 1.3, "months": {"december": 2.0}},
        "segments": {
            **SegmentsConfig().model_dump(),
            "rfm_map": f"{tmp_path}/maps/ours.json",
            "relationship_map": "simple",
            "margin": 0.2,
        },
        "report": {"language": "ru"},
        "economics": EconomicsConfig().model_dump(),
        "engine": {"kind": "spark", "memory_limit": "2GB", "threads": 2, "temp_directory": tmp_path / "spill"},
        "tuning": TuningConfig().model_dump(),
        "tracking": {"uri": f"sqlite:///{tmp_path}/store/mlflow.db", "experiment": "shop", "register": False},
        "identity": {
            **IdentityConfig().model_dump(), "enabled": True, "limits": {"phone": 3}, "previous": tmp_path / "ids",
        },
        "experiments": {
            **ExperimentsConfig().model_dump(), "planned": 300,
            "tactics": {"call": {"contact_cost": 1.5, "offer_cost": 0.0, "lift": 0.0, "lift_deviation": 0.1}},
            "tests": {"vip": {"where": "value_tier = 'high'", "tactics": ("call",)}},
        },
    }  # fmt: skip


def test_config__defaults_leave_the_choices_to_the_data() -> None:
    config = load_config(None, overrides={"orders": {"uri": "orders.csv"}})
    assert (config.orders.returns, config.run.as_of, config.run.horizon_days, config.run.candidates) == (
        "net", None, None, None,
    )  # fmt: skip
    assert (config.run.seed, config.tracking.experiment, config.tracking.register_model) == (0, "tenure", True)


def test_overrides__win_key_by_key_and_none_says_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, FULL)
    said = {
        "orders": {"uri": "newer.parquet", "columns": {"customer_id": "client"}, "returns": None},
        "run": {"horizon_days": 30, "seed": None, "out": Path("elsewhere")},
    }
    config = load_config(path, overrides=said)
    assert config.orders.uri == "newer.parquet"
    assert config.orders.columns == {"customer_id": "client", "revenue": "Quantity * UnitPrice"}
    assert (config.orders.returns, config.run.horizon_days, config.run.seed) == ("drop", 30, 7)
    assert config.run.out == Path("elsewhere")


def test_config_file__absolute_paths_home_and_absolute_stores_stay(tmp_path: Path) -> None:
    text = '[orders]\nuri = "/data/orders.csv"\n[run]\nout = "~/out"\n[tracking]\nuri = "sqlite:////store/mlflow.db"\n'
    config = load_config(write(tmp_path, text), overrides={})
    assert config.orders.uri == "/data/orders.csv"
    assert config.run.out == Path.home() / "out"
    assert config.tracking.uri == "sqlite:////store/mlflow.db"


ORDERS = '[orders]\nuri = "orders.csv"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "No order log is named. Say --orders FILE, or uri under [orders] in tenure.toml."),
        ("[orders]\n", "No order log is named."),
        ('orders = "orders.csv"\n', "No order log is named."),
        (f"{ORDERS}[rnu]\n", "There is no section called 'rnu'. Did you mean 'run'?"),
        (f"{ORDERS}[run]\nhorizon = 90\n", "no key of [run] called 'horizon'. Did you mean 'horizon_days'?"),
        (f"{ORDERS}url = 1\n", "There is no key of [orders] called 'url'. Did you mean 'uri'?"),
        (f"{ORDERS}[tracking]\nregistry = true\n", "called 'registry'. Did you mean 'register'?"),
        (
            f"{ORDERS}[run]\nquite_different = 1\n",
            "horizon_days, active_days, seed, candidates, out, allow_gap, previous.",
        ),
        (f"{ORDERS}[orders.columns]\nrevnue = 'x'\n", "no column of orders called 'revnue'. Did you mean 'revenue'?"),
        (f"{ORDERS}[tables.event]\nuri = 'x'\n", "There is no table called 'event'. Did you mean 'events'?"),
        (f"{ORDERS}[tables.orders]\nuri = 'x'\n", "There is no table called 'orders'."),
        (f"{ORDERS}[tables.events]\nfile = 'x'\n", "There is no key of [tables.events] called 'file'."),
        (f"{ORDERS}[tables.events]\n", "tables.events.uri is missing."),
        (f"{ORDERS}[tables.events]\nuri = 'x'\ncolumns = {{ at = 'ts' }}\n", "no column of events called 'at'."),
        (f"{ORDERS}[run]\nhorizon_days = 0\n", "run.horizon_days should be greater than or equal to 1. Found: 0."),
        (f"{ORDERS}[run]\nhorizon_days = 3651\n", "run.horizon_days should be less than or equal to 3650."),
        (f"{ORDERS}[run]\nhorizon_days = 90.5\n", "run.horizon_days should be a valid integer"),
        (f"{ORDERS}[run]\nactive_days = 0\n", "run.active_days should be greater than or equal to 1."),
        (f"{ORDERS}[run]\nseed = -1\n", "run.seed should be greater than or equal to 0."),
        (f"{ORDERS}[run]\ncandidates = []\n", "run.candidates"),
        (f"{ORDERS}[run]\nas_of = '2011-13-01'\n", "'2011-13-01' is not a date; write it as YYYY-MM-DD"),
        (f"{ORDERS}[run]\nas_of = 20110611\n", "20110611 is not a date"),
        (f"{ORDERS}[run]\nas_of = 9999-12-31\n", "the year 9999 is outside 1900 to 2200"),
        (f"{ORDERS}returns = 'keep'\n", "orders.returns should be 'net', 'drop' or 'raise'. Found: 'keep'."),
        (f"{ORDERS}[orders.columns]\nrevenue = 5\n", "orders.columns.revenue should be a valid string. Found: 5."),
        ("[orders]\nuri = \n", "is not a TOML file."),
        (f"run = 5\n{ORDERS}", "run must be a section, [run]. Found: 5."),
    ],
)
def test_config_file__a_mistake_is_named_with_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        load_config(write(tmp_path, text), overrides={})
    assert said in str(raised.value)


def test_config_file__a_missing_file_and_a_folder_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no configuration file"):
        load_config(tmp_path / "nowhere.toml", overrides={})
    with pytest.raises(UsageError, match="cannot be read as a file"):
        load_config(tmp_path, overrides={})


def test_config__is_immutable() -> None:
    config = load_config(None, overrides={"orders": {"uri": "orders.csv"}})
    with pytest.raises(ValueError, match="frozen"):
        config.run.seed = 3  # type: ignore[misc]
    assert Config.model_validate(config.model_dump()) == config


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2011-06-11", dt.datetime(2011, 6, 11)),
        (" 2011-06-11 08:30 ", dt.datetime(2011, 6, 11, 8, 30)),
        ("2011-06-11T00:30:00+03:00", dt.datetime(2011, 6, 10, 21, 30)),
        ("2011-06-11T00:00:00Z", dt.datetime(2011, 6, 11)),
        (dt.date(2011, 6, 11), dt.datetime(2011, 6, 11)),
        (dt.datetime(2011, 6, 11, 1), dt.datetime(2011, 6, 11, 1)),
    ],
)
def test_moment__is_utc_naive(said: object, moment: dt.datetime) -> None:
    assert parse_moment(said) == moment


@pytest.mark.parametrize("said", ["11/06/2011", "yesterday", "", 0, 1307750400, True, None, 2011.5])
def test_moment__anything_else_is_refused(said: object) -> None:
    with pytest.raises(ValueError, match="is not a date; write it as YYYY-MM-DD"):
        parse_moment(said)
