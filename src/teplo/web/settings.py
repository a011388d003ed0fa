"""Settings of the company: who it is, where and when it may reach people, how soon it answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _gettext
from django.utils.translation import gettext_lazy as _

from teplo.accounts.access import Right, requires
from teplo.accounts.founding import currency_of
from teplo.accounts.models import Workspace
from teplo.channels.reasons import NO_PUBLIC_ADDRESS
from teplo.channels.senders import release
from teplo.people.places import country_names
from teplo.web.answers import page, redirect, saved
from teplo.web.formatting import money_sign
from teplo.web.founding import example_phone
from teplo.web.preferring import workspace_of
from teplo.web.zone_picker import ZoneSelect, known_zone, zone_choices

_AT_MOST = {"cap_touches": 1000, "cap_days": 365, "answer_within_minutes": 43_200}
"""Beyond a year and a month they mean nothing, and far beyond no calendar can hold them."""


_CAPS = ("new_per_address", "new_per_network", "new_per_site")
_MOST_NEW = 1_000_000


def region_choices() -> list[tuple[str, str]]:
    """Countries with a phone number as it is written there."""
    named = ((code, name, example_phone(code)) for code, name in country_names().items())
    return [(code, f"{name}: {example}") for code, name, example in named if example]


def currency_choices() -> list[tuple[str, str]]:
    """Money that is paid with today, by its code."""
    codes = {currency_of(code) for code in country_names()} - {""}
    return [(code, money_sign(code)) for code in sorted(codes)]


def with_present(choices: list[tuple[str, str]], present: str) -> list[tuple[str, str]]:
    """The choices and what is set now, were it not among them."""
    if not present or any(present == value for value, _label in choices):
        return choices
    return [(present, present), *choices]


class CompanyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Workspace
        fields = (
            "name", "address", "public_url", "city", "language", "timezone", "phone_region", "currency",
            "quiet_from", "quiet_until", "cap_touches", "cap_days", "requires_consent", "answer_within_minutes",
            "double_opt_in", "new_per_address", "new_per_network", "new_per_site",
        )  # fmt: skip
        labels = {
            "name": _("Name of the company"),
            "address": _("Postal address"),
            "public_url": _("Public address of this Teplo"),
            "city": _("Your city"),
            "language": _("Language of letters and of new colleagues"),
            "timezone": _("Time zone"),
            "phone_region": _("How phones without + are read"),
            "currency": _("Currency"),
            "quiet_from": _("Quiet from"),
            "quiet_until": _("Quiet until"),
            "cap_touches": _("At most touches"),
            "cap_days": _("in days"),
            "requires_consent": _("Write only to people who gave their consent"),
            "answer_within_minutes": _("A hot person is answered within, minutes"),
            "double_opt_in": _("Confirm consents to e-mail by a link in a letter (double opt-in)"),
            "new_per_address": _("Spellings of one mailbox"),
            "new_per_network": _("From one network"),
            "new_per_site": _("From one site"),
        }
        help_texts = {
            "address": _("Stands under every letter; most countries require it."),
            "public_url": _("People open links in letters under it, for example https://teplo.example.com"),
            "quiet_from": _("In the person's own time zone."),
            "quiet_until": _("What would fall into the quiet goes out right after it."),
            "cap_touches": _("To one person, over all channels together."),
            "cap_days": "",
            "phone_region": "",
            "city": _("People from here get points in the ready score table."),
            "requires_consent": _("Turn it off only where the law lets you write to your customers without it."),
            "double_opt_in": _("A consent given on a page counts once the link in the letter was followed."),
            "new_per_address": _(
                "Beyond that many, letters to them wait for you. 0: any number. Proven visitors do not count."
            ),
            "new_per_network": "",
            "new_per_site": "",
            "answer_within_minutes": _("After this a hot person nobody has answered is shown to everybody in sales."),
        }
        widgets = {
            "address": forms.Textarea(attrs={"rows": 2}),
            "language": forms.Select(choices=settings.LANGUAGES),
            "timezone": ZoneSelect,
            "phone_region": forms.Select,
            "currency": forms.Select,
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = self.instance
        self.fields["timezone"].widget.choices = with_present(zone_choices(), present.timezone)
        self.fields["phone_region"].widget.choices = with_present(region_choices(), present.phone_region)
        self.fields["currency"].widget.choices = with_present(currency_choices(), present.currency)
        for name, most in _AT_MOST.items():
            self.fields[name].validators += [MinValueValidator(1), MaxValueValidator(most)]
            self.fields[name].widget.attrs |= {"min": 1, "max": most}
        for name in _CAPS:
            self.fields[name].validators.append(MaxValueValidator(_MOST_NEW))
            self.fields[name].widget.attrs |= {"min": 0, "max": _MOST_NEW}

    def clean_timezone(self) -> str:
        return known_zone(self.cleaned_data["timezone"])

    def clean_phone_region(self) -> str:
        return self._chosen("phone_region")

    def clean_currency(self) -> str:
        return self._chosen("currency")

    def clean_language(self) -> str:
        return self._chosen("language")

    def _chosen(self, name: str) -> str:
        """One of the choices and nothing else."""
        text = str(self.cleaned_data[name])
        if text not in dict(self.fields[name].widget.choices):
            raise forms.ValidationError(_gettext("Choose one of the list."))
        return text

    def clean_public_url(self) -> str:
        """An address with https or http and without the last slash."""
        text = str(self.cleaned_data["public_url"]).strip().rstrip("/")
        if text and not text.startswith(("https://", "http://")):
            raise forms.ValidationError(_gettext("Begin with https://"))
        return text


GROUPS = (
    (_("Who you are"), ("name", "address", "public_url")),
    (_("Where you are"), ("city", "language", "timezone", "phone_region", "currency")),
    (_("When people are left alone"), ("quiet_from", "quiet_until", "cap_touches", "cap_days", "requires_consent")),
    (_("Contacts given on pages"), ("double_opt_in",)),
    (_("New contacts from pages in an hour"), ("new_per_address", "new_per_network", "new_per_site")),
    (_("How soon you answer"), ("answer_within_minutes",)),
)


@requires(Right.MANAGE)
def company(request: HttpRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None, instance=workspace_of(request))
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=list(form.cleaned_data))
        if "public_url" in form.changed_data:
            release(NO_PUBLIC_ADDRESS)
        saved(request, _gettext("Saved"))
        return redirect(request, "settings-company")
    groups = [(label, [form[name] for name in names]) for label, names in GROUPS]
    return page(request, "settings/company.html", {"form": form, "groups": groups}, status=422 if form.errors else 200)


urlpatterns = [path("settings/company/", company, name="settings-company")]
