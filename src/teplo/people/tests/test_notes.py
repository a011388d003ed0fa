"""Notes stand on the card, tell those they name, go with a merge, and are erased."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from teplo.accounts.models import Notice
from teplo.accounts.notices import tell
from teplo.accounts.testing import make_user
from teplo.people.merging import merge_people
from teplo.people.models import Note
from teplo.people.notes import NoteEmpty, add_note, mentioned
from teplo.people.personal_data import erase_people, export_person
from teplo.people.testing import make_person
from teplo.people.unmerging import undo_merge

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_colleagues_are_named_behind_an_at_sign() -> None:
    anna = make_user(name="Анна Котова", email="kotova@example.com")
    other_anna = make_user(name="Анна Лис", email="lis@example.com")
    ivan = make_user(name="Іван", email="ivan.m@example.com")
    users = [anna, other_anna, ivan]
    for text, named in {
        "@Анна Котова, глянь": [anna],
        "@анна лис и @ІВАН.": [other_anna, ivan],
        "@Анна — кто из двух?": [],
        "@kotova позвони": [anna],
        "(@ivan.m@example.com)": [ivan],
        "пишите на olga@Іван.ua": [],
        "@Іванович": [],
        "@": [],
        "Анна Котова без знака": [],
    }.items():
        assert mentioned(text, users) == named, text


def test_a_note_tells_whom_it_names_but_not_its_author() -> None:
    author, boris = make_user(name="Оля"), make_user(name="Борис", language="en")
    person = make_person()
    note = add_note(person_id=person.pk, text=" @Борис, @Оля: перезвонить \x00", by=author.pk, at=AT)
    assert note.text == "@Борис, @Оля: перезвонить"
    notice = Notice.objects.get()
    assert (notice.user_id, notice.url) == (boris.pk, f"/people/{person.pk}/")
    assert "Оля" in tell(notice)
    assert "Ольга Иванова" in tell(notice)


def test_a_note_without_words_is_refused() -> None:
    with pytest.raises(NoteEmpty):
        add_note(person_id=make_person().pk, text=" \n\x00", by=1)


def test_who_has_left_is_not_told() -> None:
    make_user(name="Борис", is_active=False)
    add_note(person_id=make_person().pk, text="@Борис", by=1)
    assert not Notice.objects.exists()


def test_notes_go_with_a_merge_and_back_and_are_told_and_erased() -> None:
    olga, other = make_person(), make_person(email="o@example.com")
    add_note(person_id=other.pk, text="любит чай", by=1, at=AT)
    merge = merge_people(winner_id=olga.pk, loser_id=other.pk, reason="hand", by="user:1")
    assert Note.objects.get().person_id == olga.pk
    assert export_person(person_id=olga.pk)["notes"][0]["text"] == "любит чай"
    undo_merge(merge_id=merge.pk, by="user:1")
    assert Note.objects.get().person_id == other.pk
    erase_people(person_ids=[other.pk], by="user:1")
    assert not Note.objects.exists()
