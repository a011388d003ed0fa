#!/usr/bin/env python
"""Translations of the screens without GNU gettext.

    scripts/messages.py extract              print every message of the sources as JSON
    scripts/messages.py missing [PATH…]      messages of these files or folders lacking Russian or Ukrainian, to fill
    scripts/messages.py add FILE.json        merge translations, - for standard input
    scripts/messages.py compile              .po → .mo (not committed)
    scripts/messages.py check                everything translated, nothing stale, placeholders kept; else status 1
    scripts/messages.py prune                drop what no source says any more

FILE.json: {"English": {"ru": "…", "uk": "…"}}; plurals {"%(n)s person||%(n)s people": {"ru": ["1", "2–4", "5+"], …}};
a message with context is written "context>>message".
"""

from __future__ import annotations

import ast
import fcntl
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import django
import polib
from django.conf import settings
from django.utils.translation.template import templatize

SOURCE = Path(__file__).resolve().parent.parent / "src" / "teplo"
LANGUAGES = ("ru", "uk")
PLURALS = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);"  # both
)
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"}
WITH_PLURAL = {"ngettext", "ngettext_lazy"}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}
WITH_BOTH = {"npgettext", "npgettext_lazy"}
KNOWN = PLAIN | WITH_PLURAL | WITH_CONTEXT | WITH_BOTH
CALL = re.compile(r"(?<![\w.])(_|gettext|ngettext|pgettext|npgettext)\(")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdif]|%[sdif](?!\w)|\{\w*\}")


