from random import Random

from teplo.demo import facts
from teplo.demo.names import draw_name


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
