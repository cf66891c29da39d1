"""Whether the examples for Airflow and Dagster run with the real ones, which no test has.

    python benchmarks/schedules.py

Installs both into an environment of their own (uv). The DAG is imported; the asset is materialised in the process, with
a ``tenure`` that exits with 0, 99, 5 and 3. The exit code is 4 where something does not work.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

SCHEDULES = Path(__file__).resolve().parent.parent / "docs" / "schedules"

AIRFLOW = """
import runpy, sys
dag = runpy.run_path(sys.argv[1])["dag"]
task, = dag.tasks
assert task.skip_on_exit_code == [99] and dag.catchup is False and dag.max_active_runs == 1, task
assert "{{ data_interval_end | ds }}" in task.bash_command and "bash_command" in task.template_fields
print("airflow: the DAG", dag.dag_id, "has the task", task.task_id)
"""

DAGSTER = """
import runpy, sys
import dagster as dg
names = runpy.run_path(sys.argv[1])
ends = []
for day in ("2024-05-01", "2024-05-02", "2024-05-03", "2024-05-04"):
    try:
        result = dg.materialize([names["tenure_scores"]], partition_key=day, raise_on_error=False)
        made = result.asset_materializations_for_node("tenure_scores") if result.success else []
        ends.append(made[0].metadata["written"].value if made else "failed")
    except Exception as error:
        ends.append(type(error).__name__)
assert ends[:2] == [True, False] and ends[3] == "failed" and ends[2] not in (True, False), ends
print("dagster: written, nothing to do, to be tried again, failed:", ends)
"""

TENURE = """#!/bin/sh
echo x >> {calls}
echo '{{"place": "/lake", "customers": 7, "model_version": "ab"}}'
case $(wc -l < {calls}) in 1) exit 0 ;; 2) exit 99 ;; 3) exit 5 ;; *) exit 3 ;; esac
"""


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        python = work / "venv" / "bin" / "python"
        subprocess.run(["uv", "venv", "-q", work / "venv"], check=True)
        subprocess.run(["uv", "pip", "install", "-q", "-p", python, "dagster", "apache-airflow"], check=True)
        tool = work / "bin" / "tenure"
        tool.parent.mkdir()
        tool.write_text(TENURE.format(calls=work / "calls"))
        tool.chmod(0o755)
        paths = {"PATH": f"{tool.parent}:{os.environ['PATH']}", "AIRFLOW_HOME": str(work / "airflow")}
        environment = {**os.environ, **paths, "TENURE_PAUSE_S": "0"}
        environment.pop("DAGSTER_HOME", None)
        codes = [
            subprocess.run([python, "-c", script, SCHEDULES / name], env=environment, cwd=work, check=False).returncode
            for script, name in ((AIRFLOW, "airflow_dag.py"), (DAGSTER, "dagster_assets.py"))
        ]
    return 4 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