class Message(NamedTuple):
    """What a source says: English, its plural, its context; empty when it has none."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> str:
        start = f"{self.context}>>" if self.context else ""
        return start + self.text + (f"||{self.plural}" if self.plural else "")

    @classmethod
    def from_key(cls, key: str) -> Message:
        context, mark, rest = key.partition(">>")
        if not mark:
            context, rest = "", key
        text, _, plural = rest.partition("||")
        return cls(text, plural, context)


def _message(name: str, texts: list[str | None]) -> Message | None:
    """The message of a call of `name` with these leading arguments, None where one is no plain text."""
    wanted = 1 if name in PLAIN else 3 if name in WITH_BOTH else 2
    given = texts[:wanted]
    if len(given) < wanted or any(text is None for text in given) or not given[-1]:
        return None
    said = [text or "" for text in given]
    if name in PLAIN:
        return Message(said[0])
    if name in WITH_PLURAL:
        return Message(said[0], said[1])
    if name in WITH_CONTEXT:
        return Message(said[1], "", said[0])
    return Message(said[1], said[2], said[0])


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _called(node: ast.Call, names: dict[str, str]) -> str:
    if isinstance(node.func, ast.Name):
        return names.get(node.func.id, "")
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _names(tree: ast.AST) -> dict[str, str]:
    """What the file calls gettext and its sisters: by import, under whatever name."""
    names = {name: name for name in KNOWN}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation":
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
    return names


def in_python(text: str) -> Iterator[Message]:
    tree = ast.parse(text)
    names = _names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := _called(node, names)) in KNOWN:
            found = _message(name, [_constant(argument) for argument in node.args])
            if found:
                yield found


def _call_at(text: str, start: int) -> ast.Call | None:
    """The call that begins at `start`, read as Python up to the first bracket that closes it."""
    for end in (match.end() for match in re.finditer(r"\)", text[start : start + 8000])):
        try:
            tree = ast.parse(text[start : start + end], mode="eval").body
        except (SyntaxError, ValueError):
            continue
        return tree if isinstance(tree, ast.Call) else None
    return None


def in_template(text: str, origin: str) -> Iterator[Message]:
    python = templatize(text, origin=origin)
    for match in CALL.finditer(python):
        call = _call_at(python, match.start())
        found = _message(match.group(1), [_constant(argument) for argument in call.args]) if call else None
        if found:
            yield found


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            relative = file.relative_to(SOURCE) if file.is_relative_to(SOURCE) else file
            is_ours = not {"tests", "migrations", "vendor", "locale", "__pycache__"} & set(relative.parts)
            is_template = "templates" in relative.parts and file.suffix in {".html", ".txt"}
            if is_ours and file.is_file() and (file.suffix == ".py" or is_template):
                yield file


def extract(paths: list[Path]) -> dict[Message, str]:
    """Every message under `paths` with the first file that says it."""
    found: dict[Message, str] = {}
    for file in _files(paths):
        text = file.read_text()
        messages = in_python(text) if file.suffix == ".py" else in_template(text, str(file))
        for message in messages:
            found.setdefault(message, str(file))
    return found


def _catalogue_path(language: str) -> Path:
    return SOURCE / "locale" / language / "LC_MESSAGES" / "django.po"


def _catalogue(language: str) -> polib.POFile:
    path = _catalogue_path(language)
    if path.exists():
        return polib.pofile(str(path), wrapwidth=120)
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS,
    }
    return catalogue


def _by_message(catalogue: polib.POFile) -> dict[Message, polib.POEntry]:
    return {Message(entry.msgid, entry.msgid_plural or "", entry.msgctxt or ""): entry for entry in catalogue}


def _is_translated(entry: polib.POEntry | None) -> bool:
    return entry is not None and entry.translated()


@contextmanager
def _locked() -> Iterator[None]:
    """One writer at a time."""
    folder = SOURCE / "locale"
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _save(language: str, catalogue: polib.POFile) -> None:
    path = _catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.sort(key=lambda entry: (entry.msgid, entry.msgctxt or ""))
    fresh = path.with_suffix(".po.new")
    catalogue.save(str(fresh))
    fresh.replace(path)


def _entry(message: Message, said: str | list[str]) -> polib.POEntry:
    context = message.context or None
    if not message.plural:
        if not isinstance(said, str):
            raise SystemExit(f"{message.key}: one text expected, not a list")
        return polib.POEntry(msgid=message.text, msgstr=said, msgctxt=context)
    if not isinstance(said, list) or len(said) != 3:
        raise SystemExit(f"{message.key}: three plural forms expected (1, 2–4, 5+)")
    forms = dict(enumerate(said))
    return polib.POEntry(msgid=message.text, msgid_plural=message.plural, msgstr_plural=forms, msgctxt=context)


def add(translations: dict[str, dict[str, str | list[str]]]) -> int:
    """Merge; a message said again takes the newer text."""
    with _locked():
        for language in LANGUAGES:
            catalogue = _catalogue(language)
            known = _by_message(catalogue)
            for key, texts in translations.items():
                message = Message.from_key(key)
                if texts.get(language):
                    if message in known:
                        catalogue.remove(known[message])
                    entry = _entry(message, texts[language])
                    catalogue.append(entry)
                    known[message] = entry
            _save(language, catalogue)
        compile_all()
    return 0


def compile_all() -> int:
    for language in LANGUAGES:
        if _catalogue_path(language).exists():
            target = _catalogue_path(language).with_suffix(".mo")
            fresh = target.with_suffix(".mo.new")
            _catalogue(language).save_as_mofile(str(fresh))
            fresh.replace(target)
    return 0


def missing(paths: list[Path]) -> dict[str, dict[str, str | list[str]]]:
    """Messages without a translation, in the shape that `add` takes."""
    lacking: dict[str, dict[str, str | list[str]]] = {}
    for language in LANGUAGES:
        known = _by_message(_catalogue(language))
        for message in extract(paths):
            if not _is_translated(known.get(message)):
                lacking.setdefault(message.key, {})[language] = ["", "", ""] if message.plural else ""
    return lacking


def _holes(text: str) -> list[str]:
    return sorted(set(PLACEHOLDER.findall(text.replace("%%", ""))))


def _broken(message: Message, entry: polib.POEntry) -> bool:
    """Whether a translation has other placeholders than the English: it would fail, or lose a name, on the page."""
    allowed = [_holes(message.text)] + ([_holes(message.plural)] if message.plural else [])
    forms = list(entry.msgstr_plural.values()) if message.plural else [entry.msgstr]
    return any(_holes(form) not in allowed for form in forms)


def problems() -> Iterator[str]:
    said = extract([SOURCE])
    for language in LANGUAGES:
        known = _by_message(_catalogue(language))
        for message, file in sorted(said.items()):
            if not _is_translated(known.get(message)):
                yield f"{language}: not translated: {message.key!r} ({file})"
        for message, entry in known.items():
            if message not in said:
                yield f"{language}: stale: {message.key!r}"
            elif _broken(message, entry):
                yield f"{language}: other placeholders: {message.key!r}"


def check() -> int:
    found = list(problems())
    for line in found:
        print(line)
    print(f"{len(extract([SOURCE]))} messages, {len(found)} problems")
    return 1 if found else 0


def prune() -> int:
    said = extract([SOURCE])
    with _locked():
        for language in LANGUAGES:
            catalogue = _catalogue(language)
            for message, entry in _by_message(catalogue).items():
                if message not in said:
                    catalogue.remove(entry)
            _save(language, catalogue)
        compile_all()
    return 0


def _print(data: object) -> int:
    print(json.dumps(data, ensure_ascii=False, indent=1))
    return 0


def main(arguments: list[str]) -> int:
    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    command, *rest = arguments or ["help"]
    paths = [Path(path).resolve() for path in rest] or [SOURCE]
    if command == "extract":
        return _print({message.key: file for message, file in extract(paths).items()})
    if command == "missing":
        return _print(missing(paths))
    if command == "add" and len(rest) == 1:
        text = sys.stdin.read() if rest[0] == "-" else Path(rest[0]).read_text()
        return add(json.loads(text))
    if command in {"compile", "check", "prune"}:
        return {"compile": compile_all, "check": check, "prune": prune}[command]()
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
