"""Needles: "The magic number for brave-comet is 4827193." """

from collections.abc import Callable
from random import Random

from pebble.corpus.facts.attributes import ATTRIBUTES, random_attribute
from pebble.corpus.facts.group import VALUE_ONLY, Exchange, FactGroup
from pebble.corpus.values import (
    KEY_MAKERS,
    capitalize,
    code,
    digits,
    enumerate_words,
    number,
    secret_word,
    unique,
)

_KEY_KINDS = (
    "hyphenated",
    "hyphenated",
    "hyphenated",
    "noun",
    "person",
    "first name",
    "city",
    "code",
    "pseudo-word",
    "company",
    "phrase",
)
_STATEMENTS = [
    "The {attribute} for {key} is {value}.",
    "The {attribute} for {key} is {value}.",
    "The {attribute} for {key} is: {value}.",
    "The {attribute} of {key} is {value}.",
    "Remember that the {attribute} for {key} is {value}.",
    "Note that the {attribute} for {key} is {value}.",
    "Please keep in mind that the {attribute} for {key} is {value}.",
    "For {key}, the {attribute} is {value}.",
    "They said that the {attribute} for {key} was {value}.",
    "It is known that the {attribute} of {key} is {value}.",
    "Someone wrote down that the {attribute} for {key} is {value}.",
    "By the way, the {attribute} for {key} is {value}.",
]
_UNUSUAL_STATEMENTS = [
    "The {attribute} for {key} was changed to {value}.",
    "The {attribute} for {key} has been set to {value}.",
    "{value} is the {attribute} for {key}.",
    "We chose {value} as the {attribute} for {key}.",
    "The new {attribute} for {key} is {value}, as everyone knows.",
    "In case you forgot, the {attribute} for {key} is {value}.",
    "The {attribute} for {key} will be {value} from now on.",
    "I was told that {key} has {value} as the {attribute}.",
    "The {attribute} of {key} is now {value}.",
]
_STATEMENTS_OF_ONE_OF_SEVERAL = [
    "One of the {attribute}s for {key} is: {value}.",
    "One of the {attribute}s for {key} is {value}.",
    "A {attribute} for {key} is {value}.",
    "Another {attribute} for {key} is {value}.",
    "The {attribute} for {key} is {value}.",
]
_QUESTIONS = [
    "What is the {attribute} for {key}?",
    "What is the {attribute} for {key}?",
    "What is the {attribute} of {key}?",
    "What is the {attribute} for {key} mentioned in the text?",
    "Tell me the {attribute} for {key}.",
    "Find the {attribute} for {key} in the text.",
    "Do you remember the {attribute} for {key}?",
    "According to the text, what is the {attribute} for {key}?",
    "Which {attribute} belongs to {key}?",
    "Please give me the {attribute} of {key}.",
    "Can you find the {attribute} for {key}?",
    "I need the {attribute} for {key}.",
]
_QUESTIONS_FOR_ALL_VALUES = [
    "What are all the {attribute}s for {key} mentioned in the text?",
    "What are all the {attribute}s for {key}?",
    "List all the {attribute}s for {key}.",
    "Which {attribute}s belong to {key}?",
    "Find every {attribute} for {key}.",
]
_QUESTIONS_FOR_SEVERAL_KEYS = [
    "What are the {attribute}s for {keys}?",
    "Tell me the {attribute}s for {keys}.",
    "What are all the {attribute}s for {keys} mentioned in the text?",
    "Find the {attribute}s for {keys}.",
    "I need the {attribute}s of {keys}.",
]


