"""Chance without a stream: each draw is a hash of the seed and of what is drawn; the order of calls never matters."""

from collections.abc import Sequence
from hashlib import blake2b
from math import log

Key = str | int

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def number(seed: int, *key: Key) -> int:
    """A whole number of 128 bits, evenly spread, the same for the same seed and key."""
    text = "\x1f".join([str(seed), *map(str, key)])
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest())


def fraction(seed: int, *key: Key) -> float:
    """A number from 0 (included) to 1 (excluded)."""
    return (number(seed, *key) & ((1 << 53) - 1)) / (1 << 53)


def between(low: float, high: float, seed: int, *key: Key) -> float:
    """A number from `low` to `high`, evenly spread."""
    return low + (high - low) * fraction(seed, *key)


def choose[Choice](options: Sequence[Choice], seed: int, *key: Key) -> Choice:
    """One of the options, each as likely as the others."""
    return options[number(seed, *key) % len(options)]


def weigh[Choice](options: Sequence[tuple[Choice, float]], seed: int, *key: Key) -> Choice:
    """One of the options, as likely as its weight says. Weights need not add up to one."""
    left = fraction(seed, *key) * sum(weight for _, weight in options)
    for option, weight in options:
        left -= weight
        if left < 0:
            return option
    return options[-1][0]


def waiting_ms(mean_hours: float, least_hours: float, most_hours: float, seed: int, *key: Key) -> int:
    """How long a person takes, in milliseconds: an exponential wait on top of a least one, never more than the most."""
    hours = least_hours - mean_hours * log(1 - fraction(seed, *key))
    return round(min(hours, most_hours) * 3_600_000)


def token(length: int, seed: int, *key: Key) -> str:
    """An opaque id of letters and digits. Twenty-two characters hold a whole 128-bit draw."""
    left, out = number(seed, *key), []
    for _ in range(length):
        left, digit = divmod(left, 62)
        out.append(_LETTERS[digit])
    return "".join(out)


def digits(seed: int, *key: Key) -> str:
    """A numeric id of nineteen digits, as LinkedIn gives to invitations and posts."""
    return str(7_000_000_000_000_000_000 + number(seed, *key) % 1_000_000_000_000_000_000)
