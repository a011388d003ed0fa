"""Whatever a user does wrong, each command ends with a sentence and an exit code, never with a traceback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.once,
    pytest.mark.timeout(900),
]  # generous: it guards against hanging alone

ROOT = Path(__file__).resolve().parents[2]
OWN_FAULT = 70
COMMANDS = (
    "", "up", "web", "collect", "work", "migrate", "check", "import", "demo", "user", "user add", "user link",
    "user back", "user list", "score", "score import", "score export", "score explain", "score backtest",
    "score learn", "score apply",
)  # fmt: skip


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    errors: str

    @property
    def said(self) -> str:
        return self.out + self.errors

    def is_in_words(self) -> bool:
        return "Traceback" not in self.said and "fault inside Teplo" not in self.said and self.code != OWN_FAULT


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEPLO_", "DATABASE", "PORT"))}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return kept | {"TEPLO_HOME": str(home), "PYTHONPATH": f"{ROOT / 'src'}", "LANG": "en_US.UTF-8", **more}


def teplo(home: Path, *arguments: str, seconds: int = 300, **more: str) -> Done:
    """A process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "teplo.cli", *arguments], env=environment(home, **more), capture_output=True, text=True,
        timeout=seconds, stdin=subprocess.DEVNULL, cwd=home.parent,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


