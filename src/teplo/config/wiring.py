"""The one table of who listens to what: lower packages offer registries, this file fills them at start.

Each line lends something of an upper package to a lower one. Nothing else connects packages against the imports.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from teplo.accounts import founding, notices
from teplo.channels import bounces, colleagues, confirming, renderers, sending, sign_in_letters
from teplo.channels import uses as channels_uses
from teplo.conditions import registry
from teplo.config import acts, importing, leaves
from teplo.content import rendering, writing
from teplo.content import uses as content_uses
from teplo.content.confirmation import confirmation_template_id
from teplo.content.flaws import TemplateFlaw, TemplateGone
from teplo.demo import jobs as demo_jobs
from teplo.insights import jobs as insights_jobs
from teplo.insights import reminding
from teplo.jobs import periodic
from teplo.jobs import registry as job_registry
from teplo.jobs.models import Job, JobState
from teplo.journeys import clock_back, publishing, running
from teplo.journeys import uses as journeys_uses
from teplo.kit import uses
from teplo.kit.sqlite import optimizing
from teplo.people import acting, carrying, duplicates, keeping, merging, segments
from teplo.people import uses as people_uses
from teplo.people import vocabulary as people_vocabulary
from teplo.sales import cooling, escalating, returning
from teplo.sales import outcomes as sales_outcomes
from teplo.scoring import adjusting, backtesting, jobs_backtest, jobs_learning, outcomes, reviews, sampling
from teplo.scoring import jobs as scoring_jobs
from teplo.scoring import presets as scoring_presets
from teplo.scoring import uses as scoring_uses
from teplo.scoring import vocabulary as scoring_vocabulary
from teplo.stages import jobs as stages_jobs
from teplo.stages import merging as stages_merging
from teplo.stages import outcomes as stages_outcomes
from teplo.stages import uses as stages_uses
from teplo.stages import vocabulary as stages_vocabulary
from teplo.stages.models import Stage
from teplo.stages.moving import move_person
from teplo.tracking import activities, figures, path_merging
from teplo.tracking import vocabulary as tracking_vocabulary


def assemble() -> None:
    """Fill every registry. Called once, when Django is ready; calling it again changes nothing."""
    leaves.lend()
    founding.lend(scoring_presets.install_for_company)
    acts.lend()
    _lend_uses()
    _register_people()
    _register_tracking()
    importing.lend()
    _lend_fields_to_conditions()
    _register_scoring_and_stages()
    _register_reviews()
    _register_journeys_and_sales()
    _lend_outcomes()
    renderers.lend(_prepared_letter)
    renderers.lend_writer(_written_letter)
    confirming.lend(confirmation_template_id)
    periodic.every("read-bounces", timedelta(minutes=2), bounces.read_mailboxes)
    periodic.every("sqlite-statistics", timedelta(hours=1), optimizing.optimize)
    job_registry.register(demo_jobs.JOB, demo_jobs.run, title=_("An example company comes to life"), at_most=1)


def _lend_uses() -> None:
    """Each room says where it is built upon a definition."""
    uses.lend("people", people_uses.find)
    uses.lend("stages", stages_uses.find)
    uses.lend("scoring", scoring_uses.find)
    uses.lend("content", content_uses.find)
    uses.lend("journeys", journeys_uses.find)
    uses.lend("channels", channels_uses.find)


def _register_tracking() -> None:
    job_registry.register(
        activities.JOB, activities.run_recount, title=_("Counting an activity over the past"), lease=activities.LEASE
    )
    periodic.every("activity-figures", timedelta(hours=1), figures.refresh)


def _register_people() -> None:
    job_registry.register(duplicates.JOB, duplicates.find_duplicates, title=_("Looking for people who stand twice"))
    job_registry.register(acting.JOB, acting.act_on_people, title=_("Acting on many people"))
    job_registry.register(sign_in_letters.JOB, sign_in_letters.run, title=_("A letter to sign in"), at_most=2)
    job_registry.register(keeping.JOB, keeping.keep_many, title=_("Noting who is in a segment"))
    periodic.every("segments", timedelta(minutes=10), segments.refresh_by_time)
    periodic.every("late-leaves", timedelta(minutes=1), merging.sweep_recent_merges)


def _lend_fields_to_conditions() -> None:
    registry.lend_zone(people_vocabulary.zone)
    registry.lend_state("people", people_vocabulary.state)
    registry.lend_state("tracking", tracking_vocabulary.state)
    registry.lend_state("stages", stages_vocabulary.state)
    registry.lend_people("people", people_vocabulary.fields)
    registry.lend_people("tracking", tracking_vocabulary.fields, deeds=tracking_vocabulary.deeds)
    registry.lend_people("stages", stages_vocabulary.fields)
    registry.lend_people("scoring", scoring_vocabulary.fields)
    registry.lend_events("tracking", tracking_vocabulary.event_fields, families=[tracking_vocabulary.properties])


def _register_scoring_and_stages() -> None:
    job_registry.register(
        scoring_jobs.RESCORE_ALL, scoring_jobs.rescore_all, title=_("Scoring everybody"), on_end=_move_after_scoring
    )
    job_registry.register(
        jobs_learning.LEARN,
        jobs_learning.learn,
        title=_("Learning points from who bought"),
        lease=timedelta(minutes=10),
    )
    job_registry.register(
        jobs_learning.FIND_COMMON, jobs_learning.find_common, title=_("Looking for what customers have in common"),
        lease=timedelta(minutes=10),
    )  # fmt: skip
    job_registry.register(scoring_jobs.RESCORE_BY_TIME, scoring_jobs.rescore_by_time, title=_("Scores cool with time"))
    job_registry.register(
        backtesting.JOB, jobs_backtest.run_back_test, title=_("Back-test"), on_end=backtesting.note_end
    )
    carrying.lend("stage", stages_merging.FURTHER_STAGE)
    carrying.lend("touches", path_merging.PATHS)
    job_registry.register(stages_jobs.MOVE_ALL, stages_jobs.move_all, title=_("Asking everybody's stage signs"))
    periodic.every("rescore-by-time", timedelta(hours=1), scoring_jobs.start_rescoring_by_time)
    periodic.every("adjustments-end", timedelta(minutes=1), adjusting.end_adjustments)
    periodic.every("move-by-time", timedelta(days=1), stages_jobs.start_moving_by_time)


def _lend_outcomes() -> None:
    """Sales and stages tell scoring what became of people."""
    outcomes.lend("deal", sales_outcomes.deal_facts)
    outcomes.lend("hand-off", sales_outcomes.hand_off_facts)
    outcomes.lend("return", sales_outcomes.return_facts)
    outcomes.lend("stage", stages_outcomes.move_facts)
    sampling.lend_moments(sampling.HAND_OFF, sales_outcomes.hand_off_moments)


def _register_reviews() -> None:
    job_registry.register(
        reviews.COUNTING, insights_jobs.count_review, title=_("Counting the agenda of a score review"), at_most=2
    )
    periodic.every("review-due", timedelta(hours=1), reminding.remind)
    notices.register(reminding.NOTICE, text=_("A review of the score is due"), icon="presentation")
    notices.register("criterion-taken", text=_("Your criterion is taken: %(text)s"), icon="circle-check")
    notices.register("criterion-declined", text=_("Not this time: %(text)s. %(answer)s"), icon="message-circle-off")


def _register_journeys_and_sales() -> None:
    job_registry.register(publishing.MOVING, publishing.run_moving, title=_("Moving people to the new version"))
    job_registry.register(running.STOPPING, running.run_stopping, title=_("Letting people out of a journey"))
    periodic.every("hand-offs-late", timedelta(seconds=30), escalating.escalate)
    periodic.every("hand-offs-cooled", timedelta(minutes=10), cooling.close_cold)
    periodic.every("hand-offs-mailed", timedelta(seconds=15), escalating.mail_salespeople)
    periodic.after_clock_back(clock_back.shorten_waits)
    periodic.after_clock_back(sending.look_again)
    returning.lend_mover(_move_returned)
    escalating.lend_postman(_Postman())


class _Postman:
    """Channels carry the alarms of sales to colleagues."""

    def can_post(self) -> bool:
        return colleagues.can_post()

    def post(self, mails: list[escalating.Mail]) -> list[bool]:
        return colleagues.post([colleagues.Note(mail.to, mail.subject, mail.text) for mail in mails])


def _move_returned(person_id: int, stage_key: str, by: str, why: dict[str, str], at: datetime) -> None:
    """Whom sales gives back waits beside the ladder, if this ladder has the place."""
    stage = Stage.objects.filter(key=stage_key, is_active=True).first()
    if stage is not None:
        move_person(person_id=person_id, stage=stage, cause="return", by=by, why=dict(why), at=at)


def _move_after_scoring(job: Job) -> None:
    """Signs may speak of warmth: after a new score table stages are asked anew."""
    if job.state == JobState.DONE:
        stages_jobs.start_moving_all(by=job.created_by)


def _prepared_letter(*, template_id: int, version: int | None = None) -> renderers.Prepared:
    """Content prepares letters, channels send them; what can go wrong is said in the words of channels."""
    try:
        return rendering.prepare_by_id(template_id=template_id, version=version)
    except TemplateGone as error:
        raise renderers.TemplateGone from error
    except TemplateFlaw as error:
        raise renderers.TemplateFlawed(str(error)) from error


def _written_letter(letter: Mapping[str, Any], *, is_service: bool) -> renderers.Prepared:
    """A letter that a colleague wrote to one person."""
    try:
        return writing.prepare_written(letter, is_service=is_service)
    except TemplateFlaw as error:
        raise renderers.TemplateFlawed(str(error)) from error
