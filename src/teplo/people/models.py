"""Person, company, how to reach them, what is known of them and what they allowed (R1–R5)."""

from __future__ import annotations

from django.db import models

from teplo.kit.clock import now
from teplo.kit.ids import new_id
from teplo.kit.models import ReadyMade, Row


class Company(Row):
    """A company with several people in it; a B2B decision is made by several (R1)."""

    name = models.CharField(max_length=300)
    name_key = models.CharField(max_length=300, db_index=True, help_text="Lower case, no legal form, no quotes.")
    domain = models.CharField(max_length=253, blank=True, db_index=True)
    industry = models.CharField(max_length=120, blank=True)
    size = models.PositiveIntegerField(null=True, blank=True, help_text="Number of employees.")
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    attributes = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)


class CompanyChange(Row):
    """What a field of a company was before and since when it is otherwise; `attr.<key>` for its own attributes."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=80)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=["company", "key", "at"], name="companychange_when"),)


NAMED_ONLY = models.Q(last_key__gt="") | models.Q(first_key__gt="")
"""Who has a name; in these very words, by which both engines know the index again."""


class Person(Row):
    """A human being, known or still a mysterious stranger. Every hot table is a leaf of this one."""

    first_name = models.CharField(max_length=120, blank=True)
    middle_name = models.CharField(max_length=120, blank=True)
    last_name = models.CharField(max_length=120, blank=True)
    first_key = models.CharField(max_length=120, blank=True, help_text="Lower case, ё→е: for search in any database.")
    last_key = models.CharField(max_length=120, blank=True)
    position = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True, help_text="ISO 3166.")
    language = models.CharField(max_length=5, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.SET_NULL, related_name="people", db_index=False
    )
    attributes = models.JSONField(default=dict, help_text="Custom attributes by key of AttributeDefinition.")
    owner_id = models.BigIntegerField(null=True, blank=True, help_text="The salesperson whose person this is.")
    is_anonymous = models.BooleanField(default=False, help_text="Nothing is known but a visitor id (R3).")
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["is_anonymous", "-created_at"], name="person_recent"),
            # The others hold only those who have the thing: a stranger has none of it and costs nothing there.
            # For the order of names, and read as a whole where a part of a name is looked for.
            models.Index(fields=["last_key", "first_key", "id"], name="person_names", condition=NAMED_ONLY),
            # For search by the beginning of a name.
            models.Index(
                fields=["last_key"], name="person_last_begins", opclasses=["varchar_pattern_ops"],
                condition=models.Q(last_key__gt=""),
            ),
            models.Index(
                fields=["first_key"], name="person_first_begins", opclasses=["varchar_pattern_ops"],
                condition=models.Q(first_key__gt=""),
            ),
            models.Index(fields=["owner_id"], name="person_owner", condition=models.Q(owner_id__isnull=False)),
            models.Index(fields=["company"], name="person_company", condition=models.Q(company__isnull=False)),
        )  # fmt: skip

    @property
    def name(self) -> str:
        """The name as said: first and last, or empty for a stranger."""
        return f"{self.first_name} {self.last_name}".strip()


class PersonLeaf(models.Model):
    """Base of every hot table: primary key (person_id, id), so that it can be distributed by person.

    The foreign key has no database constraint: it would be checked for every event, and nothing deletes people but
    erasing and merging, which walk all leaves (`people/leaves.py`).
    """

    pk = models.CompositePrimaryKey("person_id", "id")
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    id = models.BigIntegerField(default=new_id, editable=False)

    class Meta:
        abstract = True


class PastLeaf(PersonLeaf):
    """What a person was before, by which the past is asked. Of a card made of two the kept card's rows answer."""

    is_brought = models.BooleanField(
        default=False, db_default=False, help_text="Came with a merged card while this one had its own past."
    )

    class Meta:
        abstract = True


class IdentityKind(models.TextChoices):
    EMAIL = "email"
    PHONE = "phone"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    VIBER = "viber"
    VK = "vk"
    VISITOR = "visitor"
    EXTERNAL = "external"


