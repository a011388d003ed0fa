"""Numbers as forms and addresses say them."""

import pytest

from teplo.web.reading import whole, wholes


@pytest.mark.parametrize("number", [0, 42, 10**18, 2**63 - 1])
def test_numbers_are_read_up_to_the_largest_id(number):
    assert whole(str(number)) == number


@pytest.mark.parametrize("text", [None, "", " ", "-1", "1.0", "²", "١٢", str(2**63), "9" * 5000, "x"])
def test_what_is_no_number_of_a_column_is_none(text):
    assert whole(text) is None


def test_of_many_those_that_are_numbers_stay():
    assert wholes(["1", "x", "2"]) == [1, 2]
