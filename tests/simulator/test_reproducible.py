"""Same seed, same bytes: whatever else is written, and by however many processes."""

import hashlib

import numpy as np
import pytest

from tenure_simulator import preset, simulate
from tenure_simulator.block import draw_block


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def config():
    return preset("shop", customers=240, seed=9).model_copy(update={"block_customers": 80})


@pytest.fixture(scope="module")
def first(config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("first")
    simulate(config, folder)
    return digests(folder)


def test_same_seed__same_bytes_with_two_processes(config, first, tmp_path):
    simulate(config, tmp_path, workers=2)
    assert digests(tmp_path) == first


def test_blocks__are_drawn_from_streams_of_their_own(config):
    first, second = (draw_block(config, index) for index in (0, 1))
    assert not np.isin(second.traits.rate, first.traits.rate).any()
    assert not np.isin(second.purchases.day, first.purchases.day).any()


def test_other_seed__other_bytes(config, first, tmp_path):
    simulate(config.model_copy(update={"seed": 10}), tmp_path, tables=["orders"], expectations=False)
    assert digests(tmp_path)["orders/part-00000.parquet"] != first["orders/part-00000.parquet"]


def test_fewer_tables__do_not_change_the_others(config, first, tmp_path):
    simulate(config, tmp_path, tables=["orders", "feedback", "spend"], expectations=False)
    some = digests(tmp_path)
    assert len(some) >= 8
    assert all(first[name] == digest for name, digest in some.items() if name != "tenure.toml")


def test_larger_shop__begins_with_the_same_blocks(config, first, tmp_path):
    """Spend grows with the shop, so only what does not hang on it is compared."""
    simulate(config.model_copy(update={"customers": 160}), tmp_path, expectations=False)
    smaller = digests(tmp_path)
    for name in ("orders", "order_lines", "events", "customers", "identifiers", "feedback", "assignments"):
        for part in ("part-00000", "part-00001"):
            assert smaller[f"{name}/{part}.parquet"] == first[f"{name}/{part}.parquet"], name
