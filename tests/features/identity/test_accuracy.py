"""Linked accounts of the simulated shop against the truth about them."""

import ibis
import pandas as pd
import pytest

from tenure_features.identity import resolve
from tenure_simulator.columns import to_frame

SEEDS = (0, 1, 2)
SPARSE = {"phone": 0.6, "other_email": 0.2}


def reachable(identifiers, truth):
    """Best that equal strong identifiers allow: union-find over values cleaned another way."""
    rows = to_frame(identifiers).merge(truth, on=["source", "source_id"])
    rows = rows[rows["kind"].isin(["email", "phone", "loyalty_card"])]
    value = rows["value"].str.strip().str.lower().str.replace(r"\+shop", "", regex=True)
    digits = rows["value"].str.replace(r"\D", "", regex=True).str.replace(r"^(0049|49|0)", "", regex=True)
    rows["value"] = rows["kind"] + value.mask(rows["kind"] == "phone", digits)
    parent: dict[str, str] = {}

    def root(node):
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for account, key in zip(rows["source_id"], rows["value"], strict=True):
        parent[root(account)] = root(key)
    return truth[truth["source_id"].isin(rows["source_id"])].assign(
        customer_id=lambda frame: frame["source_id"].map(root)
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_deterministic__is_right_and_nearly_complete_in_the_default_shop(shop, shop_settings, accuracy, backend, seed):
    identifiers, truth = shop(seed)
    found = resolve(ibis.memtable(identifiers), as_of="2025-01-01", backend=backend, settings=shop_settings)
    precision, recall = accuracy(found.state.current, truth)
    best = accuracy(reachable(identifiers, truth), truth)[1]
    assert precision >= 0.995
    assert recall >= 0.95
    assert recall == pytest.approx(best, abs=0.002)


@pytest.mark.parametrize("seed", SEEDS)
def test_deterministic__links_what_a_sparse_shop_lets_link_and_no_family(shop, shop_settings, accuracy, backend, seed):
    """A fifth of the further accounts has an address of its own and half of those no phone: nothing to go by."""
    identifiers, truth = shop(seed, **SPARSE)
    found = resolve(ibis.memtable(identifiers), as_of="2025-01-01", backend=backend, settings=shop_settings)
    precision, recall = accuracy(found.state.current, truth)
    best = accuracy(reachable(identifiers, truth), truth)[1]
    assert precision >= 0.995
    assert recall == pytest.approx(best, abs=0.002)
    assert 0.8 < best < 0.95


def test_devices__taken_for_strong_would_merge_families(shop, shop_settings, accuracy, backend):
    """The guard is what holds precision: with devices as strong identifiers it is lost."""
    from dataclasses import replace

    kinds = dict(shop_settings.kinds)
    kinds["device"] = replace(kinds["device"], strong=True)
    identifiers, truth = shop(0)
    careless = replace(shop_settings, kinds=kinds)
    found = resolve(ibis.memtable(identifiers), as_of="2025-01-01", backend=backend, settings=careless)
    assert accuracy(found.state.current, truth)[0] < 0.98


def test_probabilistic__finds_mistyped_and_further_addresses(shop, shop_settings, accuracy, backend, capsys):
    identifiers, truth = shop(2, customers=800, **SPARSE)
    asked = {"as_of": "2025-01-01", "backend": backend, "settings": shop_settings}
    plain = accuracy(resolve(ibis.memtable(identifiers), **asked).state.current, truth)
    likely = resolve(ibis.memtable(identifiers), **asked, probabilistic=0.5)
    more = accuracy(likely.state.current, truth)
    with capsys.disabled():
        for way, (precision, recall) in {"deterministic": plain, "with splink": more}.items():
            print(f"\n{way}: precision {precision:.4f}, recall {recall:.4f}")
    assert more[0] >= 0.995
    assert more[1] >= 0.95 > plain[1]
    assert likely.state.rows["match_reason"].str.contains("probabilistic").any()
    assert isinstance(likely.guarded, pd.DataFrame)
