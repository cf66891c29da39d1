"""Linear algebra keeps to one thread while a training lasts, and gets its threads back."""

from __future__ import annotations

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
