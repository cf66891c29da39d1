"""A language says texts, numbers, dates and money; two of them in one process do not influence each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from babel.numbers import format_decimal

from tenure_features.errors import UsageError
from tenure_features.families.catalogue import BUILT_IN
from tenure_serving.language import ENGLISH, Language, load_language
from tenure_serving.reasons import churn_reasons
from tenure_training.models.contract import Contributions

RUSSIAN = load_language("ru")


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 день"), (2, "2 дня"), (5, "5 дней"), (11, "11 дней"), (21, "21 день"), (1234, "1 234 дня")],
)
def test_ngettext__takes_the_russian_form_the_number_asks_for(count: int, said: str) -> None:
    assert RUSSIAN.ngettext("{count} day", "{count} days", count).replace("\xa0", " ") == said


def test_numbers__are_written_as_each_language_does() -> None:
    values = [1234567, 56123.4, 12.34, 0.5, -20500]
    assert [ENGLISH.number(value) for value in values] == ["1.23 million", "56,100", "12.3", "0.5", "-20,500"]
    assert [RUSSIAN.number(value).replace("\xa0", " ") for value in values] == [
        "1,23 млн", "56 100", "12,3", "0,5", "-20 500",
    ]  # fmt: skip
    assert (ENGLISH.percent(0.031), RUSSIAN.percent(0.031)) == ("3.1 %", "3,1\xa0%")


@pytest.mark.parametrize("language", [ENGLISH, RUSSIAN])
@pytest.mark.parametrize("value", [0, 1, 999, 1000, -1234, 12345678, 3.0, 2.5, -0.4, 1e22])
def test_count__writes_whole_numbers_as_babel_does(language: Language, value: float) -> None:
    assert language.count(value) == format_decimal(value, format="#,##0", locale=language.code)


def test_money__carries_its_currency() -> None:
    assert ENGLISH.money(56123, "RUB") == "56,100 RUB"
    assert RUSSIAN.money(56123, "RUB").replace("\xa0", " ") == "56 100 ₽"
    assert RUSSIAN.exact_money(12.5, "coins").replace("\xa0", " ") == "12,50 coins"
    assert ENGLISH.exact_money(12.5, "") == "12.50"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers__that_are_none_are_a_dash(value: float) -> None:
    written = [
        ENGLISH.number(value),
        ENGLISH.percent(value),
        ENGLISH.money(value, "EUR"),
        ENGLISH.exact_money(value, ""),
    ]
    assert written == ["–"] * 4


def test_days__are_written_as_each_language_does() -> None:
    day = pd.Timestamp("2011-06-11 12:00")
    assert (ENGLISH.day(day), ENGLISH.long_day(day), ENGLISH.month(day)) == ("2011-06-11", "11 June 2011", "June 2011")
    assert (RUSSIAN.day(day), RUSSIAN.long_day(day)) == ("11.06.2011", "11 июня 2011 г.")
    assert (ENGLISH.day(None), RUSSIAN.day(pd.NaT)) == ("–", "–")


def test_translate__recognises_a_finished_sentence_and_what_stands_in_it() -> None:
    reason = "silent for 96 days, usual gap 21 days: odds of leaving x 2.4 (raises risk)"
    assert (
        RUSSIAN.translate(reason) == "не заказывает 96 дней, обычный перерыв 21 день: шансы ухода × 2,4 (повышает риск)"
    )
    assert RUSSIAN.translate("1 order in the last 90 days") == "1 заказ за последние 90 дней"
    assert ENGLISH.translate(reason) == reason


def test_translate__leaves_what_it_does_not_know() -> None:
    assert RUSSIAN.translate("Nobody wrote this sentence.") == "Nobody wrote this sentence."
    assert RUSSIAN.translate("") == ""


def test_translate__knows_the_words_of_a_shop_and_of_no_other() -> None:
    ours = RUSSIAN.with_words({"Regulars": "Постоянные"})
    assert ours.translate("Regulars") == "Постоянные"
    assert RUSSIAN.translate("Regulars") == "Regulars"


def test_reasons__are_said_in_the_language_asked_for() -> None:
    snapshot = pd.DataFrame({"orders_90d": [3.0], "revenue_90d": [1234.0]})
    explained = Contributions(
        features=["orders_90d", "revenue_90d"],
        churn=np.array([[-1.0, 0.5]]),
        churn_base=0.0,
        value=np.zeros((1, 2)),
        value_base=0.0,
    )
    (english,) = churn_reasons(explained, snapshot, BUILT_IN, currency="EUR")
    (russian,) = churn_reasons(explained, snapshot, BUILT_IN, currency="EUR", language=RUSSIAN)
    assert english[0] == "3 orders in the last 90 days: odds of leaving x 0.37 (lowers risk)"
    assert [text.replace("\xa0", " ") for text in russian] == [
        "3 заказа за последние 90 дней: шансы ухода × 0,37 (снижает риск)",
        "потратил 1 234 € за последние 90 дней: шансы ухода × 1,65 (повышает риск)",
    ]


def test_translate__says_a_column_and_leaves_its_level() -> None:
    assert RUSSIAN.translate("acquisition channel: store") == "канал привлечения: store"
    assert RUSSIAN.translate("region is not north") == "регион: не north"
    assert (
        RUSSIAN.translate("1 where region of customers is north, else 0.") == "1, если регион клиента – north, иначе 0."
    )


def test_language__that_has_no_catalogue_is_refused() -> None:
    with pytest.raises(UsageError, match=r"There is no language 'de'\. Found: de\. Say one of en \(English\), ru"):
        load_language("de")
