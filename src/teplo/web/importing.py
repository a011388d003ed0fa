"""Import of a file: upload, what it is and what its columns mean, what would happen, progress, what was refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from teplo.accounts.access import Right, requires
from teplo.accounts.models import User
from teplo.jobs.models import Job
from teplo.people.importing import starting, storing
from teplo.people.importing.columns import ColumnMapping
from teplo.people.importing.dialects import DELIMITERS
from teplo.people.importing.encodings import ENCODINGS
from teplo.people.importing.options import Options
from teplo.people.importing.previewing import preview_all
from teplo.people.importing.refusals import TEXTS, refusals_as_csv
from teplo.people.importing.shapes import FileRefused
from teplo.people.models import ImportRun
from teplo.people.places import country_names
from teplo.web.answers import page, redirect, refused, saved
from teplo.web.import_form import CHANNELS, facts_of, labels_of, lines_of, read_mapping, read_options
from teplo.web.reading import whole

SHOWN = 50
PREVIEWED = 12
DELIMITER_NAMES = {";": "; ", ",": ", ", "\t": "Tab", "|": "|"}


@requires(Right.IMPORT)
def import_list(request: HttpRequest) -> HttpResponse:
    runs = list(ImportRun.objects.order_by("-id")[:SHOWN])
    names = dict(User.objects.filter(pk__in={run.created_by for run in runs}).values_list("pk", "name"))
    context = {
        "runs": [(run, names.get(run.created_by or 0, "")) for run in runs],
        "total": sum(run.created for run in runs if run.rows_are == "people"),
        "limit_mb": storing.LIMIT_MB,
    }
    return page(request, "importing/list.html", context)


@requires(Right.IMPORT)
@require_POST
def import_upload(request: HttpRequest) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None:
        refused(request, _("Choose a file first."))
        return redirect(request, "imports")
    rows_are = "events" if request.POST.get("rows_are") == "events" else "people"
    try:
        run = starting.receive(name=file.name or "", chunks=file.chunks(), rows_are=rows_are, by=request.user.pk)
    except FileRefused as refusal:
        refused(request, f"{file.name}: {refusal}")
        return redirect(request, "imports")
    return redirect(request, "import", run.pk)


@requires(Right.IMPORT)
def import_page(request: HttpRequest, run_id: int) -> HttpResponse:
    run = _found(run_id)
    return _draft(request, run) if run.state == "draft" else _result(request, run)


def _draft(request: HttpRequest, run: ImportRun, *, status: int = 200) -> HttpResponse:
    try:
        rows = starting.samples_of(run, limit=60)
    except FileRefused as refusal:
        refused(request, str(refusal))
        return redirect(request, "imports")
    mapping, options = ColumnMapping.from_json(run.mapping), Options.from_json(run.options)
    lines = lines_of(run, rows)
    filled = [line for line in lines if line.samples]
    context = {
        "run": run,
        "lines": filled,
        "empty_lines": [line for line in lines if not line.samples],
        "mapped": sum(1 for line in filled if line.chosen != "skip"),
        "options": options,
        "regions": sorted(country_names().items(), key=lambda item: item[1]),
        "has_numbers": mapping.has("external"),
        "shape": run.shape,
        "encodings": [(name, name.upper()) for name in dict.fromkeys([run.shape["encoding"], *ENCODINGS])],
        "delimiters": [(mark, DELIMITER_NAMES[mark]) for mark in DELIMITERS],
        "header_row": run.shape["header_row"] + 1,
        "channels": CHANNELS.items(),
        "owners": User.objects.filter(is_active=True).order_by("name"),
        **_previewed(run),
    }
    return page(request, "importing/draft.html", context, status=status)


def _previewed(run: ImportRun) -> dict[str, Any]:
    previewed = preview_all(run, limit=PREVIEWED)
    rows = previewed.rows
    labels = labels_of(run)
    return {
        "run": run,
        "preview": [(row, *facts_of(row, labels)) for row in rows],
        "notices": previewed.notices,
        "outcomes": dict(Counter(row.outcome for row in rows)),
    }


@requires(Right.IMPORT)
@require_POST
def import_shape(request: HttpRequest, run_id: int) -> HttpResponse:
    """Read the file otherwise: as deeds, in another encoding, from another sheet or row."""
    run = _draft_found(run_id)
    sent = request.POST
    changes: dict[str, Any] = {}
    if sent.get("encoding") in ENCODINGS and sent["encoding"] != run.shape["encoding"]:
        changes["encoding"] = sent["encoding"]
    if sent.get("delimiter") in DELIMITERS and sent["delimiter"] != run.shape["delimiter"]:
        changes["delimiter"] = sent["delimiter"]
    if sent.get("sheet") in run.shape["sheets"] and sent["sheet"] != run.shape["sheet"]:
        changes["sheet"] = sent["sheet"]
    header = whole(sent.get("header_row"))
    if header is not None and header <= 100 and header - 1 != run.shape["header_row"]:
        changes["header_row"] = header - 1
    try:
        starting.inspect_as(run, rows_are="events" if sent.get("rows_are") == "events" else "people", **changes)
    except FileRefused as refusal:
        refused(request, str(refusal))
    return redirect(request, "import", run.pk)


@requires(Right.IMPORT)
@require_POST
def import_preview(request: HttpRequest, run_id: int) -> HttpResponse:
    """Keep what is chosen so far and show what would happen."""
    run = _draft_found(run_id)
    mapping, options = read_mapping(run, request.POST), read_options(run, request.POST)
    try:
        starting.choose(run, mapping=mapping, options=options)
    except starting.AlreadyStarted:
        return redirect(request, "import", run.pk)
    return page(request, "importing/draft.html", _previewed(run), fragment="importing/_preview.html")


@requires(Right.IMPORT)
@require_POST
def import_start(request: HttpRequest, run_id: int) -> HttpResponse:
    run = _draft_found(run_id)
    try:
        starting.choose(run, mapping=read_mapping(run, request.POST), options=read_options(run, request.POST))
        starting.start_import(run, by=request.user.pk)
    except starting.MappingEmpty:
        refused(request, _("No column says who the person is: choose a contact, a number, or let rows be numbered."))
        return _draft(request, run, status=422)
    except starting.AlreadyStarted:
        refused(request, _("This import has been started already."))
    return redirect(request, "import", run.pk)


def _result(request: HttpRequest, run: ImportRun) -> HttpResponse:
    job = Job.objects.filter(pk=run.job_id).first() if run.job_id else None
    counted = Counter(run.refusals.values_list("reason", flat=True)) if run.state not in ("queued", "running") else {}
    reasons = [(_reason(reason), count, reason.startswith("part-")) for reason, count in Counter(counted).most_common()]
    context = {
        "run": run,
        "job": job,
        "is_live": run.state in ("queued", "running"),
        "may_resume": run.state in ("stopped", "failed") and storing.path_of(run).exists(),
        "reasons": reasons,
        "author": User.objects.filter(pk=run.created_by or 0).first(),
    }
    return page(request, "importing/result.html", context)


def _reason(code: str) -> str:
    """The reason without its particulars: what stands in its place is “…”."""

    class Any_(dict[str, str]):
        def __missing__(self, _key: str) -> str:
            return "…"

    return str(TEXTS.get(code, code)) % Any_()


@requires(Right.IMPORT)
@require_POST
def import_stop(request: HttpRequest, run_id: int) -> HttpResponse:
    if not starting.stop_import(_found(run_id)):
        refused(request, _("It had ended already."))
    return redirect(request, "import", run_id)


@requires(Right.IMPORT)
@require_POST
def import_resume(request: HttpRequest, run_id: int) -> HttpResponse:
    if not starting.resume_import(_found(run_id)):
        refused(request, _("It cannot go on: it is done, or the same work runs already."))
    return redirect(request, "import", run_id)


@requires(Right.IMPORT)
@require_POST
def import_drop(request: HttpRequest, run_id: int) -> HttpResponse:
    starting.drop(_draft_found(run_id))
    saved(request, _("The file is removed; nothing was imported."))
    return redirect(request, "imports")


@requires(Right.IMPORT)
@require_GET
def import_refused(request: HttpRequest, run_id: int) -> StreamingHttpResponse:
    """The rows that were not taken, as a file."""
    run = _found(run_id)
    name = slugify(run.name.rsplit(".", 1)[0]) or "import"
    response = StreamingHttpResponse(refusals_as_csv(run), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-refused.csv"'
    return response


def _found(run_id: int) -> ImportRun:
    run = ImportRun.objects.filter(pk=run_id).first()
    if run is None:
        raise Http404
    return run


def _draft_found(run_id: int) -> ImportRun:
    run = _found(run_id)
    if run.state != "draft":
        raise Http404
    return run


urlpatterns = [
    path("people/imports/", import_list, name="imports"),
    path("people/imports/upload/", import_upload, name="import-upload"),
    path("people/imports/<int:run_id>/", import_page, name="import"),
    path("people/imports/<int:run_id>/shape/", import_shape, name="import-shape"),
    path("people/imports/<int:run_id>/preview/", import_preview, name="import-preview"),
    path("people/imports/<int:run_id>/start/", import_start, name="import-start"),
    path("people/imports/<int:run_id>/stop/", import_stop, name="import-stop"),
    path("people/imports/<int:run_id>/resume/", import_resume, name="import-resume"),
    path("people/imports/<int:run_id>/drop/", import_drop, name="import-drop"),
    path("people/imports/<int:run_id>/refused.csv", import_refused, name="import-refused"),
]
