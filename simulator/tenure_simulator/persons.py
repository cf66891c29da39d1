"""Persons as the tables name them, and the ``customers`` and ``assignments`` tables."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tenure_simulator.accounts import account_ids
from tenure_simulator.arrays import Ints
from tenure_simulator.block import CustomerBlock
from tenure_simulator.columns import customer_ids, text_column, time_column
from tenure_simulator.config import ShopConfig
from tenure_simulator.streams import Purpose, stream
from tenure_simulator.traits import GENDERS, REGIONS

_ASSIGNMENT_SCHEMA = pa.schema(
    {
        "customer_id": pa.string(), "campaign": pa.string(), "arm": pa.string(), "assigned_at": pa.timestamp("us"),
        "offer_cost": pa.float64(), "contact_cost": pa.float64(),
    }
)  # fmt: skip


def person_ids(config: ShopConfig, numbers: Ints) -> pa.StringArray:
    """Return ids of persons: the person's own, or the shop account's where identities are fragmented."""
    if not config.identities.fragmented:
        return customer_ids(numbers)
    return account_ids(numbers, np.zeros(len(numbers), dtype=np.int64))


def customers_table(block: CustomerBlock) -> pa.Table:
    """Return the ``customers`` of a block who came within the visible history; a tenth tells no year of birth."""
    config, traits = block.config, block.traits
    rng = stream(config.seed, Purpose.PEOPLE, block=block.index)
    n = len(traits)
    early = np.where(rng.random(n) < 0.3, rng.exponential(9.0, n), rng.uniform(0.001, 0.02, n))
    secret = rng.random(n) < 0.1
    seen = np.flatnonzero(traits.arrival < config.days)
    return pa.table(
        {
            "customer_id": person_ids(config, traits.number[seen]),
            "signed_up_at": time_column((traits.arrival - early)[seen], config.start),
            "region": text_column(traits.region[seen], REGIONS),
            "birth_year": pa.array(traits.birth_year[seen].astype(float), mask=secret[seen]),
            "gender": text_column(traits.gender[seen], GENDERS),
            "acquisition_channel": text_column(traits.channel[seen], [c.name for c in config.channels]),
        }
    )


def assignments_table(block: CustomerBlock) -> pa.Table:
    """Return the recorded ``assignments`` of a block; an offer is priced at the customer's own past mean order."""
    config, purchases, numbers = block.config, block.purchases, block.traits.number
    tables = []
    for record in purchases.assigned:
        campaign = config.campaigns[record.campaign]
        arm, who = record.arm[record.recorded], record.customer[record.recorded]
        before = purchases.day < campaign.day
        count = np.bincount(purchases.customer[before], minlength=len(numbers))
        spent = np.bincount(purchases.customer[before], block.baskets.revenue[before] / 100, minlength=len(numbers))
        depth = np.array([0.0, *(treatment.discount for treatment in campaign.arms)])
        contact = np.array([0.0, *(treatment.contact_cost for treatment in campaign.arms)])
        tables.append(
            pa.table(
                {
                    "customer_id": person_ids(config, numbers[who]),
                    "campaign": text_column(np.zeros(len(who), dtype=np.int64), [campaign.name]),
                    "arm": text_column(arm, ["control", *(treatment.name for treatment in campaign.arms)]),
                    "assigned_at": time_column(np.full(len(who), float(campaign.day)), config.start),
                    "offer_cost": pa.array(np.round(depth[arm] * spent[who] / np.maximum(count[who], 1), 2)),
                    "contact_cost": pa.array(contact[arm]),
                }
            )
        )
    return pa.concat_tables([table.cast(_ASSIGNMENT_SCHEMA) for table in tables] or [_ASSIGNMENT_SCHEMA.empty_table()])
