"""A season is learnt where years repeat each other, and not from growth, from one odd month, or from a short past."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tenure_training.models.learnt_season import learn_months

START = 2018 * 12
AUTUMN = np.array([0.8, 0.7, 0.9, 1.0, 1.0, 1.0, 0.9, 0.8, 1.1, 1.3, 1.6, 2.4])


def _counts(
    months: int, *, season: np.ndarray | None = None, growth: float = 1.0, odd: int | None = None, seed: int = 1
) -> pd.DataFrame:
    """Cohorts that come back ever less often, as Poisson draws; `growth` is that of the cohorts in a month."""
    generator, rows = np.random.default_rng(seed), []
    yearly = np.ones(12) if season is None else season
    for cohort in range(months):
        customers = round(100 * growth**cohort)
        rows.append((cohort, cohort, customers, 0))
        for month in range(cohort + 1, months):
            rate = 0.5 / (month - cohort) ** 0.5 * yearly[month % 12] * (3.0 if month == odd else 1.0)
            rows.append((cohort, month, 0, int(generator.poisson(customers * rate))))
    table = pd.DataFrame(rows, columns=["cohort", "month", "customers", "order_days"])
    return table.assign(cohort=table["cohort"] + START, month=table["month"] + START)


def _moment(months: int) -> pd.Timestamp:
    return pd.Timestamp(year=2018 + months // 12, month=months % 12 + 1, day=10)


def _error(learnt: tuple[float, ...], season: np.ndarray) -> float:
    truth = np.log(season) - np.log(season).mean()
    return float(np.sqrt(np.mean((np.log(learnt) - truth) ** 2)))


@pytest.mark.parametrize(("months", "most"), [(48, 0.06), (30, 0.1)])
def test_learn_months__finds_the_season_that_was_drawn(months: int, most: float) -> None:
    assert _error(learn_months(_counts(months, season=AUTUMN), _moment(months)), AUTUMN) < most


def test_learn_months__takes_no_growth_for_a_season() -> None:
    """Cohorts that grow by a tenth a month, and many first orders in the last of them."""
    learnt = learn_months(_counts(36, growth=1.1), _moment(36))
    assert not learnt or max(np.abs(np.log(learnt))) < 0.05


def test_learn_months__does_not_follow_what_happened_once() -> None:
    """In one December of four three times as much was ordered: of log 3 = 1.1 next to nothing is expected again."""
    learnt = learn_months(_counts(48, odd=35), _moment(48))
    assert not learnt or abs(np.log(learnt[11])) < 0.2


def test_learn_months__is_careful_with_one_year() -> None:
    """Seen once, a peak may be luck: it is expected again, and less."""
    learnt = learn_months(_counts(20, season=AUTUMN), _moment(20))
    assert 1.1 < learnt[11] / learnt[5] < 2.4


@pytest.mark.parametrize("months", [2, 12])
def test_learn_months__says_nothing_of_a_short_past(months: int) -> None:
    assert learn_months(_counts(months, season=AUTUMN), _moment(months)) == ()


def test_learn_months__says_nothing_of_a_handful_of_orders() -> None:
    counts = _counts(36, season=AUTUMN)
    assert learn_months(counts.assign(order_days=counts["order_days"].clip(upper=0)), _moment(36)) == ()


def test_learn_months__leaves_the_month_that_is_not_over_out() -> None:
    whole = _counts(36, season=AUTUMN)
    begun = whole.assign(order_days=whole["order_days"].where(whole["month"] < START + 35, 0))
    at = pd.Timestamp("2020-12-02")
    assert learn_months(begun, at) == learn_months(whole, at)
