"""The customers present when a hurdle model is fitted: what they are expected to do, and where the level is set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit

from tenure_training.models.btyd.btyd_ensemble import Expectation
from tenure_training.models.contract import Floats, Opinion, TrainingFrame
from tenure_training.models.design import design, odds_by_model
from tenure_training.models.hurdle.level_forecast import LevelForecast
from tenure_training.models.hurdle.odds import Odds
from tenure_training.models.hurdle.opinions import USUAL_BUYERS, USUAL_VALUE, weigh_first
from tenure_training.models.hurdle.severity import Severity
from tenure_training.models.season import multiply_orders, spread_of_total
from tenure_training.models.training_matrix import TrainingMatrix


@dataclass(frozen=True, eq=False, kw_only=True)
class Now:
    """The customers present when a model is fitted: what they are expected to do, and how far that is off.

    Attributes
    ----------
    snapshot
        Their features.
    expected
        By the rhythm, over the horizon.
    parts
        Log-odds by part, shape (n,) each.
    correction
        Of log value by what windows taught, before its total is set, shape (n,).
    level_forecast
        Of the rhythm in closed windows.
    horizon_days
        Length of the window that is expected.
    season, season_learnt
        Orders expected of that window, and of the windows that were learnt from, over those of ordinary ones, by the
        time of the year; 1 where nothing is said or known of it.
    spread_of_total
        Standard deviation of the logarithm of the total around what is expected.
    """

    snapshot: pd.DataFrame
    expected: Expectation
    parts: Mapping[str, Floats]
    correction: Floats
    level_forecast: LevelForecast
    horizon_days: int
    season: float = 1.0
    season_learnt: float = 1.0
    spread_of_total: float = 0.0

    @classmethod
    def of(
        cls,
        frame: TrainingFrame,
        training: TrainingMatrix,
        expected: Expectation,
        *,
        units: Mapping[str, str],
        odds: Odds,
        severity: Severity,
    ) -> Self:
        """Take the present of a frame, with what parts fitted on its windows say of it."""
        X = design(frame.present, expected, units=units)
        level_forecast = training.once(
            "level forecast",
            0,
            lambda: LevelForecast.of(frame, odds=odds_by_model(training.X), log_severity=training.log_severity),
        )
        parts = odds.all_parts(X, expected.log_odds)
        return cls(
            snapshot=frame.present,
            expected=expected,
            parts=parts,
            correction=severity.correction(X),
            level_forecast=level_forecast,
            horizon_days=frame.horizon_days,
            season=frame.season.factor(frame.as_of, days=frame.horizon_days),
            season_learnt=_season_learnt(frame),
            spread_of_total=spread_of_total(frame.unseen),
        )

    @cached_property
    def rhythm(self) -> Opinion:
        """What the rhythm says of the level, corrected by what it missed in closed windows."""
        value = float(expit(self.expected.log_odds) @ np.exp(self.expected.log_severity))
        return Opinion(
            buyers=float(expit(self._rhythm_odds).sum()),
            value=self.season * value * float(np.exp(self.level_forecast.of_value(self.horizon_days))),
        )

    def windows(self, odds: Odds) -> Opinion:
        """Say what the parts that learnt from windows expect, at the level of those windows."""
        own, turn = odds.own_level(self.parts), self.season / self.season_learnt
        return Opinion(
            buyers=float(expit(multiply_orders(own, turn)).sum()),
            value=turn * float(expit(own) @ np.exp(self.expected.log_severity + self.correction)),
        )

    def opinions(self, odds: Odds) -> dict[str, Opinion]:
        """Both, by name; none where nothing was learnt beside the rhythm."""
        return {"rhythm": self.rhythm, "windows": self.windows(odds)} if odds.learnt else {}

    def settle(
        self, odds: Odds, severity: Severity, *, misses: Mapping[str, Floats] = MappingProxyType({})
    ) -> tuple[Odds, Severity]:
        """Set the number of buyers and the total value expected of these customers.

        Parameters
        ----------
        odds, severity
            As they were learnt.
        misses
            How far each opinion was off in windows later than it had seen, see `Evidence`: it is believed accordingly.
        """
        rhythm, windows = (misses.get(name, np.empty((0, 2))) for name in ("rhythm", "windows"))
        in_level, in_total = (
            weigh_first(rhythm[:, column], windows[:, column], usual=usual)
            for column, usual in enumerate((USUAL_BUYERS, USUAL_VALUE))
        )
        opinions = self.opinions(odds)
        if not opinions:
            return odds, severity
        turn = self.season / self.season_learnt
        settled = odds.set_level(self.parts, rhythm=self._rhythm_odds, trust=in_level, season=turn)
        total = float(expit(settled.of_parts(self.parts)) @ np.exp(self.expected.log_severity + self.correction))
        target = opinions["rhythm"].value ** in_total * opinions["windows"].value ** (1 - in_total)
        return settled, severity.moderate(total, target=target)

    @cached_property
    def _rhythm_odds(self) -> Floats:
        odds = {name: multiply_orders(part, self.season) for name, part in self.expected.odds.items()}
        return self.level_forecast.correct(odds, self.horizon_days)


def _season_learnt(frame: TrainingFrame) -> float:
    """Geometric mean of the season of each row's window, as rows weigh."""
    if frame.rows.empty:
        return 1.0
    factors = {window: np.log(frame.season.factor(window[0], days=window[1])) for window in frame.closed}
    keys = zip(frame.rows["as_of"], frame.window_days.astype(int), strict=True)
    return float(np.exp(np.average([factors[key] for key in keys], weights=frame.weight)))
