"""Filler prose: sentences without information, and text that hides other sentences among them."""

import re
from collections.abc import Sequence
from random import Random

from pebble.corpus import lexicon
from pebble.corpus.values import Maker, capitalize, fix_articles, pick
from pebble.tokenizer import Tokenizer

# A slot with a digit is another draw from the same list; one with a capital letter is capitalised.
TEMPLATES = [
    "The {role} {verb_past} the {adjective} {object} {time}.",
    "The {role} {verb_alone} {adverb} near the {place}.",
    "{Time}, the {role} {verb_past} a {adjective} {object}.",
    "{Weather} while the {role} {verb_alone} by the {place}.",
    "Nobody knew why the {role} {verb_past} the {object}.",
    "A {adjective} {object} stood in the {place}.",
    "There was a {adjective} {object} next to the {adjective2} {object2}.",
    "{Connective}, the {role} {verb_alone} {adverb}.",
    "{Connective}, {idea} matters more than {idea2}.",
    "People in the {place} often talk about {idea} and {idea2}.",
    "The {place} was {adjective} and the {place2} was {adjective2}.",
    "It takes {idea} to {verb} a {object}.",
    "Without {idea} there is no {idea2}.",
    "The {role} and the {role2} {verb_alone} together {time}.",
    "Some say that {idea} is the mother of {idea2}.",
    "The {role} asked the {role2} about the {object}.",
    "She {verb_past} the {object} and {verb_alone} {adverb}.",
    "He {verb_past} the {object} but {verb_alone} {time}.",
    "They {verb_alone} {adverb} until {weather}.",
    "We {verb_past} the {adjective} {object} because {weather}.",
    "Every {role} needs a {object} and some {idea}.",
    "The road from the {place} to the {place2} is {adjective}.",
    "{Time} {weather} over the {place}.",
    "Inside the {place} the {role} {verb_past} {number} {objects}.",
    "About {number} people visited the {place} {time}.",
    "The {object} cost {number} coins {time}.",
    "In {year} the {place} was rebuilt.",
    "The {role} {verb_past} the {object}, and then the {role2} {verb_past2} the {object2}.",
    "If the {object} is {adjective}, the {role} will be pleased.",
    "When {weather}, the {role} {verb_alone}.",
    "A good {role} never forgets the {object}.",
    "The story of the {role} and the {object} is well known.",
    "It was {part_of_day} and the {place} was {adjective}.",
    "I {verb_past} the {object} {time}.",
    "You can see the {place} from the {place2}.",
    "Both the {role} and the {role2} think that {idea} is important.",
    "Most of the {objects} in the {place} are {adjective}.",
    "The first {object} was {adjective}, the second was {adjective2}.",
    "This {object} belongs in the {place}.",
    "One day the {role} {verb_past} a {object} in the {place}.",
    "{Idea} and {idea2} go hand in hand.",
    "The {role} spoke about {idea} for {number} minutes.",
    "What the {role} {verb_past} was only a {adjective} {object}.",
    "Near the {place} there is a {place2} with a {adjective} {object}.",
    "The {object} in the {place} {time} looked {adjective}.",
]

_SLOT = re.compile(r"\{(\w+)\}")


def _objects(rng: Random) -> str:
    return re.sub(r"(s|sh|ch|x)s$", r"\1es", rng.choice(lexicon.OBJECTS) + "s")


def _number(rng: Random) -> str:
    numbers = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 100, 120, 200, 300)
    return str(rng.choice(numbers))


_SLOT_MAKERS: dict[str, Maker[str]] = {
    "role": pick(lexicon.ROLES),
    "verb_past": pick(lexicon.TRANSITIVE_VERBS),
    "verb_alone": pick(lexicon.INTRANSITIVE_VERBS),
    "verb": pick(lexicon.BASE_VERBS),
    "adjective": pick(lexicon.OBJECT_ADJECTIVES),
    "object": pick(lexicon.OBJECTS),
    "objects": _objects,
    "place": pick(lexicon.PLACES),
    "adverb": pick(lexicon.ADVERBS),
    "time": pick(lexicon.TIMES),
    "part_of_day": pick("late early midnight winter summer spring autumn noon dark".split()),
    "weather": pick(lexicon.WEATHER_CLAUSES),
    "connective": pick(lexicon.CONNECTIVES),
    "idea": pick(lexicon.ABSTRACT_NOUNS),
    "number": _number,
    "year": lambda rng: str(rng.randrange(1700, 2024)),
}