class Identity(models.Model):
    """One way to know a person: unique by kind and normalised value, hence its own distribution key (R2)."""

    pk = models.CompositePrimaryKey("kind", "value")
    kind = models.CharField(max_length=10, choices=IdentityKind.choices)
    value = models.CharField(max_length=254)
    person = models.ForeignKey(Person, on_delete=models.DO_NOTHING, related_name="identities", db_constraint=False)
    shown = models.CharField(max_length=254, blank=True, help_text="As it was written; empty when the same as value.")
    is_verified = models.BooleanField(default=False)
    is_main = models.BooleanField(default=False)
    source = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=now)


class SearchText(models.Model):
    """All that a person may be looked for by, folded, in one text: made of names and contacts by `searching.py`.

    A table of FTS5 on SQLite, hence not Django's to make (`kit/inside.py`, migration 0014).
    """

    person = models.OneToOneField(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, primary_key=True, db_column="rowid"
    )
    text = models.TextField()

    class Meta:
        managed = False
        db_table = "people_searchtext"


class SharedContact(models.Model):
    """A contact that stands on the card of somebody else too: an office phone, a mailbox of a company.

    Its holder has it as an `Identity`, which finds people; these are the others. A card that has become part of the
    holder's may still have its row here.
    """

    pk = models.CompositePrimaryKey("person_id", "kind", "value")
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=10, choices=IdentityKind.choices)
    value = models.CharField(max_length=254)
    source = models.CharField(max_length=60, blank=True)
    since = models.DateTimeField(default=now)

    class Meta:
        indexes = (
            models.Index(
                fields=["value", "person", "kind"], name="sharedcontact_inside",
                opclasses=["varchar_pattern_ops", "int8_ops", "varchar_ops"],
            ),
        )  # fmt: skip


class AttributeType(models.TextChoices):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    LIST = "list"


class AttributeDefinition(Row):
    """A custom attribute of people or companies (R5). Values live in `attributes` under `key`."""

    of_company = models.BooleanField(default=False)
    key = models.SlugField(max_length=60, allow_unicode=True)
    type = models.CharField(max_length=10, choices=AttributeType.choices)
    names = models.JSONField(default=dict, help_text='{"ru": …, "uk": …, "en": …}')
    choices = models.JSONField(default=list, help_text='Of choice and list: [{"key": …, "names": {…}}].')
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["of_company", "key"], name="attribute_key"),)
        ordering = ("position", "key")


class StrayAttribute(Row):
    """An attribute that events carried and nobody kept: not defined, or its value is of another type.

    Counted only. The values are not stored: without a definition nobody knows what they say of whom.
    """

    origin = models.CharField(max_length=60, help_text="Who sent it: site:<id>, api …")
    key = models.CharField(max_length=80)
    code = models.CharField(max_length=10, help_text="unknown, or the type the value is not of")
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["origin", "key", "code"], name="strayattribute_once"),)


class AttributeChange(PastLeaf):
    """What an attribute was before and since when it is otherwise, so that the past can be asked (R21)."""

    key = models.CharField(max_length=80)
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=80, help_text="user:…, import:…, form, api, journey:…")
    again = models.JSONField(
        null=True, default=None, help_text="When the same was said again while it stood: a late word may come between."
    )

    class Meta:
        indexes = (models.Index(fields=["person", "key", "at"], name="attributechange_when"),)


class ChangeNote(PersonLeaf):
    """Something about a person changed outside the pipeline (attribute, segment, stage by hand, import, merge).

    The fact that upper packages wait for: the pipeline takes these in batches, rescores, moves, wakes and
    deletes them.
    """

    cause = models.CharField(max_length=12, help_text="attribute, company, consent, import, merge, stage, tag, hand")
    at = models.DateTimeField(default=now)
    lease_owner = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["at"], name="changenote_oldest"),)


