"""Why customers leave, in the report: the one to call first, step by step, and what moves everybody."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tenure_features.families.feature import FeatureDescription
from tenure_serving import charts
from tenure_serving.language import ENGLISH, Language
from tenure_serving.report.sections import ChartBlock, Section
from tenure_serving.report.summary import first_to_call, with_money
from tenure_serving.shap_explanation import row_of, swarm_dots, waterfall_steps
from tenure_training.models.contract import Contributions


def explanation_sections(
    contributions: Contributions | None,
    present: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    catalogue: Sequence[FeatureDescription],
    currency: str,
    language: Language = ENGLISH,
    record: pd.DataFrame | None = None,
) -> tuple[Section, ...]:
    """Show explanations of single customers; nothing where the model has no additive form.

    Parameters
    ----------
    contributions
        Of the rows of ``present``.
    present
        The snapshot that was scored.
    scores
        Its score table.
    catalogue
        What the features mean.
    currency
        Unit of amounts.
    language
        Of every word.
    record
        What customers did so far, as the list of whom to call first takes it.
    """
    if contributions is None or present.empty:
        return ()
    blocks = [
        ChartBlock(
            charts.beeswarm(swarm_dots(contributions, present, catalogue), language=language),
            language.gettext("What each of the strongest terms adds to the odds of leaving, one dot per customer"),
            wide=True,
        )
    ]
    urgent = first_to_call(with_money(scores, record), rows=1)
    if len(urgent):
        customer = str(urgent["customer_id"].iloc[0])
        steps = waterfall_steps(contributions, present, catalogue, row=row_of(present, customer))
        label = language.gettext(
            "Steps from an undecided customer to the churn probability of {customer}", customer=customer
        )
        chart = charts.waterfall(steps, customer=customer, currency=currency, language=language)
        blocks.insert(0, ChartBlock(chart, label, wide=True))
    lead = language.gettext(
        "The steps of a customer multiply to exactly the churn probability in the score table: nothing is left out."
    )
    return (Section(language.gettext("Why, customer by customer"), lead, blocks),)
