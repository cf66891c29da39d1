"""The bundle: one immutable folder that holds a fitted model with everything its numbers mean.

``bundle.json`` says what was learned from what and how its numbers are defined, ``model/`` is what the candidate
saved, ``segments.json`` the limits of the segments, ``checksums.json`` the sha256 of every other file. Nothing in it
depends on when or where it was written: same data, config and seed give the same bytes and so the same version.
"""

from __future__ import annotations

import importlib.metadata
import json
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_features.families.feature import FeatureDescription
from tenure_features.families.stored_feature import description_from
from tenure_features.stored import Stored, read_stored
from tenure_training.models.bundle_files import (
    CHECKSUMS,
    EXTRAS,
    INFO,
    MODEL,
    SEGMENTS,
    SUFFIXES,
    bundle_files,
    file_digest,
    require_whole,
    version_of,
)
from tenure_training.models.contract import MOST_DAYS, Candidate, Fitted
from tenure_training.models.registry import CANDIDATES

FORMAT_VERSION = 4
INTERVAL_LEVEL = 0.8
RETURNS = ("net", "drop", "raise")
MOST_FEATURES = 5_000

_PACKAGES = ("tenure", "numpy", "pandas", "scikit-learn", "scipy", "xgboost")


@dataclass(frozen=True, kw_only=True)
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
    catalogue
        What the features the model reads mean, in the order of their columns: its own words, and for those of a
        user's file its name and hash.
    active_days
        Population narrowed to customers with an order in so many days; None for everybody.
    fingerprint
        Of the training data.
    seed
        Of everything random in the training.
    versions
        Of Python and the packages that trained it.
    """

    champion: str
    as_of: pd.Timestamp
    horizon_days: int
    label_days: int
    definitions: Mapping[str, str]
    returns: str
    currency: str | None
    catalogue: tuple[FeatureDescription, ...]
    active_days: int | None
    fingerprint: str
    seed: int
    versions: Mapping[str, str]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the feature columns the model reads, in order."""
        return tuple(feature.name for feature in self.catalogue)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready values; `from_stored` reads them back."""
        out: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        return out | {
            "as_of": self.as_of.isoformat(),
            "definitions": dict(self.definitions),
            "catalogue": [feature.to_dict() for feature in self.catalogue],
            "versions": dict(self.versions),
        }

    @classmethod
    def from_stored(cls, stored: Stored) -> BundleInfo:
        """Read what `to_dict` wrote; `DataContractError` when a field is missing, unknown, or not what it must be."""
        saved = stored.fields(*(field.name for field in fields(cls)), optional=("format_version",))
        horizon_days = saved["horizon_days"].whole(1, MOST_DAYS)
        return cls(
            champion=saved["champion"].text(most=100, least=1),
            as_of=pd.Timestamp(saved["as_of"].moment()),
            horizon_days=horizon_days,
            label_days=saved["label_days"].whole(0, horizon_days),
            definitions={name: words.text() for name, words in saved["definitions"].read_named(most=100).items()},
            returns=saved["returns"].one_of(RETURNS),
            currency=None if saved["currency"].missing else saved["currency"].text(most=20, least=1),
            catalogue=_catalogue(saved["catalogue"]),
            active_days=None if saved["active_days"].missing else saved["active_days"].whole(1, MOST_DAYS),
            fingerprint=saved["fingerprint"].text(most=200),
            seed=saved["seed"].whole(0, 2**32 - 1),
            versions={name: version.text(most=100) for name, version in saved["versions"].read_named(most=100).items()},
        )


def _catalogue(stored: Stored) -> tuple[FeatureDescription, ...]:
    """Take the descriptions of the columns, one of each name."""
    catalogue = tuple(description_from(item) for item in stored.items(most=MOST_FEATURES, least=1))
    if len({feature.name for feature in catalogue}) < len(catalogue):
        stored.refuse("a list of features of different names")
    return catalogue


@dataclass(frozen=True, kw_only=True)
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
    candidate: Fitted
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
        One sentence for ``horizon``, ``population``, ``churn``, ``value``, ``value_if_buys``, ``interval_if_buys``,
        ``warnings`` and ``interval``.

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
        "value_if_buys": f"value{money} {window} of a customer who orders then: what the model expects, weighted by "
        "the probability of an order, and what their own orders so far were worth and how often they came (shrunk "
        "towards the shop's), weighted by that of none",
        "interval_if_buys": "value_if_buys_low to value_if_buys_high holds the value of 80% of who do buy",
        "warnings": "signs of leaving whatever the model expects: spend or visits of the last 90 days significantly "
        "below the customer's own pace, a complaint of the last 180 days without an order since, a detractor's answer",
        "interval": f"value_low to value_high holds the value with probability {INTERVAL_LEVEL:.0%}",
    }


def package_versions() -> dict[str, str]:
    """Versions of Python and of the packages whose change can change a model."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in _PACKAGES}


