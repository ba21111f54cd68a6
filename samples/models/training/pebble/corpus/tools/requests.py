"""A tool, a request of the user that needs it, the call and a plausible result."""

import json
import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pebble.corpus import lexicon
from pebble.corpus.facts.attributes import HEAD_NOUNS, any_value, random_attribute
from pebble.corpus.tools.families import OPTIONAL_PHRASES, TOOL_FAMILIES
from pebble.corpus.tools.parameters import (
    ARBITRARY_TYPES,
    GENERIC_PARAMETERS,
    PARAMETERS,
    ValueType,
)
from pebble.corpus.tools.values import date, topic
from pebble.corpus.values import (
    Maker,
    capitalize,
    city,
    code,
    common_word,
    digits,
    draw_and_make,
    enumerate_words,
    fix_articles,
    number,
    person,
    pick,
    secret_word,
    unique,
)

VERBS = """
    create update delete find book cancel send start stop check open close schedule rename archive
    print reserve track rate list share lock restart approve reject publish export import assign
    test
""".split()
NOUNS = """
    invoice ticket meeting playlist report room table parcel sensor lamp account backup course
    recipe flight folder camera printer server order contract channel task project customer vehicle
    door alarm battery license device image video game team event survey
""".split()
_PLUGINS = """
    Weather Home Shop Office Data Math Tools Travel Mail Calendar Demo My Test Core Utils
""".split()

# How a parameter is named in flowing speech: "book a room in Oslo" instead of "with city Oslo".
_NATURAL_PHRASES = {
    "city": "in",
    "date": "on",
    "start time": "at",
    "owner": "for",
    "email": "to",
    "name": "called",
    "title": "called",
    "country": "in",
    "company": "for",
    "color": "in",
    "id": "with id",
    "quantity": "for",
    "amount": "for",
    "file name": "as",
    "room number": "in room",
    "level": "at level",
    "page": "from page",
    "priority": "with priority",
}
# How parameters follow a generic request otherwise: the phrase of the first, and of each other one.
_PARAMETER_PHRASES = [
    (" with {name} {value}", " and {name} {value}"),
    (" with the {name} {value}", " and the {name} {value}"),
    (" where the {name} is {value}", " and the {name} is {value}"),
    (", {name} {value}", ", {name} {value}"),
    (": {name} = {value}", ", {name} = {value}"),
]

_ARBITRARY_NAME_MAKERS: tuple[Maker[str], ...] = (
    pick(lexicon.OBJECTS),
    pick(lexicon.ROLES),
    pick(lexicon.PLACES),
    pick(NOUNS),
    common_word,
)
_RESULT_KEY_MAKERS: tuple[Maker[str], ...] = (random_attribute, pick(HEAD_NOUNS), common_word)
_RESULT_VALUE_MAKERS: tuple[Maker[Any], ...] = (
    any_value,
    any_value,
    topic,
    lambda rng: rng.randrange(0, 5000),
    date,
    lambda rng: rng.random() < 0.5,
)


@dataclass(frozen=True)
class ToolParameter:
    """A parameter as a tool declares it; the description may be empty."""

    name: str
    type: ValueType
    description: str


@dataclass(frozen=True)
class Tool:
    """A function that the model may call."""

    name: str
    description: str
    parameters: list[ToolParameter]
    required: list[str]

    def schema(self, bare: bool, variant: int) -> dict[str, Any]:
        """The JSON schema, `bare` or as an OpenAI-style function object.

        The variants are those found among clients: 0 plain, 1 with the description of a parameter
        before its type, 2 without an empty list of required parameters, 3 with additional
        properties ruled out.
        """
        properties = {}
        for parameter in self.parameters:
            type_schema: dict[str, Any] = {"type": parameter.type.json_type}
            if parameter.type.choices:
                type_schema["enum"] = parameter.type.choices
            description = {"description": parameter.description} if parameter.description else {}
            if variant == 1:
                properties[parameter.name] = {**description, **type_schema}
            else:
                properties[parameter.name] = {**type_schema, **description}
        parameters: dict[str, Any] = {"type": "object", "properties": properties}
        if variant != 2 or self.required:
            parameters["required"] = self.required
        if variant == 3:
            parameters["additionalProperties"] = False
        function = {"name": self.name, "description": self.description, "parameters": parameters}
        return function if bare else {"type": "function", "function": function}


@dataclass(frozen=True)
class ToolRequest:
    """What the user says, and the call and the result it should lead to."""

    tool: Tool
    user: str
    arguments: dict[str, Any]
    result: Any
    purpose: Hashable = None  # requests of equal purpose are not put into one document

    def call(self) -> str:
        """The call as the assistant writes it."""
        call = {"name": self.tool.name, "arguments": self.arguments}
        return "<tool_call>\n" + json.dumps(call, ensure_ascii=False) + "\n</tool_call>"


