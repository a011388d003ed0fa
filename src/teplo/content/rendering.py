"""Letters from templates: prepared once per template version, filled per person (R26, LIMITS: send ≥ 1,000/s).

Preparing parses Liquid, moves styles into tags, cleans, finds the links, makes the text part. Filling evaluates holes
and signs links; nothing else is done per person.
"""

from __future__ import annotations

import html
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Protocol

from liquid.exceptions import LiquidError

from teplo.accounts.workspace import get_workspace
from teplo.content import sandbox
from teplo.content.composing import Source, compose
from teplo.content.flaws import TemplateFlaw, TemplateGone, TemplateWarning
from teplo.content.holes import OWN_PAGES, is_known, values_of
from teplo.content.models import Template, TemplateVersion
from teplo.kit.idn import web_base
from teplo.tracking.sites import main_address

_KEPT = 200
_prepared: OrderedDict[tuple[int, int, datetime], PreparedLetter] = OrderedDict()
_lock = Lock()


class Addressee(Protocol):
    """For whom one copy is."""

    @property
    def person_id(self) -> int: ...
    @property
    def context(self) -> Mapping[str, Any]: ...


class Linking(Protocol):
    """The addresses inside one copy."""

    def tracked(self, url: str) -> str: ...
    @property
    def pixel_url(self) -> str: ...
    @property
    def unsubscribe_url(self) -> str: ...
    @property
    def preferences_url(self) -> str: ...
    @property
    def view_url(self) -> str: ...
    @property
    def confirm_url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class RenderedLetter:
    """One copy, or what is wrong with the template (`error`, without anything of the person)."""

    subject: str
    text: str
    html: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class PreparedLetter:
    """A template ready to be filled."""

    template_id: int
    version: int
    language: str
    is_service: bool
    base64: bool
    subject: sandbox.Program
    text: sandbox.Program
    html: sandbox.Program | None
    needs: frozenset[str]
    warnings: tuple[TemplateWarning, ...]

    @property
    def needs_address(self) -> bool:
        """Whether it names the public address of this Teplo, as itself or for want of a site."""
        if "workspace.public_url" in self.needs:
            return True
        return "workspace.site_url" in self.needs and not main_address()

    def render_many(
        self, addressees: Sequence[Addressee], *, linking: Callable[[Any], Linking], sender: Mapping[str, Any]
    ) -> list[RenderedLetter]:
        """A copy for each of `addressees`, in their order; two or three statements whatever their number."""
        workspace = get_workspace()
        people = values_of((a.person_id for a in addressees), needs=self.needs)
        common = {
            "language": self.language,
            "sender": sender,
            "workspace": {
                "name": workspace.name,
                "address": workspace.address,
                "public_url": web_base(workspace.public_url),
                "site_url": _site_url(web_base(workspace.public_url)) if "workspace.site_url" in self.needs else "",
            },
        }
        return [self._fill(a, people.get(a.person_id, {}), common, linking(a)) for a in addressees]

    def _fill(
        self, addressee: Addressee, own: Mapping[str, Any], common: Mapping[str, Any], links: Linking
    ) -> RenderedLetter:
        holes = _Holes(links, own, common, addressee.context)
        try:
            return RenderedLetter(
                subject=" ".join(self.subject.fill(holes, links=None).split()),
                text=self.text.fill(holes, links=links),
                html=self.html.fill(holes, links=links) if self.html else "",
            )
        except LiquidError as error:
            return RenderedLetter("", "", error=_said(error))
        except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
            return RenderedLetter("", "", error=type(error).__name__)  # its text might quote the person's data


def _site_url(otherwise: str) -> str:
    """Where a letter's button leads: to our site, not to the sign-in page of this Teplo, if we know a site."""
    return main_address() or otherwise


class _Holes(dict[str, Any]):
    """Values of the holes of one copy; addresses of own pages are signed only when a template asks for them."""

    def __init__(
        self, links: Linking, own: Mapping[str, Any], common: Mapping[str, Any], context: Mapping[str, Any]
    ) -> None:
        super().__init__(common)
        self.update(own)
        self["context"] = context
        self._links = links

    def __missing__(self, name: str) -> Any:
        if name in OWN_PAGES or name == "pixel_url":
            return getattr(self._links, name)
        raise KeyError(name)


