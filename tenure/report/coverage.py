"""What each source of a store covers, and whom sources share, as findings."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from tenure_connectors.store.coverage import StoreCoverage
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import Term

SOURCE_TERMS: Mapping[str, Term] = {
    "source": Term("-", "system or file that was pulled"),
    "table": Term("-", "of the contract"),
    "rows": Term("rows", "corrections among them"),
    "customers": Term("customers", "ids of customers among the rows"),
    "first": Term("date", "when the first of the rows happened"),
    "last": Term("date", "when the last of them happened"),
    "corrections": Term("rows", "known later than they happened"),
    "pulled": Term("date", "when the source was last pulled"),
    "other_source": Term("-", "which shares e-mails or phones with it"),
    "shared": Term("identifiers", "e-mails and phones that both have"),
}


def coverage_findings(coverage: StoreCoverage) -> Findings:
    """Say what the sources of a store cover."""
    columns = ("source", "table", "rows", "customers", "first_at", "last_at", "corrections", "pulled_at")
    rows = pd.DataFrame(
        [[getattr(source, name) for name in columns] for source in coverage.sources],
        columns=["source", "table", "rows", "customers", "first", "last", "corrections", "pulled"],
    )
    shared = pd.DataFrame(
        [(overlap.first, overlap.second, overlap.identifiers) for overlap in coverage.overlaps],
        columns=["source", "other_source", "shared"],
    )
    overlap = FindingTable(
        name="overlap", title="E-mails and phones that two sources share", frame=shared, terms=SOURCE_TERMS
    )
    return Findings(
        subject="sources",
        title="Where the rows come from",
        lead="{sources} sources lie in one store.",
        facts=(Fact("sources", len(rows["source"].unique()), "sources"),),
        tables=(
            FindingTable(name="coverage", title="What each source covers", frame=rows, terms=SOURCE_TERMS),
            *([overlap] if len(shared) else []),
        ),
    )
