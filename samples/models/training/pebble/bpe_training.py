"""Learn a BPE vocabulary from text."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from pathlib import Path

from pebble.tokenizer import (
    BYTE_TO_CHAR,
    NORMAL,
    SPECIAL_PATTERN,
    SPECIAL_TOKENS,
    UNUSED,
    pre_tokenize,
    to_byte_chars,
)

_LETTERS = re.compile(r"[A-Za-z]+$")
_SPACE = BYTE_TO_CHAR[ord(" ")]
_DIGITS = "0123456789"
_DIGIT_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_DIGIT_TRIPLES = [pair + digit for pair in _DIGIT_PAIRS for digit in _DIGITS]

Pair = tuple[str, str]


def train_bpe(
    texts: Iterable[str],
    size: int,
    space_joined: int,
    capitalized: Collection[str],
    path: Path,
) -> None:
    """Write a vocabulary of `size` tokens, learned from `texts`, to a JSON file.

    The character before a word (a space, a quotation mark, a hyphen) is not counted with it, so
    that a word has the same tokens wherever it stands, and copying a name from prose into JSON is
    copying the same tokens. After the merges learned from counts come `space_joined` ones that join
    a space and a frequent whole word: a lower-case one, or one of `capitalized`.
    """
    counts, spaced_counts = _count_words(texts)
    merge_count = (
        size
        - len(BYTE_TO_CHAR)
        - len(_DIGIT_PAIRS)
        - len(_DIGIT_TRIPLES)
        - len(SPECIAL_TOKENS)
        - space_joined
    )
    merges = _learn_merges(counts, merge_count)
    tokens = [BYTE_TO_CHAR[byte] for byte in range(256)]
    tokens += dict.fromkeys(left + right for left, right in merges)
    known = set(tokens)

    joined = 0
    for word, _ in spaced_counts.most_common():
        if joined == space_joined:
            break
        if word in known and (word.islower() or word in capitalized):
            merges.append((_SPACE, word))
            tokens.append(_SPACE + word)
            known.add(_SPACE + word)
            joined += 1

    tokens += _DIGIT_PAIRS + _DIGIT_TRIPLES
    # For tokenizers that do not take whole words from the vocabulary.
    merges += [(pair[0], pair[1]) for pair in _DIGIT_PAIRS]
    merges += [(triple[:2], triple[2]) for triple in _DIGIT_TRIPLES]

    types = [NORMAL] * len(tokens) + list(SPECIAL_TOKENS.values())
    tokens += SPECIAL_TOKENS
    while len(tokens) < size:
        tokens.append(f"<|unused{len(tokens)}|>")
        types.append(UNUSED)
    path.write_text(json.dumps({"tokens": tokens, "types": types, "merges": merges}))
    print(f"vocabulary {len(tokens)}, merges {len(merges)}, joined with a space {joined}")


def _count_words(texts: Iterable[str]) -> tuple[Counter[str], Counter[str]]:
    """Counts of the pre-tokens without digits, less their leading character, and of those after a
    space."""
    counts: Counter[str] = Counter()
    spaced_counts: Counter[str] = Counter()
    for text in texts:
        for part in SPECIAL_PATTERN.split(text):
            if part in SPECIAL_TOKENS:
                continue
            for word in pre_tokenize(part):
                if any(char.isdigit() for char in word):
                    continue
                if len(word) > 1 and not word[0].isalnum() and _LETTERS.match(word[1:]):
                    if word[0] == " ":
                        spaced_counts[word[1:]] += 1
                    word = word[1:]
                counts[word] += 1
    return counts, spaced_counts


def _learn_merges(counts: Counter[str], merge_count: int) -> list[Pair]:
    """The merges, in order, that greedy BPE makes on the counted words."""
    words = [list(to_byte_chars(word)) for word in counts]
    # Damped, so that rare but useful words get merges too.
    weights = [int(count**0.75) + 1 for count in counts.values()]
    pair_weights: Counter[Pair] = Counter()
    words_with: defaultdict[Pair, set[int]] = defaultdict(set)
    for index, word in enumerate(words):
        for pair in zip(word, word[1:]):
            pair_weights[pair] += weights[index]
            words_with[pair].add(index)

    merges: list[Pair] = []
    while len(merges) < merge_count and pair_weights:
        best, weight = max(pair_weights.items(), key=lambda item: (item[1], item[0]))
        if weight < 2:
            break
        merges.append(best)
        for index in list(words_with[best]):
            for pair in zip(words[index], words[index][1:]):
                pair_weights[pair] -= weights[index]
                if pair_weights[pair] <= 0:
                    del pair_weights[pair]
                words_with[pair].discard(index)
            words[index] = _merge(words[index], best)
            for pair in zip(words[index], words[index][1:]):
                pair_weights[pair] += weights[index]
                words_with[pair].add(index)
    return merges


def _merge(word: list[str], pair: Pair) -> list[str]:
    merged: list[str] = []
    position = 0
    while position < len(word):
        if tuple(word[position : position + 2]) == pair:
            merged.append(word[position] + word[position + 1])
            position += 2
        else:
            merged.append(word[position])
            position += 1
    return merged
