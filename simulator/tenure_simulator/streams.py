"""One independent random stream per block of customers and purpose."""

from __future__ import annotations

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream is for; a number is never reused, so that one table's draws never move another's."""

    SPEND = 0
    ARRIVALS = 1
    TRAITS = 2
    PURCHASES = 3
    BASKETS = 4
    RETURNS = 5
    EVENTS = 6
    FEEDBACK = 7
    SERVICE = 8
    IDENTITIES = 9
    CATALOGUE = 10
    DIRT = 11
    PLACES = 12
    PEOPLE = 13
    MAILINGS = 14
    INVITATIONS = 15
    RESOLUTIONS = 16


SHARED = 2**32 - 1
"""The block number of draws that belong to the whole shop."""


def stream(seed: int, purpose: Purpose, *, block: int = SHARED) -> np.random.Generator:
    """Return the generator of one purpose in one block.

    Examples
    --------
    >>> a, b = (stream(7, Purpose.TRAITS, block=3).random() for _ in range(2))
    >>> a == b, a == stream(7, Purpose.TRAITS, block=4).random()
    (True, False)
    """
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=(block, int(purpose)))))
