"""Why customers leave, in the report: the one to call first, step by step, and what moves everybody."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tenure_features.families.feature import FeatureDescription
from tenure_serving import charts
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
    """
    if contributions is None or present.empty:
        return ()
    blocks = [
        ChartBlock(
            charts.beeswarm(swarm_dots(contributions, present, catalogue)),
            "What each of the strongest terms adds to the odds of leaving, one dot per customer",
        )
    ]
    urgent = first_to_call(with_money(scores), rows=1)
    if len(urgent):
        customer = str(urgent["customer_id"].iloc[0])
        steps = waterfall_steps(contributions, present, catalogue, row=row_of(present, customer))
        label = f"Steps from an undecided customer to the churn probability of {customer}"
        blocks.insert(0, ChartBlock(charts.waterfall(steps, customer=customer, currency=currency), label))
    lead = "All terms of a customer together are exactly the log-odds of the churn probability in the score table."
    return (Section("Why, customer by customer", lead, blocks),)
