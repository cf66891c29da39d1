"""Files of bids, as the platforms document them."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from tenure_connectors.bid_files import write_bid_file
from tenure_features.errors import UsageError

TABLE = pd.DataFrame(
    [
        ("campaign", "Spring, mugs", 50, 1.2), ("device", "Desktop", 60, 1.5), ("device", "ios", 30, 0.8),
        ("device", "android", 10, 0.4), ("device", "fridge", 5, 1.3), ("region", "DE", 70, 1.1),
        ("region", "Moscow", 40, 0.5),
    ],
    columns=["dimension", "level", "customers", "multiplier"],
)  # fmt: skip
IDS = {"Spring, mugs": "4711", "Moscow": "213"}


def test_google__takes_devices_of_a_campaign_and_its_locations():
    made = write_bid_file("google", TABLE, ids={"Moscow": "Moscow, Russia"})
    assert made.text.splitlines() == [
        "Campaign,Location,Bid Modifier,Desktop Bid Modifier,Mobile Bid Modifier,Tablet Bid Modifier",
        '"Spring, mugs",,,80,-16,20',  # 1.2 x 1.5; 1.2 x (30 x 0.8 + 10 x 0.4) / 40; 1.2
        '"Spring, mugs",DE,10,,,',
        '"Spring, mugs","Moscow, Russia",-50,,,',
    ]
    assert made.left_out == ("device fridge",)


def test_meta__takes_a_rule_for_every_pair_since_the_first_that_fits_decides():
    made = write_bid_file("meta", TABLE, ids=IDS)
    rules = json.loads(made.text)["rules"]
    told = [(rule["name"], rule["adjust_sign"], rule["adjust_value"]) for rule in rules]
    assert told == [
        ("DE desktop", "INCREASE", 65), ("DE mobile", "DECREASE", 23), ("Moscow desktop", "DECREASE", 25),
        ("Moscow mobile", "DECREASE", 65),
    ]  # fmt: skip
    assert rules[0]["criterias"] == [
        {"criteria_type": "LOCATION", "operator": "CONTAINS", "criteria_values": ["DE"],
         "criteria_value_types": ["LOCATION_COUNTRY"]},
        {"criteria_type": "DEVICE_PLATFORM", "operator": "CONTAINS", "criteria_values": ["DESKTOP"],
         "criteria_value_types": ["NONE"]},
    ]  # fmt: skip
    assert rules[2]["criterias"][0]["criteria_value_types"] == ["LOCATION_REGION"]
    assert made.left_out == ("device fridge", "campaign Spring, mugs")


def test_yandex_direct__takes_percentages_of_the_bid_by_numbers():
    made = write_bid_file("yandex_direct", TABLE, ids=IDS)
    body = json.loads(made.text)
    assert body["method"] == "add"
    assert body["params"]["BidModifiers"] == [
        {"CampaignId": 4711, "DesktopOnlyAdjustment": {"BidModifier": 180}},
        {"CampaignId": 4711, "MobileAdjustment": {"BidModifier": 84}},
        {"CampaignId": 4711, "TabletAdjustment": {"BidModifier": 120}},
        {"CampaignId": 4711, "RegionalAdjustments": [{"RegionId": 213, "BidModifier": 50}]},
    ]
    assert made.left_out == ("device fridge", "region DE (say --id 'DE=NUMBER')")


def test_files__say_what_they_need():
    regions = TABLE[TABLE["dimension"] == "region"]
    for platform in ("google", "yandex_direct"):
        with pytest.raises(UsageError, match=r"adjusts bids by campaign.*--campaign NAME"):
            write_bid_file(platform, regions, ids={})
    assert write_bid_file("google", regions, ids={}, campaigns=["brand"]).text.splitlines()[1] == "brand,,,0,0,0"
    with pytest.raises(UsageError, match="no file of bids for 'bing'"):
        write_bid_file("bing", TABLE, ids={})
