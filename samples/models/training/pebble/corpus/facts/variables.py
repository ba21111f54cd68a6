"""Variable tracking: "VAR AB = 512." and later "VAR CD = VAR AB." """

from random import Random

from pebble.corpus.facts.group import Exchange, FactGroup
from pebble.corpus.values import Maker, digits, letters, pseudo_word, unique

_NAME_MAKERS: tuple[Maker[str], ...] = (
    lambda rng: letters(rng, 3),
    lambda rng: letters(rng, 4),
    lambda rng: letters(rng, 5),
    lambda rng: letters(rng, 1) + digits(rng, 2),
    lambda rng: pseudo_word(rng, 2),
)
# The assignment of a value, and of another variable.
_ASSIGNMENTS = [
    ("VAR {name} = {value}.", "VAR {name} = VAR {source}."),
    ("Let {name} = {value}.", "Let {name} = {source}."),
    ("{name} = {value}.", "{name} = {source}."),
    ("The variable {name} is set to {value}.", "The variable {name} is set to {source}."),
    ("Assign {value} to {name}.", "Assign {source} to {name}."),
]


class Variables(FactGroup):
    """Chains of variables: the first of a chain has a value, each other one that of the last."""

    def __init__(self, rng: Random, chain_count: int, hops: int) -> None:
        make_name = rng.choice(_NAME_MAKERS)
        names = unique(lambda: make_name(rng), chain_count * (hops + 1))
        value_length = rng.choice((3, 5, 5))
        values = unique(lambda: digits(rng, value_length), chain_count)
        first, other = rng.choice(_ASSIGNMENTS)
        self.chains: list[tuple[str, list[str]]] = []  # value, names in order
        statements: list[list[str]] = []
        for index, value in enumerate(values):
            chain = names[index * (hops + 1) : (index + 1) * (hops + 1)]
            self.chains.append((value, chain))
            statements.append(
                [first.format(name=chain[0], value=value)]
                + [other.format(name=name, source=source) for source, name in zip(chain, chain[1:])]
            )
        self.sentences = []
        while any(statements):  # interleave the chains, each in its own order
            chain_statements = rng.choice([rest for rest in statements if rest])
            self.sentences.append(chain_statements.pop(0))

    def ask(self, rng: Random) -> Exchange:
        value, names = rng.choice(self.chains)
        if rng.random() < 0.6:
            return self._ask_names(rng, value, names)
        return self._ask_value(rng, value, names)

    def ask_all_names(self, rng: Random) -> Exchange:
        """Ask for all variables that have a value."""
        value, names = rng.choice(self.chains)
        return self._ask_names(rng, value, names)

    def _ask_names(self, rng: Random, value: str, names: list[str]) -> Exchange:
        questions = [
            f"Which variables have the value {value}?",
            f"Find all variables that are assigned the value {value}.",
            f"List every variable with the value {value}.",
            f"What variables are set to {value}, directly or through another variable?",
        ]
        return Exchange(
            rng.choice(questions), f"The variables with the value {value} are {', '.join(names)}."
        )

    def _ask_value(self, rng: Random, value: str, names: list[str]) -> Exchange:
        """Ask for a variable's value; the answer goes back along the chain."""
        index = rng.randrange(len(names))
        name = names[index]
        steps = [f"{names[i]} = {names[i - 1]}." for i in range(index, 0, -1)]
        steps.append(f"{names[0]} = {value}.")
        if index > 0:
            steps.append(f"So {name} = {value}.")
        questions = [
            f"What is the value of {name}?",
            f"Which value does {name} have?",
            f"What number is {name} equal to?",
        ]
        return Exchange(rng.choice(questions), " ".join(steps))
