"""The search: Optuna over a journal file, resumable, pruned after every origin, in one process or several.

The only module that imports optuna.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tenure_features.errors import DependencyUnavailableError
from tenure_training.models.search_space import Integer, SearchSpace, Value, defaults
from tenure_training.tuning.problem import Problem, TrialScore

AT_RANDOM = 8
"""Trials drawn at random before earlier ones guide the search; the median of so many decides who is pruned."""

_Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Trial:
    """One set of settings that was tried at every origin.

    Attributes
    ----------
    number
        Of the trial; 0 is the untuned candidate.
    settings
        By name.
    score
        How it did.
    """

    number: int
    settings: dict[str, Value]
    score: TrialScore


def search(
    problem: Problem,
    *,
    trials: int,
    journal: Path,
    study: str,
    timeout_s: float | None = None,
    jobs: int = 1,
    advance: _Advance | None = None,
) -> tuple[list[Trial], int]:
    """Try settings until there are so many trials in the journal, or the time is over.

    Trials that a killed search left behind are taken up again with the settings they had; those that were finished
    count. With one job the same trials follow from the same problem, killed in between or not: what is tried next
    depends on what has been finished and on nothing else.

    Parameters
    ----------
    problem
        What is tuned on.
    trials
        Trials wanted in all, beside the untuned one.
    journal
        File of the journal; made if it is not there.
    study
        Name inside it.
    timeout_s
        Seconds after which no further trial is begun; None: no limit.
    jobs
        Processes.
    advance
        Called with (trials finished, trials wanted).

    Returns
    -------
    list of Trial, int
        Trials that were kept, by number, and how many were pruned.

    Raises
    ------
    DependencyUnavailableError
        A process of several died; finished trials are kept.
    """
    journal.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    _prepare(problem, journal, study)

    def due(finished: int) -> bool:
        late = timeout_s is not None and time.monotonic() - began >= timeout_s
        if advance:
            advance(min(finished, trials), trials)
        return finished < trials and not late

    if jobs == 1:
        while due(finished := _count_finished(journal, study)):
            _one_trial(problem, journal, study, draw=finished)
    else:
        _in_processes(problem, journal, study, due=due, trials=trials, jobs=jobs)
    return _read_kept(journal, study)


def _in_processes(
    problem: Problem, journal: Path, study: str, *, due: Callable[[int], bool], trials: int, jobs: int
) -> None:
    # spawned, not forked: a copy of a process with running threads may wait for one of them for ever
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_take, initargs=(problem,)) as pool:
        running: set[Future[None]] = set()
        draw = _count_finished(journal, study)
        try:
            while due(finished := _count_finished(journal, study)):
                while len(running) < min(jobs, trials - finished):
                    running.add(pool.submit(_take_trial, journal, study, draw))
                    draw += 1
                done, running = wait(running, timeout=1.0, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
            for future in running:  # nobody is interrupted: what was begun is worth finishing
                future.result()
        except BrokenProcessPool as death:
            raise DependencyUnavailableError(
                "A process of the tuning died.",
                found=str(death),
                fix="Memory may be short: use fewer --jobs. Run again: finished trials are kept.",
            ) from death


_problem: list[Problem] = []


def _take(problem: Problem) -> None:
    _problem[:] = [problem]


def _take_trial(journal: Path, study: str, draw: int) -> None:
    _one_trial(_problem[0], journal, study, draw=draw)


def _one_trial(problem: Problem, journal: Path, study: str, *, draw: int) -> None:
    """Try what the sampler of the given draw proposes, and tell the journal."""
    with _quiet_optuna() as optuna:
        opened = _open_study(optuna, problem, journal, study, draw=draw)
        trial = opened.ask(_distributions(optuna, problem.space))

        def hopeless(number: int, loss: float) -> bool:
            trial.report(loss, number)
            return bool(trial.should_prune())

        score = problem.score(trial.params, hopeless=hopeless)
        if score is None:
            opened.tell(trial, state=optuna.trial.TrialState.PRUNED)
            return
        _tell(trial, score)
        opened.tell(trial, score.loss)


def _prepare(problem: Problem, journal: Path, study: str) -> None:
    """Begin a study with the untuned candidate as trial 0, or take up what a killed search left running."""
    with _quiet_optuna() as optuna:
        opened = _open_study(optuna, problem, journal, study)
        states = optuna.trial.TrialState
        if not opened.get_trials(deepcopy=False):
            usual, count = defaults(problem.space), len(problem.windows)
            log_loss, gini = zip(*problem.untuned, strict=True)
            opened.add_trial(
                optuna.trial.create_trial(
                    params=usual,
                    distributions=_distributions(optuna, problem.space),
                    value=1.0,
                    intermediate_values=dict.fromkeys(range(count), 1.0),
                    user_attrs={"log_loss": log_loss, "gini": gini, "relative": (1.0,) * count},
                )
            )
        for left in opened.get_trials(states=(states.RUNNING,)):
            opened.tell(left.number, state=states.FAIL)
            if left.params.keys() == problem.space.keys():
                opened.enqueue_trial(left.params)


def _open_study(optuna: Any, problem: Problem, journal: Path, study: str, *, draw: int = 0) -> Any:  # noqa: ANN401
    # a sampler of its own for every trial: after a kill the next one is drawn as if nothing had happened
    sampler = optuna.samplers.TPESampler(seed=problem.seed + draw, n_startup_trials=AT_RANDOM, constant_liar=True)
    return optuna.create_study(
        study_name=study,
        storage=_storage(journal),
        sampler=sampler,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=AT_RANDOM // 2),
        direction="minimize",
        load_if_exists=True,
    )


def _count_finished(journal: Path, study: str) -> int:
    """Trials finished, pruned ones included, beside the untuned one."""
    with _quiet_optuna() as optuna:
        storage, states = _storage(journal), optuna.trial.TrialState
        study_ids = {each.study_name: each._study_id for each in storage.get_all_studies()}
        if study not in study_ids:
            return 0
        over = storage.get_all_trials(study_ids[study], deepcopy=False, states=(states.COMPLETE, states.PRUNED))
        return max(len(over) - 1, 0)


def _read_kept(journal: Path, study: str) -> tuple[list[Trial], int]:
    with _quiet_optuna() as optuna:
        states = optuna.trial.TrialState
        opened = optuna.load_study(study_name=study, storage=_storage(journal))
        trials = [
            Trial(
                each.number,
                dict(each.params),
                TrialScore(*(tuple(each.user_attrs[name]) for name in ("log_loss", "gini", "relative"))),
            )
            for each in opened.get_trials(states=(states.COMPLETE,))
        ]
        return trials, len(opened.get_trials(deepcopy=False, states=(states.PRUNED,)))


def _tell(trial: Any, score: TrialScore) -> None:  # noqa: ANN401  # optuna is not typed
    for name in ("log_loss", "gini", "relative"):
        trial.set_user_attr(name, list(getattr(score, name)))


def _distributions(optuna: Any, space: SearchSpace) -> dict[str, Any]:  # noqa: ANN401  # optuna is not typed
    kinds = optuna.distributions
    return {
        name: (kinds.IntDistribution if isinstance(parameter, Integer) else kinds.FloatDistribution)(
            parameter.low, parameter.high, log=parameter.log
        )
        for name, parameter in space.items()
    }


def _storage(journal: Path) -> Any:  # noqa: ANN401  # optuna is not typed
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(str(journal)))


@contextmanager
def _quiet_optuna() -> Iterator[Any]:
    """Yield the module, saying nothing below errors and nothing of features it calls experimental."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")  # tqdm, in a notebook; no bar is drawn here
        import optuna

    logger = logging.getLogger("optuna")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            yield optuna
    finally:
        logger.setLevel(before)
