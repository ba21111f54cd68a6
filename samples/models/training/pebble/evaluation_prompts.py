"""Held-out prompts: 16 families, 4 lengths, seeds and a bank of filler sentences of their own.

    python -m pebble.evaluation_prompts evaluation.json

Every prompt is an object with the rendered `prompt`, the exact `answer`, the values an answer must
hold (`expect`), the parsed `call` of a tool call, and `id`, `family`, `length` and `tokens`.
"""

import argparse
import json
import re
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from pebble.corpus.chat_documents import USER_FACTS, memory_chat
from pebble.corpus.document import Document
from pebble.corpus.facts.group import Exchange, FactGroup
from pebble.corpus.facts.lists import CategoryItems
from pebble.corpus.facts.needles import Needles
from pebble.corpus.facts.notes import Notes
from pebble.corpus.facts.records import Records
from pebble.corpus.facts.relations import Facts, lower_the
from pebble.corpus.facts.variables import Variables
from pebble.corpus.facts.word_counts import WordCounts
from pebble.corpus.filler import FillerBank
from pebble.corpus.long_documents import lay_out
from pebble.corpus.tools.documents import tool_chat, tool_search
from pebble.corpus.values import capitalize
from pebble.tokenizer import BOS, TURN_END, Tokenizer

LENGTHS = (512, 1024, 2048, 4096)
PROMPTS_PER_CELL = 20
SEED = 777001
BANK_SEED = 990001
BANK_SIZE = 20_000

_LAYOUTS = ("user", "user", "user", "system", "acknowledged")


class _Context(NamedTuple):
    rng: Random
    bank: FillerBank
    length: int
    layout: str


# A document whose last turn is the answer, or None if it did not fit, and the values that the
# answer must hold.
_Prompt = tuple[Document | None, list[str]]


def _long(context: _Context, group: FactGroup, exchange: Exchange) -> Document:
    rng, bank, length, layout = context
    document = Document(bank.tokenizer, rng)
    return lay_out(rng, bank, document, length, [group], [exchange], layout)


def _last_answer(document: Document) -> str:
    return document.segments[-2][0].removesuffix(TURN_END)


def _one_needle(context: _Context) -> _Prompt:
    rng = context.rng
    needles = Needles(rng, 1)
    key = rng.choice(needles.keys)
    exchange = needles.ask_key(rng, key, sentence=True)
    return _long(context, needles, exchange), needles.values[key]


