"""``tenure check``: whether an order log can be used, and for what."""

from __future__ import annotations

import typer

from tenure import options


def check(
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.Returns = None,
    as_of: options.AsOf = None,
    config: options.ConfigFile = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Report what an order log holds, what is wrong, what to do.

    Exits with 3 when the log breaks its contract.

    Example: tenure check --orders orders.csv --column customer_id=client --column ordered_at=created
    """
    from tenure.config_file import load_config
    from tenure.identity import checked
    from tenure.output import emit
    from tenure.progress import open_progress
    from tenure_features.errors import DataContractError

    asked = {"orders": options.log(orders, column, returns=returns), "run": options.question(as_of)}
    settings = load_config(config, overrides=asked)
    with open_progress(quiet=quiet) as progress, progress.stage("Reading the orders"):
        readiness = checked(settings)
    emit("check", [str(readiness)], readiness.to_dict(), as_json=json)
    if not readiness.ready:
        raise typer.Exit(DataContractError.exit_code)