def prepare(template: Template, *, version: int | None = None) -> PreparedLetter:
    """`template` ready to be filled, from memory when it has not changed; raises TemplateFlaw."""
    number = version or template.version
    key = (template.pk, number, template.updated_at)
    with _lock:
        if key in _prepared:
            _prepared.move_to_end(key)
            return _prepared[key]
    made = prepare_source(_source_of(template, number), template_id=template.pk, version=number)
    with _lock:
        _prepared[key] = made
        while len(_prepared) > _KEPT:
            _prepared.popitem(last=False)
    return made


def prepare_by_id(*, template_id: int, version: int | None = None) -> PreparedLetter:
    """As `prepare`; raises TemplateGone as well. This is what wiring lends to the channels."""
    template = Template.objects.filter(pk=template_id).first()
    if template is None:
        raise TemplateGone
    return prepare(template, version=version)


def prepare_source(source: Source, *, template_id: int = 0, version: int = 0) -> PreparedLetter:
    """A letter from text that is perhaps not saved yet (the editor's preview); raises TemplateFlaw."""
    # first as written, so that a mistake is told with its own line
    own = {part: _parse(sandbox.for_text, text, part) for part, text in source.parts.items()}
    composed = compose(source)
    parts = {
        "subject": _parse(sandbox.for_text, source.subject, "subject"),
        "text": _parse(sandbox.for_text, composed.text, "text" if source.text else "body"),
    }
    if composed.html:
        parts["body"] = _parse(sandbox.for_html, composed.html, "body")
    return PreparedLetter(
        template_id=template_id,
        version=version,
        language=source.language,
        is_service=source.is_service,
        base64=_mostly_beyond_ascii(source.body + source.text),
        subject=parts["subject"],
        text=parts["text"],
        html=parts.get("body"),
        needs=frozenset(path for part in parts.values() for path, _line in _paths(part)),
        warnings=(*_unknown_holes(own), *composed.warnings),
    )


def _source_of(template: Template, number: int) -> Source:
    said: Template | TemplateVersion = template
    if number != template.version:
        said = TemplateVersion.objects.filter(template=template, number=number).first() or template
    return Source(
        channel=template.channel,
        language=template.language,
        subject=said.subject,
        preheader=said.preheader,
        body=said.body,
        text=said.text,
        is_service=template.is_service,
    )


def _parse(environment: sandbox.Sandbox, text: str, part: str) -> sandbox.Program:
    try:
        return environment.program(text)
    except LiquidError as error:
        raise TemplateFlaw(part=part, code="syntax", line=_line_of(error), detail=_said(error)) from error
    except RecursionError as error:
        raise TemplateFlaw(part=part, code="rendering", detail="nested too deeply") from error


def _line_of(error: LiquidError) -> int:
    token = getattr(error, "token", None)
    source = getattr(token, "source", "") or ""
    return source.count("\n", 0, max(0, getattr(token, "start_index", 0))) + 1


def _said(error: LiquidError) -> str:
    """The mistake in one line, without the excerpt of the source that Liquid draws."""
    return str(getattr(error, "message", "") or error).splitlines()[0][:200]


def _paths(part: sandbox.Program) -> list[tuple[str, int]]:
    """Every hole a part asks for from outside, with the line."""
    source = str(part.template)
    found = []
    for variables in part.template.analyze(include_partials=False).globals.values():
        for variable in variables:
            path = ".".join(str(segment) for segment in variable.segments if isinstance(segment, str))
            found.append((path, source.count("\n", 0, variable.span.index) + 1))
    return found


def _unknown_holes(own: Mapping[str, sandbox.Program]) -> list[TemplateWarning]:
    return [
        TemplateWarning("unknown-hole", part, {"hole": path, "line": line})
        for part, template in own.items()
        for path, line in dict(_paths(template)).items()
        if not is_known(path)
    ]


def _mostly_beyond_ascii(text: str) -> bool:
    visible = re.sub(r"<[^>]*>|\{[{%].*?[}%]\}", "", html.unescape(text), flags=re.DOTALL)
    return sum(character > "\x7f" for character in visible) * 6 > len(visible)
