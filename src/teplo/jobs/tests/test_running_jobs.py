from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from teplo.jobs.models import Job, JobState
from teplo.jobs.models import Periodic as StepMark
from teplo.jobs.registry import UnknownKind, register
from teplo.jobs.running import CannotGoOn, Work, run_due
from teplo.jobs.starting import cancel_job, live_job, resume_job, start_job
from teplo.jobs.testing import make_job, run_all_jobs
from teplo.kit.clock import at_moment, now

pytestmark = pytest.mark.django_db


def count_to(limit: int, *, die_at: int | None = None, error: type[BaseException] = SystemExit) -> Any:
    """A job that writes one row per step, and dies inside step `die_at`."""

    def work_on(work: Work) -> dict[str, Any]:
        at = work.cursor.get("at", 0)
        while at < limit:
            with transaction.atomic():
                StepMark.objects.create(name=str(at), next_at=now())
                if at == die_at:
                    raise error("e-mail olga@example.com")
                at += 1
                work.advance(done=at, total=limit, cursor={"at": at})
        return {"counted": at}

    return work_on


def test_a_job_runs_to_its_end_with_progress_and_result() -> None:
    register("test", count_to(3))
    job = start_job(kind="test", args={})
    assert run_due("me") == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.result) == (JobState.DONE, 3, 3, {"counted": 3})
    assert job.started_at and job.finished_at and job.lease_until is None
    assert run_due("me") == 0


def test_an_unknown_kind_is_refused_at_the_start() -> None:
    with pytest.raises(UnknownKind):
        start_job(kind="nothing-of-the-sort", args={})


def test_a_killed_job_goes_on_at_its_cursor_once_the_lease_is_over() -> None:
    register("test", count_to(5, die_at=3))
    job = start_job(kind="test", args={})
    with pytest.raises(SystemExit):
        run_due("killed")
    job.refresh_from_db()
    assert (job.state, job.cursor) == (JobState.RUNNING, {"at": 3})
    register("test", count_to(5))
    assert run_due("other") == 0
    with at_moment(now() + timedelta(minutes=3)):
        assert run_due("other") == 1
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert sorted(StepMark.objects.values_list("name", flat=True)) == ["0", "1", "2", "3", "4"]


def test_who_lost_the_lease_is_rolled_back() -> None:
    def sleep_too_long(work: Work) -> None:
        Job.objects.filter(pk=work.job_id).update(lease_owner="other")
        with transaction.atomic():
            StepMark.objects.create(name="twice", next_at=now())
            work.advance(cursor={"at": 1})

    register("test", sleep_too_long)
    job = start_job(kind="test", args={})
    run_due("slow")
    job.refresh_from_db()
    assert (job.state, job.lease_owner, job.cursor) == (JobState.RUNNING, "other", {})
    assert not StepMark.objects.exists()


def test_a_failing_job_is_tried_again_later_and_then_fails() -> None:
    register("test", count_to(5, die_at=0, error=ValueError), at_most=3)
    job = start_job(kind="test", args={})
    assert run_due("me", limit=10) == 1
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert job.due_at > now()
    run_all_jobs()
    run_all_jobs()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.FAILED, 3)


def test_the_error_text_has_no_personal_data() -> None:
    register("test", count_to(1, die_at=0, error=ValueError), at_most=1)
    job = start_job(kind="test", args={})
    run_due("me")
    job.refresh_from_db()
    assert job.error.startswith("ValueError at test_running_jobs:")
    assert "olga" not in job.error


def test_a_job_that_is_killed_again_and_again_fails_in_the_end() -> None:
    register("test", count_to(1, die_at=0), at_most=2)
    job = start_job(kind="test", args={})
    for hours in range(4):
        with at_moment(now() + timedelta(hours=hours)):
            try:
                run_due("me")
            except SystemExit:
                continue
    job.refresh_from_db()
    assert job.state == JobState.FAILED


def test_progress_gives_a_job_its_attempts_back() -> None:
    register("test", count_to(6, die_at=2, error=ValueError), at_most=2)
    job = start_job(kind="test", args={})
    run_all_jobs()
    register("test", count_to(6, die_at=4, error=ValueError), at_most=2)
    run_all_jobs()
    register("test", count_to(6), at_most=2)
    run_all_jobs()
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_work_that_cannot_be_done_is_not_tried_again() -> None:
    def refuse(work: Work) -> None:
        raise CannotGoOn("The file is gone.")

    register("test", refuse)
    job = start_job(kind="test", args={})
    run_due("me")
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "The file is gone.")


def test_a_running_job_stops_at_its_next_step_when_asked_and_can_be_resumed() -> None:
    def stop_itself(work: Work) -> None:
        for at in range(work.cursor.get("at", 0), 5):
            if at == 2 and "resumed" not in work.args:
                assert cancel_job(job_id=work.job_id)
            with transaction.atomic():
                StepMark.objects.create(name=str(at), next_at=now())
                work.advance(done=at + 1, cursor={"at": at + 1})

    register("test", stop_itself)
    job = start_job(kind="test", args={})
    run_due("me")
    job.refresh_from_db()
    assert (job.state, job.cursor) == (JobState.CANCELLED, {"at": 2})
    Job.objects.filter(pk=job.pk).update(args={"resumed": True})
    assert resume_job(job_id=job.pk)
    run_due("me")
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert sorted(StepMark.objects.values_list("name", flat=True)) == ["0", "1", "2", "3", "4"]


def test_a_waiting_job_is_cancelled_at_once() -> None:
    ended: list[str] = []
    register("test", count_to(1), on_end=lambda job: ended.append(job.state))
    job = start_job(kind="test", args={})
    assert cancel_job(job_id=job.pk)
    assert run_due("me") == 0
    assert ended == ["cancelled"]
    assert not cancel_job(job_id=job.pk)


def test_an_ending_process_gives_its_job_back() -> None:
    asked = iter([False, False, True])
    register("test", count_to(5))
    job = start_job(kind="test", args={})
    run_due("ending", stop=lambda: next(asked, True))
    job.refresh_from_db()
    assert (job.state, job.lease_owner, job.cursor) == (JobState.QUEUED, "", {"at": 1})
    run_due("next")
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_one_subject_has_one_live_job() -> None:
    register("test", count_to(1))
    first = start_job(kind="test", args={}, subject="import:1")
    assert start_job(kind="test", args={}, subject="import:1").pk == first.pk
    assert start_job(kind="test", args={}, subject="import:2").pk != first.pk
    run_all_jobs()
    assert live_job(subject="import:1") is None
    assert start_job(kind="test", args={}, subject="import:1").pk != first.pk


def test_jobs_without_a_subject_do_not_exclude_each_other() -> None:
    make_job()
    make_job()
    assert Job.objects.count() == 2


def test_a_kind_this_process_does_not_know_is_left_to_others() -> None:
    job = make_job(kind="of-another-version")
    assert run_due("me") == 0
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_a_cursor_whose_step_was_rolled_back_is_written_by_the_next_try() -> None:
    def stumble_once(work: Work) -> None:
        for attempt in range(2):
            with suppress(ValueError), transaction.atomic():
                work.advance(done=1, cursor={"at": 1})
                if attempt == 0:
                    raise ValueError

    register("test", stumble_once)
    job = start_job(kind="test", args={})
    run_due("me")
    job.refresh_from_db()
    assert (job.state, job.cursor) == (JobState.DONE, {"at": 1})


def test_a_job_of_a_kind_nobody_knows_any_more_can_still_be_stopped() -> None:
    job = make_job(kind="of-another-version", state=JobState.QUEUED)
    assert cancel_job(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
