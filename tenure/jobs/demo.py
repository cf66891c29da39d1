"""The whole job on a simulated shop, told in six lines: predictions can be held against the truth there."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from tenure.config_file import load_config
from tenure.jobs.ablation import ablation, ablation_line, ablation_section
from tenure.jobs.results import RunResult
from tenure.jobs.run import run_job
from tenure.report.run_report import CALL_LIST
from tenure.stages import Progress
from tenure_serving.language import ENGLISH
from tenure_serving.report.sections import Section
from tenure_serving.report.summary import with_money
from tenure_simulator import ShopConfig, preset, read_truth, realised_outcome, simulate, truth_at
from tenure_training.metrics.known_truth import against_truth
from tenure_training.models.contract import TrainingFrame
from tenure_training.models.registry import candidate_class
from tenure_training.threads import one_blas_thread
from tenure_training.training import Training

SHOP = "shop"
_CHAMPION = "tenure"
STATUS_QUO, RECENCY = "status_quo", "recency"
COMPARED = (STATUS_QUO, RECENCY)


@dataclass(frozen=True, kw_only=True)
class DemoResult:
    """What a demo found and left behind.

    Attributes
    ----------
    lines
        Six conclusions: who leaves, what they are worth, what to do first, how the predictions compare with the
        known truth and with the baselines, and what the tables beside the orders added.
    report_path
        ``report.html``.
    next_command
        What to type next.
    out
        The folder of everything; the shop lies in ``shop/`` inside it, with its truth.
    customers, at_risk, money_at_risk, expected_value, champion, as_of, horizon_days
        As in `tenure.jobs.results.RunResult`.
    truth
        One row per candidate (``tenure`` is the champion), see `tenure_training.against_truth`.
    backtest
        One row per candidate, averaged over origins.
    added
        The champion with orders alone and with all tables, see `tenure.jobs.ablation.ablation`.
    """

    lines: tuple[str, ...]
    report_path: Path
    next_command: str
    out: Path
    customers: int
    at_risk: int
    money_at_risk: float
    expected_value: float
    champion: str
    as_of: dt.datetime
    horizon_days: int
    truth: pd.DataFrame = field(repr=False)
    backtest: pd.DataFrame = field(repr=False)
    added: pd.DataFrame = field(repr=False)


@one_blas_thread()
def demo_job(out: Path, *, customers: int, seed: int, progress: Progress) -> DemoResult:
    """Simulate a shop, run the whole job on its tables, and compare what was predicted with what is true.

    The run is tracked inside ``out``, so that a demo never stands where a real champion does.

    Parameters
    ----------
    out
        Folder; the shop is written into ``shop/`` inside it, the results beside it.
    customers
        Customers of the shop.
    seed
        Seed of the shop and of the models.
    progress
        Told what happens.

    Raises
    ------
    TenureError
        As `tenure.jobs.run.run_job`.
    """
    shop = preset("shop", customers=customers, seed=seed)
    with progress.stage(f"Simulating a shop with {customers:,} customers"):
        written = simulate(shop, out / SHOP, expectations=False)
    store = f"sqlite:///{(out / 'mlruns' / 'mlflow.db').absolute().as_posix()}"
    trusted = {"trust_customers": True}  # drawn by us: in a small shop one may well have a twentieth of the orders
    overrides = {"orders": trusted, "run": {"seed": seed}, "tracking": {"uri": store}}
    config = load_config(written.config_path, overrides=overrides)
    trained: list[Training] = []
    added: list[pd.DataFrame] = []

    def sections(training: Training) -> tuple[Section, ...]:
        trained.append(training)
        added.append(_ablation(training, out / SHOP, seed=seed))
        return (ablation_section(added[0], candidate=training.choice.name),)

    result = run_job(config, out, progress=progress, sections=sections)
    with progress.stage("Comparing with the truth"):
        truth = compare_with_truth(result.scores, trained[0].frame, truth_of(out / SHOP, result), seed=seed)
    calls = _calls(result)
    first = str((result.scores if calls.empty else calls)["customer_id"].iloc[0])
    return DemoResult(
        lines=(*conclusions(result, truth, shop), ablation_line(added[0])),
        report_path=result.report_path,
        next_command=_write_command(f"tenure explain {first} --scores {out}"),
        out=out,
        customers=result.customers,
        at_risk=result.at_risk,
        money_at_risk=result.money_at_risk,
        expected_value=result.expected_value,
        champion=result.champion,
        as_of=result.as_of,
        horizon_days=result.horizon_days,
        truth=truth,
        backtest=result.backtest,
        added=added[0],
    )


def _ablation(training: Training, shop: Path, *, seed: int) -> pd.DataFrame:
    frame, truth = training.frame, read_truth(shop)
    return ablation(
        frame,
        candidate=training.choice.name,
        seed=seed,
        true_values=truth_at(truth, frame.as_of, frame.horizon_days),
        happened=realised_outcome(truth, frame.as_of, frame.horizon_days),
    )


def truth_of(shop: Path, result: RunResult) -> pd.DataFrame:
    """Return what is true of every customer at the moment and over the horizon of a run."""
    return truth_at(read_truth(shop), pd.Timestamp(result.as_of), result.horizon_days)


def compare_with_truth(scores: pd.DataFrame, frame: TrainingFrame, truth: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Hold the scores, and two baselines that look at the orders of the same frame, against the truth."""
    predictions = {_CHAMPION: scores.assign(buy_probability=1 - scores["churn_probability"])}
    for name in COMPARED:
        prediction = candidate_class(name)().fit(frame, seed=seed).predict(frame.present)
        numbers = {"buy_probability": prediction.buy_probability, "expected_value": prediction.expected_value}
        predictions[name] = frame.present[["customer_id"]].assign(**numbers)
    return against_truth(truth, predictions)


