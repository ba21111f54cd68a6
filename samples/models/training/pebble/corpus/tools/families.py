"""Hand-written tool families: many names and requests for the same thing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pebble.corpus import lexicon
from pebble.corpus.tools.values import clock, date, email, topic
from pebble.corpus.values import (
    capitalize,
    code,
    digits,
    draw_and_make,
    letters,
    number,
    pseudo_word,
    secret_word,
)

# Makes a tool's result, an object or plain text, from the values of the required parameters.
ResultMaker = Callable[[Random, list[Any]], Any]


@dataclass(frozen=True)
class ToolFamily:
    """Tools for one purpose. Parameters are keys of `PARAMETERS` and slots of the requests."""

    names: list[str]
    descriptions: list[str]
    required: list[str]
    requests: list[str]
    result: ResultMaker
    optional: list[str] = field(default_factory=list)


def _weather(rng: Random, arguments: list[Any]) -> Any:
    conditions = ("sunny", "cloudy", "rainy", "windy", "foggy", "snowy")
    results = [
        {"temperature": rng.randrange(-10, 38), "condition": rng.choice(conditions)},
        {"temp": rng.randrange(-10, 38)},
        {"condition": rng.choice(conditions[:3])},
        f"{rng.randrange(-5, 35)} degrees and {rng.choice(conditions[:4])}",
    ]
    return rng.choice(results)


def _time_and_place(rng: Random, arguments: list[Any]) -> Any:
    results = [
        {"time": clock(rng)},
        {"local_time": clock(rng), "date": date(rng)},
        clock(rng),
    ]
    return rng.choice(results)


def _time(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"time": clock(rng)}, clock(rng)])


def _sum(rng: Random, arguments: list[Any]) -> Any:
    total = arguments[0] + arguments[1]
    return rng.choice([{"result": total}, {"sum": total}, str(total)])


def _product(rng: Random, arguments: list[Any]) -> Any:
    product = arguments[0] * arguments[1]
    return rng.choice([{"result": product}, {"product": product}, str(product)])


def _difference(rng: Random, arguments: list[Any]) -> Any:
    return {"result": arguments[0] - arguments[1]}


def _order_status(rng: Random, arguments: list[Any]) -> Any:
    states = ("shipped", "pending", "delivered", "cancelled", "packed")
    results = [
        {"status": rng.choice(states)},
        {"status": rng.choice(states[:3]), "arrival": date(rng)},
        {"order_id": arguments[0], "status": rng.choice(states[:3])},
    ]
    return rng.choice(results)


def _documents(rng: Random, arguments: list[Any]) -> Any:
    results = [
        {"count": rng.randrange(0, 90)},
        {"title": capitalize(topic(rng)), "page": rng.randrange(1, 300)},
        {"document": topic(rng), "score": rng.randrange(50, 100)},
    ]
    return rng.choice(results)


def _message_sent(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"status": "sent"}, {"message_id": code(rng)}, "sent"])


def _timer(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"status": "started"}, {"timer_id": digits(rng, 3)}, "ok"])


def _converted(rng: Random, arguments: list[Any]) -> Any:
    results = [
        {"result": round(rng.uniform(1, 5000), 2)},
        {"amount": round(rng.uniform(1, 5000), 2), "currency": arguments[2]},
    ]
    return rng.choice(results)


def _light(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"status": "ok"}, {"room": arguments[0], "state": arguments[1]}])


def _temperature(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"status": "ok"}, {"temperature": arguments[1]}])


def _song_playing(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"status": "playing"}, {"playing": arguments[0]}])


def _stock_price(rng: Random, arguments: list[Any]) -> Any:
    results = [
        {"price": round(rng.uniform(1, 900), 2)},
        {"symbol": arguments[0], "price": rng.randrange(1, 900)},
    ]
    return rng.choice(results)


def _flight(rng: Random, arguments: list[Any]) -> Any:
    results = [
        {"flight": letters(rng, 2) + digits(rng, 3), "price": rng.randrange(40, 900)},
        {"flight": letters(rng, 2) + digits(rng, 4), "departure": clock(rng)},
    ]
    return rng.choice(results)


def _translation(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"translation": pseudo_word(rng)}, pseudo_word(rng)])


def _purchase(rng: Random, arguments: list[Any]) -> Any:
    results = [{"status": "added"}, {"order_id": code(rng)}, {"total": rng.randrange(5, 900)}]
    return rng.choice(results)


def _contact(rng: Random, arguments: list[Any]) -> Any:
    results = [
        {"phone": digits(rng, 6)},
        {"email": email(rng)},
        {"name": arguments[0], "phone": digits(rng, 6)},
        {"department": rng.choice(lexicon.SUBJECTS)},
    ]
    return rng.choice(results)


def _meeting(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"status": "created"}, {"event_id": code(rng)}])


def _stored_value(rng: Random, arguments: list[Any]) -> Any:
    key = arguments[0]
    results = [
        {"value": draw_and_make(rng, (number, secret_word, code))},
        {key if key.isalpha() else "value": number(rng)},
        number(rng),
    ]
    return rng.choice(results)


def _note(rng: Random, arguments: list[Any]) -> Any:
    return rng.choice([{"status": "saved"}, {"note_id": digits(rng, 4)}])


def _distance(rng: Random, arguments: list[Any]) -> Any:
    results = [
        {"distance": rng.randrange(5, 4000)},
        {"kilometers": rng.randrange(5, 4000)},
        f"{rng.randrange(5, 4000)} km",
    ]
    return rng.choice(results)


TOOL_FAMILIES = [
    ToolFamily(
        names=[
            "get weather",
            "weather",
            "get current weather",
            "fetch weather",
            "weather forecast",
            "lookup weather",
            "get forecast",
        ],
        descriptions=[
            "Get the current weather.",
            "Returns the weather for a place.",
            "Looks up the weather forecast.",
        ],
        required=["city"],
        optional=["unit", "date"],
        requests=[
            "What is the weather in {city}?",
            "How is the weather in {city}?",
            "What is the weather like in {city}?",
            "Is it raining in {city}?",
            "How warm is it in {city}?",
            "Tell me the weather in {city}.",
            "Do I need an umbrella in {city}?",
            "Is it sunny in {city}?",
            "Is it cold in {city} today?",
            "Will it snow in {city}?",
        ],
        result=_weather,
    ),
    ToolFamily(
        names=["get time", "current time", "get current time", "time in city", "clock"],
        descriptions=["Get the current time in a place.", "Returns the local time."],
        required=["zone"],
        requests=[
            "What time is it in {zone}?",
            "Tell me the current time in {zone}.",
            "How late is it in {zone}?",
            "What is the local time in {zone}?",
        ],
        result=_time_and_place,
    ),
    ToolFamily(
        names=["get time", "now", "get current time", "get date time", "current time"],
        descriptions=["Get the current time.", "Returns the current date and time."],
        required=[],
        requests=[
            "What time is it?",
            "Tell me the time.",
            "What is the current time?",
            "What time is it now?",
        ],
        result=_time,
    ),
    ToolFamily(
        names=["add", "add numbers", "sum", "calculate sum", "plus"],
        descriptions=["Add two numbers.", "Returns the sum of two numbers."],
        required=["first", "second"],
        requests=[
            "What is {first} plus {second}?",
            "Add {first} and {second}.",
            "Calculate {first} + {second}.",
            "What is the sum of {first} and {second}?",
            "How much is {first} + {second}?",
        ],
        result=_sum,
    ),
    ToolFamily(
        names=["multiply", "multiply numbers", "product", "times"],
        descriptions=["Multiply two numbers.", "Returns the product of two numbers."],
        required=["first", "second"],
        requests=[
            "What is {first} times {second}?",
            "Multiply {first} by {second}.",
            "Calculate {first} * {second}.",
            "What is the product of {first} and {second}?",
        ],
        result=_product,
    ),
    ToolFamily(
        names=["subtract", "minus", "difference"],
        descriptions=["Subtract one number from another.", "Returns a minus b."],
        required=["first", "second"],
        requests=[
            "What is {first} minus {second}?",
            "Calculate {first} - {second}.",
            "Subtract {second} from {first}.",
        ],
        result=_difference,
    ),
    ToolFamily(
        names=[
            "get order",
            "lookup order",
            "order status",
            "get order status",
            "find order",
            "track order",
        ],
        descriptions=[
            "Look up an order.",
            "Returns the status of an order.",
            "Track an order by its id.",
        ],
        required=["order"],
        requests=[
            "Where is my order {order}?",
            "What is the status of order {order}?",
            "Look up order {order}.",
            "Has order {order} been sent?",
            "Track order {order} for me.",
        ],
        result=_order_status,
    ),
    ToolFamily(
        names=[
            "search documents",
            "search",
            "search docs",
            "find documents",
            "search files",
            "query index",
            "document search",
        ],
        descriptions=[
            "Search the documents.",
            "Full text search.",
            "Finds documents that match a query.",
        ],
        required=["query"],
        optional=["limit"],
        requests=[
            "Search for {query}.",
            "Find documents about {query}.",
            "Look for texts about {query}.",
            "Which documents mention {query}?",
            "Search the documents for {query}.",
        ],
        result=_documents,
    ),
    ToolFamily(
        names=["send email", "send mail", "email", "mail send", "send message"],
        descriptions=["Send an email.", "Sends a mail to someone."],
        required=["recipient"],
        optional=["subject"],
        requests=[
            "Send an email to {recipient}.",
            "Write a mail to {recipient}.",
            "Please send a message to {recipient}.",
        ],
        result=_message_sent,
    ),
    ToolFamily(
        names=["set timer", "start timer", "timer", "countdown"],
        descriptions=["Start a timer.", "Starts a countdown."],
        required=["minutes"],
        requests=[
            "Set a timer for {minutes} minutes.",
            "Start a timer of {minutes} minutes.",
            "Wake me in {minutes} minutes.",
        ],
        result=_timer,
    ),
    ToolFamily(
        names=["convert currency", "currency", "exchange", "currency convert"],
        descriptions=["Convert money between currencies.", "Currency conversion."],
        required=["amount", "source_currency", "target_currency"],
        requests=[
            "Convert {amount} {source_currency} to {target_currency}.",
            "How much is {amount} {source_currency} in {target_currency}?",
            "What are {amount} {source_currency} worth in {target_currency}?",
        ],
        result=_converted,
    ),
    ToolFamily(
        names=["set light", "switch light", "light control", "lights", "turn light"],
        descriptions=["Switch the light in a room.", "Controls the lights."],
        required=["room", "state"],
        requests=[
            "Turn {state} the light in the {room}.",
            "Switch the {room} light {state}.",
            "Please turn the lights in the {room} {state}.",
        ],
        result=_light,
    ),
    ToolFamily(
        names=["set temperature", "thermostat", "set heating", "heating control"],
        descriptions=["Set the temperature of a room.", "Controls the heating."],
        required=["room", "degrees"],
        requests=[
            "Set the {room} to {degrees} degrees.",
            "Heat the {room} to {degrees} degrees.",
            "Make it {degrees} degrees in the {room}.",
        ],
        result=_temperature,
    ),
    ToolFamily(
        names=["play song", "play music", "music play", "start song"],
        descriptions=["Play a song.", "Plays music."],
        required=["song"],
        requests=["Play {song}.", "Play the song {song}.", "I want to hear {song}."],
        result=_song_playing,
    ),
    ToolFamily(
        names=["get stock price", "stock price", "stock", "quote"],
        descriptions=["Get the price of a stock.", "Returns a stock quote."],
        required=["symbol"],
        requests=[
            "What is the stock price of {symbol}?",
            "How much is one share of {symbol}?",
            "Get the price of {symbol} shares.",
        ],
        result=_stock_price,
    ),
    ToolFamily(
        names=["book flight", "find flight", "search flights", "flights"],
        descriptions=["Find a flight between two cities.", "Searches flights."],
        required=["origin", "destination"],
        optional=["date"],
        requests=[
            "Find a flight from {origin} to {destination}.",
            "I want to fly from {origin} to {destination}.",
            "Which flights go from {origin} to {destination}?",
        ],
        result=_flight,
    ),
    ToolFamily(
        names=["translate", "translate text", "translate word", "translation"],
        descriptions=["Translate a text.", "Translates words."],
        required=["word", "language"],
        requests=[
            "Translate {word} into {language}.",
            "What is {word} in {language}?",
            "How do you say {word} in {language}?",
        ],
        result=_translation,
    ),
    ToolFamily(
        names=["add to cart", "order item", "buy item", "purchase"],
        descriptions=["Put an item into the cart.", "Orders a product."],
        required=["item", "quantity"],
        requests=[
            "Order {quantity} pieces of {item}.",
            "Please buy {quantity} of the {item}.",
            "Put {quantity} times {item} into my cart.",
        ],
        result=_purchase,
    ),
    ToolFamily(
        names=[
            "get employee",
            "find person",
            "lookup contact",
            "get contact",
            "person lookup",
            "get user",
        ],
        descriptions=["Look up a person.", "Returns the contact data of a person."],
        required=["person"],
        requests=[
            "What is the phone number of {person}?",
            "Find the contact data of {person}.",
            "Look up {person}.",
            "How can I reach {person}?",
        ],
        result=_contact,
    ),
    ToolFamily(
        names=["create meeting", "schedule meeting", "add event", "calendar add"],
        descriptions=["Plan a meeting.", "Adds an event to the calendar."],
        required=["person", "date"],
        optional=["time", "minutes"],
        requests=[
            "Plan a meeting with {person} on {date}.",
            "Schedule a meeting with {person} for {date}.",
            "I want to meet {person} on {date}.",
        ],
        result=_meeting,
    ),
    ToolFamily(
        names=["get value", "lookup", "read value", "get setting", "kv get", "recall"],
        descriptions=["Read a stored value.", "Returns the value of a key."],
        required=["key"],
        requests=[
            "What is stored under {key}?",
            "Read the value of {key}.",
            "Look up {key} in the store.",
            "Get the entry {key}.",
        ],
        result=_stored_value,
    ),
    ToolFamily(
        names=["save note", "add note", "remember", "notes add", "store note"],
        descriptions=["Store a note.", "Saves a text."],
        required=["note"],
        requests=["Save a note: {note}.", "Write down: {note}.", "Please note: {note}."],
        result=_note,
    ),
    ToolFamily(
        names=["get distance", "distance", "route length"],
        descriptions=["Distance between two cities.", "Returns the length of a route."],
        required=["origin", "destination"],
        requests=[
            "How far is it from {origin} to {destination}?",
            "What is the distance between {origin} and {destination}?",
        ],
        result=_distance,
    ),
]

# What is added to a request for an optional parameter.
OPTIONAL_PHRASES = {
    "unit": [" Use {value}.", " Give it in {value}.", " In {value}, please."],
    "date": [" The date is {value}.", " On {value}, please.", " Use the date {value}."],
    "limit": [
        " Show {value} results.",
        " Return at most {value} results.",
        " I need {value} results.",
    ],
    "minutes": [" It takes {value} minutes.", " Plan {value} minutes for it."],
    "time": [" At {value}, please.", " The time is {value}."],
    "subject": [' The subject is "{value}".', ' Use the title "{value}".'],
}
