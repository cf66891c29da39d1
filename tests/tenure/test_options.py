"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenure.options import column_mapping, out_folder
from tenure_features.errors import UsageError


def test_columns__the_source_may_hold_anything_after_the_first_equals_sign() -> None:
    pairs = ["customer_id = CustomerID", "revenue=Quantity * UnitPrice", "is_return=status = 'R'"]
    assert column_mapping(pairs) == {
        "customer_id": "CustomerID",
        "revenue": "Quantity * UnitPrice",
        "is_return": "status = 'R'",
    }


@pytest.mark.parametrize("pair", ["CustomerID", "=CustomerID", "customer_id=", "customer_id= ", ""])
def test_columns__anything_but_name_and_source_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match=r"is not NAME=SOURCE\. Write it like --column customer_id=CustomerID"):
        column_mapping([pair])


def test_columns__a_column_is_mapped_once() -> None:
    with pytest.raises(UsageError, match=r"names 'revenue' twice\. Found: a and b\."):
        column_mapping(["revenue=a", "revenue=b"])


def test_out__is_created_before_the_work_starts(tmp_path: Path) -> None:
    assert out_folder(tmp_path / "a" / "b").is_dir()


def test_out__must_be_named_and_must_not_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No folder for the results is named"):
        out_folder(None)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file is a file\. Name a folder\."):
        out_folder(tmp_path / "file")
