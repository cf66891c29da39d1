"""Run and score with every table and a feature of the user's own, through the command line, on a small shop."""

from __future__ import annotations

import contextlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tenure.cli import main
from tenure.config_file import load_config
from tenure.jobs.costs import with_past_money
from tenure.jobs.opening import catalogue_of, open_configured_shop
from tenure.jobs.score import present_customers
from tenure.progress import SilentProgress
from tenure_simulator import preset, simulate
from tenure_training.mlflow_session import mlflow_session
from tenure_training.models.bundle import read_bundle

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
def shop(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> Shop:
    folder = tmp_path_factory.mktemp("shop")
    written = simulate(preset("tiny", customers=150, seed=6), folder, expectations=False)
    (folder / "mine.py").write_text(OWN)
    toml = written.config_path.read_text().replace("[run]", "[calendar]\ncountry = 'DE'\n[run]")
    written.config_path.write_text(toml)
    events = toml[toml.index("[tables.events]") : toml.index("[tables.customers]")]
    (folder / "without_events.toml").write_text(toml.replace(events, ""))
    few = toml.replace(events, "").partition("[tables.feedback]")[0]
    (folder / "few.toml").write_text(few + "[calendar]\ncountry = 'DE'\n[run]\nhorizon_days = 60\n")
    store = ["--tracking-uri", new_store(folder / "mlruns")]
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


@pytest.fixture(scope="module")
def registered(shop: Shop) -> Iterator[tuple[Any, pd.DataFrame]]:
    """The champion as a consumer loads it by its alias, and the snapshot that the batch job scored."""
    overrides = {"features": {"files": [str(shop.folder / "mine.py")]}}
    config = load_config(shop.folder / "tenure.toml", overrides=overrides)
    bundle = read_bundle(shop.folder / "out" / "model")
    opened = open_configured_shop(config, progress=SilentProgress())
    present = present_customers(opened, bundle.info, catalogue_of(config))
    with mlflow_session(f"sqlite:///{shop.folder / 'mlruns' / 'mlflow.db'}") as mlflow:
        yield (
            mlflow.pyfunc.load_model("models:/tenure-scorer@champion"),
            with_past_money(present, config.economics, opened),
        )


def test_registry__gives_by_alias_the_numbers_of_the_batch_job(
    registered: tuple[Any, pd.DataFrame], shop: Shop
) -> None:
    model, snapshot = registered
    scores = pd.read_parquet(shop.folder / "out" / "scores.parquet")
    answer = model.predict(snapshot).sort_values("customer_id", ignore_index=True)
    lists = [name for name in answer if answer[name].map(type).eq(list).any()]
    pd.testing.assert_frame_equal(answer.drop(columns=lists), scores.drop(columns=lists), rtol=1e-6)
    assert {"clv_net", "clv_before_cac", "contribution_to_date", "expected_value"} <= set(answer)
    assert (answer["clv_net"] < answer["clv_before_cac"]).any()
    assert answer[lists].map(list).equals(scores[lists].map(list))


def test_registry__the_signature_is_what_the_model_takes_and_gives(registered: tuple[Any, pd.DataFrame]) -> None:
    model, snapshot = registered
    signature = model.metadata.signature
    assert signature.outputs.input_names() == model.predict(snapshot).columns.tolist()
    assert signature.outputs.input_names() == model.predict(model.input_example).columns.tolist()
    assert set(signature.inputs.input_names()) <= set(snapshot)
    assert {"acquisition_cost", "revenue_to_date"} <= set(signature.inputs.input_names())
    assert model.input_example["customer_id"].tolist() == ["example"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(lambda rows: rows.drop(columns="recency_days"), "missing inputs ['recency_days']", id="missing"),
        pytest.param(lambda rows: rows.rename(columns={"recency_days": "recency"}), "['recency_days']", id="misnamed"),
        pytest.param(lambda rows: rows.assign(recency_days="long ago"), "recency_days", id="type"),
        pytest.param(lambda rows: rows.assign(as_of="yesterday"), "as_of", id="moment"),
        pytest.param(lambda rows: rows.assign(recency_days=float("inf")), "infinite", id="infinite"),
        pytest.param(lambda rows: rows.assign(recency_days=float("nan")), "missing or infinite values", id="unknown"),
        pytest.param(lambda rows: rows.assign(acquisition_cost=float("inf")), "infinite", id="infinite-cost"),
        pytest.param(lambda rows: pd.concat([rows, rows]), "more than once", id="twice"),
    ],
)
def test_registry__says_what_is_wrong_with_a_frame(
    registered: tuple[Any, pd.DataFrame], change: Callable[[pd.DataFrame], pd.DataFrame], said: str
) -> None:
    model, snapshot = registered
    with pytest.raises(Exception, match=re.escape(said)):
        model.predict(change(snapshot.head(5)))


def test_registry__takes_unknown_values_and_further_columns(registered: tuple[Any, pd.DataFrame]) -> None:
    model, snapshot = registered
    rows = snapshot.head(5)
    plain = model.predict(rows)
    pd.testing.assert_frame_equal(model.predict(rows.assign(horoscope="lion")), plain)
    unknown = model.predict(rows.assign(adbt_days=float("nan"), acquisition_cost=float("nan")))
    assert unknown["churn_probability"].between(0, 1).all()
    assert unknown["clv_net"].isna().all()
    unseen = rows.assign(**{name: 0.0 for name in rows if name.startswith("acquisition_channel=")})
    assert model.predict(unseen)["churn_probability"].between(0, 1).all()  # a channel nobody had: none of the columns


def test_registry__no_artifact_names_a_customer(shop: Shop) -> None:
    ids = [name.encode() for name in pd.read_parquet(shop.folder / "orders.parquet")["customer_id"].unique()]
    files = [path for path in (shop.folder / "mlruns").rglob("*") if path.is_file()]
    assert len(files) > 30
    assert {path.name: [name for name in ids if name in path.read_bytes()] for path in files} == {
        path.name: [] for path in files
    }


def test_registry__a_version_has_a_card_a_grade_and_what_to_install(shop: Shop) -> None:
    with mlflow_session(f"sqlite:///{shop.folder / 'mlruns' / 'mlflow.db'}") as mlflow:
        version = mlflow.MlflowClient().get_model_version_by_alias("tenure-scorer", "champion")
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri="models:/tenure-scorer@champion"))
        requirements = (folder / "requirements.txt").read_text().split()
    for words in ("## What the numbers mean", "## How good it was", "## Where it ends", "| logistic |", "Grade "):
        assert words in version.description
    assert version.tags["grade"] in set("ABCDE")
    assert (version.tags["promoted"], version.tags["gate"]) == ("true", "There was no champion.")
    (wheel,) = [folder / line for line in requirements if line.startswith("wheels/")]
    names = zipfile.ZipFile(wheel).namelist()
    assert {"tenure/cli.py", "tenure_serving/pyfunc/clv.py", "tenure_features/py.typed"} <= set(names)
    assert Distribution.at(unpack(wheel, shop.folder)).metadata["Name"] == "tenure"


def unpack(wheel: Path, folder: Path) -> Path:
    """Unpack the metadata of a wheel, as an installer does."""
    with zipfile.ZipFile(wheel) as archive:
        about = [name for name in archive.namelist() if ".dist-info/" in name]
        archive.extractall(folder / "unpacked", about)
    return folder / "unpacked" / about[0].partition("/")[0]


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
