"""``tenure check``: whether an order log can be used, and for what."""

from __future__ import annotations

import typer

from tenure import options


def check(
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    config: options.ConfigFile = None,
    engine: options.EngineOption = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Report what an order log holds, what is wrong, what to do.

    An export of a known shop, CRM or analytics system is recognised by its header and read as what it is. The tables
    that --config names beside the orders are checked too. Exits with 3 when a contract is broken.

    Example: tenure check --orders orders.csv --column customer_id=client --column ordered_at=created
    """
    from tenure.config_file import load_config
    from tenure.jobs.coverage import coverage_of
    from tenure.jobs.exports import sources_of
    from tenure.jobs.next_command import command_after
    from tenure.jobs.opening import check_configured_shop, known_currency
    from tenure.jobs.settings import require_settings
    from tenure.output import emit
    from tenure.progress import open_progress
    from tenure_features.errors import DataContractError
    from tenure_serving.language import NO_CURRENCY

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "engine": options.engine(engine),
        "run": options.question(as_of),
    }
    settings = load_config(config, overrides=asked)
    with open_progress(quiet=quiet, profile=profile) as progress, progress.stage("Reading the tables"):
        require_settings(settings)
        sources = sources_of(settings)
        covered = coverage_of(settings)
        accounts = check_configured_shop(settings, sources)
    ready = all(account.ready for account in accounts.values())
    money = known_currency(accounts["orders"], settings)
    following = command_after("run", asked, config=config) if ready else None
    tables = {name: account.to_dict() for name, account in accounts.items()}
    payload = {"ready": ready, "currency": money, "tables": tables, "export": list(sources.account), "store": covered}
    paragraphs = [
        *("\n".join(lines) for lines in (sources.account, () if covered is None else covered.lines())),
        *map(str, accounts.values()),
        "" if money else NO_CURRENCY,
        f"Next: {following}" if following else "",
    ]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    emit("check", [text], payload | {"next": following}, as_json=json)
    if not ready:
        raise typer.Exit(DataContractError.exit_code)
