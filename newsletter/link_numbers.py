"""The numbers in a letter's links: one names a paper and one of its addresses, never a URL.

A number depends on the paper alone, not on its place in a digest: a paper is rendered once an edition for all readers.
"""

from __future__ import annotations

import enum


class Target(enum.IntEnum):
    """The addresses of a paper that a letter links to; the values are in letters already sent and never change."""

    PAPER = 0
    PDF = 1
    CODE = 2
    PROJECT = 3


def link_number(paper_id: int, target: Target = Target.PAPER) -> int:
    """Return the number that stands for a paper's address in the links of letters."""
    return paper_id * len(Target) + target


def read_link_number(number: int) -> tuple[int, Target]:
    """Return the paper's id and which of its addresses is meant; any number of 0 or more reads as something."""
    return number // len(Target), Target(number % len(Target))
