"""Training: backtest every candidate, choose, fit the champion on all that has closed, calibrate it on the backtest."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import pandas as pd

from tenure_features.errors import UsageError
from tenure_features.sample import Sample
from tenure_training.backtest import Advance, Backtest, run_backtest
from tenure_training.frame import Frames
from tenure_training.models.baselines.rules import RecencyRule
from tenure_training.models.contract import Basis, Candidate, Fitted, TrainingFrame
from tenure_training.models.registry import (
    BASELINES,
    CANDIDATES,
    CandidateName,
    candidates_by_name,
    new_candidate,
)
from tenure_training.models.search_space import Settings
from tenure_training.models.season import LITTLE_UNSEEN, Z80, spread_of_total
from tenure_training.selection import Choice, choose
from tenure_training.signal import has_signal
from tenure_training.threads import one_blas_thread
from tenure_training.tuning import Tuning
from tenure_training.windows import Window, backtest_windows

LITTLE_SEASON = 0.05
"""A learnt season of less, in logarithms, is counted in without a word."""

NO_SIGNAL = (
    "These orders hold no signal on who will buy: on closed windows the same chance for everybody did as well. Scores "
    "of hurdle models, such as the blend, are drawn to the mean; a list of customers would be one of anybody."
)


@dataclass(frozen=True, kw_only=True)
class Training:
    """A finished training.

    Attributes
    ----------
    champion
        The fitted and calibrated champion.
    candidate
        The class it is of.
    choice
        Its name and why it was chosen.
    backtest
        What it was chosen on; None where no window has closed.
    frame
        What the champion was fitted on.
    notes
        What a reader must know to trust the result rightly.
    competitors
        The classes that took part, baselines among them: a champion from before may be of one of them.
    tunings
        How the settings of tuned candidates were found.
    sample
        Who stands for all customers; None where everybody is looked at.
    signal
        Whether the champion told customers apart in closed windows, see `has_signal`; True where none has closed.
    """

    champion: Fitted
    candidate: type[Candidate]
    choice: Choice
    backtest: Backtest | None
    frame: TrainingFrame
    notes: tuple[str, ...]
    competitors: tuple[type[Candidate], ...] = ()
    tunings: tuple[Tuning, ...] = ()
    sample: Sample | None = None
    signal: bool = True


@one_blas_thread()
def train(
    frames: Frames,
    *,
    as_of: pd.Timestamp,
    horizon_days: int,
    seed: int,
    candidates: Sequence[CandidateName] | None = None,
    settings: Mapping[str, Settings] = MappingProxyType({}),
    advance: Advance | None = None,
) -> Training:
    """Train on everything strictly before ``as_of``.

    Parameters
    ----------
    frames
        The order log, point in time.
    as_of
        The moment predictions will be made from.
    horizon_days
        Length of the window to predict.
    seed
        Seed of every fit.
    candidates
        Names to compare, or classes of your own; None: all of tenure's. The baselines always take part.
    settings
        Tuned settings by name; who is not named keeps the defaults.
    advance
        Called with (fits done, fits in all).

    Raises
    ------
    UsageError
        A candidate is unknown, a setting cannot stand, or nobody among them could be written into a bundle.
    DataContractError
        Nobody ordered before ``as_of``.
    """
    wanted = _require_servable(candidates_by_name(candidates or CANDIDATES))
    classes = {name: CANDIDATES[name] for name in BASELINES} | wanted
    windows = backtest_windows(frames.first_order, as_of, horizon_days=horizon_days)
    frames.prepare_frames([Window(as_of, horizon_days), *windows])
    frame = frames.frame(as_of, horizon_days=horizon_days)
    history_days = (as_of - frames.first_order).days
    windows = _leave_out_empty(frames, windows)
    result = (
        run_backtest(frames, windows, candidates=[*classes.values()], seed=seed, settings=settings, advance=advance)
        if windows
        else None
    )
    choice = choose(
        result, candidates=[*wanted.values()], customers=len(frame.present), history_days=history_days, seed=seed
    )
    champion = new_candidate(classes[choice.name], settings).fit(frame, seed=seed)
    if result is not None and choice.name in result.predictions:
        champion = champion.calibrate(result.evidence(choice.name))
    signal = result is None or choice.name == RecencyRule.name or has_signal(result, choice.name, seed=seed)
    model = classes[choice.name]
    return Training(
        champion=champion if signal else champion.flatten(),
        candidate=model,
        choice=choice,
        backtest=result,
        frame=frame,
        notes=(
            *_sample_notes(frames.sample),
            *_notes(model.basis, frame, result, history_days),
            *(() if signal else (NO_SIGNAL,)),
        ),
        competitors=tuple(classes.values()),
        sample=frames.sample,
        signal=signal,
    )


def _require_servable(classes: dict[str, type[Candidate]]) -> dict[str, type[Candidate]]:
    """Refuse candidates none of which can be champion, before hours of work rest on them."""
    if not any(candidate.servable for candidate in classes.values()):
        raise UsageError(
            "None of the candidates could be champion: a bundle holds no pickle, and they can only be pickled.",
            found=", ".join(classes),
            fix="Let one of Tenure's own compete too, such as blend.",
        )
    return classes


def _leave_out_empty(frames: Frames, windows: list[Window]) -> list[Window]:
    """Leave out windows at whose origin nobody was active: a shop that had closed has nothing to be judged on."""
    frames.prepare([window.origin for window in windows], [])
    return [window for window in windows if not frames.snapshot(window.origin).empty]


def _sample_notes(sample: Sample | None) -> tuple[str, ...]:
    if sample is None:
        return ()
    return (
        f"Models were fitted and judged on a sample: {sample}. Scores, groups and totals are those of everybody, and "
        "figures of the backtest are of the sample.",
    )


def _notes(basis: Basis, frame: TrainingFrame, result: Backtest | None, history_days: int) -> tuple[str, ...]:
    notes = []
    if frame.label_days == 0:
        notes.append(
            f"No window has closed in {history_days} days of history: nothing was learnt from outcomes. "
            f"{basis.no_window}"
        )
    elif frame.label_days < frame.horizon_days:
        learnt = basis.short_windows.format(label=frame.label_days, horizon=frame.horizon_days)
        notes.append(
            f"The history of {history_days} days is too short for a window of {frame.horizon_days} days to have "
            f"closed. {learnt}"
        )
    if result is None:
        notes.append("No backtest was possible: no window with a history before it has closed.")
    elif result.windows[0].days < frame.horizon_days:
        notes.append(
            f"The backtest uses windows of {result.windows[0].days} days: fewer than two of {frame.horizon_days} days, "
            "with as much history before them, have closed."
        )
    return (*notes, *_season_notes(frame))


def _season_notes(frame: TrainingFrame) -> tuple[str, ...]:
    """Say what is expected of the time of the year, and where nothing closed has shown it."""
    season, notes = frame.season, []
    expected = season.factor(frame.as_of, days=frame.horizon_days)
    from_past = replace(season, expected=1.0).factor(frame.as_of, days=frame.horizon_days) if season.learnt else 1.0
    on_top = round(expected / from_past, 6)  # a factor that was named stands on top of what past years showed
    if abs(math.log(from_past)) > LITTLE_SEASON:
        notes.append(
            f"By what past years showed, {from_past:.2f} times the orders of an ordinary time are expected ahead; "
            "CLV of longer times counts the seasons of its own days. The blend and the other hurdle models count that "
            "in; other models do not. What you know better can be said under [season]."
        )
    if on_top != 1.0:
        notes.append(
            f"By [season], {on_top:.2f} times the orders of an ordinary time are expected in the window. The blend "
            "and the other hurdle models count that in once they have learnt from closed windows; other models do not."
        )
    if frame.unseen > LITTLE_UNSEEN and frame.label_days:
        off = math.exp(Z80 * spread_of_total(frame.unseen))
        notes.append(
            f"{frame.unseen:.0%} of the {frame.horizon_days} days ahead fall into a time of the year that no closed "
            f"window has shown: the total may be off by a factor of {off:.1f} either way (80 %). What you expect of it "
            "can be said under [season]."
        )
    return tuple(notes)
