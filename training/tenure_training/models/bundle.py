"""The bundle: one immutable folder that holds a fitted model with everything its numbers mean.

``bundle.json`` says what was learned from what and how its numbers are defined, ``model/`` is what the candidate
saved, ``segments.json`` the limits of the segments, ``checksums.json`` the sha256 of every other file. Nothing in it
depends on when or where it was written: same data, config and seed give the same bytes and so the same version.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.families.feature import Feature, recall
from tenure_training.models.contract import Candidate

FORMAT_VERSION = 1
INTERVAL_LEVEL = 0.8

INFO, SEGMENTS, CHECKSUMS, MODEL = "bundle.json", "segments.json", "checksums.json", "model"
EXTRAS = "extras.json"
_SUFFIXES = {".json", ".ubj"}
_PACKAGES = ("tenure", "numpy", "pandas", "scikit-learn", "scipy", "xgboost")


@dataclass(frozen=True)
class BundleInfo:
    """What a model was learned from and what its numbers mean.

    Attributes
    ----------
    champion
        Name of the candidate inside.
    as_of
        The moment of the training; it is not used for an earlier one.
    horizon_days
        Length of the window predictions are for, in days.
    label_days
        Length of the windows it learned from; shorter than the horizon when the history was too short.
    definitions
        In words, by term: see `definitions`.
    returns
        Policy for returns in the log: net, drop or raise.
    currency
        Of every amount; None where the log did not say.
    features
        Names of the feature columns the model reads, in order.
    active_days
        Population narrowed to customers with an order in so many days; None for everybody.
    fingerprint
        Of the training data.
    seed
        Of everything random in the training.
    versions
        Of Python and the packages that trained it.
    user_features
        Those of the features that a user's file defines: what they mean, and the name and hash of the file.
    """

    champion: str
    as_of: pd.Timestamp
    horizon_days: int
    label_days: int
    definitions: Mapping[str, str]
    returns: str
    currency: str | None
    features: tuple[str, ...]
    active_days: int | None
    fingerprint: str
    seed: int
    versions: Mapping[str, str]
    user_features: tuple[Feature, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; `from_dict` reads them back."""
        out: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return out | {
            "as_of": self.as_of.isoformat(),
            "definitions": dict(self.definitions),
            "features": list(self.features),
            "versions": dict(self.versions),
            "user_features": [one.to_dict() for one in self.user_features],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> BundleInfo:
        """Build the info that `to_dict` described; `DataContractError` when a field is missing."""
        stored = {"user_features": ()} | dict(stored)  # bundles from before there were any
        missing = [field.name for field in fields(cls) if field.name not in stored]
        if missing:
            raise DataContractError("The bundle does not say all it must.", found=f"no {', '.join(missing)}")
        known = {field.name: stored[field.name] for field in fields(cls)}
        defined = tuple(Feature.from_dict(one) for one in known["user_features"])
        told = {"as_of": pd.Timestamp(known["as_of"]), "features": tuple(known["features"]), "user_features": defined}
        return cls(**known | told)


@dataclass(frozen=True)
class Bundle:
    """A bundle read back and verified.

    Attributes
    ----------
    folder
        Where it lies.
    info
        What it was learned from and what its numbers mean.
    candidate
        The fitted model.
    segments
        The limits of the segments, as the segmenter wrote them.
    version
        First 12 hex digits of the sha256 over its content: the ``model_version`` of every score it gives.
    extras
        What scores carry beyond the prediction (the next order, the lifetime), by name; empty in older bundles.
    """

    folder: Path
    info: BundleInfo
    candidate: Candidate
    segments: Mapping[str, Any]
    version: str
    extras: Mapping[str, Any] = field(default_factory=dict)


def definitions(
    *, horizon_days: int, returns: str, active_days: int | None = None, currency: str | None = None
) -> dict[str, str]:
    """Say in words what the columns of a score table mean.

    Parameters
    ----------
    horizon_days
        Length of the window, in days.
    returns
        Policy for returns: net, drop or raise.
    active_days
        Narrows the population; None for everybody.
    currency
        Of every amount; None where the log did not say.

    Returns
    -------
    dict of str to str
        One sentence for ``horizon``, ``population``, ``churn``, ``value`` and ``interval``.

    Examples
    --------
    >>> definitions(horizon_days=90, returns="net")["churn"]
    'no order with positive revenue within 90 days from as_of'
    """
    window = f"within {horizon_days} days from as_of"
    narrowed = "" if active_days is None else f", the last in the {active_days} days before it"
    netted = {"net": "returns netted", "drop": "returns left out"}.get(returns, "a log without returns")
    money = f" in {currency}" if currency else ""
    return {
        "horizon": f"the {horizon_days} days from as_of on: [as_of, as_of + {horizon_days} days)",
        "population": f"customers with an order before as_of{narrowed}; those who never order again count as 0",
        "churn": f"no order with positive revenue {window}",
        "value": f"net revenue{money} {window} ({netted})",
        "interval": f"value_low to value_high holds the value with probability {INTERVAL_LEVEL:.0%}",
    }


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages whose change can change a model."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _PACKAGES}


def write_bundle(
    folder: Path,
    candidate: Candidate,
    info: BundleInfo,
    segments: Mapping[str, Any],
    *,
    extras: Mapping[str, Any] | None = None,
) -> Bundle:
    """Write a bundle, whole or not at all.

    Parameters
    ----------
    folder
        A new folder. If it holds the very same bundle already, nothing is done.
    candidate
        The fitted model.
    info
        What it was learned from and what its numbers mean.
    segments
        JSON-ready limits of the segments.
    extras
        JSON-ready parameters of what scores carry beyond the prediction.

    Raises
    ------
    UsageError
        If the folder holds something else.
    ValueError
        If the candidate wrote anything but JSON and UBJ, or a value is not JSON (NaN, infinity).
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        draft = Path(scratch) / "bundle"
        (draft / MODEL).mkdir(parents=True)
        candidate.save(draft / MODEL)
        strange = [name for name in _files(draft) if Path(name).suffix not in _SUFFIXES]
        if strange:
            raise ValueError(f"A model is saved as JSON and UBJ only; {candidate.name} wrote {', '.join(strange)}.")
        _write_json(draft / INFO, {"format_version": FORMAT_VERSION} | info.to_dict())
        _write_json(draft / SEGMENTS, segments)
        if extras:
            _write_json(draft / EXTRAS, extras)
        _write_json(draft / CHECKSUMS, {name: _sha256(draft / name) for name in _files(draft)})
        version = _version(draft)
        if folder.exists() and any(folder.iterdir()):
            if not (folder / CHECKSUMS).is_file() or _version(folder) != version:
                raise UsageError(f"The folder {folder.name} is not empty.", fix="A bundle goes into a new folder.")
        else:
            draft.replace(folder)
    return Bundle(
        folder, info, candidate, json.loads(json.dumps(segments)), version, json.loads(json.dumps(extras or {}))
    )


def read_bundle(folder: Path, *, candidate_class: type[Candidate] | None = None) -> Bundle:
    """Read a bundle and verify every byte of it.

    Parameters
    ----------
    folder
        Where `write_bundle` wrote it, or a copy.
    candidate_class
        Class of the model inside; by default looked up by the name the bundle carries.

    Raises
    ------
    UsageError
        If there is no bundle in the folder.
    DataContractError
        If the bundle has another format version, a file is missing, added or changed, or no such candidate exists.
    """
    if not (folder / INFO).is_file():
        raise UsageError(f"There is no model bundle in {folder}.", fix="Give the folder a training wrote.")
    stored = _read_json(folder / INFO)
    found = stored.get("format_version")
    if found != FORMAT_VERSION:
        raise DataContractError(
            "The bundle has a format this version of tenure does not read.",
            found=f"format {found}, known is {FORMAT_VERSION}",
            fix="Install the version of tenure that wrote it, or train again.",
        )
    _verify(folder)
    info = BundleInfo.from_dict(stored)
    recall(info.user_features)
    model = candidate_class or class_by_name(info.champion)
    try:
        candidate = model.load(folder / MODEL)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise DataContractError(
            "The model in the bundle was written by another version of tenure.",
            found=f"{type(problem).__name__}: {problem}",
            fix=f"Use the version that wrote it ({info.versions.get('tenure', 'unknown')}), or train again.",
        ) from problem
    extras = _read_json(folder / EXTRAS) if (folder / EXTRAS).is_file() else {}
    return Bundle(folder, info, candidate, _read_json(folder / SEGMENTS), _version(folder), extras)


def class_by_name(name: str) -> type[Candidate]:
    """Look up a candidate; late, because the registry imports every model."""
    from tenure_training.models.registry import candidate_class

    return candidate_class(name)


def _verify(folder: Path) -> None:
    if not (folder / CHECKSUMS).is_file():
        raise DataContractError("The bundle is not complete.", found=f"no {CHECKSUMS}", fix="Copy it again, whole.")
    expected = _read_json(folder / CHECKSUMS)
    there = set(_files(folder)) - {CHECKSUMS}
    missing = sorted(set(expected) - there | {INFO, SEGMENTS} - set(expected))
    if missing:
        raise DataContractError(
            "The bundle is not complete.", found=f"no {', '.join(missing)}", fix="Copy it again, whole."
        )
    changed = sorted(name for name in expected if _sha256(folder / name) != expected[name])
    if changed:
        raise DataContractError(
            "The bundle was changed after it was written.",
            found=f"another checksum for {', '.join(changed)}",
            fix="Take an untouched copy, or train again: a bundle is never edited.",
        )
    added = sorted(there - set(expected))
    if added:
        raise DataContractError(
            "The bundle holds files it was not written with.", found=", ".join(added), fix="Remove them."
        )


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _version(folder: Path) -> str:
    # the checksums name every other file and its content, so their hash is the hash of the whole
    return _sha256(folder / CHECKSUMS)[:12]


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataContractError(f"The file {path.name} of the bundle is not JSON.", found=str(error)) from error
    if not isinstance(content, dict):
        raise DataContractError(f"The file {path.name} of the bundle is not a JSON object.")
    return content