class Needles(FactGroup):
    """One attribute of several keys, each key with one value or more."""

    def __init__(
        self,
        rng: Random,
        key_count: int,
        values_per_key: int = 1,
        key_kind: str | None = None,
    ) -> None:
        """If `values_per_key` is over 1, the first key and some of the others have that many."""
        value_kind = rng.choice(("number", "number", "number", "code", "word"))
        self.attribute = (
            rng.choice(ATTRIBUTES[value_kind]) if rng.random() > 0.4 else random_attribute(rng)
        )
        make_key = KEY_MAKERS[key_kind or rng.choice(_KEY_KINDS)]
        self.keys = unique(lambda: make_key(rng), key_count + 1)
        self.absent_key = self.keys.pop()
        number_length = rng.choice((3, 4, 5, 5, 6, 7, 7, 7))
        make_value: dict[str, Callable[[], str]] = {
            "number": lambda: digits(rng, number_length),
            "code": lambda: code(rng),
            "word": lambda: secret_word(rng),
        }
        statement = rng.choice(_STATEMENTS) if rng.random() < 0.6 else None
        value_counts = [
            values_per_key if index == 0 or rng.random() < 0.3 else 1 for index in range(key_count)
        ]
        values = iter(unique(make_value[value_kind], sum(value_counts)))
        pairs = [
            (key, next(values)) for key, count in zip(self.keys, value_counts) for _ in range(count)
        ]
        rng.shuffle(pairs)
        self.values: dict[str, list[str]] = {}  # of each key, in the order of the text
        self.sentences = []
        for key, value in pairs:
            self.values.setdefault(key, []).append(value)
            if values_per_key > 1:
                template = rng.choice(_STATEMENTS_OF_ONE_OF_SEVERAL)
            elif statement:
                template = statement
            else:
                template = rng.choice(_UNUSUAL_STATEMENTS if rng.random() < 0.3 else _STATEMENTS)
            self.sentences.append(
                capitalize(template.format(attribute=self.attribute, key=key, value=value))
            )

    def ask(self, rng: Random) -> Exchange:
        kind = rng.random()
        if kind < 0.05:
            return self.ask_absent(rng)
        if kind < 0.11:
            return self._ask_for_key(rng)
        if kind < 0.32 and len(self.keys) > 1:
            return self.ask_several(rng, rng.choice((2, 2, 3, 4)))
        if kind < 0.7 and (keys := [key for key in self.keys if len(self.values[key]) > 1]):
            return self.ask_key(rng, rng.choice(keys))
        return self.ask_key(rng, rng.choice(self.keys))

    def ask_key(self, rng: Random, key: str, sentence: bool = False) -> Exchange:
        """Ask for the value or values of a key; `sentence` rules out the bare value as answer."""
        values = self.values[key]
        if len(values) > 1:
            question = rng.choice(_QUESTIONS_FOR_ALL_VALUES)
            return Exchange(
                question.format(attribute=self.attribute, key=key),
                f"The {self.attribute}s for {key} are {enumerate_words(values)}.",
            )
        question = rng.choice(_QUESTIONS).format(attribute=self.attribute, key=key)
        if not sentence and rng.random() < 0.3:
            return Exchange(question + rng.choice(VALUE_ONLY), values[0])
        return Exchange(question, f"The {self.attribute} for {key} is {values[0]}.")

    def ask_several(self, rng: Random, count: int) -> Exchange:
        """Ask for the values of several keys; of those drawn, only keys with one value count."""
        drawn = rng.sample(self.keys, min(count, len(self.keys)))
        keys = [key for key in drawn if len(self.values[key]) == 1] or self.keys[:1]
        if len(keys) == 1:
            return self.ask_key(rng, keys[0])
        question = rng.choice(_QUESTIONS_FOR_SEVERAL_KEYS)
        return Exchange(
            question.format(attribute=self.attribute, keys=enumerate_words(keys)),
            " ".join(f"The {self.attribute} for {key} is {self.values[key][0]}." for key in keys),
        )

    def ask_absent(self, rng: Random) -> Exchange:
        """Ask for a key that is not in the text."""
        question = rng.choice(_QUESTIONS).format(attribute=self.attribute, key=self.absent_key)
        return Exchange(
            question, f"The text does not mention the {self.attribute} for {self.absent_key}."
        )

    def _ask_for_key(self, rng: Random) -> Exchange:
        key = rng.choice(self.keys)
        value = rng.choice(self.values[key])
        questions = [
            f"Who or what has the {self.attribute} {value}?",
            f"To whom does the {self.attribute} {value} belong?",
            f"The {self.attribute} {value} belongs to which key?",
        ]
        return Exchange(rng.choice(questions), f"The {self.attribute} {value} belongs to {key}.")


class PassKey(FactGroup):
    """A single value that belongs to nothing: "The pass key is 71432." """

    def __init__(self, rng: Random) -> None:
        kind = rng.choice(("number", "code", "word"))
        self.attribute = rng.choice(ATTRIBUTES[kind])
        self.value = {"number": number, "code": code, "word": secret_word}[kind](rng)
        statements = [
            f"The {self.attribute} is {self.value}. Remember it. "
            f"{self.value} is the {self.attribute}.",
            f"The {self.attribute} is {self.value}.",
            f"Do not forget: the {self.attribute} is {self.value}.",
            f"There is important information here: the {self.attribute} is {self.value}.",
        ]
        self.sentences = [rng.choice(statements)]

    def ask(self, rng: Random) -> Exchange:
        questions = [
            f"What is the {self.attribute}?",
            f"What is the {self.attribute} in the text?",
            f"Tell me the {self.attribute}.",
            f"Which {self.attribute} was mentioned?",
        ]
        question = rng.choice(questions)
        if rng.random() < 0.3:
            return Exchange(question + rng.choice(VALUE_ONLY), self.value)
        return Exchange(question, f"The {self.attribute} is {self.value}.")
