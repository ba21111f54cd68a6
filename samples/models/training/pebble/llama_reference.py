"""Reference data for the comparison with llama.cpp: token ids and next-token probabilities.

    python -m pebble.llama_reference build/phase-3 build/evaluation.json build/reference.json

The probabilities are those of the weights in f32 arithmetic on the CPU.
"""

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any

import torch

from pebble.model import Transformer
from pebble.tokenizer import Tokenizer
from pebble.weights import load_weights

_TOP_TOKENS = 20
_PROMPT_COUNT = 60
_RANDOM_STRING_COUNT = 200
_AWKWARD_STRINGS = [
    "Hello, world!",
    "  two  spaces\n\n\nlines\t\ttabs \n x",
    "Zoë saw São Paulo — 東京 😀 1234567890 ½ ² x²",
    "don't I'LL we've 3.14 a_b-c/d {\"k\": [1, 22, 333, 4444]}",
    '<tool_call>\n{"name": "x"}\n</tool_call><|im_end|>\n',
    "Ünïcödé тест ελληνικά العربية हिन्दी 한국어",
    "\r\nwindows\r\n\r\nline",
    "'s 'S it's IT'S",
    "a" * 50,
    "!!!???...,,,\n\n;;",
    " leading and trailing  ",
    "x\u00a0y\u200bz",
    "0 00 000 0000 00000",
]


def _random_string(rng: Random) -> str:
    """ASCII, Latin to Arabic, CJK, line feeds and emoji."""

    def random_char() -> str:
        candidates = (
            rng.randrange(32, 127),
            rng.randrange(32, 127),
            rng.randrange(160, 0x800),
            rng.randrange(0x4E00, 0x9000),
            ord("\n"),
            ord(" "),
            0x1F600 + rng.randrange(60),
        )
        return chr(rng.choice(candidates))

    return "".join(random_char() for _ in range(rng.randrange(1, 60)))


def _tokenized_strings(tokenizer: Tokenizer, prompts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rng = Random(5)
    texts = [*_AWKWARD_STRINGS]
    texts += [item["prompt"] + item["answer"] for item in rng.sample(prompts, _PROMPT_COUNT)]
    texts += [_random_string(rng) for _ in range(_RANDOM_STRING_COUNT)]
    return [{"text": text, "ids": tokenizer.encode(text)} for text in texts]


def _top_tokens(
    model: Transformer, tokenizer: Tokenizer, prompts: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The likeliest tokens after the first two of the answer, for six prompts."""
    short = [item for item in prompts if item["length"] in (512, 1024)][::210]
    long = [item for item in prompts if item["length"] == 2048][::160]
    results = []
    for item in short + long:
        ids = tokenizer.encode(item["prompt"]) + tokenizer.encode(item["answer"])[:2]
        top = model.next_token_probabilities(torch.tensor(ids)).topk(_TOP_TOKENS)
        likeliest = list(zip(top.indices.tolist(), top.values.tolist()))
        results.append({"ids": ids, "likeliest": likeliest})
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="folder that the trainer wrote")
    parser.add_argument("evaluation", type=Path, help="the held-out prompts")
    parser.add_argument("output", type=Path, help="JSON file to write")
    arguments = parser.parse_args()
    tokenizer = Tokenizer()
    trained = load_weights(arguments.weights)
    model = Transformer(trained.config, torch.device("cpu"), seed=0)
    model.load_parameters(trained.arrays)
    prompts = json.loads(arguments.evaluation.read_text(encoding="utf-8"))
    reference = {
        "strings": _tokenized_strings(tokenizer, prompts),
        "probabilities": _top_tokens(model, tokenizer, prompts),
    }
    arguments.output.write_text(json.dumps(reference, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
