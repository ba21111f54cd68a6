"""Parameters of tools: names, JSON types, descriptions and values."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from pebble.corpus import lexicon
from pebble.corpus.facts.attributes import any_value
from pebble.corpus.tools.values import clock, date, email, money, small_number, topic
from pebble.corpus.values import (
    KEY_MAKERS,
    Maker,
    capitalize,
    city,
    code,
    common_word,
    company,
    country,
    digits,
    draw_and_make,
    first_name,
    letters,
    person,
    pick,
    pseudo_word,
    secret_word,
)


@dataclass(frozen=True)
class ValueType:
    """The values of a parameter: a JSON type and, for an enumeration, all of its values."""

    json_type: str
    make: Maker[Any]
    choices: Sequence[str] = ()


@dataclass(frozen=True)
class Parameter:
    """A parameter of hand-written tools, under any of its names."""

    names: list[str]
    type: ValueType
    descriptions: list[str]


def _enumeration(*choices: str) -> ValueType:
    return ValueType("string", pick(choices), choices)


def _string(make: Maker[str]) -> ValueType:
    return ValueType("string", make)


def _integer(start: int, stop: int) -> ValueType:
    return ValueType("integer", lambda rng: rng.randrange(start, stop))


def _number(make: Maker[float]) -> ValueType:
    return ValueType("number", make)


def _key(rng: Random) -> str:
    return KEY_MAKERS[rng.choice(("hyphenated", "noun", "code", "pseudo-word"))](rng)


def _song(rng: Random) -> str:
    words = rng.choice(lexicon.KEY_ADJECTIVES), rng.choice(lexicon.KEY_NOUNS)
    return " ".join(map(capitalize, words))


def _item(rng: Random) -> str:
    return rng.choice(lexicon.KEY_ADJECTIVES) + " " + rng.choice(lexicon.OBJECTS)


def _file_name(rng: Random) -> str:
    return secret_word(rng) + rng.choice((".txt", ".pdf", ".csv", ".png"))


_currency = pick("USD EUR GBP JPY CHF SEK NOK CAD AUD INR".split())
_room = pick(
    """
    kitchen bedroom bathroom garage office hallway attic basement garden nursery library studio
    """.split()
)
_language = pick(
    """
    French German Spanish Italian Polish Dutch Greek Swedish Danish Finnish Turkish Japanese Korean
    """.split()
)

PARAMETERS: dict[str, Parameter] = {
    "city": Parameter(
        ["city", "location", "place", "town", "city_name", "cityName", "where"],
        _string(city),
        [
            "The name of the city.",
            "City name",
            "The place to look up.",
            "The city, e.g. a town name.",
        ],
    ),
    "unit": Parameter(
        ["unit", "units", "scale"],
        _enumeration("celsius", "fahrenheit"),
        ["Temperature unit.", "The unit of the temperature."],
    ),
    "date": Parameter(
        ["date", "day", "on_date", "when"],
        _string(date),
        ["The date, as YYYY-MM-DD.", "Date", "The day of interest."],
    ),
    "time": Parameter(
        ["time", "at", "start_time", "startTime", "clock_time"],
        _string(clock),
        ["The time, as HH:MM.", "Time of day"],
    ),
    "zone": Parameter(
        ["timezone", "city", "location", "place", "zone"],
        _string(city),
        ["The city or zone.", "Where to read the clock."],
    ),
    "first": Parameter(
        ["a", "x", "first", "left", "number1"],
        _number(small_number),
        ["The first number.", "First value", "Left operand"],
    ),
    "second": Parameter(
        ["b", "y", "second", "right", "number2"],
        _number(small_number),
        ["The second number.", "Second value", "Right operand"],
    ),
    "order": Parameter(
        ["order_id", "orderId", "order", "id", "order_number", "reference"],
        _string(code),
        ["The id of the order.", "Order number", "Which order to look up."],
    ),
    "query": Parameter(
        ["query", "q", "text", "search_term", "keywords", "searchText", "question"],
        _string(topic),
        ["The text to search for.", "Search terms", "What to look for."],
    ),
    "limit": Parameter(
        ["limit", "count", "max_results", "top", "topK", "n"],
        _integer(1, 21),
        ["How many results to return.", "Maximum number of results"],
    ),
    "recipient": Parameter(
        ["to", "recipient", "email", "address", "receiver"],
        _string(email),
        ["The receiver.", "Email address of the receiver"],
    ),
    "subject": Parameter(
        ["subject", "title", "headline"], _string(topic), ["The subject line.", "Title"]
    ),
    "person": Parameter(
        ["name", "person", "user", "contact", "employee", "customer_name", "customerName", "who"],
        _string(person),
        ["The name of the person.", "Full name", "Who it is about."],
    ),
    "minutes": Parameter(
        ["minutes", "duration", "length", "duration_minutes", "durationMinutes"],
        _integer(1, 121),
        ["Duration in minutes.", "How many minutes"],
    ),
    "amount": Parameter(
        ["amount", "value", "sum", "money", "total"],
        _number(money),
        ["The amount.", "How much money"],
    ),
    "source_currency": Parameter(
        ["from_currency", "from", "source", "base"],
        _string(_currency),
        ["The currency to convert from.", "Source currency"],
    ),
    "target_currency": Parameter(
        ["to_currency", "to", "target", "quote"],
        _string(_currency),
        ["The currency to convert to.", "Target currency"],
    ),
    "room": Parameter(
        ["room", "device", "area", "zone", "roomName"], _string(_room), ["The room.", "Which room"]
    ),
    "state": Parameter(
        ["state", "power", "mode", "status"],
        _enumeration("on", "off"),
        ["Whether it is on or off.", "The new state"],
    ),
    "degrees": Parameter(
        ["temperature", "degrees", "target", "level"],
        _integer(5, 31),
        ["The target temperature.", "Degrees"],
    ),
    "song": Parameter(
        ["song", "title", "track", "name"], _string(_song), ["The name of the song.", "Which track"]
    ),
    "symbol": Parameter(
        ["symbol", "ticker", "stock", "company"],
        _string(lambda rng: letters(rng, rng.choice((3, 4)))),
        ["The stock symbol.", "Ticker"],
    ),
    "origin": Parameter(
        ["from_city", "from", "origin", "departure", "start"],
        _string(city),
        ["Where the trip starts.", "Departure city"],
    ),
    "destination": Parameter(
        ["to_city", "to", "destination", "arrival", "end"],
        _string(city),
        ["Where the trip ends.", "Destination city"],
    ),
    "word": Parameter(
        ["word", "text", "term", "phrase"],
        _string(lambda rng: draw_and_make(rng, (secret_word, common_word))),
        ["The word.", "Text to work on"],
    ),
    "language": Parameter(
        ["language", "lang", "target_language", "to", "targetLanguage"],
        _string(_language),
        ["The target language.", "Language"],
    ),
    "item": Parameter(
        ["item", "product", "article", "name", "productName"],
        _string(_item),
        ["The item.", "Name of the product"],
    ),
    "quantity": Parameter(
        ["quantity", "count", "amount", "qty", "number"],
        _integer(2, 100),
        ["How many.", "The quantity"],
    ),
    "key": Parameter(["key", "name", "id", "label"], _string(_key), ["The key.", "Which entry"]),
    "note": Parameter(
        ["text", "note", "content", "body", "message"],
        _string(topic),
        ["The text to store.", "Content"],
    ),
}

# Parameters of the generic tools, by the words of their names.
GENERIC_PARAMETERS: dict[str, ValueType] = {
    "title": _string(topic),
    "priority": _enumeration("low", "medium", "high"),
    "quantity": _integer(1, 200),
    "date": _string(date),
    "email": _string(email),
    "id": _string(code),
    "color": _string(pick(lexicon.COLORS)),
    "amount": _number(money),
    "city": _string(city),
    "owner": _string(person),
    "size": _enumeration("small", "medium", "large"),
    "name": _string(lambda rng: draw_and_make(rng, (pseudo_word, secret_word, first_name))),
    "speed": _integer(1, 300),
    "code": _string(code),
    "label": _string(secret_word),
    "status": _enumeration("active", "paused", "closed"),
    "start time": _string(clock),
    "room number": _integer(1, 900),
    "country": _string(country),
    "page": _integer(1, 400),
    "version": _string(lambda rng: f"{rng.randrange(1, 9)}.{rng.randrange(0, 20)}"),
    "urgent": ValueType("boolean", lambda rng: rng.random() < 0.5),
    "company": _string(company),
    "level": _integer(1, 11),
    "pin": _string(lambda rng: digits(rng, 4)),
    "weight": _number(money),
    "user id": _integer(100, 99999),
    "file name": _string(_file_name),
}

# What an arbitrary parameter of a generic tool may hold.
ARBITRARY_TYPES = (
    _string(any_value),
    _string(person),
    _string(city),
    _integer(1, 500),
    _string(topic),
)
