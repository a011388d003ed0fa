"""Who may call what, written out: every address of the screens and every operation of the API, by role.

The tables are the decision; the decorators are checked against them. A new address is added here by hand.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver

from teplo.accounts.models import Role
from teplo.accounts.testing import make_user
from teplo.accounts.tokens import create_token
from teplo.api.endpoints import api
from teplo.people.testing import make_person

ADMINISTRATOR, MARKETER, SALESPERSON, ANALYST = "administrator", "marketer", "salesperson", "analyst"
ANYBODY = None
"""Also whoever is not signed in."""
EVERYBODY = {ADMINISTRATOR, MARKETER, SALESPERSON, ANALYST}
EDITORS = {ADMINISTRATOR, MARKETER, SALESPERSON}
EXPORTERS = {ADMINISTRATOR, MARKETER, ANALYST}
MARKETERS = {ADMINISTRATOR, MARKETER}
SELLERS = {ADMINISTRATOR, SALESPERSON}
ADMINISTRATORS = {ADMINISTRATOR}

WEB = {
    "/": EVERYBODY,
    "/activities/": EVERYBODY,
    "/activities/<int:activity_id>/": EVERYBODY,
    "/activities/<int:activity_id>/change/": MARKETERS,
    "/activities/<int:activity_id>/delete/": MARKETERS,
    "/activities/<int:activity_id>/recount/": MARKETERS,
    "/activities/new/": MARKETERS,
    "/companies/": EVERYBODY,
    "/companies/<int:company_id>/": EVERYBODY,
    "/companies/<int:company_id>/edit/": EDITORS,
    "/companies/new/": EDITORS,
    "/conditions/check/": EVERYBODY,
    "/conditions/count/": EVERYBODY,
    "/conditions/values/": EVERYBODY,
    "/conditions/vocabulary/": EVERYBODY,
    "/deals/": EVERYBODY,
    "/deals/<int:person_id>/<int:deal_id>/lose/": EDITORS,
    "/deals/<int:person_id>/<int:deal_id>/move/": EDITORS,
    "/deals/<int:person_id>/<int:deal_id>/reopen/": EDITORS,
    "/deals/<int:person_id>/<int:deal_id>/win/": EDITORS,
    "/duplicates/": EDITORS,
    "/duplicates/<int:pair_id>/": EDITORS,
    "/duplicates/search/": EDITORS,
    "/guide/<slug:step>/": ADMINISTRATORS,
    "/guide/example/": ADMINISTRATORS,
    "/hand-offs/": EVERYBODY,
    "/hand-offs/<int:person_id>/<int:hand_off_id>/": EVERYBODY,
    "/hand-offs/<int:person_id>/<int:hand_off_id>/accept/": SELLERS,
    "/hand-offs/<int:person_id>/<int:hand_off_id>/return/": SELLERS,
    "/healthz": ANYBODY,
    "/help/": EVERYBODY,
    "/hooks/mail/<int:sender_id>": ANYBODY,
    "/insight/": EVERYBODY,
    "/insight/funnel.csv": EXPORTERS,
    "/insight/funnel/": EVERYBODY,
    "/insight/sources.csv": EXPORTERS,
    "/insight/sources/": EVERYBODY,
    "/jobs/": EVERYBODY,
    "/jobs/<int:job_id>/cancel/": EVERYBODY,
    "/jobs/<int:job_id>/progress/": EVERYBODY,
    "/jobs/<int:job_id>/resume/": EVERYBODY,
    "/journeys/": EVERYBODY,
    "/journeys/<int:journey_id>/": EVERYBODY,
    "/journeys/<int:journey_id>/copy/": MARKETERS,
    "/journeys/<int:journey_id>/drop-draft/": MARKETERS,
    "/journeys/<int:journey_id>/edit/": MARKETERS,
    "/journeys/<int:journey_id>/edit/add/": MARKETERS,
    "/journeys/<int:journey_id>/edit/add/<slug:variant>/": MARKETERS,
    "/journeys/<int:journey_id>/edit/step/<slug:key>/": MARKETERS,
    "/journeys/<int:journey_id>/edit/step/<slug:key>/move/": MARKETERS,
    "/journeys/<int:journey_id>/edit/step/<slug:key>/remove/": MARKETERS,
    "/journeys/<int:journey_id>/edit/trigger/": MARKETERS,
    "/journeys/<int:journey_id>/edit/undo/": MARKETERS,
    "/journeys/<int:journey_id>/edit/ways-out/": MARKETERS,
    "/journeys/<int:journey_id>/enrol/": MARKETERS,
    "/journeys/<int:journey_id>/people/": EVERYBODY,
    "/journeys/<int:journey_id>/publish/": MARKETERS,
    "/journeys/<int:journey_id>/rename/": MARKETERS,
    "/journeys/<int:journey_id>/restore/<int:number>/": MARKETERS,
    "/journeys/<int:journey_id>/simulate/": EVERYBODY,
    "/journeys/<int:journey_id>/state/": MARKETERS,
    "/journeys/new/": MARKETERS,
    "/l/c/<str:token>": ANYBODY,
    "/l/k/<str:token>": ANYBODY,
    "/l/o/<str:token>.gif": ANYBODY,
    "/l/p/<str:token>": ANYBODY,
    "/l/u/<str:token>": ANYBODY,
    "/l/v/<str:token>": ANYBODY,
    "/language/": ANYBODY,
    "/metrics": ANYBODY,
    "/notices/": EVERYBODY,
    "/notices/<int:notice_id>/": EVERYBODY,
    "/notices/bell/": EVERYBODY,
    "/notices/read/": EVERYBODY,
    "/outbox/": EVERYBODY,
    "/outbox/<int:person_id>/<int:delivery_id>/": EVERYBODY,
    "/outbox/<int:person_id>/<int:delivery_id>/look/": EVERYBODY,
    "/outbox/decide/": MARKETERS,
    "/outbox/retry/": MARKETERS,
    "/outbox/senders/<int:sender_id>/pause/": MARKETERS,
    "/people/": EVERYBODY,
    "/people/<int:person_id>/": EVERYBODY,
    "/people/<int:person_id>/calls/<int:call_id>/forget/": EDITORS,
    "/people/<int:person_id>/claims/<int:claim_id>/": EDITORS,
    "/people/<int:person_id>/consent/": EDITORS,
    "/people/<int:person_id>/contacts/change/": EDITORS,
    "/people/<int:person_id>/contacts/new/": EDITORS,
    "/people/<int:person_id>/deals/": EVERYBODY,
    "/people/<int:person_id>/deals/new/": EDITORS,
    "/people/<int:person_id>/edit/": EDITORS,
    "/people/<int:person_id>/erase/": ADMINISTRATORS,
    "/people/<int:person_id>/export/": EXPORTERS,
    "/people/<int:person_id>/facts/<str:key>/": EDITORS,
    "/people/<int:person_id>/hand-off/": EDITORS,
    "/people/<int:person_id>/interviews/": EVERYBODY,
    "/people/<int:person_id>/interviews/<int:interview_id>/drop/": EDITORS,
    "/people/<int:person_id>/journeys/": EVERYBODY,
    "/people/<int:person_id>/journeys/<int:enrolment_id>/leave/": EDITORS,
    "/people/<int:person_id>/journeys/enter/": EDITORS,
    "/people/<int:person_id>/letters/": EVERYBODY,
    "/people/<int:person_id>/merge/": EDITORS,
    "/people/<int:person_id>/notes/<int:note_id>/forget/": EDITORS,
    "/people/<int:person_id>/propose-criterion/": EDITORS,
    "/people/<int:person_id>/score/": EVERYBODY,
    "/people/<int:person_id>/score/adjust/": EDITORS,
    "/people/<int:person_id>/score/adjust/<int:adjustment_id>/withdraw/": EDITORS,
    "/people/<int:person_id>/score/hand/": EDITORS,
    "/people/<int:person_id>/score/history/": EVERYBODY,
    "/people/<int:person_id>/score/warming/": EVERYBODY,
    "/people/<int:person_id>/score/why/": EVERYBODY,
    "/people/<int:person_id>/stage/": EVERYBODY,
    "/people/<int:person_id>/stage/history/": EVERYBODY,
    "/people/<int:person_id>/stage/move/": EDITORS,
    "/people/<int:person_id>/stage/unpin/": EDITORS,
    "/people/<int:person_id>/story/": EVERYBODY,
    "/people/<int:person_id>/tags/": EDITORS,
    "/people/<int:person_id>/tasks/": EVERYBODY,
    "/people/<int:person_id>/tasks/new/": EDITORS,
    "/people/<int:person_id>/write/<slug:way>/": EDITORS,
    "/people/<int:winner_id>/merge/<int:loser_id>/": EDITORS,
    "/people/acts/<slug:key>/": MARKETERS,
    "/people/claims/": EDITORS,
    "/people/claims/decline/": MARKETERS,
    "/people/claims/release/": MARKETERS,
    "/people/columns/": EVERYBODY,
    "/people/count/": EVERYBODY,
    "/people/filter/": EVERYBODY,
    "/people/imports/": MARKETERS,
    "/people/imports/<int:run_id>/": MARKETERS,
    "/people/imports/<int:run_id>/drop/": MARKETERS,
    "/people/imports/<int:run_id>/preview/": MARKETERS,
    "/people/imports/<int:run_id>/refused.csv": MARKETERS,
    "/people/imports/<int:run_id>/resume/": MARKETERS,
    "/people/imports/<int:run_id>/shape/": MARKETERS,
    "/people/imports/<int:run_id>/start/": MARKETERS,
    "/people/imports/<int:run_id>/stop/": MARKETERS,
    "/people/imports/upload/": MARKETERS,
    "/people/merges/<int:merge_id>/undo/": EDITORS,
    "/people/new/": EDITORS,
    "/people/people.csv": EXPORTERS,
    "/people/people.xlsx": EXPORTERS,
    "/people/segments/": EVERYBODY,
    "/people/segments/<int:segment_id>/": EVERYBODY,
    "/people/segments/<int:segment_id>/count/": MARKETERS,
    "/people/segments/<int:segment_id>/delete/": MARKETERS,
    "/people/segments/<int:segment_id>/edit/": MARKETERS,
    "/people/segments/<int:segment_id>/export/": EXPORTERS,
    "/people/segments/<int:segment_id>/keep/": MARKETERS,
    "/people/segments/new/": MARKETERS,
    "/people/tags/": EVERYBODY,
    "/people/tags/<int:tag_id>/forget/": MARKETERS,
    "/people/tags/<int:tag_id>/rename/": MARKETERS,
    "/people/views/<int:view_id>/delete/": EVERYBODY,
    "/people/views/new/": EVERYBODY,
    "/profile/": EVERYBODY,
    "/profile/password/": EVERYBODY,
    "/readyz": ANYBODY,
    "/scoring/": EVERYBODY,
    "/scoring/back-tests/": EVERYBODY,
    "/scoring/back-tests/<int:test_id>/": EVERYBODY,
    "/scoring/back-tests/<int:test_id>/again/": MARKETERS,
    "/scoring/back-tests/<int:test_id>/delete/": MARKETERS,
    "/scoring/back-tests/<int:test_id>/figures.json": EVERYBODY,
    "/scoring/back-tests/<int:test_id>/people.csv": EXPORTERS,
    "/scoring/back-tests/<int:test_id>/people/": EVERYBODY,
    "/scoring/back-tests/<int:test_id>/threshold/": EVERYBODY,
    "/scoring/back-tests/new/": MARKETERS,
    "/scoring/common/": EVERYBODY,
    "/scoring/common/<int:search_id>/": EVERYBODY,
    "/scoring/common/<int:search_id>/criteria/": MARKETERS,
    "/scoring/common/<int:search_id>/findings.csv": EXPORTERS,
    "/scoring/common/<int:search_id>/match/": EVERYBODY,
    "/scoring/common/<int:search_id>/profile/": MARKETERS,
    "/scoring/common/new/": MARKETERS,
    "/scoring/decisions/<int:decision_id>/withdraw/": MARKETERS,
    "/scoring/hand/": EVERYBODY,
    "/scoring/interviews/": EVERYBODY,
    "/scoring/learned/": EVERYBODY,
    "/scoring/learned/<int:learning_id>/": EVERYBODY,
    "/scoring/learned/<int:learning_id>/again/": MARKETERS,
    "/scoring/learned/<int:learning_id>/draft/": MARKETERS,
    "/scoring/learned/<int:learning_id>/table.csv": EXPORTERS,
    "/scoring/learned/new/": MARKETERS,
    "/scoring/profiles/<int:profile_id>/": MARKETERS,
    "/scoring/profiles/<int:profile_id>/delete/": MARKETERS,
    "/scoring/profiles/new/": MARKETERS,
    "/scoring/reviews/": EVERYBODY,
    "/scoring/reviews/<int:review_id>/": EVERYBODY,
    "/scoring/reviews/<int:review_id>/count/": MARKETERS,
    "/scoring/reviews/<int:review_id>/decide/": MARKETERS,
    "/scoring/reviews/<int:review_id>/decline/<int:proposal_id>/": MARKETERS,
    "/scoring/reviews/<int:review_id>/discard/": MARKETERS,
    "/scoring/reviews/<int:review_id>/draft/": MARKETERS,
    "/scoring/reviews/<int:review_id>/hold/": MARKETERS,
    "/scoring/reviews/<int:review_id>/judge/<int:decision_id>/": MARKETERS,
    "/scoring/reviews/<int:review_id>/note/": MARKETERS,
    "/scoring/reviews/<int:review_id>/pdf/": EVERYBODY,
    "/scoring/reviews/<int:review_id>/people/<slug:part>/": EVERYBODY,
    "/scoring/reviews/<int:review_id>/take/<int:proposal_id>/": MARKETERS,
    "/scoring/reviews/new/": MARKETERS,
    "/scoring/reviews/reminder/": MARKETERS,
    "/scoring/tables/<int:table_id>/": EVERYBODY,
    "/scoring/tables/<int:table_id>/discard/": MARKETERS,
    "/scoring/tables/<int:table_id>/live/": MARKETERS,
    "/scoring/tables/<int:table_id>/preview/": EVERYBODY,
    "/scoring/tables/<int:table_id>/save/": MARKETERS,
    "/scoring/tables/<int:table_id>/shadow/": EVERYBODY,
    "/scoring/tables/<int:table_id>/shadow/start/": MARKETERS,
    "/scoring/tables/<int:table_id>/shadow/stop/": MARKETERS,
    "/scoring/tables/condition/": MARKETERS,
    "/scoring/tables/new/": MARKETERS,
    "/search/": EVERYBODY,
    "/settings/attributes/": MARKETERS,
    "/settings/attributes/<int:attribute_id>/": MARKETERS,
    "/settings/attributes/<int:attribute_id>/forget/": MARKETERS,
    "/settings/attributes/choice/": MARKETERS,
    "/settings/attributes/new/": MARKETERS,
    "/settings/attributes/order/": MARKETERS,
    "/settings/attributes/stray/": MARKETERS,
    "/settings/channels/": ADMINISTRATORS,
    "/settings/channels/<int:sender_id>/": ADMINISTRATORS,
    "/settings/channels/<int:sender_id>/check/": ADMINISTRATORS,
    "/settings/channels/<int:sender_id>/remove/": ADMINISTRATORS,
    "/settings/channels/new/": ADMINISTRATORS,
    "/settings/company/": ADMINISTRATORS,
    "/settings/consent-texts/": MARKETERS,
    "/settings/consent-texts/<slug:key>/": MARKETERS,
    "/settings/consent-texts/new/": MARKETERS,
    "/settings/dead-letters/": ADMINISTRATORS,
    "/settings/dead-letters/<int:letter_id>/": ADMINISTRATORS,
    "/settings/dead-letters/drop/": ADMINISTRATORS,
    "/settings/dead-letters/retry/": ADMINISTRATORS,
    "/settings/invitations/<int:link_id>/withdraw/": ADMINISTRATORS,
    "/settings/sites/": ADMINISTRATORS,
    "/settings/sites/<int:site_id>/": ADMINISTRATORS,
    "/settings/sites/<int:site_id>/renew/": ADMINISTRATORS,
    "/settings/sites/<int:site_id>/secret/": ADMINISTRATORS,
    "/settings/sites/new/": ADMINISTRATORS,
    "/settings/tokens/": ADMINISTRATORS,
    "/settings/tokens/<int:token_id>/revoke/": ADMINISTRATORS,
    "/settings/tokens/new/": ADMINISTRATORS,
    "/settings/users/": ADMINISTRATORS,
    "/settings/users/<int:user_id>/activity/": ADMINISTRATORS,
    "/settings/users/<int:user_id>/password-link/": ADMINISTRATORS,
    "/settings/users/<int:user_id>/role/": ADMINISTRATORS,
    "/settings/users/invite/": ADMINISTRATORS,
    "/sign-in/": ANYBODY,
    "/sign-in/link/": ANYBODY,
    "/sign-in/link/<str:text>/": ANYBODY,
    "/sign-out/": ANYBODY,
    "/stages/": EVERYBODY,
    "/stages/<int:stage_id>/": MARKETERS,
    "/stages/<int:stage_id>/retire/": MARKETERS,
    "/stages/<int:stage_id>/shift/": MARKETERS,
    "/stages/<int:stage_id>/stuck/": EVERYBODY,
    "/stages/new/": MARKETERS,
    "/stages/ready/": MARKETERS,
    "/start/": ADMINISTRATORS,
    "/tasks/": EVERYBODY,
    "/tasks/<int:person_id>/<int:task_id>/cancel/": EDITORS,
    "/tasks/<int:person_id>/<int:task_id>/finish/": EDITORS,
    "/tasks/<int:person_id>/<int:task_id>/give/": EDITORS,
    "/tasks/<int:person_id>/<int:task_id>/reopen/": EDITORS,
    "/tasks/<int:person_id>/<int:task_id>/snooze/": EDITORS,
    "/templates/": EVERYBODY,
    "/templates/<int:template_id>/": EVERYBODY,
    "/templates/<int:template_id>/archive/": MARKETERS,
    "/templates/<int:template_id>/copy/": MARKETERS,
    "/templates/check/": EVERYBODY,
    "/templates/new/": MARKETERS,
    "/templates/preview/": EVERYBODY,
    "/templates/proof/": MARKETERS,
    "/welcome/<str:text>/": ANYBODY,
}
API = {
    ("GET", "/back-tests"): EVERYBODY,
    ("POST", "/back-tests"): MARKETERS,
    ("DELETE", "/back-tests/{backtest_id}"): MARKETERS,
    ("GET", "/back-tests/{backtest_id}"): EVERYBODY,
    ("POST", "/back-tests/{backtest_id}/cancel"): MARKETERS,
    ("GET", "/criterion-proposals"): EVERYBODY,
    ("POST", "/criterion-proposals"): EDITORS,
    ("GET", "/jobs"): EVERYBODY,
    ("GET", "/jobs/{job_id}"): EVERYBODY,
    ("POST", "/jobs/{job_id}/cancel"): MARKETERS,
    ("GET", "/learnings"): EVERYBODY,
    ("POST", "/learnings"): MARKETERS,
    ("GET", "/learnings/{learning_id}"): EVERYBODY,
    ("POST", "/learnings/{learning_id}/cancel"): MARKETERS,
    ("POST", "/learnings/{learning_id}/draft"): MARKETERS,
    ("POST", "/outcomes"): EDITORS,
    ("GET", "/people/find"): EVERYBODY,
    ("GET", "/people/scores"): EVERYBODY,
    ("GET", "/people/{person_id}/explanation"): EVERYBODY,
    ("GET", "/people/{person_id}/score"): EVERYBODY,
    ("GET", "/people/{person_id}/tags"): EVERYBODY,
    ("POST", "/people/{person_id}/tags"): EDITORS,
    ("GET", "/score-reviews"): EVERYBODY,
    ("POST", "/score-reviews"): MARKETERS,
    ("GET", "/score-reviews/{review_id}"): EVERYBODY,
    ("POST", "/score-reviews/{review_id}/cancel"): MARKETERS,
    ("POST", "/score-reviews/{review_id}/decisions"): MARKETERS,
    ("POST", "/score-reviews/{review_id}/decisions/{decision_id}/verdict"): MARKETERS,
    ("GET", "/score-tables"): EVERYBODY,
    ("POST", "/score-tables"): MARKETERS,
    ("POST", "/score-tables/from-csv"): MARKETERS,
    ("DELETE", "/score-tables/{table_id}"): MARKETERS,
    ("GET", "/score-tables/{table_id}"): EVERYBODY,
    ("PUT", "/score-tables/{table_id}"): MARKETERS,
    ("GET", "/score-tables/{table_id}/csv"): EVERYBODY,
    ("POST", "/score-tables/{table_id}/live"): MARKETERS,
}

INSIDE = {
    "/people/acts/set-value/": MARKETERS,
    "/people/acts/add-tags/": MARKETERS,
    "/people/acts/remove-tags/": MARKETERS,
    "/people/acts/add-to-list/": MARKETERS,
    "/people/acts/set-owner/": MARKETERS,
    "/people/acts/set-stage/": MARKETERS,
    "/people/acts/enrol/": MARKETERS,
    "/people/acts/erase/": ADMINISTRATORS,
}
"""Acts on many people of the list, which share one address."""


def _walk(patterns: list[Any], before: str = "/") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pattern in patterns:
        route = before + re.sub(r"^\^|\\Z$|\$$", "", str(pattern.pattern))
        if isinstance(pattern, URLPattern):
            found[route] = pattern.callback
        else:
            found |= _walk(pattern.url_patterns, route)
    return {path: view for path, view in found.items() if not path.startswith("/api/")}


def _sample(route: str) -> str:
    return re.sub(r"<str:[^>]*>|<slug:[^>]*>|<[a-z_]+>", "x", re.sub(r"<int:[^>]*>", "1", route))


def _operations() -> set[tuple[str, str]]:
    found = set()
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            full = "/".join(part.strip("/") for part in (prefix, path) if part.strip("/"))
            found |= {(method, f"/{full}") for operation in view.operations for method in operation.methods}
    return found


def test_every_address_is_in_the_table():
    assert set(_walk(get_resolver().url_patterns)) == set(WEB)


def test_every_operation_is_in_the_table():
    assert _operations() == set(API)


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_every_address_lets_in_exactly_the_roles_of_the_table(client, role):
    """GET everywhere; POST only where it must be refused, since it would act elsewhere."""
    make_user()
    client.force_login(make_user(role=role))
    wrong = []
    for route, roles in WEB.items():
        if roles is ANYBODY:
            continue
        path = _sample(route)
        answer = client.get(path)
        if role in roles and (answer.status_code in {401, 403} or answer.status_code >= 500):
            wrong.append((route, answer.status_code))
        if role not in roles and (answer.status_code, client.post(path).status_code) != (403, 403):
            wrong.append((route, "open"))
    assert wrong == []


@pytest.mark.django_db
def test_whoever_is_not_signed_in_is_let_in_nowhere_else():
    client = Client(raise_request_exception=False)
    for route, roles in WEB.items():
        answers = [getattr(client, method)(_sample(route)) for method in ("get", "post")]
        is_sent_away = [answer.get("Location", "").startswith("/sign-in/?next=") for answer in answers]
        assert is_sent_away == [roles is not ANYBODY] * 2, route


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_acts_on_many_are_open_to_the_roles_of_the_table(client, role):
    client.force_login(make_user(role=role))
    person = make_person()
    for path, roles in INSIDE.items():
        answer = client.post(path, {"ids": [person.pk]})
        assert answer.status_code == (200 if role in roles else 403), path


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role.values)
def test_every_operation_is_open_to_tokens_of_the_roles_of_the_table(client, role):
    """With nothing sent, a call that is let in is refused for another reason."""
    _token, text = create_token(name="x", role=role, by=None)
    headers = {"Authorization": f"Bearer {text}"}
    wrong = []
    for (method, route), roles in API.items():
        path = "/api/v1" + re.sub(r"\{[^}]*\}", "1", route)
        answer = client.generic(method, path, "{}", content_type="application/json", headers=headers)
        is_refused = answer.status_code == 403 and answer.json()["code"] == "right-lacking"
        if is_refused is (role in roles) or answer.status_code in (401, 429) or answer.status_code >= 500:
            wrong.append((method, route, answer.status_code))
    assert wrong == []
