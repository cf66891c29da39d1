"""Features a user defines: decorated functions in a file of their own."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from tenure_features.errors import DataContractError, TenureError, UsageError
from tenure_features.families.catalogue import catalogue
from tenure_features.families.feature import Feature, FeatureFile, registering


def load_features(path: str | Path) -> tuple[Feature, ...]:
    """Run a Python file and take the features it registers into the catalogue.

    The file is known by its name and the hash of its content: loading it again does nothing, loading another version
    of it replaces what it defined.

    Parameters
    ----------
    path
        A Python file with functions under `tenure_features.families.feature`.

    Returns
    -------
    tuple of Feature
        What it defines, in order.

    Raises
    ------
    UsageError
        If there is no such file, it fails, it defines no feature, or a name is taken.
    """
    file = Path(path).expanduser()
    try:
        source = file.read_bytes()
    except OSError as problem:
        raise UsageError(
            f"The file of features {path} cannot be read.", found=str(problem.strerror), fix="Check --features."
        ) from problem
    known = FeatureFile(file.name, hashlib.sha256(source).hexdigest())
    found = tuple(one for one in catalogue() if one.file == known)
    if found:
        return found
    with registering(known):
        _run(file, source)
        defined = tuple(one for one in catalogue() if one.file == known)
        if not defined:
            raise UsageError(
                f"{file.name} defines no feature.", fix="Decorate a function of a history with @feature(...)."
            )
    return defined


def _run(file: Path, source: bytes) -> None:
    name = f"tenure_user_features_{hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:12]}"
    spec = spec_from_loader(name, loader=None, origin=str(file))
    module = ModuleType(name) if spec is None else module_from_spec(spec)
    module.__file__ = str(file)
    sys.modules[name] = module  # dataclasses and type hints look their module up
    try:
        exec(compile(source, str(file), "exec"), vars(module))  # noqa: S102  # the user's own file, named by them
    except TenureError:
        raise
    except Exception as problem:
        raise UsageError(
            f"{file.name} cannot be run.", found=f"{type(problem).__name__}: {problem}", fix="Mend the file."
        ) from problem


def require_defined(stored: Iterable[Feature]) -> None:
    """Refuse to compute a model's features when its user's file is missing, or is another version of it.

    Parameters
    ----------
    stored
        The user's features as the model carries them.

    Raises
    ------
    DataContractError
        Naming the feature, the file and its hash.
    """
    here = {one.name: one for one in catalogue()}
    for one in stored:
        if one.file is None:
            continue
        found = here.get(one.name)
        if found is None:
            raise DataContractError(
                f"The model reads the feature {one.name}, which {one.file.name} defines, and that file was not given.",
                found=f"sha256 of the file at training: {one.file.sha256}",
                fix=f"Give it with --features {one.file.name}, or under [features] in tenure.toml.",
            )
        if found.file != one.file:
            where = f"{found.file.name}, sha256 {found.file.sha256}" if found.file else "the catalogue"
            raise DataContractError(
                f"The model reads the feature {one.name} as another version of {one.file.name} defines it.",
                found=f"{where}; at training sha256 {one.file.sha256}",
                fix="Give the file it was trained with, or train again.",
            )
