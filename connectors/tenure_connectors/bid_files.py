"""Bid adjustments as files: a CSV of Google Ads Editor, and requests of Meta's and Yandex.Direct's APIs.

Written after support.google.com/google-ads/editor (columns of CSV files; percentages from -90 to 900, without a sign),
developers.facebook.com/documentation/ads-commerce/marketing-api/bidding/value-rules (bid multipliers are being retired;
rules in their order, the first that fits decides), and yandex.ru/dev/direct/doc/ref-v5/bidmodifiers/add (percentages of
the bid: 0 to 1300 for devices, 10 to 1300 for regions).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import pandas as pd

from tenure_features.errors import UsageError

_DEVICES = {
    "desktop": ("desktop", "computer", "pc", "web", "laptop", "компьютер"),
    "mobile": ("mobile", "phone", "smartphone", "ios", "android", "iphone", "app", "мобильный", "телефон"),
    "tablet": ("tablet", "ipad", "планшет"),
}
"""How devices may be called; others get no adjustment."""
_GOOGLE_BOUNDS, _META_BOUNDS = (-90, 900), (-90, 1000)
_DIRECT_DEVICES, _DIRECT_REGIONS = (0, 1300), (10, 1300)


@dataclass(frozen=True, kw_only=True)
class BidFile:
    """A file that a platform takes, and what could not be said in it."""

    name: str
    text: str = field(repr=False)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Multipliers:
    """Multipliers by campaign, by the platform's three devices, and by region."""

    campaigns: Mapping[str, float]
    devices: Mapping[str, float]
    regions: Mapping[str, float]
    left_out: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BidPlatform:
    """A platform that takes bid adjustments.

    Attributes
    ----------
    title, file
        What people call it, and what its file is called.
    upload
        What to do with the file.
    bounds
        Least and most that a number in it may be; beyond, it is that bound.
    adjusts
        What gets an adjustment.
    by_campaign
        Whether there are none without a campaign.
    documentation
        Where the platform describes it.
    write
        From multipliers and what campaigns and regions are called there to a text and what could not be said.
    """

    title: str
    file: str
    upload: str
    bounds: Mapping[str, tuple[int, int]]
    adjusts: tuple[str, ...]
    by_campaign: bool = False
    documentation: str
    write: Callable[[_Multipliers, Mapping[str, str]], tuple[str, tuple[str, ...]]]


def write_bid_file(
    platform: str, table: pd.DataFrame, *, ids: Mapping[str, str], campaigns: Sequence[str] = ()
) -> BidFile:
    """Write adjustments as a platform takes them.

    Parameters
    ----------
    platform
        One of `BID_PLATFORMS`.
    table
        ``dimension``, ``level``, ``customers`` and ``multiplier``, as `tenure bids` has them.
    ids
        What campaigns and regions are called there, by their names here: numbers, names or codes.
    campaigns
        Those that get adjustments where nothing says which campaign brought a customer.

    Raises
    ------
    UsageError
        If there is no such platform, or no campaign or place to adjust.
    """
    if platform not in BID_PLATFORMS:
        raise UsageError(f"There is no file of bids for {platform!r}.", found=", ".join(BID_PLATFORMS))
    target = BID_PLATFORMS[platform]
    by_level = {name: _by_level(table, name) for name in ("campaign", "region")}
    devices, unknown = _by_device(table)
    multipliers = _Multipliers(
        by_level["campaign"] or dict.fromkeys(campaigns, 1.0), devices, by_level["region"], tuple(unknown)
    )
    if target.by_campaign and not multipliers.campaigns:
        raise UsageError(
            f"{target.title} adjusts bids by campaign, and nothing says which campaign brought a customer.",
            fix="Say --campaign NAME, give spend a campaign, or customers an acquisition_campaign.",
        )
    text, left_out = target.write(multipliers, ids)
    return BidFile(name=target.file, text=text, left_out=left_out)


def _by_level(table: pd.DataFrame, dimension: str) -> dict[str, float]:
    rows = table[table["dimension"] == dimension]
    return dict(zip(rows["level"].astype("str"), rows["multiplier"].astype("float64"), strict=True))


def _by_device(table: pd.DataFrame) -> tuple[dict[str, float], list[str]]:
    """Average the levels that are one device there, by their customers; name those that are none."""
    rows = table[table["dimension"] == "device"]
    kinds = rows["level"].astype("str").str.strip().str.lower()
    devices = {}
    for device, names in _DEVICES.items():
        same = rows[kinds.isin(names)]
        if len(same):
            devices[device] = float((same["multiplier"] * same["customers"]).sum() / same["customers"].sum())
    every = {name for names in _DEVICES.values() for name in names}
    return devices, [f"device {level}" for level in rows.loc[~kinds.isin(every), "level"]]


