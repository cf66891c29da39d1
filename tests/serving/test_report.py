"""The page of a made-up shop of 4,000 customers, with the champion's evidence."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DataContractError
from tenure_serving.charts.trust import METRIC_WORDS
from tenure_serving.report import ReportData, render_report, summary
from tenure_serving.segments import Segmenter, load_playbook

CANDIDATES = {"zero": "baseline", "recency": "baseline", "bgnbd": "model", "hurdle": "model"}
ORIGINS = pd.to_datetime(["2025-03-01", "2025-06-01", "2025-09-01"])


def shop(customers: int = 4000) -> pd.DataFrame:
    """Return a score table: most customers came once, most of the money sits with a few."""
    draw = np.random.default_rng(11)
    orders = np.minimum(draw.geometric(0.35, customers), 40).astype(float)
    tenure = draw.integers(1, 720, customers) + draw.random(customers)
    recency = np.where(orders == 1, tenure, tenure * draw.beta(1, 1 + orders / 3))
    adbt = np.where(orders == 1, np.nan, (tenure - recency) / np.maximum(orders - 1, 1))
    mean_value = draw.lognormal(3.6, 0.7, customers)
    log_odds = 1.4 + recency / 120 - 0.35 * orders + draw.normal(0, 0.4, customers)
    churn = 1 / (1 + np.exp(-log_odds))
    value = (1 - churn) * mean_value * (1 + orders / 4)
    snapshot = pd.DataFrame(
        {
            "customer_id": [f"C{i:05d}" for i in range(customers)],
            "recency_days": recency,
            "orders_total": orders,
            "revenue_total": orders * mean_value,
            "tenure_days": tenure,
            "adbt_days": adbt,
        }
    )
    predictions = pd.DataFrame({"churn_probability": churn, "expected_value": value})
    segmenter = Segmenter.fit(snapshot, predictions, horizon_days=90)
    predictions = segmenter.price(snapshot, predictions)
    segments = segmenter.assign(snapshot, predictions)
    head = pd.DataFrame(
        {"customer_id": snapshot["customer_id"], "as_of": pd.Timestamp("2025-12-01"), "horizon_days": 90}
    )
    reasons = [
        [f"silent for {days:.0f} days, usual gap 21 days: odds of leaving x {1 + days / 90:.1f} (raises risk)",
         "0 orders in the last 90 days: odds of leaving x 1.9 (raises risk)"]
        for days in recency
    ]  # fmt: skip
    return head.join(predictions).join(segments).assign(churn_reasons=reasons, model_version="3f9a0c1d2e4b")


def evidence() -> dict[str, pd.DataFrame]:
    """Return backtest, calibration, deciles, drivers and totals of a decent model."""
    draw = np.random.default_rng(5)
    level = {"zero": 0.0, "recency": 0.05, "bgnbd": 0.07, "hurdle": 0.1}
    rows = []
    for name, kind in CANDIDATES.items():
        for origin in ORIGINS:
            jitter = draw.normal(0, 0.01)
            auroc = 0.5 if name == "zero" else 0.69 + level[name] + jitter
            rows.append(
                {
                    "candidate": name, "origin": origin, "kind": kind, "auroc": auroc,
                    "log_loss": 0.6 - level[name] + jitter, "ece": 0.06 - level[name] / 3,
                    "normalised_gini": np.nan if name == "zero" else 0.6 + level[name] + jitter,
                    "total_bias": -1.0 if name == "zero" else -0.2 + level[name], "rmse": 210.0 - 100 * level[name],
                    "coverage80": 0.8 + jitter if name == "hurdle" else np.nan,
                }
            )  # fmt: skip
    actual = np.clip(np.linspace(0.05, 0.97, 10) + draw.normal(0, 0.02, 10), 0, 1)
    predicted = np.linspace(0.06, 0.96, 10)
    means = 180 * np.exp(-0.45 * np.arange(10))
    meanings = ["Days since the last order.", "Recency / ADBT: how late the customer is.", "Orders in 90 days."]
    return {
        "backtest": pd.DataFrame(rows),
        "calibration": pd.DataFrame(
            {"bin": range(1, 11), "predicted": predicted, "actual": actual, "customers": 400.0,
             "low": np.clip(actual - 0.04, 0, 1), "high": np.clip(actual + 0.04, 0, 1)}
        ),
        "deciles": pd.DataFrame(
            {"decile": range(1, 11), "customers": 400.0, "predicted_value": means,
             "actual_value": means * (1 + draw.normal(0, 0.12, 10))}
        ),
        "drivers": pd.DataFrame(
            {"feature": ["recency_days", "lateness", "orders_90d"], "meaning": meanings,
             "mean_abs_log_odds": [0.8, 0.45, 0.2]}
        ),
        "totals": pd.DataFrame(
            {"origin": ORIGINS, "predicted": [9.1e4, 1.0e5, 1.2e5], "actual": [9.9e4, 1.1e5, 1.18e5]}
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def data() -> ReportData:
    return ReportData(
        scores=shop(),
        definitions={
            "horizon": "the 90 days from as_of on: [as_of, as_of + 90 days)",
            "population": "customers with an order before as_of; those who never order again count as 0",
            "churn": "no order with positive revenue within 90 days from as_of",
            "value": "net revenue in GBP within 90 days from as_of (returns netted)",
            "interval": "value_low to value_high holds the value with probability 80%",
            "returns": "net",
            "currency": "GBP",
        },
        champion="hurdle",
        champion_reason="It beats every baseline on log-loss and on the ranking of value at all three origins.",
        readiness={
            "name": "orders",
            "rows_read": 52_310,
            "rows_used": 51_877,
            "first_at": pd.Timestamp("2023-12-05"),
            "last_at": "2025-11-30T17:20:00",
            "one_time_share": 0.35,
            "adbt_days": {"q25": 12.0, "median": 31.5, "q75": 70.2},
            "long_enough_for_backtest": True,
            "broken": [],
            "set_aside": [
                {"reason": "no customer id", "column": "customer_id", "rows": 402, "examples": ["", "NULL"]},
                {"reason": "amount is missing", "column": "revenue", "rows": 31, "examples": [None]},
            ],
        },
        notes=("Prices rose 12 % in October; the backtest has not seen such a month.",),
        **evidence(),
    )


@pytest.fixture(scope="module")
def page(data) -> str:
    return render_report(data)


class Reader(HTMLParser):
    """Collects tags, their attributes, and texts by section."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.scripts: dict[str, str] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "img", "br", "input", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data) -> None:
        if self.open and self.open[-1] == "script":
            attributes = self.tags[-1][1]
            self.scripts[attributes.get("id") or "code"] = data
        elif self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))


