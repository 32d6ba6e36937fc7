"""Blind mutation of seeds: what is done where nothing guides the fuzzing."""

import random

LONGEST = 60_000  # bytes of an input


def mutate(chance: random.Random, seeds: list[bytes]) -> bytes:
    """Return a seed with a few bytes changed, cut out, doubled, or taken from another seed."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(data) + 1)
        size = chance.choice((1, 1, 2, 4, 8, 64))
        action = chance.randrange(6)
        if action == 0 and at < len(data):
            data[at] ^= 1 << chance.randrange(8)
        elif action == 1:
            data[at : at + size] = bytes(chance.choice((0, 1, 127, 128, 255)) for _ in range(size))
        elif action == 2:
            del data[at : at + size]
        elif action == 3:
            data[at:at] = data[at : at + size]
        elif action == 4:
            other = chance.choice(seeds)
            place = chance.randrange(len(other) + 1)
            data[at : at + size] = other[place : place + size]
        else:
            data[at : at + 4] = chance.choice((0, 1, 2**31 - 1, 2**32 - 1, 1 << 20)).to_bytes(
                4, "little"
            )
    return bytes(data[:LONGEST])
