"""A bundle is a few plain files: nothing leads out of it."""

from __future__ import annotations

import os

import pytest

from tenure_features.errors import DataContractError
from tenure_training.models.bundle_files import MOST_FILES, bundle_files


def test_bundle_files__are_named_from_the_folder(tmp_path):
    (tmp_path / "model" / "parts").mkdir(parents=True)
    (tmp_path / "model" / "parts" / "b.ubj").touch()
    (tmp_path / "a.json").touch()
    assert bundle_files(tmp_path) == ["a.json", "model/parts/b.ubj"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "link").symlink_to("/etc/hostname"),
        lambda folder: (folder / "link").symlink_to("/etc"),
        lambda folder: (folder / "link").symlink_to("nowhere"),
        lambda folder: os.mkfifo(folder / "pipe"),
        lambda folder: (folder / "a/b/c/d/e/f").mkdir(parents=True),
        lambda folder: [(folder / f"{number}.json").touch() for number in range(MOST_FILES + 1)],
    ],
    ids=["link to a file", "link to a folder", "link to nowhere", "pipe", "deep", "many"],
)
def test_bundle_files__refuses_links_pipes_and_too_many(spoil, tmp_path):
    spoil(tmp_path)
    with pytest.raises(DataContractError, match="holds what no bundle holds"):
        bundle_files(tmp_path)