@dataclass(frozen=True)
class Naming:
    """How the tools of a document are named: word style and separator after a plugin's name."""

    style: str
    plugin_separator: str = ""

    def tool_name(self, rng: Random, words: str) -> str:
        if not self.plugin_separator:
            return join_words(words, self.style)
        plugin = rng.choice(_PLUGINS) + ("Plugin" if rng.random() < 0.5 else "")
        style = "pascal" if rng.random() < 0.7 else self.style
        return plugin + self.plugin_separator + join_words(words, style)


def join_words(words: str, style: str) -> str:
    """Words as a `snake`, `camel`, `pascal` or `kebab` case identifier."""
    parts = words.split()
    if style == "camel":
        return parts[0] + "".join(map(capitalize, parts[1:]))
    if style == "pascal":
        return "".join(map(capitalize, parts))
    if style == "kebab":
        return "-".join(parts)
    return "_".join(parts)


def split_words(identifier: str) -> str:
    """An identifier as lower-case words; one with a digit stays as it is."""
    if any(char.isdigit() for char in identifier):
        return identifier
    spaced = re.sub(r"([a-z])([A-Z])", lambda match: f"{match[1]} {match[2].lower()}", identifier)
    return spaced.replace("_", " ").replace("-", " ")


def _spoken(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def say_result(result: Any) -> str:
    """The answer for a tool's result: one scheme, so that it carries over to results never seen."""
    if not isinstance(result, dict):
        text = str(result)
        return text if text.endswith(".") else f"The result is {text}."
    if "error" in result:
        return f"The tool returned an error: {result['error']}."
    parts = [f"the {split_words(key)} is {_spoken(value)}" for key, value in result.items()]
    return capitalize(enumerate_words(parts)) + "."


def draw_request(rng: Random, naming: Naming) -> ToolRequest:
    """A request for a hand-written or a generic tool."""
    # Drawn for every style: part of the sequence of draws that made the corpus.
    mixed_style = rng.choice(("snake", "camel", "pascal"))
    if naming.style == "mixed":
        naming = Naming(mixed_style, naming.plugin_separator)
    make = _draw_family_request if rng.random() < 0.6 else _draw_generic_request
    return make(rng, naming)


def _draw_family_request(rng: Random, naming: Naming) -> ToolRequest:
    index = rng.randrange(len(TOOL_FAMILIES))
    family = TOOL_FAMILIES[index]
    names = _draw_distinct_names(rng, family.required + family.optional)
    kept = [key for key in family.optional if rng.random() < 0.5]
    values = {key: PARAMETERS[key].type.make(rng) for key in family.required + kept}
    if "origin" in values and values["origin"] == values["destination"]:
        values["destination"] = city(rng) + "ville"

    tool_name = naming.tool_name(rng, rng.choice(family.names))
    tool_description = rng.choice(family.descriptions)
    # A tool may declare parameters that the request could not have made use of.
    idle = [key for key in family.optional if key not in kept and rng.random() < 0.5]
    parameters = [
        ToolParameter(
            name=names[key],
            type=PARAMETERS[key].type,
            description=rng.choice(PARAMETERS[key].descriptions) if rng.random() < 0.85 else "",
        )
        for key in family.required + kept + idle
    ]
    required = [names[key] for key in family.required]
    mentioned = [key for key in kept if rng.random() < 0.6]
    user = rng.choice(family.requests).format(**values)
    for key in mentioned:
        user += rng.choice(OPTIONAL_PHRASES[key]).format(value=values[key])
    result = family.result(rng, [values[key] for key in family.required])
    purpose = (index, rng.choice(family.names).split()[-1])
    return ToolRequest(
        tool=Tool(tool_name, tool_description, parameters, required),
        user=user,
        arguments={names[key]: values[key] for key in family.required + mentioned},
        result=_maybe_arbitrary_result(rng, result),
        purpose=purpose,
    )


def _draw_distinct_names(rng: Random, keys: Sequence[str]) -> dict[str, str]:
    while True:
        names = {key: rng.choice(PARAMETERS[key].names) for key in keys}
        if len(set(names.values())) == len(names):
            return names


def _draw_generic_request(rng: Random, naming: Naming) -> ToolRequest:
    """A request of verb, object and parameters: "Book the room with date 2024-05-17." """
    verb = rng.choice(VERBS)
    noun = rng.choice(NOUNS)
    count = rng.choice((0, 1, 1, 2, 2, 3))
    keys = rng.sample(list(GENERIC_PARAMETERS), count)
    types = GENERIC_PARAMETERS
    if rng.random() < 0.35:
        types = _draw_arbitrary_parameters(rng, keys, verb, noun)
    used = [key for i, key in enumerate(keys) if i == 0 or rng.random() < 0.75]
    values = {key: types[key].make(rng) for key in used}
    parameter_style = rng.choice(("snake", "camel"))
    extra = ""
    if rng.random() < 0.1:
        extra = " " + rng.choice(("item", "now", "entry", "record", "by id", "info"))
    descriptions = [""]
    if rng.random() < 0.9:
        descriptions = [
            f"{capitalize(verb)} a {noun}.",
            f"{capitalize(verb)}s the {noun}.",
            f"Use this to {verb} a {noun}.",
        ]

    tool_name = naming.tool_name(rng, f"{verb} {noun}{extra}")
    tool_description = fix_articles(rng.choice(descriptions))
    parameters = [
        ToolParameter(
            name=join_words(key, parameter_style),
            type=types[key],
            description=rng.choice(
                (
                    f"The {key}.",
                    f"{capitalize(key)} of the {noun}",
                    f"The {key} of the {noun}.",
                    "",
                )
            ),
        )
        for key in keys
    ]
    required = [
        join_words(key, parameter_style) for key in used if key in keys[:1] or rng.random() < 0.7
    ]
    phrases = _say_parameters(rng.randrange(7), values)
    article = rng.choice(("the", "a", "the", "my"))
    lead = rng.choice(("Please ", "", "", "Can you ", "I want to ", "Could you please "))
    user = f"{lead}{verb} {article} {noun}{phrases}" + ("?" if lead.startswith("C") else ".")
    if article == "a":
        user = re.sub(r"\ba ([aeiou])", r"an \1", user, count=1)
    return ToolRequest(
        tool=Tool(tool_name, tool_description, parameters, required),
        user=capitalize(user),
        arguments={join_words(key, parameter_style): value for key, value in values.items()},
        result=_maybe_arbitrary_result(rng, _draw_generic_result(rng, noun)),
        purpose=verb + noun,
    )


def _draw_arbitrary_parameters(
    rng: Random, keys: list[str], verb: str, noun: str
) -> dict[str, ValueType]:
    """Replace some of the keys by arbitrary words; returns the types of all parameters."""
    types = dict(GENERIC_PARAMETERS)
    for i in range(len(keys)):
        if rng.random() < 0.6:
            name = draw_and_make(rng, _ARBITRARY_NAME_MAKERS)
            if name not in keys and name not in (verb, noun):
                keys[i] = name
                types[name] = rng.choice(ARBITRARY_TYPES)
    return types


def _say_parameters(wording: int, values: dict[str, Any]) -> str:
    """The part of a generic request that states the arguments, in one of seven wordings."""
    phrases = ""
    for i, (name, value) in enumerate(values.items()):
        spoken = _spoken(value)
        if name == "urgent":
            if wording < 3:
                phrases += f" and mark it as {'urgent' if value else 'not urgent'}"
            else:
                phrases += f", urgent {spoken}"
        elif wording < len(_PARAMETER_PHRASES):
            first, other = _PARAMETER_PHRASES[wording]
            phrases += (other if i else first).format(name=name, value=spoken)
        else:
            link = _NATURAL_PHRASES.get(name, ("and " if i else "with ") + name)
            phrases += f" {link} {spoken}"
    return phrases


def _draw_generic_result(rng: Random, noun: str) -> Any:
    results = [
        {"status": "ok"},
        {"status": "done"},
        {"id": code(rng)},
        {"result": draw_and_make(rng, (number, secret_word, code))},
        {"status": "ok", f"{noun}_id": digits(rng, 4)},
        {"success": True},
        {"message": capitalize(topic(rng))},
        {"owner": person(rng), "created": date(rng)},
        {"error": rng.choice((f"{noun} not found", "permission denied", "not available"))},
        f"The {noun} is ready.",
        {"count": rng.randrange(0, 500)},
    ]
    return rng.choice(results)


def _maybe_arbitrary_result(rng: Random, result: Any) -> Any:
    """The result or, in place of some objects, one of arbitrary keys and values."""
    if not isinstance(result, dict) or rng.random() >= 0.3:
        return result

    def make_key() -> str:
        words = draw_and_make(rng, _RESULT_KEY_MAKERS).lower().replace("-", " ")
        return join_words(words, rng.choice(("snake", "camel")))

    keys = unique(make_key, rng.choice((1, 2, 2, 3, 4)))
    return {key: draw_and_make(rng, _RESULT_VALUE_MAKERS) for key in keys}


def draw_requests(rng: Random, count: int) -> list[ToolRequest]:
    """Requests for tools that can be told apart, named in one way."""
    naming = Naming(
        style=rng.choice(("snake", "snake", "camel", "pascal", "mixed", "kebab")),
        plugin_separator=rng.choice(("-", "_", ".")) if rng.random() < 0.25 else "",
    )
    requests: list[ToolRequest] = []
    while len(requests) < count:
        request = draw_request(rng, naming)
        if not any(_alike(request, other) for other in requests):
            requests.append(request)
    return requests


def _alike(request: ToolRequest, other: ToolRequest) -> bool:
    return (
        request.tool.name.lower() == other.tool.name.lower()
        or request.purpose == other.purpose
        or (request.tool.description != "" and request.tool.description == other.tool.description)
    )