def write_bundle(
    folder: Path,
    candidate: Fitted,
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
        strange = [name for name in bundle_files(draft) if Path(name).suffix not in SUFFIXES]
        if strange:
            raise ValueError(f"A model is saved as JSON and UBJ only; {info.champion} wrote {', '.join(strange)}.")
        _write_json(draft / INFO, {"format_version": FORMAT_VERSION} | info.to_dict())
        _write_json(draft / SEGMENTS, segments)
        if extras:
            _write_json(draft / EXTRAS, extras)
        _write_json(draft / CHECKSUMS, {name: file_digest(draft / name) for name in bundle_files(draft)})
        version = version_of(draft)
        if folder.exists() and any(folder.iterdir()):
            if not (folder / CHECKSUMS).is_file() or version_of(folder) != version:
                raise UsageError(f"The folder {folder.name} is not empty.", fix="A bundle goes into a new folder.")
        else:
            draft.replace(folder)
    return Bundle(
        folder=folder,
        info=info,
        candidate=candidate,
        segments=json.loads(json.dumps(segments)),
        version=version,
        extras=json.loads(json.dumps(extras or {})),
    )


def read_bundle(folder: Path, *, candidates: Sequence[type[Candidate]] = ()) -> Bundle:
    """Read a bundle and verify every byte and every field of it.

    A bundle may come from anywhere, and whoever can write one can write its checksums: nothing it names is imported,
    and nothing of it is used before it is found to be what it must be.

    Parameters
    ----------
    folder
        Where `write_bundle` wrote it, or a copy.
    candidates
        Classes of the caller's own that the model inside may be of, beside those of tenure.

    Raises
    ------
    UsageError
        If there is no bundle in the folder.
    DataContractError
        If the bundle has another format version, a file is missing, added or changed, a field is not what it must be,
        or the model is neither one of tenure's nor one of the given.
    """
    if not (folder / INFO).is_file():
        raise UsageError(f"There is no model bundle in {folder}.", fix="Give the folder a training wrote.")
    stored = read_stored(folder / INFO)
    head = stored.read_named().get("format_version")
    if head is None or head.value != FORMAT_VERSION:
        raise DataContractError(
            "The bundle has a format this version of tenure does not read.",
            found=f"format {None if head is None else head.value!r}, known is {FORMAT_VERSION}",
            fix="Install the version of tenure that wrote it, or train again.",
        )
    require_whole(folder)
    info = BundleInfo.from_stored(read_stored(folder / INFO))
    candidate = _load(_class_of(info.champion, candidates), folder / MODEL, info)
    segments = read_stored(folder / SEGMENTS)
    extras = read_stored(folder / EXTRAS).read_named() if (folder / EXTRAS).is_file() else {}
    return Bundle(
        folder=folder,
        info=info,
        candidate=candidate,
        segments={name: part.value for name, part in segments.read_named().items()},
        version=version_of(folder),
        extras={name: part.value for name, part in extras.items()},
    )


def _load(model: type[Candidate], folder: Path, info: BundleInfo) -> Fitted:
    """Load the model; what a class of the caller's own cannot make sense of is a damaged bundle, not a bug."""
    try:
        return model.load(folder)
    except (KeyError, TypeError, ValueError, AttributeError, OSError) as problem:
        raise DataContractError(
            "The model in the bundle was written by another version of tenure.",
            found=f"{type(problem).__name__}: {problem}",
            fix=f"Use the version that wrote it ({info.versions.get('tenure', 'unknown')}), or train again.",
        ) from problem


def _class_of(name: str, candidates: Sequence[type[Candidate]]) -> type[Candidate]:
    """Find the class of a champion among those of tenure and those the caller named; nothing is ever imported by it."""
    by_name = {candidate.name: candidate for candidate in (*candidates, *CANDIDATES.values())}
    if name not in by_name:
        raise DataContractError(
            "The bundle holds a model that is none of tenure's own.",
            found=repr(name),
            fix="Pass its class: Scorer.load(..., candidates=[CLASS]) in Python, --candidate FILE.py:CLASS on the "
            "command line. mlflow.pyfunc and MLflow's own server take no class and serve tenure's models only.",
        )
    return by_name[name]


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
