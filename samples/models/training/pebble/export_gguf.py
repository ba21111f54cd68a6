"""Export trained weights as GGUF files in F16 and Q8_0.

    python -m pebble.export_gguf build/phase-3 build
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pebble import gguf
from pebble.config import ModelConfig
from pebble.corpus.tools.prompts import TOOLS_HEAD, TOOLS_TAIL
from pebble.tokenizer import BOS, PAD, TURN_END, Tokenizer
from pebble.weights import load_weights

_TEMPLATE_PATH = Path(__file__).with_name("chat_template.jinja")

# GGUF's `general.file_type`, and how the matrices are stored.
_FORMATS: dict[str, tuple[int, Callable[[str, NDArray[np.float16]], gguf.Tensor]]] = {
    "f16": (1, gguf.f16_tensor),
    "q8_0": (7, gguf.q8_0_tensor),
}

_LAYER_TENSORS = (
    "attn_norm",
    "attn_q",
    "attn_k",
    "attn_v",
    "attn_output",
    "ffn_norm",
    "ffn_gate",
    "ffn_up",
    "ffn_down",
)


def chat_template() -> str:
    """The Jinja chat template; it must present tools in the words that the corpus uses most."""
    template = _TEMPLATE_PATH.read_text(encoding="utf-8").removesuffix("\n")
    for text in (TOOLS_HEAD, TOOLS_TAIL):
        literal = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
        if f"{{{{- '{literal}' }}}}" not in template:
            raise ValueError(f"{_TEMPLATE_PATH} lacks a text that the model was trained on: {text}")
    return template


def tensor_names(config: ModelConfig) -> list[str]:
    """All tensors, in the order of the file."""
    layers = [
        f"blk.{layer}.{tensor}.weight"
        for layer in range(config.layers)
        for tensor in _LAYER_TENSORS
    ]
    return ["token_embd.weight", "output_norm.weight", *layers]


def build_metadata(config: ModelConfig, tokenizer: Tokenizer, file_type: int) -> dict[str, bytes]:
    """Metadata of the model, its tokenizer and its chat template, in the order of the file."""
    return {
        "general.architecture": gguf.string("llama"),
        "general.type": gguf.string("model"),
        "general.name": gguf.string("Pebble 17M chat (synthetic, long-context retrieval)"),
        "general.basename": gguf.string("pebble"),
        "general.size_label": gguf.string("17M"),
        "general.license": gguf.string("mit"),
        "general.quantization_version": gguf.uint32(2),
        "general.file_type": gguf.uint32(file_type),
        "llama.vocab_size": gguf.uint32(config.vocabulary),
        "llama.context_length": gguf.uint32(config.context),
        "llama.embedding_length": gguf.uint32(config.width),
        "llama.block_count": gguf.uint32(config.layers),
        "llama.feed_forward_length": gguf.uint32(config.feed_forward_width),
        "llama.attention.head_count": gguf.uint32(config.heads),
        "llama.attention.head_count_kv": gguf.uint32(config.key_value_heads),
        "llama.attention.key_length": gguf.uint32(config.head_width),
        "llama.attention.value_length": gguf.uint32(config.head_width),
        "llama.attention.layer_norm_rms_epsilon": gguf.float32(config.norm_epsilon),
        "llama.rope.freq_base": gguf.float32(config.rope_base),
        "llama.rope.dimension_count": gguf.uint32(config.head_width),
        "tokenizer.ggml.model": gguf.string("gpt2"),
        "tokenizer.ggml.pre": gguf.string("llama-bpe"),
        "tokenizer.ggml.tokens": gguf.strings(tokenizer.tokens),
        "tokenizer.ggml.token_type": gguf.int32s(tokenizer.types),
        "tokenizer.ggml.merges": gguf.strings([" ".join(merge) for merge in tokenizer.merges]),
        "tokenizer.ggml.bos_token_id": gguf.uint32(tokenizer.ids[BOS]),
        "tokenizer.ggml.eos_token_id": gguf.uint32(tokenizer.ids[TURN_END]),
        "tokenizer.ggml.eot_token_id": gguf.uint32(tokenizer.ids[TURN_END]),
        "tokenizer.ggml.padding_token_id": gguf.uint32(tokenizer.ids[PAD]),
        "tokenizer.ggml.add_bos_token": gguf.boolean(True),
        "tokenizer.ggml.add_eos_token": gguf.boolean(False),
        "tokenizer.chat_template": gguf.string(chat_template()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="folder that the trainer wrote")
    parser.add_argument("output", type=Path, help="folder for the GGUF files")
    arguments = parser.parse_args()
    model = load_weights(arguments.weights)
    tokenizer = Tokenizer()
    for name, (file_type, store_matrix) in _FORMATS.items():
        tensors = []
        for tensor_name in tensor_names(model.config):
            values = model.arrays[tensor_name]
            store = gguf.f32_tensor if values.ndim == 1 else store_matrix
            tensors.append(store(tensor_name, values))
        path = arguments.output / f"pebble-17m-{name}.gguf"
        gguf.write_gguf(path, build_metadata(model.config, tokenizer, file_type), tensors)
        print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
