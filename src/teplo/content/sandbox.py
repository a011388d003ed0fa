"""The Liquid that marketers write: no files, no endless loops, no giants in memory, everything escaped (R26).

Limits are per copy: a mistake in a template flaws that letter and is told; it never stops the sender.
"""

from __future__ import annotations

import functools
import html
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sized
from typing import Any, ClassVar, Protocol, TextIO

from liquid import Environment, Node, RenderContext, Tag, TokenStream
from liquid.ast import BlockNode
from liquid.builtin.content import ContentNode
from liquid.exceptions import LiquidError
from liquid.output import LimitedStringIO
from liquid.parser import get_parser
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EOF, TOKEN_TAG

from teplo.content.filters import FILTERS

LINK_TAG = "teplo_link"
_SECONDS = 2.0
_LONGEST_VALUE = 200_000
_LARGEST_NUMBER = 10**15
_FORBIDDEN_TAGS = ("include", "render", "raw", "increment", "decrement", "doc")
_FORBIDDEN_FILTERS = ("safe", "base64_encode", "base64_url_safe_encode", "base64_decode", "base64_url_safe_decode")
_SCHEME = re.compile(r"\s*([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_OWN_SCHEMES = ("mailto", "tel", "sms", "viber", "tg", "whatsapp")


class TooMuch(LiquidError):
    """A template asked for too much: too long a value, too large a number, too much time."""

    def __init__(self, what: str) -> None:
        super().__init__(what, token=None)


class Links(Protocol):
    """How a link of one copy is made traceable."""

    def tracked(self, url: str) -> str: ...


class Copy(RenderContext):
    """The context of one copy: whose links it carries and when its time is up."""

    __slots__ = ("deadline", "links")

    links: Links | None
    deadline: float

    def assign(self, key: str, val: Any) -> None:
        """A value kept under a name, if there is time left."""
        self.check_time()
        super().assign(key, val)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Loops are where time goes."""
        self.check_time()
        super().raise_for_loop_limit(length)

    def check_time(self) -> None:
        """Raises TooMuch when this copy takes longer than its two seconds."""
        if time.monotonic() > self.deadline:
            raise TooMuch("takes too long")


class _LinkNode(Node):
    """A link of the letter: its address is checked and made traceable for this copy."""

    __slots__ = ("block", "plain", "static")

    def __init__(self, token: Any, block: BlockNode) -> None:
        super().__init__(token)
        self.block = block
        self.blank = False
        self.static = all(isinstance(node, ContentNode) for node in block.nodes)
        self.plain = "".join(node.text for node in block.nodes if isinstance(node, ContentNode))

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the traceable address, escaped where the letter is HTML."""
        url = self._address(context)
        found = _SCHEME.match(url)
        scheme = found[1].lower() if found else ""
        if scheme in ("http", "https"):
            links = getattr(context, "links", None)
            url = links.tracked(url.strip()) if links else url.strip()
        elif scheme and scheme not in _OWN_SCHEMES:
            url = "#"
        return buffer.write(html.escape(url) if context.autoescape else url)

    def _address(self, context: RenderContext) -> str:
        if self.static:
            return html.unescape(self.plain) if context.autoescape else self.plain
        inner = context.get_buffer()
        self.block.render(context, inner)
        return html.unescape(inner.getvalue()) if context.autoescape else inner.getvalue()

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> Iterable[Node]:
        """For the analysis of holes."""
        return self.block.nodes


class _LinkTag(Tag):
    name = LINK_TAG
    end = f"end{LINK_TAG}"

    def parse(self, stream: TokenStream) -> Node:
        """`{% teplo_link %}address{% endteplo_link %}`: put in by preparing, never by hand."""
        token = stream.eat(TOKEN_TAG)
        block = get_parser(self.env).parse_block(stream, frozenset((self.end, TOKEN_EOF)))
        stream.expect(TOKEN_TAG, value=self.end)
        return _LinkNode(token, block)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that refuses giants before it makes bigger ones."""

    @functools.wraps(function)
    def guarded(value: Any, *args: Any, **kwargs: Any) -> Any:
        for one in (value, *args):
            if isinstance(one, int | float):
                if abs(one) > _LARGEST_NUMBER:
                    raise TooMuch("too large a number")
            elif isinstance(one, Sized) and len(one) > _LONGEST_VALUE:
                raise TooMuch("too long a value")
        return function(value, *args, **kwargs)

    return guarded


def _growing(function: Callable[..., Any]) -> Callable[..., Any]:
    """`replace` and `join` can multiply two long values: the product is limited."""

    @functools.wraps(function)
    def growing(value: Any, *args: Any, **kwargs: Any) -> Any:
        longest = max((len(str(argument)) for argument in args), default=0)
        size = len(value) if isinstance(value, Sized) else len(str(value))
        if longest * size > _LONGEST_VALUE * 10:
            raise TooMuch("too long a value")
        return function(value, *args, **kwargs)

    return growing


class _Buffer(LimitedStringIO):
    """An output that counts characters, which is cheaper than encoding each piece."""

    def write(self, text: str) -> int:
        self.size += len(text)
        if self.size > self.limit:
            raise TooMuch("the letter is longer than half a million characters")
        return super(LimitedStringIO, self).write(text)


class Sandbox(Environment):
    """Liquid within limits. `autoescape` is on for HTML and off for subjects and plain text."""

    block_nesting_limit: ClassVar[int] = 20
    loop_iteration_limit: ClassVar[int | None] = 5_000
    local_namespace_limit: ClassVar[int | None] = _LONGEST_VALUE
    output_stream_limit: ClassVar[int | None] = 500_000

    def __init__(self, *, autoescape: bool) -> None:
        super().__init__(autoescape=autoescape, strict_filters=True)
        for tag in _FORBIDDEN_TAGS:
            self.tags.pop(tag, None)
        for name in _FORBIDDEN_FILTERS:
            self.filters.pop(name, None)
        for name, function in FILTERS.items():
            self.add_filter(name, function)
        for name in ("replace", "replace_first", "join"):
            self.filters[name] = _growing(self.filters[name])
        for name, function in list(self.filters.items()):
            self.filters[name] = _guarded(function)
        self.add_tag(_LinkTag)


def fill(template: BoundTemplate, holes: Mapping[str, Any], *, links: Links | None) -> str:
    """One copy of `template`; raises LiquidError when the template's mistake shows only now."""
    context = Copy(template, globals=holes)
    context.links = links
    context.deadline = time.monotonic() + _SECONDS
    buffer = _Buffer(limit=template.env.output_stream_limit or 500_000)
    template.render_with_context(context, buffer)
    return buffer.getvalue()


for_html = Sandbox(autoescape=True)
for_text = Sandbox(autoescape=False)