def test_report__is_one_well_formed_file_that_loads_nothing(page) -> None:
    reader = Reader(page)
    assert reader.open == []
    for tag, attributes in reader.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        for name in ("src", "href", "srcset", "data", "action", "poster"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, name, attributes.get(name))
    assert not re.search(r"@import|url\(", page.split("</style>")[0])
    policy = next(a["content"] for tag, a in reader.tags if tag == "meta" and a.get("http-equiv"))
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy


def test_report__tells_its_story_in_order(page) -> None:
    sections = [attributes["id"] for tag, attributes in Reader(page).tags if tag == "section"]
    assert sections == ["risk", "calls", "actions", "segments", "trust", "drivers", "definitions", "readiness"]


def test_report__leads_with_the_numbers_of_the_score_table(data, page) -> None:
    scores = data.scores
    risky = scores[(scores["risk_tier"] == "high") & (scores["lifecycle"] != "lost")]
    at_risk = (risky["value_if_buys"] - risky["expected_value"]).sum()
    head = summary.headline(summary.with_money(scores))
    assert (head.customers, head.at_risk, head.lost) == (4000, len(risky), (scores["lifecycle"] == "lost").sum())
    assert head.money_at_risk == pytest.approx(at_risk)
    assert head.expected_value == pytest.approx(scores["expected_value"].sum())
    text = Reader(page).text
    conclusion = f"{len(risky):,} of 4,000 customers are at risk of leaving within 90 days: "
    assert f"{conclusion}{round(at_risk, -2):,.0f} GBP is at stake." in text
    assert f"{len(risky):,} at risk of leaving" in text
    assert f"{round(at_risk, -2):,.0f} GBP at risk with them over 90 days" in text


