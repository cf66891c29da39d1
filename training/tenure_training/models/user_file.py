"""Candidates that users bring: classes found by file and name."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType

from tenure_features.errors import TenureError, UsageError
from tenure_training.models.contract import Candidate


def is_address(name: str) -> bool:
    """Whether a name says where a candidate lies: ``FILE.py:NAME`` or ``package.module:NAME``.

    Examples
    --------
    >>> is_address("my_models.py:Forest"), is_address("blend")
    (True, False)
    """
    return ":" in name


def load_candidate(address: str) -> type[Candidate]:
    """Import a file or a module and take a candidate from it.

    Its code is run: name only files you trust.

    Parameters
    ----------
    address
        ``FILE.py:NAME``, relative to the working directory, or ``package.module:NAME``.

    Raises
    ------
    UsageError
        There is no such file, module or name, it fails while it is imported, or it is no candidate.
    """
    where, _, name = address.rpartition(":")
    module = _file(Path(where).absolute()) if where.endswith(".py") else _module(where)
    loaded = getattr(module, name, None)
    if not (isinstance(loaded, type) and issubclass(loaded, Candidate)):
        raise UsageError(
            f"{address!r} is not a candidate.",
            found="nothing of that name" if loaded is None else repr(loaded),
            fix="Name a subclass of tenure_training.models.Candidate, or what sklearn_candidate returns.",
        )
    return loaded


def own_candidates(names: Iterable[str]) -> tuple[type[Candidate], ...]:
    """Import those of the names that say where a candidate of the caller's own lies; others are tenure's."""
    return tuple(load_candidate(name) for name in names if is_address(name))


@cache
def _file(path: Path) -> ModuleType:
    if not path.is_file():
        raise UsageError(f"There is no file {path} with candidates.", fix="Check the part before the colon.")
    name = f"tenure_user_{path.stem}"  # so that a file called random.py takes nobody's place
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} cannot be imported.", fix="Name a Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except TenureError:
        raise
    except Exception as problem:
        raise UsageError(
            f"{path} fails when it is imported.", found=f"{type(problem).__name__}: {problem}"
        ) from problem
    return module


def _module(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as problem:
        raise UsageError(
            f"The module {name!r} of a candidate cannot be imported.",
            found=str(problem),
            fix="Install it, or say FILE.py:NAME.",
        ) from problem
