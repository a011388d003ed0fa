"""What a message says comes from a renderer that `config/wiring.py` lends: channels know no templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class RendererMissing(Exception):
    """No renderer was lent to the channels."""


class TemplateGone(Exception):
    """The template does not exist any more."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """For whom one copy is rendered: which delivery it is, its extra holes and how links of this copy are made."""

    person_id: int
    delivery_id: int
    address: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Letter:
    """One rendered copy. `html` is empty for channels of plain text. `links` are those of this copy's own pages."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class Flawed:
    """This copy could not be rendered: what the template's mistake is, without anything of the person."""

    error: str


class Linking(Protocol):
    """How the addresses inside one copy are made; channels implement it in `links.py`."""

    def tracked(self, url: str) -> str: ...

    @property
    def pixel_url(self) -> str: ...

    @property
    def unsubscribe_url(self) -> str: ...

    @property
    def preferences_url(self) -> str: ...

    @property
    def view_url(self) -> str: ...


class Prepared(Protocol):
    """A template made ready once; per person only the holes are filled."""

    @property
    def version(self) -> int: ...

    @property
    def is_service(self) -> bool: ...

    @property
    def base64(self) -> bool:
        """Whether most of its text is outside ASCII, which decides how the letter is encoded."""

    def render_many(
        self,
        addressees: Sequence[Addressee],
        *,
        linking: Callable[[Addressee], Linking],
        sender: Mapping[str, Any],
    ) -> list[Letter | Flawed]: ...


class Renderer(Protocol):
    """Finds and prepares a template; `version` None: as it is now. Raises TemplateGone."""

    def __call__(self, *, template_id: int, version: int | None = None) -> Prepared: ...


_lent: list[Renderer] = []


def lend(renderer: Renderer) -> None:
    """Called by wiring; the last one lent counts, so tests may lend their own."""
    _lent.append(renderer)


def prepare(*, template_id: int, version: int | None = None) -> Prepared:
    """The prepared template; raises TemplateGone, RendererMissing."""
    if not _lent:
        raise RendererMissing
    return _lent[-1](template_id=template_id, version=version)
