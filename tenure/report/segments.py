"""Sections of the report about groups: where value sits, who moved, how steady groups are, who the best are."""

from __future__ import annotations

import pandas as pd

from tenure.jobs.ageing import ageing
from tenure.jobs.experience import find_experience
from tenure.jobs.matrix import find_matrix
from tenure.jobs.pareto import find_pareto
from tenure.jobs.segment_study import BEST, STUDY_TABLES, study
from tenure_decisions.findings import Findings
from tenure_features import Shop
from tenure_features.families.catalogue import Catalogue
from tenure_serving.findings import section
from tenure_serving.language import ENGLISH, Language
from tenure_serving.report import Section
from tenure_serving.score_tables import Scores
from tenure_serving.scorer import Scorer
from tenure_serving.segments.findings import TITLE, ageing_findings, movement_findings
from tenure_serving.segments.movement import Movement, count_movement


def segment_sections(
    shop: Shop,
    scorer: Scorer,
    scores: pd.DataFrame,
    previous: Scores | None,
    *,
    catalogue: Catalogue,
    language: Language = ENGLISH,
) -> tuple[Section, ...]:
    """Build every section about groups that a run can show.

    Parameters
    ----------
    shop
        What the scores were made of; order lines and customers among its tables are profiled.
    scorer
        The model behind the scores.
    scores
        The score table of the run.
    previous
        Scores of an earlier moment, if any.
    catalogue
        The features that were computed.
    language
        Of every word.
    """
    segmenter, currency = scorer.segmenter, scorer.bundle.info.currency or ""
    moved = None if previous is None else count_movement(previous.table, scores, order=segmenter.playbook.names)
    days = int(scores["horizon_days"].iloc[0])
    aged = ageing(shop, scorer, scores, catalogue=catalogue, profile=segmenter.playbook.columns)
    subjects = [
        find_pareto(scores, economics=segmenter.if_buys.economics, shop=shop, days=days, currency=currency),
        steadiness(moved, aged, margin=segmenter.margin, currency=currency),
    ]
    experience = find_experience(shop, scores)
    subjects += [] if experience is None else [experience]
    crossed = find_matrix(shop, scores, currency=currency)
    subjects += [] if crossed is None else [crossed]
    if set(STUDY_TABLES) & set(shop.tables) and 0 < (scores[BEST[0]] == BEST[1]).sum() < len(scores):
        subjects.append(study(shop, scores, currency=currency))
    return tuple(section(subject, language=language) for subject in subjects)


def steadiness(moved: Movement | None, aged: pd.DataFrame | None, *, margin: float, currency: str) -> Findings:
    """Say who moved since the previous scores, and how steady groups are when nothing happens."""
    parts = {} if aged is None else {"ageing": ageing_findings(aged, margin=margin)}
    if moved is not None:
        return movement_findings(moved, currency=currency, parts=parts)
    lead = "Groups change when customers do something, and when they do nothing for long."
    return Findings(subject="steadiness", title=TITLE, lead=lead, parts=parts)
