"""Shops shared by the tests of the simulator."""

import pytest

from tenure_simulator import ShopConfig, preset, simulate, simulate_orders
from tenure_simulator.behaviour import Purchasing
from tenure_simulator.levers import Channel


@pytest.fixture(scope="session")
def shop():
    """The everyday shop with campaigns and changes: (config, orders, truth)."""
    config = preset("shop", customers=6000, seed=11)
    return config, *simulate_orders(config)


@pytest.fixture(scope="session")
def calm():
    """A shop of one channel without season, campaigns and changes, so that rates can be read off the log."""

    def build(*, customers=4000, seed=5, season=0.0, regularity=(0.4, 0.3, 0.2, 0.1), **parts):
        return ShopConfig(
            customers=customers,
            seed=seed,
            channels=(Channel(name="organic", weight=1, base=1.0),),
            purchasing=parts.pop("purchasing", Purchasing(season=season, regularity=regularity)),
            **parts,
        )

    return build


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """A shop of three blocks on disk: (config, result)."""
    config = preset("shop", customers=900, seed=3).model_copy(update={"block_customers": 300})
    return config, simulate(config, tmp_path_factory.mktemp("written"))
