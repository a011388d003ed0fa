from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teplo.accounts.testing import make_user
from teplo.jobs.testing import run_all_jobs
from teplo.people.importing.testing import import_rows, make_import
from teplo.people.models import Identity, ImportRun, Person

pytestmark = pytest.mark.django_db

TABLE = "Имя;Почта;Возраст\nОльга;olga@example.com;31\nИван;ivan@example;\n"


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user(role="marketer"))
    return client


def upload(client: Client, content: str | bytes = TABLE, name: str = "people.csv", **more: str) -> ImportRun | None:
    data = content.encode() if isinstance(content, str) else content
    client.post(reverse("import-upload"), {"file": SimpleUploadedFile(name, data), **more})
    return ImportRun.objects.order_by("-id").first()


def test_an_empty_list_says_what_will_stand_here(marketer: Client) -> None:
    answer = marketer.get(reverse("imports"))
    assert answer.status_code == 200
    assert "multipart/form-data" in answer.content.decode()


def test_an_uploaded_file_is_shown_with_what_its_columns_become(marketer: Client) -> None:
    run = upload(marketer)
    assert run is not None
    html = marketer.get(reverse("import", args=[run.pk])).content.decode()
    assert '<option value="first_name" selected>' in html
    assert '<option value="email" selected>' in html
    assert '<option value="new:number" selected>' in html
    assert "olga@example.com" in html


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"\x7fELF\x00\x01\x02" * 99, "not a table")])
def test_a_file_that_is_no_table_is_refused_with_a_reason(marketer: Client, content: bytes, words: str) -> None:
    file = SimpleUploadedFile("list.csv", content or b" ")
    answer = marketer.post(reverse("import-upload"), {"file": file}, follow=True)
    assert words in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_choosing_a_column_shows_what_would_happen_and_writes_nobody(marketer: Client) -> None:
    run = upload(marketer)
    assert run is not None
    address = reverse("import-preview", args=[run.pk])
    answer = marketer.post(address, {"column-0": "skip", "known": "skip"}, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert html.startswith('<section class="panel ruled" id="preview"')
    assert "ivan@example" in html
    run.refresh_from_db()
    assert [column.get("target") for column in run.mapping["columns"]] == ["skip", "email", "attribute"]
    assert run.options["known"] == "skip"
    assert not Person.objects.exists()


def test_a_started_import_runs_and_shows_its_result_with_the_refused_rows(marketer: Client) -> None:
    run = upload(marketer)
    assert run is not None
    marketer.post(reverse("import-start", args=[run.pk]), {"column-2": "new:number"})
    assert reverse("job-progress", args=[ImportRun.objects.get().job_id]) in (
        marketer.get(reverse("import", args=[run.pk])).content.decode()
    )
    run_all_jobs()
    assert Identity.objects.get(kind="email").person.attributes == {"vozrast": 31}
    result = marketer.get(reverse("import", args=[run.pk])).content.decode()
    assert reverse("import-refused", args=[run.pk]) in result
    file = b"".join(marketer.get(reverse("import-refused", args=[run.pk]))).decode("utf-8-sig")
    assert file.splitlines()[1].startswith("3;")
    assert "ivan@example" in file


def test_without_a_column_for_who_nothing_starts(marketer: Client) -> None:
    run = upload(marketer)
    assert run is not None
    answer = marketer.post(reverse("import-start", args=[run.pk]), {"column-1": "skip"})
    assert answer.status_code == 422
    run.refresh_from_db()
    assert run.state == "draft"


def test_a_file_can_be_read_otherwise(marketer: Client) -> None:
    run = upload(marketer, "Список;;\nИмя;Почта;Возраст\nОльга;olga@example.com;31\n")
    assert run is not None and run.shape["header_row"] == 1
    marketer.post(reverse("import-shape", args=[run.pk]), {"rows_are": "events", "header_row": "1"})
    run.refresh_from_db()
    assert (run.rows_are, run.shape["header_row"], run.headers) == ("events", 0, ["Список", "", ""])


def test_a_draft_can_be_removed_with_its_file(marketer: Client) -> None:
    run = make_import(TABLE)
    marketer.post(reverse("import-drop", args=[run.pk]))
    assert not ImportRun.objects.exists()


def test_a_finished_import_cannot_be_started_again(marketer: Client) -> None:
    run = import_rows(TABLE)
    assert marketer.post(reverse("import-start", args=[run.pk])).status_code == 404


def test_a_stopped_import_goes_on_from_its_page(marketer: Client) -> None:
    run = upload(marketer)
    assert run is not None
    marketer.post(reverse("import-start", args=[run.pk]))
    marketer.post(reverse("import-stop", args=[run.pk]))
    run.refresh_from_db()
    assert run.state == "stopped"
    assert reverse("import-resume", args=[run.pk]) in marketer.get(reverse("import", args=[run.pk])).content.decode()
    marketer.post(reverse("import-resume", args=[run.pk]))
    run_all_jobs()
    run.refresh_from_db()
    assert run.state == "done"


def test_a_salesperson_does_not_import(client: Client) -> None:
    client.force_login(make_user(role="analyst"))
    assert client.get(reverse("imports")).status_code == 403


def test_the_list_costs_the_same_however_many_files_there_are(marketer: Client) -> None:
    make_import(TABLE)
    with CaptureQueriesContext(connection) as few:
        marketer.get(reverse("imports"))
    for _ in range(5):
        make_import(TABLE)
    with CaptureQueriesContext(connection) as many:
        marketer.get(reverse("imports"))
    assert len(many) <= len(few) + 1
