"""What is tuned on: one candidate at several origins, each with the outcome of its window."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tenure_training.frame import Frames
from tenure_training.metrics import evaluate_metrics
from tenure_training.models.contract import Prediction, TrainingFrame
from tenure_training.models.registry import CandidateName, candidate_class, new_candidate
from tenure_training.models.search_space import SearchSpace, Settings
from tenure_training.threads import one_blas_thread
from tenure_training.windows import Window

LOG_LOSS, GINI = "log_loss", "normalised_gini"

Report = Callable[[int, float], bool]


@dataclass(frozen=True)
class TrialScore:
    """How some settings did, origin by origin.

    Attributes
    ----------
    log_loss, gini
        One number per origin that was tried.
    relative
        One number per origin: the mean of log-loss over the untuned log-loss and of (1 - Gini) over the untuned
        (1 - Gini); 1 is as good as untuned, less is better.
    """

    log_loss: tuple[float, ...]
    gini: tuple[float, ...]
    relative: tuple[float, ...]

    @property
    def loss(self) -> float:
        """Mean of the relative losses."""
        return float(np.mean(self.relative))


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """One candidate, what may be learnt at several origins, and what happened in their windows.

    Attributes
    ----------
    candidate
        Its name, where it lies, or its class; processes of their own look it up again.
    windows
        Closed windows, in the order they are tried.
    frames
        One training frame per window, at its origin.
    outcomes
        One table per window, row by row with ``present`` of its frame.
    untuned
        Log-loss and normalised Gini of the untuned candidate per window.
    seed
        Of every fit.
    """

    candidate: CandidateName
    windows: tuple[Window, ...]
    frames: tuple[TrainingFrame, ...]
    outcomes: tuple[pd.DataFrame, ...]
    untuned: tuple[tuple[float, float], ...]
    seed: int

    @classmethod
    def of(cls, frames: Frames, windows: Sequence[Window], *, candidate: CandidateName, seed: int) -> Problem:
        """Take frames and outcomes of closed windows, and measure the untuned candidate on them."""
        at = [frames.frame(window.origin, horizon_days=window.days) for window in windows]
        happened = [
            frames.labels(window).assign(customer_id=frame.present["customer_id"])
            for window, frame in zip(windows, at, strict=True)
        ]
        bare = cls(
            candidate=candidate,
            windows=tuple(windows),
            frames=tuple(at),
            outcomes=tuple(happened),
            untuned=(),
            seed=seed,
        )
        untuned = tuple(_measure(bare.predict(number, {}), happened[number]) for number in range(len(windows)))
        return cls(
            candidate=candidate,
            windows=bare.windows,
            frames=bare.frames,
            outcomes=bare.outcomes,
            untuned=untuned,
            seed=seed,
        )

    @property
    def name(self) -> str:
        """The candidate's name."""
        return candidate_class(self.candidate).name

    @property
    def space(self) -> SearchSpace:
        """The search space of the candidate."""
        return candidate_class(self.candidate).search_space

    @one_blas_thread()
    def predict(self, number: int, settings: Settings) -> Prediction:
        """Fit the candidate at an origin and predict its window."""
        frame = self.frames[number]
        return new_candidate(self.candidate, {self.name: settings}).fit(frame, seed=self.seed).predict(frame.present)

    def score(self, settings: Settings, *, hopeless: Report | None = None) -> TrialScore | None:
        """Try settings at one origin after the other.

        Parameters
        ----------
        settings
            Those that differ from the defaults.
        hopeless
            Told the number of the origin, from 0, and the mean relative loss so far; says whether to give up. None:
            nobody gives up.

        Returns
        -------
        TrialScore or None
            None when it was given up.
        """
        losses: list[tuple[float, float]] = []
        relative: list[float] = []
        for number, (outcome, untuned) in enumerate(zip(self.outcomes, self.untuned, strict=True)):
            losses.append(_measure(self.predict(number, settings), outcome))
            relative.append(relative_loss(losses[-1], untuned))
            given_up = hopeless is not None and hopeless(number, float(np.mean(relative)))
            if given_up and number + 1 < len(self.outcomes):
                return None
        log_loss, gini = zip(*losses, strict=True)
        return TrialScore(log_loss, gini, tuple(relative))

    def study_name(self, **also: str) -> str:
        """Name of the study: another candidate, space, seed, origin or data is another study."""
        question: Mapping[str, object] = {
            "space": {name: repr(parameter) for name, parameter in self.space.items()},
            "windows": [(window.origin.isoformat(), window.days) for window in self.windows],
            "untuned": self.untuned,
            "seed": self.seed,
            **also,
        }
        digest = hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()
        return f"{self.name}-{digest[:12]}"


def relative_loss(tuned: tuple[float, float], untuned: tuple[float, float]) -> float:
    """Compare log-loss and normalised Gini with those of the untuned candidate.

    Examples
    --------
    >>> relative_loss((0.45, 0.7), (0.5, 0.6))
    0.825
    >>> relative_loss((0.45, float("nan")), (0.5, float("nan")))  # nobody spent anything
    0.9
    """
    parts = [tuned[0] / untuned[0] if untuned[0] > 0 else np.nan]
    parts.append((1 - tuned[1]) / (1 - untuned[1]) if untuned[1] < 1 else np.nan)
    finite = [part for part in parts if np.isfinite(part)]
    return round(float(np.mean(finite)), 12) if finite else 1.0


def _measure(prediction: Prediction, outcome: pd.DataFrame) -> tuple[float, float]:
    measures = evaluate_metrics(prediction, outcome, metrics=(LOG_LOSS, GINI))
    return measures[LOG_LOSS], measures[GINI]
