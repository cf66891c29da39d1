"""Tuning within a run: the search, what the report says of it, and its runs in MLflow."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd

from tenure.config import Config
from tenure.stages import Progress
from tenure_serving.charts import style
from tenure_serving.language import ENGLISH, N_, Language
from tenure_serving.report import ChartBlock, Paragraph, Section, TableBlock
from tenure_serving.report.sections import say_section
from tenure_training.frame import Frames
from tenure_training.models.search_space import Value
from tenure_training.tracking import CandidateRun
from tenure_training.tuning import Tuning, tune

JOURNAL = "tuning.journal"
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Question:
    """What is predicted from what: the moment, the days ahead, and the fingerprint of the data."""

    as_of: pd.Timestamp
    horizon_days: int
    fingerprint: str


def tune_candidates(config: Config, frames: Frames, asked: Question, *, progress: Progress) -> tuple[Tuning, ...]:
    """Tune what the configuration names, if it wants any trials; those that do not compete are left out."""
    settings, tunings = config.tuning, []
    if not settings.trials:
        return ()
    competing = config.run.candidates or settings.candidates
    for name in (name for name in settings.candidates if name in competing):
        with progress.stage(f"Tuning {name}"):
            tunings.append(
                tune(
                    frames,
                    candidate=name,
                    as_of=asked.as_of,
                    horizon_days=asked.horizon_days,
                    seed=config.run.seed,
                    trials=settings.trials,
                    journal=journal_of(config),
                    timeout_s=settings.timeout_s,
                    jobs=settings.jobs,
                    data=asked.fingerprint,
                    advance=progress.advance,
                )
            )
    return tuple(tunings)


def journal_of(config: Config) -> Path:
    """Say where finished trials are kept: beside the MLflow store where that is a file, else in ``mlruns/`` here."""
    uri = config.tracking.uri or os.environ.get("MLFLOW_TRACKING_URI") or ""
    here = Path.cwd() / "mlruns"
    return (Path(unquote(uri.removeprefix(_SQLITE))).absolute().parent if uri.startswith(_SQLITE) else here) / JOURNAL


def chosen_settings(tunings: Sequence[Tuning]) -> dict[str, Mapping[str, Value]]:
    """Give the settings that are used, by candidate."""
    return {tuning.candidate: tuning.settings for tuning in tunings if tuning.used}


def tuning_notes(tunings: Sequence[Tuning]) -> tuple[str, ...]:
    """Say in a sentence per candidate what tuning came to."""
    return tuple(f"{_verdict(tuning)}: {tuning.reason}." for tuning in tunings)


def tuning_sections(tunings: Sequence[Tuning], *, language: Language = ENGLISH) -> tuple[Section, ...]:
    """Write the part of the report on what tuning gained, and how that differs between origins; none without any."""
    if not tunings:
        return ()
    blocks: list[Paragraph | TableBlock | ChartBlock] = [
        Paragraph(
            "Settings were chosen on the earlier origins and are used only where they win on the latest, which they "
            "were not chosen on. The loss of an origin is the mean of log-loss and of 1 - Gini, each over that of the "
            "untuned model. Backtest figures of a tuned model on the origins it was chosen on are flattered by that.",
            "aside",
        )
    ]
    for tuning in tunings:
        blocks += _blocks(tuning, language)
    lead = " ".join(f"{_verdict(tuning)}: {tuning.reason}." for tuning in tunings)
    return (say_section(Section("What tuning gained", lead, tuple(blocks)), language),)


def trial_runs(tunings: Sequence[Tuning]) -> list[CandidateRun]:
    """Turn every trial that was kept into a run of its own."""
    return [
        CandidateRun(
            name=f"{tuning.candidate} trial {trial.number}",
            metrics={"relative_loss": trial.score.loss},
            params=dict(trial.settings),
            by_origin=[
                {"log_loss": loss, "normalised_gini": gini, "relative_loss": relative}
                for loss, gini, relative in zip(
                    reversed(trial.score.log_loss),
                    reversed(trial.score.gini),
                    reversed(trial.score.relative),
                    strict=True,
                )
            ],
            tags={"trial": str(trial.number), "tuned": tuning.candidate, "used": str(_is_used(tuning, trial)).lower()},
        )
        for tuning in tunings
        for trial in tuning.trials
    ]


def _is_used(tuning: Tuning, trial: Any) -> bool:  # noqa: ANN401  # a Trial
    return tuning.used and trial.settings == tuning.settings


def _verdict(tuning: Tuning) -> str:
    return f"The tuned settings of {tuning.candidate} are {'used' if tuning.used else 'not used'}"


def _blocks(tuning: Tuning, language: Language) -> list[Paragraph | TableBlock | ChartBlock]:
    if tuning.gains.empty:
        return []
    gain = 1 - tuning.gains["relative"]
    earlier = gain[tuning.gains["role"] == "chosen on"]
    spread = f" (standard deviation {earlier.std():.2%})" if len(earlier) > 1 else ""
    best = ", ".join(f"{name} {value:.4g}" for name, value in tuning.settings.items())
    sentence = (
        f"{len(tuning.trials) - 1} trials of {tuning.candidate} were finished and {tuning.pruned} given up early. "
        f"On the origins they were chosen on the best one gains {earlier.mean():.2%}{spread}, on the latest "
        f"{gain.iloc[0]:.2%}: {best}."
    )
    columns = ["origin", "role", "log_loss_untuned", "log_loss", "normalised_gini_untuned", "normalised_gini"]
    table = tuning.gains[columns].assign(gain=gain)
    caption = (
        f"{tuning.candidate} with and without tuning, by origin; windows of {tuning.gains['window_days'].iloc[0]} days"
    )
    readable = table.assign(**{name: table[name].map("{:.4f}".format) for name in columns[2:]})  # a gain is small
    return [
        Paragraph(sentence),
        TableBlock(readable, caption, units={"origin": "date", "gain": "percent"}),
        ChartBlock(_chart(tuning.candidate, table, language), f"Gain of tuning {tuning.candidate} by origin"),
    ]


def _chart(candidate: str, table: pd.DataFrame, language: Language) -> Any:  # noqa: ANN401  # an Altair chart
    import altair as alt

    shown = pd.DataFrame(
        {
            "origin": table["origin"].dt.strftime("%Y-%m-%d"),
            "role": table["role"],
            "gain": 100 * table["gain"],
        }
    )
    latest = float(shown["gain"].iloc[0])
    gains = N_("Tuning {candidate} gains {points} % where it was not chosen")
    loses = N_("Tuning {candidate} loses {points} % where it was not chosen")
    conclusion = language.gettext(
        gains if latest > 0 else loses, candidate=candidate, points=language.digits(f"{abs(latest):.2f}")
    )
    heading = style.title(
        conclusion, language.gettext("Loss relative to the untuned model, by the moment the window begins at")
    )
    roles = {role: language.gettext(role) for role in (N_("chosen on"), N_("confirmed on"))}
    shown["role"] = shown["role"].map(roles)
    colours = alt.Scale(domain=list(roles.values()), range=[style.GREY, style.BLUE])
    return (
        style.chart(shown, title=heading)
        .mark_bar(size=40)
        .encode(
            x=alt.X("origin:O", title=language.gettext("moment"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("gain:Q", title=language.gettext("gain, % of the untuned loss")),
            color=alt.Color("role:N", title=language.gettext("the settings were"), scale=colours),
        )
    )
