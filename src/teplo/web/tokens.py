"""Tokens for machines that speak with the API."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.accounts.models import ApiToken, Role
from teplo.accounts.tokens import create_token, revoke_token
from teplo.web.answers import page, redirect, saved
from teplo.web.users import role_choices, role_name


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What it is for"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    role = forms.ChoiceField(label=_("It may do as much as"), choices=role_choices, initial=Role.MARKETER)


@requires(Right.MANAGE)
def token_list(request: HttpRequest) -> HttpResponse:
    tokens = list(ApiToken.objects.order_by("revoked_at", "-id"))
    live = sum(1 for token in tokens if token.revoked_at is None)
    context = {"tokens": [(token, role_name(token.role)) for token in tokens], "live": live}
    return page(request, "tokens/list.html", context)


@requires(Right.MANAGE)
def token_new(request: HttpRequest) -> HttpResponse:
    """The text of a token is shown on the answer and never again."""
    form = TokenForm(request.POST or None)
    text = ""
    if request.method == "POST" and form.is_valid():
        _token, text = create_token(**form.cleaned_data, by=request.user.pk)
    status = 422 if form.errors else 200
    return page(request, "tokens/new.html", {"form": form, "text": text}, fragment="tokens/_new.html", status=status)


@requires(Right.MANAGE)
@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    if revoke_token(token_id=token_id):
        saved(request, _gettext("The token no longer works."))
    return redirect(request, "tokens")


urlpatterns = [
    path("settings/tokens/", token_list, name="tokens"),
    path("settings/tokens/new/", token_new, name="token-new"),
    path("settings/tokens/<int:token_id>/revoke/", token_revoke, name="token-revoke"),
]
