"""Costs of acquisition: what was spent on each channel in the window, and what else winning customers cost."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from tenure_decisions.inputs import require


@dataclass(frozen=True)
class AcquisitionCosts:
    """Money spent on winning customers.

    Attributes
    ----------
    spend
        ``at``, ``channel``, ``cost``: media money, one row per day and channel; None where there is no such table.
    other
        ``at``, ``channel``, ``cost``: other costs of acquisition, such as offers paid to new customers.
    overhead_rate
        Further cost per unit of media money: agencies, tools, salaries.
    """

    spend: pd.DataFrame | None
    other: pd.DataFrame
    overhead_rate: float = 0.0

    @property
    def loaded(self) -> bool:
        """Whether anything beside media money is known."""
        return self.overhead_rate > 0 or not self.other.empty


def read_acquisition_costs(
    spend: pd.DataFrame | None,
    other: pd.DataFrame | None = None,
    *,
    as_of: pd.Timestamp,
    overhead_rate: float = 0.0,
) -> AcquisitionCosts:
    """Read what winning customers cost, strictly before ``as_of``.

    Parameters
    ----------
    spend
        ``date``, ``channel``, ``cost``; several rows of one day and channel add up.
    other
        ``date``, ``channel``, ``cost``: what is not media money. A discount that orders are already net of is not to be
        given here: it would be counted twice.
    as_of
        A day counts when it has ended by then.
    overhead_rate
        Cost per unit of media money on top.
    """
    empty = pd.DataFrame({"at": pd.Series(dtype="datetime64[us]"), "channel": [], "cost": pd.Series(dtype="float64")})
    return AcquisitionCosts(
        None if spend is None else _daily_costs(spend, as_of, "spend"),
        empty if other is None else _daily_costs(other, as_of, "acquisition_costs"),
        overhead_rate,
    )


def _daily_costs(table: pd.DataFrame, as_of: pd.Timestamp, name: str) -> pd.DataFrame:
    require(table, ("date", "channel", "cost"), name=name)
    at = pd.to_datetime(table["date"]).astype("datetime64[us]")
    rows = pd.DataFrame({"at": at, "channel": table["channel"].astype("str"), "cost": table["cost"].astype("float64")})
    rows = rows[rows["at"] + pd.Timedelta(days=1) <= as_of]
    return rows.groupby(["at", "channel"], as_index=False).agg(cost=("cost", "sum"))


def sum_spend(
    rows: pd.DataFrame | None, channels: list[str], *, since: pd.Timestamp, until: pd.Timestamp
) -> pd.Series[float]:
    """Sum money by channel over the days in ``[since, until)``; zero for channels nothing was spent on."""
    if rows is None:
        return pd.Series(float("nan"), index=channels)
    inside = rows[(rows["at"] >= since) & (rows["at"] < until)]
    return inside.groupby("channel")["cost"].sum().reindex(channels, fill_value=0.0)
