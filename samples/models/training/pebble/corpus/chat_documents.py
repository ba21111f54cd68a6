"""Short and long chats, texts to repeat, and plain prose."""

from dataclasses import dataclass
from random import Random

from pebble.corpus import lexicon
from pebble.corpus.document import Document
from pebble.corpus.facts.group import Exchange
from pebble.corpus.facts.relations import Facts
from pebble.corpus.filler import FillerBank, hide_in_prose
from pebble.corpus.long_documents import SYSTEM_PROMPTS
from pebble.corpus.small_talk import SMALL_TALK
from pebble.corpus.values import (
    Maker,
    capitalize,
    city,
    code,
    common_word,
    company,
    digits,
    draw_and_make,
    first_name,
    letters,
    number,
    person,
    pick,
    secret_word,
)


@dataclass(frozen=True)
class UserFact:
    """Something that the user tells the assistant and asks for later."""

    make_value: Maker[str]
    statements: list[str]
    reply: str
    questions: list[str]
    answer: str


def _pet_name(rng: Random) -> str:
    return capitalize(secret_word(rng))


USER_FACTS = [
    UserFact(
        first_name,
        ["My name is {value}.", "I am {value}.", "Hi, I am {value}."],
        "Nice to meet you, {value}.",
        ["What is my name?", "Do you remember my name?"],
        "Your name is {value}.",
    ),
    UserFact(
        city,
        ["I live in {value}.", "My home is in {value}."],
        "Noted, you live in {value}.",
        ["Where do I live?", "Which city do I live in?"],
        "You live in {value}.",
    ),
    UserFact(
        _pet_name,
        ["My dog is called {value}.", "I have a dog named {value}."],
        "{value} is a nice name for a dog.",
        ["What is the name of my dog?", "What is my dog called?"],
        "Your dog is called {value}.",
    ),
    UserFact(
        _pet_name,
        ["My cat is called {value}.", "I have a cat named {value}."],
        "{value} is a nice name for a cat.",
        ["What is the name of my cat?", "What is my cat called?"],
        "Your cat is called {value}.",
    ),
    UserFact(
        pick(lexicon.COLORS),
        ["My favorite color is {value}.", "I like the color {value} most."],
        "Noted, your favorite color is {value}.",
        ["What is my favorite color?", "Which color do I like most?"],
        "Your favorite color is {value}.",
    ),
    UserFact(
        lambda rng: digits(rng, rng.choice((2, 3, 4))),
        ["My lucky number is {value}.", "Please remember that my lucky number is {value}."],
        "Noted, your lucky number is {value}.",
        ["What is my lucky number?", "Do you remember my lucky number?"],
        "Your lucky number is {value}.",
    ),
    UserFact(
        first_name,
        ["My sister is called {value}.", "I have a sister named {value}."],
        "Noted, your sister is called {value}.",
        ["What is the name of my sister?", "What is my sister called?"],
        "Your sister is called {value}.",
    ),
    UserFact(
        first_name,
        ["My brother is called {value}.", "I have a brother named {value}."],
        "Noted, your brother is called {value}.",
        ["What is the name of my brother?", "What is my brother called?"],
        "Your brother is called {value}.",
    ),
    UserFact(
        pick(lexicon.ROLES),
        ["I work as a {value}.", "My job is {value}."],
        "Noted, you work as a {value}.",
        ["What is my job?", "What do I work as?"],
        "You work as a {value}.",
    ),
    UserFact(
        code,
        ["The code of my door is {value}.", "My door code is {value}."],
        "Noted, your door code is {value}.",
        ["What is my door code?", "What is the code of my door?"],
        "Your door code is {value}.",
    ),
    UserFact(
        lambda rng: letters(rng, 2) + digits(rng, rng.choice((3, 4))),
        ["My flight number is {value}.", "I fly with flight {value}."],
        "Noted, your flight number is {value}.",
        ["What is my flight number?", "Which flight do I take?"],
        "Your flight number is {value}.",
    ),
    UserFact(
        lambda rng: f"{rng.randrange(1, 13)}:{rng.choice(('00', '15', '30', '45'))}",
        ["My meeting starts at {value}.", "I have a meeting at {value}."],
        "Noted, your meeting starts at {value}.",
        ["When does my meeting start?", "At what time is my meeting?"],
        "Your meeting starts at {value}.",
    ),
    UserFact(
        lambda rng: digits(rng, rng.choice((3, 4))),
        ["My budget is {value} dollars.", "I can spend {value} dollars."],
        "Noted, your budget is {value} dollars.",
        ["What is my budget?", "How much can I spend?"],
        "Your budget is {value} dollars.",
    ),
    UserFact(
        pick(lexicon.FOODS),
        ["My favorite food is {value}.", "I love to eat {value}."],
        "Noted, you love {value}.",
        ["What is my favorite food?", "What do I love to eat?"],
        "Your favorite food is {value}.",
    ),
    UserFact(
        person,
        ["My boss is {value}.", "The name of my boss is {value}."],
        "Noted, your boss is {value}.",
        ["Who is my boss?", "What is the name of my boss?"],
        "Your boss is {value}.",
    ),
    UserFact(
        company,
        ["I work for {value}.", "My company is {value}."],
        "Noted, you work for {value}.",
        ["Which company do I work for?", "What is the name of my company?"],
        "You work for {value}.",
    ),
]


