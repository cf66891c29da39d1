"""The registered models load by alias with pickle forbidden and give the scores the bundle gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.pyfunc import MODELS, _load_pyfunc, churn, clv
from tenure_serving.score_columns import CLV_COLUMNS, SCHEMA
from tenure_serving.scorer import Scorer
from tenure_training.mlflow_session import mlflow_session
from tenure_training.models import bundle as bundles
from tenure_training.tracking import Decision, Store, track_training

NOT_LEARNT = {"next_order_low_at", "next_order_high_at", *CLV_COLUMNS}
"""Columns that the small model of these tests has nothing to give for."""


@pytest.fixture(scope="session")
def migrated(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("migrated")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        Store.local(root)
    return root / "mlruns" / "mlflow.db"


@pytest.fixture
def store(migrated, tmp_path, monkeypatch) -> Store:
    (tmp_path / "mlruns").mkdir()
    shutil.copy(migrated, tmp_path / "mlruns")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    return Store.local(tmp_path)


@pytest.fixture
def tracked(store, bundle, monkeypatch) -> Store:
    """A store that holds the bundle as champion, and a process that must not unpickle."""
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    yes = Decision(promote=True, reason="There was no champion.")
    track_training(store, bundle, candidates=[], backtest=pd.DataFrame({"candidate": []}), models=MODELS, decision=yes)
    shutil.rmtree(bundle.folder)  # what is loaded comes from the registry
    return store


def test_pyfunc__registered_models_reproduce_the_scores(tracked, bundle, later_snapshot):
    whole = Scorer(bundle).score(later_snapshot)
    with mlflow_session(tracked.tracking_uri) as mlflow:
        for name, served in MODELS.items():
            model = mlflow.pyfunc.load_model(f"models:/{name}@champion")
            answer = model.predict(later_snapshot)
            assert model.loader_module == served.loader
            columns = [name for name in served.columns if name not in NOT_LEARNT]
            assert answer.columns.tolist() == columns
            pd.testing.assert_frame_equal(answer, whole[columns], rtol=1e-6)


def test_pyfunc__signature_and_example_fit_the_model(tracked):
    with mlflow_session(tracked.tracking_uri) as mlflow:
        model = mlflow.pyfunc.load_model("models:/tenure-scorer@champion")
        info = mlflow.models.get_model_info("models:/tenure-scorer@champion")
        example = model.input_example
        assert example["customer_id"].tolist() == ["example"]
        assert model.predict(example)["customer_id"].tolist() == ["example"]
    assert info.signature.inputs.input_names()[:2] == ["customer_id", "as_of"]
    assert info.signature.outputs.input_names() == model.predict(example).columns.tolist()
    assert info.signature.outputs.input_names() == [name for name in SCHEMA if name not in NOT_LEARNT]
    assert info.metadata["horizon_days"] == "90"


def test_pyfunc__answers_a_scoring_server(tracked, snapshot):
    split = json.loads(snapshot.head(3).to_json(orient="split", index=False, date_format="iso"))
    with mlflow_session(tracked.tracking_uri) as mlflow:
        from mlflow.pyfunc.scoring_server import invocations

        model = mlflow.pyfunc.load_model("models:/tenure-scorer@champion")
        request = json.dumps({"dataframe_split": split})
        response = invocations(request, "application/json", model, model.metadata.get_input_schema())
    assert response.status == 200
    answer = pd.DataFrame(json.loads(response.response)["predictions"])
    assert answer["customer_id"].tolist() == snapshot["customer_id"].head(3).tolist()
    assert answer["as_of"].tolist() == ["2024-06-01T00:00:00"] * 3
    assert answer["churn_reasons"].tolist() == [[]] * 3


def test_scorer__loads_from_the_registry_by_alias(tracked, bundle, snapshot):
    loaded = Scorer.load("models:/tenure-scorer@champion", tracking_uri=tracked.tracking_uri)
    assert loaded.version == bundle.version
    pd.testing.assert_frame_equal(loaded.score(snapshot), Scorer(bundle).score(snapshot))


def test_pyfunc__a_users_own_model_is_refused_with_what_to_do(tracked, known_candidate, bundle, snapshot, monkeypatch):
    monkeypatch.delitem(bundles.CANDIDATES, known_candidate.name)
    with (
        mlflow_session(tracked.tracking_uri) as mlflow,
        pytest.raises(DataContractError, match=r"halving.*Scorer\.load\(\.\.\., candidates=\[CLASS\]\).*MLflow's own"),
    ):
        mlflow.pyfunc.load_model("models:/tenure-scorer@champion")
    own = Scorer.load("models:/tenure-scorer@champion", tracking_uri=tracked.tracking_uri, candidates=[known_candidate])
    pd.testing.assert_frame_equal(own.score(snapshot), Scorer(bundle).score(snapshot))


def test_scorer__a_model_that_is_not_registered_is_a_usage_error(tracked):
    for name in ("tenure-scorer@nobody", "nothing@champion", "tenure-scorer/9"):
        with pytest.raises(UsageError, match=f"MLflow has no model models:/{name}"):
            Scorer.load(f"models:/{name}", tracking_uri=tracked.tracking_uri)


def test_scorer__a_registered_model_of_somebody_else_is_refused(store, tmp_path):
    (tmp_path / "theirs.json").write_text("{}")
    with store.connect() as client, mlflow_session(store.tracking_uri) as mlflow:
        run = mlflow.start_run(experiment_id=store.experiment(client, "theirs"))
        logged = mlflow.pyfunc.log_model(
            name="theirs", loader_module="json", data_path=str(tmp_path / "theirs.json"), pip_requirements=["pip"]
        )
        mlflow.end_run()
    assert run.info.run_id == logged.run_id
    with pytest.raises(UsageError, match=r"is not a model of tenure\. Found: json"):
        Scorer.load(logged.model_uri, tracking_uri=store.tracking_uri)


@pytest.mark.parametrize("module", [churn, clv])
def test_pyfunc__views_hold_what_their_name_says(module, bundle, snapshot):
    name = f"tenure-{module.__name__.rsplit('.', 1)[-1]}"
    assert module.__name__ == MODELS[name].loader
    answer = module._load_pyfunc(str(bundle.folder)).predict(snapshot)
    columns = [name for name in MODELS[name].columns if name not in NOT_LEARNT]
    pd.testing.assert_frame_equal(answer, Scorer(bundle).score(snapshot)[columns])


def test_pyfunc__columns_the_model_cannot_give_are_absent(pointwise_bundle, snapshot):
    assert clv._load_pyfunc(str(pointwise_bundle.folder)).predict(snapshot).columns.tolist() == [
        "customer_id",
        "expected_value",
    ]


def test_pyfunc__refuses_a_damaged_bundle(bundle):
    (bundle.folder / "segments.json").write_text("{}")
    with pytest.raises(DataContractError, match=r"another checksum for segments\.json"):
        _load_pyfunc(str(bundle.folder))
