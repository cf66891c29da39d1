# ruff: noqa: PD004  # Ibis has no isna and notna
"""Links that no equal value proves but much suggests, such as a mistyped e-mail: Fellegi-Sunter models with splink."""

from __future__ import annotations

import logging
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from tenure_features.errors import DependencyUnavailableError, UsageError
from tenure_features.identity.values import ACCOUNT_COLUMNS
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import without_warnings

_FEWEST = 50
"""Source ids from which the model's weights can be learnt."""

_SURE = 8
"""Letters two names before the @ must have in common at their end: fewer are a surname or a year of birth."""

SAMPLED = 3_000_000
"""Random pairs on which chance agreement is counted."""

_SAME_DOMAIN = "domain_l = domain_r"
_TYPED = f"{_SAME_DOMAIN} AND damerau_levenshtein(name_l, name_r) <= 1 AND length(name_l) >= {_SURE}"
_INSIDE = f"{_SAME_DOMAIN} AND least(length(name_l), length(name_r)) >= {_SURE} AND " \
    "(ends_with(name_l, name_r) OR ends_with(name_r, name_l))"  # fmt: skip
_ALIKE = f"{_SAME_DOMAIN} AND jaro_winkler_similarity(name_l, name_r) >= 0.9"


def likely_pairs(keys: ir.Table, accounts: ir.Table, *, threshold: float, work: Workspace) -> ir.Table | None:
    """Find pairs of source ids that are probably one person although they share no strong identifier.

    The model is fitted without labels: weights of disagreement on random pairs, weights of agreement by expectation
    maximisation on pairs with one phone number or one e-mail address. It runs on a DuckDB of its own.

    Parameters
    ----------
    keys
        From `tenure_features.identity.values.keys_of`.
    accounts
        ``source, source_id, component``: what is linked already; pairs within a component are left out.
    threshold
        Lowest match probability of a pair.
    work
        Where the pairs are brought.

    Returns
    -------
    Table or None
        ``source, source_id, value``, two rows with one value per pair; None when there is nobody to compare.

    Raises
    ------
    DependencyUnavailableError
        When splink is not installed.
    UsageError
        When the threshold is no probability.
    """
    if not 0 < threshold < 1:
        raise UsageError("The threshold of probabilistic links is no probability.", found=str(threshold))
    splink = _splink()
    with without_warnings():
        people = _people(keys, accounts).to_pyarrow()
    if people.num_rows < _FEWEST:
        return None
    pairs = _predict(splink, people, threshold)
    if pairs.empty:
        return None
    return work.load(_two_rows(people, pairs))


def _splink() -> Any:  # noqa: ANN401  # imported late: it is an extra
    try:
        import splink
    except ImportError as problem:
        raise DependencyUnavailableError(
            "Probabilistic linking needs splink, which is not installed.",
            fix="Install the extra: pip install 'tenure[identity]', or leave probabilistic out of [identity].",
        ) from problem
    return splink


def _people(keys: ir.Table, accounts: ir.Table) -> ir.Table:
    """Write one row per source id: its first value of each kind, and the parts of its e-mail address."""
    usable = keys.filter(keys.key.notnull())
    values = {kind: usable.key.min(where=usable.kind == kind) for kind in ("email", "phone", "device", "loyalty_card")}
    wide = (
        usable.group_by(ACCOUNT_COLUMNS)
        .aggregate(**values)
        .join(accounts.select(*ACCOUNT_COLUMNS, "component"), ACCOUNT_COLUMNS)
    )
    names = wide.email.re_replace(r"@.*$", ""), wide.email.re_replace(r"^.*@", "")
    numbered = wide.mutate(
        name=names[0],
        domain=names[1],
        unique_id=ibis.row_number().over(ibis.window(order_by=ACCOUNT_COLUMNS)),
        # Hashed addresses have no name to compare.
        ending=wide.email.contains("@").ifelse(names[0].right(_SURE), ibis.null("string")),
    )
    return numbered.order_by(ACCOUNT_COLUMNS)


