"""Documents with tools: calls and answers, facts in returned text, parallel calls."""

import dataclasses
import json
from collections.abc import Sequence
from random import Random
from typing import Any, Literal

from pebble.corpus.chat_documents import small_talk
from pebble.corpus.document import Document
from pebble.corpus.facts.group import Exchange, FactGroup
from pebble.corpus.facts.needles import Needles
from pebble.corpus.facts.relations import Facts
from pebble.corpus.filler import FillerBank, hide_in_prose, sentence_length
from pebble.corpus.long_documents import SYSTEM_PROMPTS, TEXT_READ, wrap_text
from pebble.corpus.tools.parameters import PARAMETERS, ValueType
from pebble.corpus.tools.prompts import TOOLS_HEADS, TOOLS_TAILS
from pebble.corpus.tools.requests import (
    Naming,
    Tool,
    ToolParameter,
    ToolRequest,
    draw_request,
    draw_requests,
    join_words,
    say_result,
)
from pebble.corpus.values import digits, secret_word

_NO_TOOL = "I do not have a tool for that."
_STRING = ValueType("string", secret_word)

# Parameters whose single value in a request can be replaced by two.
_REPEATABLE_VALUES = {
    name: PARAMETERS[key].type.make
    for key in ("city", "order", "person", "symbol", "query")
    for name in PARAMETERS[key].names
}


def _to_json(value: Any, compact: bool) -> str:
    separators = (",", ":") if compact else None
    return json.dumps(value, ensure_ascii=False, separators=separators)


def _declare_tools(rng: Random, requests: Sequence[ToolRequest]) -> str:
    """The part of a system message that declares the tools, in random order and form."""
    bare = rng.random() < 0.2
    variant = rng.choice((0, 0, 1, 2, 3))
    compact = rng.random() < 0.35
    tools = [request.tool for request in requests]
    rng.shuffle(tools)
    schemas = "\n".join(_to_json(tool.schema(bare, variant), compact) for tool in tools)
    return rng.choice(TOOLS_HEADS) + schemas + rng.choice(TOOLS_TAILS)


def _say_tool_result(
    rng: Random, document: Document, result: Any, form: int, compact: bool
) -> None:
    """Add a tool's result: as the user (form 0) or as the tool (1 bare, 2 in tags)."""
    if isinstance(result, dict):
        text = _to_json(result, compact)
    elif rng.random() < 0.3:
        text = _to_json(result, compact=False)
    else:
        text = str(result)
    if form != 1:
        text = f"<tool_response>\n{text}\n</tool_response>"
    document.say("tool" if form else "user", text)


def _maybe_system_prompt(rng: Random, probability: float) -> str:
    if rng.random() < probability:
        return rng.choice(SYSTEM_PROMPTS) + "\n\n"
    return ""


def tool_chat(
    rng: Random,
    bank: FillerBank,
    length: int,
    only: Literal["call", "answer"] | None = None,
) -> Document | None:
    """A chat with tools, in long documents with filler; None if not even one tool fits.

    With `only`, the chat is one request, and ends with the call or with the answer from its result.
    """
    if length < 420:
        tool_count = 1
    elif length < 1500:
        tool_count = rng.choice((1, 2, 2, 3, 3, 4))
    else:
        tool_count = rng.choice((1, 2, 3, 4, 5, 6))
    if only:
        tool_count = rng.choice((2, 3, 4)) if length > 700 else 1
    requests = draw_requests(rng, tool_count + (1 if rng.random() < 0.1 else 0))
    missing = requests[tool_count:]  # its tool is not declared
    requests = requests[:tool_count]
    system_prompt = _maybe_system_prompt(rng, 0.7)
    declaration = _declare_tools(rng, requests)
    result_form = rng.choice((0, 0, 0, 1, 2))
    compact = rng.random() < 0.4
    turns = _draw_turns(rng, length, requests, only is not None)
    if missing and not only:
        turns.insert(rng.randint(0, len(turns)), Exchange(missing[0].user, _NO_TOOL))
    filler_place = None
    if only or (length > 700 and rng.random() < 0.6):
        filler_place = rng.choice(("system", "earlier turn", "first request"))
    document = Document(bank.tokenizer, rng)

    def build(filler: str = "") -> None:
        result_rng = Random(7)  # the same forms at every build
        place = filler_place if filler else None
        document.clear()
        if place == "system":
            prompt = system_prompt or SYSTEM_PROMPTS[0] + "\n\n"
            document.say("system", f"{prompt}{filler}\n\n{declaration}")
        else:
            document.say("system", system_prompt + declaration)
        if place == "earlier turn":
            document.exchange("Here is a text. " + filler, TEXT_READ)
        prefix = f"{filler}\n\n" if place == "first request" else ""
        for turn in turns:
            if isinstance(turn, Exchange):
                document.exchange(prefix + turn.question, turn.answer)
            else:
                document.exchange(prefix + turn.user, turn.call())
                if only == "call":
                    break
                _say_tool_result(result_rng, document, turn.result, result_form, compact)
                document.answer(say_result(turn.result))
            prefix = ""

    build()
    while document.length() > length - 8:
        if len(turns) > 1:
            turns.pop()
        elif len(requests) > 1:
            turn = turns[0]
            requests = [turn] if isinstance(turn, ToolRequest) else requests[:1]
            declaration = _declare_tools(rng, requests)
        else:
            return None
        build()
    if filler_place:
        room = length - document.length() - 40
        if room > 40:
            build(wrap_text(rng, hide_in_prose(rng, bank, room, [])))
    return document


