"""The Liquid that marketers write: no files, no endless loops, no giants in memory, everything escaped (R26).

Limits are of the template, before it is taken apart, and per copy: a mistake in a template flaws that letter and is
told; it never stops the sender.
"""

from __future__ import annotations

import functools
import html
import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sized
from contextvars import ContextVar
from io import StringIO
from itertools import groupby
from typing import Any, ClassVar, Protocol, TextIO

from liquid import Environment, Node, RenderContext, Tag, TokenStream
from liquid.ast import BlockNode
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.exceptions import LiquidError, LiquidInterrupt
from liquid.output import LimitedStringIO
from liquid.parser import get_parser
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EOF, TOKEN_TAG

from teplo.content.filters import FILTERS
from teplo.kit.idn import ascii_url

LINK_TAG = "teplo_link"
_SECONDS = 2.0
_LONGEST_VALUE = 50_000
_LONGEST_LETTER = 500_000
_TOO_LONG = "the letter is longer than half a million characters"
_LONGEST_TEMPLATE = 500_000
_LONGEST_TAG = 4_000
_MOST_TAGS = 5_000
_FEW_TAGS = 100
"""So many tags can make no giant of values none of which is too long."""
_LARGEST_NUMBER = 10**15
_TAG = re.compile(r"\{[{%](?:[^}%]|%(?!\})|\}(?!\}))*")
_until: ContextVar[float] = ContextVar("until", default=math.inf)
"""When the time of the copy in work is up."""
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


def check_time() -> None:
    """Raises TooMuch when the copy in work takes longer than its two seconds."""
    if time.monotonic() > _until.get():
        raise TooMuch("takes too long")


class Copy(RenderContext):
    """The context of one copy: whose links it carries."""

    __slots__ = ("_disabled", "links")

    links: Links | None

    @property
    def disabled_tags(self) -> list[str]:
        """Every node of a block asks for them before it is rendered: time is looked at here."""
        check_time()
        return self._disabled

    @disabled_tags.setter
    def disabled_tags(self, tags: list[str]) -> None:
        self._disabled = tags

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        """For what is captured: it counts too."""
        return _Buffer(limit=_LONGEST_LETTER)

    def assign(self, key: str, val: Any) -> None:
        """A value kept under a name, if there is time left."""
        check_time()
        super().assign(key, val)

    def raise_for_loop_limit(self, length: int = 1) -> None:
        """Loops are where time goes."""
        check_time()
        super().raise_for_loop_limit(length)


class _LinkNode(Node):
    """A link of the letter: its address is checked and made traceable for this copy."""

    __slots__ = ("block", "still")

    def __init__(self, token: Any, block: BlockNode, *, autoescape: bool) -> None:
        super().__init__(token)
        self.block = block
        self.blank = False
        self.still: tuple[str, bool] | None = None
        if all(isinstance(node, ContentNode) for node in block.nodes):
            plain = "".join(node.text for node in block.nodes if isinstance(node, ContentNode))
            self.still = _checked(html.unescape(plain) if autoescape else plain)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        """Write the traceable address, escaped where the letter is HTML."""
        url, may_be_traced = self.still or _checked(self._asked(context))
        links = getattr(context, "links", None)
        if may_be_traced and links:
            url = links.tracked(url)
        return buffer.write(html.escape(url) if context.autoescape else url)

    def _asked(self, context: RenderContext) -> str:
        inner = StringIO()
        self.block.render(context, inner)
        return html.unescape(inner.getvalue()) if context.autoescape else inner.getvalue()

    def children(self, static_context: RenderContext, *, include_partials: bool = True) -> Iterable[Node]:
        """For the analysis of holes."""
        return self.block.nodes


def _checked(url: str) -> tuple[str, bool]:
    """(address, whether it may be traced); what a mail program should not follow leads nowhere."""
    url = url.strip()
    found = _SCHEME.match(url)
    scheme = found[1].lower() if found else ""
    if scheme in ("http", "https"):
        try:
            return ascii_url(url), True
        except ValueError:
            return "#", False
    return ("#" if scheme and scheme not in _OWN_SCHEMES else url), False


