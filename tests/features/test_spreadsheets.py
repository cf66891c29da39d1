"""Cells of a CSV that a spreadsheet would run."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tenure_features.spreadsheets import defuse, write_csv


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_defuse__puts_an_apostrophe_before_what_would_run(text: str, dtype: str) -> None:
    table = pd.DataFrame({"name": pd.Series([text, "a=b", None], dtype=dtype)})
    cells = defuse(table)["name"].tolist()
    assert cells[:2] == [f"'{text}", "a=b"]
    assert pd.isna(cells[2])
    assert table["name"].tolist()[0] == text


def test_defuse__leaves_numbers_dates_and_flags() -> None:
    table = pd.DataFrame({"gain": [-1.5], "count": [-3], "at": [pd.Timestamp("2024-01-01")], "yes": [True]})
    pd.testing.assert_frame_equal(defuse(table), table)


def test_write_csv__defuses_the_header_too(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"=evil": [-1.0], "b": ["-x"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "'=evil,b\n-1.0,'-x\n"