def _draw_turns(
    rng: Random, length: int, requests: Sequence[ToolRequest], only_one: bool
) -> list[ToolRequest | Exchange]:
    """Some of the requests, in random order; small talk takes the place of one in five."""
    if only_one:
        count = 1
    else:
        fewest = 1 if length < 1500 else (len(requests) + 1) // 2
        count = rng.randint(fewest, len(requests))
    turns: list[ToolRequest | Exchange] = []
    for request in rng.sample(requests, count):
        is_request = rng.random() < 0.8
        turns.append(request if is_request or only_one else small_talk(rng))
    return turns


def tool_search(rng: Random, bank: FillerBank, length: int) -> Document | None:
    """A tool returns a long text that holds the answer; None if the facts do not fit."""
    most = max(1, min(8, (length - 350) // 60))
    group: FactGroup
    if rng.random() < 0.6:
        group = Needles(rng, rng.randint(1, most))
    else:
        group = Facts(rng, rng.randint(2, max(3, most)))
    question, answer = group.ask(rng)
    request = _draw_reading_request(rng, question)
    others = draw_requests(rng, rng.choice((0, 1, 2)) if length > 900 else 0)
    declaration = _declare_tools(rng, [request, *others])
    document = Document(bank.tokenizer, rng)
    result_form = rng.choice((0, 0, 1, 2))
    in_object = rng.random() < 0.3
    result_key = rng.choice(("text", "content", "result"))
    system_prompt = _maybe_system_prompt(rng, 0.6)

    def build(text: str) -> None:
        document.clear()
        document.say("system", system_prompt + declaration)
        document.exchange(request.user, request.call())
        result = {result_key: text} if in_object else text
        _say_tool_result(Random(3), document, result, result_form, compact=False)
        document.answer(answer)

    build("X")
    room = length - document.length() - 40
    needed = sum(sentence_length(bank.tokenizer, sentence) for sentence in group.sentences)
    if room < needed + 10:
        return None
    text = hide_in_prose(rng, bank, room, [group.sentences])
    build(text.replace("\n\n", " ") if in_object else text)
    return document


def _draw_reading_request(rng: Random, question: str) -> ToolRequest:
    """A request to read a document with a tool and to answer a question from it."""
    style = rng.choice(("snake", "camel", "pascal"))
    name = secret_word(rng) + rng.choice((".txt", ".md", "", ".html", "-" + digits(rng, 2)))
    parameter = rng.choice(("path", "file", "name", "url", "query", "document", "fileName"))
    tool_names = (
        "search documents",
        "read file",
        "open page",
        "get text",
        "fetch article",
        "load document",
        "read page",
    )
    tool_descriptions = (
        "Read a document.",
        "Returns the text of a document.",
        "Opens a text.",
    )
    parameter_descriptions = ("The document.", "Which text to read.", "")
    tool = Tool(
        name=join_words(rng.choice(tool_names), style),
        description=rng.choice(tool_descriptions),
        parameters=[ToolParameter(parameter, _STRING, rng.choice(parameter_descriptions))],
        required=[parameter],
    )
    phrasings = (
        f"Read {name} and tell me: {question}",
        f"Open {name}. {question}",
        f"Please read {name}. {question}",
    )
    return ToolRequest(tool, rng.choice(phrasings), {parameter: name}, result=None)


def parallel_calls(rng: Random, bank: FillerBank, length: int) -> Document | None:
    """Two calls of a tool in one answer; None if no fitting request is found."""
    style = rng.choice(("snake", "camel", "pascal", "kebab"))
    for _ in range(300):
        request = draw_request(rng, Naming(style, "-" if rng.random() < 0.2 else ""))
        if len(request.arguments) != 1:
            continue
        ((name, value),) = request.arguments.items()
        if name in _REPEATABLE_VALUES and isinstance(value, str) and request.user.count(value) == 1:
            break
    else:
        return None
    second_value = _REPEATABLE_VALUES[name](rng)
    if second_value == value:
        return None
    second = dataclasses.replace(request, arguments={name: second_value})
    document = Document(bank.tokenizer, rng)
    document.say("system", _declare_tools(rng, [request]))
    user = request.user.replace(value, f"{value} and {second_value}")
    document.exchange(user, request.call() + "\n" + second.call())
    return document if document.length() <= length else None
