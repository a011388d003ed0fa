"""The `teplo` command. Each command lives in a module of its own name and is listed here."""

from __future__ import annotations

import os
import sys

import django
import typer

from teplo.kit.garbage import settle
from teplo.kit.logs import set_up_logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "teplo.config.settings")
set_up_logs(level=os.environ.get("TEPLO_LOG", "INFO").upper())
try:
    django.setup()
except ValueError as error:  # a wrong DATABASE_URL; anything else is a bug and shows its traceback
    if "DATABASE_URL" not in str(error):
        raise
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None

from teplo.cli import check, collect, demo, importing, migrate, up, web, work  # noqa: E402 - models must be loaded first

app = typer.Typer(
    name="teplo",
    help="Teplo turns strangers into loyal customers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up.up)
app.command("web")(web.web)
app.command("collect")(collect.collect)
app.command("work")(work.work)
app.command("migrate")(migrate.migrate)
app.command("check")(check.check)
app.command("import")(importing.import_file)
app.command("demo")(demo.demo)
if sys.argv[1:2] not in (["up"], ["web"], ["collect"], ["work"]):  # what serves for long starts without it
    from teplo.cli import score

    app.add_typer(score.app, name="score")
settle()
