"""Run, score, backtest and explain through the command line, nothing faked, on a small simulated shop."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tenure.cli import main
from tenure.jobs import publication
from tenure.jobs.score import Scoring
from tenure_features.errors import DependencyUnavailableError
from tenure_simulator import preset, simulate_orders

pytestmark = pytest.mark.slow

AS_OF, HORIZON = "2022-12-01", 60
COLUMNS = [
    "--column", "customer_id=client", "--column", "ordered_at=bought_at", "--column", "order_id=receipt",
    "--column", "revenue=paid + 0.0", "--column", "currency=money",
]  # fmt: skip
CANDIDATES = ["--candidate", "logistic", "--candidate", "mbgnbd"]  # the first is the default


def call(*arguments: object) -> tuple[int, str, str]:
    """Call ``tenure`` and catch its exit code and both streams."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    code = stopped.value.code
    return (code if isinstance(code, int) else 0), out.getvalue(), err.getvalue()


@dataclass(frozen=True)
class Shop:
    """A log on disk, the job done on it once, and what it printed."""

    folder: Path
    table: pd.DataFrame
    said: dict[str, Any]

    @property
    def log(self) -> list[object]:
        return ["--orders", self.folder / "orders.csv", *COLUMNS]

    @property
    def store(self) -> list[object]:
        return ["--tracking-uri", f"sqlite:///{self.folder / 'mlruns' / 'mlflow.db'}"]

    @property
    def scores(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "out" / "scores.parquet")

    def score(self, *arguments: object, out: str) -> tuple[int, str, str]:
        return call("score", *self.log, *self.store, "--out", self.folder / out, *arguments)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, new_store: Callable[[Path], str]) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    new_store(folder / "mlruns")
    orders, _ = simulate_orders(preset("tiny", customers=250, seed=3))
    names = {"customer_id": "client", "ordered_at": "bought_at", "order_id": "receipt", "revenue": "paid"}
    table = orders.rename(columns={**names, "currency": "money"})[[*names.values(), "money"]]
    table.to_csv(folder / "orders.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
        shop = Shop(folder, table, {})
        question = ["--as-of", AS_OF, "--horizon", HORIZON, *CANDIDATES]
        code, out, err = call("run", *shop.log, *question, *shop.store, "--out", folder / "out", "--json", "-q")
        assert code == 0, err
        yield Shop(folder, table, json.loads(out))


def population(table: pd.DataFrame) -> set[str]:
    """Customers with an order before the moment; a receipt that is negative in all is a return."""
    receipts = table.groupby(["client", "receipt"], as_index=False).agg(at=("bought_at", "min"), paid=("paid", "sum"))
    return set(receipts[(receipts["at"] < pd.Timestamp(AS_OF)) & (receipts["paid"] >= 0)]["client"])


def test_run__scores_everybody_with_an_order_before_the_moment(shop: Shop) -> None:
    scores = shop.scores
    assert set(scores["customer_id"]) == population(shop.table)
    assert scores["customer_id"].is_unique
    assert scores["churn_probability"].between(0, 1).all()
    assert (scores["value_low"] <= scores["value_high"]).all()
    assert set(scores["as_of"]) == {pd.Timestamp(AS_OF)}
    assert set(scores["horizon_days"]) == {HORIZON}
    assert (scores["churn_reasons"].map(len) > 0).mean() > 0.9  # nothing moves some customers from the average


def test_run__prints_what_it_wrote(shop: Shop) -> None:
    said, scores = shop.said, shop.scores
    assert (said["command"], said["customers"]) == ("run", len(scores))
    assert said["expected_value"] == pytest.approx(scores["expected_value"].sum())
    assert {row["candidate"] for row in said["backtest"]} == {"zero", "status_quo", "recency", "logistic", "mbgnbd"}
    assert said["champion"] == "logistic"
    manifest = json.loads((shop.folder / "out" / "manifest.json").read_text())
    assert manifest["model_version"] == said["model_version"] == scores["model_version"].iloc[0]
    written = json.loads(pq.read_schema(shop.folder / "out" / "scores.parquet").metadata[b"tenure"])
    assert written["definitions"] == manifest["definitions"]
    assert f"{HORIZON} days" in written["definitions"]["churn"]
    charts = {path.name: path.read_text() for path in (shop.folder / "out" / "charts").iterdir()}
    assert set(charts) == {"calibration.svg", "value_lift.svg", "shap_summary.svg", "shap_summary.csv"}
    assert all(text.startswith("<svg") for name, text in charts.items() if name.endswith(".svg"))
    report = (shop.folder / "out" / "report.html").read_text()
    assert f"{len(scores):,}" in report
    assert said["champion"] in report
    for section in ("Where value sits", "Who moved, and how steady the groups are"):
        assert f"<h2>{section}</h2>" in report
    assert "If a week passed without a single order" in report


def test_run__neither_the_order_of_rows_nor_later_rows_matter(shop: Shop) -> None:
    earlier = shop.table[shop.table["bought_at"] < AS_OF].sample(frac=1.0, random_state=1)
    earlier.to_csv(shop.folder / "earlier.csv", index=False)
    log = ["--orders", shop.folder / "earlier.csv", *COLUMNS, *shop.store, "--no-register"]
    question = ["--as-of", AS_OF, "--horizon", HORIZON, *CANDIDATES]
    code, _, err = call("run", *log, *question, "--out", shop.folder / "again", "-q")
    assert code == 0, err
    again = pd.read_parquet(shop.folder / "again" / "scores.parquet")
    same = ["model_version"]  # names the file the model was trained on
    pd.testing.assert_frame_equal(shop.scores.drop(columns=same), again.drop(columns=same), rtol=1e-9)


def test_score__the_registered_champion_gives_the_scores_of_the_run(shop: Shop) -> None:
    code, out, err = shop.score("--as-of", AS_OF, "--json", out="same")
    assert code == 0, err
    assert json.loads(out)["customers"] == len(shop.scores)
    pd.testing.assert_frame_equal(shop.scores, pd.read_parquet(shop.folder / "same" / "scores.parquet"), rtol=1e-6)


def test_score__to_a_folder_goes_on_where_a_run_ended_and_says_what_one_piece_says(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publication, "PART_ROWS", 60)
    lake, scored, score = tmp_path / "lake", [], Scoring.score
    asked = ("score", *shop.log, *shop.store, "--as-of", AS_OF, "--to", lake, "--json")

    def score_two_parts(self: Scoring, present: pd.DataFrame) -> pd.DataFrame:
        if len(scored) == 2:
            raise DependencyUnavailableError("The machine goes down.")
        scored.append(len(present))
        return score(self, present)

    with monkeypatch.context() as patch:
        patch.setattr(Scoring, "score", score_two_parts)
        assert call(*asked)[0] == 5
    assert not list(lake.glob("as_of=*"))
    code, out, err = call(*asked)
    assert (code, json.loads(out)["resumed"]) == (0, 120), err
    read = ds.dataset(lake, partitioning="hive").to_table().to_pandas()
    apart = ["as_of", "model_version"]
    pd.testing.assert_frame_equal(read[shop.scores.columns.drop(apart)], shop.scores.drop(columns=apart), rtol=1e-9)
    assert call(*asked)[0] == 99
    assert not (lake / ".tenure-work").exists()


def test_score__writes_a_report_that_says_what_it_rests_on(shop: Shop) -> None:
    code, out, err = shop.score("--as-of", "2022-12-02", "--model", shop.folder / "out" / "model", out="told")
    assert code == 0, err
    told = shop.folder / "told"
    assert f"Report: {told / 'report.html'}" in out
    assert {path.name for path in told.iterdir()} == {
        "call_list.csv", "charts", "manifest.json", "report.html", "scores.parquet",
    }  # fmt: skip
    report, of_run = ((shop.folder / name / "report.html").read_text() for name in ("told", "out"))
    assert f"Nothing was trained for these scores: they come from the model of {AS_OF}" in report
    assert "Nothing was trained" not in of_run
    for kept in ("Model grade", "Backtest: every candidate", "Dates of the next order are", "What each of the"):
        assert re.findall(f"{kept}.{{30}}", report) == re.findall(f"{kept}.{{30}}", of_run) != []
    assert "Something from the future" not in report  # the audit is of a training
    calls = pd.read_csv(told / "call_list.csv")
    assert set(calls["customer_id"]) <= set(pd.read_parquet(told / "scores.parquet")["customer_id"])


def test_score__without_a_report_is_another_question_than_with_one(shop: Shop) -> None:
    question = ["--as-of", AS_OF, "--model", shop.folder / "out" / "model"]
    assert shop.score(*question, "--no-report", out="bare")[0] == 0
    assert {path.name for path in (shop.folder / "bare").iterdir()} == {"manifest.json", "scores.parquet"}
    assert shop.score(*question, "--no-report", out="bare")[0] == 99
    assert shop.score(*question, out="bare")[0] == 0
    assert (shop.folder / "bare" / "report.html").is_file()


def test_score__remembers_the_currency_of_the_model(shop: Shop) -> None:
    shop.table.drop(columns="money").to_csv(shop.folder / "bare.csv", index=False)
    columns = [pair for pair in COLUMNS if "currency" not in str(pair)]
    words = [word for pair in columns if "=" in pair for word in ("--column", pair)]
    question = ["--as-of", AS_OF, "--model", shop.folder / "out" / "model", "--no-report", "--out"]
    code, out, err = call("score", "--orders", shop.folder / "bare.csv", *words, *question, shop.folder / "remembered")
    assert code == 0, err
    assert "EUR is at stake" in out
    assert json.loads((shop.folder / "remembered" / "manifest.json").read_text())["currency"] == "EUR"


def test_score__later_orders_move_the_scores_not_the_model(shop: Shop) -> None:
    code, _, err = shop.score("--as-of", "2023-01-15", out="later")
    assert code == 0, err
    later = pd.read_parquet(shop.folder / "later" / "scores.parquet")
    assert len(later) >= len(shop.scores)
    assert set(later["model_version"]) == set(shop.scores["model_version"])
    both = shop.scores.merge(later, on="customer_id")
    assert not np.allclose(both["churn_probability_x"], both["churn_probability_y"])


def test_score__the_same_question_twice_is_nothing_to_do(shop: Shop) -> None:
    code, _, err = shop.score("--as-of", AS_OF, "--model", shop.folder / "out" / "model", out="twice")
    assert code == 0, err
    code, _, err = shop.score("--as-of", AS_OF, "--model", shop.folder / "out" / "model", out="twice")
    assert code == 99, err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        pytest.param(["--as-of", "2022-11-30"], 3, "trained as of 2022-12-01", id="before-training"),
        pytest.param(["--as-of", AS_OF, "--column", "currency='USD'"], 3, "counts in EUR", id="other-currency"),
        pytest.param(["--as-of", AS_OF, "--column", "revenue=amount"], 3, "amount", id="missing-column"),
        pytest.param(["--as-of", AS_OF, "--model", "models:/nobody@champion"], 2, "nobody", id="no-such-model"),
        pytest.param(["--as-of", "2021-01-01"], 2, "No order lies before 2021-01-01", id="before-the-first-order"),
    ],
)
def test_score__refuses_what_the_model_cannot_fit(shop: Shop, arguments: list[str], code: int, said: str) -> None:
    columns = [pair for pair in COLUMNS if "=" in pair and pair.partition("=")[0] not in " ".join(arguments)]
    words = [word for pair in columns for word in ("--column", pair)]
    log = ["--orders", shop.folder / "orders.csv", *words, *shop.store]
    refused = call("score", *log, *arguments, "--out", shop.folder / "refused", "-q")
    assert refused[0] == code, refused
    assert said in refused[2]
    assert "Traceback" not in refused[2]
    assert not (shop.folder / "refused" / "scores.parquet").exists()


