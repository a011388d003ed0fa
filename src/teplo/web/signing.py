"""Signing in and out, and the page of one-time links: the owner's first, a colleague's, a forgotten password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from teplo.accounts import devices, inviting, passwords, sign_in_links
from teplo.accounts.access import public
from teplo.accounts.colleagues import anybody_can_sign_in
from teplo.accounts.founding import Answers
from teplo.accounts.models import InvitationLink, User
from teplo.accounts.workspace import get_workspace
from teplo.channels.colleagues import can_post
from teplo.channels.sign_in_letters import send_sign_in_letter
from teplo.kit.callers import client_address
from teplo.kit.clock import known_zones
from teplo.web.founding import questions_for, what_follows
from teplo.web.preferring import LANGUAGE_COOKIE, language_of

BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    password = forms.CharField(
        label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class WelcomeForm(forms.Form):
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least 10 characters; a short sentence is easy to keep in mind."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    timezone = forms.CharField(required=False, widget=forms.HiddenInput(attrs={"data-timezone": ""}))

    def __init__(self, *args: Any, link: InvitationLink, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if link.email:
            self.initial["email"] = link.email
            self.fields["email"].disabled = True
        if link.user_id:
            del self.fields["name"]

    def clean_timezone(self) -> str:
        """The browser's zone, or nothing when it names one that is not known here."""
        name = str(self.cleaned_data["timezone"])
        return name if name in known_zones() else ""


@public
@never_cache
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(_next(request))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            device = request.COOKIES.get(devices.COOKIE, "")
            user = passwords.check_password(**form.cleaned_data, address=client_address(request), device=device)
        except (passwords.WrongEmailOrPassword, passwords.TooManyAttempts) as refusal:
            form.add_error(None, str(refusal))
        else:
            login(request, user, backend=BACKEND)
            return _known_from_now(request, HttpResponseRedirect(_next(request)), user)
    context = {
        "form": form,
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "is_new": _is_new(),
        "can_send_link": _can_send_link(request),
    }
    return render(request, "signing/sign_in.html", context, status=422 if form.errors else 200)


@public
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign-in")


@public
@never_cache
@sensitive_post_parameters("password")
def welcome(request: HttpRequest, text: str) -> HttpResponse:
    """Choose name and password on a one-time link, then stand inside."""
    try:
        link = inviting.find_link(text)
    except inviting.LinkNotValid as refusal:
        return render(request, "signing/link_not_valid.html", {"refusal": refusal}, status=410)
    form = WelcomeForm(request.POST or None, link=link)
    questions = questions_for(request) if inviting.is_owners(link) else None
    if request.method == "POST" and form.is_valid() and (questions is None or questions.is_valid()):
        user = _accept(form, text, questions.answers(form.cleaned_data["timezone"]) if questions else None)
        if user:
            logout(request)
            login(request, user, backend=BACKEND)
            update_session_auth_hash(request, user)
            return _known_from_now(request, redirect(settings.LOGIN_REDIRECT_URL), user)
    context = {
        "form": form,
        "link": link,
        "is_first": not link.email,
        "questions": questions,
        "follows": what_follows(questions) if questions else "",
    }
    is_wrong = form.errors or (questions and questions.errors)
    return render(request, "signing/welcome.html", context, status=422 if is_wrong else 200)


def _known_from_now(request: HttpRequest, response: HttpResponse, user: User) -> HttpResponse:
    """Wrong passwords from elsewhere will not keep this browser out."""
    cookie = devices.with_device(request.COOKIES.get(devices.COOKIE, ""), user)
    response.set_cookie(
        devices.COOKIE,
        cookie,
        max_age=int(devices.LIVES.total_seconds()),
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


# by a link


class LinkForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )


@public
@never_cache
def ask_for_link(request: HttpRequest) -> HttpResponse:
    """Have a link sent that signs in; the answer is the same whoever has an account."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(_next(request))
    base_url = _base_url(request)
    form = LinkForm(request.POST or None)
    is_sent = request.method == "POST" and form.is_valid() and bool(base_url) and can_post()
    if is_sent:
        user = sign_in_links.who_asks(email=form.cleaned_data["email"], address=client_address(request))
        if user is not None:
            send_sign_in_letter(user=user, base_url=base_url)
    context = {"form": form, "is_sent": is_sent, "can_send_link": _can_send_link(request)}
    return render(request, "signing/ask_for_link.html", context, status=422 if form.errors else 200)


@public
@never_cache
def sign_in_by_link(request: HttpRequest, text: str) -> HttpResponse:
    """Show whom it signs in; only a press of the button does, because programs open the links of letters too."""
    try:
        if request.method != "POST":
            user = sign_in_links.find_user(text)
            return render(request, "signing/by_link.html", {"user_meant": user})
        user = sign_in_links.use_link(text)
    except sign_in_links.SignInLinkNotValid as refusal:
        return render(request, "signing/link_not_valid.html", {"refusal": refusal, "by_mail": True}, status=410)
    logout(request)
    login(request, user, backend=BACKEND)
    return _known_from_now(request, redirect(settings.LOGIN_REDIRECT_URL), user)


def _can_send_link(request: HttpRequest) -> bool:
    return bool(_base_url(request)) and can_post()


def _base_url(request: HttpRequest) -> str:
    """Where the link leads; never to a host that only whoever asks has named."""
    known = get_workspace().public_url or str(settings.PUBLIC_URL)
    if known:
        return known.rstrip("/")
    name = request.get_host().partition(":")[0]
    is_ours = name in ("localhost", "127.0.0.1") or "*" not in settings.ALLOWED_HOSTS
    return request.build_absolute_uri("/").rstrip("/") if is_ours else ""


def _accept(form: WelcomeForm, text: str, answers: Answers | None) -> User | None:
    said = form.cleaned_data
    try:
        return inviting.accept(
            text=text,
            email=said["email"],
            name=said.get("name", ""),
            password=said["password"],
            language=get_language() or "",
            timezone=said["timezone"],
            answers=answers,
        )
    except ValidationError as error:
        form.add_error("password", error)
    except (inviting.EmailTaken, inviting.LinkNotValid) as refusal:
        form.add_error(None, str(refusal))
    return None


@public
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """The language of who has not signed in yet, kept in a cookie."""
    response = HttpResponseRedirect(_next(request, "sign-in"))
    language = language_of(request.POST.get("language", ""))
    if language:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=31_536_000, samesite="Lax", httponly=True)
    return response


def _next(request: HttpRequest, otherwise: str = "today") -> str:
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return redirect(otherwise)["Location"]


def _is_new() -> bool:
    return not anybody_can_sign_in()


urlpatterns = [
    path("sign-in/", sign_in, name="sign-in"),
    path("sign-in/link/", ask_for_link, name="ask-for-link"),
    path("sign-in/link/<str:text>/", sign_in_by_link, name="sign-in-link"),
    path("sign-out/", sign_out, name="sign-out"),
    path("welcome/<str:text>/", welcome, name="welcome"),
    path("language/", choose_language, name="choose-language"),
]
