from __future__ import annotations

import numpy as np
from scipy.stats import norm

from tenure_decisions.economics.step_test import propose, units_needed


def test_units_needed__finds_the_difference_as_often_as_promised() -> None:
    units, generator = units_needed(40.0, 46.0, dispersion=1.0), np.random.default_rng(0)
    control, treated = (generator.poisson(mean, (4000, units)).mean(axis=1) for mean in (40.0, 46.0))
    z = (treated - control) / np.sqrt((control + treated) / units)
    assert abs((z > norm.ppf(0.975)).mean() - 0.8) < 0.04


def test_units_needed__grows_with_noise_and_with_small_steps() -> None:
    assert units_needed(40.0, 46.0, dispersion=2.0) > 1.8 * units_needed(40.0, 46.0, dispersion=1.0)
    assert units_needed(10.0, 10.0, dispersion=1.0) > 1e6
    assert units_needed(1.0, 999.0, dispersion=1.0) == 2


def test_propose__counts_everybody_and_says_what_to_do() -> None:
    test = propose("search", spend=(100.0, 200.0), customers=(20.0, 40.0), others=10.0, dispersion=1.0, currency="EUR")
    assert test.units == units_needed(30.0, 50.0, dispersion=1.0)
    assert "Hold search at 100 EUR a week in one half and at 200 EUR in the other" in test.text
    assert f"over {2 * test.units} weeks" in test.text
    assert "expects 30.0 and 50.0 a week" in test.text
    small = propose("search", spend=(100.0, 120.0), customers=(20.0, 21.0), others=100.0, dispersion=1.0)
    assert f"over {2 * small.units:,} region-weeks" in small.text
    assert small.units > 26 / 2


def test_propose__takes_whole_weeks_of_the_shop_up_to_half_a_year() -> None:
    one = (norm.ppf(0.975) + norm.ppf(0.8)) ** 2 * (20 + 40) / 20**2  # units of each arm where counts are Poisson's
    for units, words in ((13, "over 26 weeks, drawn"), (14, "over 28 region-weeks")):
        dispersion = (units - 0.5) / one
        test = propose("tv", spend=(1.0, 2.0), customers=(20.0, 40.0), others=0.0, dispersion=dispersion)
        assert test.units == units
        assert words in test.text
