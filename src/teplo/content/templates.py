"""Writing templates: every change of what a template says is a new version, so sent letters stay as they were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from django.db import transaction

from teplo.content.composing import Source
from teplo.content.models import Template, TemplateVersion
from teplo.content.rendering import prepare_source
from teplo.kit.clock import now
from teplo.kit.models import Ready, still_ready
from teplo.kit.uses import Thing, refuse_in_use

_SAID = ("subject", "preheader", "body", "text")


@transaction.atomic
def create_template(*, name: str, source: Source, by: int | None = None, ready: Ready | None = None) -> Template:
    """A new template; raises TemplateFlaw."""
    prepare_source(source)
    template = Template.objects.create(name=name, ready=ready or {}, created_by=by, **asdict(source))
    _keep_version(template, by)
    return template


@transaction.atomic
def change_template(*, template: Template, name: str, source: Source, by: int | None = None) -> Template:
    """Save what was written; a new version when the letter itself changed. Raises TemplateFlaw."""
    prepare_source(source)
    says_otherwise = any(getattr(template, part) != getattr(source, part) for part in _SAID)
    for part, value in asdict(source).items():
        setattr(template, part, value)
    template.ready = still_ready(template, name=name)
    template.name, template.updated_at = name, now()
    template.version += says_otherwise
    template.save(update_fields=["name", "ready", "updated_at", "version", *asdict(source)])
    if says_otherwise:
        _keep_version(template, by)
    return template


@transaction.atomic
def copy_template(*, template: Template, name: str, by: int | None = None) -> Template:
    """A template of its own that says the same."""
    source = Source(**{part: getattr(template, part) for part in asdict(Source())})
    return create_template(name=name, source=source, by=by)


def archive_template(*, template_id: int, archived: bool = True) -> None:
    """Out of the lists, or back. Raises InUse while a journey sends it or a letter of it waits."""
    if archived:
        refuse_in_use(Thing("template", template_id))
    Template.objects.filter(pk=template_id).update(is_archived=archived, updated_at=now())


def _keep_version(template: Template, by: int | None) -> None:
    TemplateVersion.objects.create(
        template=template,
        number=template.version,
        created_by=by,
        **{part: getattr(template, part) for part in _SAID},
    )


def template_names(ids: Iterable[int | None]) -> dict[int, str]:
    """Id → name, as the reader calls it."""
    wanted = {key for key in ids if key}
    return {row.pk: row.name for row in Template.objects.filter(pk__in=wanted).only("pk", "name", "ready")}
