import json
import re
from itertools import product

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments import load_map
from tenure_serving.segments.maps import BUILT_IN_MAPS, parse_map


def whole(**changes: object) -> dict[str, object]:
    """Return a one-group map of scale 3 that covers everything, with fields changed."""
    group = {"name": "All", "cells": ["* * *"]}
    return {"id": "mine", "version": 1, "scale": 3, "groups": [group], **changes}


@pytest.mark.parametrize("name", BUILT_IN_MAPS)
def test_map__covers_every_cell_once(name) -> None:
    rfm_map = load_map(name)
    codes = [code for group in rfm_map.groups for code in group.cells]
    assert sorted(codes) == ["".join(cell) for cell in product("12345", repeat=3)]
    assert all({"en", "ru"} <= set(group.labels) for group in rfm_map.groups)


@pytest.mark.parametrize(
    ("code", "eleven", "relationship", "simple"),
    [
        ("555", "Champions", "Soulmates", "Champions"),
        ("554", "Champions", "Lovers", "Champions"),
        ("535", "Need Attention", "Lovers", "Potential Loyalist"),
        ("435", "Loyal", "Lovers", "Potential Loyalist"),
        ("525", "Promising", "New Passion", "Potential Loyalist"),
        ("511", "New Customers", "Apprentice", "New"),
        ("415", "Promising", "Flirting", "Promising"),
        ("451", "Potential Loyalist", "Platonic Friends", "Loyal"),
        ("332", "Hibernating", "Potential Lovers", "Need Attention"),
        ("311", "New Customers", "Platonic Friends", "About To Sleep"),
        ("255", "At Risk", "About to dump you", "Can't Lose Them"),
        ("155", "Cannot Lose Them", "Ex-Lovers", "Can't Lose Them"),
        ("115", "Cannot Lose Them", "Don Juan", "Lost"),
        ("121", "Lost", "Breakups", "Hibernating"),
        ("151", "Lost", "Breakups", "Can't Lose Them"),
    ],
)
def test_map__groups_known_cells(code, eleven, relationship, simple) -> None:
    assert tuple(load_map(name).group_of(code) for name in BUILT_IN_MAPS) == (eleven, relationship, simple)


def test_map__says_that_the_common_eleven_are_not_monotone() -> None:
    eleven = load_map("common_eleven")
    assert eleven.names.index(eleven.group_of("535")) > eleven.names.index(eleven.group_of("435"))
    assert "Not monotone" in eleven.note


def test_map__assigns_rows_on_their_index() -> None:
    scores = pd.DataFrame(
        {"recency_score": [5, 1], "frequency_score": [5, 5], "monetary_score": [5, 5]}, index=["a", "b"]
    )
    assert load_map("relationship").assign(scores).to_dict() == {"a": "Soulmates", "b": "Ex-Lovers"}


def test_map__reads_an_edited_file(tmp_path) -> None:
    edited = load_map("simple").to_dict() | {"id": "ours", "version": 2}
    edited["groups"][0]["labels"]["ru"] = "Лучшие"
    path = tmp_path / "ours.json"
    path.write_text(json.dumps(edited, ensure_ascii=False), "utf-8")
    ours = load_map(path)
    assert (ours.id, ours.version, ours.label("Champions", language="ru")) == ("ours", 2, "Лучшие")
    assert parse_map(ours.to_dict()) == ours


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (whole(groups=[{"name": "A", "cells": ["1-2 * *"]}]), "27 cells exactly once. Found: no group has 311, 312"),
        (
            whole(groups=[{"name": "A", "cells": ["* * *"]}, {"name": "B", "cells": ["213"]}]),
            "claimed twice: 213 (A and B)",
        ),
        (whole(groups=[{"name": "A", "cells": ["1-2 * *", "111"]}]), "claimed twice: 111 (A and A)"),
        (whole(groups=[{"name": "A", "cells": ["4 * *"]}]), "The part '4' of the cell '4 * *'"),
        (whole(groups=[{"name": "A", "cells": ["3-1 * *"]}]), "not a score or a range"),
        (whole(groups=[{"name": "A", "cells": ["12"]}]), "cell '12' of the RFM map cannot be read"),
        (whole(groups=[{"cells": ["111"]}]), "KeyError: 'name'"),
        (whole(groups=7), "needs id, version, scale and groups"),
        (whole(scale=7), "must be 3, 4 or 5"),
    ],
)
def test_map__names_what_is_wrong_with_it(content, words) -> None:
    with pytest.raises(DataContractError, match=re.escape(words)):
        parse_map(content)


