"""How customers behave: parameters of buying, leaving, baskets, experience, engagement and identities."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from tenure_simulator.part import NotNegative, Part, Positive, Share


class Purchasing(Part):
    """How often and how regularly an engaged customer buys.

    Gaps between orders are Erlang with mean ``1 / rate`` on the shop's clock. The rate is log-normal over customers.

    Attributes
    ----------
    gap_days
        Median over customers of the mean gap between orders, days.
    spread
        Standard deviation of the log rate over customers.
    shortest_gap_days
        No customer's mean gap is shorter than this.
    regularity
        Shares of customers with Erlang shape 1, 2, 3, ...; shape 1 is a Poisson buyer, higher is more regular.
    season
        Strength of the yearly season: 0 none, 1 a gift shop's peak before Christmas.
    """

    gap_days: Positive = 60.0
    spread: NotNegative = 1.0
    shortest_gap_days: Positive = 2.0
    regularity: tuple[Share, ...] = (0.4, 0.3, 0.2, 0.1)
    season: Share = 0.6

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        if not self.regularity or abs(sum(self.regularity) - 1) > 1e-9:
            raise ValueError(f"regularity holds shares of customers and must sum to 1, not {sum(self.regularity):g}")
        return self


class Leaving(Part):
    """How customers leave: at once after an order, or by cooling first.

    Attributes
    ----------
    after_first, after_order
        P(gone) right after the first, and after each later order, for a customer of average loyalty.
    cooling_after_days
        Mean time until an average engaged customer starts cooling, days.
    cooling_days
        Mean time from cooling to gone, days.
    cooling_speed
        Purchase rate while cooling, relative to engaged.
    loyalty_effect
        Log-odds (and log hazard) by which one standard deviation of loyalty lowers the chance of leaving.
    """

    after_first: Share = 0.25
    after_order: Share = 0.012
    cooling_after_days: Positive = 1000.0
    cooling_days: Positive = 90.0
    cooling_speed: Share = 0.45
    loyalty_effect: NotNegative = 0.6


class ExperienceEffects(Part):
    """What goes wrong with orders, and what comes back.

    Attributes
    ----------
    bad_order, bad_order_cooling
        P(an order goes wrong) for an engaged and a cooling customer.
    cools
        P(an engaged customer starts cooling after an order that went wrong).
    return_rate, return_rate_bad
        P(return) of an order that went well, and of one that did not.
    return_spread
        Standard deviation of the log return propensity over customers.
    whole_order
        Share of returns that give back the whole order; the others give back one line.
    resold
        Share of the cost of returned goods that is recovered.
    return_after_days
        Shortest and longest delay of a return, days; uniform in between.
    """

    bad_order: Share = 0.06
    bad_order_cooling: Share = 0.12
    cools: Share = 0.35
    return_rate: Share = 0.05
    return_rate_bad: Share = 0.3
    return_spread: NotNegative = 0.7
    whole_order: Share = 0.4
    resold: Share = 0.85
    return_after_days: tuple[Positive, Positive] = (3.0, 24.0)

    @model_validator(mode="after")
    def _delays_are_ordered(self) -> Self:
        if self.return_after_days[0] >= self.return_after_days[1]:
            raise ValueError("return_after_days must hold the shortest delay first, then a longer one")
        return self


class BasketHabits(Part):
    """What an order holds.

    Attributes
    ----------
    extra_lines, lines_spread
        Mean number of lines beyond the first of a median customer, and the standard deviation of its log.
    extra_pieces, pieces_spread
        The same for pieces beyond the first in a line.
    discounted
        Share of orders of a customer with average deal taste that carry a discount.
    deal_spread
        Standard deviation of the log-odds of buying at a discount over customers.
    discounts
        Depths of the shop's discounts, equally likely.
    favourite_category
        Share of lines from the customer's favourite category beyond its popularity.
    favourite_brand
        Mean share of lines deliberately bought of the favourite brand.
    price_level
        Factor on every list price (and cost) of the catalogue.
    """

    extra_lines: NotNegative = 1.1
    lines_spread: NotNegative = 0.5
    extra_pieces: NotNegative = 0.2
    pieces_spread: NotNegative = 0.6
    discounted: Share = 0.25
    deal_spread: NotNegative = 0.9
    discounts: tuple[Share, ...] = (0.1, 0.15, 0.2, 0.3)
    favourite_category: Share = 0.45
    favourite_brand: Share = 0.3
    price_level: Positive = 1.0


class ServiceCosts(Part):
    """What serving an order costs, in the shop's currency.

    Attributes
    ----------
    delivery
        Cost of one delivery to an average region.
    payment
        Payment fee as a share of revenue.
    return_handling
        Cost of taking one return back.
    ticket
        Cost of answering one ticket or complaint.
    ticket_rate, ticket_rate_bad
        P(ticket) for an order that went well, and for one that did not.
    resolution_days
        Median days until a ticket is resolved.
    unresolved
        Share of tickets that never are.
    """

    delivery: NotNegative = 4.5
    payment: Share = 0.015
    return_handling: NotNegative = 3.5
    ticket: NotNegative = 6.0
    ticket_rate: Share = 0.04
    ticket_rate_bad: Share = 0.6
    resolution_days: Positive = 1.5
    unresolved: Share = 0.06


class Engagement(Part):
    """How much of the way out can be seen in events and feedback.

    Attributes
    ----------
    visits_per_month, emails_per_month
        Visits of an engaged customer of average interest, and e-mails sent to those who agreed.
    interest_spread
        Standard deviation of the log visit rate over customers.
    cooling_visits, cooling_opens
        Median factor on visits and on e-mail opens while cooling.
    cooling_noise
        Standard deviation of the log of those factors over customers.
    unaffected
        Share of customers who show nothing before they leave.
    quiet_spells_per_year, quiet_days
        Spells in which an engaged customer hardly visits without any meaning: how many, and their mean length.
    feedback_rate
        P(answer) to each survey.
    """

    visits_per_month: NotNegative = 2.2
    emails_per_month: NotNegative = 2.0
    interest_spread: NotNegative = 0.6
    cooling_visits: Share = 0.3
    cooling_opens: Share = 0.35
    cooling_noise: NotNegative = 0.4
    unaffected: Share = 0.25
    quiet_spells_per_year: NotNegative = 0.8
    quiet_days: Positive = 25.0
    feedback_rate: Share = 0.12


class IdentityHabits(Part):
    """How people appear in several systems.

    By default the shop delivers parcels, so nearly every account holds the number of the person who opens the door, and
    people who order again mostly give the address they read. A shop of downloads, which asks for an e-mail alone, is
    sparser: with ``phone=0.6, other_email=0.2`` one pair of accounts in eight shares no value at all.

    Attributes
    ----------
    second_account
        P(a person has a second account in another system), for each of the other systems.
    typo
        P(an e-mail is stored with a typing error).
    other_email
        P(a further account has an address of its own, such as the one at work).
    phone
        P(an account has the person's phone number).
    shared_device
        Share of persons who share a family device with somebody else.
    cookie_days
        Mean life of a cookie, days.
    fragmented
        Whether ``orders`` and ``events`` carry the id of the account used instead of the person's, so that identity
        resolution decides how many customers there are.
    """

    second_account: Share = 0.3
    typo: Share = 0.03
    other_email: Share = 0.1
    phone: Share = 0.9
    shared_device: Share = 0.08
    cookie_days: Positive = 90.0
    fragmented: bool = False
