"""The model in PyTorch, for training: a llama-style decoder.

Shapes: N is rows times row length, the tokens of a batch in one dimension; D is the width, H and K
are the numbers of query and key/value heads, W is the width of a head.
"""

import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from pebble.config import ModelConfig
from pebble.weights import Arrays

P = ParamSpec("P")
R = TypeVar("R")


class Transformer:
    """Parameters, under their names in the GGUF file, and the loss of a batch.

    On a GPU the parameters are f32 and the arithmetic is bf16; on a CPU both are f32.
    """

    def __init__(self, config: ModelConfig, device: torch.device, seed: int) -> None:
        self._config = config
        self._on_gpu = device.type == "cuda"
        self._dtype = torch.bfloat16 if self._on_gpu else torch.float32
        self.parameters = _initial_parameters(config, device, seed)
        self._cosines, self._sines = self._rope_tables(device)
        self._attention_inputs = self._compile(self._compute_attention_inputs)
        self._layer_output = self._compile(self._compute_layer_output)
        self._loss = self._compile(self._compute_loss)

    def load_parameters(self, arrays: Arrays) -> None:
        """Take over the values of saved weights."""
        for name, array in arrays.items():
            self.parameters[name].data.copy_(torch.from_numpy(array.astype(np.float32)))

    def forward(
        self, ids: Tensor, targets: Tensor, weights: Tensor, row_length: int
    ) -> tuple[Tensor, Tensor]:
        """Weighted mean of the cross entropy, and for every token whether its target is the argmax.

        All inputs have shape (N,).
        """
        return self._loss(
            self._hidden(ids, row_length),
            self.parameters["output_norm.weight"],
            self.parameters["token_embd.weight"],
            targets,
            weights,
        )

    @torch.no_grad()
    def next_token_probabilities(self, ids: Tensor) -> Tensor:
        """Probabilities of the token after one row of ids; shape (vocabulary,)."""
        hidden = self._hidden(ids, ids.shape[0])[-1]
        normalized = self._normalize(hidden, self.parameters["output_norm.weight"])
        embedding = self.parameters["token_embd.weight"].to(self._dtype)
        return F.linear(normalized, embedding).float().softmax(-1)

    def _hidden(self, ids: Tensor, row_length: int) -> Tensor:
        """Output of the last layer; shape (N, D)."""
        rows = ids.shape[0] // row_length

        def tensors(layer: int, *names: str) -> list[Tensor]:
            return [self.parameters[f"blk.{layer}.{name}.weight"] for name in names]

        hidden = F.embedding(ids, self.parameters["token_embd.weight"]).to(self._dtype)
        cosines = self._cosines[:row_length].repeat(rows, 1)
        sines = self._sines[:row_length].repeat(rows, 1)
        for layer in range(self._config.layers):
            inputs = tensors(layer, "attn_norm", "attn_q", "attn_k", "attn_v")
            queries, keys, values = self._attention_inputs(hidden, cosines, sines, *inputs)
            attended = self._attention(queries, keys, values, row_length)
            inputs = tensors(layer, "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")
            hidden = self._layer_output(hidden, attended, *inputs)
        return hidden

    def _compile(self, function: Callable[P, R]) -> Callable[P, R]:
        return torch.compile(function, dynamic=False) if self._on_gpu else function

    def _rope_tables(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Cosines and sines of shape (context, W / 2)."""
        width = self._config.head_width
        exponents = torch.arange(0, width, 2, dtype=torch.float64) / width
        frequencies = 1.0 / (self._config.rope_base**exponents)
        positions = torch.arange(self._config.context, dtype=torch.float64)
        angles = positions[:, None] * frequencies[None]
        return angles.cos().to(device, self._dtype), angles.sin().to(device, self._dtype)

    def _normalize(self, x: Tensor, weight: Tensor) -> Tensor:
        y = x.float()
        y = y * torch.rsqrt(y.pow(2).mean(-1, keepdim=True) + self._config.norm_epsilon)
        return (y * weight).to(self._dtype)

    def _rotate(self, x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        """RoPE on interleaved pairs, as llama.cpp does it for the llama architecture."""
        pairs = x.float().unflatten(-1, (self._config.head_width // 2, 2))
        a, b = pairs.unbind(-1)
        c, s = cosines.float()[:, None], sines.float()[:, None]
        return torch.stack((a * c - b * s, a * s + b * c), -1).flatten(-2).to(self._dtype)

    def _compute_attention_inputs(
        self,
        hidden: Tensor,
        cosines: Tensor,
        sines: Tensor,
        norm: Tensor,
        query: Tensor,
        key: Tensor,
        value: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries of shape (N, H, W), and keys and values of shape (N, K, W)."""
        heads, key_value_heads = self._config.heads, self._config.key_value_heads
        width = self._config.head_width
        projected = F.linear(
            self._normalize(hidden, norm), torch.cat((query, key, value)).to(self._dtype)
        )
        sizes = (heads * width, key_value_heads * width, key_value_heads * width)
        queries, keys, values = projected.split(sizes, -1)
        return (
            self._rotate(queries.unflatten(-1, (heads, width)), cosines, sines),
            self._rotate(keys.unflatten(-1, (key_value_heads, width)), cosines, sines),
            values.unflatten(-1, (key_value_heads, width)).contiguous(),
        )

    def _attention(self, queries: Tensor, keys: Tensor, values: Tensor, row_length: int) -> Tensor:
        """Causal attention within each row; shape (N, H * W)."""
        q, k, v = (
            x.view(-1, row_length, x.shape[1], x.shape[2]).transpose(1, 2)
            for x in (queries, keys, values)
        )
        if self._on_gpu:
            attended = _gpu_attention(q, k, v)
        else:
            attended = _cpu_attention(q, k, v)
        return attended.transpose(1, 2).reshape(queries.shape[0], -1)

    def _compute_layer_output(
        self,
        hidden: Tensor,
        attended: Tensor,
        output: Tensor,
        norm: Tensor,
        gate: Tensor,
        up: Tensor,
        down: Tensor,
    ) -> Tensor:
        """Attention output and feed-forward part of a layer; shape (N, D)."""
        hidden = hidden + F.linear(attended, output.to(self._dtype))
        h = self._normalize(hidden, norm)
        inner = F.silu(F.linear(h, gate.to(self._dtype))) * F.linear(h, up.to(self._dtype))
        return hidden + F.linear(inner, down.to(self._dtype))

    def _compute_loss(
        self, hidden: Tensor, norm: Tensor, embedding: Tensor, targets: Tensor, weights: Tensor
    ) -> tuple[Tensor, Tensor]:
        logits = F.linear(self._normalize(hidden, norm), embedding.to(self._dtype)).float()
        losses = torch.logsumexp(logits, -1) - logits.gather(-1, targets[:, None])[:, 0]
        correct = logits.detach().argmax(-1) == targets
        return (losses * weights).sum() / weights.sum(), correct


def _initial_parameters(config: ModelConfig, device: torch.device, seed: int) -> dict[str, Tensor]:
    """Random matrices and norms of one, all of them leaves that require gradients."""
    generator = torch.Generator().manual_seed(seed)
    width, feed_forward_width = config.width, config.feed_forward_width
    query_width = config.heads * config.head_width
    key_width = config.key_value_heads * config.head_width
    parameters: dict[str, Tensor] = {}

    def add_matrix(name: str, rows: int, columns: int, deviation: float) -> None:
        matrix = torch.randn(rows, columns, generator=generator) * deviation
        parameters[f"{name}.weight"] = matrix.to(device).requires_grad_(True)

    def add_norm(name: str) -> None:
        parameters[f"{name}.weight"] = torch.ones(width, device=device, requires_grad=True)

    deviation = 0.7 / math.sqrt(width)
    # What is added to the residual stream starts smaller.
    residual_deviation = deviation / math.sqrt(2 * config.layers)
    add_matrix("token_embd", config.vocabulary, width, 0.02)
    for layer in range(config.layers):
        block = f"blk.{layer}"
        add_norm(f"{block}.attn_norm")
        add_norm(f"{block}.ffn_norm")
        add_matrix(f"{block}.attn_q", query_width, width, deviation)
        add_matrix(f"{block}.attn_k", key_width, width, deviation)
        add_matrix(f"{block}.attn_v", key_width, width, deviation)
        add_matrix(f"{block}.attn_output", width, query_width, residual_deviation)
        add_matrix(f"{block}.ffn_gate", feed_forward_width, width, deviation)
        add_matrix(f"{block}.ffn_up", feed_forward_width, width, deviation)
        add_matrix(f"{block}.ffn_down", width, feed_forward_width, residual_deviation)
    add_norm("output_norm")
    return parameters


def _gpu_attention(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """cuDNN's fused attention; all shapes are (rows, heads, length, W)."""
    with sdpa_kernel([SDPBackend.CUDNN_ATTENTION]):
        return F.scaled_dot_product_attention(
            queries, keys, values, is_causal=True, enable_gqa=True
        )


def _cpu_attention(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """The same attention, written out."""
    group = queries.shape[1] // keys.shape[1]
    keys = keys.repeat_interleave(group, 1)
    values = values.repeat_interleave(group, 1)
    length, width = queries.shape[-2:]
    scores = (queries @ keys.transpose(-1, -2)) / math.sqrt(width)
    future = torch.ones(length, length, dtype=torch.bool).triu(1)
    scores = scores.masked_fill(future, float("-inf"))
    return scores.softmax(-1) @ values
