"""Every command of README, guides and docs, as it is written there: from an empty folder, by a stranger.

The commands are read from the documents, so a new one is tried as soon as it is written down. What a reader has of
their own (a file of people, a table) lies in the folder; users, tables and homes are nobody's business but Teplo's.
"""

from __future__ import annotations

import csv
import http.client
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from tests.acceptance.installation import free_port

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.once,
    pytest.mark.timeout(1200),
]  # dozens of processes, and a slow machine

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "src" / "teplo" / "web" / "guide").glob("*.md")),
]
SERVERS = ("up", "web", "collect", "work")
MAKE_SERVERS = ("run", "dev", "demo")
HOURS = ("test", "test-long", "check", "bench", "screenshots")  # that they are there is all that is asked here
PASSWORD = "a short sentence of mine"
ANSWERS_WANTED = {"learn": (0, 3)}  # 3: there is no table to propose, which a small file of people may well deserve

_COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:teplo|make)(?: |$)")


def commands_of(document: Path) -> list[str]:
    """Of fenced blocks each line, of the text what stands between backquotes; in order, each once."""
    text = document.read_text(encoding="utf-8")
    found: list[str] = []
    for fence, span in re.findall(r"^```(?:sh|bash|)\n(.*?)^```|(?<!`)`([^`\n]+)`(?!`)", text, re.M | re.S):
        lines = fence.splitlines() if fence else [span]
        found += [line.partition(" #")[0].strip() for line in lines if _COMMAND.match(line)]
    return list(dict.fromkeys(command for command in found if command != "teplo"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder but for the files a reader would bring along."""
    examples = ROOT / "examples"
    people = (examples / "people.csv").read_text(encoding="utf-8-sig").splitlines()
    olena = people[1].replace("contact01@", "olena@")
    for name in ("people.csv", "люди.csv"):
        (tmp_path / name).write_text("\n".join([*people, olena]), encoding="utf-8")
    for name in ("deeds.csv", "действия.csv", "дії.csv"):
        (tmp_path / name).write_bytes((examples / "events.csv").read_bytes())
    return tmp_path


def _calls(path: Path, columns: list[str]) -> None:
    """A table of calls with a signal: owners buy."""
    chance = random.Random(8)
    client, day, outcome = columns
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([client, day, "position", "city", outcome])
        for number in range(900):
            is_owner = chance.random() < 0.4
            is_won = chance.random() < (0.5 if is_owner else 0.1)
            at = f"2026-{1 + number % 9:02d}-{1 + number % 28:02d}"
            position = "owner" if is_owner else "buyer"
            writer.writerow([number, at, position, chance.choice(["Kyiv", "Lviv"]), "won" if is_won else "lost"])


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("TEPLO_", "DJANGO_", "PYTEST_", "DATABASE", "MAKE", "MFLAGS"))
    }
    bin_folder = folder / ".bin"
    bin_folder.mkdir(exist_ok=True)
    teplo = bin_folder / "teplo"
    teplo.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m teplo.cli "$@"\n')
    teplo.chmod(0o755)
    (bin_folder / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (bin_folder / "python").chmod(0o755)
    return kept | {
        "PATH": f"{bin_folder}:{kept.get('PATH', '')}",
        "PYTHONPATH": f"{ROOT / 'src'}",
        "PORT": str(port),
        "LANG": "en_US.UTF-8",
    }


def _made(command: str, folder: Path) -> str:
    """`make X` of the project, with its set-up done and its programs being those under test."""
    words = shlex.split(command)
    venv = folder / ".made"
    venv.mkdir(exist_ok=True)
    if not (venv / "bin").exists():
        (venv / "bin").symlink_to(folder / ".bin")
    at = words.index("make")
    project = ["-f", str(ROOT / "Makefile"), "-o", "setup", "-o", "setup-dev", f"VENV={venv}"]
    return shlex.join(["env", *words[:at], "make", *project, *words[at + 1 :]])


class Shell:
    """One folder, one reader, one command after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = _environment(folder, self.port)

    def run(self, command: str, *, answer: str = "y\n", seconds: int = 600) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, shell=True, cwd=self.folder, env=self.environment, input=answer, capture_output=True, text=True,
            timeout=seconds,
        )  # fmt: skip

    @contextmanager
    def serving(self, command: str, *, seconds: int = 600) -> Iterator[Path]:
        """A server while it runs; answers where its output goes. It must end cleanly when asked to."""
        log = self.folder / "output"
        with log.open("w") as output:
            process = subprocess.Popen(
                command, shell=True, cwd=self.folder, env=self.environment, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        try:
            if " work" in command:
                time.sleep(3)
                assert process.poll() is None, log.read_text()
            else:
                self._wait_until_listening(process, log, seconds)
            yield log
        finally:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        faults = [line for line in log.read_text().splitlines() if line.startswith("Traceback") or '"error"' in line]
        assert not faults, faults

    def _wait_until_listening(self, process: subprocess.Popen[bytes], log: Path, seconds: int) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            assert process.poll() is None, log.read_text()
            try:
                line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                line.request("GET", "/healthz")
                if line.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"nobody listens\n{log.read_text()}")


def try_out(command: str, shell: Shell) -> None:
    """Run one command as written; a placeholder in capitals stands for the reader's own."""
    words = [word for word in shlex.split(command) if not re.fullmatch(r"[A-Z_]+=\S+", word)]
    if words[0] == "make":
        target = words[1]
        if target in HOURS:
            done = shell.run(f"make -C {ROOT} -n {target}")
            assert done.returncode == 0, done.stderr
        elif target != "demo":  # it has a test of its own
            with shell.serving(_made(command, shell.folder)):
                pass
        return
    if words[1] in SERVERS:
        with shell.serving("exec " + command):
            pass
        return
    words = [_own(word, words, shell.folder) for word in words]
    done = shell.run(shlex.join(words))
    if done.returncode == 2 and "Missing" in done.stderr or len(words) <= 3 and "--people needs" in done.stderr:
        # The text names the command without saying how it is called: then its help must say it.
        assert not any(word.startswith("-") for word in words[1:]), f"{command}\n{done.stderr}"
        done = shell.run(shlex.join([*words, "--help"]))
    expected = next((codes for name, codes in ANSWERS_WANTED.items() if name in words), (0,))
    if words[1] == "import":
        expected = (0, 1)  # 1: some rows of the reader's file were refused
    assert done.returncode in expected, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


def _own(word: str, words: list[str], folder: Path) -> str:
    """What a placeholder stands for, and the file of calls a command of learning reads, with the columns it names."""
    if "learn" in words and "--people" in words:
        named = dict(zip(words, words[1:], strict=False))
        outcome = named["--outcome"] if not named["--outcome"].isupper() else "result"
        columns = [named.get("--id", "client"), named.get("--date", "day"), outcome]
        for name in ("calls.csv", "others.csv"):
            _calls(folder / name, columns)
    if word.isupper() and words[words.index(word) - 1] == "--people":
        return "calls.csv"
    if word.isupper() and words[words.index(word) - 1] == "--outcome":
        return "result"
    return word


def _reads_plain_files(command: str) -> bool:
    return "--people" in command


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
@pytest.mark.parametrize("is_of_files", [False, True], ids=["base", "files"])  # they need nothing of each other
def test_every_command_of_a_document_runs_as_written(is_of_files: bool, document: Path, folder: Path) -> None:
    shell = Shell(folder)
    for command in commands_of(document):
        if _reads_plain_files(command) == is_of_files and command != "teplo demo":  # `make demo` tries it out below
            try_out(command, shell)


def test_commands_are_found_in_the_documents() -> None:
    """The test above would pass over documents it cannot read."""
    found = {path.name: commands_of(path) for path in DOCUMENTS}
    for name in ("README.md", "README.ru.md", "README.uk.md"):
        assert {"make run", "make demo", "make test"} <= set(found[name]), name
    assert "teplo score apply --table table.csv --people others.csv --out scores.csv --explain" in found["learning.md"]
    guides = [path for path in DOCUMENTS if path.parent.name == "guide"]
    assert len({len(commands_of(path)) for path in guides}) == 1, "the guides differ in their commands"
    for command in ("teplo user list", "teplo user link olena@example.com", "teplo check", "teplo migrate"):
        assert all(command in commands_of(path) for path in guides), command


def test_every_script_that_a_document_names_is_there() -> None:
    named = {name for path in DOCUMENTS for name in re.findall(r"`(scripts/\w+\.\w+)", path.read_text())}
    assert "scripts/messages.py" in named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


# -- the first hour ---------------------------------------------------------------------------------------------------


class Browser:
    """Cookies, forms and redirects, without a browser."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    def ask(self, path: str, said: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, body and the path where it ended; a form is sent when `said`."""
        for _ in range(5):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            headers["Accept-Language"] = "en"
            body = None
            if said is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
                body = urlencode(said)
            line.request("POST" if said is not None else "GET", path, body, headers)
            answer = line.getresponse()
            text = answer.read().decode()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, _, value = cookie.partition(";")[0].partition("=")
                self.cookies[name] = value
            if answer.status not in (301, 302, 303):
                return answer.status, text, path
            path, said = str(answer.headers["Location"]), None
        raise AssertionError(f"redirected for ever: {path}")

    def fill_in(self, path: str, **said: str) -> tuple[int, str, str]:
        """Send the form of a page with what a person types, and everything else as the page has it."""
        status, text, path = self.ask(path)
        assert status == 200, text[:500]
        return self.ask(path, Form(text).values | said)


class Form(HTMLParser):
    """The values of the form with a password field, as a browser would send them untouched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = ""
        self.feed(re.findall(r"<form.*?</form>", text, re.S)[0])

    def handle_starttag(self, tag: str, attributes: list[tuple[str, Any]]) -> None:
        given = dict(attributes)
        if tag == "input" and given.get("name") and given.get("type") not in ("checkbox", "radio"):
            self.values[str(given["name"])] = str(given.get("value") or "")
        if tag == "select":
            self._select = str(given.get("name"))
        if tag == "option" and self._select and ("selected" in given or self._select not in self.values):
            self.values[self._select] = str(given.get("value") or "")


def link_in(log: Path) -> str:
    found = re.findall(r"(https?://\S+/welcome/\S+)", log.read_text())
    assert found, f"no one-time link was printed:\n{log.read_text()}"
    return urlsplit(found[-1]).path


def sign_in_from(log: Path, port: int) -> None:
    """Create the account on the printed link, leave, and come back by e-mail and password."""
    stranger = Browser(port)
    status, text, path = stranger.fill_in(
        link_in(log), name="Olena", email="me@example.com", password=PASSWORD, timezone="Europe/Kyiv"
    )
    assert (status, "/welcome/" in path) == (200, False), text[:2000]
    back = Browser(port)
    status, text, path = back.fill_in("/sign-in/", email="me@example.com", password=PASSWORD)
    assert (status, path) == (200, "/"), text[:2000]
    assert back.ask("/people/")[0] == 200
    assert back.ask("/settings/users/")[0] == 200


def test_after_make_demo_a_stranger_signs_in_on_the_printed_link(folder: Path) -> None:
    shell = Shell(folder)
    with shell.serving(_made("make demo", folder), seconds=900) as log:
        assert "teplo up" in log.read_text(), "the example does not say what comes next"
        sign_in_from(log, shell.port)
        assert Browser(shell.port).ask(link_in(log))[0] == 410, "the link works twice"
    with shell.serving("exec teplo up") as log:
        assert "/welcome/" not in log.read_text(), "a link is printed although the administrator can sign in"


def test_after_make_run_a_stranger_signs_in_and_comes_back_after_forgetting_the_password(folder: Path) -> None:
    shell = Shell(folder)
    with shell.serving(_made("make run", folder)) as log:
        sign_in_from(log, shell.port)
        said = shell.run("teplo user link me@example.com").stdout
        path = urlsplit(re.findall(r"http\S+", said)[0]).path
        assert f"localhost:{shell.port}" in said
        again = Browser(shell.port)
        status, _text, _path = again.fill_in(path, password="another sentence of mine")
        assert status == 200
        assert Browser(shell.port).fill_in("/sign-in/", email="me@example.com", password=PASSWORD)[0] == 422
        new = Browser(shell.port).fill_in("/sign-in/", email="me@example.com", password="another sentence of mine")
        assert new[0] == 200
        invited = shell.run("teplo user add maksym@example.com --role salesperson").stdout
        path = urlsplit(re.findall(r"http\S+", invited)[0]).path
        colleague = Browser(shell.port)
        assert colleague.fill_in(path, name="Maksym", password=PASSWORD)[0] == 200
        assert colleague.ask("/settings/users/")[0] == 403
        listed = shell.run("teplo user list").stdout
        assert re.search(r"me@example\.com +administrator +active +Olena", listed), listed
        assert re.search(r"maksym@example\.com +salesperson +active +Maksym", listed), listed
