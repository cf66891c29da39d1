"""``tenure backtest``: every candidate beside every baseline, on windows that have closed."""

from __future__ import annotations

from tenure import options


def backtest(
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    horizon: options.Horizon = None,
    active_days: options.ActiveDays = None,
    seed: options.Seed = None,
    candidate: options.Candidates = None,
    features: options.Features = None,
    config: options.ConfigFile = None,
    engine: options.EngineOption = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Compare every model with every baseline on the past.

    Only windows that have closed are used; nothing is written.

    Example: tenure backtest --orders orders.parquet --horizon 90
    """
    from tenure.config_file import load_config
    from tenure.jobs.backtest import backtest_job
    from tenure.output import emit
    from tenure.progress import open_progress
    from tenure.report.render import backtest_lines

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "engine": options.engine(engine),
        "run": options.question(as_of, horizon, active_days, seed=seed, candidates=candidate),
        "features": options.own_features(features),
    }
    settings = load_config(config, overrides=asked)
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = backtest_job(settings, progress=progress)
    emit("backtest", backtest_lines(result), result, as_json=json)
