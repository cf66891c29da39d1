"""A bundle is whole, untouched and the same for the same model, or it is refused with a sentence."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DataContractError, UsageError
from tenure_features.families.catalogue import BUILT_IN
from tenure_features.stored import Stored
from tenure_training.models.bundle import BundleInfo, definitions, package_versions, read_bundle, write_bundle
from tenure_training.models.contract import Candidate, Fitted, Prediction, TrainingFrame


class Rate(Candidate, Fitted):
    """Everybody buys with one probability."""

    name = "rate"

    def __init__(self, rate: float = 0.25) -> None:
        self.rate = rate

    def fit(self, frame: TrainingFrame, *, seed: int) -> Self:
        return self

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        one = np.full(len(snapshot), self.rate)
        return Prediction(buy_probability=one, expected_orders=one, expected_value=one * 100)

    def save(self, folder: Path) -> None:
        (folder / "rate.json").write_text(json.dumps({"rate": self.rate}))

    @classmethod
    def load(cls, folder: Path) -> Self:
        return cls(json.loads((folder / "rate.json").read_text())["rate"])


INFO = BundleInfo(
    champion="rate",
    as_of=pd.Timestamp("2024-06-01 12:30:00"),
    horizon_days=90,
    label_days=60,
    definitions=definitions(horizon_days=90, returns="net", active_days=365, currency="EUR"),
    returns="net",
    currency="EUR",
    catalogue=BUILT_IN.describe(["orders_total", "recency_days"]),
    active_days=365,
    fingerprint="0123abcd",
    seed=7,
    versions={"python": "3.13.0"},
)
SEGMENTS = {"rfm": {"recency": [10.0, 40.0]}, "labels": {"ru": "Постоянные"}}


@pytest.fixture
def folder(tmp_path):
    write_bundle(tmp_path / "bundle", Rate(), INFO, SEGMENTS)
    return tmp_path / "bundle"


def read(folder):
    return read_bundle(folder, candidates=[Rate])


def test_bundle__comes_back_as_it_was_written(folder):
    bundle = read(folder)
    assert bundle.info == INFO
    assert bundle.segments == SEGMENTS
    assert bundle.candidate.rate == 0.25
    assert bundle.version == write_bundle(folder, Rate(), INFO, SEGMENTS).version
    assert len(bundle.version) == 12


def test_bundle__takes_every_seed_of_32_bits(folder, tmp_path):
    largest = write_bundle(tmp_path / "largest", Rate(), replace(INFO, seed=2**32 - 1), SEGMENTS)
    assert read(largest.folder).info.seed == 4_294_967_295
    beyond = write_bundle(tmp_path / "beyond", Rate(), replace(INFO, seed=2**32), SEGMENTS)
    with pytest.raises(DataContractError, match="seed"):
        read(beyond.folder)


def test_bundle__holds_json_only_and_no_temporary_leftovers(folder):
    names = sorted(path.relative_to(folder.parent).as_posix() for path in folder.parent.rglob("*") if path.is_file())
    assert names == [f"bundle/{n}" for n in ("bundle.json", "checksums.json", "model/rate.json", "segments.json")]


def test_bundle__version_depends_on_content_alone(folder, tmp_path):
    assert write_bundle(tmp_path / "elsewhere", Rate(), INFO, SEGMENTS).version == read(folder).version
    shutil.copytree(folder, tmp_path / "copy")
    assert read(tmp_path / "copy").version == read(folder).version


def test_bundle__version_does_not_depend_on_the_order_of_keys(folder, tmp_path):
    turned = replace(INFO, definitions=dict(reversed(INFO.definitions.items())))
    segments = dict(reversed(SEGMENTS.items()))
    assert write_bundle(tmp_path / "turned", Rate(), turned, segments).version == read(folder).version


@pytest.mark.parametrize(
    ("candidate", "info", "segments"),
    [
        (Rate(0.26), INFO, SEGMENTS),
        (Rate(), replace(INFO, seed=8), SEGMENTS),
        (Rate(), replace(INFO, fingerprint="ffff"), SEGMENTS),
        (Rate(), INFO, {"rfm": {}}),
    ],
    ids=["model", "seed", "data", "segments"],
)
def test_bundle__version_changes_with_anything_inside(folder, tmp_path, candidate, info, segments):
    assert write_bundle(tmp_path / "other", candidate, info, segments).version != read(folder).version


def _edit(folder: Path, name: str, **changes: object) -> None:
    content = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(content | changes))


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda f: _edit(f, "bundle.json", format_version=3), "Found: format 3, known is 4. Install the version"),
        (lambda f: _edit(f, "bundle.json", horizon_days=30), "another checksum for bundle.json"),
        (lambda f: _edit(f, "model/rate.json", rate=0.9), "another checksum for model/rate.json"),
        (lambda f: (f / "model/rate.json").unlink(), "not complete. Found: no model/rate.json"),
        (lambda f: (f / "segments.json").unlink(), "not complete. Found: no segments.json"),
        (lambda f: (f / "checksums.json").unlink(), "not complete. Found: no checksums.json"),
        (lambda f: (f / "checksums.json").write_text("{}"), "no bundle.json, segments.json"),
        (lambda f: (f / "model/extra.pkl").write_bytes(b"x"), "was not written with. Found: model/extra.pkl"),
        (lambda f: (f / "bundle.json").write_text("{"), "The file bundle.json is not JSON"),
        (lambda f: (f / "bundle.json").write_text("[]"), "bundle.json is []; it must be an object"),
    ],
)
def test_bundle__damaged_is_refused(folder, damage, sentence):
    damage(folder)
    with pytest.raises(DataContractError) as refusal:
        read(folder)
    assert sentence in str(refusal.value)


def test_bundle__no_bundle_there_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no model bundle"):
        read(tmp_path)


def test_bundle__of_a_users_model_is_refused_until_its_class_is_passed(folder):
    with pytest.raises(DataContractError, match=r"none of tenure's own\. Found: 'rate'\. Pass its class"):
        read_bundle(folder)
    assert read_bundle(folder, candidates=[Rate]).candidate.rate == 0.25


@pytest.mark.parametrize("champion", ["{}/evil.py:Evil", "{}/evil.py", "evil:Evil", "os:system", "evil"])
def test_bundle__runs_nothing_it_names(champion, folder, tmp_path, monkeypatch):
    (tmp_path / "evil.py").write_text("open('RAN', 'w'); Evil = 1")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    _edit(folder, "bundle.json", champion=champion.format(tmp_path))
    sums = json.loads((folder / "checksums.json").read_text())
    sums["bundle.json"] = hashlib.sha256((folder / "bundle.json").read_bytes()).hexdigest()
    (folder / "checksums.json").write_text(json.dumps(sums))
    with pytest.raises(DataContractError, match="none of tenure's own"):
        read_bundle(folder)
    assert not (tmp_path / "RAN").exists()


def test_bundle__does_not_overwrite_another(folder):
    with pytest.raises(UsageError, match="not empty"):
        write_bundle(folder, Rate(0.9), INFO, SEGMENTS)
    assert read(folder).candidate.rate == 0.25


def test_bundle__refuses_a_candidate_that_pickles(tmp_path):
    class Pickler(Rate):
        def save(self, folder: Path) -> None:
            (folder / "model.pkl").write_bytes(b"")

    with pytest.raises(ValueError, match=r"JSON and UBJ only; rate wrote model/model\.pkl"):
        write_bundle(tmp_path / "bundle", Pickler(), INFO, SEGMENTS)
    assert list(tmp_path.iterdir()) == []


def test_bundle__an_info_that_lacks_a_field_is_refused():
    stored = INFO.to_dict()
    del stored["currency"], stored["seed"]
    with pytest.raises(DataContractError, match=r"Found: bundle\.json: no currency, no seed"):
        BundleInfo.from_stored(Stored(stored, "bundle.json"))


def test_definitions__name_window_population_and_currency():
    words = definitions(horizon_days=30, returns="drop", active_days=180, currency="EUR")
    assert words["value"] == "net revenue in EUR within 30 days from as_of (returns left out)"
    assert "the last in the 180 days before it" in words["population"]
    assert set(words) == {
        "horizon", "population", "churn", "value", "value_if_buys", "warnings", "interval", "interval_if_buys",
    }  # fmt: skip


def test_package_versions__name_what_can_change_a_model():
    assert {"python", "tenure", "xgboost", "numpy"} <= set(package_versions())
