"""Items of a category that a text mentions in passing: "There was a heron in the garden." """

from random import Random

from pebble.corpus import lexicon
from pebble.corpus.facts.group import Exchange, FactGroup
from pebble.corpus.values import fix_articles

_STATEMENTS = [
    "Someone saw a {item} near the {place}.",
    "There was a {item} in the {place}.",
    "The {role} talked about a {item}.",
    "A {item} was drawn on the {object}.",
    "In the {place} the {role} noticed a {item}.",
    "The word {item} was written on the {object}.",
    "Next to the {object} there was a {item}.",
]


class CategoryItems(FactGroup):
    """Items of one category, all of which are asked for."""

    def __init__(self, rng: Random, count: int) -> None:
        self.category = rng.choice(list(lexicon.CATEGORIES))
        candidates = lexicon.CATEGORIES[self.category]
        self.items = rng.sample(candidates, min(count, len(candidates)))
        self.sentences = []
        for item in self.items:
            sentence = rng.choice(_STATEMENTS).format(
                item=item,
                place=rng.choice(lexicon.PLACES),
                role=rng.choice(lexicon.ROLES),
                object=rng.choice(lexicon.OBJECTS),
            )
            self.sentences.append(fix_articles(sentence))

    def ask(self, rng: Random) -> Exchange:
        questions = [
            f"List all the {self.category}s mentioned in the text.",
            f"Which {self.category}s are mentioned in the text?",
            f"Name every {self.category} in the text, in order.",
        ]
        return Exchange(
            rng.choice(questions), f"The {self.category}s are: {', '.join(self.items)}."
        )
