"""What sources cover and share, counted in a store written by hand."""

from __future__ import annotations

import duckdb
import pytest

from tenure.report.coverage import coverage_findings
from tenure_connectors.store.coverage import cover
from tenure_serving.findings import section
from tenure_serving.language import load_language


@pytest.fixture
def store(tmp_path):
    place = tmp_path / "shop.duckdb"
    with duckdb.connect(str(place)) as database:
        database.execute("""
            CREATE SCHEMA tenure;
            CREATE TABLE tenure.pulls AS SELECT * FROM (VALUES
                ('crm', TIMESTAMP '2025-03-01 10:00'), ('crm', TIMESTAMP '2025-03-02 10:00'),
                ('shop', TIMESTAMP '2025-03-01 11:00')) AS t(source, started_at);
            CREATE TABLE tenure.orders AS SELECT * FROM (VALUES
                ('crm', 'crm:1', TIMESTAMP '2024-01-01', NULL), ('crm', 'crm:2', TIMESTAMP '2024-02-01', NULL),
                ('shop', 'ann@example.org', TIMESTAMP '2024-01-05', NULL),
                ('shop', 'ann@example.org', TIMESTAMP '2024-01-05', TIMESTAMP '2024-04-01')
                ) AS t(source, customer_id, ordered_at, recorded_at);
            CREATE TABLE tenure.identifiers AS SELECT * FROM (VALUES
                ('crm', 'email', 'Ann@example.org'), ('crm', 'email', 'ann@example.org'), ('crm', 'phone', '+491'),
                ('shop', 'email', 'ann@example.org'), ('shop', 'phone', '+492'), ('mail', 'phone', '+491'),
                ('mail', 'email', '+492')) AS t(source, kind, value);
        """)
    return str(place)


def test_cover__says_what_each_has_and_whom_two_share(store):
    assert list(cover(store).lines()) == [
        "crm: 2 rows of orders of 2 customers, 2024-01-01 to 2024-02-01; last pulled 2025-03-02 10:00.",
        "shop: 2 rows of orders of 1 customers, 2024-01-05 to 2024-01-05, 1 known later; last pulled 2025-03-01 11:00.",
        "crm and mail share 1 e-mails or phones.",  # the phone; an e-mail and a phone that read alike are not shared
        "crm and shop share 1 e-mails or phones.",  # however it is written, once
        "Say enabled = true under [identity] to count the people behind them once.",
    ]


@pytest.mark.parametrize(("spoken", "title"), [("en", "Where the rows come from"), ("ru", "Откуда строки")])
def test_section__of_a_report_has_coverage_and_overlap(store, spoken, title):
    made = section(coverage_findings(cover(store)), language=load_language(spoken))
    assert made.title == title
    tables = [block.table for block in made.blocks]
    assert tables[0]["source"].tolist() == ["crm", "shop"]
    assert tables[1]["shared"].tolist() == [1, 1]