def _predict(splink: Any, people: pa.Table, threshold: float) -> pd.DataFrame:  # noqa: ANN401
    import duckdb

    connection = duckdb.connect()
    connection.register("arrived", people)
    connection.execute(
        "CREATE TABLE people AS SELECT *, domain || list_aggregate(list_sort(string_split(name, '')), 'string_agg', '')"
        " AS letters, domain || ending AS tail FROM arrived"
    )
    with without_warnings():
        model = _correct(_train(splink, connection))
        linker = splink.Linker(splink.DuckDBAPI(connection).register("people"), model, log_level=logging.ERROR)
        matches = linker.inference.predict(threshold_match_probability=threshold)
        frame = matches.as_pandas_dataframe()
    return frame[["unique_id_l", "unique_id_r", "component_l", "component_r", "match_probability"]]


def _train(splink: Any, connection: Any) -> dict[str, Any]:  # noqa: ANN401
    linker = splink.Linker(splink.DuckDBAPI(connection).register("people"), _settings(splink), log_level=logging.ERROR)
    exact = [splink.block_on("email"), splink.block_on("phone")]
    linker.training.estimate_probability_two_random_records_match(exact, recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED, seed=1)
    for rule in (splink.block_on("phone"), splink.block_on("email")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    trained: dict[str, Any] = linker.misc.save_model_to_json()
    return trained


def _correct(model: dict[str, Any]) -> dict[str, Any]:
    """Take the matches out of how often e-mails of different people agree.

    Random pairs hold matches, too, and e-mails of different people agree so rarely that those would be nearly all of
    the agreement counted. Other kinds are left as they are: a family does share devices. What never happened in the
    sample may be as frequent as three in its size (the rule of three).
    """
    prior = model["probability_two_random_records_match"]
    for comparison in model["comparisons"]:
        for level in comparison["comparison_levels"] if comparison["output_column_name"] == "email" else ():
            if level.get("u_probability") is not None and level.get("m_probability") is not None:
                others = (level["u_probability"] - prior * level["m_probability"]) / (1 - prior)
                level["u_probability"] = max(others, 3 / SAMPLED)
    return model


def _settings(splink: Any) -> Any:  # noqa: ANN401
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons

    email = comparisons.CustomComparison(
        output_column_name="email",
        comparison_levels=[
            levels.NullLevel("email"),
            levels.ExactMatchLevel("email"),
            levels.CustomLevel(_TYPED, label_for_charts="one typing error"),
            levels.CustomLevel(_INSIDE, label_for_charts="one name ends with the other"),
            levels.CustomLevel(_ALIKE, label_for_charts="names alike"),
            levels.ElseLevel(),
        ],
    )
    return splink.SettingsCreator(
        link_type="dedupe_only",
        comparisons=[email, *(comparisons.ExactMatch(kind) for kind in ("phone", "device", "loyalty_card"))],
        blocking_rules_to_generate_predictions=[
            splink.block_on("letters"), splink.block_on("tail"), splink.block_on("phone"), splink.block_on("device"),
        ],
        additional_columns_to_retain=["component"],
    )  # fmt: skip


def _two_rows(people: pa.Table, frame: pd.DataFrame) -> pa.Table:
    """Write each pair as two rows with one value."""
    frame = frame[frame["component_l"] != frame["component_r"]].reset_index(drop=True)
    names = people.select(["unique_id", *ACCOUNT_COLUMNS]).to_pandas().set_index("unique_id")
    value = frame["unique_id_l"].astype(str) + "-" + frame["unique_id_r"].astype(str)
    sides = [names.loc[frame[f"unique_id_{side}"]].reset_index(drop=True).assign(value=value) for side in ("l", "r")]
    columns = {name: [text for side in sides for text in side[name]] for name in (*ACCOUNT_COLUMNS, "value")}
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