def test_report__gives_every_segment_its_customers_and_next_step(data, page) -> None:
    text = Reader(page).text
    counts = data.scores["segment"].value_counts()
    rows = summary.by_segment(summary.with_money(data.scores), load_playbook())
    assert sum(row["customers"] for row in rows) == 4000
    for row in rows:
        assert row["customers"] == counts[row["segment"]]
        assert f"{row['segment']} {row['goal']} {row['customers']:,}" in text
        assert row["step"] in text


def test_report__shows_a_next_step_of_an_edited_playbook(data) -> None:
    scores = data.scores.head(50).assign(segment="Regulars", next_step="Send flowers")
    (row,) = summary.by_segment(summary.with_money(scores), load_playbook())
    assert (row["segment"], row["step"], row["later"], row["goal"]) == ("Regulars", "Send flowers", [], "")


def test_report__holds_twenty_customers_and_ten_lost_ones_and_no_more(data, page) -> None:
    shown = set(re.findall(r"C\d{5}", page))
    people = summary.with_money(data.scores)
    urgent = people[people["at_risk"]].nlargest(20, "money_at_risk")["customer_id"]
    lost = people[people["lost"]].nlargest(10, "money_at_risk")["customer_id"]
    assert shown == {*urgent, *lost}
    assert len(shown) == 20 + min(10, int(people["lost"].sum()))


def test_report__weighs_money_at_risk_by_what_is_known_and_leaves_out_who_brought_nothing(data) -> None:
    people = summary.with_money(data.scores).query("at_risk").nlargest(3, "money_at_risk")
    ids = people["customer_id"].tolist()
    record = pd.DataFrame({"customer_id": ids, "orders_so_far": [1, 9, 9], "revenue_so_far": [10.0, 90.0, -5.0]})
    three = summary.with_money(data.scores[data.scores["customer_id"].isin(ids)], record)
    weighed = three.set_index("customer_id")["money_at_risk"] * pd.Series([1 / 2, 9 / 10, 0], index=ids)
    called = summary.first_to_call(three)
    assert ids[2] not in called["customer_id"].tolist()
    assert called["customer_id"].tolist() == weighed[ids[:2]].sort_values(ascending=False).index.tolist()


def test_call_list__has_everybody_at_risk_and_lost_ones_apart(data) -> None:
    people = summary.with_money(data.scores)
    table = summary.call_list(people)
    assert table["list"].value_counts().to_dict() == {"call": people["at_risk"].sum(), "lost": people["lost"].sum()}
    assert table["list"].tolist() == sorted(table["list"])
    assert {"customer_id", "money_at_risk", "segment", "next_step", "why"} <= set(table)


def test_call_list__gives_money_to_the_cent(data) -> None:
    """0.1 + 0.2 is 0.30000000000000004 in binary, and was so in the file."""
    record = pd.DataFrame({"customer_id": data.scores["customer_id"], "orders_so_far": 2, "revenue_so_far": 0.1 + 0.2})
    table = summary.call_list(summary.with_money(data.scores, record))
    assert table.to_csv(columns=["revenue_so_far"], index=False).split() == ["revenue_so_far", *["0.3"] * len(table)]


def test_report__draws_every_chart_from_valid_specifications(page) -> None:
    import vl_convert

    reader = Reader(page)
    specs = json.loads(reader.scripts["specs"])
    places = {attributes["data-chart"] for _, attributes in reader.tags if "data-chart" in attributes}
    assert set(specs) == places == {
        "churn_risk", "value_by_risk", "rfm_cells", "rfm_group", "rfm_relationship", "auroc", "normalised_gini",
        "calibration", "deciles", "totals", "drivers",
    }  # fmt: skip
    for spec in specs.values():
        vl_convert.vegalite_to_vega(spec)
    assert len(json.dumps(specs)) < 120_000
    assert len(page) < 1_500_000


