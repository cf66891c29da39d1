"""Groups crossed with region, category and brand, and e-mail campaigns: read from a shop, shown everywhere."""

from __future__ import annotations

import pandas as pd
import pytest

from tenure.jobs.attachment import find_attachment
from tenure.jobs.matrix import find_matrix
from tenure_features import open_shop
from tenure_serving.findings import payload, section, text_lines
from tenure_serving.language import load_language

AS_OF = pd.Timestamp("2024-07-01")
NAMES = [f"c{i:02d}" for i in range(80)]
FIRST = pd.date_range("2024-01-01", periods=80, freq="D")
BACK = [i % 2 == 0 for i in range(80)]  # customers of the spring mail, but for the later ones, come back
ORDERS = pd.DataFrame(
    {
        "customer_id": [*NAMES, *(who for who, back in zip(NAMES, BACK, strict=True) if back)],
        "order_id": [f"o{i}" for i in range(120)],
        "ordered_at": [*FIRST, *(at + pd.Timedelta(days=20) for at, back in zip(FIRST, BACK, strict=True) if back)],
        "revenue": 30.0,
    }
)
LINES = pd.DataFrame(
    {
        "order_id": ORDERS["order_id"], "product_id": "p", "quantity": 1.0, "unit_price": 30.0,
        "category": ["tea" if i % 2 else "cups" for i in range(80)] + ["cups"] * 40,
    }
)  # fmt: skip
CUSTOMERS = pd.DataFrame({"customer_id": NAMES, "region": ["west", "west", "east", "east"] * 20})
EVENTS = pd.DataFrame(
    {
        "customer_id": NAMES, "occurred_at": FIRST - pd.Timedelta(days=2), "event": "email_click",
        "campaign": ["spring" if back else "sale" for back in BACK],
    }
)  # fmt: skip
SCORES = pd.DataFrame({"customer_id": NAMES, "segment": ["VIP" if back else "Lost" for back in BACK]})


@pytest.fixture(scope="module")
def shop():
    return open_shop(ORDERS, as_of=AS_OF, order_lines=LINES, customers=CUSTOMERS, events=EVENTS)


def test_find_matrix__crosses_segments_with_region_and_category(shop) -> None:
    found = find_matrix(shop, SCORES, currency="EUR")
    cells = found.frame("matrix").set_index(["attribute", "group", "level"])
    assert cells.loc[("category", "VIP", "cups"), ["customers", "revenue", "represented"]].tolist() == [
        40,
        2400,
        "over",
    ]
    assert set(cells.loc["region", "represented"]) == {""}
    assert "cups" in "\n".join(text_lines(found))
    spoken = section(found, language=load_language("ru"))
    assert (spoken.chapter, spoken.title) == ("customers", "Группы по регионам, категориям и брендам")
    assert len(spoken.blocks) == 3
    assert payload(found)["definitions"]["revenue"]["unit"] == "money"
    assert find_matrix(open_shop(ORDERS, as_of=AS_OF), SCORES) is None


def test_find_attachment__tells_campaigns_of_repeat_customers_from_those_of_one_timers(shop) -> None:
    found = find_attachment(shop)
    rows = found.frame("campaign_attachment").set_index("campaign")
    assert rows["verdict"].to_dict() == {"spring": "repeat customers", "sale": "one-timers"}
    assert rows["share"].to_dict() == {"spring": 1.0, "sale": 0.0}
    assert "постоянные" in "\n".join(text_lines(found, language=load_language("ru")))
    assert section(found).chapter == "money"
    unnamed = open_shop(ORDERS, as_of=AS_OF, events=EVENTS.drop(columns="campaign"))
    assert find_attachment(unnamed) is None
