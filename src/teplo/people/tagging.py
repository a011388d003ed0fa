"""Tags: words that colleagues, imports and journeys put on people, thousands at once, with their past.

A tag is known by its folded name, so «VIP» and "vip" are one. Whoever changes tags outside the pipeline tells
`changing.note_changed` of the people in the answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, OuterRef, Q, Subquery

from teplo.kit import bulk
from teplo.kit.clock import now
from teplo.kit.ids import new_ids
from teplo.kit.uses import Thing, refuse_in_use
from teplo.people import queries
from teplo.people.models import Person, PersonTag, Tag, TagChange
from teplo.people.names import name_key, plain

LONGEST = 60
MOST_AT_ONCE = 50
"""So many tags are read of one text."""

Wanted = tuple[int, str]
"""Person and the name of a tag."""

_BETWEEN = re.compile(r"[,;\n]| ::: ")


class TagTaken(Exception):
    """Another tag is called so."""


class TagNameless(Exception):
    """A tag needs a name."""


def read_names(text: str) -> list[str]:
    """Names of tags in a text, divided by commas, semicolons or lines: trimmed, each once, at most fifty."""
    names = [tag_name(part) for part in _BETWEEN.split(text)]
    by_key = {tag_key(name): name for name in reversed(names) if name}
    first_said = [name for name in names if name and by_key[tag_key(name)] is name]
    return first_said[:MOST_AT_ONCE]


def tag_key(name: str) -> str:
    """The name folded. Folding may lengthen it («№» is "no"): it is cut to what the column holds."""
    return name_key(name)[:LONGEST].strip()


def tag_name(text: str) -> str:
    """A name as it is kept: single spaces, no hash in front, at most sixty signs; empty when nothing is left."""
    return plain(text).lstrip("#").strip()[:LONGEST].strip()


def add_tags(wanted: Iterable[Wanted], *, by: str, at: datetime | None = None) -> list[int]:
    """Put tags on people; unknown ones are made. Answers who really got one. A constant number of statements."""
    pairs = _read(wanted)
    if not pairs:
        return []
    moment = at or now()
    with transaction.atomic():
        tags = find_or_create_tags((name for _person, name in pairs), by=by)
        people = _lock(pairs)
        meant = {(person, tags[tag_key(name)].pk) for person, name in pairs if person in people}
        new = sorted(meant - _held(meant))
        bulk.insert(
            PersonTag, ("person_id", "tag_id", "added_at"), [(*pair, moment) for pair in new], ignore_known=True
        )
        _remember(new, is_added=True, by=by, at=moment)
    return sorted({person for person, _tag in new})


def remove_tags(wanted: Iterable[Wanted], *, by: str, at: datetime | None = None) -> list[int]:
    """Take tags off people; answers who really had one. A constant number of statements."""
    pairs = _read(wanted)
    if not pairs:
        return []
    moment = at or now()
    with transaction.atomic():
        tags = _known(name for _person, name in pairs)
        people = _lock(pairs)
        meant = {(p, tags[tag_key(n)].pk) for p, n in pairs if p in people and tag_key(n) in tags}
        gone = sorted(_held(meant))
        queries.drop_tags(gone)
        _remember(gone, is_added=False, by=by, at=moment)
    return sorted({person for person, _tag in gone})


def find_or_create_tags(names: Iterable[str], *, by: str) -> dict[str, Tag]:
    """Folded name → tag; a name from before a renaming means the renamed one. Three statements, whatever the number."""
    said = {tag_key(name): name for name in names}
    known = _known(said.values())
    missing = [(key, name) for key, name in sorted(said.items()) if key not in known]
    if missing:
        rows = [Tag(key=name, name=name, name_key=key, created_by=by[:80]) for key, name in missing]
        Tag.objects.bulk_create(rows, ignore_conflicts=True)
        known = _known(said.values())
    return known


def rename_tag(*, tag: Tag, name: str) -> None:
    """Call a tag otherwise; conditions go on meaning it. Raises TagTaken, TagNameless."""
    told = tag_name(name)
    if not told:
        raise TagNameless
    with transaction.atomic():
        if Tag.objects.exclude(pk=tag.pk).filter(name_key=tag_key(told)).exists():
            raise TagTaken
        Tag.objects.filter(pk=tag.pk).update(name=told, name_key=tag_key(told))


def tell_held_again(person_ids: Collection[int], *, by: str, at: datetime) -> dict[int, list[int]]:
    """Tags held though the last word took them off, as two cards made one may have it: from `at` on the past says so.

    Answers person → ids of the words written; two statements.
    """
    words = TagChange.objects.filter(person=OuterRef("person"), tag=OuterRef("tag")).order_by("-at", "-id")
    held = PersonTag.objects.filter(person_id__in=person_ids).annotate(last=Subquery(words.values("is_added")[:1]))
    pairs = list(held.filter(last=False).order_by("person_id", "tag_id").values_list("person_id", "tag_id"))
    told: dict[int, list[int]] = {}
    if pairs:
        for (person, _tag), row_id in zip(pairs, _remember(pairs, is_added=True, by=by, at=at), strict=True):
            told.setdefault(person, []).append(row_id)
    return told


def thing_of(tag: Tag) -> Thing:
    """As `used_in` asks for it."""
    return Thing("tag", tag.pk, key=tag.key, value=tag.name_key)


def forget_tag(*, tag: Tag) -> int:
    """Take a tag off everybody and forget that it was; answers how many people had it. Raises InUse."""
    refuse_in_use(thing_of(tag))
    with transaction.atomic():
        people = list(PersonTag.objects.filter(tag=tag).values_list("person_id", flat=True))
        PersonTag.objects.filter(tag=tag).delete()
        TagChange.objects.filter(tag=tag).delete()
        Tag.objects.filter(pk=tag.pk).delete()
    return len(people)


def tags_of(person_ids: Iterable[int]) -> dict[int, list[Tag]]:
    """person → tags by name; one statement."""
    rows = PersonTag.objects.filter(person_id__in=list(person_ids)).select_related("tag").order_by("tag__name_key")
    found: dict[int, list[Tag]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row.tag)
    return found


def tags_with_people() -> list[tuple[Tag, int]]:
    """All tags by name, and how many people have each; two statements."""
    counts = dict(PersonTag.objects.order_by().values_list("tag").annotate(people=Count("person_id")))
    return [(tag, counts.get(tag.pk, 0)) for tag in Tag.objects.order_by("name_key")]


def suggest_tags(beginning: str = "", *, limit: int = 50) -> list[str]:
    """Names of tags in which the words stand."""
    rows = Tag.objects.filter(name_key__contains=tag_key(beginning)) if beginning else Tag.objects.all()
    return list(rows.order_by("name_key").values_list("name", flat=True)[:limit])


def _read(wanted: Iterable[Wanted]) -> list[Wanted]:
    return [(person, name) for person, text in wanted if (name := tag_name(text))]


def _lock(pairs: Sequence[Wanted]) -> set[int]:
    """The people who are there, locked so that two workers do not both put the same tag on."""
    people = Person.objects.select_for_update().filter(id__in={person for person, _name in pairs}, erased_at=None)
    return set(people.order_by("id").values_list("id", flat=True))


def _held(pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    meant = set(pairs)
    people, tags = {person for person, _tag in meant}, {tag for _person, tag in meant}
    rows = PersonTag.objects.filter(person_id__in=people, tag_id__in=tags).values_list("person_id", "tag_id")
    return meant & set(rows)


def _remember(pairs: Sequence[tuple[int, int]], *, is_added: bool, by: str, at: datetime) -> list[int]:
    ids = new_ids(len(pairs))
    rows = [(person, row_id, tag, is_added, at, by[:80]) for (person, tag), row_id in zip(pairs, ids, strict=True)]
    bulk.insert(TagChange, ("person_id", "id", "tag_id", "is_added", "at", "by"), rows)
    return ids


def _known(names: Iterable[str]) -> dict[str, Tag]:
    """Tags by folded name, also those that went by a key before they were renamed."""
    said = {tag_key(name): name for name in names}
    rows = list(Tag.objects.filter(Q(name_key__in=list(said)) | Q(key__in=list(said.values()))))
    found = {tag_key(tag.key): tag for tag in rows}
    return found | {tag.name_key: tag for tag in rows}
