"""People → Tags: all tags with how many people have each; renamed, taken away."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from teplo.accounts.access import Right, requires
from teplo.kit.uses import InUse
from teplo.people.models import Tag
from teplo.people.tagging import LONGEST, TagNameless, TagTaken, forget_tag, rename_tag, tags_with_people
from teplo.web.answers import page, redirect, saved
from teplo.web.used import still_used


class RenameForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=LONGEST, widget=forms.TextInput(attrs={"autofocus": True})
    )


@requires(Right.SEE)
def tags(request: HttpRequest) -> HttpResponse:
    rows = tags_with_people()
    return page(request, "tags/list.html", {"rows": rows, "total": len(rows)})


@requires(Right.EDIT_MARKETING)
def tag_rename(request: HttpRequest, tag_id: int) -> HttpResponse:
    tag = get_object_or_404(Tag, pk=tag_id)
    form = RenameForm(request.POST if request.method == "POST" else None, initial={"name": tag.name})
    if request.method == "POST" and form.is_valid():
        try:
            rename_tag(tag=tag, name=form.cleaned_data["name"])
        except TagTaken:
            form.add_error("name", _("Another tag is called so."))
        except TagNameless:
            form.add_error("name", _("A tag needs a name."))
        else:
            saved(request, _("Saved"))
            return redirect(request, "tags")
    context = {"tag": tag, "form": form}
    status = 422 if form.errors else 200
    return page(request, "tags/rename.html", context, fragment="tags/_rename.html", status=status)


@requires(Right.EDIT_MARKETING)
@require_POST
def tag_forget(request: HttpRequest, tag_id: int) -> HttpResponse:
    tag = get_object_or_404(Tag, pk=tag_id)
    try:
        forget_tag(tag=tag)
    except InUse as refusal:
        return still_used(request, refusal, back=reverse("tags"))
    saved(request, _("The tag is gone; the people stay."))
    return redirect(request, "tags")


urlpatterns = [
    path("people/tags/", tags, name="tags"),
    path("people/tags/<int:tag_id>/rename/", tag_rename, name="tag-rename"),
    path("people/tags/<int:tag_id>/forget/", tag_forget, name="tag-forget"),
]
