"""The jobs behind ``tenure promote``, ``tenure rollback`` and ``tenure models``: who is champion, and who was."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from tenure.config import Config, TrackingConfig
from tenure.jobs.registration import CHAMPION_URI, compare_models, store_of
from tenure.jobs.training import train_shop
from tenure.stages import Progress
from tenure_features.errors import NothingToDoError, QualityGateError, UsageError
from tenure_serving.scorer import Scorer
from tenure_training.models.bundle import Bundle
from tenure_training.models.registry import CANDIDATES
from tenure_training.models.user_file import own_candidates
from tenure_training.tracking import (
    CHALLENGER,
    Decision,
    Registered,
    RegisteredVersion,
    Store,
    list_versions,
    promote,
    refuse,
    roll_back,
)

CHALLENGER_URI = f"models:/tenure-scorer@{CHALLENGER}"


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """A challenger that became the champion: both, why, and what each check said."""

    model_version: str
    previous_model_version: str | None
    reason: str
    checks: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """A champion that went and the one that came back."""

    model_version: str
    withdrawn_model_version: str
    version: int


def promote_job(config: Config, *, progress: Progress) -> Promotion:
    """Let the challenger become the champion if the gate lets it.

    Both kinds of model are fitted anew at the same past origins of a log, and compared customer by customer: a model
    as it stands may have learnt from the windows it would be judged on.

    Raises
    ------
    UsageError
        There is no challenger.
    NothingToDoError
        The challenger is the champion.
    QualityGateError
        The gate says no; the reasons are tags of the challenger.
    """
    store = store_of(config.tracking)
    challenger, champion = store.find_registered(alias=CHALLENGER), store.find_registered()
    if challenger is None:
        raise UsageError("No model is registered, so there is no challenger.", fix="Run: tenure run --orders ...")
    if champion is not None and champion.model_version == challenger.model_version:
        raise NothingToDoError(f"Model {challenger.model_version} is the champion already.", fix="See: tenure models")
    decision = _compare(config, store, champion, progress=progress)
    tags = {f"gate_{name}": verdict for name, verdict in decision.checks.items()}
    if not decision.promote:
        refuse(store, challenger.model_version, reason=decision.reason, tags=tags)
        raise QualityGateError(
            f"Model {challenger.model_version} stays a challenger.",
            found=decision.reason,
            fix="What each check said is among its tags: tenure models --json",
        )
    promote(store, challenger.model_version, reason=decision.reason, tags=tags)
    return Promotion(
        model_version=challenger.model_version,
        previous_model_version=champion.model_version if champion else None,
        reason=decision.reason,
        checks=dict(decision.checks),
    )


def _compare(config: Config, store: Store, champion: Registered | None, *, progress: Progress) -> Decision:
    if champion is None:
        return Decision(promote=True, reason="There was no champion.")
    with progress.stage("Loading both models"):
        own = own_candidates(config.run.candidates or ())
        new, old = (
            Scorer.load(uri, tracking_uri=store.tracking_uri, candidates=own).bundle
            for uri in (CHALLENGER_URI, CHAMPION_URI)
        )
    training = train_shop(_question(config, new, old), progress=progress).training
    if training.backtest is None:
        return Decision(promote=False, reason="No past window of this log has closed, so nothing was compared.")
    return compare_models(training.backtest, new.info.champion, old.info.champion, present=champion)


def _question(config: Config, new: Bundle, old: Bundle) -> Config:
    """Ask for both kinds of model over the window and the population of the challenger."""
    own = list(config.run.candidates or ())
    kinds = [name for name in dict.fromkeys((new.info.champion, old.info.champion)) if name in CANDIDATES]
    run = config.run.model_copy(
        update={
            "candidates": [*own, *(name for name in kinds if name not in own)],
            "horizon_days": new.info.horizon_days,
            "active_days": new.info.active_days,
        }
    )
    return config.model_copy(update={"run": run})


def rollback_job(config: TrackingConfig, *, reason: str) -> Rollback:
    """Let the champion before the present one be the champion again; see `roll_back`."""
    gone, back = roll_back(store_of(config), reason=reason)
    return Rollback(model_version=back.model_version, withdrawn_model_version=gone.model_version, version=back.version)


def models_job(config: TrackingConfig) -> tuple[RegisteredVersion, ...]:
    """List every registered model, the newest first."""
    return list_versions(store_of(config))


def models_payload(versions: tuple[RegisteredVersion, ...]) -> dict[str, Any]:
    """Return the versions for programs: tags, aliases, and the spans of time as champion."""
    return {
        "models": [
            {
                "version": version.version,
                "aliases": list(version.aliases),
                "champion": [{"from": _moment(since), "until": _moment(until)} for since, until in version.reigns],
                **version.tags,
            }
            for version in versions
        ]
    }


def models_lines(versions: tuple[RegisteredVersion, ...]) -> list[str]:
    """Tell the versions to people: a line each, and a line for each time as champion."""
    if not versions:
        return ["No model is registered yet. Run: tenure run --orders ..."]
    lines = []
    for version in versions:
        tags = version.tags
        aliases = f" [{', '.join(version.aliases)}]" if version.aliases else ""
        lines.append(
            f"{version.version:>4}  {tags.get('model_version', '?')}  grade {tags.get('grade', '-')}  "
            f"{tags.get('candidate', '?')}, as of {tags.get('as_of', '?')[:10]}, "
            f"{tags.get('horizon_days', '?')} days{aliases}"
        )
        lines += [f"      champion from {_say(since)} to {_say(until)}" for since, until in version.reigns]
        if not version.reigns and "gate" in tags:
            lines.append(f"      {tags['gate']}")
    return lines


def _moment(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _say(moment: dt.datetime | None) -> str:
    return "now" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
