"""The configuration refuses what cannot be simulated."""

import pytest
from pydantic import ValidationError

from tenure_features.errors import UsageError
from tenure_simulator import PRESETS, ShopConfig, preset
from tenure_simulator.behaviour import ExperienceEffects, Purchasing
from tenure_simulator.levers import Arm, CampaignPlan, Channel, ChannelChange

CHANNEL = Channel(name="organic", weight=1)
LATE = CampaignPlan(name="late", day=50, arms=(Arm(name="a", share=0.5),))
TV = ChannelChange(channel="tv", day=9)


def test_preset__names_the_others_when_unknown():
    with pytest.raises(UsageError, match="shop, subscription, marketplace, tiny, dirty"):
        preset("boutique")


@pytest.mark.parametrize("name", PRESETS)
def test_preset__takes_customers_and_seed(name):
    config = preset(name, customers=77, seed=5)
    assert (config.customers, config.seed) == (77, 5)
    assert ShopConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: Purchasing(regularity=(0.5, 0.4)), "must sum to 1"),
        (lambda: ExperienceEffects(return_after_days=(9, 3)), "shortest delay first"),
        (lambda: CampaignPlan(name="c", day=5, arms=(Arm(name="a", share=1.0),)), "room for a control group"),
        (lambda: CampaignPlan(name="c", day=5, arms=(Arm(name="control", share=0.1),)), "may be 'control'"),
        (lambda: ShopConfig(channels=(CHANNEL, CHANNEL)), "distinct"),
        (lambda: ShopConfig(channels=(CHANNEL,), channel_changes=(TV,)), "do not exist"),
        (lambda: ShopConfig(channels=(CHANNEL,), dirt=("rust",)), "unknown faults"),
        (lambda: ShopConfig(channels=(Channel(name="late", weight=1, launch_day=5000),)), "no channel is launched"),
        (lambda: ShopConfig(channels=(CHANNEL,), days=40, campaigns=(LATE,)), "within the 40 days"),
        (lambda: ShopConfig(channels=(CHANNEL,), customer=5), "Extra inputs"),
        (lambda: Purchasing(gap_days=float("inf")), "finite"),
    ],
)  # fmt: skip
def test_config__says_what_is_wrong(build, sentence):
    with pytest.raises(ValidationError, match=sentence):
        build()
