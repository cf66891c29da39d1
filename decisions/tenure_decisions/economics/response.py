"""Response: how many customers money brings per channel, concave, with its uncertainty, learnt across channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from tenure_decisions.economics.weeks import WEEK_DAYS, Weeks
from tenure_decisions.inputs import Floats, Ints

HALF_LIFE_WEEKS = 104.0
"""A week this long ago counts half: channels change."""
SEASONAL_WEEKS = 52
BASE_CENTRE, BASE_SPREAD = -0.7, 1.0  # share that comes without money: about a third, anywhere from 0.06 to 0.8
HALF_CENTRE, HALF_SPREAD = 0.0, 0.7  # half-saturation: around today's spend, a quarter of it to four times
BETWEEN_BASE, BETWEEN_HALF = 1.2, 0.7  # how far channels of one shop differ from each other, same scales
TREND_SPREAD = 0.25  # change of a channel's level in a year, log scale
_STEPS, DRAWS = 60, 500


@dataclass(frozen=True, kw_only=True)
class Response:
    """Fitted curves ``n(x) = level (base + (1 - base) (1 + s) x / (x + s))``, x spend relative to the channel's scale.

    Arrays start with the estimate and go on with draws from its posterior, shape (1 + B, C).

    Attributes
    ----------
    channels
        Those with spend.
    scale
        Money per week that is x = 1: mean weekly spend of the last 13 live weeks, shape (C,).
    level
        New customers per week at that spend, season averaged out, today.
    base
        Share of them who would come without any spend.
    half
        Spend relative to the scale at which half of what money can buy is bought.
    dispersion
        Variance of weekly counts over their mean.
    """

    channels: tuple[str, ...]
    scale: Floats
    level: Floats
    base: Floats
    half: Floats
    dispersion: float

    def customers(self, spend: Floats) -> Floats:
        """Return new customers per week at weekly ``spend`` (C,), shape (1 + B, C)."""
        x = spend / self.scale
        return self.level * (self.base + (1 - self.base) * (1 + self.half) * x / (x + self.half))

    def slope(self, spend: Floats) -> Floats:
        """Return further new customers per further unit of money at weekly ``spend`` (C,), shape (1 + B, C)."""
        x = spend / self.scale
        return self.level * (1 - self.base) * (1 + self.half) * self.half / (x + self.half) ** 2 / self.scale


@dataclass(frozen=True, kw_only=True)
class _Model:
    """The likelihood: Poisson counts, log-linear in level, trend and season, with a saturating part for spend."""

    x: Floats
    counts: Floats
    weight: Floats
    season: Floats
    years: Floats
    paid: Ints

    @property
    def width(self) -> tuple[int, int, int, int]:
        """Numbers of channels, seasonal terms, paid channels and parameters."""
        c, k, p = len(self.x), self.season.shape[1], len(self.paid)
        return c, k, p, 2 * c + k + 2 * p + 2

    def split(self, theta: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Level, trend, season, logit of base and log of half-saturation; the last two numbers are their centres."""
        c, k, p, _ = self.width
        level, trend, season, base, half = np.split(theta[..., :-2], np.cumsum([c, c, k, p]), axis=-1)
        return level, trend, season, base, half

    def log_mean(self, theta: Floats) -> tuple[Floats, Floats]:
        """Return log expected counts (C, T) and their derivatives (C, T, parameters)."""
        c, k, p, width = self.width
        level, trend, season, base, half = self.split(theta)
        slopes = np.zeros((*self.x.shape, width))
        log = level[:, None] + trend[:, None] * self.years + self.season @ season
        rows = np.arange(c)
        slopes[rows, :, rows] = 1.0
        slopes[rows, :, c + rows] = self.years
        slopes[:, :, 2 * c : 2 * c + k] = self.season
        x, b, s = self.x[self.paid], expit(base)[:, None], np.exp(half)[:, None]
        bought = (1 + s) * x / (x + s)
        share = np.maximum(b + (1 - b) * bought, 1e-12)
        log[self.paid] += np.log(share)
        at = 2 * c + k + np.arange(p)
        slopes[self.paid, :, at] = b * (1 - b) * (1 - bought) / share
        slopes[self.paid, :, at + p] = (1 - b) * s * x * (x - 1) / (x + s) ** 2 / share
        return log, slopes

    def prior(self) -> tuple[Floats, Floats]:
        """Return mean and precision matrix: channels around centres that are themselves learnt."""
        c, k, p, width = self.width
        spread = np.concatenate([np.full(c, 5.0), np.full(c, TREND_SPREAD), np.full(k, 0.5)])
        precision = np.zeros((width, width))
        precision[np.arange(len(spread)), np.arange(len(spread))] = spread**-2.0
        mean = np.zeros(width)
        with np.errstate(divide="ignore"):
            total = (self.counts * self.weight).sum(axis=1) / np.maximum(self.weight.sum(axis=1), 1e-12)
        mean[:c] = np.log(np.maximum(total, 0.05))
        mean[2 * c + k : -2] = np.repeat([BASE_CENTRE, HALF_CENTRE], p)
        mean[-2:] = BASE_CENTRE, HALF_CENTRE
        for which, (between, spread_of_centre) in enumerate(((BETWEEN_BASE, BASE_SPREAD), (BETWEEN_HALF, HALF_SPREAD))):
            at, centre = 2 * c + k + which * p + np.arange(p), width - 2 + which
            precision[at, at] += between**-2.0
            precision[at, centre] -= between**-2.0
            precision[centre, at] -= between**-2.0
            precision[centre, centre] += p * between**-2.0 + spread_of_centre**-2.0
        return mean, precision


