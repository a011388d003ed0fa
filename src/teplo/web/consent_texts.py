"""The words people agree to, in versions (R32)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from teplo.accounts.access import Right, requires
from teplo.people.consent import CHANNELS
from teplo.people.consent_texts import TextRefused, newest_texts, save_text
from teplo.people.models import ConsentText
from teplo.web.answers import page, redirect, saved
from teplo.web.telling import channel_name


class TextForm(forms.Form):
    key = forms.SlugField(
        label=gettext_lazy("Key"),
        max_length=60,
        help_text=gettext_lazy("Small Latin letters, digits and hyphens, such as news. The page names the text by it."),
    )
    channel = forms.ChoiceField(label=gettext_lazy("Channel"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language"), required=False, choices=[("", "—"), *settings.LANGUAGES]
    )
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("What for, in a word or two."),
    )
    text = forms.CharField(
        label=gettext_lazy("Words"), max_length=5000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("Exactly as they stand beside the box."),
    )  # fmt: skip

    def __init__(self, *args: Any, is_known: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].choices = [(key, channel_name(key)) for key in CHANNELS]  # type: ignore[attr-defined]
        if is_known:
            del self.fields["key"]


@requires(Right.EDIT_MARKETING)
def text_list(request: HttpRequest) -> HttpResponse:
    texts = [(text, channel_name(text.channel)) for text in newest_texts()]
    return page(request, "consent_texts/list.html", {"texts": texts})


@requires(Right.EDIT_MARKETING)
def text_new(request: HttpRequest) -> HttpResponse:
    form = TextForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _is_saved(request, form, form.cleaned_data["key"]):
        return redirect(request, "consent-texts")
    return _shown(request, form, address=reverse("consent-text-new"))


@requires(Right.EDIT_MARKETING)
def text_one(request: HttpRequest, key: str) -> HttpResponse:
    versions = list(ConsentText.objects.filter(key=key).order_by("-version"))
    if not versions:
        raise Http404
    newest = versions[0]
    names = ("channel", "language", "purpose", "text")
    form = TextForm(request.POST or None, is_known=True, initial={name: getattr(newest, name) for name in names})
    if request.method == "POST" and form.is_valid() and _is_saved(request, form, key):
        return redirect(request, "consent-texts")
    return _shown(request, form, address=reverse("consent-text", args=[key]), newest=newest, older=versions[1:])


def _is_saved(request: HttpRequest, form: TextForm, key: str) -> bool:
    said = {name: form.cleaned_data[name] for name in ("channel", "language", "purpose", "text")}
    try:
        text = save_text(key=key, by=request.user.pk, **said)
    except TextRefused as error:
        form.add_error(None, str(error))
        return False
    saved(request, _("Saved as %(name)s.") % {"name": f"{text.key}@{text.version}"})
    return True


def _shown(request: HttpRequest, form: TextForm, **context: Any) -> HttpResponse:
    return page(
        request, "consent_texts/text.html", {"form": form, **context}, fragment="consent_texts/_text.html",
        status=422 if form.errors else 200,
    )  # fmt: skip


urlpatterns = [
    path("settings/consent-texts/", text_list, name="consent-texts"),
    path("settings/consent-texts/new/", text_new, name="consent-text-new"),
    path("settings/consent-texts/<slug:key>/", text_one, name="consent-text"),
]
