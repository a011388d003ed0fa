"""Words that imports kept in an own list called `tags` become tags; the list itself stays for whoever asks for it."""

from __future__ import annotations

import unicodedata

from django.db import migrations

BATCH = 2000
_FOLDED = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "‘": "'", "ё": "е"})


def folded(name):
    return " ".join(unicodedata.normalize("NFKC", name).lower().translate(_FOLDED).split())[:60]


def copy_tags(apps, schema_editor):
    definitions = apps.get_model("people", "AttributeDefinition")
    if not definitions.objects.filter(key="tags", type="list", of_company=False).exists():
        return
    people, tags = apps.get_model("people", "Person"), apps.get_model("people", "Tag")
    held, words = apps.get_model("people", "PersonTag"), apps.get_model("people", "TagChange")
    known = {tag.name_key: tag.pk for tag in tags.objects.all()}
    rows, after = people.objects.filter(attributes__has_key="tags", erased_at=None), 0
    while batch := list(rows.filter(id__gt=after).order_by("id").values_list("id", "attributes", "updated_at")[:BATCH]):
        pairs = {}
        for person, attributes, at in batch:
            listed = attributes["tags"] if isinstance(attributes["tags"], list) else []
            for name in (" ".join(str(word).split())[:60].strip() for word in listed):
                key = folded(name)
                if not key:
                    continue
                if key not in known:
                    known[key] = tags.objects.create(key=name, name=name, name_key=key, created_by="import").pk
                pairs[person, known[key]] = at
        held.objects.bulk_create(
            [held(person_id=person, tag_id=tag, added_at=at) for (person, tag), at in sorted(pairs.items())],
            ignore_conflicts=True,
        )
        words.objects.bulk_create(
            [words(person_id=p, tag_id=t, is_added=True, at=at, by="import") for (p, t), at in sorted(pairs.items())]
        )
        after = batch[-1][0]


class Migration(migrations.Migration):
    dependencies = [("people", "0006_tags_and_notes")]

    operations = [migrations.RunPython(copy_tags, migrations.RunPython.noop)]