def test_map__refuses_names_and_files_it_does_not_know(tmp_path) -> None:
    with pytest.raises(UsageError, match="common_eleven, relationship, simple"):
        load_map("complex")
    (tmp_path / "map.json").write_text("{", "utf-8")
    with pytest.raises(DataContractError, match="is not JSON"):
        load_map(tmp_path / "map.json")
    with pytest.raises(UsageError, match="no cell '666'"):
        load_map("simple").group_of("666")


def test_map__refuses_scores_of_a_larger_scale() -> None:
    scores = pd.DataFrame({"recency_score": [5], "frequency_score": [1], "monetary_score": [1]})
    with pytest.raises(UsageError, match=r"knows scores from 1 to 3\. Found: 511"):
        parse_map(whole()).assign(scores)


@st.composite
def partitions(draw: st.DrawFn) -> dict[str, object]:
    """A map of any scale that gives every cell to one of up to six groups."""
    scale = draw(st.sampled_from([3, 4, 5]))
    codes = ["".join(cell) for cell in product("12345"[:scale], repeat=3)]
    owners = draw(st.lists(st.integers(0, 5), min_size=len(codes), max_size=len(codes)))
    groups = [
        {"name": f"G{owner}", "cells": [code for code, one in zip(codes, owners, strict=True) if one == owner]}
        for owner in sorted(set(owners))
    ]
    return whole(scale=scale, groups=groups)


@given(content=partitions(), data=st.data())
def test_map__is_accepted_exactly_when_it_is_a_partition(content, data) -> None:
    rfm_map = parse_map(content)
    codes = list(rfm_map.cells)
    assert len(codes) == rfm_map.scale**3 == sum(len(group.cells) for group in rfm_map.groups)
    code = data.draw(st.sampled_from(codes))
    owner = next(group for group in content["groups"] if code in group["cells"])
    without = [group | {"cells": [cell for cell in group["cells"] if cell != code]} for group in content["groups"]]
    with pytest.raises(DataContractError, match=f"no group has {code}"):
        parse_map(content | {"groups": without})
    twice = [*content["groups"], {"name": "More", "cells": [code]}]
    with pytest.raises(DataContractError, match=re.escape(f"claimed twice: {code} ({owner['name']} and More)")):
        parse_map(content | {"groups": twice})


@given(content=partitions(), scale=st.sampled_from([3, 4, 5]))
def test_map__on_a_shorter_scale_is_a_partition_too(content, scale) -> None:
    rfm_map = parse_map(content)
    if scale > rfm_map.scale:
        with pytest.raises(UsageError, match="is for scores from 1 to"):
            rfm_map.on_scale(scale)
        return
    short = rfm_map.on_scale(scale)
    assert sorted(short.cells) == ["".join(cell) for cell in product("12345"[:scale], repeat=3)]
    top, bottom = str(scale) * 3, "111"
    assert short.group_of(top) == rfm_map.group_of(str(rfm_map.scale) * 3)
    assert short.group_of(bottom) == rfm_map.group_of("111")


@pytest.mark.parametrize(
    ("scale", "code", "eleven", "relationship"),
    [
        (3, "333", "Champions", "Soulmates"),  # 555
        (3, "133", "Cannot Lose Them", "Ex-Lovers"),  # 155
        (3, "211", "New Customers", "Platonic Friends"),  # 311
        (4, "434", "Champions", "Lovers"),  # 545
        (4, "142", "At Risk", "Breakups"),  # 152
        (4, "324", "Promising", "Flirting"),  # 425
    ],
)
def test_built_in_map__stands_for_the_scores_at_the_same_place(scale, code, eleven, relationship) -> None:
    names = "common_eleven", "relationship"
    assert tuple(load_map(name, scale=scale).group_of(code) for name in names) == (eleven, relationship)
    assert (
        f"Made for scores from 1 to 5; here 1 is 1, 2 is {'3' if scale == 3 else '2'}"
        in load_map(names[0], scale=scale).note
    )


def test_map__has_labels_by_language_and_falls_back_to_the_name() -> None:
    relationship = load_map("relationship", scale=4)
    assert relationship.label("Don Juan", language="ru") == "Дон Жуан"
    assert relationship.label("Don Juan", language="xx") == "Don Juan"
    assert relationship.label("Somebody else") == "Somebody else"
