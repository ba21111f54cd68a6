"""Facts about people, companies, cities and things: "Mara Keller lives in Oslo." """

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from pebble.corpus import lexicon
from pebble.corpus.facts.group import Exchange, FactGroup
from pebble.corpus.values import (
    Maker,
    capitalize,
    city,
    company,
    country,
    digits,
    key_phrase,
    made_up_city,
    made_up_name,
    person,
    pick,
    unique,
)


@dataclass(frozen=True)
class Relation:
    """How a relation of an entity to a value is stated and asked for."""

    make_value: Maker[str]
    statements: list[str]
    questions: list[str]
    answer: str

    def format_answer(self, entity: str, value: str) -> str:
        return self.answer.format(entity=entity, value=value)


RELATIONS: dict[str, dict[str, Relation]] = {
    "person": {
        "job": Relation(
            pick(lexicon.ROLES),
            [
                "{entity} works as a {value}.",
                "{entity} is a {value}.",
                "By profession, {entity} is a {value}.",
            ],
            [
                "What is the job of {entity}?",
                "What does {entity} do for a living?",
                "What does {entity} work as?",
            ],
            "{entity} works as a {value}.",
        ),
        "city": Relation(
            city,
            [
                "{entity} lives in {value}.",
                "The home of {entity} is in {value}.",
                "For some years {entity} has lived in {value}.",
            ],
            [
                "Where does {entity} live?",
                "In which city does {entity} live?",
                "What city does {entity} live in?",
            ],
            "{entity} lives in {value}.",
        ),
        "company": Relation(
            company,
            [
                "{entity} works for {value}.",
                "{entity} is employed by {value}.",
                "The employer of {entity} is {value}.",
            ],
            [
                "Which company does {entity} work for?",
                "Where does {entity} work?",
                "Who is the employer of {entity}?",
            ],
            "{entity} works for {value}.",
        ),
        "year": Relation(
            lambda rng: str(rng.randrange(1930, 2008)),
            [
                "{entity} was born in {value}.",
                "The year in which {entity} was born is {value}.",
            ],
            ["When was {entity} born?", "In which year was {entity} born?"],
            "{entity} was born in {value}.",
        ),
        "food": Relation(
            pick(lexicon.FOODS),
            [
                "{entity} likes to eat {value}.",
                "The favorite food of {entity} is {value}.",
                "{entity} loves {value}.",
            ],
            ["What is the favorite food of {entity}?", "What does {entity} like to eat?"],
            "{entity} likes to eat {value}.",
        ),
        "hobby": Relation(
            pick(lexicon.HOBBIES),
            [
                "The hobby of {entity} is {value}.",
                "In the free time, {entity} enjoys {value}.",
                "{entity} spends the weekends on {value}.",
            ],
            ["What is the hobby of {entity}?", "Which hobby does {entity} have?"],
            "The hobby of {entity} is {value}.",
        ),
        "subject": Relation(
            pick(lexicon.SUBJECTS),
            ["{entity} studied {value}.", "At school, {entity} was best at {value}."],
            ["What did {entity} study?", "Which subject did {entity} study?"],
            "{entity} studied {value}.",
        ),
    },
    "company": {
        "seat": Relation(
            city,
            [
                "{entity} has its head office in {value}.",
                "The head office of {entity} is in {value}.",
            ],
            [
                "Where is the head office of {entity}?",
                "In which city is {entity} based?",
                "Where is {entity} located?",
            ],
            "{entity} has its head office in {value}.",
        ),
        "founder": Relation(
            person,
            ["{entity} was founded by {value}.", "The founder of {entity} is {value}."],
            ["Who founded {entity}?", "Who is the founder of {entity}?"],
            "{entity} was founded by {value}.",
        ),
        "founded": Relation(
            lambda rng: str(rng.randrange(1850, 2022)),
            ["{entity} was founded in {value}.", "{entity} was started in the year {value}."],
            ["When was {entity} founded?", "In which year was {entity} founded?"],
            "{entity} was founded in {value}.",
        ),
        "product": Relation(
            pick(lexicon.PRODUCTS),
            [
                "{entity} makes {value}.",
                "The main product of {entity} is {value}.",
                "{entity} is known for its {value}.",
            ],
            ["What does {entity} make?", "What is the main product of {entity}?"],
            "{entity} makes {value}.",
        ),
        "staff": Relation(
            lambda rng: str(rng.randrange(12, 9000)),
            ["{entity} has {value} employees.", "About {value} people work at {entity}."],
            ["How many employees does {entity} have?", "How many people work at {entity}?"],
            "{entity} has {value} employees.",
        ),
    },
    "city": {
        "country": Relation(
            country,
            ["{entity} is a city in {value}.", "{entity} lies in {value}."],
            ["In which country is {entity}?", "Where is {entity}?"],
            "{entity} is a city in {value}.",
        ),
        "river": Relation(
            made_up_name,
            [
                "The river {value} flows through {entity}.",
                "{entity} lies on the river {value}.",
            ],
            [
                "Which river flows through {entity}?",
                "What is the name of the river in {entity}?",
            ],
            "The river {value} flows through {entity}.",
        ),
        "population": Relation(
            lambda rng: digits(rng, rng.choice((5, 6))),
            ["{entity} has {value} inhabitants.", "The population of {entity} is {value}."],
            [
                "How many inhabitants does {entity} have?",
                "What is the population of {entity}?",
            ],
            "{entity} has {value} inhabitants.",
        ),
        "mayor": Relation(
            person,
            ["The mayor of {entity} is {value}.", "{value} is the mayor of {entity}."],
            ["Who is the mayor of {entity}?", "What is the name of the mayor of {entity}?"],
            "The mayor of {entity} is {value}.",
        ),
    },
    "item": {
        "price": Relation(
            lambda rng: str(rng.randrange(3, 2000)),
            ["{entity} costs {value} dollars.", "The price of {entity} is {value} dollars."],
            ["How much does {entity} cost?", "What is the price of {entity}?"],
            "{entity} costs {value} dollars.",
        ),
        "stock": Relation(
            lambda rng: str(rng.randrange(2, 500)),
            [
                "There are {value} pieces of {entity} in stock.",
                "The shop has {value} pieces of {entity}.",
            ],
            [
                "How many pieces of {entity} are in stock?",
                "How many pieces of {entity} does the shop have?",
            ],
            "There are {value} pieces of {entity} in stock.",
        ),
        "color": Relation(
            pick(lexicon.COLORS),
            ["The color of {entity} is {value}.", "{entity} comes in {value}."],
            ["What color is {entity}?", "What is the color of {entity}?"],
            "The color of {entity} is {value}.",
        ),
    },
}