def _to_google(multipliers: _Multipliers, ids: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    headers = ["Campaign", "Location", "Bid Modifier", *(f"{name.title()} Bid Modifier" for name in _DEVICES)]
    rows = []
    for campaign, worth in multipliers.campaigns.items():
        name = ids.get(campaign, campaign)
        # A campaign has no adjustment of its own: those of its devices, which are all there are, carry it.
        own = {device: multipliers.devices.get(device, 1.0) * worth for device in _DEVICES}
        rows.append([name, "", "", *(_percent(value) for value in own.values())])
        rows += [
            [name, ids.get(region, region), _percent(value), "", "", ""]
            for region, value in multipliers.regions.items()
        ]
    text = pd.DataFrame(rows, columns=headers).to_csv(index=False, lineterminator="\n")
    return text, multipliers.left_out


def _percent(multiplier: float) -> int:
    return _hold_within(100 * (multiplier - 1), _GOOGLE_BOUNDS)


def _hold_within(percent: float, bounds: tuple[int, int]) -> int:
    return min(max(round(percent), bounds[0]), bounds[1])


def _to_meta(multipliers: _Multipliers, ids: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    left_out = [*multipliers.left_out, *(f"campaign {name}" for name in multipliers.campaigns)]
    keys = {region: ids.get(region, region) for region in multipliers.regions}
    left_out += [f"region {region} (say --id '{region}=KEY')" for region, key in keys.items() if not _is_place(key)]
    regions: list[str | None] = [region for region, key in keys.items() if _is_place(key)]
    # The first rule that fits decides alone, so that every pair of a region and a device is a rule of its own.
    devices: list[str | None] = [name for name in ("desktop", "mobile") if name in multipliers.devices]
    rules = []
    for region, device in product(regions or [None], devices or [None]):
        worth = multipliers.regions.get(region or "", 1.0) * multipliers.devices.get(device or "", 1.0)
        change = _hold_within(100 * (worth - 1), _META_BOUNDS)
        criteria = [
            *([] if region is None else [_place(keys[region])]),
            *([] if device is None else [_criterion("DEVICE_PLATFORM", device.upper(), "NONE")]),
        ]
        if change and criteria:
            rules.append(
                {
                    "name": " ".join(part for part in (region, device) if part),
                    "adjust_sign": "INCREASE" if change > 0 else "DECREASE",
                    "adjust_value": abs(change),
                    "criterias": criteria,
                }
            )
    body = {"name": "Tenure: worth of new customers", "rules": rules}
    text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    return text, tuple(left_out)


def _is_place(key: str) -> bool:
    return key.isdigit() or (len(key) == 2 and key.isalpha())


def _place(key: str) -> dict[str, object]:
    return _criterion("LOCATION", key.upper(), "LOCATION_REGION" if key.isdigit() else "LOCATION_COUNTRY")


def _criterion(kind: str, value: str, value_type: str) -> dict[str, object]:
    return {
        "criteria_type": kind,
        "operator": "CONTAINS",
        "criteria_values": [value],
        "criteria_value_types": [value_type],
    }


def _to_yandex_direct(multipliers: _Multipliers, ids: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    left_out = list(multipliers.left_out)
    places = {region: ids.get(region, region) for region in multipliers.regions}
    left_out += [f"region {region} (say --id '{region}=NUMBER')" for region, key in places.items() if not key.isdigit()]
    regional = [
        {"RegionId": int(key), "BidModifier": _hold_within(100 * multipliers.regions[region], _DIRECT_REGIONS)}
        for region, key in places.items()
        if key.isdigit()
    ]
    kinds = {"desktop": "DesktopOnlyAdjustment", "mobile": "MobileAdjustment", "tablet": "TabletAdjustment"}
    items: list[dict[str, object]] = []
    for campaign, worth in multipliers.campaigns.items():
        number = ids.get(campaign, campaign)
        if not number.isdigit():
            left_out.append(f"campaign {campaign} (say --id '{campaign}=NUMBER')")
            continue
        for device, kind in kinds.items():
            value = _hold_within(100 * worth * multipliers.devices.get(device, 1.0), _DIRECT_DEVICES)
            items.append({"CampaignId": int(number), kind: {"BidModifier": value}})
        if regional:
            items.append({"CampaignId": int(number), "RegionalAdjustments": regional})
    text = json.dumps({"method": "add", "params": {"BidModifiers": items}}, ensure_ascii=False, indent=2) + "\n"
    return text, tuple(left_out)


BID_PLATFORMS: Mapping[str, BidPlatform] = {
    "google": BidPlatform(
        title="Google Ads",
        file="bids_google.csv",
        upload="import the CSV in Google Ads Editor",
        bounds={"change of a bid, %": _GOOGLE_BOUNDS},
        adjusts=("the devices of each campaign", "each of its locations"),
        by_campaign=True,
        documentation="support.google.com/google-ads/editor",
        write=_to_google,
    ),
    "meta": BidPlatform(
        title="Meta",
        file="bids_meta.json",
        upload="the body of a value rule set of the Marketing API",
        bounds={"change of a bid, %": _META_BOUNDS},
        adjusts=("each pair of a region and a device; the first rule that fits decides",),
        documentation="developers.facebook.com/documentation/ads-commerce/marketing-api/bidding/value-rules",
        write=_to_meta,
    ),
    "yandex_direct": BidPlatform(
        title="Yandex.Direct",
        file="bids_yandex_direct.json",
        upload="the body of BidModifiers.add of the API of Direct",
        bounds={"bid of a device, % of the usual": _DIRECT_DEVICES, "bid of a region, % of the usual": _DIRECT_REGIONS},
        adjusts=("the devices of each campaign", "each of its regions"),
        by_campaign=True,
        documentation="yandex.ru/dev/direct/doc/ref-v5/bidmodifiers/add",
        write=_to_yandex_direct,
    ),
}
"""Platforms that a file can be written for, by their names."""
