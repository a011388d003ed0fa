"""Every table that hangs on a person says what becomes of it when cards merge or are erased (people/leaves.py)."""

from django.apps import apps
from django.db import models

from teplo.people.leaves import Combine, Erasing, Keep, Move, all_leaves
from teplo.people.models import Identity, Person

WALKED_BY_HAND = {Identity}
"""Moved and erased by merging.py and personal_data.py themselves."""


def tables_of_people():
    return {
        model
        for model in apps.get_models()
        if model._meta.managed
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is Person
    }


def test_every_table_of_people_is_walked():
    assert tables_of_people() - WALKED_BY_HAND == {leaf.model for leaf in all_leaves()}


def test_rules_name_columns_that_exist():
    for leaf in all_leaves():
        columns = {field.column for field in leaf.model._meta.concrete_fields}
        rule = leaf.merging
        if isinstance(rule, Combine):
            named = {*rule.key, *rule.add, *rule.least, *rule.greatest, *rule.earliest, *rule.latest}
            named |= {column for group in (*rule.earliest.values(), *rule.latest.values()) for column in group}
            assert named | {"person_id"} == columns, leaf.label
        elif isinstance(rule, Move) and rule.one_each:
            named = {rule.one_each.key or "id", *rule.one_each.when, *rule.one_each.otherwise}
            assert named <= columns, leaf.label
        elif isinstance(rule, Keep):
            assert [field.column for field in leaf.model._meta.pk_fields] == ["person_id"], leaf.label


def test_what_is_kept_at_erasing_holds_no_words_of_people():
    """What is kept may hold numbers, moments and words of ours; what a person may have written is blanked."""
    words = {
        (leaf.model._meta.label, field.name)
        for leaf in all_leaves()
        if leaf.erasing is Erasing.KEEP
        for field in leaf.model._meta.concrete_fields
        if isinstance(field, models.TextField | models.JSONField) and field.name not in leaf.blank
    }
    assert words == set()