def test_report__lists_the_backtest_beside_the_baselines(page) -> None:
    text = Reader(page).text
    assert "hurdle was chosen. It beats every baseline" in text
    assert "Means over 3 moments in the past" in text
    assert "What was measured hurdle recency, the best simple rule" in text
    assert re.search(rf"{METRIC_WORDS['coverage_80']} 0\.\d{{3}} –", text)  # the champion alone has ranges
    assert "Every figure of all 4 candidates" in text


def test_report__grades_the_model_and_says_what_the_grade_rests_on(data, page) -> None:
    text = Reader(page).text
    assert "Model grade B of A to E. Good for choosing whom to contact and for totals" in text
    assert "Does it tell who leaves from who stays? 79 % of pairs good" in text
    untested = Reader(render_report(replace(data, backtest=pd.DataFrame()))).text
    assert "Model grade E of A to E. Not enough to act on" in untested


def test_report__offers_no_list_where_nobody_is_told_apart(data) -> None:
    text = Reader(render_report(replace(data, signal=False))).text
    assert "Model grade E of A to E. These orders do not tell who will leave" in text
    assert "Whom to call first These orders do not tell who will leave" in text


def test_report__says_how_far_the_total_may_be_off_in_an_unseen_season(data) -> None:
    text = Reader(render_report(replace(data, unseen=0.83, total_off=1.25))).text
    assert "83 % of the 90 days ahead fall into a time of the year that no closed window has shown" in text
    assert "the total may be off by a factor of 1.25 either way" in text
    assert "no closed window has shown" not in Reader(render_report(data)).text


def test_report__says_that_no_currency_is_given(data) -> None:
    definitions = {name: words for name, words in data.definitions.items() if name != "currency"}
    text = Reader(render_report(replace(data, definitions=definitions))).text
    assert "(no currency given) is at stake" in text
    assert "No currency is given" in text


def test_report__says_what_the_numbers_mean_and_what_was_set_aside(page) -> None:
    text = Reader(page).text
    assert "no order with positive revenue within 90 days from the day of the prediction" in text
    assert "Rows read 52,310" in text
    assert "ADBT days q25: 12; median: 31.5; q75: 70.2" in text
    assert "Long enough for backtest yes" in text
    assert "Customers with one order only 35 %" in text
    assert "First order 2023-12-05" in text
    assert "Last order 2025-11-30 Customers with one" in text
    assert "Name orders" not in text
    assert "broken" not in text
    assert "Set aside Reason Column Rows no customer id customer id 402 amount" in text
    assert "Prices rose 12 %" in text
    assert "Not monotone" in text


def test_report__escapes_what_customers_and_shops_are_called(data) -> None:
    scores = data.scores.head(300).copy()
    evil = "<script>alert(1)</script>"
    scores["customer_id"] = [f"{evil}{i}" for i in range(300)]
    scores["rfm_group"] = "</script><b>x"
    html = render_report(replace(data, scores=scores, title="Tom & Jerry's"))
    assert evil not in html
    reader = Reader(html)
    assert evil in reader.text
    assert "</script><b>x" in json.dumps(json.loads(reader.scripts["specs"]))


@pytest.mark.parametrize("rows", [1, 7])
def test_report__can_do_without_evidence_and_optional_columns(rows) -> None:
    scores = shop(rows).drop(columns=["lifecycle", "rfm_relationship", "churn_reasons", "model_version"])
    text = Reader(
        render_report(
            ReportData(scores=scores, definitions={}, champion="recency", champion_reason="Nothing else fits.")
        )
    ).text
    assert "There is no backtest" in text
    assert "recency has no additive explanation" in text


def test_report__is_the_same_every_time(data, page) -> None:
    assert render_report(data) == page


def test_report__refuses_tables_it_cannot_show(data) -> None:
    with pytest.raises(DataContractError, match="at least one scored customer"):
        replace(data, scores=data.scores.head(0))
    with pytest.raises(DataContractError, match=r"The deciles of the report lack columns\. Found: no actual_value"):
        replace(data, deciles=data.deciles.drop(columns="actual_value"))
