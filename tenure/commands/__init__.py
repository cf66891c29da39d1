"""One module per command; what a command needs is imported when it runs."""

from tenure.commands.audit import audit
from tenure.commands.backtest import backtest
from tenure.commands.budget import budget
from tenure.commands.card import card
from tenure.commands.channels import channels, growth
from tenure.commands.check import check
from tenure.commands.cohorts import cohorts
from tenure.commands.demo import demo
from tenure.commands.explain import explain
from tenure.commands.features import features
from tenure.commands.identity import identity
from tenure.commands.run import run
from tenure.commands.score import score
from tenure.commands.segments import segments
from tenure.commands.simulate import simulate

COMMANDS = (
    demo, run, check, features, backtest, audit, score, explain, segments, card, identity, cohorts, channels, growth,
    budget, simulate,
)  # fmt: skip
"""In the order ``tenure --help`` shows them: the first things first."""

__all__ = ["COMMANDS"]
