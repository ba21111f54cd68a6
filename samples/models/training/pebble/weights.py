"""Trained weights on disk: `weights.npz` in f16, and `model.json` with what made them.

The arrays have the names of the tensors in the GGUF file, so that nothing has to be mapped.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pebble.config import ModelConfig

Arrays = dict[str, NDArray[np.float16]]


@dataclass(frozen=True)
class TrainedModel:
    """The weights of a model after `steps` steps and `tokens` tokens of its last phase."""

    config: ModelConfig
    steps: int
    tokens: int
    arrays: Arrays


def save_weights(folder: Path, model: TrainedModel) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "weights.npz", **model.arrays)
    description = {
        "config": asdict(model.config),
        "steps": model.steps,
        "tokens": model.tokens,
    }
    (folder / "model.json").write_text(json.dumps(description, indent=2) + "\n")


def load_weights(folder: Path) -> TrainedModel:
    description = json.loads((folder / "model.json").read_text())
    with np.load(folder / "weights.npz") as archive:
        arrays = {name: archive[name] for name in archive.files}
    return TrainedModel(
        config=ModelConfig(**description["config"]),
        steps=description["steps"],
        tokens=description["tokens"],
        arrays=arrays,
    )
