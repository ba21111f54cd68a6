"""Names of attributes ("the secret code", "the green bridge number") and their values."""

from random import Random

from pebble.corpus import lexicon
from pebble.corpus.values import (
    Maker,
    capitalize,
    city,
    code,
    common_word,
    common_words,
    digits,
    draw_and_make,
    number,
    person,
    pick,
    pseudo_word,
    secret_word,
)

ATTRIBUTES = {
    "number": [
        "special magic number",
        "magic number",
        "secret number",
        "access number",
        "lucky number",
        "locker number",
        "serial number",
        "phone number",
        "ticket number",
        "account number",
        "room number",
        "registration number",
        "badge number",
    ],
    "code": [
        "secret code",
        "access code",
        "door code",
        "pass code",
        "order code",
        "license code",
        "project code",
        "pass key",
        "reference code",
        "backup code",
    ],
    "word": [
        "secret word",
        "magic word",
        "code word",
        "password",
        "hidden word",
        "special word",
        "pass phrase",
        "safe word",
    ],
}

HEAD_NOUNS = """
    code number word password name color date price address id key title type level size city pin
    plate spot friend dish owner port limit team day time song book boss limit score rank model
    version motto seat gate shelf
""".split()

_WORD_MAKERS: list[Maker[str]] = [
    common_word,
    pick(lexicon.OBJECTS),
    pick(lexicon.ABSTRACT_NOUNS),
    pick(lexicon.OBJECT_ADJECTIVES),
    pick(lexicon.KEY_ADJECTIVES),
    pick(lexicon.PLACES),
    lambda rng: pseudo_word(rng, 2),
]

_VALUE_MAKERS: list[Maker[str]] = [
    number,
    secret_word,
    code,
    person,
    city,
    lambda rng: digits(rng, 2),
    lambda rng: f"{rng.randrange(1, 24)}:{rng.randrange(10, 60)}",
    pick(lexicon.COLORS),
    lambda rng: common_words(rng, rng.choice((1, 2, 3))),
    lambda rng: secret_word(rng) + digits(rng, 2),
]


def random_attribute(rng: Random) -> str:
    """An attribute of arbitrary words, so that asking is not tied to the names in `ATTRIBUTES`."""

    def word() -> str:
        return draw_and_make(rng, _WORD_MAKERS)

    shape = rng.random()
    if shape < 0.55:
        return word() + " " + rng.choice(HEAD_NOUNS)
    if shape < 0.8:
        return word() + " " + word()
    if shape < 0.9:
        return word()
    return capitalize(word()) + "-" + capitalize(word()) + " " + rng.choice(HEAD_NOUNS)


def any_value(rng: Random) -> str:
    """A value of any kind."""
    return draw_and_make(rng, _VALUE_MAKERS)