class ConsentState(models.TextChoices):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class Consent(PersonLeaf):
    """What a person allowed on a channel, when, where and with which words; the newest row per channel counts (R32)."""

    channel = models.CharField(max_length=10)
    state = models.CharField(max_length=10, choices=ConsentState.choices)
    at = models.DateTimeField(default=now)
    source = models.CharField(max_length=120, blank=True)
    text = models.TextField(blank=True)
    proof = models.JSONField(default=dict)
    is_current = models.BooleanField(default=True)
    again = models.JSONField(
        null=True, default=None, help_text="When the same was said again while it stood: a late word may come between."
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["person", "channel"], condition=models.Q(is_current=True), name="consent_current"
            ),
        )


class ConsentText(Row):
    """The words a person agrees to, as they stood at one time: never changed, a new wording is a new version (R32)."""

    key = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    language = models.CharField(max_length=5, blank=True)
    channel = models.CharField(max_length=10, default="email")
    purpose = models.CharField(max_length=200, blank=True, help_text="What for, in a word or two: news, offers.")
    text = models.TextField()
    created_at = models.DateTimeField(default=now)
    created_by = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["key", "version"], name="consenttext_version"),)


class ClaimState(models.TextChoices):
    OWN = "own"  # the contact was nobody's and is on this card now
    OPEN = "open"  # the contact is another's, or may not be added: it waits for a word
    CONFIRMED = "confirmed"  # by the link in a letter
    ACCEPTED = "accepted"  # by a colleague
    DECLINED = "declined"


class IdentityClaim(PersonLeaf):
    """Somebody on a page said that a contact is theirs; nobody has vouched for it.

    `person` is the card of that visitor; `target_id` the card the contact stands on, which nothing of this touches
    until the claim is confirmed or accepted. Also what letters to new people are counted by.
    """

    target_id = models.BigIntegerField(help_text="Whose card the contact is on; the same as person while it is own.")
    kind = models.CharField(max_length=10)
    value = models.CharField(max_length=254)
    others = models.JSONField(default=dict, help_text="Contacts named beside it that are nobody's: kind → value.")
    consents = models.JSONField(default=dict, help_text="Channel → proof of a yes that waits for the confirmation.")
    origin = models.CharField(max_length=60)
    page = models.CharField(max_length=500, blank=True)
    network = models.CharField(max_length=50, blank=True)
    mailbox = models.CharField(max_length=64, blank=True, help_text="Digest of the mailbox without tags and dots.")
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)
    state = models.CharField(max_length=9, choices=ClaimState.choices, default=ClaimState.OPEN)
    held_by = models.CharField(
        max_length=10, blank=True, help_text="Letters wait: address, network or site had too many in an hour."
    )
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When the last letter to confirm was put out.")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["person", "kind", "value"], name="identityclaim_once"),)
        indexes = (
            models.Index(fields=["target_id", "state"], name="identityclaim_target"),
            models.Index(fields=["network", "first_at"], name="identityclaim_network"),
            models.Index(fields=["origin", "first_at"], name="identityclaim_origin"),
            models.Index(fields=["mailbox", "first_at"], name="identityclaim_mailbox"),
            models.Index(fields=["-last_at"], name="identityclaim_open", condition=models.Q(state="open")),
            models.Index(fields=["-last_at"], name="identityclaim_held", condition=~models.Q(held_by="")),
        )


class Suppression(models.Model):
    """An address never to be written to again. Keyed by a digest, so that it survives the person's erasure."""

    pk = models.CompositePrimaryKey("kind", "digest")
    kind = models.CharField(max_length=10)
    digest = models.CharField(max_length=64, help_text="keyed_digest('suppression', normalised value)")
    reason = models.CharField(max_length=20, help_text="unsubscribed, bounced, complained, erased, by-hand")
    at = models.DateTimeField(default=now)


class Merge(Row):
    """Two cards became one: what was moved, so that it can be explained and undone (R2)."""

    winner_id = models.BigIntegerField(db_index=True)
    loser_id = models.BigIntegerField(db_index=True)
    reason = models.CharField(max_length=60)
    snapshot = models.JSONField(default=dict)
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True, blank=True)