def small_talk(rng: Random) -> Exchange:
    """A question about a capital, an addition, or a turn of small talk."""
    if rng.random() < 0.12:
        name, capital = rng.choice(lexicon.CAPITALS)
        if rng.random() < 0.7:
            questions = [
                f"What is the capital of {name}?",
                f"Tell me the capital of {name}.",
            ]
            return Exchange(rng.choice(questions), f"The capital of {name} is {capital}.")
        return Exchange(
            f"Which country has the capital {capital}?", f"{capital} is the capital of {name}."
        )
    if rng.random() < 0.15:
        a, b = rng.randrange(0, 11), rng.randrange(0, 11)
        questions = [
            f"What is {a} + {b}?",
            f"What is {a} plus {b}?",
            f"How much is {a} plus {b}?",
        ]
        return Exchange(rng.choice(questions), f"{a} + {b} = {a + b}.")
    messages, replies = rng.choice(SMALL_TALK)
    return Exchange(rng.choice(messages), rng.choice(replies))


def _diary(rng: Random, bank: FillerBank, length: int) -> Exchange:
    """A long message of filler prose, of about `length` tokens."""
    text = hide_in_prose(rng, bank, length, []).replace("\n\n", " ")
    introductions = [
        "Here is a page from my diary. ",
        "Let me tell you a story. ",
        "This is what I wrote today. ",
        "Listen to this. ",
    ]
    return Exchange(rng.choice(introductions) + text, rng.choice(["Thank you for sharing this."]))


def memory_chat(
    rng: Random,
    bank: FillerBank,
    length: int,
    fact_count: int | None = None,
    question_count: int | None = None,
) -> Document:
    """A chat in which the user states facts, says other things and then asks for the facts."""
    tokenizer = bank.tokenizer
    document = Document(tokenizer, rng)
    if rng.random() < 0.5:
        document.say("system", rng.choice(SYSTEM_PROMPTS))
    kinds = rng.sample(USER_FACTS, fact_count or rng.randint(1, max(1, min(8, length // 90))))
    facts = [(kind, kind.make_value(rng)) for kind in kinds]
    exchanges: list[Exchange] = []
    for kind, value in facts:
        statement = rng.choice(kind.statements).format(value=value)
        reply = "Ok." if rng.random() < 0.15 else kind.reply.format(value=value)
        exchanges.append(Exchange(statement, reply))
    if len(exchanges) > 2 and rng.random() < 0.3:  # two facts in one message
        last, second_last = exchanges.pop(), exchanges.pop()
        exchanges.append(Exchange(f"{last.question} {second_last.question}", "Ok."))
    asked = rng.sample(facts, question_count or rng.randint(1, len(facts)))
    questions = [
        Exchange(rng.choice(kind.questions).format(value=value), kind.answer.format(value=value))
        for kind, value in asked
    ]

    def cost(exchange: Exchange) -> int:
        return len(tokenizer.encode(exchange.question + exchange.answer)) + 12

    left = length - document.length() - sum(map(cost, exchanges + questions)) - 20
    while left > 60:
        if rng.random() < 0.5 and left < 700:
            exchange = small_talk(rng)
        else:
            exchange = _diary(rng, bank, min(left - 40, rng.randrange(40, 60 + length // 6)))
        left -= cost(exchange)
        if left < 0:
            break
        exchanges.insert(rng.randint(0, len(exchanges)), exchange)
    for question, answer in exchanges + questions:
        document.exchange(question, answer)
    return document


def short_chat(rng: Random, bank: FillerBank, length: int) -> Document:
    """A few turns of small talk."""
    document = Document(bank.tokenizer, rng)
    if rng.random() < 0.4:
        document.say("system", rng.choice(SYSTEM_PROMPTS))
    for _ in range(rng.randint(1, 4)):
        question, answer = small_talk(rng)
        cost = len(bank.tokenizer.encode(question + answer)) + 12
        if document.length() + cost > length:
            break
        document.exchange(question, answer)
    return document


def repetition(rng: Random, bank: FillerBank, length: int) -> Document:
    """Random words to be repeated: what induction heads learn from first."""
    document = Document(bank.tokenizer, rng)
    count = rng.randint(8, max(9, min(120, length // 6)))
    mixed = (common_word, number, secret_word, city, code)
    makers: tuple[Maker[str], ...] = (
        common_word,
        secret_word,
        number,
        code,
        lambda rng: letters(rng, 3),
        first_name,
        lambda rng: draw_and_make(rng, mixed),
    )
    make = rng.choice(makers)
    text = " ".join(make(rng) for _ in range(count))
    requests = ["Repeat this text: ", "Copy this: ", "Say it again: ", "Repeat after me: "]
    document.exchange(rng.choice(requests) + text, text)
    cost = len(bank.tokenizer.encode(text)) + 12
    while document.length() + cost < length and rng.random() < 0.5:
        document.exchange(rng.choice(["Again.", "Once more.", "Repeat it."]), text)
    return document


def plain_prose(rng: Random, bank: FillerBank, length: int) -> Document:
    """Filler prose without a chat, with a few facts among it."""
    document = Document(bank.tokenizer, rng)
    groups = [Facts(rng, 3).sentences] if length > 200 else []
    document.plain_text(hide_in_prose(rng, bank, length - 8, groups))
    return document
