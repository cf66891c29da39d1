"""``import tenure``: light, complete, and the README's ten lines run."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

import tenure
from tenure.api.result import Result
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_features.errors import UsageError

HEAVY = ("pandas", "ibis", "sklearn", "mlflow", "shap", "pydantic")


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """A shop of 200 customers."""
    return tenure.simulate_shop("tiny", seed=1)


@pytest.fixture(scope="module")
def model(tables: dict[str, pd.DataFrame]) -> tenure.Model:
    """A rule trained on the orders alone."""
    return tenure.train(tenure.open_shop(tables["orders"]), horizon_days=30, candidates=["logistic"])


def test_import__brings_nothing_heavy() -> None:
    code = f"import sys, tenure; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_names__every_one_is_there_and_none_is_a_module() -> None:
    assert all(callable(getattr(tenure, name)) for name in tenure.__all__)
    assert set(tenure.__all__) <= set(dir(tenure))
    places = {path.stem for path in Path(str(tenure.__file__)).parent.iterdir()}
    assert not places & set(tenure.__all__)
    with pytest.raises(AttributeError, match="no attribute 'wishes'"):
        _ = tenure.wishes  # type: ignore[attr-defined]


def test_model__scores_explains_and_reports(model: tenure.Model, tmp_path: Path) -> None:
    scores = model.score()
    customer = scores["customer_id"].iloc[0]
    assert f"Customer {customer} as of" in str(model.explain(customer))
    explained = model.explain_frame()
    log_odds = np.log(scores["churn_probability"] / (1 - scores["churn_probability"]))
    np.testing.assert_allclose(explained.sum(axis=1).values + explained.base_values, log_odds, atol=1e-9)  # noqa: PD011
    assert "Why, customer by customer" in model.report(tmp_path / "report.html").read_text("utf-8")
    assert model.champion in model._repr_html_()
    with pytest.raises(FrozenInstanceError):
        model.config = None  # type: ignore[misc, assignment]


def test_train__on_a_sample_scores_everybody_and_says_so(tables: dict[str, pd.DataFrame], tmp_path: Path) -> None:
    shop = tenure.open_shop(tables["orders"])
    settings = {"models": {"most_customers": 100}}
    model = tenure.train(shop, horizon_days=30, candidates=["recency"], settings=settings)
    rule = f"100 of {shop.log.figures.customers} customers, those with the smallest hash of their id"
    assert len(model.trained.training.frame.present) == 100
    assert len(model.score()) == shop.log.figures.customers > 100
    assert rule in model.bundle.info.definitions["training_sample"]
    page = model.report(tmp_path / "report.html").read_text("utf-8")
    assert rule in page


def test_scorer__of_a_saved_model_gives_the_same_scores(
    model: tenure.Model, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    loaded = tenure.Scorer.load(model.save(tmp_path / "model"))
    pd.testing.assert_frame_equal(loaded.score(tenure.open_shop(tables["orders"])), model.score())


def test_customers__segments_card_and_explanation_agree(model: tenure.Model, tables: dict[str, pd.DataFrame]) -> None:
    scores, shop = model.score(), tenure.open_shop(tables["orders"])
    customer = str(scores["customer_id"].iloc[3])
    assert tenure.segments(scores).to_pandas("groups")["customers"].sum() == len(scores)
    assert len(tenure.card(scores, customer, shop=shop).timeline) > 0
    assert customer in tenure.explain(scores, customer)._repr_html_()
    with pytest.raises(UsageError, match="not among the scored"):
        tenure.explain(scores, "nobody")


def test_result__text_of_the_data_is_escaped() -> None:
    frame = pd.DataFrame({"channel": ["<script>"], "cost": [1.0]})
    findings = Findings(
        subject="cohorts",
        title="<b> & more",
        facts=(Fact("n", 1),),
        tables=(FindingTable(name="rows", title="", frame=frame, terms={}),),
        notes=("<i>",),
    )
    result = Result(findings)
    assert result.to_pandas() is frame
    assert "<script>" not in (html := "".join(_html(result)))
    assert "&lt;script&gt;" in html


def _html(result: Result) -> list[str]:
    return [frame.to_html(escape=True) for frame in result.tables.values()]


def test_cohorts__are_those_of_the_shop(tables: dict[str, pd.DataFrame]) -> None:
    result = tenure.cohorts(tenure.open_shop(tables["orders"]))
    assert "cells" in result.tables
    assert result.to_pandas("cells").to_html(index=False, max_rows=20) in result._repr_html_()
    assert str(result).startswith("Cohorts by month")


@pytest.mark.slow
def test_readme__ten_lines_from_a_frame_to_scores_and_a_report(
    tables: dict[str, pd.DataFrame], repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (repository / "README.md").read_text("utf-8")
    (lines,) = [block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "tenure.train" in block]
    assert len([line for line in lines.splitlines() if line]) <= 10
    tables["orders"][["customer_id", "ordered_at", "revenue"]].to_csv(tmp_path / "orders.csv", index=False)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(lines, names)  # noqa: S102  # what the README says
    assert (tmp_path / "report.html").is_file()
    assert isinstance(names["scores"], pd.DataFrame)


def test_register__records_the_card_and_charts_but_nothing_that_names_customers(model: tenure.Model) -> None:
    client = MlflowClient(model.register())
    (run,) = [
        run
        for experiment in client.search_experiments()
        for run in client.search_runs([experiment.experiment_id])
        if run.data.params.get("orders") == "a frame" and run.data.params.get("customers") == str(len(model.score()))
    ]
    artifacts = [file.path for file in client.list_artifacts(run.info.run_id)]
    assert {"model_card.md", "calibration.svg", "backtest.csv"} <= set(artifacts)
    assert "report.html" not in artifacts
