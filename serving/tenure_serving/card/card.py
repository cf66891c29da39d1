"""What a customer card says, put together from a row of scores and the tables behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tenure_features.errors import DataContractError
from tenure_features.html_view import render_view
from tenure_serving.card.experience import Experience, experience_of
from tenure_serving.card.personal import PersonalStep, personal_step
from tenure_serving.card.timeline import timeline_of
from tenure_serving.language import ENGLISH, N_, Language
from tenure_serving.report.cell import is_missing
from tenure_serving.segments.maps import RfmMap, code_of, load_map
from tenure_serving.segments.playbook import Playbook, load_playbook
from tenure_serving.segments.tiers import money_at_risk
from tenure_serving.value_words import ValueRange
from tenure_training.models.after.economics import Economics

_RFM_SCORES = ("recency_score", "frequency_score", "monetary_score")
_NEEDED = ("customer_id", "as_of", "horizon_days", "churn_probability", "expected_value", "value_if_buys", "segment")
_OPTIONAL_VALUES = (
    "value_tier",
    "contribution_to_date",
    "clv_to_come",
    "clv_to_come_low",
    "clv_to_come_high",
    "clv_before_cac",
    "clv_net",
    "next_order_at",
)
MEANINGS: Mapping[str, str] = {
    "money_at_risk": N_("value if they order - expected value: what the risk of leaving takes"),
    "contribution_to_date": N_("what the customer has brought so far, less costs where they are known"),
    "clv_to_come": N_("the same, expected from now on over the lifetime the scores state"),
    "clv_before_cac": N_("what they brought so far + what is to come, before the cost of acquisition (CAC)"),
    "clv_net": N_("CLV before CAC less the cost of acquisition (CAC)"),
    "next_order_at": N_("median time of the next order; missing where it is too far away to say"),
}
"""What the card means by terms that the definitions of the scores do not have."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One source id that is this customer, and why it was merged."""

    source: str
    source_id: str
    reason: str
    first_seen: pd.Timestamp | None
    last_seen: pd.Timestamp | None


