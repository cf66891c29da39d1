"""Training frames: point-in-time snapshots with the labels of windows that had closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import cast

import numpy as np
import pandas as pd

from tenure_features import Shop, outcomes, snapshots
from tenure_features.cohort_days import count_cohort_days
from tenure_features.errors import DataContractError
from tenure_features.families.catalogue import BUILT_IN, Catalogue
from tenure_features.families.profile_features import calendar_names, profile_names
from tenure_features.sample import Sample, narrow_to_sample
from tenure_features.snapshot import PAIRS_AT_ONCE, with_calendar
from tenure_training.labels import labels
from tenure_training.models.contract import Floats, TrainingFrame
from tenure_training.models.learnt_season import learn_months
from tenure_training.models.season import NO_SEASON, Season
from tenure_training.windows import Window, training_windows, yearly_windows

PROTECTED = frozenset({"gender", "birth_year"})
"""Columns of the customer table that models do not learn from unless told to."""

MOST_CUSTOMERS = 10_000
"""Customers whose windows are learnt from: beyond that, a sample of so many at every origin. It bounds the time and the
memory of a training, and with some hundred thousand rows more of them change next to nothing."""

MOST_JUDGED = 50_000
"""Customers models are fitted for and judged on: beyond that, a training, its tuning and its backtest are made on a
sample of so many. `benchmarks/sample_size.py` prints what fewer and more would give."""

HALF_LIFE_DAYS = 365.0
"""Age at which a training origin weighs half: habits of a year ago count, those of three years ago hardly."""


class Frames:
    """Builds training frames at any moment from one shop; each origin is computed once.

    Parameters
    ----------
    shop
        The orders and the tables beside them; models look at its calendar, where it has one.
    active_days
        Narrows the population to customers with an order in so many days before each origin; None: everybody.
    catalogue
        The features that are computed, as far as the tables of the shop can give them.
    unused
        Columns of the customer table that no feature is made of.
    most_customers
        Where there are more, windows are learnt from a sample of so many.
    most_judged
        Where there are more, nothing is made of any but a sample of so many: `present` of every frame holds them alone.
        Everybody has the same chance to be in it, so that means and shares are those of all but for chance.
    season
        What somebody expects of times of the year. Without a word on the months they are learnt from the past
        (`tenure_training.models.learnt_season.learn_months`).
    """

    def __init__(
        self,
        shop: Shop,
        *,
        active_days: int | None = None,
        catalogue: Catalogue = BUILT_IN,
        unused: Iterable[str] = PROTECTED,
        most_customers: int = MOST_CUSTOMERS,
        most_judged: int = MOST_JUDGED,
        season: Season = NO_SEASON,
    ) -> None:
        self._unused = frozenset(unused)
        whole = _without(shop, self._unused)
        self._shop = narrow_to_sample(whole, most=most_judged)
        self._active_days, self._catalogue = active_days, catalogue
        self._most_customers, self._most_judged, self._season = most_customers, most_judged, season
        self.sample = None if self._shop is whole else Sample(customers=most_judged, of=shop.log.figures.customers)
        """Who stands for all customers; None where everybody is looked at."""
        self._profiles: dict[pd.Timestamp, pd.DataFrame] = {}
        self._snapshots: dict[pd.Timestamp, pd.DataFrame] = {}
        self._months: dict[pd.Timestamp, tuple[float, ...]] = {}
        self._labels: dict[Window, pd.DataFrame] = {}
        self._fitted_at: dict[tuple[str, pd.Timestamp], object] = {}
        self.first_order = pd.Timestamp(shop.log.first_order_at).normalize()

    def of(self, shop: Shop) -> Frames:
        """Make frames of another shop the way these were made, with the calendar of this one."""
        with_days = replace(shop, calendar=self._shop.calendar)
        return Frames(
            with_days,
            active_days=self._active_days,
            catalogue=self._catalogue,
            unused=self._unused,
            most_customers=self._most_customers,
            most_judged=self._most_judged,
            season=self._season,
        )

    def prepare(self, moments: Iterable[pd.Timestamp], windows: Iterable[Window]) -> None:
        """Compute many snapshots and labels in as few queries as there are window lengths, plus one."""
        wanted = sorted({*moments, *(window.origin for window in windows)} - self._snapshots.keys())
        if wanted:
            table = self._compute(wanted)
            self._snapshots |= dict.fromkeys(wanted, table.iloc[:0])
            self._snapshots |= {at: part.reset_index(drop=True) for at, part in _by_origin(table).items()}
        missing = {window for window in windows if window not in self._labels}
        for days in sorted({window.days for window in missing}):
            self._label([window.origin for window in missing if window.days == days], days)

    def prepare_frames(self, windows: Iterable[Window]) -> None:
        """Compute all that `frame` will ask at the origins of some windows, where one query can hold it.

        On a small shop most of a query is spent on building and planning it; on a large one nothing would be gained.
        """
        asked = list(windows)
        if self._taught is not self:
            return
        learnt = [part for window in asked for part in self._windows(window.origin, window.days)]
        moments = {window.origin for window in (*asked, *learnt)}
        if len(moments) * self._shop.log.figures.orders <= PAIRS_AT_ONCE:
            self.prepare(moments, learnt)

    def snapshot(self, as_of: pd.Timestamp) -> pd.DataFrame:
        """Return the snapshot at a moment: ``customer_id``, ``as_of`` and the features, sorted by customer."""
        self.prepare([as_of], [])
        return self._snapshots[as_of]

    def labels(self, window: Window) -> pd.DataFrame:
        """Return the labels of the customers in ``snapshot(window.origin)``, in its order."""
        self.prepare([], [window])
        return self._labels[window]

    def frame(self, as_of: pd.Timestamp, *, horizon_days: int) -> TrainingFrame:
        """Build what may be learnt at a moment: all chosen windows have closed by then.

        Raises
        ------
        DataContractError
            Nobody ordered before ``as_of``.
        """
        windows, taught = self._windows(as_of, horizon_days), self._taught
        self.prepare([as_of], windows if taught is self else [])
        present = self.snapshot(as_of)
        if present.empty:
            raise DataContractError(
                "Nobody ordered before as_of.", found=f"as_of {as_of:%Y-%m-%d}", fix="Choose a later as_of."
            )
        profile = self._profile_names(as_of)
        origins = [window.origin for window in windows]
        self._prepare_profiles([as_of, *(origins if taught is self else [])], profile)
        present = self._whole(Window(as_of, horizon_days), profile)
        if taught is not self:
            taught.prepare([], windows)
            taught._prepare_profiles(origins, profile)
        parts = [taught._whole(window, profile) for window in windows]
        window_days = [np.full(len(part), float(window.days)) for part, window in zip(parts, windows, strict=True)]
        ages = [np.full(len(part), (as_of - window.origin).days) for part, window in zip(parts, windows, strict=True)]
        return TrainingFrame(
            rows=_stack(parts, like=present),
            labels=_stack([taught.labels(window) for window in windows], like=_NO_LABELS),
            window_days=np.concatenate([*window_days, np.empty(0)]),
            weight=_weight(np.concatenate([*ages, np.empty(0)]), np.concatenate([*window_days, np.empty(0)])),
            present=present,
            as_of=as_of,
            horizon_days=horizon_days,
            catalogue=self._catalogue,
            fitted_at=self._fitted_at,
            season=self._season_at(as_of),
        )

    def _windows(self, as_of: pd.Timestamp, horizon_days: int) -> list[Window]:
        windows = training_windows(self.first_order, as_of, horizon_days=horizon_days)
        if self._shop.calendar is not None:  # the same season of earlier years, or season could not be learnt
            earlier = yearly_windows(self.first_order, as_of, horizon_days=horizon_days)
            windows += [window for window in earlier if window not in windows]
        return windows

    def _season_at(self, as_of: pd.Timestamp) -> Season:
        """Take what somebody expects of the months, else what past years showed, unless models look at the calendar."""
        if self._season.months or self._shop.calendar is not None:
            return self._season
        if as_of not in self._months:
            self._months[as_of] = learn_months(count_cohort_days(self._shop, as_of), as_of)
        return replace(self._season, months=self._months[as_of], learnt=True)

    @cached_property
    def _taught(self) -> Frames:
        """Frames of the customers that are learnt from: these where they are few enough."""
        shop = narrow_to_sample(self._shop, most=self._most_customers)
        return self if shop is self._shop else self.of(shop)

    def _compute(self, origins: Sequence[pd.Timestamp], features: Iterable[str] | None = None) -> pd.DataFrame:
        return snapshots(
            self._shop, origins, features=features, active_days=self._active_days, catalogue=self._catalogue
        )

    def _profile_names(self, as_of: pd.Timestamp) -> list[str]:
        """Name the levels of the customer table that were frequent at a moment: a model fitted then knows no others."""
        customers = self._shop.tables.get("customers")
        return [] if customers is None else list(profile_names(customers, as_of))

    def _prepare_profiles(self, origins: Iterable[pd.Timestamp], names: Sequence[str]) -> None:
        """Compute what is missing of the customer table's features at some origins, in one query."""
        profiles = self._profiles
        wanted = sorted({at for at in origins if at not in profiles or not set(names) <= set(profiles[at].columns)})
        if not wanted or not names:
            return
        missing = [name for name in names if any(at not in profiles or name not in profiles[at] for at in wanted)]
        table = self._compute(wanted, missing)
        for at, part in _by_origin(table).items():
            new = part[missing].reset_index(drop=True)
            before = profiles.get(at, new.iloc[:, :0])
            profiles[at] = pd.concat([before.drop(columns=missing, errors="ignore"), new], axis=1)

    def _whole(self, window: Window, profile: list[str]) -> pd.DataFrame:
        """Return the snapshot of an origin with the customer table's features (sorted alike) and the calendar's."""
        snapshot = self.snapshot(window.origin)
        if profile:
            beside = self._profiles.get(window.origin)
            if beside is None:  # nobody was there yet
                beside = pd.DataFrame(index=snapshot.index, columns=profile, dtype="float64")
            snapshot = pd.concat([snapshot, beside[profile]], axis=1)
        if self._shop.calendar is None:
            return snapshot
        dated = self._catalogue.select(calendar_names(self._shop.calendar, self._catalogue))
        return with_calendar(snapshot, self._shop.calendar, dated, window.days)

    def _label(self, origins: list[pd.Timestamp], days: int) -> None:
        table = outcomes(self._shop, sorted(origins), horizon_days=days)
        by_origin = {at: part.set_index("customer_id") for at, part in _by_origin(table).items()}
        for origin in origins:
            customers = self.snapshot(origin)["customer_id"]
            part = by_origin.get(origin, table.iloc[:0].set_index("customer_id"))
            self._labels[Window(origin, days)] = labels(part.loc[customers])  # a customer without an outcome is a bug


def _without(shop: Shop, columns: Iterable[str]) -> Shop:
    """Give the shop without some columns of its customer table."""
    customers = shop.tables.get("customers")
    hidden = [] if customers is None else [name for name in columns if name in customers.rows.columns]
    if customers is None or not hidden:
        return shop
    return replace(shop, tables={**shop.tables, "customers": replace(customers, rows=customers.rows.drop(*hidden))})


def _weight(age: Floats, days: Floats) -> Floats:
    """Weigh rows by age, and by the length of their window against the longest: a short one says less of a long one."""
    return np.asarray(0.5 ** (age / HALF_LIFE_DAYS) * days / max(float(days.max(initial=0.0)), 1.0))


_NO_LABELS = pd.DataFrame({"bought": np.empty(0, bool)} | dict.fromkeys(("orders", "value", "wait_days"), np.empty(0)))


def _by_origin(table: pd.DataFrame) -> dict[pd.Timestamp, pd.DataFrame]:
    return {cast("pd.Timestamp", at): part for at, part in table.groupby("as_of")}


def _stack(parts: Sequence[pd.DataFrame], *, like: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True) if parts else like.iloc[:0]
