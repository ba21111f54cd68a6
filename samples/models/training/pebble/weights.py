"""Trained weights on disk: `weights.npz` in f16, and `model.json` with what made them.

The arrays have the names of the tensors in the GGUF file, so that nothing has to be mapped.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pebble.config import ModelConfig

Arrays = dict[str, NDArray[np.float16]]


@dataclass(frozen=True)
class Checkpoint:
    """The weights of a model after `steps` steps and `tokens` tokens of its last phase."""

    config: ModelConfig
    steps: int
    tokens: int
    arrays: Arrays


def save_weights(folder: Path, checkpoint: Checkpoint) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    arrays: Mapping[str, NDArray[np.float16]] = checkpoint.arrays
    np.savez(folder / "weights.npz", **arrays)
    description = {
        "config": asdict(checkpoint.config),
        "steps": checkpoint.steps,
        "tokens": checkpoint.tokens,
    }
    (folder / "model.json").write_text(json.dumps(description, indent=2) + "\n")


def load_weights(folder: Path) -> Checkpoint:
    description = json.loads((folder / "model.json").read_text())
    with np.load(folder / "weights.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    return Checkpoint(
        config=ModelConfig(**description["config"]),
        steps=description["steps"],
        tokens=description["tokens"],
        arrays=arrays,
    )
