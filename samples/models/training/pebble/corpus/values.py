"""Random names, numbers, codes and words: the keys and values of the corpus."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

from pebble.corpus import lexicon

T = TypeVar("T")
Maker = Callable[[Random], T]

_ONSETS = [*"b br c d dr f g gr h k kr l m n p pr r s sh st t tr v w z th j".split(), ""]
_VOWELS = "a e i o u a e o ai ea oo ou y".split()
_CODAS = ["", "", *"l n r s t m nd rk ll x k sk v ck rn lt".split()]
_CITY_ENDINGS = """
    ford ton burg haven mere wick dale stead port field bridge mouth ham by gate
""".split()
_COUNTRY_ENDINGS = "ia land ora istan mark ania onia avia".split()
_UPPER_CASE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HEX_DIGITS = "0123456789abcdef"

# Two common words are never drawn: the corpus of the shipped model was made without them.
_COMMON_WORDS = [word for word in lexicon.COMMON_WORDS if word not in ("dog", "tree")]


def pick(choices: Sequence[T]) -> Maker[T]:
    """A maker that draws one of `choices`."""
    return lambda rng: rng.choice(choices)


def capitalize(text: str) -> str:
    """Text with a capital first letter; unlike `str.capitalize`, the rest stays as it is."""
    return text[:1].upper() + text[1:]


def fix_articles(text: str) -> str:
    """Turn "a" into "an" before a vowel."""
    return re.sub(r"\b([aA]) ([aeiou])", r"\1n \2", text)


def enumerate_words(words: Sequence[str]) -> str:
    """Words as a sentence lists them: "a", "a and b", "a, b and c"."""
    if len(words) == 1:
        return words[0]
    return ", ".join(words[:-1]) + " and " + words[-1]


def unique(make: Callable[[], str], count: int) -> list[str]:
    """Make values that differ in more than case; after 50 tries for each, repeats are let in."""
    values: list[str] = []
    seen: set[str] = set()
    tries = 0
    while len(values) < count:
        value = make()
        tries += 1
        if value.lower() not in seen or tries > 50 * count + 50:
            seen.add(value.lower())
            values.append(value)
    return values


def _syllable(rng: Random) -> str:
    return rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)


def pseudo_word(rng: Random, syllables: int | None = None) -> str:
    """A made-up word, of two or three syllables if not told otherwise."""
    return "".join(_syllable(rng) for _ in range(syllables or rng.choice((2, 2, 3))))


def made_up_name(rng: Random) -> str:
    return capitalize(pseudo_word(rng, 2))


def made_up_city(rng: Random) -> str:
    return capitalize(pseudo_word(rng, rng.choice((1, 2))) + rng.choice(_CITY_ENDINGS))


def city(rng: Random) -> str:
    return rng.choice(lexicon.CITIES) if rng.random() < 0.35 else made_up_city(rng)


def country(rng: Random) -> str:
    return capitalize(pseudo_word(rng, rng.choice((1, 2))) + rng.choice(_COUNTRY_ENDINGS))


def first_name(rng: Random) -> str:
    return rng.choice(lexicon.FIRST_NAMES) if rng.random() < 0.8 else made_up_name(rng)


def last_name(rng: Random) -> str:
    return rng.choice(lexicon.LAST_NAMES) if rng.random() < 0.6 else made_up_name(rng)


def person(rng: Random) -> str:
    return first_name(rng) + " " + last_name(rng)


def company(rng: Random) -> str:
    name = made_up_name(rng) if rng.random() < 0.7 else rng.choice(lexicon.LAST_NAMES)
    return name + " " + rng.choice(lexicon.COMPANY_SUFFIXES)


def digits(rng: Random, count: int) -> str:
    """A number of exactly `count` digits."""
    return str(rng.randrange(10 ** (count - 1), 10**count))


def number(rng: Random) -> str:
    return digits(rng, rng.choice((3, 4, 4, 5, 5, 6, 7, 7, 7, 8)))


def letters(rng: Random, count: int) -> str:
    return "".join(rng.choice(_UPPER_CASE) for _ in range(count))


def hex_digits(rng: Random, count: int) -> str:
    return "".join(rng.choice(_HEX_DIGITS) for _ in range(count))


def code(rng: Random) -> str:
    """A code of one of six shapes, such as `KX-7719`, `AB123C`, `1f0e9a77` or `walrus-nutmeg`."""
    shape = rng.randrange(6)
    if shape == 0:
        return letters(rng, rng.choice((1, 2, 3))) + "-" + digits(rng, rng.choice((2, 3, 4, 5)))
    if shape == 1:
        return letters(rng, 2) + digits(rng, 3) + letters(rng, 1)
    if shape == 2:
        return hex_digits(rng, 8)
    if shape == 3:
        return rng.choice(lexicon.SECRET_WORDS) + "-" + rng.choice(lexicon.SECRET_WORDS)
    if shape == 4:
        return rng.choice(lexicon.SECRET_WORDS) + digits(rng, 2)
    return hex_digits(rng, 4) + "-" + hex_digits(rng, 4)


def secret_word(rng: Random) -> str:
    return rng.choice(lexicon.SECRET_WORDS) if rng.random() < 0.6 else pseudo_word(rng, 2)


def common_word(rng: Random) -> str:
    return rng.choice(_COMMON_WORDS)


def common_words(rng: Random, count: int) -> str:
    return " ".join(common_word(rng) for _ in range(count))


def key_phrase(rng: Random) -> str:
    """Two words for a thing, such as "golden kettle"."""
    return rng.choice(lexicon.KEY_ADJECTIVES) + " " + rng.choice(lexicon.KEY_NOUNS)


def _hyphenated_key(rng: Random) -> str:
    return rng.choice(lexicon.KEY_ADJECTIVES) + "-" + rng.choice(lexicon.KEY_NOUNS)


KEY_MAKERS: dict[str, Maker[str]] = {
    "hyphenated": _hyphenated_key,
    "phrase": lambda rng: "the " + key_phrase(rng),
    "noun": pick(lexicon.KEY_NOUNS),
    "person": person,
    "first name": first_name,
    "city": city,
    "code": code,
    "company": company,
    "pseudo-word": pseudo_word,
    "hex": lambda rng: hex_digits(rng, 6),
}


def draw_and_make(rng: Random, makers: Sequence[Maker[Any]]) -> Any:
    """Draw one of the makers and let it make a value."""
    return rng.choice(makers)(rng)
