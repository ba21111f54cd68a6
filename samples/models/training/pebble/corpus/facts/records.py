"""Dense blocks of keys and values, such as a JSON object or a table."""

from random import Random

from pebble.corpus.facts.group import VALUE_ONLY, Exchange, FactBlock
from pebble.corpus.values import KEY_MAKERS, Maker, code, digits, secret_word
from pebble.tokenizer import Tokenizer

_KEY_KINDS = ("hyphenated", "code", "pseudo-word", "person", "noun", "hex")
_LINES = [
    "Record {key}: {value}",
    '"{key}": "{value}",',
    "line {key}: REGISTER_CONTENT is <{value}>",
    "| {key} | {value} |",
    "{key} = {value}",
    "{key} -> {value};",
]
_JSON = 1
_TABLE = 3


class Records(FactBlock):
    """Lines of one format, each with a key and its value."""

    def __init__(self, rng: Random, tokenizer: Tokenizer, budget: int) -> None:
        """Fill about `budget` tokens, with at least one line."""
        key_kind = rng.choice(_KEY_KINDS)
        make_key = KEY_MAKERS[key_kind]
        number_length = rng.choice((3, 4, 5, 6))
        make_value: Maker[str] = rng.choice(
            (
                lambda rng: digits(rng, number_length),
                lambda rng: digits(rng, number_length),
                secret_word,
                code,
            )
        )
        line_format = rng.randrange(len(_LINES))
        self.rows: list[tuple[str, str]] = []
        lines: list[str] = []
        keys: set[str] = set()
        used = 24
        while used <= budget:
            key = make_key(rng)
            value = make_value(rng)
            if key.lower() in keys:
                if len(keys) > 60 and key_kind == "noun":
                    break  # there are not many more nouns
                continue
            line = _LINES[line_format].format(key=key, value=value)
            used += len(tokenizer.encode(line)) + 1
            if used > budget and lines:
                break
            keys.add(key.lower())
            self.rows.append((key, value))
            lines.append(line)
        self.text = "\n".join(lines)
        if line_format == _JSON:
            self.text = "{\n" + self.text.rstrip(",") + "\n}"
        elif line_format == _TABLE:
            self.text = "| key | value |\n" + self.text

    def ask(self, rng: Random) -> Exchange:
        key, value = rng.choice(self.rows)
        questions = [
            f"What is the value of {key}?",
            f"Which value belongs to {key}?",
            f"Look up {key}.",
            f"Find the value of {key}.",
            f"What is the value for the key {key}?",
        ]
        question = rng.choice(questions)
        if rng.random() < 0.3:
            return Exchange(question + rng.choice(VALUE_ONLY), value)
        return Exchange(question, f"The value of {key} is {value}.")
