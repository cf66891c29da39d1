"""Features a user defines: decorated functions in a file of their own."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Iterable
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

from tenure_features.errors import DataContractError, TenureError, UsageError
from tenure_features.families.feature import Feature, FeatureDescription, FeatureFile


def read_features(path: str | Path, *, others: Collection[Feature] = ()) -> tuple[Feature, ...]:
    """Run a Python file and take the features it holds under names of its own, in their order.

    Parameters
    ----------
    path
        A Python file with functions under `tenure_features.feature`.
    known
        Features the file may import without being taken for their author.

    Raises
    ------
    UsageError
        If there is no such file, it fails, or it defines no feature.
    """
    file = Path(path).expanduser()
    try:
        source = file.read_bytes()
    except OSError as problem:
        raise UsageError(
            f"The file of features {path} cannot be read.", found=str(problem.strerror), fix="Check --features."
        ) from problem
    origin = FeatureFile(file.name, hashlib.sha256(source).hexdigest())
    imported = {id(feature) for feature in others}
    values = {id(value): value for value in vars(_run(file, source)).values() if isinstance(value, Feature)}
    defined = tuple(replace(value, file=origin) for key, value in values.items() if key not in imported)
    if not defined:
        raise UsageError(f"{file.name} defines no feature.", fix="Decorate a function of a history with @feature(...).")
    return defined


def _run(file: Path, source: bytes) -> ModuleType:
    # each version of a file is a module of its own: a model built on one never sees the other
    content = hashlib.sha256(str(file.resolve()).encode() + source).hexdigest()[:12]
    name = f"tenure_user_features_{content}"
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
    return module


def require_defined(stored: Iterable[FeatureDescription], catalogue: Iterable[Feature]) -> None:
    """Refuse to compute a model's features when its user's file is missing, or is another version of it.

    Parameters
    ----------
    stored
        Features as the model describes them; those of this package are passed over.
    catalogue
        What can be computed here.

    Raises
    ------
    DataContractError
        Naming the feature, the file and its hash.
    """
    here = {feature.name: feature for feature in catalogue}
    for feature in stored:
        if feature.file is None:
            continue
        defined = here.get(feature.name)
        if defined is None:
            raise DataContractError(
                f"The model reads the feature {feature.name}, which {feature.file.name} defines, "
                "and that file was not given.",
                found=f"sha256 of the file at training: {feature.file.sha256}",
                fix=f"Give it with --features {feature.file.name}, or under [features] in tenure.toml.",
            )
        if defined.file != feature.file:
            where = f"{defined.file.name}, sha256 {defined.file.sha256}" if defined.file else "the catalogue"
            raise DataContractError(
                f"The model reads the feature {feature.name} as another version of {feature.file.name} defines it.",
                found=f"{where}; at training sha256 {feature.file.sha256}",
                fix="Give the file it was trained with, or train again.",
            )
