"""Unit and meaning of the columns of standing tests, and of what a contact does to money."""

from __future__ import annotations

from collections.abc import Mapping

from tenure_decisions.glossary import CAMPAIGN_TERMS, UPLIFT_TERMS, Term

STANDING_TERMS: Mapping[str, Term] = {
    "group": Term("-", "of customers, as the configuration names it"),
    "tactic": Term("-", "what is tried"),
    "campaign": Term("-", "name of the test in the assignments"),
    "arm": Term("-", "as drawn"),
    "customers": Term("customers", "assigned to the arm in this call; of a proposal, in the group"),
    "opened_at": Term("date", "when the test began"),
    "closed_at": Term("date", "when it was decided, or its last window closed"),
    "assigned": Term("customers", "in all arms so far"),
    "share": Term("share", "of newcomers who get the tactic now"),
    "measured": Term("customers", "in both arms whose window has closed"),
    "control": CAMPAIGN_TERMS["control"],
    "difference": Term("as the metric", "against control, with the interval that holds at every look"),
    "outcome": CAMPAIGN_TERMS["outcome"],
    "sentence": CAMPAIGN_TERMS["sentence"],
    "believed_lift": Term("share", "of the metric, after all tests of the tactic here and elsewhere; 80 % interval"),
    "gain": Term("money per customer", "believed_lift x expected value within the window - contact and offer"),
    "seen_gain": Term(
        "money per customer",
        "the same by the lift that the last test alone saw: the best of several tests "
        "are so by luck as well, and gain has that taken off",
    ),
    "information": Term("money", "expected value of a test: what deciding by its result brings, over the group once"),
    "test_cost": Term("money", "what the customers of the test are expected to lose by it"),
    "worth_trying": Term("yes or no", "information lies above test_cost, and the tactic is not decided here"),
    "running": Term("yes or no", "the group has a test at the moment"),
}

MONEY_TERMS: Mapping[str, Term] = {
    "arm": UPLIFT_TERMS["arm"],
    "money": Term("-", "what money is: margin where the cost of goods is known; the cost of serving orders taken off"),
    "lift": Term("share", "mean gain over the mean of the same customers left alone, as measured, with its interval"),
    "believed": Term("share", "lift after the trial: .1 give or take .1 moved to what was measured"),
    "told_apart": Term("-", "whether what was learned of single customers counts beside the same lift for all"),
}  # fmt: skip
