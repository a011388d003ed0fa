"""Rights follow from the role alone, and undecided requests are sent to sign in or refused."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory

from teplo.accounts.access import Abilities, Right, RightLacking, can, may_edit_person, requires
from teplo.accounts.models import Role, User


@requires(Right.EDIT_MARKETING)
def guarded(request):
    return HttpResponse("inside")


def asked(user, **headers):
    request = RequestFactory().get("/people/?q=a", headers=headers)
    request.user = user
    return request


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.ADMINISTRATOR, set(Right)),
        (Role.MARKETER, {Right.SEE, Right.EDIT_PEOPLE, Right.IMPORT, Right.EXPORT, Right.EDIT_MARKETING}),
        (Role.SALESPERSON, {Right.SEE, Right.EDIT_PEOPLE, Right.SELL}),
        (Role.ANALYST, {Right.SEE, Right.EXPORT}),
    ],
)
def test_each_role_has_exactly_its_rights(role, rights):
    assert {right for right in Right if can(User(role=role), right)} == rights


def test_nobody_has_no_right():
    assert not any(can(AnonymousUser(), right) for right in Right)
    assert not Abilities(AnonymousUser())["see"]


def test_an_unknown_role_has_no_right():
    assert not any(can(User(role="janitor"), right) for right in Right)


def test_a_template_asking_for_a_right_that_does_not_exist_fails_loudly():
    with pytest.raises(ValueError, match="fly"):
        Abilities(User(role=Role.ADMINISTRATOR))["fly"]


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_comes_back():
    answer = guarded(asked(AnonymousUser()))
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/people/%3Fq%3Da"


def test_a_fragment_takes_the_whole_window_to_sign_in_and_back_to_its_page():
    answer = guarded(asked(AnonymousUser(), HX_Request="true", HX_Current_URL="http://testserver/people/7/?tab=story"))
    assert answer.status_code == 401
    assert answer["HX-Redirect"] == "/sign-in/?next=/people/7/%3Ftab%3Dstory"


def test_the_page_to_come_back_to_is_never_on_another_host():
    answer = guarded(asked(AnonymousUser(), HX_Request="true", HX_Current_URL="https://evil.example/steal"))
    assert "evil" not in answer["HX-Redirect"]


def test_a_role_without_the_right_is_refused():
    with pytest.raises(RightLacking):
        guarded(asked(User(role=Role.ANALYST)))


def test_a_role_with_the_right_gets_in():
    assert guarded(asked(User(role=Role.MARKETER))).content == b"inside"


def test_a_salesperson_edits_his_own_people_and_those_of_nobody():
    seller = User(role=Role.SALESPERSON)
    assert may_edit_person(seller, owner_id=seller.pk)
    assert may_edit_person(seller, owner_id=None)
    assert not may_edit_person(seller, owner_id=seller.pk + 1)


def test_a_marketer_edits_everybody_and_an_analyst_nobody():
    assert may_edit_person(User(role=Role.MARKETER), owner_id=5)
    assert not may_edit_person(User(role=Role.ANALYST), owner_id=None)