def conclusions(result: RunResult, truth: pd.DataFrame, shop: ShopConfig) -> tuple[str, ...]:
    """Tell in five lines what a run on a simulated shop found, for readers who know no metric."""
    return (
        _who_leaves(result, shop.currency),
        _worth(result, shop.currency),
        _first_step(result, shop.currency),
        _truth_line(truth),
        _beside_baselines(result),
    )


def _who_leaves(result: RunResult, currency: str) -> str:
    leaving = result.scores["churn_probability"].sum()
    return (
        f"Who leaves: {leaving:,.0f} of {result.customers:,} customers are expected not to order in the next "
        f"{result.horizon_days} days. {result.at_risk:,} are at high risk, or give a warning sign, and not lost yet: "
        f"{ENGLISH.exact_money(result.money_at_risk, currency)} at stake."
    )


def _worth(result: RunResult, currency: str) -> str:
    value = np.sort(result.scores["expected_value"].to_numpy(dtype=np.float64))[::-1]
    best = value[: max(len(value) // 5, 1)].sum() / value.sum()
    return (
        f"What they are worth: {ENGLISH.exact_money(result.expected_value, currency)} in these "
        f"{result.horizon_days} days; the best fifth of the customers brings {ENGLISH.percent(best)} of it."
    )


def _first_step(result: RunResult, currency: str) -> str:
    """Name the first customer of the call list, and how many of the group are on it."""
    calls = _calls(result)
    if calls.empty:
        return "What to do first: nobody is at risk and not lost yet; the report shows what keeps the others."
    call = calls.iloc[0]
    people = with_money(result.scores)
    group = people[people["segment"] == call["segment"]]
    risky = group[group["at_risk"]]
    return (
        f'What to do first: {len(risky):,} of the {len(group):,} customers of "{call["segment"]}" are at risk, with '
        f"{ENGLISH.exact_money(risky['money_at_risk'].sum(), currency)} at stake: {call['next_step']}. "
        f"Begin with {call['customer_id']}."
    )


def _calls(result: RunResult) -> pd.DataFrame:
    """Read whom to call from the list that lies beside the report."""
    listed = pd.read_csv(result.report_path.with_name(CALL_LIST), dtype={"customer_id": "str"})
    return listed[listed["list"] == "call"]


def _truth_line(truth: pd.DataFrame) -> str:
    mine, usual = (truth[truth["candidate"] == name].iloc[0] for name in (_CHAMPION, STATUS_QUO))
    side = "above" if mine["total_bias"] >= 0 else "below"
    return (
        "Against the truth, known here because the shop is simulated: the probability to order is off by "
        f"{_points(mine['probability_error'])} points per customer and {_points(mine['calibration_error'])} per tenth "
        f"of them (if all went on as before: {_points(usual['probability_error'])} and "
        f"{_points(usual['calibration_error'])}). Expected value correlates {mine['value_correlation']:.2f} with the "
        f"true one ({usual['value_correlation']:.2f}); its total is {ENGLISH.percent(abs(mine['total_bias']))} {side}."
    )


def _points(share: float) -> str:
    return f"{share * 100:.1f}"


def _beside_baselines(result: RunResult) -> str:
    table = result.backtest
    mine = table[table["candidate"] == result.champion] if len(table) else table
    if mine.empty:
        return "Against the baselines: no past window has closed yet, so nothing could be compared."
    champion, baselines = mine.iloc[0], table[table["kind"] == "baseline"]
    loss, gini = baselines.nsmallest(1, "log_loss").iloc[0], baselines.nlargest(1, "normalised_gini").iloc[0]
    return (
        f"Against the baselines, over {champion['origins']} past windows: log-loss {champion['log_loss']:.3f} "
        f"(the best, {loss['candidate']}: {loss['log_loss']:.3f}; lower is better), ranking of value "
        f"{champion['normalised_gini']:.3f} ({gini['candidate']}: {gini['normalised_gini']:.3f}; 1 is perfect)."
    )


def _write_command(command: str) -> str:
    """Write a command the way the reader has to type it: ``uv run`` names itself in what it runs."""
    return f"uv run {command}" if os.environ.get("UV") else command