@dataclass(frozen=True, kw_only=True)
class CustomerCard:
    """One customer at one moment.

    Attributes
    ----------
    customer_id, as_of, horizon_days, currency
        Who, when, how far ahead, and the unit of every amount (empty where nobody said).
    definitions
        By term, in words.
    churn
        ``probability`` over the horizon, ``definition``, ``risk_tier``, ``lifecycle``, ``warnings`` and
        ``reasons``.
    value
        ``expected`` over the horizon; ``low`` and ``high`` and what the interval means where the customer surely buys
        and it holds the expected value, else ``nothing`` (P of buying nothing) and ``if_buys_low`` to ``if_buys_high``,
        the 80 % interval given a purchase (`tenure_serving.value_words.ValueRange`); ``money_at_risk``,
        ``value_tier``, ``contribution_to_date``, ``clv_to_come`` with its interval, ``clv_before_cac``, ``clv_net``,
        ``next_order_at`` and ``reasons``; None where not known.
    rfm
        ``code`` (such as 435), the three scores, ``group`` and ``relationship`` with their labels; with orders also
        ``recency_days``, ``orders`` and ``revenue`` behind the scores.
    group
        ``segment``, its label and ``goal``, ``next_step`` and further ``next_steps``.
    personal
        What makes the step this customer's.
    experience
        Feedback, complaints, returns and engagement; None without any table.
    identities
        Source ids merged into this customer.
    timeline
        ``at``, ``kind``, ``what`` and ``amount``, the latest first, everything before ``as_of``.
    language
        What the texts are said in; reasons are in the language the scores were made in, where that is another one.
    """

    customer_id: str
    as_of: pd.Timestamp
    horizon_days: int
    currency: str
    definitions: Mapping[str, str]
    churn: Mapping[str, Any]
    value: Mapping[str, Any]
    rfm: Mapping[str, Any]
    group: Mapping[str, Any]
    personal: PersonalStep
    experience: Experience | None
    identities: tuple[Identity, ...]
    timeline: pd.DataFrame = field(repr=False)
    language: Language = field(default=ENGLISH, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Return nested plain values; the timeline as a list of rows."""
        plain = {name: getattr(self, name) for name in ("customer_id", "as_of", "horizon_days", "currency")}
        nested = {name: dict(getattr(self, name)) for name in ("definitions", "churn", "value", "rfm", "group")}
        return {
            **plain,
            **nested,
            "personal": asdict(self.personal),
            "experience": asdict(self.experience) if self.experience else None,
            "identities": [asdict(identity) for identity in self.identities],
            "timeline": [{str(key): item for key, item in row.items()} for row in self.timeline.to_dict("records")],
        }

    def _repr_html_(self) -> str:
        """Show who it is, the predictions, the reasons and the latest of the timeline in a notebook."""
        money = f" {self.currency}".rstrip()
        amounts = {"expected value": "expected", "money at risk": "money_at_risk", "CLV before CAC": "clv_before_cac"}
        facts = {label: self.value[name] for label, name in amounts.items()}
        return render_view(
            f"Customer {self.customer_id} as of {self.as_of:%Y-%m-%d}, the next {self.horizon_days} days",
            lead=f"{self.group['label']}: {self.group['next_step'] or 'nothing to do'}",
            facts={
                "churn probability": f"{self.churn['probability']:.0%} ({self.churn['definition']})",
                **{label: None if amount is None else f"{amount:,.2f}{money}" for label, amount in facts.items()},
                "RFM": self.rfm["code"] and f"{self.rfm['code']}, {self.rfm['group_label']}",
            },
            tables={f"Latest of {len(self.timeline)}": self.timeline.head(8)} if len(self.timeline) else {},
            notes=(*self.churn["reasons"], *self.value["reasons"]),
        )


def build_card(
    row: Mapping[str, Any],
    *,
    definitions: Mapping[str, str] | None = None,
    currency: str = "",
    playbook: Playbook | None = None,
    maps: tuple[RfmMap, RfmMap] | None = None,
    language: Language = ENGLISH,
    tables: Mapping[str, pd.DataFrame] | None = None,
    identities: pd.DataFrame | None = None,
    economics: Economics | None = None,
) -> CustomerCard:
    """Put a card together from a row of a score table.

    Parameters
    ----------
    row
        One row of `tenure_serving.scorer.SCHEMA`; columns that are missing are missing on the card.
    definitions
        What the scores mean, by term.
    currency
        Of every amount.
    playbook, maps
        Behind the segment and the RFM groups; default the ones that come with Tenure.
    language
        Of every text.
    tables
        Any of ``orders`` (one row per order: `tenure_features.orders`) and, by contract name, ``events``,
        ``feedback``, ``service_costs``, ``assignments`` and ``order_lines`` (with
        ``customer_id``); only rows of this customer strictly before ``as_of`` are used.
    identities
        ``source``, ``source_id``, ``customer_id``, ``match_reason``, ``first_seen``, ``last_seen`` and ``valid_to``
        (missing for current rows).
    economics
        What the model behind the scores knows of costs; None for nothing.

    Raises
    ------
    DataContractError
        The row lacks a column that every card needs.
    """
    missing = [name for name in _NEEDED if name not in row]
    if missing:
        raise DataContractError("The scores lack columns a card needs.", found=f"no {', '.join(missing)}")
    customer, as_of = str(row["customer_id"]), pd.Timestamp(row["as_of"])
    words = {name: language.translate(text) for name, text in (definitions or {}).items()}
    own = {name: _own(table, customer) for name, table in (tables or {}).items()}
    timeline = timeline_of(own, as_of=as_of, language=language)
    both = maps or (load_map("common_eleven"), load_map("relationship"))
    value = _value(row, words, language)
    return CustomerCard(
        customer_id=customer,
        as_of=as_of,
        horizon_days=int(row["horizon_days"]),
        currency=currency,
        definitions={
            **words,
            **{name: language.gettext(text) for name, text in MEANINGS.items() if _read_cell(row, name) is not None},
        },
        churn=_churn(row, words, language),
        value=value,
        rfm=_rfm(row, own.get("orders"), as_of, both, language),
        group=_group(row, playbook or load_playbook(), language),
        personal=personal_step(row, own, as_of=as_of, money_at_risk=value["money_at_risk"], economics=economics),
        experience=experience_of(own, as_of=as_of) if own else None,
        identities=_identities(identities, customer),
        timeline=timeline,
        language=language,
    )


def _own(table: pd.DataFrame, customer: str) -> pd.DataFrame:
    return table[table["customer_id"].astype("str") == customer].reset_index(drop=True)


def _read_cell(row: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401  # any cell of a score table
    value = row.get(name)
    if is_missing(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _sentences(row: Mapping[str, Any], name: str, language: Language) -> list[str]:
    reasons = row.get(name)
    if reasons is None or isinstance(reasons, float):
        return []
    listed = [reasons] if isinstance(reasons, str) else reasons
    return [language.translate(str(reason)) for reason in listed]


def _churn(row: Mapping[str, Any], definitions: Mapping[str, str], language: Language) -> dict[str, Any]:
    days = int(row["horizon_days"])
    return {
        "probability": float(row["churn_probability"]),
        "definition": definitions.get(
            "churn", language.gettext("no order within {days} days from as_of", days=language.count(days))
        ),
        "risk_tier": _read_cell(row, "risk_tier"),
        "lifecycle": _read_cell(row, "lifecycle"),
        "warnings": _sentences(row, "warnings", language),
        "reasons": _sentences(row, "churn_reasons", language),
    }


def _value(row: Mapping[str, Any], definitions: Mapping[str, str], language: Language) -> dict[str, Any]:
    at_risk = money_at_risk(pd.DataFrame([{name: row[name] for name in ("value_if_buys", "expected_value")}]))
    return {
        "expected": float(row["expected_value"]),
        **asdict(ValueRange.of(row)),
        "interval": definitions.get("interval", language.gettext("80 % of such customers lie within it")),
        "definition": definitions.get("value", ""),
        "money_at_risk": float(at_risk[0]),
        **{name: _read_cell(row, name) for name in _OPTIONAL_VALUES},
        "reasons": _sentences(row, "value_reasons", language),
    }


def _rfm(
    row: Mapping[str, Any],
    orders: pd.DataFrame | None,
    as_of: pd.Timestamp,
    maps: tuple[RfmMap, RfmMap],
    language: Language,
) -> dict[str, Any]:
    out: dict[str, Any] = {name: _read_cell(row, name) for name in _RFM_SCORES}
    complete = all(score is not None for score in out.values())
    out["code"] = code_of(pd.DataFrame([out])).iloc[0] if complete else None
    out["scale"] = maps[0].scale
    for name, column, rfm_map in zip(("group", "relationship"), ("rfm_group", "rfm_relationship"), maps, strict=True):
        out[name] = _read_cell(row, column)
        out[f"{name}_label"] = None if out[name] is None else rfm_map.label(str(out[name]), language=language.code)
    if orders is not None:
        before = orders[orders["ordered_at"] < as_of]
        bought = before[before["revenue"] >= 0]
        last = bought["ordered_at"].max()
        out["recency_days"] = None if pd.isna(last) else (as_of - last) / pd.Timedelta(days=1)
        out["orders"] = len(bought)
        out["revenue"] = round(float(before["revenue"].sum()), 2)
    return out


def _group(row: Mapping[str, Any], playbook: Playbook, language: Language) -> dict[str, Any]:
    segment, step = str(row["segment"]), _read_cell(row, "next_step")
    play = {play.name: play for play in playbook.plays}.get(segment)
    later = [next_step for next_step in play.next_steps if next_step != step] if play else []
    step = step or (later.pop(0) if later else None)
    return {
        "segment": segment,
        "label": playbook.label(segment, language=language.code),
        "goal": language.translate(play.goal) if play else None,
        "next_step": None if step is None else language.translate(str(step)),
        "next_steps": [language.translate(next_step) for next_step in later],
    }


def _identities(table: pd.DataFrame | None, customer: str) -> tuple[Identity, ...]:
    if table is None:
        return ()
    rows = _own(table, customer)
    if "valid_to" in rows:
        rows = rows[rows["valid_to"].isna()]
    rows = rows.sort_values(["source", "source_id"])
    return tuple(
        Identity(
            source=str(row["source"]),
            source_id=str(row["source_id"]),
            reason=str(row.get("match_reason") or ""),
            first_seen=_moment(row.get("first_seen")),
            last_seen=_moment(row.get("last_seen")),
        )
        for row in rows.to_dict("records")
    )


def _moment(value: Any) -> pd.Timestamp | None:  # noqa: ANN401  # a cell of a table
    return None if pd.isna(value) else pd.Timestamp(value)
