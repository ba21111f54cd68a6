"""Train the tokenizer on text of the corpus generator.

    python -m pebble.train_tokenizer tokenizer.json
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from random import Random

from pebble.bpe_training import train_bpe
from pebble.corpus import filler, lexicon
from pebble.corpus.chat_documents import memory_chat, repetition, short_chat
from pebble.corpus.filler import FillerBank
from pebble.corpus.long_documents import long_document
from pebble.corpus.mixture import DocumentMaker
from pebble.corpus.tools.documents import tool_chat, tool_search
from pebble.corpus.tools.requests import NOUNS, VERBS
from pebble.tokenizer import Tokenizer

VOCABULARY_SIZE = 5120
SPACE_JOINED_WORDS = 1110

_MAKERS: tuple[DocumentMaker, ...] = (
    long_document,
    long_document,
    long_document,
    memory_chat,
    tool_chat,
    tool_chat,
    short_chat,
    tool_search,
    repetition,
)
_WORD_LISTS = (
    lexicon.KEY_ADJECTIVES,
    lexicon.KEY_NOUNS,
    lexicon.SECRET_WORDS,
    lexicon.ROLES,
    lexicon.PLACES,
    lexicon.OBJECTS,
    lexicon.ABSTRACT_NOUNS,
    lexicon.FOODS,
    lexicon.HOBBIES,
    VERBS,
    NOUNS,
    lexicon.FIRST_NAMES,
    lexicon.LAST_NAMES,
    lexicon.CITIES,
    *lexicon.CATEGORIES.values(),
)
# Words that also begin sentences, besides the common ones and the first words of filler.
_SENTENCE_STARTS = """
    the a an in on at for note remember one some they it please by what which where who when find
    tell list is are can do here you
""".split()


class _LengthEstimate(Tokenizer):
    """Stands in for the tokenizer that is yet to be made: four characters a token."""

    def __init__(self) -> None:
        pass

    def encode(self, text: str) -> list[int]:
        return [0] * (len(text) // 4 + 1)


def _texts() -> Iterator[str]:
    """Documents of the generator, and the word lists, so that their words get merges."""
    rng = Random(11)
    bank = FillerBank(_LengthEstimate(), 5, 6000)
    for _ in range(5200):
        make = rng.choice(_MAKERS)
        document = make(rng, bank, rng.choice((400, 700, 1000)))
        if document:
            yield "".join(text for text, _ in document.segments)
    for word in lexicon.COMMON_WORDS:
        yield from [f" {word} {word}\n{word}"] * 12
    for words in _WORD_LISTS:
        for word in words:
            yield from [f"{word} {word}"] * 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="vocabulary file to write")
    output = parser.parse_args().output
    filler_starts = (template.split()[0].strip(",") for template in filler.TEMPLATES)
    starts = [*lexicon.COMMON_WORDS, *_SENTENCE_STARTS, *(word.lower() for word in filler_starts)]
    capitalized = {word.capitalize() for word in starts}
    train_bpe(_texts(), VOCABULARY_SIZE, SPACE_JOINED_WORDS, capitalized, output)


if __name__ == "__main__":
    main()
