"""Random values that tools take and return."""

from random import Random

from pebble.corpus import lexicon
from pebble.corpus.values import (
    Maker,
    common_word,
    draw_and_make,
    first_name,
    pick,
    pseudo_word,
    secret_word,
)

_TOPIC_MAKERS: tuple[Maker[str], ...] = (
    pick(lexicon.KEY_NOUNS),
    pick(lexicon.ABSTRACT_NOUNS),
    pick(lexicon.OBJECTS),
    secret_word,
    pick(lexicon.SUBJECTS),
    common_word,
)


def date(rng: Random) -> str:
    year, month, day = rng.randrange(2020, 2030), rng.randrange(1, 13), rng.randrange(1, 29)
    return f"{year}-{month:02d}-{day:02d}"


def clock(rng: Random) -> str:
    minutes = ("00", "05", "10", "15", "20", "30", "40", "45")
    return f"{rng.randrange(0, 24):02d}:{rng.choice(minutes)}"


def email(rng: Random) -> str:
    user = first_name(rng).lower() if rng.random() < 0.6 else pseudo_word(rng, 2)
    host = rng.choice(("mail", "post", "work", "home", "example"))
    return f"{user}@{host}.{rng.choice(('com', 'org', 'net'))}"


def topic(rng: Random) -> str:
    """One to three words."""
    count = rng.choice((1, 2, 2, 3))
    return " ".join(draw_and_make(rng, _TOPIC_MAKERS) for _ in range(count))


def small_number(rng: Random) -> int:
    return rng.choice((rng.randrange(1, 20), rng.randrange(1, 100), rng.randrange(1, 1000)))


def money(rng: Random) -> int | float:
    amounts = (rng.randrange(1, 100), rng.randrange(100, 5000), round(rng.uniform(1, 500), 2))
    return rng.choice(amounts)
