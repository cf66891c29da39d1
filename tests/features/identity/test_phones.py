"""Phone numbers in E.164, all at once and one by one."""

import ibis
import numpy as np
import phonenumbers
import pyarrow as pa
import pytest

from tenure_features.identity.phones import WORTH_TRYING, compact_phone, to_e164
from tenure_features.reading.engine import evaluate, fetch


@pytest.mark.parametrize(
    ("typed", "region", "number"),
    [
        ("+49 151 07654321", "DE", "+4915107654321"),
        ("0151 07654321", "DE", "+4915107654321"),
        ("004915107654321", "DE", "+4915107654321"),
        ("(0151) 07654321", "DE", "+4915107654321"),
        ("0151/07654321", "DE", "+4915107654321"),
        ("+49 (0)151-07654321", "US", "+4915107654321"),
        ("tel:+49-151-07654321", None, "+4915107654321"),
        ("(212) 456-7890", "US", "+12124567890"),
        ("8 (912) 345-67-89", "RU", "+79123456789"),
        ("0153 07654321", "DE", "+4915307654321"),  # a range that has not been given out
        ("110", "DE", None),
        ("0151 07654321", None, None),
        ("12", "DE", None),
        ("call me", "DE", None),
    ],
)
def test_to_e164__reads_what_people_type(typed, region, number):
    compact = evaluate(compact_phone(ibis.literal(typed)))
    assert to_e164(pa.array([compact]), default_region=region).to_pylist() == [number]


def direct(text, region):
    """phonenumbers itself, on the text as it was typed."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == 0
    written = phonenumbers.format_number(number, 0)
    return written if possible and len(written) - len(f"+{number.country_code}") >= 7 else None


@pytest.mark.parametrize("region", ["DE", "US", "GB", "FR", "RU", "IT"])
def test_to_e164__all_at_once_is_one_by_one(region):
    """Every number of many, in every form, equals what phonenumbers says of the text as typed."""
    rng = np.random.default_rng(8)
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    national, code = str(example.national_number), str(example.country_code)
    typed = []
    for _ in range(3000):
        kept = int(rng.integers(0, len(national)))
        more = max(len(national) - kept + rng.integers(-1, 2), 0)
        digits = national[:kept] + "".join(map(str, rng.integers(0, 10, more)))
        begin = rng.choice([f"+{code}", f"+{code} (0)", f"00{code}", f"011{code}", "0", "8", "1", "00", "", code])
        typed.append(f"{begin}{digits[:3]} {digits[3:]}")
    texts = sorted(set(typed))
    compact = fetch(ibis.memtable(pa.table({"text": texts})).select("text", number=compact_phone(ibis._.text)))
    for begin in (f"+{code}", "0"):
        assert compact["number"].str.startswith(begin).sum() > WORTH_TRYING
    found = to_e164(pa.array(compact["number"]), default_region=region).to_pylist()
    wanted = [direct(text, region) for text in compact["text"]]
    assert found == wanted
    assert 0.1 < sum(one is not None for one in wanted) / len(wanted) < 0.98
