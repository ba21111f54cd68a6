"""Accuracy of a model in training on the held-out prompts."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from pebble.model import Transformer
from pebble.tokenizer import TURN_END, Tokenizer

# Of each family, at each length: the share of prompts that are answered exactly.
Accuracies = dict[str, dict[int, float]]


@dataclass(frozen=True)
class _Example:
    family: str
    length: int
    prompt: list[int]
    answer: list[int]


class Evaluation:
    """Exact match of the greedy answers, by teacher forcing.

    That every argmax is right when the model is given the expected answer is the same event as that
    greedy decoding gives this answer, and it takes one pass.
    """

    def __init__(self, path: Path, tokenizer: Tokenizer, tokens_per_batch: int) -> None:
        """Read prompts as `evaluation_prompts` makes them, without those longer than a batch."""
        self._tokens_per_batch = tokens_per_batch
        self._pad = tokenizer.pad
        self._examples: defaultdict[int, list[_Example]] = defaultdict(list)
        for item in json.loads(path.read_text(encoding="utf-8")):
            if item["length"] <= tokens_per_batch:
                example = _Example(
                    family=item["family"],
                    length=item["length"],
                    prompt=tokenizer.encode(item["prompt"]),
                    answer=tokenizer.encode(item["answer"] + TURN_END),
                )
                self._examples[example.length].append(example)

    @torch.no_grad()
    def measure(self, model: Transformer, device: torch.device) -> Accuracies:
        hits: defaultdict[str, defaultdict[int, list[bool]]]
        hits = defaultdict(lambda: defaultdict(list))
        for length, examples in sorted(self._examples.items()):
            # Batches of the size used in training, so that nothing is compiled again.
            rows = self._tokens_per_batch // length
            for start in range(0, len(examples), rows):
                batch = examples[start : start + rows]
                for example, hit in zip(batch, self._answered(model, device, batch, rows)):
                    hits[example.family][length].append(hit)
        return {
            family: {length: float(np.mean(values)) for length, values in by_length.items()}
            for family, by_length in hits.items()
        }

    def _answered(
        self, model: Transformer, device: torch.device, examples: list[_Example], rows: int
    ) -> list[bool]:
        """Whether each example, all of one length, is answered exactly."""
        length = examples[0].length
        ids = np.full((rows, length), self._pad, np.int64)
        targets = np.full((rows, length), self._pad, np.int64)
        weights = np.zeros((rows, length), np.float32)
        for row, example in enumerate(examples):
            tokens = example.prompt + example.answer
            ids[row, : len(tokens) - 1] = tokens[:-1]
            targets[row, : len(tokens) - 1] = tokens[1:]
            weights[row, len(example.prompt) - 1 : len(tokens) - 1] = 1
        inputs = [torch.from_numpy(array).to(device).view(-1) for array in (ids, targets, weights)]
        _, correct = model.forward(inputs[0], inputs[1], inputs[2], length)
        correct_rows = correct.view(rows, length).cpu().numpy()
        return [
            bool((correct_rows[row] | (weights[row] == 0)).all()) for row in range(len(examples))
        ]


def format_accuracies(accuracies: Accuracies) -> str:
    """One line: every family with its percentages at the lengths from short to long."""
    return " | ".join(
        family + " " + "/".join(f"{100 * value:.0f}" for value in by_length.values())
        for family, by_length in accuracies.items()
    )
