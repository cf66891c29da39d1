"""``tenure audit``: whether anything from the future reaches a feature, a label or the model."""

from __future__ import annotations

import typer

from tenure import options


def audit(
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    as_of: options.AsOf = None,
    horizon: options.Horizon = None,
    active_days: options.ActiveDays = None,
    seed: options.Seed = None,
    candidate: options.Candidates = None,
    config: options.ConfigFile = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Look for leaks: train, doctor the future, train again.

    Exits with 4 when something from the future was used.

    Example: tenure audit --orders orders.parquet --horizon 90
    """
    from tenure.config_file import load_config
    from tenure.jobs.audit import audit_job
    from tenure.output import emit
    from tenure.progress import open_progress
    from tenure.report.render import audit_lines
    from tenure_features.errors import QualityGateError

    asked = {
        "orders": options.log(orders, column, returns=returns, trust_customers=trust_customers, encoding=encoding),
        "run": options.question(as_of, horizon, active_days, seed=seed, candidates=candidate),
    }
    settings = load_config(config, overrides=asked)
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = audit_job(settings, progress=progress)
    emit("audit", audit_lines(result), result, as_json=json)
    if result.leaks:
        raise typer.Exit(QualityGateError.exit_code)
