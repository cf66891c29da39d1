"""From scores to the tables and the data source file of Power BI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tenure_connectors.power_bi import STAR_FILE, describe_source, make_star
from tenure_features.errors import UsageError
from tenure_features.reading.files import replacing
from tenure_serving.score_tables import read_scores


@dataclass(frozen=True, kw_only=True)
class WrittenStar:
    """The data source file, and how many rows each table has."""

    file: Path
    rows: Mapping[str, int]

    @property
    def lines(self) -> tuple[str, ...]:
        """What was written, in sentences."""
        tables = (f"{name}.parquet: {rows:,} rows." for name, rows in self.rows.items())
        return (*tables, f"Open {self.file} in Power BI Desktop, and relate the tables by their keys.")


def powerbi_job(scores: Path, *, out: Path) -> WrittenStar:
    """Write a star of scores into a folder, each file whole or not at all.

    Raises
    ------
    UsageError
        If there are no scores, or the folder is theirs: one that Power BI reads holds its tables alone.
    """
    table = read_scores(scores)
    if out.resolve() == table.path.parent.resolve():
        raise UsageError("The tables need a folder of their own.", found=str(out), fix="Say --out with another one.")
    star = make_star(table.table)
    for name, rows in star.items():
        with replacing(out / f"{name}.parquet") as draft:
            rows.to_parquet(draft, index=False)
    with replacing(out / STAR_FILE) as draft:
        draft.write_text(describe_source(out), encoding="utf-8")
    return WrittenStar(file=out / STAR_FILE, rows={name: len(rows) for name, rows in star.items()})
