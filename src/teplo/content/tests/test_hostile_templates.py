"""Templates made to take for ever or all memory: each is over in two seconds, in preview and in sending."""

from __future__ import annotations

import tracemalloc
from time import process_time

import pytest
from liquid.exceptions import LiquidError

from teplo.content import rendering, sandbox
from teplo.content.composing import Source
from teplo.content.flaws import TemplateFlaw
from teplo.content.tests.test_rendering import PlainLinks

LONG = {"context": {"s": "a b " * 11_000, "n": "9" * 40_000, "lt": "<script" * 6_000, "amp": "&" * 45_000}}
S = "{{ context.s"

HOSTILE = {
    "range": "{% for a in (1..1000000000) %}x{% endfor %}",
    "range-backwards": "{% for a in (1..1000000000) reversed %}x{% break %}{% endfor %}",
    "range-skipped": "{% for a in (1..1000000000) limit: 2 offset: 999999999 %}x{% endfor %}",
    "range-in-a-table": "{% tablerow a in (1..1000000000) cols: 3 reversed %}x{% endtablerow %}",
    "range-sorted": "{% assign x = (1..100000000) | sort %}",
    "range-kept": "{% assign x = (1..100000000) | compact | reverse %}",
    "range-from-text": "{% assign n = '999999999' %}{% for a in (1..n) reversed %}x{% endfor %}",
    "loops-in-loops": "{% for a in (1..1000) %}" * 3 + "{% endfor %}" * 3,
    "loops-after-loops": "{% for a in (1..4999) %}{% cycle 'a', 'b' %}{% endfor %}" * 800,
    "loops-and-filters": "{% for a in (1..4900) %}" + S + " | split: ' ' | sort | uniq | size }}{% endfor %}",
    "empty-loops": ("{% for a in (1..4900) %}{% if context.s contains 'zz' %}{% endif %}{% endfor %}") * 800,
    "captured-loops": "{% for a in (1..4900) %}{% capture x %}" + (S + " }}") * 40 + "{% endcapture %}{% endfor %}",
    "cycle": "{% for a in (1..4000) %}{% cycle " + ",".join(["'a'"] * 900) + " %}{% endfor %}",
    "doubled": "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 60,
    "doubled-by-capture": "{% assign x = 'aaaaaaaaaa' %}" + "{% capture x %}{{ x }}{{ x }}{% endcapture %}" * 60,
    "replaced": S + " | replace: 'a', context.s }}",
    "joined": S + " | split: '' | join: context.s }}",
    "filters": S + " | sort" * 550 + " }}",
    "filters-on-lists": S + " | split: ' '" + " | sort | uniq | reverse" * 150 + " }}",
    "numbers": "{{ 99999999999999 | times: 99999999999999 | times: 9999999999 }}",
    "long-number": "{{ context.n | times: context.n | times: context.n }}",
    "date": "{{ 'now' | date: '" + "%c" * 1_900 + "' }}",
    "stripped": "{{ context.lt | strip_html }}",
    "escaped": "{{ context.amp | escape | escape | escape | escape | escape | escape }}",
    "no-loop-at-all": (S + " }}") * 4_900,
    "deep": "{% if a %}" * 2_400 + "{% endif %}" * 2_400,
    "brackets": "{{ a" + "[a" * 1_300 + "]" * 1_300 + " }}",
    "parentheses": "{{ " + "(" * 3_900 + " }}",
    "dots": "{{ a" + ".a" * 1_900 + " }}",
    "ands": "{% if a" + " and a" * 650 + " %}{% endif %}",
    "cases": "{% case a %}" + "{% when 1 %}x" * 4_900 + "{% endcase %}",
    "liquid": "{% liquid\nfor a in (1..40000) reversed\nfor b in (1..40000)\necho 'x'\nendfor\nendfor\n%}",
    "unclosed": "{% for a in (1..10) %}" + "{{" * 50_000,
    "unclosed-tags": "{%" * 100_000,
    "a-long-tag": "{{ 'a'" + " | append: 'a'" * 20_000 + " }}",
    "many-tags": "{{ a }}" * 60_000,
    "a-giant": "x" * 600_000,
    "files": "{% include '/etc/passwd' %}{% render '/etc/passwd' %}",
}


def outcome_of(environment: sandbox.Sandbox, text: str) -> str:
    """The reason, or nothing for a letter of a bearable length."""
    try:
        assert len(environment.program(text).fill(LONG, links=None)) <= 500_000
    except (LiquidError, ValueError, RecursionError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_template_takes_long_or_much(kind: str) -> None:
    started = process_time()
    outcome_of(sandbox.for_html, HOSTILE[kind])
    took = process_time() - started
    assert took < 4  # at most two seconds for a copy, and a little to take it apart
    if took > 1:  # its memory was used up and given back many times by then
        return
    tracemalloc.start()
    outcome_of(sandbox.for_text, HOSTILE[kind])
    assert tracemalloc.get_traced_memory()[1] < 150_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("range-backwards", "too long a range"), ("captured-loops", "the letter is longer"),
        ("loops-and-filters", "takes too long"), ("no-loop-at-all", "the letter is longer"),
        ("many-tags", "more than five thousand tags"), ("a-long-tag", "a tag is longer"),
    ],
)  # fmt: skip
def test_the_reason_is_said(kind: str, reason: str) -> None:
    assert outcome_of(sandbox.for_text, HOSTILE[kind]).startswith(reason)


def test_time_counts_for_each_copy_alone() -> None:
    program = sandbox.for_text.program("{% for a in (1..10) %}{{ a }}{% endfor %}")
    outcome_of(sandbox.for_text, HOSTILE["empty-loops"])
    assert program.fill({}, links=None) == "12345678910"


@pytest.mark.parametrize("kind", ["many-tags", "a-long-tag", "a-giant", "parentheses"])
def test_a_preview_of_what_cannot_be_taken_apart_says_why(kind: str) -> None:
    source = Source(channel="email", language="en", subject="Hi", body=f"<p>{HOSTILE[kind]}</p>")
    with pytest.raises(TemplateFlaw) as flaw:
        rendering.prepare_source(source)
    assert flaw.value.detail


@pytest.mark.parametrize("kind", ["range-backwards", "loops-in-loops", "captured-loops"])
def test_a_copy_that_takes_too_long_is_flawed_and_told(kind: str) -> None:
    source = Source(channel="email", language="en", subject="Hi", body=f"<p>{HOSTILE[kind]}</p>", text="x")
    prepared = rendering.prepare_source(source)

    class Somebody:
        person_id = 1
        context = LONG["context"]

    started = process_time()
    letter = prepared._fill(Somebody(), {}, {"language": "en"}, PlainLinks())
    assert process_time() - started < 4
    assert letter.error and not letter.html
