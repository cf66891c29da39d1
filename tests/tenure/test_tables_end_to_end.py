"""Run and score with every table and a feature of the user's own, through the command line, on a small shop."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tenure.cli import main
from tenure_simulator import preset, simulate

pytestmark = pytest.mark.slow

OWN = '''
from tenure_features import feature

@feature(unit="events", family="engagement", table="events", reason="{value:.0f} visits in a fortnight")
def visits_14d(events):
    """Visits in the last 14 days."""
    return events.count(events.is_kind("visit") & events.within(14))
'''


def call(*arguments: object) -> tuple[int, str, str]:
    """Call ``tenure`` and catch its exit code and both streams."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    code = stopped.value.code
    return (code if isinstance(code, int) else 0), out.getvalue(), err.getvalue()


@dataclass(frozen=True)
class Shop:
    """A simulated shop on disk, the job done on it once, and what it said."""

    folder: Path
    said: dict[str, Any]
    err: str

    def score(self, config: str, out: str, *more: object) -> tuple[int, str, str]:
        model = self.folder / "out" / "model"
        return call("score", "--model", model, "--config", self.folder / config, *more, "--out", self.folder / out)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    written = simulate(preset("tiny", customers=150, seed=6), folder, expectations=False)
    (folder / "mine.py").write_text(OWN)
    toml = written.config_path.read_text().replace("[run]", "[calendar]\ncountry = 'DE'\n[run]")
    written.config_path.write_text(toml)
    events = toml[toml.index("[tables.events]") : toml.index("[tables.customers]")]
    (folder / "without_events.toml").write_text(toml.replace(events, ""))
    few = toml.replace(events, "").partition("[tables.feedback]")[0]
    (folder / "few.toml").write_text(few + "[calendar]\ncountry = 'DE'\n[run]\nhorizon_days = 60\n")
    store = ["--tracking-uri", f"sqlite:///{folder / 'mlruns' / 'mlflow.db'}", "--no-register"]
    code, out, err = call(
        "run", "--config", written.config_path, "--features", folder / "mine.py", "--candidate", "logistic", *store,
        "--out", folder / "out", "--json",
    )  # fmt: skip
    assert code == 0, err
    return Shop(folder, json.loads(out), err)


def test_run__trains_on_every_table_and_remembers_what_it_read(shop: Shop) -> None:
    info = json.loads((shop.folder / "out" / "model" / "bundle.json").read_text())
    names = [feature["name"] for feature in info["catalogue"]]
    for name in (
        "visits_30d",
        "nps_last",
        "category_entropy",
        "service_cost_90d",
        "margin_share",
        "visits_14d",
    ):
        assert name in names
    assert any(name.startswith("acquisition_channel=") for name in names)
    assert not [name for name in names if name == "age_years" or name.startswith("gender=")]
    assert "window_holidays" not in names  # fourteen months teach no season
    assert "Models do not look at the calendar" in shop.err
    (mine,) = (feature for feature in info["catalogue"] if feature["file"])
    assert (mine["name"], mine["file"]["name"], len(mine["file"]["sha256"])) == ("visits_14d", "mine.py", 64)


def test_score__gives_the_scores_of_the_run_with_the_same_tables_and_file(shop: Shop) -> None:
    code, _, err = shop.score("tenure.toml", "same", "--features", shop.folder / "mine.py")
    assert code == 0, err
    run, again = (pd.read_parquet(shop.folder / out / "scores.parquet") for out in ("out", "same"))
    pd.testing.assert_frame_equal(run, again, rtol=1e-6)
    words = " ".join(reason for reasons in run["churn_reasons"] for reason in reasons)
    assert any(said in words for said in ("visits", "touches", "sign of life", "carts", "e-mails", "active on"))


@pytest.mark.parametrize(
    ("config", "own", "said"),
    [
        ("without_events.toml", OWN, "missing: events (for"),
        ("tenure.toml", OWN.replace("14)", "15)"), "another version of mine.py"),
    ],
)
def test_score__refuses_another_basis(shop: Shop, config: str, own: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(own)
    code, _, err = shop.score(config, "refused", "--features", tmp_path / "mine.py")
    assert (code, said in err, "Traceback" in err) == (3, True, False), err
    assert not (shop.folder / "refused" / "scores.parquet").exists()


def test_score__says_which_file_is_missing(shop: Shop) -> None:
    code, _, err = shop.score("tenure.toml", "refused")
    assert code == 3
    assert "The model reads the feature visits_14d, which mine.py defines, and that file was not given." in err


def test_features__are_written_with_what_there_is_and_say_once_what_is_missing(shop: Shop) -> None:
    file = shop.folder / "features.parquet"
    code, _, err = call("features", "--config", shop.folder / "few.toml", "--out", file)
    assert code == 0, err
    assert err.count("Features that need a table that was not given are left out") == 1
    assert "events (engagement, experience)" in err
    written = pd.read_parquet(file)
    assert {"window_holidays", "category_entropy", "age_years"} <= set(written.columns)
    assert not {"visits_30d", "nps_last"} & set(written.columns)


def test_score__with_a_model_that_looks_at_the_calendar(shop: Shop) -> None:
    file = shop.folder / "dated.toml"
    file.write_text(
        '[orders]\nuri = "orders.parquet"\n[calendar]\ncountry = "DE"\nin_models = true\n[run]\nhorizon_days = 60\n'
    )
    store = ["--tracking-uri", f"sqlite:///{shop.folder / 'mlruns' / 'mlflow.db'}", "--no-register"]
    code, _, err = call("run", "--config", file, "--candidate", "logistic", *store, "--out", shop.folder / "dated")
    assert code == 0, err
    model = shop.folder / "dated" / "model"
    assert '"window_holidays"' in (model / "bundle.json").read_text()
    code, _, err = call("score", "--model", model, "--config", file, "--out", shop.folder / "dated-again")
    assert code == 0, err
    run, again = (pd.read_parquet(shop.folder / out / "scores.parquet") for out in ("dated", "dated-again"))
    pd.testing.assert_frame_equal(run, again, rtol=1e-6)
