"""One's own name, language, time zone, theme and password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.accounts.models import User
from teplo.accounts.passwords import TooManyAttempts, WrongEmailOrPassword, check_password
from teplo.kit.callers import client_address
from teplo.web.answers import page, redirect, saved
from teplo.web.settings import with_present
from teplo.web.users import role_name
from teplo.web.zone_picker import ZoneSelect, known_zone, zone_choices

THEMES = (("auto", _("As the system")), ("light", _("Light")), ("dark", _("Dark")))


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("name", "language", "timezone", "theme")
        labels = {"name": _("Your name"), "language": _("Language"), "timezone": _("Time zone"), "theme": _("Look")}
        widgets = {
            "language": forms.Select,
            "timezone": ZoneSelect,
            "theme": forms.RadioSelect(choices=THEMES),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].widget.choices = [("", _gettext("As the browser")), *settings.LANGUAGES]
        zones = [("", _gettext("As the company")), *with_present(zone_choices(), self.instance.timezone)]
        self.fields["timezone"].widget.choices = zones

    def clean_timezone(self) -> str:
        return known_zone(self.cleaned_data["timezone"])


class PasswordForm(forms.Form):
    old = forms.CharField(
        label=_("Password now"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    new = forms.CharField(
        label=_("New password"),
        strip=False,
        help_text=_("At least 10 characters. Other browsers are signed out."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@requires(Right.SEE)
def profile(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = ProfileForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        user.save(update_fields=list(form.cleaned_data))
        with override(user.language or None):
            saved(request, _gettext("Saved"))
        return redirect(request, "profile")
    return _show(request, form, PasswordForm(), status=422 if form.errors else 200)


@requires(Right.SEE)
@require_POST
@sensitive_post_parameters("old", "new")
def change_password(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    form = PasswordForm(request.POST)
    if form.is_valid() and _is_agreed(request, form):
        user.set_password(form.cleaned_data["new"])
        user.save(update_fields=["password"])
        update_session_auth_hash(request, user)
        saved(request, _gettext("The new password counts from now on."))
        return redirect(request, "profile")
    return _show(request, ProfileForm(instance=user), form, status=422)


def _is_agreed(request: HttpRequest, form: PasswordForm) -> bool:
    """Whether the old password is right, guessed as slowly as at sign-in, and the new one good enough."""
    user: Any = request.user
    try:
        check_password(
            email=user.email, password=form.cleaned_data["old"], address=client_address(request), is_inside=True
        )
        validate_password(form.cleaned_data["new"], user)
    except WrongEmailOrPassword:
        form.add_error("old", _gettext("This is not your password."))
    except TooManyAttempts as refusal:
        form.add_error("old", str(refusal))
    except ValidationError as error:
        form.add_error("new", error)
    return not form.errors


def _show(request: HttpRequest, form: ProfileForm, password_form: PasswordForm, *, status: int) -> HttpResponse:
    user: Any = request.user
    context = {"form": form, "password_form": password_form, "role": role_name(user.role)}
    return page(request, "profile/profile.html", context, status=status)


urlpatterns = [
    path("profile/", profile, name="profile"),
    path("profile/password/", change_password, name="profile-password"),
]
