"""Glossary: the unit and the definition of every number of the decision tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Term:
    """What a column means; where ``<name>_low`` and ``<name>_high`` exist, they are its interval."""

    unit: str
    meaning: str


SCORED_CLV_TERMS: Mapping[str, Term] = {
    "contribution_to_date": Term("money per customer", "what the customers have brought until as_of, by their scores, "
                                 "returns and discounts off, and costs where they are known"),
    "clv_to_come": Term("money per customer", "the same, expected from as_of on over the lifetime the scores state"),
    "clv_before_cac": Term("money per customer", "contribution_to_date + clv_to_come, before the cost of acquisition"),
    "clv_net": Term("money per customer", "clv_before_cac - cac"),
}  # fmt: skip

CHANNEL_TERMS: Mapping[str, Term] = {
    "rule": Term("-", "how credit is given: the first touch, or the last one before the first order; for customers and "
                 "for money alike"),
    "channel": Term("-", "acquisition channel; 'unattributed' where none is known, 'all' the whole shop"),
    "new_customers": Term("customers", "first order within the window"),
    "spend": Term("money", "media money within the window"),
    "other_costs": Term("money", "other costs of acquisition within the window, overhead included"),
    "paid_cac": Term("money per customer", "spend / new customers of the channel; of 'all': spend / new customers of "
                     "the channels that have spend"),
    "blended_cac": Term("money per customer", "all spend / all new customers, paid or not"),
    "loaded_cac": Term("money per customer", "(spend + other costs) / new customers"),
    "cac": Term("money per customer", "the cost every ratio uses: loaded where other costs are given, else paid; of "
                "'all' per new customer, paid or not"),
    "marginal_cac": Term("money per customer", "what one more customer costs at the spend of the last 13 weeks: 1 / "
                         "slope of the response curve"),
    "payback": Term("months of 30 days", "first month of age at whose end the mean cumulative value of a customer "
                    "reaches cac; 'not yet' within the months observed is a value of its own"),
    "retention": Term("share", "of customers first seen 180 days ago or earlier: an order in days 90 to 180 of age"),
    "repeat": Term("share", "of customers first seen 90 days ago or earlier: a second order within 90 days"),
    "engagement": Term("events per customer", "what customers did (visits, carts, opens, clicks) in the last 30 days"),
    "churn": Term("probability", "mean predicted probability of no order within the horizon of the scores"),
    "payback_status": Term("-", "'paid back', 'not yet', or why neither can be said"),
    "payback_month": Term("months of 30 days", "the month of payback as a number, and its interval"),
    "observed_months": Term("months of 30 days", "age until which payback could be seen"),
    **SCORED_CLV_TERMS,
}  # fmt: skip

CLV_TERMS: Mapping[str, Term] = {
    "rule": CHANNEL_TERMS["rule"],
    "channel": CHANNEL_TERMS["channel"],
    "days": Term("days", "age since the first order"),
    "mature": Term("customers", "those who have reached the age"),
    "observed": Term("money per customer", "mean value until the age, over mature customers only, before cac"),
    "observed_cac": Term("money per customer", "cac of the days on which those mature customers came"),
    "observed_net": Term("money per customer", "observed - observed_cac"),
    "predicted": Term("money per customer", "mean value until the age over all new customers: what each has brought, "
                      "and the rest as expected, before cac"),
    "predicted_net": Term("money per customer", "predicted - cac"),
    "ltv_cac": Term("ratio", "predicted / cac: value before the cost of acquisition over that cost, the classic ratio "
                    "of the 3:1 rule"),
}  # fmt: skip

COHORT_TERMS: Mapping[str, Term] = {
    "cohort": Term("-", "when the first order was, or the value of the column"),
    "age": Term("periods", "since each customer's own first order, which is in period 0"),
    "customers": Term("customers", "in the cohort"),
    "cohorts": Term("cohorts", "averaged at the age: those that are mature"),
    "observed": Term("customers", "of them lived through the whole period; every rate of the row is over these"),
    "mature": Term("yes or no", "the period has closed for the whole cohort; others never enter the summary"),
    "active": Term("customers", "observed customers with an order of positive revenue in the period"),
    "orders": Term("orders", "of positive revenue in the period, of the observed customers"),
    "revenue": Term("money", "net revenue in the period, of the observed customers"),
    "value": Term("money", "value in the period, of the observed customers, before the cost of acquisition"),
    "retention": Term("share", "observed customers with an order of positive revenue in the period"),
    "orders_per_customer": Term("orders per customer", "orders of positive revenue in the period"),
    "revenue_per_customer": Term("money per customer", "net revenue in the period"),
    "value_per_customer": Term("money per customer", "value in the period, before the cost of acquisition"),
    "cumulative_value": Term("money per customer", "value until the end of the period"),
    "predicted": Term("money per customer", "cumulative value expected at an age the cohort has not reached"),
}

GROWTH_TERMS: Mapping[str, Term] = {
    "channel": CHANNEL_TERMS["channel"],
    "month": Term("-", "calendar month of the first order"),
    "complete": Term("yes or no", "the whole month lies in the window"),
    "spend": Term("money", "media money of the month"),
    "lever": Term("-", "what is changed by one point, everything else as it is"),
    "change": Term("-", "by how much"),
    "customers": Term("customers", "C: first order in the window, or in the month"),
    "value_before_cac": Term(
        "money per customer", "predicted value until the age stated, before the cost of acquisition"
    ),
    "cac": Term("money per customer", "cost of acquisition over new customers, the same ones"),
    "value_net": Term("money per customer", "value_before_cac - cac"),
    **SCORED_CLV_TERMS,
    "g_before": Term("customers", "C x clv_before_cac / cac; with value_before_cac where scores carry no CLV"),
    "g_net": Term("customers", "C x clv_net / cac; with value_net where scores carry no CLV"),
    "gain_per_customer": Term("money per customer", "change of value_net by one point of the lever"),
    "gain": Term("money", "the same over all new customers"),
    "g_before_gain": Term("customers", "change of g_before by one point of the lever"),
    "g_net_gain": Term("customers", "change of g_net by one point of the lever"),
}

BUDGET_TERMS: Mapping[str, Term] = {
    "channel": CHANNEL_TERMS["channel"],
    "least": Term("money per week", "lower bound of the proposal"),
    "most": Term("money per week", "upper bound of the proposal"),
    "direction": Term("-", "more, less or hold"),
    "reason": Term("-", "what the reading rests on"),
    "spend": Term("money per week", "a point of the response curve"),
    "customers": Term("customers per week", "new customers expected at the spend"),
    "seen": Term("yes or no", "spend up to the most that was ever spent in a week"),
    "spend_now": Term("money per week", "mean of the last 13 weeks"),
    "spend_then": Term("money per week", "proposed"),
    "value": Term("money per customer", "predicted value of a new customer, before the cost of acquisition"),
    "average_return": Term("ratio", "value of the customers of a week / spend of the week, customers who would come "
                           "anyway included"),
    "marginal_return": Term("ratio", "value that the next unit of money brings, at the spend now"),
    "marginal_then": Term("ratio", "the same at the spend proposed"),
    "customers_now": Term("customers per week", "expected at the spend now, season averaged out"),
    "customers_then": Term("customers per week", "expected at the spend proposed"),
    "reading": Term("-", "estimate, or direction only: under a year of weekly spend, or spend that never varied"),
    "extrapolated": Term("yes or no", "the proposal lies beyond any weekly spend seen"),
    "gain": Term("money per week", "value of the split proposed less that of the present one, less further spend"),
    "chance": Term("probability", "that the proposal brings more than the present split"),
    "marginal_total": Term("ratio", "what the last unit of money returns; below 1 it costs more than it brings"),
    "best_total": Term("money per week", "total at which the last unit just pays for itself, within the bounds"),
}  # fmt: skip

GROUP_TERMS: Mapping[str, Term] = {
    "group": Term("-", "its name in the model"),
    "label": Term("-", "its name in the language asked for"),
    "customers": Term("customers", "in the group"),
    "share": Term("share", "of all customers scored"),
    "churn": Term("probability", "mean probability of no order within the horizon"),
    "expected_value": Term("money", "expected of all customers of the group within the horizon"),
    "money_at_risk": Term("money", "what the risk of leaving takes from it"),
    "warned": Term("customers", "whose spend or visits fell, who complained, or are detractors"),
    "goal": Term("-", "what the playbook wants for the group"),
    "next_step": Term("-", "what to do first"),
    "works": Term("-", "the arm that brought most where it is known to work, see what campaigns taught"),
}

PARETO_TERMS: Mapping[str, Term] = {
    "share_of_customers": Term("share", "the most valuable first"),
    "customers": Term("customers", "so many, rounded up"),
    "value": Term("money", "sum of their value"),
    "share_of_value": Term("share", "of the value of everybody, losses included"),
}

PARETO_SIDE_TERMS: Mapping[str, Term] = {
    "share_of_customers": PARETO_TERMS["share_of_customers"],
    "customers": PARETO_TERMS["customers"],
    "realised_revenue": Term("share", "of all revenue until as_of, brought by the best by it"),
    "realised_profit": Term("share", "of all contribution_to_date until as_of, brought by the best by it"),
    "expected_revenue": Term("share", "of all revenue expected within the horizon, brought by the best by it"),
    "expected_profit": Term("share", "of all contribution to come (clv_to_come), brought by the best by it"),
    "best_by_both": Term("share", "of the best by realised revenue, among as many best by realised profit"),
}

EXPERIENCE_TERMS: Mapping[str, Term] = {
    "grouping": Term("-", "what the groups are groups of; shop is everybody"),
    "group": Term("-", "its name"),
    "kpi": Term("-", "what is measured"),
    "unit": Term("-", "of value, before and change"),
    "rows": Term("rows", "answers, tickets or orders in the last period"),
    "customers": Term("customers", "behind them"),
    "value": Term("as the unit says", "in the last period; interval from a bootstrap over customers"),
    "rows_before": Term("rows", "answers, tickets or orders in the period before"),
    "before": Term("as the unit says", "in the period before"),
    "change": Term("as the unit says", "value - before, with its interval"),
    "p_value": Term("p", "of the change, normal with the error of the bootstrap"),
    "p_adjusted": Term("p", "Benjamini and Hochberg's over all rows"),
    "moved": Term("-", "better or worse where p_adjusted is under .05"),
    "nps": Term("points, -100 to 100", "% of promoters - % of detractors"),
    "promoters": Term("% of answers", "NPS answers of 9 and 10"),
    "detractors": Term("% of answers", "NPS answers of 0 to 6"),
    "ces": Term("1 to 7", "mean answer to how easy it was"),
    "csat": Term("1 to 5", "mean satisfaction"),
    "review": Term("1 to 5", "mean review"),
    "tickets_resolved": Term("% of tickets", "opened in the period and resolved by its end"),
    "days_to_resolve": Term("days", "median until a ticket is resolved, open ones counted as not yet"),
    "return_rate": Term("% of money", "of returns over that of orders"),
}

MATRIX_TERMS: Mapping[str, Term] = {
    "attribute": Term("-", "region, or the category or brand the customer spends most on"),
    "group": Term("-", "of the scores"),
    "level": Term("-", "its value"),
    "customers": Term("customers", "of the group with the level"),
    "revenue": Term("money", "what they have brought so far"),
    "share": Term("share", "of the group's customers whose level is known; Wilson's 95 % interval"),
    "expected_share": Term("share", "what it would be if group and level had nothing to do with each other"),
    "expected": Term("customers", "likewise"),
    "p_value": Term("p", "Fisher's exact, the cell against the rest"),
    "p_adjusted": Term("p", "Benjamini and Hochberg's over all cells tested"),
    "represented": Term("-", "over or under where p_adjusted is under .05; too small where under five are expected"),
}

ATTACHMENT_TERMS: Mapping[str, Term] = {
    "campaign": Term("-", "of the last e-mail clicked, else opened, in the 30 days before the first order"),
    "cohort": Term("-", "month of the first order"),
    "customers": Term("customers", "new ones whose window after the first order has closed"),
    "open": Term("customers", "new ones whose window has not; they count nowhere else"),
    "repeat": Term("customers", "of those, with a second order within the window"),
    "share": Term("share", "repeat / customers; Wilson's 95 % interval"),
    "others_share": Term("share", "of the other new customers of the same months, weighted to these months"),
    "lift": Term("ratio", "of both shares, Mantel and Haenszel's over months; 95 % interval"),
    "revenue_per_customer": Term("money per customer", "net, until the end of the window"),
    "p_value": Term("p", "Cochran, Mantel and Haenszel's over months"),
    "p_adjusted": Term("p", "Benjamini and Hochberg's over campaigns"),
    "verdict": Term("-", "repeat customers or one-timers where p_adjusted is under .05; too few under 20 customers"),
}

MOVEMENT_TERMS: Mapping[str, Term] = {
    "group": Term("-", "at either moment"),
    "from_group": Term("-", "at the earlier moment; (newcomers) had no score"),
    "to_group": Term("-", "now; (no longer scored) have none"),
    "customers": Term("customers", "who went this way"),
    "value_before": Term("money", "expected value then"),
    "value_after": Term("money", "expected value now"),
    "gained": Term("money", "sum of the rises of expected value of single customers"),
    "lost": Term("money", "sum of the falls"),
    "before": Term("customers", "in the group then"),
    "stayed": Term("customers", "in the group at both moments"),
    "arrived": Term("customers", "in the group now and not then"),
    "left": Term("customers", "in the group then and not now"),
    "after": Term("customers", "in the group now"),
}

AGEING_TERMS: Mapping[str, Term] = {
    "column": Term("-", "what the groups are groups of"),
    "customers": Term("customers", "scored again after days without any order"),
    "changed": Term("customers", "in another group by the borders alone"),
    "share": Term("share", "of the customers, changed"),
    "changed_held": Term("customers", "in another group when the scores of now are given as the previous ones"),
    "share_held": Term("share", "of the customers, changed_held"),
}

PROFILE_TERMS: Mapping[str, Term] = {
    "attribute": Term("-", "what is known of customers"),
    "level": Term("-", "its value"),
    "in_group": Term("customers", "of the group with the level"),
    "group_share": Term("share", "of the group with the level"),
    "outside": Term("customers", "outside the group with the level"),
    "outside_share": Term("share", "of customers outside, weighted to order as often as the group, with the level"),
    "lift": Term("ratio", "group_share / outside_share among customers of as many orders; 95 % interval"),
    "p_value": Term("p", "Cochran, Mantel and Haenszel's over numbers of orders"),
    "p_adjusted": Term("p", "Benjamini and Hochberg's over all rows"),
    "represented": Term("-", "over or under where p_adjusted is under .05"),
}

MET_EARLY_TERMS: Mapping[str, Term] = {
    "level": Term("-", "brand or category met in the first days"),
    "met": Term("customers", "who met it early"),
    "others": Term("customers", "who did not"),
    "value_met": Term("money per customer", "later value of those who met it"),
    "value_others": Term("money per customer", "later value of the others"),
    "difference": Term("money per customer", "of the two, as it is"),
    "compared": Term("customers", "who met it and have somebody to be compared with"),
    "adjusted": Term("money per customer", "difference among customers alike in breadth, early revenue and channel"),
    "p_value": Term("p", "of the adjusted difference"),
    "p_adjusted": Term("p", "Benjamini and Hochberg's over all rows"),
    "verdict": Term("-", "toxic or good where p_adjusted is under .05"),
}

IDEAL_TERMS: Mapping[str, Term] = {
    "rule": Term("-", "a filter in SQL over what is known after the first order"),
    "customers": Term("customers", "who match it, of those it was not learned from"),
    "coverage": Term("share", "of those, who match it"),
    "top": Term("customers", "who match it and are in the high value tier"),
    "top_share": Term("share", "of who match it, in the high value tier"),
    "lift": Term("ratio", "top_share / the share among who do not match it, with its interval"),
    "captured": Term("share", "of the high value tier, who match it"),
    "holds": Term("yes or no", "the whole interval of the lift lies above 1"),
    "customer_id": Term("-", "high-value customers who match a rule that holds, the most valuable first"),
}

BREAK_EVEN_TERMS: Mapping[str, Term] = {
    "segment": Term("-", "everybody of it is contacted"),
    "customers": Term("customers", "in the group"),
    "would_leave": Term("customers", "sum of the churn probabilities"),
    "money_at_risk": Term("money", "what the risk of leaving takes"),
    "cost": Term("money", "of the contacts, and of the offers that those take who would have stayed"),
    "break_even": Term("share", "of would-be leavers who must stay for contact to pay; missing where all are too few"),
}

CHECK_TERMS: Mapping[str, Term] = {
    "seen": Term("-", "ok, LEAK, or - where there was nothing to check"),
    "check": Term("-", "its name"),
    "question": Term("-", "what it asks"),
    "verdict": Term("-", "passed, failed or not applicable"),
    "evidence": Term("-", "what was seen"),
}

DATE_TERMS: Mapping[str, Term] = {
    "origin": Term("date", "the moment the dates were predicted at"),
    "customers": Term("customers", "with two orders or more"),
    "ordered": Term("customers", "of them ordered within the window"),
    "concordance": Term("share of 1", "of pairs of whom it is known who ordered first, dated in that order"),
    "adbt_concordance": Term("share of 1", "the same by the last order plus ADBT"),
    "error_days": Term("days", "median distance of the date from the order"),
    "adbt_error_days": Term("days", "the same by the last order plus ADBT"),
    "coverage_80": Term("share", "of the 80 % intervals that hold the order"),
}

LINKING_TERMS: Mapping[str, Term] = {
    "figure": Term("-", "what is counted"),
    "before": Term("as the figure says", "counted by source id"),
    "after": Term("as the figure says", "counted by customer"),
    "way": Term("-", "by source id, or by customer"),
    "orders": Term("-", "a band of numbers of orders"),
    "place": Term("rank", "of the band"),
    "share": Term("share", "of the customers, in the band"),
    "ids": Term("-", "whether a customer has one source id or several"),
    "customers": Term("customers", "scored"),
    "expected_value": Term("money per customer", "mean within the horizon"),
    "churn_probability": Term("probability", "mean probability of no order within the horizon"),
}

CAMPAIGN_TERMS: Mapping[str, Term] = {
    "outcome": Term("-", "win, loss, no difference worth having, not enough data or broken test"),
    "sentence": Term("-", "the verdict with its conditions"),
    "metric": Term("-", "retention: 1 with an order of positive revenue within the window; orders, revenue and margin "
                   "within it; profit: margin less contact and offer; clv: contribution since the assignment and what "
                   "scores made afterwards expect; capped: money cut off at its 99th percentile"),
    "arm": Term("-", "compared with control, as assigned"),
    "group": Term("-", "customers alike before the assignment"),
    "customers": Term("customers", "assigned to the arm whose window has closed; of a group or a look, in both arms"),
    "in_control": Term("customers", "assigned to control whose window has closed"),
    "control": Term("as the metric", "mean of a customer of control, adjusted by the covariate"),
    "treatment": Term("as the metric", "mean of a customer of the arm, adjusted by the covariate"),
    "difference": Term("as the metric", "treatment - control per customer; in groups drawn to all as it is noise"),
    "always": Term("as the metric", "interval of the difference that holds at every look, and for all arms at once"),
    "lift": Term("share", "treatment / control - 1"),
    "p_value": Term("ratio", "probability of so large a difference in a test without effect"),
    "adjusted_p": Term("ratio", "p_value for the number of comparisons (Benjamini and Hochberg): arms of the metric "
                       "the test was made for are a family, everything else is the other one"),
    "error": Term("as the metric", "standard error of the difference"),
    "unadjusted": Term("as the metric", "the difference without a covariate"),
    "covariate": Term("-", "what takes variance away: the days before the assignment (CUPED), with predictions given "
                      "those as well (CUPAC)"),
    "variance_saved": Term("share", "of the variance of the difference that the covariate takes away"),
    "seen": Term("as the metric", "difference in the group alone"),
    "until": Term("date", "windows closed until then"),
    "profit_per_customer": Term("money per customer", "profit of a customer of the arm less that of one of control"),
    "incremental_profit": Term("money", "the same times the customers of the arm"),
    "check": Term("-", "what must hold of a fair test"),
    "reading": Term("-", "what was seen"),
    "limit": Term("ratio", "the analysis stops where p_value is below"),
    "stops": Term("-", "whether the check stops the analysis"),
}  # fmt: skip

DESIGN_TERMS: Mapping[str, Term] = {
    "metric": CAMPAIGN_TERMS["metric"],
    "mean": Term("as the metric", "of a customer of the population one window ago, over the window since"),
    "deviation": Term("as the metric", "standard deviation of the same"),
    "variance_saved": CAMPAIGN_TERMS["variance_saved"],
    "detectable_lift": Term(
        "share", "smallest lift that the population shows with a power of 80 %, the past taken out"
    ),
    "detectable_lift_unadjusted": Term("share", "the same without the past"),
    "needed": Term("customers", "in all arms together, to see the smallest lift worth having, the past taken out"),
    "needed_unadjusted": Term("customers", "the same without the past"),
    "needed_in_smallest_arm": Term("customers", "of these in the smallest arm beside control"),
    "arm": Term("-", "as drawn"),
    "customers": Term("customers", "assigned to the arm"),
}

UPLIFT_TERMS: Mapping[str, Term] = {
    "arm": Term("-", "compared with control, as assigned"),
    "ranking": Term("-", "whom to contact first: a learner's uplift, or a plain order"),
    "qini": Term("as the metric", "per customer of the arm: area between the Qini curve and that of a random order"),
    "auuc": Term("as the metric", "per customer: area under difference of means up to a share, times the share"),
    "over_risk": Term("as the metric", "Qini less that of contacting the highest risk first"),
    "slope": Term("ratio", "measured over predicted difference in uplift: 1 is calibrated, 0 is no telling apart"),
    "decile": Term("-", "tenth of the customers, highest predicted uplift first"),
    "kind": Term("-", "persuadable: uplift from .02 on; sleeping dog: below 0; others order alone, or do not at all"),
    "customers": Term("customers", "of the trial, in the arm or in control"),
    "predicted": Term("as the metric", "mean uplift said by models that saw neither the customer nor anything later"),
    "measured": Term("as the metric", "mean doubly robust score of the same customers, with its interval"),
    "contacted": Term("share", "of the customers, the first of the ranking"),
    "value": Term("money per customer", "brought by contacting them, costs of the assignments taken off, over nobody"),
}  # fmt: skip

TARGET_TERMS: Mapping[str, Term] = {
    "way": Term("-", "how customers are chosen: all by the same budget but everybody"),
    "budget": Term("money", "the most that is expected to be spent"),
    "contacted": Term("customers", "chosen, those held out among them"),
    "caught": Term("customers", "expected to order because of the contact, less those it drives away"),
    "wasted": Term("customers", "contacted whom it does not move"),
    "given_away": Term("money", "offers expected to be taken by who would have ordered anyway"),
    "cost": Term("money", "expected: contacts, and offers that are taken"),
    "profit": Term("money", "expected: what the contact brings - P(redeem) x offer - contact"),
}  # fmt: skip