def _one_of_many_needles(context: _Context) -> _Prompt:
    rng = context.rng
    kind = rng.choice(("hyphenated", "person", "code", "city", "pseudo-word"))
    needles = Needles(rng, context.length // 64 - 1, key_kind=kind)
    key = rng.choice(needles.keys)
    exchange = needles.ask_key(rng, key, sentence=True)
    return _long(context, needles, exchange), needles.values[key]


def _all_values_of_a_needle(context: _Context) -> _Prompt:
    rng = context.rng
    needles = Needles(rng, 3, values_per_key=rng.choice((2, 3, 4)))
    key = max(needles.keys, key=lambda key: len(needles.values[key]))
    exchange = needles.ask_key(rng, key, sentence=True)
    return _long(context, needles, exchange), needles.values[key]


def _several_needles(context: _Context) -> _Prompt:
    rng = context.rng
    needles = Needles(rng, 8)
    exchange = needles.ask_several(rng, rng.choice((2, 3, 4)))
    expected = [
        values[0] for key, values in needles.values.items() if f"for {key} is" in exchange.answer
    ]
    return _long(context, needles, exchange), expected


def _record(context: _Context) -> _Prompt:
    records = Records(context.rng, context.bank.tokenizer, context.length - 110)
    exchange = records.ask(context.rng)
    expected = next(
        value
        for key, value in records.rows
        if exchange.answer in (value, f"The value of {key} is {value}.")
    )
    return _long(context, records, exchange), [expected]


def _variables(context: _Context) -> _Prompt:
    variables = Variables(context.rng, 2, 3)
    exchange = variables.ask_all_names(context.rng)
    expected = next(
        names for value, names in variables.chains if f" {value} are" in exchange.answer
    )
    return _long(context, variables, exchange), expected


def _frequent_words(context: _Context) -> _Prompt:
    words = WordCounts(context.rng, context.bank.tokenizer, context.length - 120)
    exchange = words.ask(context.rng)
    while "words" not in exchange.answer:  # until all three words are asked for
        exchange = words.ask(context.rng)
    return _long(context, words, exchange), words.top


def _one_fact(context: _Context) -> _Prompt:
    facts = Facts(context.rng, 10)
    exchange = facts.ask(context.rng)
    return _long(context, facts, exchange), [_answered_value(facts, exchange.answer)]


def _two_facts(context: _Context) -> _Prompt:
    facts = Facts(context.rng, 4, two_hop=True)
    exchange = facts.ask_two_hop(context.rng)
    return _long(context, facts, exchange), [_answered_value(facts, exchange.answer)]


def _answered_value(facts: Facts, answer: str) -> str:
    """The value of the fact that an answer ends with."""
    for fact in facts.facts:
        whole = (fact.value, capitalize(fact.value), capitalize(fact.answer))
        if answer in whole or answer.endswith(f", and {lower_the(fact.answer)}"):
            return fact.value
    raise ValueError(f"no fact for the answer {answer!r}")


def _category_items(context: _Context) -> _Prompt:
    items = CategoryItems(context.rng, context.rng.randint(3, 6))
    return _long(context, items, items.ask(context.rng)), items.items


def _note(context: _Context) -> _Prompt:
    notes = Notes(context.rng, 4)
    exchange = notes.ask(context.rng)
    expected = exchange.answer.split(' says "')[1].removesuffix('".')
    return _long(context, notes, exchange), [expected]


def _user_fact(context: _Context) -> _Prompt:
    rng, bank, length, _ = context
    document = memory_chat(rng, bank, length, fact_count=rng.randint(2, 5), question_count=1)
    answer = _last_answer(document)
    for fact in USER_FACTS:
        before, after = fact.answer.split("{value}")
        if match := re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", answer):
            return document, [match[1]]
    raise ValueError(f"no fact for the answer {answer!r}")


def _absent_key(context: _Context) -> _Prompt:
    needles = Needles(context.rng, 6)
    exchange = needles.ask_absent(context.rng)
    return _long(context, needles, exchange), ["does not mention"]


def _tool_call(context: _Context) -> _Prompt:
    rng, bank, length, _ = context
    document = tool_chat(rng, bank, length, only="call")
    return document, [_last_answer(document)] if document else []


def _tool_answer(context: _Context) -> _Prompt:
    rng, bank, length, _ = context
    document = tool_chat(rng, bank, length, only="answer")
    return document, [_last_answer(document).rstrip(".")] if document else []


def _tool_search(context: _Context) -> _Prompt:
    rng, bank, length, _ = context
    document = tool_search(rng, bank, length)
    return document, [_last_answer(document).rstrip(".")] if document else []


FAMILIES: dict[str, Callable[[_Context], _Prompt]] = {
    "niah_single": _one_needle,
    "niah_multikey": _one_of_many_needles,
    "niah_multivalue": _all_values_of_a_needle,
    "niah_multiquery": _several_needles,
    "kv_lookup": _record,
    "var_track": _variables,
    "freq_words": _frequent_words,
    "qa_1hop": _one_fact,
    "qa_2hop": _two_facts,
    "list_all": _category_items,
    "copy_note": _note,
    "multi_turn": _user_fact,
    "absent": _absent_key,
    "tool_call": _tool_call,
    "tool_answer": _tool_answer,
    "tool_search": _tool_search,
}


def make_prompt(rng: Random, bank: FillerBank, family: str, length: int) -> dict[str, Any] | None:
    """A prompt that fills 85 to 100 % of `length` tokens with its answer; None if it does not."""
    context = _Context(rng, bank, length, rng.choice(_LAYOUTS))
    document, expected = FAMILIES[family](context)
    if document is None:
        return None
    prompt = "".join(text for text, _ in document.segments[:-2])
    if not prompt.startswith(BOS):
        prompt = BOS + prompt
    answer = _last_answer(document)
    prompt_length = len(bank.tokenizer.encode(prompt))
    total = prompt_length + len(bank.tokenizer.encode(answer + TURN_END))
    if not 0.85 * length <= total <= length:
        return None
    result: dict[str, Any] = {
        "family": family,
        "length": length,
        "tokens": prompt_length,
        "prompt": prompt,
        "answer": answer,
        "expect": [value if value in answer else capitalize(value) for value in expected],
    }
    if family == "tool_call":
        result["call"] = json.loads(answer.split("\n")[1])
    return result


def make_prompts(tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """All prompts of all families and lengths."""
    bank = FillerBank(tokenizer, BANK_SEED, BANK_SIZE)
    prompts: list[dict[str, Any]] = []
    for family in FAMILIES:
        for length in LENGTHS:
            count = 0
            for attempt in range(60 * PROMPTS_PER_CELL):
                rng = Random(f"{SEED}-{family}-{length}-{attempt}")
                prompt = make_prompt(rng, bank, family, length)
                if prompt is not None:
                    prompt["id"] = f"{family}-{length}-{count}"
                    prompts.append(prompt)
                    count += 1
                if count == PROMPTS_PER_CELL:
                    break
            else:
                raise RuntimeError(f"only {count} prompts of {family} fit {length} tokens")
    return prompts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="JSON file to write")
    output = parser.parse_args().output
    prompts = make_prompts(Tokenizer())
    output.write_text(json.dumps(prompts, ensure_ascii=False), encoding="utf-8")
    print(f"{len(prompts)} prompts, {sum(prompt['tokens'] for prompt in prompts)} tokens")


if __name__ == "__main__":
    main()
