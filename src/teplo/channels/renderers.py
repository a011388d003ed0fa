"""What a message says comes from a renderer that `config/wiring.py` lends: channels know no templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class RendererMissing(Exception):
    """No renderer was lent to the channels."""


class TemplateGone(Exception):
    """The template does not exist any more."""


class TemplateFlawed(Exception):
    """The template cannot be used as it is written; the text says where."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """For whom one copy is rendered: which delivery it is and its extra holes."""

    person_id: int
    delivery_id: int
    context: Mapping[str, Any] = field(default_factory=dict)


class Letter(Protocol):
    """One rendered copy. `html` is empty for channels of plain text; `error` says what is wrong with the template."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def error(self) -> str: ...


class Linking(Protocol):
    """How the addresses inside one copy are made; `links.py` has it."""

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


class Prepared(Protocol):
    """A template made ready once; per person only the holes are filled."""

    @property
    def version(self) -> int: ...
    @property
    def is_service(self) -> bool: ...
    @property
    def needs_address(self) -> bool:
        """Whether it names the public address of this Teplo itself."""

    @property
    def base64(self) -> bool:
        """Whether most of its text is outside ASCII, which decides how the letter is encoded."""

    def render_many(
        self,
        addressees: Sequence[Addressee],
        *,
        linking: Callable[[Any], Linking],
        sender: Mapping[str, Any],
    ) -> Sequence[Letter]: ...


class Renderer(Protocol):
    """Finds and prepares a template; `version` None: as it is now. Raises TemplateGone, TemplateFlawed."""

    def __call__(self, *, template_id: int, version: int | None = None) -> Prepared: ...


WRITTEN = "letter"
"""Where a letter that a colleague wrote to one person stands in the delivery's context: subject, text, language."""


class Writer(Protocol):
    """Prepares a letter that stands in its delivery. Raises TemplateFlawed."""

    def __call__(self, letter: Mapping[str, Any], *, is_service: bool) -> Prepared: ...


_lent: list[Renderer] = []
_writers: list[Writer] = []


def lend(renderer: Renderer) -> None:
    """Called by wiring; the last one lent counts."""
    _lent[:] = [renderer]


def prepare(*, template_id: int, version: int | None = None) -> Prepared:
    """The prepared template; raises TemplateGone, TemplateFlawed, RendererMissing."""
    if not _lent:
        raise RendererMissing
    return _lent[-1](template_id=template_id, version=version)


def lend_writer(writer: Writer) -> None:
    """Called by wiring; the last one lent counts."""
    _writers[:] = [writer]


def written_in(context: Mapping[str, Any]) -> Mapping[str, Any]:
    """The letter that a colleague wrote, empty where the message comes from a template."""
    letter = context.get(WRITTEN)
    return letter if isinstance(letter, Mapping) else {}


def prepare_written(letter: Mapping[str, Any], *, is_service: bool) -> Prepared:
    """The letter ready to go; raises TemplateFlawed, RendererMissing."""
    if not _writers:
        raise RendererMissing
    return _writers[-1](letter, is_service=is_service)
