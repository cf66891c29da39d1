"""How many threads linear algebra may use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Hold BLAS to one thread for as long as a block, or a decorated function, lasts.

    The matrices here are tall and narrow: a second thread gains little on an idle machine, and on a busy one the two
    wait for each other (a logistic regression of 235,700 rows and 45 columns then took eight times longer). While they
    wait they spin: 300 resamples of 200 customers took 3.6 s of processor time instead of .1 s. XGBoost has threads of
    its own, see `tenure_training.models.boosted.boosting`.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
