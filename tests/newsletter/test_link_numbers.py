"""The numbers in the links of letters."""

import pytest

from newsletter.link_numbers import Target, link_number, read_link_number


@pytest.mark.parametrize("target", Target)
def test_a_number_reads_back_as_the_paper_and_the_address_it_stands_for(target):
    assert read_link_number(link_number(4711, target)) == (4711, target)


def test_numbers_of_letters_already_sent_keep_their_meaning():
    assert [link_number(5, target) for target in (Target.PAPER, Target.PDF, Target.CODE, Target.PROJECT)] == [
        20,
        21,
        22,
        23,
    ]
