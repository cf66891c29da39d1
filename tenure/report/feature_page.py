"""The page of the catalogue, ``docs/features.md``, written from the catalogue itself."""

from __future__ import annotations

from tenure_features import Catalogue
from tenure_features.tables.contract import Contract
from tenure_features.tables.contracts import TABLES

_PLACES = {"orders": "the orders", "order_details": "the orders' optional columns", "calendar": "the calendar"}
"""What is no table of its own; a table goes by its name."""

_HEAD = """# The features

{count} features in {families} families, each a number per customer, computed from rows strictly before `as_of`. Written
from the catalogue by `tenure features --page docs/features.md`; the same list in a terminal: `tenure features --list`.

- A feature needs its table, and where one is named its optional column; without them it is left out, and `tenure run`
  says so once. Counts are 0 for a customer without rows; what is not defined is missing.
- Beside these, texts of `customers` (region, gender, acquisition channel, and any column you map) become one feature
  per frequent level, `acquisition_channel=paid_search`: at most {most} levels, each of at least {least:.0%} of the
  customers known at the moment of training. The levels are stored with the model; a level it has not seen is 0 in all
  of them. Numbers beyond the contract enter as `customers.NAME`.
- Features of the calendar speak of the days of the window to predict: holidays of a country, the season, and the
  numbers of a table of yours (`calendar.NAME`, summed over the window). They are all that is read of the future, and
  need `[calendar]` in `tenure.toml`. Models look at them where the history covers two years and the horizon (or as
  `in_models` says): a season seen once cannot be told from a trend. Then the windows of the same season one and two
  years ago join the training.
- A feature of your own is one decorated function in a file: `tenure run --features my_features.py`
  ([notebook](../notebooks/03_own_features.ipynb)).
"""


_TABLES = """## The tables

What they are read from, and what the economics read beside. A column in bold must be there.

| table | a row is | columns |
|---|---|---|"""


def feature_page(features: Catalogue) -> str:
    """Write the page as Markdown."""
    from tenure_features.families.profile_features import LEAST_SHARE, MOST_LEVELS

    families = list(dict.fromkeys(feature.family for feature in features))
    parts = [_HEAD.format(count=len(features), families=len(families), most=MOST_LEVELS, least=LEAST_SHARE)]
    for family in families:
        parts.append(f"## {family.capitalize() if family != 'adbt' else 'ADBT'}\n")
        parts.append("| feature | unit | what | from |\n|---|---|---|---|")
        for feature in (feature for feature in features if feature.family == family):
            columns, place = (
                "".join(f", `{column}`" for column in feature.columns),
                _PLACES.get(feature.table, f"`{feature.table}`"),
            )
            parts.append(f"| `{feature.name}` | {feature.unit} | {feature.meaning} | {place}{columns} |")
        parts.append("")
    return "\n".join([*parts, _TABLES, *map(_table_line, TABLES.values()), ""])


def _table_line(table: Contract) -> str:
    columns = (f"**{name}**" if column.required else name for name, column in table.columns.items())
    further = ", and columns of your own" if table.open else ""
    return f"| `{table.name}` | {table.row} | {', '.join(columns)}{further} |"
