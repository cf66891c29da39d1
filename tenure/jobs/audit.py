"""The job behind ``tenure audit``: does anything from the future reach a feature, a label or the model."""

from __future__ import annotations

from tenure.config import Config
from tenure.jobs.leaks import audit_training
from tenure.jobs.results import AuditResult
from tenure.jobs.training import train_shop
from tenure.stages import Progress


def audit_job(config: Config, *, progress: Progress) -> AuditResult:
    """Train, doctor the future and train again: does anything leak? Nothing is written."""
    trained = train_shop(config, progress=progress)
    with progress.stage("Auditing: training again on doctored rows"):
        return audit_training(
            trained.shop,
            trained.training,
            trained.frames,
            seed=config.run.seed,
            notes=trained.notes,
            advance=progress.advance,
        )
