"""Single facts of open wording: "They hired Mara Keller as the new librarian." """

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pebble.corpus import lexicon
from pebble.corpus.facts.attributes import any_value, random_attribute
from pebble.corpus.facts.group import VALUE_ONLY, Exchange, FactGroup
from pebble.corpus.values import (
    capitalize,
    city,
    code,
    company,
    digits,
    fix_articles,
    person,
)


@dataclass(frozen=True)
class _Props:
    """What a fact may be made of; all of it is drawn for every fact."""

    value: str
    person: str
    object: str
    adjective: str
    place: str
    role: str
    clock: str
    when: str

    @classmethod
    def draw(cls, rng: Random) -> "_Props":
        return cls(
            value=any_value(rng),
            person=person(rng),
            object=rng.choice(lexicon.OBJECTS),
            adjective=rng.choice(lexicon.OBJECT_ADJECTIVES),
            place=rng.choice(lexicon.PLACES),
            role=rng.choice(lexicon.ROLES),
            clock=f"{rng.randrange(1, 24)}:{rng.choice(('00', '15', '30', '45', '10', '05'))}",
            when=rng.choice(lexicon.TIMES),
        )


@dataclass(frozen=True)
class _Fact:
    subject: str  # no two facts of a text share it
    statement: str
    question: str
    answer: str
    has_value: bool = False  # whether the answer ends in " is VALUE."


def _attribute(rng: Random, props: _Props) -> _Fact:
    attribute = random_attribute(rng)
    statements = [
        f"The {attribute} is {props.value}.",
        f"Our {attribute} was changed to {props.value} last month.",
        f"The {attribute} has been set to {props.value}.",
        f"Please use {props.value} as the {attribute}.",
        f"The {attribute} is now {props.value}.",
        f"The {attribute} will be {props.value} {props.when}.",
        f"My {attribute} is {props.value}.",
    ]
    questions = [
        f"What is the {attribute}?",
        f"Tell me the {attribute}.",
        f"What is the {attribute} in the text?",
        f"Do you know the {attribute}?",
    ]
    return _Fact(
        subject=attribute,
        statement=rng.choice(statements),
        question=rng.choice(questions),
        answer=f"The {attribute} is {props.value}.",
        has_value=True,
    )


def _office(rng: Random, props: _Props) -> _Fact:
    role = rng.choice(("new ", "old ", "second ", "")) + props.role
    statements = [
        f"The {role}, whose name is {props.person}, will start {props.when}.",
        f"The {role} is called {props.person}.",
        f"{props.person} is the {role}.",
        f"They hired {props.person} as the {role}.",
    ]
    questions = [f"What is the name of the {role}?", f"Who is the {role}?"]
    return _Fact(
        subject=role,
        statement=rng.choice(statements),
        question=rng.choice(questions),
        answer=f"The name of the {role} is {props.person}.",
        has_value=True,
    )


def _keeper(rng: Random, props: _Props) -> _Fact:
    thing = f"{props.object} of the {props.place}"
    statements = [
        f"The {props.adjective} {thing} is kept with {props.person} in room {code(rng)}.",
        f"{props.person} keeps the {thing}.",
        f"Ask {props.person} for the {thing}.",
    ]
    questions = [f"Who keeps the {thing}?", f"Who has the {thing}?"]
    return _Fact(
        subject=thing,
        statement=rng.choice(statements),
        question=rng.choice(questions),
        answer=f"{props.person} keeps the {thing}.",
    )


def _event(rng: Random, props: _Props) -> _Fact:
    meals = ("lunch", "dinner", "breakfast")
    events = (
        *meals,
        "the meeting",
        "the concert",
        "the train to " + city(rng),
        "the " + rng.choice(lexicon.ABSTRACT_NOUNS) + " lesson",
        "the tour of the " + props.place,
        "the " + props.object + " market",
    )
    event = rng.choice(events)
    statements = [
        f"{event} will be at {props.clock}.",
        f"{event} starts at {props.clock}.",
        f"{event} begins at {props.clock} {props.when}.",
        f"{event} will be served at {props.clock}."
        if event in meals
        else f"{event} will start at {props.clock}, so be on time.",
    ]
    statement = capitalize(rng.choice(statements))
    questions = [f"When does {event} start?", f"When is {event}?", f"At what time is {event}?"]
    return _Fact(
        subject=event,
        statement=statement,
        question=rng.choice(questions),
        answer=capitalize(f"{event} starts at {props.clock}."),
    )


