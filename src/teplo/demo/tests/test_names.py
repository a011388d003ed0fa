from itertools import islice
from random import Random

from teplo.demo import facts
from teplo.demo.names import draw_name
from teplo.demo.streaming import stream_events


def test_russian_surnames_follow_the_gender():
    names = [draw_name(Random(seed), language="ru") for seed in range(300)]
    assert all(name.last.endswith("а") == name.is_woman for name in names)
    assert 0.3 < sum(name.is_woman for name in names) / 300 < 0.65


def test_addresses_are_plain_latin_letters():
    for language in ("ru", "uk", "en"):
        for seed in range(300):
            latin = draw_name(Random(seed), language=language).latin()
            assert latin.isascii() and latin.replace(".", "").isalpha(), latin


def test_the_shares_of_the_sources_make_a_whole():
    assert abs(sum(source.share for source in facts.SOURCES) - 1) < 0.001


def test_streams_of_one_seed_meet_in_the_same_people_and_say_what_a_browser_may() -> None:
    one, other = (
        list(islice(stream_events(seed=5, strangers=12, chance=Random(n)), 600))  # noqa: S311 - a play
        for n in (1, 2)
    )
    assert one != other
    assert {event["visitor"] for event in one} == {event["visitor"] for event in other}
    contacts = [{(e["visitor"], e["identities"]["email"]) for e in many if "identities" in e} for many in (one, other)]
    together = contacts[0] | contacts[1]
    assert len(together) == len({visitor for visitor, _ in together}) == len({email for _, email in together})
    assert contacts[0] & contacts[1]
    assert not {"id", "time", "user_agent", "person"} & set().union(*one)