class DuplicatePair(Row):
    """Two people who look like one, waiting for a human's word."""

    first_id = models.BigIntegerField()
    second_id = models.BigIntegerField()
    reason = models.CharField(max_length=60)
    likeness = models.FloatField()
    found_at = models.DateTimeField(default=now)
    answer = models.CharField(max_length=10, blank=True, help_text="same, different, or empty while open")
    answered_by = models.BigIntegerField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    put_off_at = models.DateTimeField(null=True, blank=True, help_text="Somebody said: later.")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["first_id", "second_id"], name="duplicatepair_once"),)


class Segment(ReadyMade):
    """A named condition over people (R31). Members are kept for those a journey listens to."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    condition = models.JSONField(default=dict)
    is_kept = models.BooleanField(
        default=False, help_text="Members are materialised, so that entering can start a journey."
    )
    people = models.BigIntegerField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    updated_at = models.DateTimeField(default=now)


class SegmentMember(models.Model):
    """A person in a kept segment since when."""

    pk = models.CompositePrimaryKey("person_id", "segment_id")
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="members", db_constraint=False)
    entered_at = models.DateTimeField(default=now)


class Tag(Row):
    """A word that colleagues put on people: "VIP", «выставка 2026». `key` is what conditions and programs call it."""

    key = models.CharField(max_length=60, unique=True, help_text="The first name it had; stays when it is renamed.")
    name = models.CharField(max_length=60)
    name_key = models.CharField(max_length=60, unique=True, help_text="The name, folded.")
    created_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(default=now)


class PersonTag(models.Model):
    """A tag that a person has now."""

    pk = models.CompositePrimaryKey("person_id", "tag_id")
    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    tag = models.ForeignKey(Tag, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    added_at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=["tag", "person"], name="persontag_tag"),)


class TagChange(PersonLeaf):
    """A tag was put on or taken off; append-only, so that the past can be asked: the last word by a moment holds."""

    tag = models.ForeignKey(Tag, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    is_added = models.BooleanField()
    at = models.DateTimeField(default=now)
    by = models.CharField(max_length=80, help_text="user:…, import:…, api, journey:…")

    class Meta:
        indexes = (
            models.Index(fields=["person", "tag", "at"], name="tagchange_when"),
            models.Index(fields=["tag"], name="tagchange_tag"),
        )


class Note(PersonLeaf):
    """What a colleague noted of a person, in words; colleagues named in it (@name) were told."""

    text = models.TextField()
    mentions = models.JSONField(default=list, help_text="Ids of the colleagues named.")
    by = models.CharField(max_length=80)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=["person", "at"], name="note_when"),)


class ImportRun(Row):
    """One file on its way in: mapping, progress, what was refused (R4)."""

    name = models.CharField(max_length=255)
    path = models.CharField(max_length=500, help_text="Under the installation's own folder of uploads.")
    rows_are = models.CharField(max_length=10, default="people", help_text="people or events")
    shape = models.JSONField(default=dict, help_text="Format, encoding, delimiter, sheet, header row.")
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict, help_text="Consent, source, owner, what to do with known people.")
    state = models.CharField(max_length=10, default="draft", help_text="draft, queued, running, stopped, done, failed")
    job_id = models.BigIntegerField(null=True, blank=True)
    rows_total = models.BigIntegerField(null=True, blank=True)
    counted = models.JSONField(default=dict, help_text="Lines, empty rows, lines inside of cells, orders of dates.")
    rows_done = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0)
    updated = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)


class ImportRefusal(Row):
    """A row that was not taken, with the reason, for the downloadable file."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="refusals")
    row_number = models.BigIntegerField()
    reason = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    cells = models.JSONField(default=list)


class ImportMapping(models.Model):
    """The mapping a user last chose for a set of headers."""

    headers_digest = models.CharField(max_length=64, primary_key=True)
    mapping = models.JSONField()
    used_at = models.DateTimeField(default=now)
