"""The first questions: country, own city, language; answered beforehand from what the browser tells."""

from __future__ import annotations

from typing import Any

import phonenumbers
from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header

from teplo.accounts.access import Right, requires
from teplo.accounts.founding import Answers, currency_of, guess, settle_workspace, zone_in
from teplo.kit.clock import known_zones, now
from teplo.kit.zones import city_name, offset_of
from teplo.people.places import country_names
from teplo.web.formatting import money_sign
from teplo.web.preferring import workspace_of


class QuestionsForm(forms.Form):
    """What a company begins with; what is not answered is as guessed."""

    country = forms.ChoiceField(
        label=_("Country"), required=False, help_text=_("Money, phone numbers and time zone follow from it.")
    )
    city = forms.CharField(
        label=_("Your city"),
        required=False,
        max_length=120,
        help_text=_("People from here get points in the first score table. Leave it empty if the city means nothing."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=settings.LANGUAGES,
        help_text=_("Of ready content, of letters and of colleagues to come."),
    )

    def __init__(self, *args: Any, guessed: Answers, **kwargs: Any) -> None:
        initial = {"country": guessed.country, "city": guessed.city, "language": guessed.language}
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.guessed = guessed
        country: Any = self.fields["country"]
        country.choices = [("", _gettext("Choose…")), *country_names().items()]

    def answers(self, timezone: str) -> Answers:
        """What was answered, and the browser's time zone."""
        said, guessed = self.cleaned_data, self.guessed
        city = said["city"].strip() if "city" in self.data else guessed.city
        return Answers(
            country=said["country"] or guessed.country,
            city=city,
            language=said["language"] or guessed.language,
            timezone=timezone,
        )


def questions_for(request: HttpRequest, *, timezone: str = "") -> QuestionsForm | None:
    """The questions with their guesses; None once they are answered."""
    if workspace_of(request).settled_at is not None:
        return None
    told = request.POST if request.method == "POST" else request.GET
    zone = timezone or told.get("timezone", "")
    guessed = _guessed(request, zone if zone in known_zones() else "", told.get("country", ""))
    return QuestionsForm(request.POST if request.method == "POST" else None, guessed=guessed)


def _guessed(request: HttpRequest, timezone: str, country: str) -> Answers:
    language = (get_language() or "en")[:2]
    spoken = [tag for tag, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", ""))]
    guessed = guess(spoken=spoken, timezone=timezone, language=language)
    if country not in country_names() or country == guessed.country:
        return guessed
    zone = zone_in(country, timezone)
    city = city_name(zone, language) if zone else ""
    return Answers(country, city, guessed.language, guessed.timezone)


def what_follows(form: QuestionsForm) -> str:
    """Money, phones and time zone of the country as one line; empty while there is none."""
    country = str(form["country"].value() or "")
    if not country:
        return ""
    zone = zone_in(country, form.guessed.timezone, str(form["city"].value() or ""))
    language = (get_language() or "en")[:2]
    told = [
        money_sign(currency_of(country)),
        example_phone(country),
        f"{city_name(zone, language)}, {offset_of(zone, now())}" if zone else "",
    ]
    return " · ".join(part for part in told if part)


def example_phone(country: str) -> str:
    """A mobile number as it is written inside the country; empty where none is known."""
    kind = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(country, kind) if country else None
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL) if example else ""


@requires(Right.MANAGE)
def start(request: HttpRequest) -> HttpResponse:
    """The questions on a page of their own, for an administrator who came in without the first link."""
    form = questions_for(request)
    if form is None:
        return HttpResponseRedirect(reverse("settings-company"))
    if request.method == "POST" and form.is_valid():
        timezone = request.POST.get("timezone", "")
        settle_workspace(form.answers(timezone if timezone in known_zones() else ""))
        return HttpResponseRedirect(reverse("today"))
    context = {"questions": form, "follows": what_follows(form)}
    return render(request, "signing/start.html", context, status=422 if form.errors else 200)


urlpatterns = [path("start/", start, name="start")]