def fit_response(weeks: Weeks, *, seed: int = 0, draws: int = DRAWS) -> Response:
    """Fit a concave response curve to every channel with spend.

    Weekly counts are Poisson with a common yearly season (two harmonics, from a year of weeks on), a trend per channel
    and the saturating curve of `Response`; older weeks count less. Channels are drawn towards each other: base and
    half-saturation have a common centre that is learnt. The estimate is the posterior mode (Fisher scoring); its
    uncertainty is the Laplace approximation, widened by the dispersion of the counts.

    Parameters
    ----------
    weeks
        From `tenure_decisions.economics.weeks.count_weeks`; channels without spend help to learn the season.
    seed
        Of the draws.
    draws
        How many.
    """
    paid = np.flatnonzero(weeks.paid)
    model, scale = _model(weeks, paid), _scale(weeks, paid)
    mean, prior = model.prior()
    theta = _mode(model, mean, prior, 1.0)
    dispersion = _dispersion(model, theta)
    theta = _mode(model, mean, prior, dispersion, start=theta)
    _, slopes = model.log_mean(theta)
    information = _information(model, theta, slopes, dispersion) + prior
    factor = np.linalg.cholesky(np.linalg.inv(information))
    noise = np.random.default_rng([seed, 7]).standard_normal((draws, len(theta)))
    return _curves(weeks, model, np.vstack([theta, theta + noise @ factor.T]), scale, dispersion)


def _scale(weeks: Weeks, paid: Ints) -> Floats:
    return np.array([row[row > 0][-13:].mean() for row in weeks.spend[paid]])


def _model(weeks: Weeks, paid: Ints) -> _Model:
    x = np.zeros_like(weeks.spend)
    x[paid] = weeks.spend[paid] / _scale(weeks, paid)[:, None]
    back = weeks.number - 1 - np.arange(weeks.number)
    weight = weeks.live * 0.5 ** (back / HALF_LIFE_WEEKS)
    return _Model(x=x, counts=weeks.customers, weight=weight, season=_season(weeks), years=weeks.years_ago, paid=paid)


def _season(weeks: Weeks) -> Floats:
    if weeks.number < SEASONAL_WEEKS:
        return np.zeros((weeks.number, 0))
    angle = 2 * np.pi * weeks.years_ago[:, None] * np.array([1.0, 2.0])
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)


def _information(model: _Model, theta: Floats, slopes: Floats, dispersion: float) -> Floats:
    log, _ = model.log_mean(theta)
    weighted = slopes * (model.weight * np.exp(log) / dispersion)[..., None]
    return np.asarray(np.einsum("ctp,ctq->pq", weighted, slopes))


def _mode(model: _Model, mean: Floats, prior: Floats, dispersion: float, *, start: Floats | None = None) -> Floats:
    """Fisher scoring with halved steps where a full one would lose posterior density."""

    def density(theta: Floats) -> float:
        log, _ = model.log_mean(theta)
        gap = theta - mean
        likelihood = (model.weight * (model.counts * log - np.exp(np.minimum(log, 50.0)))).sum() / dispersion
        return float(likelihood - gap @ prior @ gap / 2)

    theta = mean.copy() if start is None else start
    best = density(theta)
    for _ in range(_STEPS):
        log, slopes = model.log_mean(theta)
        error = model.weight * (model.counts - np.exp(log)) / dispersion
        gradient = np.einsum("ct,ctp->p", error, slopes) - prior @ (theta - mean)
        step = np.linalg.solve(_information(model, theta, slopes, dispersion) + prior, gradient)
        size = 1.0
        while size > 1e-6 and not density(theta + size * step) >= best:
            size /= 2
        if size <= 1e-6:
            break
        theta = theta + size * step
        gained, best = density(theta) - best, density(theta)
        if gained < 1e-9:
            break
    return theta


def _dispersion(model: _Model, theta: Floats) -> float:
    """Pearson's statistic per degree of freedom, at least 1 (counts are never more regular than Poisson)."""
    log, _ = model.log_mean(theta)
    chi = (model.weight * (model.counts - np.exp(log)) ** 2 / np.exp(log)).sum()
    free = model.weight.sum() * (1 - model.width[3] / max(model.weight.size, model.width[3] + 1))
    return float(max(1.0, chi / max(free, 1e-12)))


def _curves(weeks: Weeks, model: _Model, thetas: Floats, scale: Floats, dispersion: float) -> Response:
    level, _, season, base, half = model.split(thetas)
    angle = 2 * np.pi * np.arange(365)[:, None] / 365 * np.array([1.0, 2.0])
    year = np.concatenate([np.sin(angle), np.cos(angle)], axis=1)[:, : season.shape[1]]
    average = np.exp(season @ year.T).mean(axis=1, keepdims=True)
    return Response(
        channels=tuple(weeks.channels[index] for index in model.paid),
        scale=scale,
        level=np.exp(level[:, model.paid]) * average,
        base=expit(base),
        half=np.exp(half),
        dispersion=dispersion,
    )


__all__ = ["WEEK_DAYS", "Response", "fit_response"]