def _move(rng: Random, props: _Props) -> _Fact:
    thing = rng.choice((props.object, "server", "printer", rng.choice(lexicon.KEY_NOUNS)))
    destinations = (
        f"rack {digits(rng, 2)}",
        f"room {code(rng)}",
        city(rng),
        f"floor {rng.randrange(1, 40)}",
        f"the {rng.choice(lexicon.PLACES)}",
    )
    destination = rng.choice(destinations)
    statements = [
        f"The {thing} was moved to {destination}.",
        f"They moved the {thing} to {destination} {props.when}.",
        f"You can now find the {thing} in {destination}.",
    ]
    questions = [
        f"Where was the {thing} moved?",
        f"To which place was the {thing} moved?",
        f"Where is the {thing}?",
    ]
    return _Fact(
        subject=thing,
        statement=rng.choice(statements),
        question=rng.choice(questions),
        answer=f"The {thing} was moved to {destination}.",
    )


def _invoice(rng: Random, props: _Props) -> _Fact:
    senders = (
        company(rng),
        "the " + rng.choice(lexicon.ABSTRACT_NOUNS) + " company",
        "the " + props.role,
    )
    sender = rng.choice(senders)
    if rng.random() < 0.3:
        amount = f"{rng.randrange(1, 90)},{digits(rng, 3)}"
    else:
        amount = digits(rng, rng.choice((2, 3, 4)))
    currency = rng.choice(("euros", "dollars"))
    statements = [
        f"{sender} sent an invoice of {amount} {currency}.",
        f"the invoice of {sender} was {amount} {currency}.",
        f"{sender} asked for {amount} {currency}.",
    ]
    statement = capitalize(rng.choice(statements))
    questions = [
        f"How high is the invoice of {sender}?",
        f"How much did {sender} ask for?",
        f"How many {currency} did {sender} want?",
    ]
    return _Fact(
        subject=sender,
        statement=statement,
        question=rng.choice(questions),
        answer=f"The invoice of {sender} is {amount} {currency}.",
    )


def _deed(rng: Random, props: _Props) -> _Fact:
    verb = rng.choice(lexicon.TRANSITIVE_VERBS)
    things = (
        f"{props.adjective} {props.object}",
        f"{rng.choice(lexicon.KEY_ADJECTIVES)} {props.object}",
    )
    thing = rng.choice(things)
    active = f"{props.person} {verb} the {thing}."
    statements = [
        f"{props.person} {verb} the {thing} {props.when}.",
        f"{capitalize(props.when)}, {active}",
        # The past participle of the verbs that do not end in -ed may be another form.
        f"The {thing} was {verb} by {props.person}." if verb.endswith("ed") else active,
    ]
    return _Fact(
        subject=verb + thing,
        statement=rng.choice(statements),
        question=f"Who {verb} the {thing}?",
        answer=active,
    )


_KINDS: list[Callable[[Random, _Props], _Fact]] = [
    _attribute,
    _attribute,
    _attribute,
    _attribute,
    _office,
    _keeper,
    _event,
    _move,
    _invoice,
    _deed,
]


class OpenFacts(FactGroup):
    """Unrelated facts, each stated once."""

    def __init__(self, rng: Random, count: int) -> None:
        self._facts: list[_Fact] = []
        subjects: set[str] = set()
        for _ in range(count):
            make_fact = rng.choice(_KINDS)
            fact = make_fact(rng, _Props.draw(rng))
            if fact.subject.lower() not in subjects:
                subjects.add(fact.subject.lower())
                self._facts.append(fact)
        self.sentences = [capitalize(fix_articles(fact.statement)) for fact in self._facts]

    def ask(self, rng: Random) -> Exchange:
        fact = rng.choice(self._facts)
        if fact.has_value and rng.random() < 0.2:
            value = fact.answer.rstrip(".").split(" is ")[-1]
            return Exchange(fact.question + rng.choice(VALUE_ONLY), value)
        return Exchange(fact.question, fact.answer)
