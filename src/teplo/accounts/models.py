"""Who works with Teplo: users, their tokens and notices, and the one row of the workspace's own settings."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from teplo.kit.clock import now
from teplo.kit.ids import new_id
from teplo.kit.models import Row


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator"
    MARKETER = "marketer"
    SALESPERSON = "salesperson"
    ANALYST = "analyst"


class User(AbstractBaseUser):
    """A colleague who signs in with an e-mail; what he may do follows from his role alone (R45)."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.SALESPERSON)
    language = models.CharField(max_length=5, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    theme = models.CharField(max_length=10, default="auto")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)
    preferences = models.JSONField(default=dict)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[BaseUserManager[User]] = BaseUserManager()  # type: ignore[assignment]


class SignInAttempt(Row):
    """A failed sign-in, kept for throttling by address and by e-mail digest."""

    key = models.CharField(max_length=80, db_index=True)
    at = models.DateTimeField(default=now, db_index=True)


class InvitationLink(Row):
    """A one-time link on which the owner, or an invited colleague, chooses his password. Only its digest is stored."""

    digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.ADMINISTRATOR)
    user_id = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class SignInLink(Row):
    """A one-time link, sent by e-mail, that signs a user in. Only its digest is stored."""

    digest = models.CharField(max_length=64, unique=True)
    user_id = models.BigIntegerField(db_index=True)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class ApiToken(Row):
    """A token for machines; shown once, stored as a digest."""

    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, unique=True)
    tail = models.CharField(max_length=8)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.ADMINISTRATOR)
    created_by = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class Workspace(models.Model):
    """The company that uses Teplo: exactly one row, id 1."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    name = models.CharField(max_length=200, blank=True)
    address = models.TextField(blank=True, help_text="Postal address printed under letters.")
    public_url = models.CharField(
        max_length=200, blank=True, help_text="https://… under which people reach this Teplo."
    )
    language = models.CharField(max_length=5, default="en")
    city = models.CharField(max_length=120, blank=True, help_text="Where most of its customers are, as one writes it.")
    timezone = models.CharField(max_length=64, default="Europe/Kyiv")
    phone_region = models.CharField(max_length=2, default="UA", help_text="ISO 3166: how phones without + are read.")
    currency = models.CharField(max_length=3, default="UAH")
    quiet_from = models.TimeField(default="21:00")
    quiet_until = models.TimeField(default="09:00")
    cap_touches = models.PositiveSmallIntegerField(default=3, help_text="At most so many touches to one person …")
    cap_days = models.PositiveSmallIntegerField(default=7, help_text="… in so many days, over all channels together.")
    requires_consent = models.BooleanField(default=True)
    double_opt_in = models.BooleanField(
        default=False, help_text="A yes to e-mail given on a page counts once its link in a letter is followed."
    )
    confirmation_template_id = models.BigIntegerField(null=True, blank=True)
    new_per_address = models.PositiveIntegerField(default=2, help_text="New contacts that may cause letters in an hour")
    new_per_network = models.PositiveIntegerField(default=20, help_text="… from one network (/24, /48); 0: any number.")
    new_per_site = models.PositiveIntegerField(default=200, help_text="… from one site.")
    answer_within_minutes = models.PositiveIntegerField(
        default=15, help_text="How soon a hot person must be answered (R38)."
    )
    review_every_months = models.PositiveSmallIntegerField(
        default=1, help_text="How often marketing and sales sit down over the score; 0: no reminder (R20)."
    )
    review_reminded_at = models.DateTimeField(null=True, blank=True)
    is_example = models.BooleanField(default=False, help_text="An invented company: every page says so.")
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When the first questions were answered.")
    guide = models.JSONField(default=dict, help_text="First-run guide: step → done at.")


class Notice(Row):
    """Something one user should see now (web bell): text key and parameters, told in his language."""

    user_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=["user_id", "read_at", "-at"], name="notice_unread"),)


class SavedView(Row):
    """A named filter, sort and set of columns of a list, private or shared."""

    user_id = models.BigIntegerField()
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    query = models.JSONField(default=dict)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = (models.Index(fields=["page", "user_id"], name="savedview_page"),)
