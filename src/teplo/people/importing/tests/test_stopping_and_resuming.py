from __future__ import annotations

from typing import Any

import pytest

from teplo.jobs.models import Job, JobState
from teplo.jobs.running import Work, run_due
from teplo.jobs.testing import run_all_jobs
from teplo.people.importing import running, starting, writing
from teplo.people.importing.storing import drop_file, drop_old_files, path_of
from teplo.people.importing.testing import carry_through, import_rows, make_import, set_options
from teplo.people.models import Identity, ImportRefusal, ImportRun, Person

pytestmark = pytest.mark.django_db

ROWS = 25


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 4)


def people(count: int = ROWS, *, broken_every: int = 5) -> str:
    rows = [f"p{n}@example.com;{n}" if n % broken_every else f"нет;{n}" for n in range(1, count + 1)]
    return "Почта;Номер\n" + "\n".join(rows) + "\n"


def assert_whole(run: ImportRun) -> None:
    """Every row was taken exactly once."""
    run.refresh_from_db()
    assert (run.state, run.rows_done, run.created, run.refused) == ("done", ROWS, 20, 5)
    assert Person.objects.count() == 20
    assert Identity.objects.count() == 20
    assert sorted(ImportRefusal.objects.values_list("row_number", flat=True)) == [6, 11, 16, 21, 26]


class Killed(BaseException):
    """What a kill looks like to the code: nothing after it runs."""


@pytest.mark.parametrize("call", range(6))
@pytest.mark.parametrize("step", ["find_or_create_people", "note_changed", "put_companies"])
def test_a_run_killed_within_any_chunk_takes_every_row_once(
    monkeypatch: pytest.MonkeyPatch, call: int, step: str
) -> None:
    calls = 0
    real = getattr(writing, step)

    def die(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        result = real(*args, **kwargs)
        if calls == call + 1:
            raise Killed
        return result

    run = make_import(people())
    starting.start_import(run)
    with monkeypatch.context() as patch:
        patch.setattr(writing, step, die)
        with pytest.raises(Killed):
            run_due("killed")
    done = ImportRun.objects.get().rows_done
    assert done % 4 == 0
    assert Person.objects.count() + ImportRefusal.objects.count() == done
    Job.objects.update(lease_until=None)
    run_due("next")
    assert_whole(run)


def test_a_run_killed_right_after_counting_counts_again(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_import(people())
    starting.start_import(run)

    real = Work.advance

    def advance_and_die(self: Work, **kwargs: Any) -> None:
        real(self, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Work, "advance", advance_and_die)
        with pytest.raises(Killed):
            run_due("killed")
    assert not Job.objects.get().cursor
    Job.objects.update(lease_until=None)
    run_due("next")
    assert_whole(run)


def test_a_run_without_its_count_counts_and_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_import(people())
    starting.start_import(run)
    real = running.write_people

    def stop(*args: Any, **kwargs: Any) -> Any:
        starting.stop_import(run)
        return real(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(running, "write_people", stop)
        run.refresh_from_db()
        run_due("me")
    ImportRun.objects.update(counted={})
    assert starting.resume_import(run)
    run_all_jobs()
    assert_whole(run)
    assert run.counted["lines"] == ROWS + 1


def test_a_run_stops_between_chunks_and_goes_on_after_them(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_import(people())
    starting.start_import(run)
    real = running.write_people
    calls = 0

    def stop_at_third(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            run.refresh_from_db()
            assert starting.stop_import(run)
        return real(*args, **kwargs)

    monkeypatch.setattr(running, "write_people", stop_at_third)
    run_due("me")
    run.refresh_from_db()
    assert (run.state, run.rows_done) == ("stopped", 12)
    assert starting.resume_import(run)
    run_all_jobs()
    assert_whole(run)


def test_a_run_that_fails_is_tried_again_and_takes_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_import(people())
    starting.start_import(run)
    real = writing.note_changed
    calls = 0

    def fail_once(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise RuntimeError("p7@example.com")
        return real(*args, **kwargs)

    monkeypatch.setattr(writing, "note_changed", fail_once)
    run_due("me")
    job = Job.objects.get()
    assert job.state == JobState.QUEUED
    assert job.error.startswith("RuntimeError") and "example.com" not in job.error
    run_all_jobs()
    assert_whole(run)


def test_an_import_whose_file_is_gone_says_so() -> None:
    run = make_import(people())
    starting.start_import(run)
    drop_file(run)
    run_all_jobs()
    run.refresh_from_db()
    assert run.state == "failed"
    assert "Upload it again" in Job.objects.get().error


def test_a_finished_run_cannot_be_resumed_nor_started_again() -> None:
    run = carry_through(make_import(people()))
    assert not starting.resume_import(run)
    assert not starting.stop_import(run)
    with pytest.raises(starting.AlreadyStarted):
        starting.start_import(run)


def test_files_of_finished_runs_are_removed() -> None:
    done = import_rows(people())
    draft = make_import(people())
    assert drop_old_files() == 1
    assert not path_of(done).exists()
    assert path_of(draft).exists()


def test_a_mapping_without_anybody_is_refused() -> None:
    run = make_import("Цвет;Номер\nкрасный;1\nсиний;1\n")
    with pytest.raises(starting.MappingEmpty):
        starting.start_import(run)


def test_the_mapping_of_a_started_run_is_not_changed_any_more() -> None:
    run = make_import(people())
    starting.start_import(run)
    with pytest.raises(starting.AlreadyStarted):
        set_options(run, known="overwrite")
    run.refresh_from_db()
    assert run.options["known"] == "fill"


@pytest.mark.parametrize("poison", [["p7@example.com"], ["p1@example.com", "p8@example.com", "p24@example.com"]])
def test_a_row_that_cannot_be_written_is_refused_alone(monkeypatch: pytest.MonkeyPatch, poison: list[str]) -> None:
    real = running.write_people

    def choke(rows: Any, **kwargs: Any) -> Any:
        outcome = real(rows, **kwargs)
        if any(("email", value) in row.identities for row in rows for value in poison):
            raise ValueError("olga@example.com")
        return outcome

    monkeypatch.setattr(running, "write_people", choke)
    run = carry_through(make_import(people()))
    assert (run.state, run.rows_done, run.refused) == ("done", ROWS, 5 + len(poison))
    assert not Identity.objects.filter(value__in=poison).exists()
    assert Identity.objects.count() == 20 - len(poison)
    failed = ImportRefusal.objects.filter(reason="row-failed")
    assert sorted(refusal.cells[0] for refusal in failed) == sorted(poison)
