"""What does not link although it is shared."""

from tenure_features.identity import KINDS, IdentitySettings, KindRule


def test_weak__a_family_tablet_does_not_make_one_person_of_two(linked, groups):
    rows = [
        ("shop", "ada", "email", "ada@example.com"),
        ("shop", "bob", "email", "bob@example.com"),
        ("app", "ada-app", "email", "ada@example.com"),
        ("shop", "ada", "device", "TABLET"),
        ("shop", "bob", "device", "TABLET"),
        ("app", "ada-app", "device", "TABLET"),
    ]
    found = linked(rows)
    assert groups(found) == {frozenset({"ada", "ada-app"}), frozenset({"bob"})}
    assert found.guarded[["guard", "value"]].to_numpy().tolist() == [["shared by several people", "TABLET"]]


def test_weak__an_anonymous_visitor_comes_home_by_their_only_device(linked, groups):
    rows = [
        ("shop", "ada", "email", "ada@example.com"),
        ("shop", "ada", "device", "PHONE"),
        ("web", "guest", "device", "PHONE"),
        ("web", "other", "device", "ELSE"),
    ]
    found = linked(rows)
    assert groups(found) == {frozenset({"ada", "guest"}), frozenset({"other"})}
    assert set(found.state.rows["match_reason"]) == {"device", "alone"}


def test_weak__an_anonymous_visitor_between_two_people_joins_neither(linked, groups):
    rows = [
        ("shop", "ada", "email", "ada@example.com"),
        ("shop", "bob", "email", "bob@example.com"),
        ("shop", "ada", "device", "D1"),
        ("web", "guest", "device", "D1"),
        ("web", "guest", "cookie", "K1"),
        ("shop", "bob", "cookie", "K1"),
    ]
    assert groups(linked(rows)) == {frozenset({"ada"}), frozenset({"bob"}), frozenset({"guest"})}


def test_limit__a_value_that_too_many_share_links_nobody(linked, groups):
    rows = [("shop", f"{i}", "phone", "+49 151 07654321") for i in range(4)]
    assert len(groups(linked(rows))) == 1
    few = IdentitySettings(kinds=dict(KINDS) | {"phone": KindRule(4, 3)})
    found = linked(rows, settings=few)
    assert len(groups(found)) == 4
    assert found.guarded.to_numpy().tolist() == [["over the limit of its kind", "phone", "+4915107654321", 4]]


def _two_cliques():
    """Two people of three accounts each; a phone number they should not share makes one component of six."""
    rows = [("shop", f"a{i}", "email", "ada@example.com") for i in range(3)]
    rows += [("shop", f"b{i}", "email", "bob@example.com") for i in range(3)]
    return [*rows, ("shop", "a0", "phone", "+4915107654321"), ("shop", "b0", "phone", "+4915107654321")]


def test_oversized__is_split_where_its_links_are_weakest(linked, groups):
    assert len(groups(linked(_two_cliques()))) == 1
    found = linked(_two_cliques(), settings=IdentitySettings(largest=5))
    assert groups(found) == {frozenset({"a0", "a1", "a2"}), frozenset({"b0", "b1", "b2"})}
    assert found.guarded[["guard", "source_ids"]].to_numpy().tolist() == [["too large: split", 6]]


def test_oversized__is_set_aside_where_nothing_can_be_dropped(linked, groups):
    rows = [("shop", f"{i}", "user_id", "u1") for i in range(6)]
    found = linked(rows, settings=IdentitySettings(largest=5))
    assert len(groups(found)) == 6
    assert found.guarded[["guard", "source_ids"]].to_numpy().tolist() == [["too large: set aside", 6]]


def test_kinds__further_ones_link_when_they_are_declared(linked, groups):
    rows = [("a", "1", "passport", "P7"), ("b", "2", "passport", "P7")]
    assert len(groups(linked(rows))) == 2
    known = IdentitySettings(kinds=dict(KINDS) | {"passport": KindRule(1, 5)})
    assert len(groups(linked(rows, settings=known))) == 1