def test_backtest__agrees_with_the_run(shop: Shop) -> None:
    question = ["--as-of", AS_OF, "--horizon", HORIZON, *CANDIDATES]
    code, out, err = call("backtest", *shop.log, *question, "--json", "-q")
    assert code == 0, err
    said = json.loads(out)
    assert (said["champion"], said["backtest"]) == (shop.said["champion"], shop.said["backtest"])


def test_explain__tells_the_row_of_a_customer(shop: Shop) -> None:
    row = shop.scores.iloc[0]
    code, out, _ = call("explain", row["customer_id"], "--scores", shop.folder / "out")
    assert code == 0
    assert f"Customer {row['customer_id']} as of {AS_OF}" in out
    assert f"{row['churn_probability']:.0%}" in out
    assert row["churn_reasons"][0] in out
    code, _, err = call("explain", "nobody", "--scores", shop.folder / "out")
    assert (code, "nobody" in err) == (2, True)


def test_score__holds_on_to_the_groups_of_previous_scores_and_says_so(shop: Shop) -> None:
    previous = ["--previous", shop.folder / "out"]
    for out, more in (("plain", []), ("held", previous)):
        code, _, err = shop.score("--as-of", "2022-12-08", *more, out=out)
        assert code == 0, err
    plain, held = (pd.read_parquet(shop.folder / out / "scores.parquet") for out in ("plain", "held"))
    pd.testing.assert_series_equal(plain["expected_value"], held["expected_value"])
    then = shop.scores.set_index("customer_id")[["risk_tier", "value_tier"]]
    now = [table.set_index("customer_id")[then.columns].reindex(then.index) for table in (held, plain)]
    moved = [(table != then).sum() for table in now]
    assert (moved[0] <= moved[1]).all()
    assert moved[0].sum() < moved[1].sum()
    manifest = json.loads((shop.folder / "held" / "manifest.json").read_text())
    digest = hashlib.sha256((shop.folder / "out" / "scores.parquet").read_bytes()).hexdigest()
    assert manifest["previous_scores"] == digest
    assert shop.score("--as-of", "2022-12-08", *previous, out="held")[0] == 99
    assert shop.score("--as-of", "2022-12-08", out="held")[0] == 0  # another question than with previous scores
    code, _, err = shop.score("--as-of", AS_OF, *previous, out="refused")
    assert (code, "of an earlier moment" in err) == (2, True)


def test_promote__a_worse_challenger_stays_one_and_says_why(shop: Shop) -> None:
    question = ["--as-of", AS_OF, "--horizon", HORIZON, "--candidate", "recency"]
    code, _, err = call("run", *shop.log, *question, *shop.store, "--out", shop.folder / "worse", "-q")
    assert code == 0, err
    code, _, err = call("promote", *shop.log, "--as-of", AS_OF, *shop.store, "-q")
    assert (code, "stays a challenger" in err, "Worse than champion" in err) == (4, True, True), err
    code, out, _ = call("models", *shop.store, "--json")
    worse, good = json.loads(out)["models"]
    assert (worse["aliases"], good["aliases"]) == (["challenger"], ["champion"])
    assert (worse["champion"], worse["promoted"]) == ([], "false")
    assert [name for name in worse if name.startswith("gate_") and worse[name].endswith(": worse")]
    assert "gate_ece" in worse
    assert good["model_version"] == shop.said["model_version"]
    assert good["champion"][0]["until"] is None
