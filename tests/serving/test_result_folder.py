"""A folder of results is whole or as it was, whenever its writer is killed: by chance, at every step, either way."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tenure_serving import result_folder
from tenure_serving.result_folder import recover_folder, replace_folder

NAMES = ("model", "optional.txt", "scores.txt", "manifest.json")
KILLED = 9


def write_result(out: Path, number: int) -> None:
    """Write a result whose every part says its number; every other one has an optional part."""
    with replace_folder(out, names=NAMES) as draft:
        (draft / "model").mkdir()
        (draft / "model" / "parameters.txt").write_text(str(number))
        if number % 2:
            (draft / "optional.txt").write_text(str(number))
        (draft / "scores.txt").write_text(str(number) * 1000)
        sha = hashlib.sha256((draft / "scores.txt").read_bytes()).hexdigest()
        (draft / "manifest.json").write_text(json.dumps({"number": number, "sha256": sha}))


def number_of(out: Path) -> int:
    """Return the number of the one result in a folder, and fail where parts of two are mixed."""
    manifest = json.loads((out / "manifest.json").read_text())
    number = int(manifest["number"])
    assert hashlib.sha256((out / "scores.txt").read_bytes()).hexdigest() == manifest["sha256"]
    assert (out / "model" / "parameters.txt").read_text() == str(number)
    assert [path.name for path in (out / "model").iterdir()] == ["parameters.txt"]
    assert (out / "optional.txt").exists() == bool(number % 2)
    return number


def in_child(work: Callable[[], None]) -> int:
    """Run in a forked process, and return its id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(1)


def write_forever(out: Path) -> None:
    for number in itertools.count(number_of(out) + 1):
        write_result(out, number)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "shop" / "out"
    write_result(folder, 1)
    (folder / "notes.txt").write_text("mine")
    (folder / "mlruns").mkdir()
    (folder / "mlruns" / "mlflow.db").write_text("mine, too")
    return folder


def assert_nothing_else(out: Path) -> None:
    mine = {"notes.txt", "mlruns"}
    assert {path.name for path in out.iterdir()} - {*NAMES} == mine
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    assert (out / "notes.txt").read_text() == "mine"
    assert (out / "mlruns" / "mlflow.db").read_text() == "mine, too"


def test_replace_folder__leaves_the_new_result_and_what_others_put_there(out: Path) -> None:
    out.chmod(0o750)
    write_result(out, 2)
    assert number_of(out) == 2
    assert_nothing_else(out)
    assert out.stat().st_mode & 0o777 == 0o750


def test_replace_folder__an_error_leaves_the_old_result_and_no_litter(out: Path) -> None:
    def fail_half_way() -> None:
        with replace_folder(out, names=NAMES) as draft:
            (draft / ".scores.txt.4711").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert number_of(out) == 1
    assert_nothing_else(out)


def test_replace_folder__refuses_an_entry_it_could_not_tell_from_a_users(out: Path) -> None:
    with pytest.raises(ValueError, match=r"surprise\.txt"), replace_folder(out, names=NAMES) as draft:
        (draft / "surprise.txt").write_text("")
    assert number_of(out) == 1
    assert_nothing_else(out)


def test_replace_folder__goes_through_a_link_and_keeps_it(out: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to(out)
    write_result(link, 4)
    assert link.is_symlink()
    assert number_of(out) == 4


def test_replace_folder__killed_at_thirty_random_instants_is_old_or_new(out: Path) -> None:
    chance = random.Random(7)  # noqa: S311  # instants, not secrets
    numbers = [number_of(out)]
    for _ in range(30):
        child = in_child(lambda: write_forever(out))
        time.sleep(chance.uniform(0.02, 0.3))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        numbers.append(number_of(out))  # before anybody has recovered anything
        assert (out / "notes.txt").read_text() == "mine"
    assert numbers == sorted(numbers)
    assert numbers[-1] > 15, "it was never killed while it wrote"
    write_result(out, 1000)
    assert number_of(out) == 1000
    assert_nothing_else(out)


def kill_before_step(out: Path, step: int, *, exchange: bool) -> bool:
    """Write result 2 in a process that ends right before a step on disk; say whether there was such a step."""
    steps = itertools.count()

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def counting(*arguments: object, **settings: object) -> object:
            if next(steps) == step:
                os._exit(KILLED)
            return call(*arguments, **settings)

        return counting

    def work() -> None:
        for owner, name in ((Path, "rename"), (os, "fsync"), (os, "link"), (os, "unlink"), (os, "rmdir")):
            setattr(owner, name, counted(getattr(owner, name)))
        exchanged = result_folder._exchange if exchange else lambda *_: False
        result_folder._exchange = counted(exchanged)  # type: ignore[assignment]
        write_result(out, 2)
        os._exit(0)

    _, status = os.waitpid(in_child(work), 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, KILLED}
    return code == KILLED


@pytest.mark.parametrize("exchange", [True, False])
def test_replace_folder__killed_before_any_step_goes_on(out: Path, tmp_path: Path, exchange: bool) -> None:
    seen = set()
    for step in itertools.count():
        place = tmp_path / str(step) / "out"
        shutil.copytree(out.parent, place.parent)
        killed = kill_before_step(place, step, exchange=exchange)
        if exchange:
            number_of(place)  # whole before anybody recovers anything
        recover_folder(place)
        seen.add(number_of(place))
        assert_nothing_else(place)
        write_result(place, 3)
        assert number_of(place) == 3
        assert_nothing_else(place)
        if not killed:
            break
    assert seen == {1, 2}
    assert step > 15


def test_replace_folder__moves_entries_in_where_somebody_works_in_the_folder(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(out / "mlruns")
    before = out.stat().st_ino
    write_result(out, 2)
    assert out.stat().st_ino == before
    assert Path.cwd() == out / "mlruns"
    assert number_of(out) == 2
    assert_nothing_else(out)


def test_replace_folder__writes_where_the_folder_above_cannot_be_written(out: Path, monkeypatch) -> None:
    make = result_folder.tempfile.mkdtemp

    def refuse(*, dir: Path, **asked: str) -> str:  # noqa: A002
        if dir == out.parent:
            raise PermissionError
        return make(dir=dir, **asked)

    monkeypatch.setattr(result_folder.tempfile, "mkdtemp", refuse)
    with replace_folder(out, names=NAMES) as draft:
        assert draft.is_relative_to(out)
    monkeypatch.undo()
    assert {path.name for path in out.iterdir()} == {"notes.txt", "mlruns"}


def test_recover_folder__leaves_the_work_of_a_living_process_alone(out: Path) -> None:
    with replace_folder(out, names=NAMES) as draft:
        recover_folder(out)
        write_result(out, 2)
        assert number_of(out) == 2
        (draft / "manifest.json").write_text("the later one")
    assert (out / "manifest.json").read_text() == "the later one"
    assert_nothing_else(out)
