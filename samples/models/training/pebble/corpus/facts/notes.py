"""Named notes, to be repeated word for word."""

from random import Random

from pebble.corpus import lexicon
from pebble.corpus.facts.group import Exchange, FactGroup
from pebble.corpus.filler import filler_sentence
from pebble.corpus.values import (
    city,
    code,
    common_words,
    digits,
    draw_and_make,
    first_name,
    number,
    secret_word,
    unique,
)

_NON_ASCII = [
    *("Zoë", "José", "Málaga", "Köln", "São Paulo", "Łódź", "Kraków", "Çelik", "Åsa", "Björn"),
    *("Renée", "Dvořák", "café", "naïve", "Ñandú", "東京", "Москва", "Αθήνα", "😀", "🚀"),
    *("€", "½", "—", "…"),
]


class Notes(FactGroup):
    """Notes of words, of values, of a filler sentence or of an errand."""

    def __init__(self, rng: Random, count: int) -> None:
        names = unique(lambda: _note_name(rng), count)
        self._notes: list[tuple[str, str]] = []
        for name in names:
            text = _note_text(rng)
            if rng.random() < 0.04:
                text += " " + rng.choice(_NON_ASCII)
            self._notes.append((name, text))
        self.sentences = [f'Note {name} says "{text}".' for name, text in self._notes]

    def ask(self, rng: Random) -> Exchange:
        name, text = rng.choice(self._notes)
        questions = [
            f"What does note {name} say?",
            f"Repeat note {name} word for word.",
            f"Copy the text of note {name}.",
        ]
        return Exchange(rng.choice(questions), f'Note {name} says "{text}".')


def _note_name(rng: Random) -> str:
    return rng.choice(lexicon.KEY_NOUNS) + "-" + digits(rng, rng.choice((1, 2)))


def _note_text(rng: Random) -> str:
    kind = rng.randrange(4)
    if kind == 0:
        return common_words(rng, rng.randrange(4, 16))
    if kind == 1:
        makers = (secret_word, number, code, first_name, city)
        return " ".join(draw_and_make(rng, makers) for _ in range(rng.randrange(3, 9)))
    if kind == 2:
        return filler_sentence(rng).rstrip(".")
    return (
        f"{first_name(rng)} must bring {digits(rng, 2)} {rng.choice(lexicon.OBJECTS)}s "
        f"to {city(rng)} {rng.choice(lexicon.TIMES)}"
    )
