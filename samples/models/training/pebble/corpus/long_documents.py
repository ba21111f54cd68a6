"""Long documents: facts hidden in filler prose, or a block of data, and questions about them."""

from collections.abc import Sequence
from random import Random

from pebble.corpus.document import Document
from pebble.corpus.facts.group import Exchange, FactBlock, FactGroup
from pebble.corpus.facts.lists import CategoryItems
from pebble.corpus.facts.needles import Needles, PassKey
from pebble.corpus.facts.notes import Notes
from pebble.corpus.facts.open_facts import OpenFacts
from pebble.corpus.facts.records import Records
from pebble.corpus.facts.relations import Facts
from pebble.corpus.facts.variables import Variables
from pebble.corpus.facts.word_counts import WordCounts
from pebble.corpus.filler import FillerBank, hide_in_prose, sentence_length

SYSTEM_PROMPTS = [
    "You are a helpful assistant.",
    "You are a helpful assistant.",
    "You are Pebble, a small and helpful assistant.",
    "You answer questions about a text.",
    "Answer briefly and correctly.",
    "You are an assistant that reads long documents.",
    "Be polite and precise.",
    "You are a careful reader.",
    "You help the user of an application.",
    "You are an AI assistant.",
]
TEXT_READ = "I have read the text. What would you like to know?"

_TEXT_INTRODUCTIONS = [
    "Here is a text. Read it carefully and answer my question.",
    "Read the following text.",
    "Please read this document.",
    "Below is a long text. I will ask you about it.",
    "Some facts are hidden in the following text. Remember them.",
    "I will give you a document and then ask a question.",
    "Text:",
    "Document:",
    "Context:",
    "Read this.",
    "Here are my notes.",
    "Memorize the important parts of this text.",
]
_BLOCK_INTRODUCTIONS = [
    "Here is a list.",
    "Read the following list.",
    "List:",
    "Here is the data.",
    "Data:",
    "I will give you a list and then ask a question.",
    "Below is a table of values.",
]
_QUESTION_PREFIXES = [
    "",
    "",
    "",
    "Question: ",
    "Now answer this: ",
    "My question: ",
    "Based on the text: ",
]

# Where the text stands: before the question in the user's first message, in the system message, in
# a first message of its own that the assistant acknowledges, or after the question.
_LAYOUTS = ("user", "user", "user", "user", "system", "acknowledged", "question first")


def wrap_text(rng: Random, text: str) -> str:
    """Text as it is or, in one case of four, between marks."""
    kind = rng.random()
    if kind < 0.75:
        return text
    if kind < 0.85:
        return "---\n" + text + "\n---"
    if kind < 0.95:
        return "<text>\n" + text + "\n</text>"
    return '"""\n' + text + '\n"""'


def ask_about(
    rng: Random, bank: FillerBank, length: int, groups: Sequence[FactGroup], question_count: int
) -> Document:
    """A document of at most `length` tokens with up to `question_count` different questions."""
    document = Document(bank.tokenizer, rng)
    exchanges: list[Exchange] = []
    for _ in range(3 * question_count):
        exchange = rng.choice(groups).ask(rng)
        if exchange not in exchanges:
            exchanges.append(exchange)
        if len(exchanges) == question_count:
            break
    layout = rng.choice(_LAYOUTS)
    return lay_out(rng, bank, document, length, groups, exchanges, layout)


def lay_out(
    rng: Random,
    bank: FillerBank,
    document: Document,
    length: int,
    groups: Sequence[FactGroup],
    exchanges: Sequence[Exchange],
    layout: str,
) -> Document:
    """Fill a new document with the text of the groups and the exchanges about it."""
    block = next((group for group in groups if isinstance(group, FactBlock)), None)
    introduction = rng.choice(_BLOCK_INTRODUCTIONS if block else _TEXT_INTRODUCTIONS)
    system_prompt = rng.choice(SYSTEM_PROMPTS) if rng.random() < 0.5 else None
    prefix = rng.choice(_QUESTION_PREFIXES)
    first = exchanges[0]

    def build(text: str) -> None:
        document.clear()
        rest = exchanges
        if layout == "system":
            # A draw from one element: part of the sequence of draws that made the corpus.
            prompt = system_prompt or rng.choice(SYSTEM_PROMPTS[:1])
            document.say("system", f"{prompt}\n\n{introduction}\n\n{text}")
        else:
            if system_prompt:
                document.say("system", system_prompt)
            if layout == "acknowledged":
                document.exchange(f"{introduction}\n\n{text}", TEXT_READ)
            elif layout == "question first":
                repeated = f"\n\n{first.question}" if rng.random() < 0.6 else ""
                document.exchange(f"{first.question}\n\n{text}{repeated}", first.answer)
                rest = exchanges[1:]
            else:
                question = f"{introduction}\n\n{text}\n\n{prefix}{first.question}"
                document.exchange(question, first.answer)
                rest = exchanges[1:]
        for question, answer in rest:
            document.exchange(question, answer)

    # Everything but the text is measured with a stand-in for it, from the same draws.
    state = rng.getstate()
    build(block.text if block else "X")
    rng.setstate(state)
    if block:
        return document
    used = document.length() + 14
    if layout == "question first":
        used += len(bank.tokenizer.encode(first.question))
    sentences = [group.sentences for group in groups]
    text = hide_in_prose(rng, bank, length - used - 12, sentences)
    build(wrap_text(rng, text))
    return document


