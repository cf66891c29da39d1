"""Reading ``tenure.toml``, and laying the command line over it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tenure.config import CalendarConfig, Config, TableConfig
from tenure.names import require_known
from tenure_features.errors import UsageError

ConfigTree = dict[str, Any]

SQLITE = "sqlite:///"


def load_config(path: Path | None, *, overrides: Mapping[str, Any]) -> Config:
    """Read a configuration file, if any, and let ``overrides`` win over it key by key.

    Parameters
    ----------
    path
        A ``tenure.toml``; relative paths inside it start at its folder. None: the overrides alone.
    overrides
        The same nesting as the file; None means "not said". Relative paths start at the working directory.

    Raises
    ------
    UsageError
        When the file cannot be read, is not TOML, has an unknown key (the nearest known one is named) or a value
        that is not allowed.

    Examples
    --------
    >>> config = load_config(None, overrides={"orders": {"uri": "orders.csv"}, "run": {"horizon_days": 90}})
    >>> config.orders.uri, config.run.horizon_days
    ('orders.csv', 90)
    """
    tree = {} if path is None else _anchor_paths(_read(path), path.parent)
    return _validate(_merge(tree, overrides))


def _read(path: Path) -> ConfigTree:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no configuration file {path}.", fix="Check --config.") from None
    except (IsADirectoryError, PermissionError) as error:
        raise UsageError(f"{path} cannot be read as a file.", found=str(error.strerror)) from error
    except RecursionError:
        raise UsageError(f"{path} is nested too deep to be a configuration.", fix="See docs/cli.md.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is not a TOML file.", found=str(error), fix="See docs/cli.md for an example."
        ) from error


def _anchor_paths(tree: ConfigTree, folder: Path) -> ConfigTree:
    """Make the paths of a file start at the folder it lies in."""
    tables = tree.get("tables", {})
    for section in (tree.get("orders"), *(tables.values() if isinstance(tables, dict) else ())):
        _anchor(section, "uri", folder)
    _anchor(tree.get("calendar"), "uri", folder)
    _anchor(tree.get("identity"), "previous", folder)
    for key in ("out", "previous"):
        _anchor(tree.get("run"), key, folder)
    for key in ("rfm_map", "relationship_map", "playbook"):
        if str(_value(tree.get("segments"), key)).endswith(".json"):  # else the name of a built-in map
            _anchor(tree["segments"], key, folder)
    files = _value(tree.get("features"), "files")
    if isinstance(files, list):
        tree["features"]["files"] = [
            str(folder / Path(file).expanduser()) if isinstance(file, str) else file for file in files
        ]
    _anchor(tree.get("engine"), "temp_directory", folder)
    _anchor(tree.get("experiments"), "results", folder)
    tracking = tree.get("tracking")
    if isinstance(tracking, dict) and str(tracking.get("uri", "")).startswith(SQLITE):
        tracking["uri"] = f"{SQLITE}{(folder / tracking['uri'].removeprefix(SQLITE)).resolve()}"
    return tree


def _value(section: object, key: str) -> object:
    return section.get(key) if isinstance(section, dict) else None


def _anchor(section: object, key: str, folder: Path) -> None:
    if isinstance(section, dict) and isinstance(section.get(key), str) and section[key] and "://" not in section[key]:
        section[key] = str(folder / Path(section[key]).expanduser())


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> ConfigTree:
    merged = dict(below)
    for key, value in above.items():
        if isinstance(value, Mapping):
            under = merged.get(key, {})
            merged[key] = _merge(under if isinstance(under, Mapping) else {}, value)
        elif value is not None:
            merged[key] = value
    return merged


def _validate(tree: ConfigTree) -> Config:
    if not isinstance(tree.get("orders"), Mapping) or not tree["orders"].get("uri"):
        raise UsageError("No order log is named.", fix="Say --orders FILE, or uri under [orders] in tenure.toml.")
    _require_known_keys(tree)
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        raise _first_problem(error) from None


def _require_known_keys(tree: ConfigTree) -> None:
    require_known(tree, _keys(Config), what="section")
    for name in (
        "orders",
        "features",
        "run",
        "engine",
        "economics",
        "segments",
        "report",
        "tuning",
        "tracking",
        "identity",
        "experiments",
    ):
        section = tree.get(name, {})
        if isinstance(section, Mapping):
            require_known(section, _keys(Config.model_fields[name].annotation), what=f"key of [{name}]")
    if isinstance(tree.get("calendar"), Mapping):
        require_known(tree["calendar"], _keys(CalendarConfig), what="key of [calendar]")
    tables = tree.get("tables", {})
    for name, table in tables.items() if isinstance(tables, Mapping) else ():
        if isinstance(table, Mapping):
            require_known(table, _keys(TableConfig), what=f"key of [tables.{name}]")


def _keys(section: Any) -> tuple[str, ...]:  # noqa: ANN401  # pydantic types the annotation of a field loosely
    fields = section.model_fields.items()
    return tuple(field.alias or name for name, field in fields)


def _first_problem(error: ValidationError) -> UsageError:
    """Say the first problem pydantic found in words of the file."""
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if problem["type"] == "value_error":
        return UsageError(f"{where} cannot be used: {message}.")
    if problem["type"] == "missing":
        return UsageError(f"{where} is missing.")
    if problem["type"] == "model_type":
        return UsageError(f"{where} must be a section, [{where}].", found=repr(problem["input"]))
    return UsageError(f"{where} {message[0].lower()}{message[1:]}.", found=repr(problem["input"]))
