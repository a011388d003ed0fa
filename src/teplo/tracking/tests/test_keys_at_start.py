import pytest

from teplo.tracking.keys import Keys
from teplo.tracking.models import Site

pytestmark = pytest.mark.django_db


def test_until_the_first_reading_an_unknown_key_is_looked_up(monkeypatch):
    monkeypatch.setattr("teplo.tracking.keys.close_old_connections", lambda: None)  # it is the test's own
    Site.objects.create(name="x", key="k")
    keys = Keys()
    assert keys.site("k") is None and keys.may_look_again
    keys.refresh()
    assert keys.site("k") is not None
    assert not keys.may_look_again, "a key nobody knows is not looked up with every request"


def test_a_reading_that_failed_leaves_keys_unknown_rather_than_refused(monkeypatch):
    keys = Keys()

    def fail():
        raise OSError

    monkeypatch.setattr("teplo.tracking.keys.close_old_connections", fail)
    with pytest.raises(OSError):
        keys.refresh()
    assert keys.may_look_again