# Filler of the needle-in-a-haystack literature: the same five sentences over and over.
_NOISE = [
    "The grass is green.",
    "The sky is blue.",
    "The sun is yellow.",
    "Here we go.",
    "There and back again.",
]


def filler_sentence(rng: Random) -> str:
    """A sentence that says nothing anyone could ask for."""

    def fill(slot: re.Match[str]) -> str:
        name = slot.group(1).rstrip("2")
        text = _SLOT_MAKERS[name.lower()](rng)
        return capitalize(text) if name[0].isupper() else text

    return fix_articles(_SLOT.sub(fill, rng.choice(TEMPLATES)))


class FillerBank:
    """Filler sentences made once, with their lengths in tokens (each with a space before it)."""

    def __init__(self, tokenizer: Tokenizer, seed: int, size: int) -> None:
        rng = Random(seed)
        self.tokenizer = tokenizer
        self.sentences = [self._measure(filler_sentence(rng)) for _ in range(size)]
        self.noise = [self._measure(sentence) for sentence in _NOISE]

    def _measure(self, sentence: str) -> tuple[str, int]:
        return sentence, sentence_length(self.tokenizer, sentence)


def sentence_length(tokenizer: Tokenizer, sentence: str) -> int:
    """Tokens of a sentence inside a text, that is, after a space."""
    return len(tokenizer.encode(" " + sentence))


def hide_in_prose(
    rng: Random, bank: FillerBank, budget: int, groups: Sequence[Sequence[str]]
) -> str:
    """Filler prose of about `budget` tokens that holds the sentences of every group.

    The sentences lie at uniformly random depths; those of one group keep their order.
    """
    room = budget - sum(
        sentence_length(bank.tokenizer, sentence) for group in groups for sentence in group
    )
    filler = _draw_filler(rng, bank, room)
    hidden: list[tuple[float, str]] = []
    for group in groups:
        depths = sorted(rng.uniform(0, len(filler) + 1e-6) for _ in group)
        for depth, sentence in zip(depths, group):
            rng.random()  # Of no use, but part of the sequence of draws that made the corpus.
            hidden.append((depth, sentence))
    hidden.sort(key=lambda item: item[0])

    sentences: list[str] = []
    placed = 0
    for position, filler_text in enumerate(filler):
        while placed < len(hidden) and hidden[placed][0] <= position:
            sentences.append(hidden[placed][1])
            placed += 1
        sentences.append(filler_text)
    sentences += [sentence for _, sentence in hidden[placed:]]
    return _lay_out(rng, sentences)


def _draw_filler(rng: Random, bank: FillerBank, room: int) -> list[str]:
    """Filler sentences of about `room` tokens: a stretch of the bank or, rarely, noise."""
    filler: list[str] = []
    index = rng.randrange(len(bank.sentences))
    if rng.random() < 0.06:
        while room > 14:
            sentence, length = bank.noise[len(filler) % len(bank.noise)]
            filler.append(sentence)
            room -= length
        return filler
    while room > 0:
        index = (index + 1) % len(bank.sentences)
        sentence, length = bank.sentences[index]
        if length > room:
            break
        filler.append(sentence)
        room -= length
    return filler


def _lay_out(rng: Random, sentences: Sequence[str]) -> str:
    """Join sentences, in one paragraph or in several of random lengths."""
    longest = rng.choice((0, 0, 5, 8, 12))
    if not longest:
        return " ".join(sentences)
    paragraphs: list[list[str]] = [[]]
    limit = rng.randrange(2, longest + 4)
    for sentence in sentences:
        if len(paragraphs[-1]) >= limit:
            paragraphs.append([])
            limit = rng.randrange(2, longest + 4)
        paragraphs[-1].append(sentence)
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs)
