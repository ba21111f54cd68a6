"""Lists of repeated words, of which the most frequent ones are asked for."""

from random import Random

from pebble.corpus.facts.group import Exchange, FactBlock
from pebble.corpus.values import Maker, common_word, pseudo_word, unique
from pebble.tokenizer import Tokenizer


class WordCounts(FactBlock):
    """A shuffled list in which three words stand out, by margins that can be told apart."""

    def __init__(self, rng: Random, tokenizer: Tokenizer, budget: int) -> None:
        """Fill about `budget` tokens."""
        made_up: Maker[str] = lambda rng: pseudo_word(rng, 2)
        make_word = made_up if rng.random() < 0.5 else common_word
        rare_count = max(12, min(40, budget // 60))
        words = unique(lambda: make_word(rng), 3 + rare_count)
        self.top = words[:3]  # the most frequent first
        rare = words[3:]
        mean_length = sum(len(tokenizer.encode(" " + word)) for word in words) / len(words)
        total = max(30, int((budget - 30) / (mean_length * 1.05)))
        shares = (rng.uniform(0.24, 0.30), rng.uniform(0.15, 0.18), rng.uniform(0.09, 0.11))
        counts = [int(total * share) for share in shares]
        sequence = [word for word, count in zip(self.top, counts) for _ in range(count)]
        sequence += [rare[i % rare_count] for i in range(total - sum(counts))]
        rng.shuffle(sequence)
        while len(tokenizer.encode(" ".join(sequence))) > budget:
            sequence = sequence[: int(len(sequence) * 0.95)]
        self.text = " ".join(sequence)

    def ask(self, rng: Random) -> Exchange:
        if rng.choice((1, 3, 3)) == 1:
            questions = [
                "Which word is the most frequent in the list?",
                "What is the most common word in the list?",
            ]
            return Exchange(rng.choice(questions), f"The most frequent word is {self.top[0]}.")
        questions = [
            "What are the three most frequent words in the list?",
            "Name the three most common words in the list.",
            "Which three words appear most often?",
        ]
        return Exchange(
            rng.choice(questions), f"The most frequent words are {', '.join(self.top)}."
        )
