"""Settings → Attributes: what else is to be known of people and companies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.kit.uses import InUse
from teplo.people.defining import (
    AttributeExists,
    Wanted,
    can_be_key,
    change_attribute,
    define_attribute,
    forget_attribute,
    order_attributes,
)
from teplo.people.models import AttributeDefinition, AttributeType, StrayAttribute
from teplo.people.straying import forget_strays
from teplo.tracking.models import Site
from teplo.web.answers import page, part_of, redirect, saved
from teplo.web.reading import whole
from teplo.web.used import still_used

LANGUAGES = ("ru", "uk", "en")
TYPES = {
    AttributeType.TEXT: gettext_lazy("text"),
    AttributeType.NUMBER: gettext_lazy("number"),
    AttributeType.BOOLEAN: gettext_lazy("yes or no"),
    AttributeType.DATE: gettext_lazy("date"),
    AttributeType.CHOICE: gettext_lazy("one of several"),
    AttributeType.LIST: gettext_lazy("several of several (tags)"),
}


NOT_OF_TYPE = {
    "number": gettext_lazy("is not a number"),
    "boolean": gettext_lazy("is neither yes nor no"),
    "date": gettext_lazy("is not a date"),
    "choice": gettext_lazy("is not among the choices"),
    "owner": gettext_lazy("is not a colleague"),
    "country": gettext_lazy("is not a country"),
    "language": gettext_lazy("is not a language"),
    "timezone": gettext_lazy("is not a time zone"),
    "unfit": gettext_lazy("holds a link or signs that have no place in a letter"),
    "kept": gettext_lazy("was known already; a page fills only what is empty"),
}


class AttributeForm(forms.Form):
    name_ru = forms.CharField(label=gettext_lazy("Name in Russian"), max_length=120, required=False)
    name_uk = forms.CharField(label=gettext_lazy("Name in Ukrainian"), max_length=120, required=False)
    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=120, required=False)
    type = forms.ChoiceField(label=gettext_lazy("Type"), choices=[(kind.value, name) for kind, name in TYPES.items()])
    of_company = forms.TypedChoiceField(
        label=gettext_lazy("Of whom"),
        choices=[("", gettext_lazy("people")), ("1", gettext_lazy("companies"))],
        coerce=bool,
        empty_value="",
        required=False,
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["type"], self.fields["of_company"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not any(cleaned.get(f"name_{language}") for language in LANGUAGES):
            raise forms.ValidationError(_("Give it a name in at least one language."))
        return cleaned

    @property
    def names(self) -> dict[str, str]:
        return {language: said for language in LANGUAGES if (said := self.cleaned_data[f"name_{language}"])}


@requires(Right.EDIT_MARKETING)
def attribute_list(request: HttpRequest) -> HttpResponse:
    found = list(AttributeDefinition.objects.all())
    context = {
        "groups": [
            (_("Of people"), [(d, TYPES[AttributeType(d.type)]) for d in found if not d.of_company], ""),
            (_("Of companies"), [(d, TYPES[AttributeType(d.type)]) for d in found if d.of_company], "1"),
        ],
        "total": len(found),
        "strays": _strays(),
    }
    return page(request, "attributes/list.html", context)


def _strays() -> list[dict[str, Any]]:
    """What came with events and was not kept, the newest first: from where, why, and whether it can be defined."""
    sites = {f"site:{pk}": name for pk, name in Site.objects.values_list("pk", "name")}
    return [
        {
            "stray": stray,
            "origin": sites.get(stray.origin) or {"api": _("a server, by token")}.get(stray.origin, stray.origin),
            "why": _why_stray(stray),
            "may_define": stray.code == "unknown" and can_be_key(stray.key),
        }
        for stray in StrayAttribute.objects.order_by("-last_at", "key")
    ]


def _why_stray(stray: StrayAttribute) -> str:
    if stray.code != "unknown":
        return str(NOT_OF_TYPE.get(stray.code, stray.code))
    if can_be_key(stray.key):
        return _("not defined")
    return _("not defined; a key is made of letters, digits, - and _ only")


@requires(Right.EDIT_MARKETING)
@require_POST
def attribute_stray_forget(request: HttpRequest) -> HttpResponse:
    """Do not show a key any more until it comes again."""
    forget_strays(key=request.POST.get("key", ""))
    return redirect(request, "attributes")


@requires(Right.EDIT_MARKETING)
def attribute_new(request: HttpRequest) -> HttpResponse:
    key = request.POST.get("key", "") or request.GET.get("key", "")
    initial = {"of_company": request.GET.get("of_company", ""), "name_en": key}
    form = AttributeForm(request.POST if request.method == "POST" else None, is_new=True, initial=initial)
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        wanted = Wanted(form.names, cleaned["type"], bool(cleaned["of_company"]), _choices(request.POST), key)
        try:
            forget_strays(key=define_attribute(wanted=wanted).key)
            saved(request, _("The attribute is there: on the cards, in the filter and at import."))
            return redirect(request, "attributes")
        except AttributeExists as error:
            form.add_error(None, str(error))
    return _edit(request, form, None, _choices(request.POST) if request.method == "POST" else [], key=key)


@requires(Right.EDIT_MARKETING)
def attribute_edit(request: HttpRequest, attribute_id: int) -> HttpResponse:
    definition = _definition(attribute_id)
    initial = {f"name_{language}": definition.names.get(language, "") for language in LANGUAGES}
    form = AttributeForm(request.POST if request.method == "POST" else None, is_new=False, initial=initial)
    if request.method == "POST" and form.is_valid():
        wanted = Wanted(form.names, definition.type, definition.of_company, _choices(request.POST))
        try:
            change_attribute(definition=definition, wanted=wanted)
        except InUse as refusal:
            return still_used(request, refusal, back=reverse("attribute", args=[attribute_id]))
        saved(request, _("Saved"))
        return redirect(request, "attributes")
    held = [(choice["key"], choice.get("names", {})) for choice in definition.choices]
    return _edit(request, form, definition, _choices(request.POST) if request.method == "POST" else held)


def _edit(
    request: HttpRequest, form: AttributeForm, definition: AttributeDefinition | None, choices: list[Any],
    *, key: str = "",
) -> HttpResponse:  # fmt: skip
    rows = [(key, [(language, names.get(language, "")) for language in LANGUAGES]) for key, names in choices]
    blank = [("", [(language, "") for language in LANGUAGES])]
    context = {
        "form": form,
        "definition": definition,
        "key": key if can_be_key(key) else "",
        "type_name": TYPES[AttributeType(definition.type)] if definition else "",
        "has_choices": definition is None or definition.type in (AttributeType.CHOICE, AttributeType.LIST),
        "rows": rows + blank,
    }
    status = 422 if form.errors else 200
    return page(request, "attributes/edit.html", context, fragment="attributes/_edit.html", status=status)


def _definition(attribute_id: int) -> AttributeDefinition:
    definition = AttributeDefinition.objects.filter(pk=attribute_id).first()
    if definition is None:
        raise Http404
    return definition


def _choices(data: Any) -> list[tuple[str, Mapping[str, str]]]:
    """Rows of the choice editor, in their order; a row without a name is none."""
    columns = [data.getlist(f"choice_{language}") for language in LANGUAGES]
    rows = zip(data.getlist("choice_key"), *columns, strict=False)
    named = [(key, dict(zip(LANGUAGES, (name.strip() for name in names), strict=True))) for key, *names in rows]
    return [(key, names) for key, names in named if any(names.values())]


@requires(Right.EDIT_MARKETING)
@part_of("attributes")
def attribute_choice(request: HttpRequest) -> HttpResponse:
    """One more empty row of the choice editor."""
    return render(request, "attributes/_choice.html", {"key": "", "names": [(language, "") for language in LANGUAGES]})


@requires(Right.EDIT_MARKETING)
@require_POST
def attribute_order(request: HttpRequest) -> HttpResponse:
    """Move one attribute up by one place."""
    definition = _definition(whole(request.POST.get("id")) or 0)
    ids = list(AttributeDefinition.objects.filter(of_company=definition.of_company).values_list("pk", flat=True))
    place = ids.index(definition.pk)
    if place:
        ids[place - 1], ids[place] = ids[place], ids[place - 1]
    order_attributes(ids=ids)
    return redirect(request, "attributes")


@requires(Right.EDIT_MARKETING)
@require_POST
def attribute_forget(request: HttpRequest, attribute_id: int) -> HttpResponse:
    try:
        forget_attribute(definition=_definition(attribute_id))
    except InUse as refusal:
        return still_used(request, refusal, back=reverse("attribute", args=[attribute_id]))
    saved(request, _("The attribute is gone."))
    return redirect(request, "attributes")


urlpatterns = [
    path("settings/attributes/", attribute_list, name="attributes"),
    path("settings/attributes/new/", attribute_new, name="attribute-new"),
    path("settings/attributes/choice/", attribute_choice, name="attribute-choice"),
    path("settings/attributes/stray/", attribute_stray_forget, name="attribute-stray-forget"),
    path("settings/attributes/order/", attribute_order, name="attribute-order"),
    path("settings/attributes/<int:attribute_id>/", attribute_edit, name="attribute"),
    path("settings/attributes/<int:attribute_id>/forget/", attribute_forget, name="attribute-forget"),
]