class Shell:
    """Commands one after another on one home, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "forking.py")], env=environment(folder / "home"), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None and self._process.stdout.readline() == "ready\n"

    def run(self, *arguments: Any, answer: str = "") -> Done:
        assert self._process.stdin is not None and self._process.stdout is not None
        asked = {"arguments": [str(one) for one in arguments], "folder": str(self.folder), "input": answer}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Done(**json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    shell = Shell(tmp_path_factory.mktemp("words"))
    _make_files(shell.folder)
    assert shell.run("import", "people.csv", "--yes").code == 0
    yield shell
    shell.stop()


FILES = (
    "none.csv", "folder", "empty.csv", "binary.csv", "picture.png", "half.xlsx", "broken.json", "list.json",
    "deep.json", "latin.csv", "[red]markup[b].csv", "nul.csv", "header.csv",
)  # fmt: skip


def _make_files(folder: Path) -> None:
    (folder / "folder").mkdir()
    (folder / "empty.csv").write_bytes(b"")
    (folder / "binary.csv").write_bytes(bytes(range(256)) * 40)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(400))
    (folder / "half.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    (folder / "broken.json").write_text('{"Name": ')
    (folder / "list.json").write_text("[1, 2]")
    (folder / "deep.json").write_text("[" * 5000)
    (folder / "latin.csv").write_bytes("Imię;E-mail\nŁukasz;l@example.com\n".encode("iso8859-2"))
    (folder / "[red]markup[b].csv").write_text("[b]Name[/i];E-mail\n[/red]Anna :tada:;[/]\n")
    (folder / "nul.csv").write_bytes(b"Name;E-mail\nA\0nna;a@example.com\n")
    (folder / "header.csv").write_text("Name;E-mail\n")
    (folder / "people.csv").write_text("Name;E-mail\nAnna;anna@example.com\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_help_as_it_was_written(shell: Shell, command: str) -> None:
    done = shell.run(*command.split(), "--help")
    assert (done.code, done.errors) == (0, "")
    assert "Usage:" in done.out and done.is_in_words()
    assert all(ord(character) < 0x2600 for character in done.out), "an emoji in the help"


def test_help_says_how_an_attribute_is_mapped(shell: Shell) -> None:
    assert "attribute:key:type" in shell.run("import", "--help").out


@pytest.mark.parametrize("command", [command for command in COMMANDS if command])
@pytest.mark.parametrize("wrong", ["--no-such-option", "--port=x", "extra1 extra2 extra3"])
def test_options_and_arguments_that_are_not_there_are_refused(shell: Shell, command: str, wrong: str) -> None:
    done = shell.run(*command.split(), *wrong.split())
    assert done.code == 2 and done.is_in_words(), done.said
    assert done.errors.strip()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "arguments",
    [
        "import FILE --yes",
        "import FILE",
        "import FILE --events --json",
        "import people.csv --yes --mapping FILE",
        "import FILE --resume --yes",
        "score import FILE",
        "score apply --table FILE --people people.csv --out out.csv",
        "score learn --people FILE --outcome won --out out.csv",
        "score apply --table people.csv --people FILE --out out.csv",
    ],
)
def test_any_file_is_read_or_refused_in_words(shell: Shell, name: str, arguments: str) -> None:
    done = shell.run(*(word.replace("FILE", name) for word in arguments.split()))
    assert done.is_in_words(), done.said
    assert done.code in (0, 1, 2), done.said
    assert done.said.strip()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("import none.csv", "no file none.csv"),
        ("import folder", "is a folder"),
        ("import people.csv --yes --known maybe", "fill, overwrite, skip"),
        ("import people.csv --yes --encoding klingon", "--encoding"),
        ("import people.csv --yes --delimiter ;;", "--delimiter"),
        ("import people.csv --yes --map Nose=email", "Nose"),
        ("import people.csv --yes --map Name=nose", "nose"),
        ("import people.csv --yes --map Name", "COLUMN=TARGET"),
        ("import people.csv --yes --mapping broken.json", "broken.json"),
        ("import people.csv --yes --mapping list.json", "list.json"),
        ("import people.csv --yes --refused none/refused.csv", "--refused"),
        ("demo --strangers 1", "--strangers"),
        ("demo --days x", "--days"),
        ("demo --language klingon", "--language"),
        ("user add nobody", "no e-mail address"),
        ("user add a@example.com --role king", "administrator, marketer"),
        ("user link nobody@example.com", "There is no user"),
        ("user back nobody@example.com", "There is no user"),
        ("user add b@example.com --url nowhere", "--url"),
        ("score export nothing", "nothing"),
        ("score export 99999999999999999999", "99999999999999999999"),
        ("score export live --out none/table.csv", "none/table.csv"),
        ("score explain stranger@example.com", "stranger@example.com"),
        ("score explain x --language klingon", "ru, uk, en"),
        ("score explain anna@example.com --as-of yesterday", "yesterday"),
        ("score backtest nothing", "nothing"),
        ("score backtest live --since never", "--since"),
        ("score backtest live --calls 0", "--calls"),
        ("score learn --versus nobody", "--versus"),
        ("score learn --outcome x", "--people"),
        ("score learn --people people.csv", "--outcome"),
        ("score learn --people people.csv --outcome nose --out out.csv", "nose"),
        ("score learn --people people.csv --outcome Name --out none/out.csv", "none"),
        ("score learn --horizon -5", "horizon"),
        ("score learn --days 99999999999", "days"),
        ("up --port 70000", "--port"),
        ("web --host not.a.host.example --port 1", "not.a.host.example"),
    ],
)
def test_what_cannot_be_is_named(shell: Shell, arguments: str, says: str) -> None:
    done = shell.run(*arguments.split())
    assert done.is_in_words(), done.said
    assert done.code in (1, 2), done.said
    assert says in " ".join(done.said.split()), done.said


def test_a_refused_import_leaves_nothing_behind(shell: Shell) -> None:
    database = shell.folder / "home" / "teplo.sqlite3"
    before = _rows(database, "SELECT COUNT(*) FROM people_importrun")
    shell.run("import", "people.csv", "--yes", "--map", "Nose=email")
    shell.run("import", "people.csv", answer="")
    assert _rows(database, "SELECT COUNT(*) FROM people_importrun") == before


def _rows(database: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(database)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


# -- homes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", ["import people.csv --yes", "check", "user list", "score export", "score explain anna@example.com"]
)
def test_an_empty_home_is_brought_up_silently(tmp_path: Path, arguments: str) -> None:
    (tmp_path / "people.csv").write_text("Name;E-mail\nAnna;anna@example.com\n")
    done = teplo(tmp_path / "home", *arguments.split())
    assert done.is_in_words(), done.said
    assert "up to date" not in done.said and "copy" not in done.said
    assert _rows(tmp_path / "home" / "teplo.sqlite3", "SELECT COUNT(*) FROM django_migrations")[0][0] > 20


def test_older_tables_are_copied_first_and_both_is_said(shell: Shell, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(shell.folder / "home" / "teplo.sqlite3", home / "teplo.sqlite3")
    _set_back(home / "teplo.sqlite3")
    done = teplo(home, "user", "list")
    assert done.code == 0, done.said
    [copy] = home.glob("teplo.sqlite3.*.copy")
    assert str(copy) in done.errors and "up to date" in done.errors
    assert done.errors.index(str(copy)) < done.errors.index("up to date")
    assert _rows(copy, "SELECT name FROM sqlite_master WHERE name = 'django_session'") == []
    assert _rows(home / "teplo.sqlite3", "SELECT name FROM sqlite_master WHERE name = 'django_session'")
    again = teplo(home, "user", "list")
    assert (again.code, again.errors) == (0, "") and len(list(home.glob("*.copy"))) == 1


def _set_back(database: Path) -> None:
    """As if an older Teplo had made it: a table of a later migration is not there yet."""
    connection = sqlite3.connect(database)
    [(app, name)] = connection.execute(
        "SELECT app, name FROM django_migrations WHERE app = 'sessions' ORDER BY id DESC LIMIT 1"
    ).fetchall()
    connection.execute("DELETE FROM django_migrations WHERE app = ? AND name = ?", (app, name))
    connection.execute("DROP TABLE django_session")
    connection.commit()
    connection.close()


@pytest.mark.parametrize("command", ["check", "user list", "up", "web", "collect", "work", "import people.csv --yes"])
@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"DATABASE_URL": "mysql://x/y"}, "mysql://"),
        ({"DATABASE_URL": "postgres://teplo@127.0.0.1:1/nothing"}, "Connection refused"),
        ({"PORT": "x", "TEPLO_WEB_THREADS": "many"}, "TEPLO_WEB_THREADS"),
    ],
)
def test_wrong_settings_end_every_command(tmp_path: Path, command: str, more: dict[str, str], says: str) -> None:
    (tmp_path / "people.csv").write_text("Name;E-mail\nAnna;anna@example.com\n")
    done = teplo(tmp_path / "home", *command.split(), **({"PORT": "0"} if "PORT" not in more else {}), **more)
    assert done.code in (1, 2) and done.is_in_words(), done.said


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://host:port/name"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://[::1/name"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://host"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://no.such.host.invalid/name"}, "does not answer"),
        ({"DATABASE_URL": "postgres://127.0.0.1:1/name?nonsense=1"}, "nonsense"),
        ({"TEPLO_COLLECT_RATE": "fast"}, "TEPLO_COLLECT_RATE"),
        ({"TEPLO_COLLECT_RATE": "nan"}, "TEPLO_COLLECT_RATE"),
        ({"TEPLO_COLLECT_RATE": "-1"}, "TEPLO_COLLECT_RATE"),
        ({"TEPLO_API_RATE": "inf"}, "TEPLO_API_RATE"),
        ({"TEPLO_WEB_THREADS": "0"}, "TEPLO_WEB_THREADS"),
        ({"TEPLO_WEB_THREADS": "2.5"}, "TEPLO_WEB_THREADS"),
        ({"TEPLO_LOG": "loud"}, "TEPLO_LOG"),
        ({"TEPLO_DEBUG": "maybe"}, "TEPLO_DEBUG"),
        ({"TEPLO_URL": "teplo.example.com"}, "TEPLO_URL"),
        ({"TEPLO_TRUSTED_PROXIES": "nginx"}, "TEPLO_TRUSTED_PROXIES"),
        ({"TEPLO_TRUSTED_PROXIES": "-1"}, "TEPLO_TRUSTED_PROXIES"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, more: dict[str, str], says: str) -> None:
    done = teplo(tmp_path / "home", "user", "list", **more)
    assert done.code in (1, 2) and done.is_in_words(), done.said
    assert says in done.errors
    assert len(done.errors.strip().splitlines()) == 1, done.errors


@pytest.mark.parametrize("port", ["x", "0", "70000", "8000.5"])
def test_a_wrong_port_is_named(tmp_path: Path, port: str) -> None:
    done = teplo(tmp_path / "home", "up", PORT=port)
    assert done.code == 2 and done.is_in_words() and "PORT" in done.errors


def test_a_home_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    for command in ("up", "check", "import"):
        done = teplo(tmp_path / "home", command)
        assert (done.code, len(done.errors.splitlines())) == (2, 1)
        assert "TEPLO_HOME" in done.errors and "is a file" in done.errors


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at" * 40, b"SQLite format 3\0"])
def test_a_database_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "teplo.sqlite3").write_bytes(content)
    done = teplo(tmp_path / "home", "user", "list")
    assert done.code == 1 and done.is_in_words() and "teplo.sqlite3" in done.errors, done.said


def test_a_database_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "home" / "teplo.sqlite3").mkdir(parents=True)
    done = teplo(tmp_path / "home", "check")
    assert done.code in (1, 2) and done.is_in_words(), done.said


def test_an_empty_key_left_by_a_full_disk_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret.key").write_text("")
    assert teplo(tmp_path / "home", "user", "list").code == 0
    assert len((tmp_path / "home" / "secret.key").read_text()) > 40
    assert (tmp_path / "home" / "secret.key").stat().st_mode & 0o077 == 0


# -- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", ["score export", "user list", "--help", "check"])
def test_a_reader_who_has_gone_is_no_error(shell: Shell, arguments: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "teplo.cli", *arguments.split()], env=environment(shell.folder / "home"),
        stdout=writing, stderr=subprocess.PIPE, text=True, timeout=300,
    )  # fmt: skip
    os.close(writing)
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr, done.stderr
    assert done.returncode in (0, 1, 141)


def test_closed_streams_are_no_error(shell: Shell) -> None:
    command = f"exec {sys.executable} -m teplo.cli user list >&- 2>&-"
    assert subprocess.run(command, shell=True, env=environment(shell.folder / "home"), timeout=300).returncode == 0


@pytest.mark.parametrize("after", [0.15, 0.6, 1.5, 4.0])
def test_ctrl_c_ends_quietly_at_any_moment(tmp_path: Path, after: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "teplo.cli", "demo", "--strangers", "300"], env=environment(tmp_path / "home"),
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _out, errors = process.communicate(timeout=300)
    assert process.returncode in (130, -signal.SIGINT), errors
    assert "Traceback" not in errors, errors
