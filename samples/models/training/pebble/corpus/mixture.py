"""The mixture of documents, and rows of training data."""

from collections.abc import Callable
from random import Random

from pebble.corpus.chat_documents import memory_chat, plain_prose, repetition, short_chat
from pebble.corpus.document import NO_LOSS, Document
from pebble.corpus.filler import FillerBank
from pebble.corpus.long_documents import long_document
from pebble.corpus.tools.documents import parallel_calls, tool_chat, tool_search

DocumentMaker = Callable[[Random, FillerBank, int], Document | None]

# Shares of the kinds of documents.
MIXTURES: dict[str, list[tuple[float, DocumentMaker]]] = {
    "early": [
        (0.22, repetition),
        (0.42, long_document),
        (0.08, memory_chat),
        (0.06, short_chat),
        (0.17, tool_chat),
        (0.02, parallel_calls),
        (0.03, plain_prose),
    ],
    "main": [
        (0.005, repetition),
        (0.58, long_document),
        (0.09, memory_chat),
        (0.015, short_chat),
        (0.20, tool_chat),
        (0.08, tool_search),
        (0.015, parallel_calls),
        (0.02, plain_prose),
    ],
}


def _shortest(maker: DocumentMaker) -> int:
    """The length under which a kind of document is not worth a try."""
    if maker is tool_search:
        return 500
    if maker in (tool_chat, parallel_calls, long_document):
        return 200
    return 0 if maker is short_chat else 90


def _draw_maker(rng: Random, mixture: str) -> DocumentMaker:
    shares = MIXTURES[mixture]
    point = rng.random() * sum(share for share, _ in shares)
    for share, maker in shares:
        point -= share
        if point <= 0:
            break
    return maker


def draw_document(
    rng: Random, bank: FillerBank, length: int, mixture: str
) -> tuple[list[int], list[int]] | None:
    """Token ids and loss classes of a document of at most `length` tokens; None after 20 misses."""
    for _ in range(20):
        maker = _draw_maker(rng, mixture)
        if length < _shortest(maker):
            continue
        document = maker(rng, bank, length)
        if document is None:
            continue
        ids, classes = document.tokens()
        if len(ids) <= length:
            return ids, classes
    return None


def draw_row(
    rng: Random, bank: FillerBank, length: int, mixture: str
) -> tuple[list[int], list[int]]:
    """Token ids and loss classes of a row of exactly `length` tokens, padded at its end.

    In most rows one document takes all the room it can; in the others several shorter ones follow
    each other. Nothing keeps a document from attending to those before it in the row.
    """
    ids: list[int] = []
    classes: list[int] = []
    fill = rng.random() < 0.7
    while length - len(ids) > 48:
        room = length - len(ids)
        if fill or rng.random() < 0.25:
            target = room
        else:
            target = max(48, int(room * rng.uniform(0.15, 0.9)))
        document = draw_document(rng, bank, min(target, room), mixture)
        if document is None:
            break
        ids += document[0]
        classes += document[1]
    padding = length - len(ids)
    return ids + [bank.tokenizer.pad] * padding, classes + [NO_LOSS] * padding
