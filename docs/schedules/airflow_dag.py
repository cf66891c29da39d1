"""Airflow: every customer scored each morning, as of the morning of the run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

CONFIG, LAKE = "/srv/shop/tenure.toml", "/srv/lake/scores"

with DAG(
    dag_id="tenure_scores",
    schedule="0 5 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
) as dag:
    # as of the day of the run and not of the clock, so that a run of last week gives the scores of last week;
    # 99 says that they are there already: a task that is skipped, and no failure
    BashOperator(
        task_id="score",
        bash_command=f"tenure score --config {CONFIG} --as-of {{{{ data_interval_end | ds }}}} --to {LAKE} --quiet",
        skip_on_exit_code=99,
        execution_timeout=timedelta(hours=2),
    )
