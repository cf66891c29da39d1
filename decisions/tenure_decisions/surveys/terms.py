"""Unit and meaning of the columns of surveys."""

from __future__ import annotations

from collections.abc import Mapping

from tenure_decisions.glossary import Term

SURVEY_TERMS: Mapping[str, Term] = {
    "group": Term("-", "of the scores; everybody is all groups together, each by its number of customers"),
    "customers": Term("customers", "in the group who may be asked"),
    "way": Term("-", "mail, or an interview where the group is small"),
    "questions": Term("questions", "meant for the group"),
    "asked": Term("customers", "in the sample"),
    "expected_answers": Term("answers", "asked x the share that answers"),
    "needed": Term("answers", "for the margin that is wanted"),
    "expected_margin": Term("share", "half width of the interval of a share of a half, with the expected answers"),
    "answered": Term("customers", "of the sample who answered anything"),
    "response": Term("share", "answered / asked"),
    "effective": Term("answers", "as many answers of equal weight would be as exact (Kish)"),
    "topic": Term("-", "demography, reason, obstacle, product or service"),
    "question": Term("-", "its id"),
    "answer": Term("-", "the option"),
    "answers": Term("customers", "of the group who answered the question"),
    "share": Term("share", "of them, weighted for those who did not answer; Wilson's 95 % interval of the effective "
                  "number of answers"),
    "elsewhere": Term("share", "of the other groups"),
    "p_adjusted": Term("p", "of the difference to the other groups, Benjamini and Hochberg's over all rows"),
    "stands_out": Term("-", "more or less often than elsewhere where p_adjusted is under .05"),
    "rank": Term("rank", "the most frequent first"),
    "mean": Term("1 to 5", "weighted"),
    "nps": Term("points, -100 to 100", "% of 9 and 10 less % of 0 to 6, weighted"),
    "promoters": Term("share", "answers of 9 and 10"),
    "detractors": Term("share", "answers of 0 to 6"),
}  # fmt: skip
