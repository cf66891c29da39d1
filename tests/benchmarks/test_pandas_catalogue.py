"""The plain pandas version of the catalogue gives the values it is measured against."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tenure_features import Catalogue, open_shop, snapshots


def test_pandas_catalogue__computes_every_feature_of_orders(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(repository / "benchmarks")
    from generated_orders import AS_OF, generated
    from pandas_catalogue import pandas_catalogue

    path = generated(20_000, 2_000)
    got, expected = pandas_catalogue(path, AS_OF), snapshots(open_shop(path), AS_OF)
    got = got.loc[expected["customer_id"]]
    assert len(got) == len(expected)
    for name in [one.name for one in Catalogue() if one.table == "orders"]:
        np.testing.assert_allclose(got[name].astype("float64"), expected[name], rtol=1e-9, atol=1e-6, err_msg=name)
