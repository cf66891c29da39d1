"""One module per command; what a command needs is imported when it runs."""

from collections.abc import Callable
from importlib import import_module
from inspect import isfunction
from pkgutil import iter_modules

ORDER = (
    "demo", "init", "pull", "run", "check", "features", "backtest", "audit", "score", "explain", "segments", "card",
    "audience", "bids", "identity", "models", "promote", "rollback", "serve", "keys", "forget", "powerbi",
    "cohorts", "channels", "growth", "budget", "uplift", "target", "simulate",
)  # fmt: skip
"""In which ``tenure --help`` shows them: the first things first. A command that is not named here comes after."""

GROUPS = {
    "experiment": "Design randomised campaigns, and measure what they did.",
    "survey": "Ask groups of customers, and read what they answer.",
}
"""Commands of two words, by the first: ``experiment_analyse`` is ``tenure experiment analyse``."""


def _commands() -> tuple[Callable[..., None], ...]:
    """Take every public function of every module here: a new command is a new file, and nothing else."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    functions = {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    return tuple(functions[name] for name in sorted(functions, key=lambda name: (_place(name), name)))


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


COMMANDS = _commands()

__all__ = ["COMMANDS", "GROUPS"]