class _LinkTag(Tag):
    name = LINK_TAG
    end = f"end{LINK_TAG}"

    def parse(self, stream: TokenStream) -> Node:
        """`{% teplo_link %}address{% endteplo_link %}`: put in by preparing, never by hand."""
        token = stream.eat(TOKEN_TAG)
        block = get_parser(self.env).parse_block(stream, frozenset((self.end, TOKEN_EOF)))
        stream.expect(TOKEN_TAG, value=self.end)
        return _LinkNode(token, block, autoescape=self.env.autoescape)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that refuses giants before it makes bigger ones."""

    @functools.wraps(function)
    def guarded(value: Any, *args: Any, **kwargs: Any) -> Any:
        check_time()
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


def _shorter(make_range: Callable[..., range]) -> Callable[..., range]:
    """`(1..1000000000)` costs nothing until it is reversed, skipped over or sorted: it is refused where it is made."""

    @functools.wraps(make_range)
    def shorter(literal: RangeLiteral, start: Any, stop: Any) -> range:
        made = make_range(literal, start, stop)
        if made.stop - made.start > _LONGEST_VALUE:
            raise TooMuch("too long a range")
        return made

    return shorter


# The parser makes ranges itself and can be given no other class of them; nobody else here uses the library.
RangeLiteral._make_range = _shorter(RangeLiteral._make_range)  # type: ignore[method-assign]


class _Buffer(LimitedStringIO):
    """An output that counts characters, which is cheaper than encoding each piece."""

    def write(self, text: str) -> int:
        self.size += len(text)
        if self.size > self.limit:
            raise TooMuch(_TOO_LONG)
        return super(LimitedStringIO, self).write(text)


class Sandbox(Environment):
    """Liquid within limits. `autoescape` is on for HTML and off for subjects and plain text."""

    block_nesting_limit: ClassVar[int] = 20
    loop_iteration_limit: ClassVar[int | None] = 5_000
    local_namespace_limit: ClassVar[int | None] = _LONGEST_VALUE

    def program(self, text: str) -> Program:
        """`text` ready to be filled; raises LiquidError."""
        _refuse_giants(text)
        return Program(self.from_string(text))

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


def _refuse_giants(text: str) -> None:
    """The parser goes over a long tag many times, so length is looked at before it begins."""
    if len(text) > _LONGEST_TEMPLATE:
        raise TooMuch(_TOO_LONG)
    lengths = [len(tag[0]) for tag in _TAG.finditer(text)]
    if len(lengths) > _MOST_TAGS:
        raise TooMuch("more than five thousand tags")
    if max(lengths, default=0) > _LONGEST_TAG:
        raise TooMuch("a tag is longer than four thousand characters")


class Program:
    """A template taken apart once: still text, and nodes that must be asked for each copy."""

    __slots__ = ("must_count", "pieces", "template")

    def __init__(self, template: BoundTemplate) -> None:
        self.template = template
        self.pieces = tuple(_merged(template.nodes))
        source = str(template)
        has_loops = any(tag in source for tag in ("{% for", "{% tablerow", "{%- for", "{% liquid"))
        self.must_count = has_loops or source.count("{{") > _FEW_TAGS

    def fill(self, holes: Mapping[str, Any], *, links: Links | None) -> str:
        """One copy; raises LiquidError when the template's mistake shows only now."""
        template = self.template
        context = Copy(template, globals=holes)
        context.links = links
        # only loops and many tags can make a giant of a letter; without them the buffer need not count
        buffer = _Buffer(limit=_LONGEST_LETTER) if self.must_count else StringIO()
        clock = _until.set(time.monotonic() + _SECONDS)
        try:
            for piece in self.pieces:
                if isinstance(piece, str):
                    buffer.write(piece)
                else:
                    check_time()
                    _render(piece, context, buffer)
        finally:
            _until.reset(clock)
        made = buffer.getvalue()
        if len(made) > _LONGEST_LETTER:
            raise TooMuch(_TOO_LONG)
        return made


def _merged(nodes: Iterable[Node]) -> Iterable[str | Node]:
    for is_still, group in groupby(nodes, key=lambda node: isinstance(node, ContentNode)):
        if is_still:
            yield "".join(node.text for node in group if isinstance(node, ContentNode))
        else:
            yield from group


def _render(node: Node, context: Copy, buffer: TextIO) -> None:
    try:
        node.render_to_output(context, buffer)
    except LiquidInterrupt as error:
        raise LiquidError(f"unexpected '{error}'", token=node.token) from error
    except LiquidError as error:
        if error.token is None:
            error.token = node.token
        raise


for_html = Sandbox(autoescape=True)
for_text = Sandbox(autoescape=False)
