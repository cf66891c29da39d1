"""Dagster: a partition of scores for every day, made by the command or found to be there."""

# no "from __future__ import annotations": Dagster looks at the type of the context itself
import json
import os
import subprocess

import dagster as dg

CONFIG = os.environ.get("TENURE_CONFIG", "/srv/shop/tenure.toml")
LAKE = os.environ.get("TENURE_LAKE", "/srv/lake/scores")
PAUSE_S = int(os.environ.get("TENURE_PAUSE_S", "300"))
TRY_AGAIN, NOTHING_TO_DO = 5, 99


@dg.asset(partitions_def=dg.DailyPartitionsDefinition(start_date="2024-01-01"))
def tenure_scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Every customer's scores as of the day of the partition."""
    command = ["tenure", "score", "--config", CONFIG, "--as-of", context.partition_key, "--to", LAKE, "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # no shell, words of its own
    context.log.info(ran.stderr)
    if ran.returncode == NOTHING_TO_DO:
        return dg.MaterializeResult(metadata={"written": False})
    if ran.returncode == TRY_AGAIN:
        raise dg.RetryRequested(max_retries=3, seconds_to_wait=PAUSE_S)
    if ran.returncode:
        raise dg.Failure(description=ran.stderr[-2000:], metadata={"exit code": ran.returncode}, allow_retries=False)
    said = json.loads(ran.stdout)
    return dg.MaterializeResult(
        metadata={name: said[name] for name in ("place", "customers", "model_version")} | {"written": True}
    )


defs = dg.Definitions(
    assets=[tenure_scores],
    schedules=[
        dg.build_schedule_from_partitioned_job(dg.define_asset_job("tenure_scores_job", selection=[tenure_scores]))
    ],
)
