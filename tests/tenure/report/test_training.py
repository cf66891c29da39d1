"""What people are told of a training: the dates of the next order, and a campaign."""

from __future__ import annotations

import pandas as pd

from tenure.jobs.campaign import CampaignResult
from tenure.report.training import campaign_findings, date_findings
from tenure_serving.findings import section, text_lines
from tenure_training.next_order_evaluation import DATE_MEASURES, dates_table

ROWS = [
    (900.0, 300.0, 0.66, 0.44, 12.0, 20.0, 0.8),
    (800.0, 250.0, 0.64, 0.46, 14.0, 24.0, 0.7),
]
TABLE = dates_table(
    [dict(zip(DATE_MEASURES, row, strict=True)) for row in ROWS], list(pd.to_datetime(["2024-05-01", "2024-03-01"]))
)
NOBODY = TABLE.assign(ordered=0.0)


def test_dates__average_over_the_origins():
    (line,) = text_lines(date_findings(TABLE))
    assert "concordance 0.65 (0.45), median error 13 days (22); the 80 % interval holds 75 %" in line


def test_dates__state_the_result_and_show_every_origin():
    part = section(date_findings(TABLE))
    assert part.title == "Dates of the next order are 13 days off, 22 by ADBT"
    table, aside = part.blocks
    assert len(table.table) == len(TABLE)
    assert table.headings["adbt_error_days"] == "last order + ADBT, days"
    assert "at most 13 days off" in part.lead
    assert "censored" in aside.text


def test_dates__say_nothing_where_nobody_was_judged():
    for table in (NOBODY, dates_table([], [])):
        assert date_findings(table) is None


def campaign(profit: list[float]) -> CampaignResult:
    return CampaignResult(
        contact_cost=0.5, offer_cost=10.0, acceptance=0.3, empc=1.25, share_to_contact=0.2, everybody=-1.0,
        curve=pd.DataFrame({"share": [0.0, 0.25, 1.0], "profit": profit}),
    )  # fmt: skip


def test_campaign__concludes_where_it_pays():
    pays = campaign_findings(campaign([0.0, 2.0, -1.0]), currency="EUR", stated=True)
    part = section(pays)
    assert part.title == "A retention campaign pays for the riskiest 25 % of customers"
    assert "A contact costs 0.5 EUR, an accepted offer 10 EUR (from the configuration); 30 % of" in part.lead
    assert text_lines(pays) == [
        "Campaign: contacting the riskiest 20 % along its ranking earns 1.25 EUR per customer (EMPC; a contact costs "
        "0.50 EUR, an offer 10.00 EUR)"
    ]
    everybody, nobody = campaign([0.0, 2.0, 3.0]), campaign([0.0, -2.0, -1.0])
    assert section(campaign_findings(everybody)).title == "A retention campaign pays for every customer"
    assert section(campaign_findings(nobody)).title == "No retention campaign pays at these costs"
    assert "say yours under [economics]" in section(campaign_findings(nobody)).lead
