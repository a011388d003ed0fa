"""In forms: a phone or a company's mailbox that is another's may be kept on both cards."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from teplo.people.making import ContactTaken

_FIELD = "is_shared"


def wants_to_share(request: HttpRequest) -> bool:
    """Whether it was said that both have the contact."""
    return _FIELD in request.POST


def offer_to_share(form: forms.Form, refusal: ContactTaken) -> None:
    """Ask, beside the refusal, whether both have it; only of contacts that several people may have."""
    if refusal.may_share:
        form.fields[_FIELD] = forms.BooleanField(label=_("Both have it: keep it on both cards"), required=False)
