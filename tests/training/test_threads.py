"""Linear algebra keeps to one thread while a training lasts, and gets its threads back; OpenMP does not spin."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from tenure_training.threads import one_blas_thread


def _blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_one_blas_thread__holds_within_the_block_and_is_put_back():
    assert np.linalg.norm(np.ones(4)) == 2.0
    with threadpool_limits(limits=2, user_api="blas"):
        before = _blas_threads()
        with one_blas_thread():
            assert _blas_threads() == {1}
        assert _blas_threads() == before == {2}


def test_one_blas_thread__holds_in_a_function():
    assert one_blas_thread()(_blas_threads)() == {1}


def test_openmp__does_not_spin_whichever_library_brings_it_first() -> None:
    script = "import tenure, tenure.sklearn, sklearn.linear_model, xgboost; xgboost.DMatrix([[1.0]])"
    bare = {name: value for name, value in os.environ.items() if name not in {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}}
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True,
        env=bare | {"OMP_DISPLAY_ENV": "VERBOSE"},
    )  # fmt: skip
    assert set(re.findall(r"GOMP_SPINCOUNT = '(\d+)'", ran.stderr)) == {"0"}
