import json
import re

import pandas as pd
import pytest

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments import load_playbook
from tenure_serving.segments.playbook import parse_playbook


def book(*segments: dict[str, object]) -> dict[str, object]:
    return {"id": "mine", "version": 1, "segments": list(segments)}


def segment(name: str = "All", steps: tuple[str, ...] = ("Wait",), **when: list[str]) -> dict[str, object]:
    return {"name": name, "when": when, "goal": "", "next_steps": list(steps)}


@pytest.mark.parametrize(
    ("lifecycle", "value", "risk", "expected"),
    [
        ("new", "high", "high", "New"),
        ("active", "high", "low", "VIP"),
        ("active", "medium", "medium", "Active"),
        ("active", "low", "low", "Low value"),
        ("leaving", "high", "high", "High value, leaving"),
        ("leaving", "medium", "high", "Leaving"),
        ("leaving", "low", "medium", "Low value"),
        ("lost", "high", "high", "High value, lost"),
        ("lost", "low", "high", "Lost"),
    ],
)
def test_playbook__gives_a_segment_and_its_first_step(lifecycle, value, risk, expected) -> None:
    starter = load_playbook()
    tiers = pd.DataFrame({"lifecycle": [lifecycle], "value_tier": [value], "risk_tier": [risk]}, index=["a"])
    assert starter.assign(tiers).loc["a"].tolist() == [expected, starter.play(expected).next_steps[0]]


def test_playbook__can_be_edited_as_a_file(tmp_path) -> None:
    content = load_playbook().to_dict() | {"id": "ours"}
    content["segments"][0]["next_steps"] = ["Send flowers"]
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    ours = load_playbook(path)
    assert ours.play("High value, leaving").next_steps == ("Send flowers",)
    assert parse_playbook(ours.to_dict()) == ours


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            book(segment("A", lifecycle=["new"])),
            "no segment for lifecycle active, value_tier low, risk_tier low (27 such)",
        ),
        (
            book(segment("A"), segment("B", lifecycle=["lost"])),
            "more than one for lifecycle lost, value_tier low, risk_tier low (A and B) (9 such)",
        ),
        (book(segment("A", risk_tier=["low", "medium"]), segment("A", risk_tier=["high"])), "the name A twice"),
        (book(segment("A", mood=["bad"])), "asks for 'mood'"),
        (book(segment("A", lifecycle=["gone"])), "Found: gone. Use new, active, leaving, lost."),
        (book(segment("A", steps=())), "has no next step"),
        ({"id": "mine"}, "needs id, version and segments"),
    ],
)
def test_playbook__names_what_is_wrong_with_it(content, words) -> None:
    with pytest.raises(DataContractError, match=re.escape(words)):
        parse_playbook(content)


def test_playbook__refuses_segments_and_files_it_does_not_know(tmp_path) -> None:
    with pytest.raises(UsageError, match="no segment 'Kings'"):
        load_playbook().play("Kings")
    with pytest.raises(UsageError, match="There is no playbook"):
        load_playbook(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("[", "utf-8")
    with pytest.raises(DataContractError, match="is not JSON"):
        load_playbook(tmp_path / "bad.json")


def test_playbook__asks_conditions_first_and_falls_back_to_the_tiers() -> None:
    own = {"name": "West", "when": "region = 'west' and visits_90d > 3", "goal": "", "next_steps": ["Invite"]}
    both = {
        "name": "Young",
        "when": {"lifecycle": ["new"], "where": "age_years < 30"},
        "goal": "",
        "next_steps": ["Greet"],
    }
    ours = parse_playbook(book(own, both, segment("Rest")))
    assert ours.columns == ("region", "visits_90d", "age_years")
    assert parse_playbook(json.loads(json.dumps(ours.to_dict()))) == ours
    people = pd.DataFrame(
        {
            "lifecycle": ["new", "new", "new", "active"], "value_tier": "low", "risk_tier": "low",
            "region": ["west", "east", "east", "east"], "visits_90d": [9, 9, 9, 9], "age_years": [20, 20, 40, 20],
        }
    )  # fmt: skip
    assert ours.assign(people)["segment"].tolist() == ["West", "Young", "Rest", "Rest"]
    with pytest.raises(DataContractError, match="asks for 'region', which there is not"):
        ours.assign(people.drop(columns="region"))
    with pytest.raises(DataContractError, match="segment 'West' cannot be used"):
        parse_playbook(book(own | {"when": "region like 'w%'"}, segment("Rest")))
    with pytest.raises(DataContractError, match="no segment for"):
        parse_playbook(book(own))
