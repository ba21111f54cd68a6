"""What the kinds of facts have in common."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

VALUE_ONLY = [
    " Reply with the value only.",
    " Answer with the value only.",
    " Give only the value.",
    " Just the value, please.",
]


class Exchange(NamedTuple):
    """A question and its answer."""

    question: str
    answer: str


class FactGroup:
    """Facts that are stated by `sentences`, to be spread over a long text in this order."""

    sentences: Sequence[str] = ()

    def ask(self, rng: Random) -> Exchange:
        """A random question about the facts."""
        raise NotImplementedError


class FactBlock(FactGroup):
    """Facts that are one contiguous `text` instead of sentences."""

    text: str
