"""Options that several commands share, and how they lie over ``tenure.toml``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tenure_features.errors import UsageError


def require_level(level: float) -> float:
    """Refuse a level of intervals that is no share between 0 and 1.

    Examples
    --------
    >>> require_level(2.0)
    Traceback (most recent call last):
    ...
    tenure_features.errors.UsageError: The level of an interval lies between 0 and 1. Found: 2.
    """
    if not 0 < level < 1:
        raise UsageError("The level of an interval lies between 0 and 1.", found=f"{level:g}")
    return level


Orders = Annotated[
    str | None,
    typer.Option(
        "--orders",
        metavar="FILE",
        help="Order log: a CSV, Excel, JSON lines or Parquet file, a quoted glob, or a table by URI.",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="NAME=SOURCE",
        help="Where a column comes from: customer_id=CustomerID, or an SQL expression such as "
        "'revenue=Quantity * UnitPrice'. Repeat for each column.",
    ),
]
ReturnsOption = Annotated[
    str | None,
    typer.Option(
        "--returns", metavar="net|drop|raise", help="What returns do: orders that sum to less than zero. [default: net]"
    ),
]
TrustCustomers = Annotated[
    bool | None,
    typer.Option(
        "--trust-customers",
        help="The customers are right, although each ordered once or one has more than a twentieth of the orders.",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="NAME", help="How text files are written, such as cp1251. [default: found]"),
]
Currency = Annotated[str | None, typer.Option("--currency", help="Currency shown beside amounts, such as EUR.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="DATE",
        help="The moment of the prediction; only earlier rows are read. [default: the day after the last order]",
    ),
]
Horizon = Annotated[
    int | None,
    typer.Option("--horizon", metavar="DAYS", help="Days ahead to predict. [default: suggested by the data]"),
]
ActiveDays = Annotated[
    int | None,
    typer.Option("--active-days", metavar="DAYS", help="Only customers with an order in so many days before --as-of."),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of every random choice. [default: 0]")]
Candidates = Annotated[
    list[str] | None,
    typer.Option("--candidate", metavar="NAME", help="A model that competes; repeat. [default: all of them]"),
]
OwnCandidates = Annotated[
    list[str] | None,
    typer.Option(
        "--candidate", metavar="FILE.py:NAME", help="Your own class, if the model is of it: its file is run; repeat."
    ),
]
Features = Annotated[
    list[str] | None,
    typer.Option("--features", metavar="FILE", help="A Python file that defines features of your own; repeat."),
]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for the results.")]
ResultsFile = Annotated[
    Path | None,
    typer.Option(
        "--results",
        metavar="FILE",
        help="What campaigns taught, as tenure experiment analyse wrote it. [default: results of [experiments]]",
    ),
]
Previous = Annotated[
    Path | None,
    typer.Option(
        "--previous",
        metavar="FILE|DIR",
        help="Scores of an earlier moment: tells who moved, and keeps customers in their groups within the margin.",
    ),
]
ScoresPlace = Annotated[
    Path, typer.Option("--scores", metavar="FILE|DIR", help="scores.parquet, or the folder it lies in.")
]
LanguageOption = Annotated[
    str | None,
    typer.Option("--language", metavar="en|ru", help="Language of reports, cards, groups and reasons. [default: en]"),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="A tenure.toml; options on the command line win over it."),
]
TrackingUri = Annotated[
    str | None,
    typer.Option("--tracking-uri", help="MLflow tracking URI. [default: MLFLOW_TRACKING_URI, else mlruns/mlflow.db]"),
]
Experiment = Annotated[str | None, typer.Option("--experiment", help="MLflow experiment. [default: tenure]")]
Register = Annotated[
    bool | None,
    typer.Option(
        "--register/--no-register", help="Whether the champion enters the model registry. [default: register]"
    ),
]
ScoresOption = Annotated[
    Path | None,
    typer.Option("--scores", metavar="FILE|DIR", help="Scores of a run at the same --as-of. [default: none]"),
]
ValueDays = Annotated[
    int, typer.Option("--days", metavar="DAYS", help="Age at which the value of a customer is stated.")
]
Overhead = Annotated[
    float,
    typer.Option("--overhead", metavar="RATE", help="Cost of acquisition per unit of spend on top, such as 0.15."),
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="DATE",
        help="Start of the window, for customers and money alike. [default: the first day of spend]",
    ),
]
LevelOption = Annotated[
    float, typer.Option("--level", metavar="SHARE", help="Level of every interval.", callback=require_level)
]
Trials = Annotated[
    int | None,
    typer.Option("--trials", metavar="N", help="Sets of settings tried before the backtest. [default: 0, no tuning]"),
]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", help="Begin no further trial after so long. [default: no limit]"),
]
Jobs = Annotated[int | None, typer.Option("--jobs", metavar="N", help="Processes that try settings. [default: 1]")]
EngineOption = Annotated[
    str | None,
    typer.Option(
        "--engine", metavar="duckdb|spark", help="Where tables are read and features computed. [default: duckdb]"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no log lines.")]
Profile = Annotated[
    Path | None,
    typer.Option("--profile", metavar="FILE", help="Write where time and memory go, as a Chrome trace (JSON)."),
]

_Tree = dict[str, Any]


def column_mapping(pairs: Sequence[str] | None) -> dict[str, str]:
    """Read ``NAME=SOURCE`` pairs; the source may contain ``=`` itself.

    Raises
    ------
    UsageError
        When a pair has no ``=``, an empty side, or names a column twice.

    Examples
    --------
    >>> column_mapping(["customer_id=CustomerID", "revenue=Quantity * UnitPrice"])
    {'customer_id': 'CustomerID', 'revenue': 'Quantity * UnitPrice'}
    """
    mapping: dict[str, str] = {}
    for pair in pairs or ():
        name, _, source = (part.strip() for part in pair.partition("="))
        if not name or not source:
            raise UsageError(
                f"--column {pair!r} is not NAME=SOURCE.", fix="Write it like --column customer_id=CustomerID."
            )
        if name in mapping:
            raise UsageError(f"--column names {name!r} twice.", found=f"{mapping[name]} and {source}")
        mapping[name] = source
    return mapping


def log(
    orders: str | None,
    columns: Sequence[str] | None,
    *,
    returns: str | None = None,
    currency: str | None = None,
    trust_customers: bool | None = None,
    encoding: str | None = None,
) -> _Tree:
    """Nest the options about the order log like ``[orders]``; None means that an option was not given."""
    stated = {"returns": returns, "currency": currency, "trust_customers": trust_customers, "encoding": encoding}
    return {"uri": orders, "columns": column_mapping(columns), **stated}


def question(
    as_of: str | None,
    horizon_days: int | None = None,
    active_days: int | None = None,
    *,
    seed: int | None = None,
    candidates: Sequence[str] | None = None,
    out: Path | None = None,
    previous: Path | None = None,
    allow_gap: bool | None = None,
) -> _Tree:
    """Nest the options about what to predict like ``[run]``."""
    asked = {"as_of": as_of, "horizon_days": horizon_days, "active_days": active_days}
    return {
        **asked,
        "seed": seed,
        "candidates": candidates or None,
        "out": out,
        "previous": previous,
        "allow_gap": allow_gap,
    }


def own_features(files: Sequence[str] | None) -> _Tree:
    """Nest the files of the user's features like ``[features]``."""
    return {"files": files or None}


def tuning(trials: int | None, timeout_s: float | None, jobs: int | None) -> _Tree:
    """Nest the options about tuning like ``[tuning]``."""
    return {"trials": trials, "timeout_s": timeout_s, "jobs": jobs}


def report(language: str | None) -> _Tree:
    """Nest the option about what people read like ``[report]``."""
    return {"language": language}


def engine(kind: str | None) -> _Tree:
    """Nest the option about the engine like ``[engine]``."""
    return {"kind": kind}


def tracking(uri: str | None, experiment: str | None = None, *, register: bool | None = None) -> _Tree:
    """Nest the options about MLflow like ``[tracking]``."""
    return {"uri": uri, "experiment": experiment, "register": register}


def out_folder(out: Path | None) -> Path:
    """Create the folder results go to, before hours of work are spent on them.

    Raises
    ------
    UsageError
        When none was named, or something that is not a folder is in its place.
    """
    if out is None:
        raise UsageError("No folder for the results is named.", fix="Say --out DIR, or out under [run] in tenure.toml.")
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file.", fix="Name a folder.")
    out.mkdir(parents=True, exist_ok=True)
    return out
