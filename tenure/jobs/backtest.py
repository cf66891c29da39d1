"""The job behind ``tenure backtest``: every candidate beside every baseline on closed windows."""

from __future__ import annotations

from tenure.config import Config
from tenure.jobs.results import BacktestResult
from tenure.jobs.training import TrainedShop, train_shop
from tenure.stages import Progress
from tenure_features.errors import DataContractError
from tenure_training.backtest_tables import summarise_backtest, summarise_dates


def backtest_job(config: Config, *, progress: Progress) -> BacktestResult:
    """Compare every candidate with every baseline on closed windows; nothing is written."""
    return backtest_result(train_shop(config, progress=progress))


def backtest_result(trained: TrainedShop) -> BacktestResult:
    """Take what the backtest of a training found.

    Raises
    ------
    DataContractError
        No window has closed.
    """
    training = trained.training
    if training.backtest is None:
        raise DataContractError(
            "No window has closed, so there is nothing to compare.", fix="Wait, or choose a shorter --horizon."
        )
    return BacktestResult(
        backtest=summarise_backtest(training.backtest),
        champion=training.choice.name,
        champion_reason=training.choice.reason,
        as_of=training.frame.as_of.to_pydatetime(),
        horizon_days=training.frame.horizon_days,
        notes=trained.notes,
        audit=trained.audit,
        dates=summarise_dates(training.backtest),
    )
