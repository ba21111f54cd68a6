"""The shape of the model."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ModelConfig:
    """A llama-style decoder; the output embedding is the input embedding."""

    vocabulary: int = 5120
    width: int = 512
    layers: int = 6
    heads: int = 8
    key_value_heads: int = 4
    head_width: int = 64
    feed_forward_width: int = 1024
    rope_base: float = 500_000.0
    norm_epsilon: float = 1e-5
    context: int = 8192


# Two narrow layers, to try the trainer without a GPU.
TINY = ModelConfig(width=128, layers=2, heads=2, key_value_heads=1, feed_forward_width=256)
