"""Nested tuning: choose settings on earlier origins, confirm them on the latest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError
from tenure_training.frame import Frames
from tenure_training.metrics import paired_bootstrap
from tenure_training.models.registry import CandidateName, candidate_class
from tenure_training.models.search_space import Value
from tenure_training.tuning.problem import GINI, LOG_LOSS, Problem, relative_loss
from tenure_training.tuning.study import Trial, _Advance, search
from tenure_training.windows import Window, backtest_windows

_ORIGINS = 4
"""Origins in all where the history allows: up to three to choose on, the latest to confirm on."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Tuning:
    """What tuning one candidate found.

    Attributes
    ----------
    candidate
        Its name.
    trials
        Trials that were kept, the untuned one first.
    pruned
        Trials given up after an origin.
    settings
        The best of the earlier origins; empty where nothing could be tried or the defaults were best.
    used
        Whether they won on the latest origin too, and so are used.
    reason
        Why, in a sentence.
    gains
        One row per origin, latest first: ``origin``, ``window_days``, ``role`` (confirmed on, chosen on), ``log_loss``
        and ``normalised_gini`` tuned and ``_untuned``, and ``relative``, see `TrialScore`; empty without trials.
    """

    candidate: str
    trials: tuple[Trial, ...]
    pruned: int
    settings: dict[str, Value]
    used: bool
    reason: str
    gains: pd.DataFrame


def tune(
    frames: Frames,
    *,
    candidate: CandidateName,
    as_of: pd.Timestamp,
    horizon_days: int,
    seed: int,
    trials: int,
    journal: Path,
    timeout_s: float | None = None,
    jobs: int = 1,
    data: str = "",
    advance: _Advance | None = None,
) -> Tuning:
    """Search the settings of a candidate on origins before the latest, and confirm the best on the latest.

    No row after ``as_of`` takes part, and no window is both chosen on and confirmed on. The settings are used where, on
    the latest origin, they lose less than the defaults, and neither log-loss nor normalised Gini is significantly worse
    (paired bootstrap over customers, 95 %).

    Parameters
    ----------
    frames
        The order log, point in time.
    candidate
        A candidate with a search space: its name, or its class.
    as_of
        The moment predictions will be made from; every window has closed by then.
    horizon_days
        Length of the window to predict.
    seed
        Of every fit and of the search.
    trials, timeout_s, jobs, advance
        See `search`.
    journal
        File that keeps finished trials.
    data
        Fingerprint of the log: trials on other data are another study.

    Raises
    ------
    UsageError
        The candidate is unknown or has nothing to tune.
    """
    model = candidate_class(candidate)
    if not model.search_space:
        raise UsageError(f"The candidate {model.name!r} has nothing to tune.", fix="Tune blend, or another with trees.")
    closed = backtest_windows(frames.first_order, as_of, horizon_days=horizon_days, most=_ORIGINS)
    frames.prepare([window.origin for window in closed], [])
    windows = [window for window in closed if not frames.snapshot(window.origin).empty]
    if len(windows) < 2:
        why = f"two closed windows with a history before them are needed, {len(windows)} found"
        return Tuning(
            candidate=model.name, trials=(), pruned=0, settings={}, used=False, reason=why, gains=pd.DataFrame()
        )
    latest, earlier = windows[0], windows[1:]
    problem = Problem.of(frames, earlier, candidate=candidate, seed=seed)
    study = problem.study_name(as_of=as_of.isoformat(), data=data)
    finished, pruned = search(
        problem, trials=trials, journal=journal, study=study, timeout_s=timeout_s, jobs=jobs, advance=advance
    )
    best = min(finished, key=lambda trial: (trial.score.loss, trial.number))
    done = Tuning(
        candidate=model.name,
        trials=tuple(finished),
        pruned=pruned,
        settings={},
        used=False,
        reason="",
        gains=pd.DataFrame(),
    )
    if best.number == 0:
        return replace(
            done, reason=f"none of {len(finished) - 1 + pruned} trials beat the defaults on the earlier origins"
        )
    held_out = Problem.of(frames, [latest], candidate=candidate, seed=seed)
    return _confirm(replace(done, settings=best.settings), best, problem, held_out)


_WORDS = {LOG_LOSS: "log-loss", GINI: "value Gini"}


def _confirm(done: Tuning, best: Trial, chosen_on: Problem, latest: Problem) -> Tuning:
    """Compare the best settings with the defaults on the origin they were not chosen on."""
    tuned, untuned = latest.predict(0, best.settings), latest.predict(0, {})
    differences = paired_bootstrap([tuned], [untuned], latest.outcomes, seed=latest.seed, metrics=(LOG_LOSS, GINI))
    log_loss, gini = differences[LOG_LOSS].a, differences[GINI].a
    later = relative_loss((log_loss, gini), latest.untuned[0])
    worse = [_WORDS[name] for name, pair in differences.items() if pair.verdict == "worse"]
    used = later < 1 and not worse
    change = f"{abs(1 - later):.2%} {'less' if later < 1 else 'more'} than the defaults on the latest origin"
    why = f"they lose {change}" + (f" and are significantly worse in {' and '.join(worse)}" if worse else "")
    on_latest = _gains(latest.windows, "confirmed on", [log_loss], [gini], latest.untuned)
    on_earlier = _gains(chosen_on.windows, "chosen on", best.score.log_loss, best.score.gini, chosen_on.untuned)
    gains = pd.concat([on_latest, on_earlier], ignore_index=True)
    return replace(done, used=used, reason=why, gains=gains)


def _gains(
    windows: Sequence[Window],
    role: str,
    log_loss: Sequence[float],
    gini: Sequence[float],
    untuned: Sequence[tuple[float, float]],
) -> pd.DataFrame:
    before = np.array(untuned)
    return pd.DataFrame(
        {
            "origin": [window.origin for window in windows],
            "window_days": [window.days for window in windows],
            "role": role,
            "log_loss": log_loss,
            "log_loss_untuned": before[:, 0],
            "normalised_gini": gini,
            "normalised_gini_untuned": before[:, 1],
            "relative": [relative_loss(*pair) for pair in zip(zip(log_loss, gini, strict=True), untuned, strict=True)],
        }
    )
