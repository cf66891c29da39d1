"""The job behind ``tenure experiment analyse``: assignments and orders in, the effect of a campaign out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.campaign_results import add_results, results_place
from tenure.jobs.profile_columns import condition_columns, with_profile
from tenure.jobs.studies import read_shop, take_named_costs
from tenure.stages import Progress
from tenure_decisions.campaigns.analysis import AnalysisSettings, analyse
from tenure_decisions.campaigns.lifetime_value import CLV_METRICS, MoneyToCome, find_to_come, measure_clv
from tenure_decisions.campaigns.results import BY_ORDERS_BEFORE, collect_results, find_results, latest_results
from tenure_decisions.campaigns.trial import CampaignTrial, open_trial
from tenure_decisions.economics.ledger import NOTHING_NAMED, NamedCosts, open_ledger
from tenure_decisions.findings import Findings
from tenure_features import Shop, orders
from tenure_features.errors import UsageError
from tenure_features.reading.engine import fetch
from tenure_serving.score_tables import Scores, read_scores
from tenure_training.threads import one_blas_thread

TRIAL_TABLES = ("assignments", "customers")
CLV_TABLES = (*TRIAL_TABLES, "service_costs")
"""With what the contribution of customers is counted from."""
TRAITS = ("device", "channel", "region")
"""Columns of an order by which arms are compared: those of the last order before the assignment."""
ORDER_COLUMNS = ("customer_id", "ordered_at", "revenue", "cost", "discount", *TRAITS)


def analyse_job(
    config: Config,
    campaign: str,
    *,
    how: AnalysisSettings,
    horizon_days: int,
    control: str,
    scores: Path | None = None,
    scores_after: Path | None = None,
    by: str = "segment",
    results: Path | None = None,
    progress: Progress,
) -> Findings:
    """Open a shop with its assignments and analyse a campaign, see `analyse_campaign`.

    The result is added to the file ``results``, else to that of the configuration, and what all in it taught is a part
    of the findings.
    """
    shop = read_shop(config, progress=progress, only=TRIAL_TABLES if scores_after is None else CLV_TABLES)
    with progress.stage(f"Analysing {campaign}"):
        analysis = analyse_campaign(
            shop,
            campaign,
            how=how,
            horizon_days=horizon_days,
            control=control,
            scored=None if scores is None else read_scores(scores),
            scored_after=None if scores_after is None else read_scores(scores_after),
            by=by,
            costs=take_named_costs(config.economics),
        )
    place = results_place(config, results)
    if place is None:
        return analysis
    grouped = BY_ORDERS_BEFORE if scores is None else by
    everything = add_results(place, collect_results(analysis, by=grouped))
    taught = latest_results(everything, as_of=shop.as_of)
    return replace(analysis, parts={"campaign_results": find_results(taught, by=grouped, currency=analysis.currency)})


@one_blas_thread()
def analyse_campaign(
    shop: Shop,
    campaign: str,
    *,
    how: AnalysisSettings,
    horizon_days: int,
    control: str,
    scored: Scores | None = None,
    scored_after: Scores | None = None,
    by: str = "segment",
    costs: NamedCosts = NOTHING_NAMED,
) -> Findings:
    """Analyse a campaign of a shop by intention to treat.

    Parameters
    ----------
    shop
        Opened with its assignments; only windows that closed by its moment count.
    campaign, control
        Which one, and its arm of comparison.
    how
        Metric, level, planned shares and so on.
    horizon_days
        Window of a customer.
    scored
        Scores made no later than the first assignment: their predictions take variance away, their column ``by``
        splits the effect.
    scored_after
        Scores made when the windows had closed, by a model that does not know the arm: with them CLV is a metric.
    by
        Column of the scores.
    costs
        That were said, for what customers brought until the later scores.

    Raises
    ------
    UsageError
        There is no table of assignments, the scores know what came after the assignment, or CLV was asked for without
        later scores.
    """
    trial, bought = open_shop_trial(shop, campaign, horizon_days=horizon_days, control=control)
    trial, clv_notes = _with_clv(trial, shop, bought, scored_after, how=how, costs=costs)
    predictions, groups = (None, None) if scored is None else scores_before(scored, trial, by=by)
    return analyse(
        trial,
        how,
        traits=traits_before(shop, trial, bought),
        groups=groups,
        predictions=predictions,
        currency=shop.currency or "",
        notes=(
            *(() if scored is None else (f"Predictions and groups are of {scored.as_of:%Y-%m-%d}.",)),
            *clv_notes,
        ),
    )


def _with_clv(
    trial: CampaignTrial,
    shop: Shop,
    bought: pd.DataFrame,
    scored: Scores | None,
    *,
    how: AnalysisSettings,
    costs: NamedCosts,
) -> tuple[CampaignTrial, list[str]]:
    """Add CLV by scores made when the windows had closed, or say how to get them."""
    if scored is not None:
        ahead = MoneyToCome.of(scored.table, scored.as_of)
        return measure_clv(trial, contributions_until(shop, bought, costs=costs), ahead)
    if how.metric in CLV_METRICS:
        raise UsageError(
            "CLV needs scores made when the windows had closed.",
            fix=f"Score with --as-of {trial.as_of:%Y-%m-%d} and name the scores with --scores-after.",
        )
    return trial, [f"CLV is left out: score with --as-of {trial.as_of:%Y-%m-%d} and name the scores with "
                   "--scores-after."]  # fmt: skip


def contributions_until(shop: Shop, bought: pd.DataFrame, *, costs: NamedCosts) -> pd.DataFrame:
    """Return what every customer brought and cost until the moment of a shop, see `open_ledger`."""
    served = shop.tables["service_costs"].to_pandas() if "service_costs" in shop.tables else None
    return open_ledger(bought, as_of=shop.as_of, service_costs=served, named=costs).movements


def scores_before(scored: Scores, trial: CampaignTrial, *, by: str) -> tuple[pd.DataFrame, pd.Series[str]]:
    """Take predictions of the metrics and a group of every customer from scores made before a campaign.

    Raises
    ------
    UsageError
        The scores are younger than the first assignment, or have no such column.
    """
    first = trial.assigned["assigned_at"].min()
    if scored.as_of > first:
        raise UsageError(
            f"The scores are of {scored.as_of:%Y-%m-%d} and know what came after the first assignment.",
            found=f"first assigned on {first:%Y-%m-%d}",
            fix="Score with --as-of that day or earlier, or leave --scores out.",
        )
    table = scored.table
    if by not in table:
        raise UsageError(f"The scores have no column {by!r} to split by.")
    return predict_metrics(table), table.set_index("customer_id")[by]


def predict_metrics(scores: pd.DataFrame) -> pd.DataFrame:
    """Give every metric of a campaign the column of a score table that predicts it."""
    predictions = pd.DataFrame({"customer_id": scores["customer_id"], "retention": 1 - scores["churn_probability"]})
    if "expected_orders" in scores:
        predictions["orders"] = scores["expected_orders"]
    for name in ("revenue", "revenue_capped", "margin", "margin_capped", "profit"):
        predictions[name] = scores["expected_value"]
    for name in CLV_METRICS:
        predictions[name] = scores[find_to_come(scores)]
    return predictions


def open_shop_trial(
    shop: Shop, campaign: str, *, horizon_days: int, control: str
) -> tuple[CampaignTrial, pd.DataFrame]:
    """Lay a campaign of a shop out, and return with it the orders it was measured by.

    Parameters
    ----------
    shop
        Opened with its assignments; only windows that closed by its moment count.
    campaign, control
        Which one, and its arm of comparison.
    horizon_days
        Window of a customer.

    Raises
    ------
    UsageError
        There is no table of assignments, and as `tenure_decisions.campaigns.trial.open_trial`.
    """
    if "assignments" not in shop.tables:
        raise UsageError(
            "There is no table of assignments.",
            fix='Name it in tenure.toml: [tables.assignments] with uri = "assignments.parquet".',
        )
    log = orders(shop)
    bought = fetch(log.select([name for name in ORDER_COLUMNS if name in log.columns]))
    trial = open_trial(
        shop.tables["assignments"].to_pandas(),
        bought,
        campaign=campaign,
        horizon_days=horizon_days,
        as_of=shop.as_of,
        control=control,
    )
    return trial, bought


def traits_before(shop: Shop, trial: CampaignTrial, bought: pd.DataFrame) -> pd.DataFrame:
    """Return texts known of every customer before the assignment: of the customer table and of the last order."""
    people = trial.assigned[["customer_id", "assigned_at"]]
    names = [name for name in TRAITS if name in bought and name not in condition_columns(shop)]
    merged = bought[["customer_id", "ordered_at", *names]].merge(people, on="customer_id")
    earlier = merged[merged["ordered_at"] < merged["assigned_at"]].sort_values("ordered_at", kind="stable")
    last = earlier.drop_duplicates("customer_id", keep="last").set_index("customer_id")[names]
    traits = people[["customer_id"]].join(last.add_prefix("last_"), on="customer_id")
    profile = with_profile(traits, shop, condition_columns(shop))
    texts = [name for name in profile if name != "customer_id" and _is_text(profile[name])]
    return profile[["customer_id", *texts]]


def _is_text(values: pd.Series) -> bool:
    return bool(pd.api.types.is_string_dtype(values.dtype)) and 1 < values.nunique() <= 50


def read_shares(pairs: Sequence[str] | None) -> dict[str, float] | None:
    """Read ``ARM=SHARE`` pairs; None where there are none.

    Examples
    --------
    >>> read_shares(["control=0.5", "email=0.5"])
    {'control': 0.5, 'email': 0.5}
    """
    shares = {}
    for pair in pairs or ():
        arm, _, share = pair.rpartition("=")
        try:
            shares[arm.strip()] = float(share)
        except ValueError:
            raise UsageError(f"--share {pair!r} is not ARM=SHARE.", fix="Write it like --share control=0.5.") from None
    return shares or None
