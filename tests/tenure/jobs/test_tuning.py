"""Tuning within a run: what is said of it, where trials are kept, and the whole way through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tenure.config import Config, OrdersConfig, RunConfig, TrackingConfig, TuningConfig
from tenure.jobs.tuning import chosen_settings, journal_of, trial_runs, tuning_notes, tuning_sections
from tenure_training.tuning import Trial, TrialScore, Tuning

GAINS = pd.DataFrame(
    {
        "origin": pd.to_datetime(["2024-07-01", "2024-04-02", "2024-01-02"]),
        "window_days": 90,
        "role": ["confirmed on", "chosen on", "chosen on"],
        "log_loss": [0.49, 0.48, 0.46],
        "log_loss_untuned": [0.50, 0.50, 0.50],
        "normalised_gini": [0.6, 0.6, 0.6],
        "normalised_gini_untuned": [0.6, 0.6, 0.6],
        "relative": [0.99, 0.98, 0.96],
    }
)
UNTUNED = Trial(0, {"rounds": 150, "eta": 0.05}, TrialScore((0.5, 0.5), (0.6, 0.6), (1.0, 1.0)))
BEST = Trial(4, {"rounds": 90, "eta": 0.1}, TrialScore((0.48, 0.46), (0.6, 0.6), (0.98, 0.96)))
USED = Tuning(
    candidate="blend",
    trials=(UNTUNED, BEST),
    pruned=3,
    settings=BEST.settings,
    used=True,
    reason="they lose 1.00% less than the defaults",
    gains=GAINS,
)
NOT_USED = Tuning(
    candidate="logistic",
    trials=(UNTUNED,),
    pruned=2,
    settings={},
    used=False,
    reason="none of 2 trials beat the defaults",
    gains=pd.DataFrame(),
)


def test_chosen_settings__are_those_that_won():
    assert chosen_settings([USED, NOT_USED]) == {"blend": {"rounds": 90, "eta": 0.1}}


def test_notes__say_what_it_came_to():
    assert tuning_notes([USED, NOT_USED]) == (
        "The tuned settings of blend are used: they lose 1.00% less than the defaults.",
        "The tuned settings of logistic are not used: none of 2 trials beat the defaults.",
    )


def test_section__shows_the_gain_at_every_origin_and_its_spread():
    (part,) = tuning_sections([USED, NOT_USED])
    assert part.title == "What tuning gained"
    assert "blend are used" in part.lead
    assert "logistic are not used" in part.lead
    _, said, table, chart = part.blocks
    assert "1 trials of blend were finished and 3 given up early" in said.text
    assert "gains 3.00% (standard deviation 1.41%), on the latest 1.00%: rounds 90, eta 0.1" in said.text
    assert table.table["gain"].round(6).tolist() == [0.01, 0.02, 0.04]
    drawn = chart.chart.to_dict()
    assert drawn["title"]["text"] == ["Tuning blend gains 1.00 % where it was not chosen"]
    assert tuning_sections([]) == ()


def test_trial_runs__are_one_for_each_trial_that_was_kept_oldest_origin_first():
    untuned, best = trial_runs([USED, NOT_USED])[:2]
    assert (best.name, best.metrics, best.params) == (
        "blend trial 4", {"relative_loss": pytest.approx(0.97)}, {"rounds": 90.0, "eta": 0.1},
    )  # fmt: skip
    assert [origin["log_loss"] for origin in best.by_origin] == [0.46, 0.48]
    assert best.tags == {"trial": "4", "tuned": "blend", "used": "true"}
    assert untuned.tags["used"] == "false"
    assert len(trial_runs([USED, NOT_USED])) == 3


def _config(uri: str | None) -> Config:
    return Config(orders=OrdersConfig(uri="o.csv"), tracking=TrackingConfig(uri=uri), tuning=TuningConfig(trials=2))


def test_journal__lies_beside_the_store_where_that_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert journal_of(_config(f"sqlite:///{tmp_path}/a b/mlflow.db")) == tmp_path / "a b" / "tuning.journal"
    assert journal_of(_config("https://mlflow.example")) == tmp_path / "mlruns" / "tuning.journal"
    assert journal_of(_config(None)) == tmp_path / "mlruns" / "tuning.journal"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/there/mlflow.db")
    assert journal_of(_config(None)) == tmp_path / "there" / "tuning.journal"


@pytest.mark.slow
def test_run__tunes_reports_and_tracks_every_trial(tmp_path: Path, capsys):
    from tenure.cli import main
    from tenure_simulator import preset, simulate_orders
    from tenure_training.tracking import Store

    simulate_orders(preset("shop", customers=150))[0].to_parquet(tmp_path / "orders.parquet")
    uri = f"sqlite:///{tmp_path / 'ml' / 'mlflow.db'}"
    (tmp_path / "tenure.toml").write_text(
        f'[orders]\nuri = "orders.parquet"\n[run]\nhorizon_days = 60\ncandidates = ["logistic"]\nout = "out"\n'
        f'[tuning]\ncandidates = ["logistic"]\n[tracking]\nuri = "{uri}"\nregister = false\n',
        encoding="utf-8",
    )
    main_arguments = ["run", "--config", str(tmp_path / "tenure.toml"), "--trials", "2", "--quiet", "--json"]
    with pytest.raises(SystemExit) as stopped:
        main(main_arguments)
    assert stopped.value.code in {0, None}
    said = json.loads(capsys.readouterr().out)
    assert any("tuned settings of logistic" in note for note in said["notes"])
    assert "What tuning gained" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert (tmp_path / "ml" / "tuning.journal").is_file()
    with Store.at(uri).connect() as client:
        (experiment,) = client.search_experiments(filter_string="name = 'tenure'")
        children = client.search_runs([experiment.experiment_id], "tags.tuned = 'logistic'")
    assert 2 <= len(children) <= 3  # the untuned one, and what was not given up
    assert {"linear_penalty"} == {name for run in children for name in run.data.params}


def test_config__of_a_run_has_no_tuning_unless_asked():
    assert Config(orders=OrdersConfig(uri="o.csv"), run=RunConfig()).tuning.trials == 0
