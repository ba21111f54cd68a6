"""Byte-level BPE tokenizer: GPT-2 byte alphabet, `llama-bpe` pre-tokenizer as in llama.cpp.

The pre-tokenizer cuts digits into groups of up to three from the left, and all 1110 such groups are
in the vocabulary, so a number always has the same few tokens. A pre-token that is in the vocabulary
as a whole is taken whole, without looking at the merges (llama.cpp's `ignore_merges`).
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path

import regex

DEFAULT_PATH = Path(__file__).resolve().parent.parent / "tokenizer.json"

# Token types of GGUF's `tokenizer.ggml.token_type`.
NORMAL = 1
CONTROL = 3
USER_DEFINED = 4
UNUSED = 5

BOS = "<|bos|>"
END_OF_TEXT = "<|endoftext|>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
PAD = "<|pad|>"

SPECIAL_TOKENS: dict[str, int] = {
    BOS: CONTROL,
    END_OF_TEXT: CONTROL,
    TURN_START: CONTROL,
    TURN_END: CONTROL,
    PAD: CONTROL,
    "<tool_call>": USER_DEFINED,
    "</tool_call>": USER_DEFINED,
    "<tool_response>": USER_DEFINED,
    "</tool_response>": USER_DEFINED,
    "<tools>": USER_DEFINED,
    "</tools>": USER_DEFINED,
}

SPECIAL_PATTERN = re.compile(
    "(" + "|".join(re.escape(text) for text in sorted(SPECIAL_TOKENS, key=len, reverse=True)) + ")"
)

_UNICODE_PATTERN = regex.compile(
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
    r"|[^\r\n\p{L}\p{N}]?\p{L}+"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
# The same cuts for ASCII text, by the standard library: nearly all of the corpus is ASCII, and
# cutting it is what the data workers spend most of their time on.
_ASCII_PATTERN = re.compile(
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    r"|[^\r\nA-Za-z0-9]?[A-Za-z]+"
    r"|[0-9]{1,3}"
    r"| ?[^\sA-Za-z0-9]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)

_CACHE_LIMIT = 400_000  # pre-tokens


def _byte_alphabet() -> dict[int, str]:
    """GPT-2's printable character for every byte: itself where printable, else from U+0100 on."""
    printable = {*range(33, 127), *range(161, 173), *range(174, 256)}
    alphabet = {}
    replaced = 0
    for byte in range(256):
        if byte in printable:
            alphabet[byte] = chr(byte)
        else:
            alphabet[byte] = chr(256 + replaced)
            replaced += 1
    return alphabet


BYTE_TO_CHAR = _byte_alphabet()
CHAR_TO_BYTE = {char: byte for byte, char in BYTE_TO_CHAR.items()}


def pre_tokenize(text: str) -> list[str]:
    """Cut text into the pieces that BPE works on; joined, they are the text."""
    pattern = _ASCII_PATTERN if text.isascii() else _UNICODE_PATTERN
    return pattern.findall(text)


def to_byte_chars(text: str) -> str:
    """Text as its UTF-8 bytes, each written as its character of the byte alphabet."""
    return "".join(BYTE_TO_CHAR[byte] for byte in text.encode("utf-8"))


class Tokenizer:
    """Encoder and decoder for a vocabulary file: JSON with `tokens`, `types` and `merges`."""

    def __init__(self, path: Path | str = DEFAULT_PATH) -> None:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        self.tokens: list[str] = data["tokens"]
        self.types: list[int] = data["types"]
        self.merges: list[tuple[str, str]] = [(left, right) for left, right in data["merges"]]
        self.ids = {token: index for index, token in enumerate(self.tokens)}
        self.bos = self.ids[BOS]
        self.turn_end = self.ids[TURN_END]
        self.pad = self.ids[PAD]
        self._ranks = {merge: rank for rank, merge in enumerate(self.merges)}
        self._cache: dict[str, list[int]] = {}
        self._bytes = [
            token.encode() if kind in (CONTROL, USER_DEFINED) else _token_bytes(token)
            for token, kind in zip(self.tokens, self.types)
        ]

    def encode(self, text: str) -> list[int]:
        """Token ids of a text. Special tokens are recognised wherever they stand; none is added."""
        ids: list[int] = []
        if "<" not in text:
            self._encode_plain(text, ids)
            return ids
        for part in SPECIAL_PATTERN.split(text):
            if part in SPECIAL_TOKENS:
                ids.append(self.ids[part])
            elif part:
                self._encode_plain(part, ids)
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Text of token ids; bytes that are not valid UTF-8 become U+FFFD."""
        return b"".join(self._bytes[index] for index in ids).decode("utf-8", errors="replace")

    def _encode_plain(self, text: str, ids: list[int]) -> None:
        for word in pre_tokenize(text):
            word_ids = self._cache.get(word)
            if word_ids is None:
                word_ids = self._encode_word(word)
                if len(self._cache) < _CACHE_LIMIT:
                    self._cache[word] = word_ids
            ids += word_ids

    def _encode_word(self, word: str) -> list[int]:
        """Apply the merges to one pre-token, always the one of the lowest rank, leftmost first."""
        chars = to_byte_chars(word)
        if chars in self.ids:
            return [self.ids[chars]]
        parts = list(chars)
        while len(parts) > 1:
            ranked = [
                (rank, position)
                for position, pair in enumerate(zip(parts, parts[1:]))
                if (rank := self._ranks.get(pair)) is not None
            ]
            if not ranked:
                break
            _, position = min(ranked)
            parts[position : position + 2] = [parts[position] + parts[position + 1]]
        return [self.ids[part] for part in parts]


def _token_bytes(token: str) -> bytes:
    return bytes(CHAR_TO_BYTE[char] for char in token)
