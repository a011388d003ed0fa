"""`teplo score import` and `export`: a score table as one writes it in a spreadsheet (R17)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from teplo.api.tables import HOT, WARM, new_draft, table_shown
from teplo.cli.long_work import carry_through
from teplo.cli.score_answers import JsonOption, LanguageOption, answering, expect_done, say_json, table_named
from teplo.cli.speaking import out
from teplo.kit.clock import now
from teplo.scoring.models import ScoreTable, TableState
from teplo.scoring.table_exchange import Sheet, read_sheet, write_sheet
from teplo.scoring.tables import go_live


def import_table(
    file: Annotated[Path, typer.Argument(help="CSV: criterion; condition; points. Any encoding.")],
    name: Annotated[str, typer.Option(help="What the draft is called; default: the file's name.")] = "",
    warm_from: Annotated[int | None, typer.Option(help="Points from which people are warm.")] = None,
    hot_from: Annotated[int | None, typer.Option(help="Points from which people are hot.")] = None,
    live: Annotated[bool, typer.Option("--live", help="Score people by it from now on.")] = False,
    language: LanguageOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make a draft of a spreadsheet; with --live put it to work."""
    with answering(language=language, as_json=as_json):
        sheet = read_sheet(file)
        warm, hot = _thresholds(sheet, warm_from, hot_from)
        draft = new_draft(name=name or file.stem, warm_from=warm, hot_from=hot, note="", lines=sheet.lines, by=None)
        if live:
            job = go_live(table=draft, by=None, at=now())
            expect_done(carry_through(job_id=job.pk, title=draft.name, quiet=as_json), as_json=as_json)
            draft.refresh_from_db()
        if as_json:
            say_json({"state": "done", "table": table_shown(draft).model_dump(mode="json")})
            return
        many = len(sheet.lines)
        said = ngettext("%(n)s criterion", "%(n)s criteria", many) % {"n": many}
        text = _("“%(name)s” scores people now: %(said)s.") if live else _("Draft “%(name)s”: %(said)s.")
        out.print(text % {"name": draft.name, "said": said}, markup=False)
        out.print(_("Warm from %(warm)s, hot from %(hot)s.") % {"warm": warm, "hot": hot})


def export_table(
    table: Annotated[str, typer.Argument(help="Name or id; default: the live one.")] = "live",
    to: Annotated[Path | None, typer.Option("--out", help="Where it goes; default: standard output.")] = None,
    language: LanguageOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write a score table as a spreadsheet; `import` reads it back."""
    with answering(language=language, as_json=as_json):
        found = table_named(table)
        text = "" if as_json and to is None else write_sheet(found)
        if to is not None:
            to.write_text(text, encoding="utf-8", newline="")
        if as_json:
            say_json(
                {"state": "done", "file": str(to) if to else None, "table": table_shown(found).model_dump(mode="json")}
            )
        elif to is None:
            sys.stdout.write(text)
        else:
            out.print(_("“%(name)s” is in %(file)s") % {"name": found.name, "file": to}, markup=False)


def _thresholds(sheet: Sheet, warm: int | None, hot: int | None) -> tuple[int, int]:
    """As said, else as the file says, else as the live table has them."""
    live = ScoreTable.objects.filter(state=TableState.LIVE).first()
    usual = (live.warm_from, live.hot_from) if live else (WARM, HOT)
    chosen = (warm, sheet.warm_from, usual[0]), (hot, sheet.hot_from, usual[1])
    first, second = (next(value for value in values if value is not None) for values in chosen)
    return first, second