_ENTITY_MAKERS: dict[str, Maker[str]] = {
    "person": person,
    "company": company,
    "city": made_up_city,
    "item": lambda rng: "the " + key_phrase(rng),
}
_KINDS_DRAWN = ("person", "person", "person", "company", "company", "city", "city", "item")

# Questions that need two facts: about the company and about the city of a person.
_COMPANY_QUESTIONS = {
    "seat": "In which city is the head office of the company that {person} works for?",
    "product": "What does the company of {person} make?",
    "founder": "Who founded the company that {person} works for?",
}
_CITY_QUESTIONS = {
    "country": "In which country does {person} live?",
    "mayor": "Who is the mayor of the city where {person} lives?",
    "river": "Which river flows through the city where {person} lives?",
}


@dataclass(frozen=True)
class Fact:
    """One relation of one entity."""

    kind: str
    entity: str
    relation_name: str
    value: str

    @property
    def relation(self) -> Relation:
        return RELATIONS[self.kind][self.relation_name]

    @property
    def answer(self) -> str:
        return self.relation.format_answer(self.entity, self.value)


class Facts(FactGroup):
    """Facts about entities; with `two_hop`, some questions need two of them."""

    def __init__(self, rng: Random, count: int, two_hop: bool = False) -> None:
        """Draw `count` facts, or with `two_hop` the facts around `count` people."""
        self.facts: list[Fact] = []
        self.sentences: list[str] = []
        self.two_hop_exchanges: list[Exchange] = []
        counts = {
            "person": count,
            "company": (count + 1) // 2,
            "city": (count + 1) // 2,
            "item": (count + 1) // 3,
        }
        entities = {
            kind: unique(_bind(_ENTITY_MAKERS[kind], rng), max(1, number))
            for kind, number in counts.items()
        }
        if two_hop:
            self._draw_two_hop(rng, entities["person"], entities["company"], entities["city"])
        else:
            self._draw_facts(rng, count, entities)
        rng.shuffle(self.sentences)

    def _draw_facts(self, rng: Random, count: int, entities: dict[str, list[str]]) -> None:
        for _ in range(count):
            kind = rng.choice(_KINDS_DRAWN)
            entity = rng.choice(entities[kind])
            name = rng.choice(list(RELATIONS[kind]))
            stated = ((fact.kind, fact.entity, fact.relation_name) for fact in self.facts)
            if (kind, entity, name) not in stated:
                value = RELATIONS[kind][name].make_value(rng)
                self._state(rng, Fact(kind, entity, name, value))

    def _draw_two_hop(
        self, rng: Random, people: list[str], companies: list[str], cities: list[str]
    ) -> None:
        """People with a company and a city each, and one relation of the companies and cities."""
        company_of = {name: rng.choice(companies) for name in people}
        city_of = {name: rng.choice(cities) for name in people}
        facts: dict[tuple[str, str], Fact] = {}
        for name in companies:
            values = {
                "seat": rng.choice(cities),
                "product": rng.choice(lexicon.PRODUCTS),
                "founder": person(rng),
            }
            for relation, value in values.items():
                facts[name, relation] = Fact("company", name, relation, value)
        for name in cities:
            values = {
                "country": country(rng),
                "mayor": person(rng),
                "river": made_up_name(rng),
            }
            for relation, value in values.items():
                facts[name, relation] = Fact("city", name, relation, value)
        company_relation = rng.choice(("seat", "product", "founder"))
        city_relation = rng.choice(("country", "mayor", "river"))
        for name in people:
            works = Fact("person", name, "company", company_of[name])
            lives = Fact("person", name, "city", city_of[name])
            self._state(rng, works)
            self._state(rng, lives)
            self._add_two_hop(
                _COMPANY_QUESTIONS[company_relation], works, facts[works.value, company_relation]
            )
            self._add_two_hop(
                _CITY_QUESTIONS[city_relation], lives, facts[lives.value, city_relation]
            )
        for name in companies:
            self._state(rng, facts[name, company_relation])
        for name in cities:
            self._state(rng, facts[name, city_relation])

    def _state(self, rng: Random, fact: Fact) -> None:
        template = rng.choice(fact.relation.statements)
        self.facts.append(fact)
        self.sentences.append(capitalize(template.format(entity=fact.entity, value=fact.value)))

    def _add_two_hop(self, question: str, first: Fact, second: Fact) -> None:
        answer = f"{first.answer.removesuffix('.')}, and {lower_the(second.answer)}"
        self.two_hop_exchanges.append(Exchange(question.format(person=first.entity), answer))

    def ask(self, rng: Random) -> Exchange:
        if self.two_hop_exchanges and rng.random() < 0.6:
            return self.ask_two_hop(rng)
        fact = rng.choice(self.facts)
        question = rng.choice(fact.relation.questions).format(entity=fact.entity)
        if rng.random() < 0.15:
            hint = rng.choice([" Answer in a few words.", " Give a short answer."])
            return Exchange(question + hint, capitalize(fact.value))
        return Exchange(question, capitalize(fact.answer))

    def ask_two_hop(self, rng: Random) -> Exchange:
        """Ask a question that needs two facts."""
        return rng.choice(self.two_hop_exchanges)


def lower_the(sentence: str) -> str:
    """A sentence that goes on inside another one: a leading "The" in lower case."""
    return "t" + sentence[1:] if sentence.startswith("The ") else sentence


def _bind(make: Maker[str], rng: Random) -> Callable[[], str]:
    return lambda: make(rng)
