"""The ideal-customer profile: filter rules that find future top customers by what is known after the first order."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tenure_decisions.customers.profiles import INTERVAL_SHARE, lift_interval
from tenure_decisions.inputs import Bools, Floats
from tenure_features.errors import DataContractError, UsageError

_SMALLEST = 50
HELD_OUT = 0.4
RULE_COLUMNS = (
    "rule", "customers", "coverage", "top", "top_share", "lift", "low", "high", "captured", "holds",
)  # fmt: skip


@dataclass(frozen=True)
class Rule:
    """A condition in SQL over the columns it was found in, true for its customers.

    Attributes
    ----------
    conditions
        Joined by AND.
    """

    conditions: tuple[str, ...]

    def __str__(self) -> str:
        """Return the filter, ready for a WHERE clause."""
        return " AND ".join(self.conditions)


@dataclass(frozen=True, kw_only=True)
class IdealProfile:
    """Rules found on one part of the customers and judged on the other.

    Attributes
    ----------
    rules
        `RULE_COLUMNS`, the largest lift first, all measured on held-out customers only: ``rule`` (SQL), ``customers``
        it matches and their share (``coverage``), ``top`` customers among them and their share (``top_share``),
        ``lift`` against the customers it does not match with its interval ``low`` to ``high``, the share of all top
        customers it catches (``captured``), and whether it ``holds``: the whole interval lies above 1.
    base_share
        Share of top customers among all held-out ones.
    learned_from, judged_on
        Customers of the two parts.
    seeds
        Customers for a look-alike audience: top customers who match a rule that holds, of both parts, the most
        valuable first.
    """

    rules: pd.DataFrame
    base_share: float
    learned_from: int
    judged_on: int
    seeds: tuple[str, ...] = field(repr=False)


def ideal_profile(
    attributes: pd.DataFrame,
    top: pd.Series,
    *,
    value: pd.Series | None = None,
    seed: int = 0,
    depth: int = 3,
    smallest: int = _SMALLEST,
    most_seeds: int = 1000,
) -> IdealProfile:
    """Find what tells top customers early, with a shallow decision tree, and judge it on customers it has not seen.

    Parameters
    ----------
    known
        One row per customer (index: the ids), numbers and texts known early, such as
        `tenure_decisions.customers.first_order.first_orders`; a missing number counts as the median and the rule says
        so.
    top
        True for top customers, by the same ids; customers without an answer are left out.
    value
        Money by customer, to order the seeds; by id otherwise.
    seed
        Of the split (by a hash of the id: independent of the order of rows) and of the tree.
    depth
        Most conditions of a rule.
    smallest
        Fewest customers of a rule, and of a level that is worth a condition, in the part learned from.
    most_seeds
        Longest seed list.

    Returns
    -------
    IdealProfile
        With no rule where the tree finds nothing.

    Raises
    ------
    DataContractError
        One part has no top customer, or nobody else.
    UsageError
        There is nothing known to look at.

    Notes
    -----
    The tree sees who is top, not when: rules describe, they do not cause. Advertising to their customers is a guess
    until an experiment has shown that it pays.
    """
    people = attributes.loc[attributes.index.isin(top.index[top.notna()])].sort_index()
    if people.empty or not len(people.columns):
        raise UsageError("An ideal-customer profile needs customers and what is known of them.", found="none")
    answer: Bools = top.reindex(people.index).to_numpy(dtype=bool)
    holdout = _holdout(people.index, seed)
    for name, part in (("learned from", ~holdout), ("held out", holdout)):
        if not answer[part].any() or answer[part].all():
            raise DataContractError(
                f"The customers {name} must be of both kinds.",
                found=f"{int(answer[part].sum())} top of {int(part.sum())} customers",
                fix="Give more customers, or another limit for the top.",
            )
    questions = _questions(people, people[~holdout], smallest)
    rules = _rules(questions, answer, ~holdout, seed=seed, depth=depth, smallest=smallest)
    table = pd.DataFrame(
        [_judge_rule(rule, match, answer, holdout) for rule, match in rules], columns=list(RULE_COLUMNS)
    )
    table = table.sort_values(["lift", "rule"], ascending=[False, True], ignore_index=True)
    matched = np.zeros(len(people), dtype=bool)
    good = set(table.loc[table["holds"].astype(bool), "rule"])
    for rule, match in rules:
        matched |= match & (str(rule) in good)
    seeds = _rank(people.index[matched & answer], value)[:most_seeds]
    return IdealProfile(
        rules=table,
        base_share=float(answer[holdout].mean()),
        learned_from=int((~holdout).sum()),
        judged_on=int(holdout.sum()),
        seeds=tuple(seeds),
    )


@dataclass(frozen=True, kw_only=True)
class _Question:
    """A yes-no question or a number the tree may split on, and how its two answers are written."""

    column: str
    answers: Floats
    is_level: bool
    level: str = ""
    missing: float | None = None

    def condition(self, threshold: float, *, above: bool) -> _Condition:
        if self.is_level:
            quoted = "'" + self.level.replace("'", "''") + "'"
            return _Condition(self.column, "=" if above else "<>", quoted)
        name = self.column if self.missing is None else f"coalesce({self.column}, {self.missing:.6g})"
        return _Condition(name, ">" if above else "<=", f"{threshold:.6g}", threshold)


@dataclass(frozen=True)
class _Condition:
    """One comparison of a rule; ``limit`` is its number, where it is one."""

    left: str
    sign: str
    right: str
    limit: float = 0.0


def _simplify(path: list[_Condition]) -> tuple[str, ...]:
    """Drop conditions that others of the same path imply: wider limits, and what a level is not where it is known."""
    tightest: dict[tuple[str, str, str], _Condition] = {}
    settled = {condition.left for condition in path if condition.sign == "="}
    for condition in path:
        if condition.sign == "<>" and condition.left in settled:
            continue
        number = condition.sign in {">", "<="}
        key = (condition.left, condition.sign, "" if number else condition.right)
        other = tightest.get(key)
        tighter = max if condition.sign == ">" else min
        tightest[key] = tighter(other, condition, key=lambda bound: bound.limit) if other and number else condition
    return tuple(f"{bound.left} {bound.sign} {bound.right}" for bound in tightest.values())


def _questions(people: pd.DataFrame, seen: pd.DataFrame, smallest: int) -> list[_Question]:
    out = []
    for name in people.columns:
        if pd.api.types.is_numeric_dtype(people[name]):
            numbers = people[name].to_numpy(dtype=np.float64)
            missing = None
            if not np.isfinite(numbers).all():
                missing = float(f"{np.nanmedian(seen[name].to_numpy(dtype=np.float64)):.6g}")
                numbers = np.where(np.isfinite(numbers), numbers, missing)
            out.append(_Question(column=str(name), answers=numbers, is_level=False, missing=missing))
            continue
        counts = seen[name].value_counts()
        for level in sorted(counts.index[counts >= smallest]):
            hits = (people[name] == level).to_numpy(dtype=np.float64)
            out.append(_Question(column=str(name), answers=hits, is_level=True, level=str(level)))
    return out


def _rules(
    questions: list[_Question], answer: Bools, seen: Bools, *, seed: int, depth: int, smallest: int
) -> list[tuple[Rule, Bools]]:
    """Rules of the leaves where top customers are more common than at the root, with whom they match."""
    from sklearn.tree import DecisionTreeClassifier

    if not questions or seen.sum() < 2 * smallest:
        return []
    matrix = np.column_stack([question.answers for question in questions])
    tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=smallest, random_state=seed)
    tree.fit(matrix[seen], answer[seen])
    base, rules = float(answer[seen].mean()), []
    for conditions, match in _leaves(tree.tree_, questions, matrix):
        if conditions and answer[seen & match].mean() > base:
            rules.append((Rule(_simplify(conditions)), match))
    return rules


def _leaves(
    tree: Any,  # noqa: ANN401  # scikit-learn ships no types
    questions: list[_Question],
    matrix: np.ndarray,
    node: int = 0,
) -> Iterator[tuple[list[_Condition], Bools]]:
    """Yield the conditions and the matches of every leaf; thresholds are rounded as they are written."""
    if tree.children_left[node] == tree.children_right[node]:
        yield [], np.ones(len(matrix), dtype=bool)
        return
    column = int(tree.feature[node])
    threshold = float(f"{tree.threshold[node]:.6g}")
    above = matrix[:, column] > threshold
    for child, side in ((tree.children_left[node], False), (tree.children_right[node], True)):
        for conditions, match in _leaves(tree, questions, matrix, int(child)):
            condition = questions[column].condition(threshold, above=side)
            yield [condition, *conditions], match & (above if side else ~above)


def _judge_rule(rule: Rule, match: Bools, answer: Bools, holdout: Bools) -> tuple[object, ...]:
    inside, outside = holdout & match, holdout & ~match
    hits, others = float(answer[inside].sum()), float(answer[outside].sum())
    customers = int(inside.sum())
    if not customers or not outside.any():
        return (
            str(rule),
            customers,
            customers / holdout.sum(),
            int(hits),
            np.nan,
            np.nan,
            np.nan,
            np.nan,
            np.nan,
            False,
        )
    lift, low, high = (
        float(part[0])
        for part in lift_interval(
            np.array([hits]), customers, np.array([others]), float(outside.sum()), level=INTERVAL_SHARE
        )
    )
    return (
        str(rule), customers, customers / holdout.sum(), int(hits), hits / customers, lift, low, high,
        hits / (hits + others), low > 1,
    )  # fmt: skip


def _holdout(people: pd.Index, seed: int) -> Bools:
    digests = [zlib.crc32(f"{seed}:{customer}".encode()) % 1000 for customer in people]
    return np.asarray(digests) < HELD_OUT * 1000


def _rank(people: Iterable[str], value: pd.Series | None) -> list[str]:
    ids = sorted(map(str, people))
    if value is None:
        return ids
    worth = value.reindex(ids).fillna(-np.inf).to_numpy(dtype=np.float64)
    return [ids[place] for place in np.argsort(-worth, kind="stable")]
