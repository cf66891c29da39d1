"""Uplift from a randomised campaign: whom a contact moves, how well that can be told, and what it is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

import pandas as pd

from tenure_decisions.campaigns.arm_uplift import ArmUplift, learn_arm
from tenure_decisions.campaigns.checks import TrialCheck, check_trial
from tenure_decisions.campaigns.learners import LEARNERS
from tenure_decisions.campaigns.lot import check_lot
from tenure_decisions.campaigns.money_lift import TOLD_FROM
from tenure_decisions.campaigns.terms import MONEY_TERMS
from tenure_decisions.campaigns.trial import CampaignTrial
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import CAMPAIGN_TERMS, UPLIFT_TERMS
from tenure_features.errors import UsageError

LEARNER = "X-learner"
"""The learner that ranks customers unless another is named: chosen on simulated shops, not by the results at hand."""

BROKEN = "Broken test, no uplift is learned: {reason}."
TELLS = "Who is moved by {arm} can be told: Qini {qini} ({qini_low} to {qini_high}), a random order has 0."
TELLS_NOT = (
    "Who is moved by {arm} cannot be told apart: Qini {qini} ({qini_low} to {qini_high}), a random order has 0. "
    "Everybody is taken to be moved by the average, {average}."
)
"""What to conclude."""


@dataclass(frozen=True, kw_only=True)
class UpliftSettings:
    """How uplift is learned; to be fixed before results are looked at.

    Attributes
    ----------
    shares
        Planned share of every arm: the propensities, without which nothing is learned.
    metric
        What a contact is to move.
    learner
        One of `tenure_decisions.campaigns.learners.LEARNERS`, whose ranking is used.
    level
        Of every interval.
    resamples
        Of the bootstrap over customers.
    service_cost
        Money of serving an order; 0 where it is not known.
    seed
        Of folds, models and resamples.
    """

    shares: Mapping[str, float] | None
    metric: str = "retention"
    learner: str = LEARNER
    level: float = 0.95
    resamples: int = 200
    service_cost: float = 0.0
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class UpliftStudy:
    """Findings, and what they mean for single customers.

    Attributes
    ----------
    findings
        Of subject ``uplift``.
    predictions
        One row per customer of now and arm, see `tenure_decisions.campaigns.arm_uplift.predict_arm`; empty where the
        test is broken.
    """

    findings: Findings
    predictions: pd.DataFrame = field(repr=False)


def find_uplift(
    trial: CampaignTrial,
    features: pd.DataFrame,
    settings: UpliftSettings,
    *,
    now: pd.DataFrame | None = None,
    traits: pd.DataFrame | None = None,
    currency: str = "",
    notes: Iterable[str] = (),
) -> UpliftStudy:
    """Learn whom each arm of a randomised campaign moves.

    Parameters
    ----------
    trial
        From `tenure_decisions.campaigns.trial.open_trial`.
    features
        ``customer_id`` and numbers known at the assignment and never later; who has none is left out.
    settings
        How.
    now
        The same columns at the moment predictions are for; None: none are made.
    traits
        As in `tenure_decisions.campaigns.checks.check_trial`.
    currency
        Of every amount.
    notes
        What the reader must know besides.

    Raises
    ------
    UsageError
        The planned shares are not known, or there is no such metric or learner.
    NothingToDoError
        An arm has too few customers.
    """
    shares = _require_question(trial, settings)
    people = trial.customers.merge(features, on="customer_id", how="inner").reset_index(drop=True)
    names = [str(name) for name in features if name != "customer_id" and _varies(people[name])]
    checks = [
        *check_trial(trial, shares=shares, traits=traits),
        *check_lot(people, names, arms=trial.arms, control=trial.control, seed=settings.seed),
    ]
    stopped = [f"{check.name} ({check.reading})" for check in checks if check.stops]
    learned = [] if stopped else [
        _learn(trial, people, names, arm=arm, shares=shares, settings=settings) for arm in trial.arms
    ]  # fmt: skip
    best = max(learned, key=lambda arm: arm.qini[0], default=None)
    left_out = len(trial.customers) - len(people)
    return UpliftStudy(
        findings=Findings(
            subject="uplift",
            title="Whom {campaign} moves",
            lead=_lead(best),
            facts=(*_facts(trial, settings, len(people), len(names)), *_facts_of(best, stopped)),
            tables=(_check_table(checks), *_tables(learned)),
            notes=(*_notes(trial, left_out=left_out, learned=learned), *notes),
            currency=currency,
        ),
        predictions=_predict(learned, now, trial, settings.metric),
    )


def _require_question(trial: CampaignTrial, settings: UpliftSettings) -> Mapping[str, float]:
    if settings.metric not in trial.metrics:
        raise UsageError(
            f"The uplift of {settings.metric!r} cannot be learned.", fix=f"There are {', '.join(trial.metrics)}."
        )
    if settings.learner not in LEARNERS:
        raise UsageError(f"There is no learner {settings.learner!r}.", fix=f"There are {', '.join(LEARNERS)}.")
    if settings.shares is None:
        raise UsageError(
            "The propensity is unknown: uplift is learned only where the lot of every arm is.",
            found="no planned shares",
            fix="Give one --share ARM=SHARE for every arm, as the lot was drawn. Customers who were chosen, not drawn, "
            "tell nothing of what a contact does.",
        )
    return settings.shares


def _learn(
    trial: CampaignTrial,
    people: pd.DataFrame,
    names: list[str],
    *,
    arm: str,
    shares: Mapping[str, float],
    settings: UpliftSettings,
) -> ArmUplift:
    return learn_arm(
        people[people["arm"].isin([trial.control, arm])].reset_index(drop=True),
        names,
        arm=arm,
        metric=settings.metric,
        learner=settings.learner,
        propensity=shares[arm] / (shares[arm] + shares[trial.control]),
        horizon_days=trial.horizon_days,
        level=settings.level,
        resamples=settings.resamples,
        service_cost=settings.service_cost,
        seed=settings.seed,
    )


def _varies(values: pd.Series[float]) -> bool:
    return bool(values.min() < values.max())


def _lead(best: ArmUplift | None) -> str:
    if best is None:
        return BROKEN
    return TELLS if best.tells else TELLS_NOT


def _facts(trial: CampaignTrial, settings: UpliftSettings, customers: int, features: int) -> tuple[Fact, ...]:
    return (
        Fact("campaign", trial.campaign),
        Fact("as_of", trial.as_of, "date"),
        Fact("horizon_days", trial.horizon_days, "days"),
        Fact("metric", settings.metric),
        Fact("learner", settings.learner),
        Fact("level", settings.level, "share"),
        Fact("control", trial.control),
        Fact("customers", customers, "customers"),
        Fact("features", features, "columns", "known of every customer at the assignment"),
    )


def _facts_of(best: ArmUplift | None, stopped: list[str]) -> tuple[Fact, ...]:
    if best is None:
        return Fact("broken", True), Fact("reason", "; ".join(stopped))
    ends = zip(("qini", "qini_low", "qini_high"), best.qini, strict=True)
    return (
        Fact("broken", False),
        Fact("arm", best.arm),
        *(Fact(name, value, "as the metric") for name, value in ends),
        Fact("tells", best.tells),
        Fact("average", best.average[0], "as the metric"),
        Fact("dogs", best.dogs, "customers", "in the trial whose predicted uplift is below zero"),
        Fact("worth_of", best.money.money),
    )


def _tables(learned: list[ArmUplift]) -> tuple[FindingTable, ...]:
    if not learned:
        return ()

    def join(name: str) -> pd.DataFrame:
        frames: list[pd.DataFrame] = [getattr(arm, name) for arm in learned]
        return pd.concat(frames, ignore_index=True)

    terms = UPLIFT_TERMS
    return (
        FindingTable(name="rankings", title="How well customers are ranked", frame=join("rankings"), terms=terms),
        FindingTable(name="deciles", title="Predicted and measured uplift", frame=join("deciles"), terms=terms),
        FindingTable(name="kinds", title="Kinds of customers by what they are predicted", frame=join("kinds"),
                     terms=terms),
        FindingTable(name="policies", title="What contacting the first so many brings", frame=join("policies"),
                     terms=terms),
        FindingTable(name="money", title="Lift of the money that customers bring, before the cost of the contact",
                     frame=_money_table(learned), terms=MONEY_TERMS),
        FindingTable(name="curves", title="Qini curves", frame=join("curves"), terms=terms, only_drawn=True),
    )  # fmt: skip


def _money_table(learned: list[ArmUplift]) -> pd.DataFrame:
    rows = [
        {
            "arm": arm.arm,
            "money": arm.money.money,
            "lift": arm.money.measured,
            "lift_low": arm.money.measured - TOLD_FROM * arm.money.error,
            "lift_high": arm.money.measured + TOLD_FROM * arm.money.error,
            "believed": arm.money.lift,
            "told_apart": "yes" if arm.money.beyond else "no",
        }
        for arm in learned
    ]
    return pd.DataFrame(rows)


def _check_table(checks: list[TrialCheck]) -> FindingTable:
    frame = pd.DataFrame([asdict(check) for check in checks]).rename(columns={"name": "check"})
    frame["stops"] = frame["stops"].map({True: "yes", False: "no"})
    return FindingTable(name="checks", title="Was it a fair test", frame=frame, terms=CAMPAIGN_TERMS)


def _notes(trial: CampaignTrial, *, left_out: int, learned: list[ArmUplift]) -> tuple[str, ...]:
    notes = []
    if trial.still_open:
        notes.append(
            f"{trial.still_open:,} customers whose window of {trial.horizon_days} days had not closed are left out."
        )
    if left_out:
        notes.append(f"{left_out:,} customers without an order before their assignment are left out.")
    shrunk = [arm for arm in learned if arm.shrinkage < 1]
    if shrunk:
        sizes = ", ".join(f"{arm.arm} {arm.shrinkage:.0%}" for arm in shrunk)
        notes.append(
            f"Predictions go too far apart; of the distance to the average they keep what was measured: {sizes}."
        )
    if learned:
        notes.append("Intervals are of these rankings on other customers, not of another fit.")
    return tuple(notes)


def _predict(learned: list[ArmUplift], now: pd.DataFrame | None, trial: CampaignTrial, metric: str) -> pd.DataFrame:
    if now is None or not learned:
        return pd.DataFrame()
    frames = [arm.predict(now).assign(campaign=trial.campaign, arm=arm.arm) for arm in learned]
    table = pd.concat(frames, ignore_index=True).assign(
        as_of=trial.as_of, horizon_days=trial.horizon_days, metric=metric
    )  # fmt: skip
    first = ["customer_id", "as_of", "campaign", "arm", "horizon_days", "metric"]
    return table[[*first, *(str(name) for name in table if name not in first)]]