def _draw_open_facts(rng: Random, room: int) -> list[FactGroup]:
    return [OpenFacts(rng, rng.randint(1, max(2, min(12, room // 30))))]


def _draw_needles(rng: Random, room: int) -> list[FactGroup]:
    """One needle, a pass key, many keys, several values a key, or two attributes."""
    most = max(1, room // 26)
    kind = rng.random()
    if kind < 0.25:
        return [Needles(rng, 1)]
    if kind < 0.32:
        return [PassKey(rng)]
    if kind < 0.62:
        limit = max(2, most if rng.random() < 0.35 else min(most, 12))
        return [Needles(rng, rng.randint(2, limit))]
    if kind < 0.8:
        key_count = rng.randint(1, max(1, min(6, most // 3)))
        return [Needles(rng, key_count, values_per_key=rng.randint(2, 4))]
    first, second = (Needles(rng, rng.randint(1, max(1, min(8, most // 3)))) for _ in range(2))
    return [first] if first.attribute == second.attribute else [first, second]


def _draw_variables(rng: Random, room: int) -> list[FactGroup]:
    hops = rng.randint(1, 4)
    most = max(1, min(5, room // (22 * (hops + 1))))
    return [Variables(rng, rng.randint(1, most), hops)]


def _draw_facts(rng: Random, room: int) -> list[FactGroup]:
    most = max(1, room // 22)
    if rng.random() < 0.4:
        return [Facts(rng, rng.randint(2, max(2, min(14, most // 4))), two_hop=True)]
    limit = max(3, most if rng.random() < 0.3 else min(most, 20))
    return [Facts(rng, rng.randint(2, limit))]


def _draw_items(rng: Random, room: int, most: int) -> list[FactGroup]:
    return [CategoryItems(rng, rng.randint(2, max(2, min(most, room // 30))))]


def _draw_notes(rng: Random, room: int, most: int) -> list[FactGroup]:
    return [Notes(rng, rng.randint(1, max(1, min(most, room // 50))))]


def _draw_mixture(rng: Random, room: int) -> list[FactGroup]:
    """Facts of two or three kinds; a kind whose questions could be mixed up comes only once."""
    makers = (
        _draw_needles,
        _draw_variables,
        _draw_facts,
        _draw_open_facts,
        lambda rng, room: _draw_items(rng, room, 7),
        lambda rng, room: _draw_notes(rng, room, 4),
    )
    only_once = (CategoryItems, Needles, Variables, Facts, PassKey)
    groups: list[FactGroup] = []
    kinds: set[type[FactGroup]] = set()
    for _ in range(rng.choice((2, 2, 3))):
        make = rng.choice(makers)
        for group in make(rng, room // 4):
            if type(group) not in kinds or not isinstance(group, only_once):
                kinds.add(type(group))
                groups.append(group)
    return groups


def _draw_groups(rng: Random, room: int, kind: float) -> list[FactGroup]:
    """Facts for `room` tokens; `kind`, from 0.16 to 1, decides which."""
    if kind < 0.31:
        return _draw_open_facts(rng, room)
    if kind < 0.52:
        return _draw_needles(rng, room)
    if kind < 0.62:
        return _draw_variables(rng, room)
    if kind < 0.75:
        return _draw_facts(rng, room)
    if kind < 0.80:
        return _draw_items(rng, room, 8)
    if kind < 0.87:
        return _draw_notes(rng, room, 8)
    return _draw_mixture(rng, room)


def long_document(rng: Random, bank: FillerBank, length: int) -> Document | None:
    """Facts of a random kind and questions about them; None if the facts do not fit."""
    tokenizer = bank.tokenizer
    if length <= 600:
        question_count = rng.choice((1, 1, 2, 2, 3))
    elif length <= 1500:
        question_count = rng.choice((1, 2, 3, 4, 5, 6, 8))
    else:
        question_count = rng.choice((1, 3, 6, 8, 10, 12))
    kind = rng.random()
    if kind < 0.11:
        records = Records(rng, tokenizer, max(60, length - 60 - 45 * question_count))
        return ask_about(rng, bank, length, [records], question_count)
    if kind < 0.16:
        words = WordCounts(rng, tokenizer, max(60, length - 140))
        return ask_about(rng, bank, length, [words], rng.choice((1, 2)))
    room = max(60, length - 220)
    for _ in range(40):
        groups = _draw_groups(rng, room, kind)
        used = sum(
            sentence_length(tokenizer, sentence) for group in groups for sentence in group.sentences
        )
        if used < length - 130:
            return ask_about(rng, bank, length, groups, question_count)
        room //= 2
    return None
