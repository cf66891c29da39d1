"""Maximum likelihood in log-parameters, with a weak prior only where the data leave a parameter to run away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import minimize

from .summary import Floats

_Objective = Callable[[Floats], tuple[float, Floats]]

REPEATERS_WITHOUT_PRIOR = 500
"""From this many repeat customers on there is no prior inside the region at all; below it fades in."""

PRIOR_SD = 2.5
"""Standard deviation of a log-parameter under the full prior: a factor of twelve either way."""

HALF_WIDTH = 6.0
"""Half width of the region of log-parameters around the centre: a factor of four hundred either way."""


@dataclass(frozen=True, kw_only=True)
class Estimate[M]:
    """A fitted model and how far to trust the fit.

    Attributes
    ----------
    model
        The model at its estimated parameters.
    log_likelihood
        Of the data, without any prior.
    standard_errors
        By parameter name, from the observed information; ``inf`` where the data do not determine the parameter.
    converged
        Whether the gradient vanished at the estimate, apart from parameters held at an edge.
    message
        One sentence: how the search ended, and which parameters the edge of the region held.
    prior_weight
        Share of the full prior that took part, 0 to 1; 0 for more than a few hundred repeat customers.
    """

    model: M
    log_likelihood: float
    standard_errors: dict[str, float]
    converged: bool
    message: str
    prior_weight: float


@dataclass(frozen=True)
class Prior:
    """A wide region of log-parameters, and a weak normal inside it that fades as evidence grows.

    Attributes
    ----------
    centre
        Log-parameters where the prior is centred and the search starts; shape (p,).
    weight
        Share of the normal prior in force, 0 to 1.
    half_width
        Half width of the region, one for all or one per parameter.

    Examples
    --------
    >>> Prior(np.zeros(2)).penalty(np.array([3.0, -3.0]))[0]
    0.0
    """

    centre: Floats
    weight: float = 0.0
    half_width: Floats = field(default_factory=lambda: np.asarray(HALF_WIDTH))

    @staticmethod
    def fading(repeaters: float) -> float:
        """Give the weight of the prior for a number of customers that carry information."""
        return max(0.0, 1.0 - repeaters / REPEATERS_WITHOUT_PRIOR)

    @property
    def edges(self) -> tuple[Floats, Floats]:
        """Lower and upper bounds of the log-parameters."""
        return self.centre - self.half_width, self.centre + self.half_width

    def penalty(self, theta: Floats) -> tuple[float, Floats]:
        """Give minus the log-prior (up to a constant) and its gradient."""
        away, precision = theta - self.centre, self.weight / PRIOR_SD**2
        return 0.5 * precision * float(away @ away), precision * away


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """Where the penalised likelihood is highest in the region, and the curvature there without the penalty.

    ``stuck`` marks parameters at an edge that the likelihood would push further.
    """

    theta: Floats
    information: Floats
    at_bound: Floats
    slope: float
    tolerance: float

    @property
    def converged(self) -> bool:
        """Whether the gradient vanished."""
        return self.slope <= self.tolerance

    def message(self, names: tuple[str, ...]) -> str:
        """Say how the search ended."""
        end = "gradient vanished" if self.converged else f"stopped with a gradient of {self.slope:.1e} per customer"
        edge = [name for name, stuck in zip(names, self.at_bound, strict=True) if stuck]
        return end + (f"; held at the edge of the sensible range: {', '.join(edge)}" if edge else "")

    @property
    def log_standard_errors(self) -> Floats:
        """Standard errors of the log-parameters; ``inf`` for those held and along flat directions."""
        free = self.at_bound == 0
        errors = np.full(len(self.theta), np.inf)
        errors[free] = log_standard_errors(self.information[np.ix_(free, free)])
        return errors


def maximise(
    log_likelihood: _Objective,
    *,
    prior: Prior,
    customers: float,
    coarse: _Objective | None = None,
    tolerance: float = 1e-7,
) -> Optimum:
    """Maximise a log-likelihood in log-parameters, from the prior's centre and inside its region.

    A quasi-Newton search is finished by Newton steps; further starts are tried only if the first fails to converge.
    Where a coarse likelihood is given, it leads to the neighbourhood of the optimum and lends its curvature to the
    steps and to the standard errors: the optimum itself is the full likelihood's.

    Parameters
    ----------
    log_likelihood
        Log-parameters to value and gradient.
    prior
        Penalty, region and start.
    customers
        Sum of weights: makes tolerances mean the same for any amount of data.
    coarse
        A cheaper likelihood, of binned rows.
    tolerance
        Largest gradient entry per customer at which the search has converged.
    """
    objective = _penalise(log_likelihood, prior, customers)
    cheap = objective if coarse is None else _penalise(coarse, prior, customers)
    tries: list[tuple[float, Floats, Floats, float]] = []
    for shift in (0.0, 1.5, -1.5):
        near = _quasi_newton(cheap, prior.centre + shift, prior)
        tries.append(_newton(objective, near, prior, tolerance, curved=cheap))
        if tries[-1][3] <= tolerance:
            break
    _, theta, at_bound, slope = min(tries, key=lambda attempt: attempt[0])
    return Optimum(
        theta=theta,
        information=-_hessian(coarse or log_likelihood, theta),
        at_bound=at_bound,
        slope=slope,
        tolerance=tolerance,
    )


def _penalise(log_likelihood: _Objective, prior: Prior, customers: float) -> _Objective:
    """Minus the log-posterior per customer."""

    def objective(theta: Floats) -> tuple[float, Floats]:
        penalty, slope = prior.penalty(theta)
        value, gradient = log_likelihood(theta)
        return (penalty - value) / customers, (slope - gradient) / customers

    return objective


def _quasi_newton(objective: _Objective, start: Floats, prior: Prior) -> Floats:
    bounds = list(zip(*prior.edges, strict=True))
    optimum = minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"gtol": 1e-4, "ftol": 1e-12, "maxiter": 500, "maxcor": 20},
    )
    return np.asarray(optimum.x, dtype=np.float64)


def _newton(
    objective: _Objective, theta: Floats, prior: Prior, tolerance: float, *, curved: _Objective
) -> tuple[float, Floats, Floats, float]:
    """Newton steps on the parameters that are free; gives value, point, held parameters and the largest gradient."""
    lower, upper = prior.edges
    value, slope = objective(theta)
    curvature: Floats | None = None
    for _ in range(25):
        at_bound = ((theta <= lower) & (slope > 0)) | ((theta >= upper) & (slope < 0))
        largest = float(np.abs(slope[~at_bound]).max(initial=0.0))
        if largest <= tolerance:
            break
        if curvature is None or largest > 1e-5:
            curvature = _hessian(curved, theta)
        step = np.zeros(len(theta))
        step[~at_bound] = _descent(curvature[np.ix_(~at_bound, ~at_bound)], slope[~at_bound])
        for scale in 0.5 ** np.arange(16):
            new = np.clip(theta - scale * step, lower, upper)
            new_value, new_slope = objective(new)
            if new_value <= value + 1e-14 * abs(value):
                break
        else:
            break
        theta, value, slope = new, new_value, new_slope
    at_bound = ((theta <= lower) & (slope > 0)) | ((theta >= upper) & (slope < 0))
    return value, theta, at_bound.astype(np.float64), float(np.abs(slope[~at_bound]).max(initial=0.0))


def _descent(hessian: Floats, slope: Floats) -> Floats:
    """Newton step with the curvature made positive, at most one unit of log-parameter long."""
    curvature, axes = np.linalg.eigh(hessian)
    floor = max(1e-10, 1e-10 * float(np.abs(curvature).max()))
    step = axes @ ((axes.T @ slope) / np.maximum(np.abs(curvature), floor))
    return np.asarray(step / max(1.0, float(np.abs(step).max())))


def _hessian(objective: _Objective, theta: Floats, *, width: float = 1e-4) -> Floats:
    """Central differences of the analytic gradient."""
    sides = np.array([
        (objective(theta + width * unit)[1] - objective(theta - width * unit)[1]) / (2 * width)
        for unit in np.eye(len(theta))
    ])  # fmt: skip
    return np.asarray((sides + sides.T) / 2)


def log_standard_errors(information: Floats) -> Floats:
    """Invert the observed information of log-parameters; ``inf`` for those that an undetermined direction moves.

    Examples
    --------
    >>> log_standard_errors(np.array([[4.0, 0.0], [0.0, 0.0]])).tolist()
    [0.5, inf]
    """
    curvature, axes = np.linalg.eigh(information)
    # less than this and the log-parameter is known to a factor of e to the 100 at best
    determined = curvature > max(1e-4, 1e-7 * float(curvature.max(initial=0.0)))
    variance = (axes[:, determined] ** 2 / curvature[determined]).sum(axis=1)
    moved = (axes[:, ~determined] ** 2).sum(axis=1) > 1e-6
    return np.where(moved | (variance <= 0), np.inf, np.sqrt(variance))
