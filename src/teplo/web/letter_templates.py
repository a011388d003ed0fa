"""Templates of letters: the list, letters to begin with, the editor with its preview and a test to oneself (R26)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, RightLacking, can, requires
from teplo.accounts.workspace import tick_guide
from teplo.channels import renderers
from teplo.channels.links import public_base
from teplo.channels.proofs import ProofNotSent, send_proof
from teplo.channels.viewing import Inert, default_sender, sender_holes
from teplo.content.composing import Source
from teplo.content.flaws import TemplateFlaw
from teplo.content.holes import HOLES
from teplo.content.models import Template
from teplo.content.rendering import PreparedLetter, RenderedLetter, prepare_source
from teplo.content.starters import STARTERS, starter
from teplo.content.templates import archive_template, change_template, copy_template, create_template
from teplo.kit.models import ready_texts
from teplo.kit.uses import InUse
from teplo.kit.wording import in_language
from teplo.people.models import AttributeDefinition, Person
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.letters import letter_response
from teplo.web.preferring import workspace_of
from teplo.web.reading import whole
from teplo.web.used import still_used

_PEOPLE_OFFERED = 25


class TemplateForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name for yourselves"), max_length=200)
    language = forms.ChoiceField(label=gettext_lazy("Language of the letter"), choices=settings.LANGUAGES)
    is_service = forms.BooleanField(
        label=gettext_lazy("A service letter"),
        required=False,
        help_text=gettext_lazy("Confirms, reminds, delivers. Goes without consent to marketing, at any hour."),
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=500, required=False)
    preheader = forms.CharField(
        label=gettext_lazy("Preheader"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("The quiet line beside the subject in a list of letters."),
    )
    body = forms.CharField(
        label=gettext_lazy("Letter"),
        max_length=300_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "spellcheck": "false", "class": "code", "wrap": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text part"),
        max_length=100_000,
        required=False,
        strip=False,
        help_text=gettext_lazy("For readers without HTML. Left empty, it is made from the letter."),
        widget=forms.Textarea(attrs={"rows": 6, "class": "code"}),
    )

    def source(self) -> Source:
        """What was written, of a valid form."""
        data = self.cleaned_data
        return Source(
            **{part: data[part] for part in ("language", "subject", "preheader", "body", "text", "is_service")}
        )


@requires(Right.SEE)
def template_list(request: HttpRequest) -> HttpResponse:
    is_archive = request.GET.get("archive") == "1"
    templates = list(Template.objects.filter(is_archived=is_archive).order_by("-updated_at"))
    archived = Template.objects.filter(is_archived=True).exists()
    context = {"templates": templates, "total": len(templates), "is_archive": is_archive, "has_archive": archived}
    return page(request, "letter_templates/list.html", context)


@requires(Right.EDIT_MARKETING)
def template_new(request: HttpRequest) -> HttpResponse:
    """First what to begin with, then the editor."""
    key = request.GET.get("starter", "")
    if request.method != "POST" and not key:
        spoken = workspace_of(request).language
        return page(request, "letter_templates/begin.html", {"starters": STARTERS, "language": spoken})
    return _editor(request, None, _beginning(key, request))


def _beginning(key: str, request: HttpRequest) -> dict[str, Any]:
    language = request.GET.get("language") or workspace_of(request).language
    chosen = starter(key)
    if chosen is None:
        return {"language": language, "body": "<p></p>\n"}
    source = chosen.source(language)
    return {
        "name": in_language(chosen.names),
        **{part: getattr(source, part) for part in TemplateForm.base_fields if part != "name"},
    }


@requires(Right.SEE)
def template_one(request: HttpRequest, template_id: int) -> HttpResponse:
    template = get_object_or_404(Template, pk=template_id)
    if request.method == "POST" and not can(request.user, Right.EDIT_MARKETING):
        raise RightLacking
    return _editor(request, template, {part: getattr(template, part) for part in TemplateForm.base_fields})


def _editor(request: HttpRequest, template: Template | None, initial: dict[str, Any]) -> HttpResponse:
    form = TemplateForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            kept = _save(template, form, request)
        except TemplateFlaw as flaw:
            form.add_error(flaw.part if flaw.part in form.fields else None, str(flaw))
        else:
            saved(request, _("Saved"))
            return redirect(request, "template", kept.pk)
    context = {
        "form": form,
        "template": template,
        "people": _people(request.GET.get("person", "")),
        "holes": [*HOLES, *_attribute_holes()],
        "languages": settings.LANGUAGES,
    }
    return page(request, "letter_templates/edit.html", context, status=422 if form.errors else 200)


def _save(template: Template | None, form: TemplateForm, request: HttpRequest) -> Template:
    name, source, by = form.cleaned_data["name"], form.source(), request.user.pk
    if template is None:
        chosen = starter(request.GET.get("starter", ""))
        is_ready = chosen is not None and name == in_language(chosen.names)
        return create_template(
            name=name, source=source, by=by, ready=ready_texts(name=chosen.names) if chosen and is_ready else {}
        )
    return change_template(template=template, name=name, source=source, by=by)


def _people(first: str) -> list[Person]:
    """People to look through the eyes of: the one asked for, then those who came last."""
    known = Person.objects.filter(is_anonymous=False, erased_at=None).order_by("-created_at")
    people = list(known[:_PEOPLE_OFFERED])
    asked = Person.objects.filter(pk=number).first() if (number := whole(first)) else None
    return [asked, *(p for p in people if p != asked)] if asked else people


def _attribute_holes() -> list[dict[str, Any]]:
    return [
        {"path": f"{'company' if d.of_company else 'person'}.attributes.{d.key}", "names": d.names, "title": d.key}
        for d in AttributeDefinition.objects.order_by("of_company", "position", "key")
    ]


@requires(Right.SEE)
@require_POST
def template_preview(request: HttpRequest) -> HttpResponse:
    """The letter as written just now, as a page of its own for the frame beside the editor."""
    _prepared, letter, flaw = _tried(request)
    if letter is None or letter.error:
        words = flaw or (letter.error if letter else "")
        shown = format_html('<p style="font:16px sans-serif;color:#8a4030;padding:24px">{}</p>', words)
        return letter_response(shown, is_html=True)
    return letter_response(letter.html, is_html=True)


@requires(Right.SEE)
@require_POST
def template_check(request: HttpRequest) -> HttpResponse:
    """Beside the preview: the subject as it will read, what to mind, the text part."""
    prepared, letter, flaw = _tried(request)
    context = {
        "letter": letter,
        "flaw": flaw or (letter.error if letter else ""),
        "warnings": prepared.warnings if prepared else [],
        "size": len(letter.html.encode()) // 1024 + 1 if letter else 0,
        "sender": default_sender("email"),
    }
    return page(request, "letter_templates/_check.html", context)


def _tried(request: HttpRequest) -> tuple[PreparedLetter | None, RenderedLetter | None, str]:
    """What was written, prepared and filled for the chosen person, or what is wrong with it."""
    form = TemplateForm({"name": "-", **request.POST.dict()})
    if not form.is_valid():
        return None, None, " ".join(str(error) for errors in form.errors.values() for error in errors)
    try:
        prepared = prepare_source(form.source())
    except TemplateFlaw as flaw:
        return None, None, str(flaw)
    chosen = request.POST.get("person", "")
    base = public_base(workspace_of(request).public_url)
    (letter,) = prepared.render_many(
        [renderers.Addressee(whole(chosen) or 0, 0)],
        linking=lambda _addressee: Inert(base),
        sender=sender_holes(default_sender("email")),
    )
    return prepared, letter, ""


@requires(Right.EDIT_MARKETING)
@require_POST
def template_proof(request: HttpRequest) -> HttpResponse:
    """What is written just now, to the colleague who asked."""
    prepared, _letter, flaw = _tried(request)
    chosen = request.POST.get("person", "")
    user = request.user
    if prepared is None or isinstance(user, AnonymousUser):
        refused(request, flaw)
        return HttpResponse(status=204)
    try:
        send_proof(prepared=prepared, person_id=whole(chosen) or 0, to=user.email)
    except ProofNotSent as error:
        refused(request, _("The test was not sent: %(why)s") % {"why": error})
    else:
        tick_guide(step="email")
        saved(request, _("The test is on its way to %(address)s") % {"address": user.email})
    return HttpResponse(status=204)


@requires(Right.EDIT_MARKETING)
@require_POST
def template_copy(request: HttpRequest, template_id: int) -> HttpResponse:
    template = get_object_or_404(Template, pk=template_id)
    name = _("%(name)s (copy)") % {"name": template.name}
    made = copy_template(template=template, name=name[:200], by=request.user.pk)
    return redirect(request, "template", made.pk)


@requires(Right.EDIT_MARKETING)
@require_POST
def template_archive(request: HttpRequest, template_id: int) -> HttpResponse:
    is_back = request.POST.get("back") == "1"
    try:
        archive_template(template_id=template_id, archived=not is_back)
    except InUse as refusal:
        return still_used(request, refusal, back=reverse("template", args=[template_id]))
    saved(request, _("The template is back") if is_back else _("The template is in the archive"))
    return redirect(request, "templates")


urlpatterns = [
    path("templates/", template_list, name="templates"),
    path("templates/new/", template_new, name="template-new"),
    path("templates/preview/", template_preview, name="template-preview"),
    path("templates/check/", template_check, name="template-check"),
    path("templates/proof/", template_proof, name="template-proof"),
    path("templates/<int:template_id>/", template_one, name="template"),
    path("templates/<int:template_id>/copy/", template_copy, name="template-copy"),
    path("templates/<int:template_id>/archive/", template_archive, name="template-archive"),
]
