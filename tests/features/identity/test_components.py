"""Components on the engine against a union-find."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenure_features.identity.components import components
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import Engine, fetch, statement


def union_find(pairs):
    """Smallest node of the component of every node, another way."""
    parent = {}

    def root(node):
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    by_value = {}
    for node, value in pairs:
        other = by_value.setdefault(value, node)
        low, high = sorted((root(node), root(other)))
        parent[high] = low
    return {node: root(node) for node, _ in pairs}


@pytest.fixture(scope="module")
def backend():
    return Engine().connect()


def table_of(pairs):
    columns = {"node": [node for node, _ in pairs], "value": [value for _, value in pairs]}
    return pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})


def found(backend, pairs):
    with Workspace(backend) as work:
        rows = fetch(components(work.load(table_of(pairs)), work=work))
    return {node: node for node, _ in pairs} | dict(zip(rows["node"], rows["component"], strict=True))


@settings(max_examples=15)
@given(pairs=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 25)), min_size=1, max_size=60))
def test_components__are_those_of_a_union_find(backend, pairs):
    assert found(backend, pairs) == union_find(pairs)


def test_components__a_long_chain_takes_few_rounds(backend):
    """2,000 people, each sharing something with the next, in an order that is worst for passing labels on."""
    order = [(i * 7919) % 2000 for i in range(2000)]
    pairs = [(order[i + step], i) for i in range(1999) for step in (0, 1)]
    with Workspace(backend) as work:
        rows = fetch(components(work.load(table_of(pairs)), work=work))
        assert len(work._names) < 2 * 14 + 2  # two tables a round; passing labels on would take 2,000 rounds
    assert set(rows["component"]) == {0}
    assert sorted(rows["node"]) == list(range(1, 2000))


def test_workspace__leaves_nothing_behind(backend):
    tables = "SELECT table_name FROM information_schema.tables"
    before = statement(backend, tables)
    found(backend, [(1, 1), (2, 1)])
    assert statement(backend, tables) == before
