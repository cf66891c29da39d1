"""``tenure bids``: what it prints, draws and writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tenure_simulator import preset, simulate


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small simulated shop."""
    folder = tmp_path_factory.mktemp("shop")
    simulate(preset("tiny", customers=300, seed=1), folder, tables=("orders", "customers", "spend"), expectations=False)
    return folder


def test_bids__writes_tables_a_chart_and_the_file_of_a_platform(call: Callable, shop: Path, tmp_path: Path) -> None:
    words = ["bids", "--config", str(shop / "tenure.toml"), "--platform", "google", "--campaign", "brand"]
    done = call(*words, "--most", "1.2", "--out", str(tmp_path / "bids"), "-q")
    assert done.code == 0, done.err
    assert "Nothing was sent." in done.out
    assert {path.name for path in (tmp_path / "bids").iterdir()} == {
        "bids.csv", "bids_spread.csv", "bids.svg", "bids_google.csv",
    }  # fmt: skip
    table = pd.read_csv(tmp_path / "bids" / "bids.csv")
    assert {"channel", "region"} <= set(table["dimension"])
    assert table["multiplier"].max() <= 1.2
    upload = pd.read_csv(tmp_path / "bids" / "bids_google.csv")
    assert set(upload["Campaign"]) == {"brand"}
    regions = table[table["dimension"] == "region"].set_index("level")["adjustment"]
    uploaded = upload.dropna(subset="Location").set_index("Location")["Bid Modifier"].astype(int)
    assert uploaded.to_dict() == regions.to_dict()


def test_bids__is_one_object_for_programs(call: Callable, shop: Path) -> None:
    done = call("bids", "--config", str(shop / "tenure.toml"), "--json", "-q")
    result = json.loads(done.out)
    assert (result["command"], result["least"], result["most"]) == ("bids", 0.5, 2.0)
    assert result["definitions"]["multiplier"]["unit"] == "ratio"


def test_bids__that_cannot_be_are_refused(call: Callable, shop: Path, tmp_path: Path) -> None:
    config = ["--config", str(shop / "tenure.toml"), "-q"]
    for words, sentence in (
        (["--least", "2"], "bounds of a bid"),
        (["--platform", "google"], "No folder for the results"),
        (["--platform", "bing", "--out", str(tmp_path)], "no platform of bids called 'bing'"),
    ):
        done = call("bids", *config, *words)
        assert (done.code, sentence in done.err) == (2, True), done.err
