"""Writer for GGUF files, version 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"GGUF"
_VERSION = 3
_ALIGNMENT = 32  # bytes; the default, which the metadata need not state
_BLOCK = 32  # weights of a Q8_0 block

# Types of metadata values.
_UINT32 = 4
_INT32 = 5
_FLOAT32 = 6
_BOOL = 7
_STRING = 8
_ARRAY = 9


class TensorType(IntEnum):
    """Types of tensors, as ggml numbers them."""

    F32 = 0
    F16 = 1
    Q8_0 = 8


@dataclass(frozen=True)
class Tensor:
    """A tensor as it is stored; the last dimension of `shape` is the contiguous one."""

    name: str
    shape: tuple[int, ...]
    type: TensorType
    data: bytes


def uint32(value: int) -> bytes:
    return struct.pack("<II", _UINT32, value)


def float32(value: float) -> bytes:
    return struct.pack("<If", _FLOAT32, value)


def boolean(value: bool) -> bytes:
    return struct.pack("<I?", _BOOL, value)


def string(value: str) -> bytes:
    return struct.pack("<I", _STRING) + _pack_string(value)


def strings(values: Sequence[str]) -> bytes:
    header = struct.pack("<IIQ", _ARRAY, _STRING, len(values))
    return header + b"".join(map(_pack_string, values))


def int32s(values: Sequence[int]) -> bytes:
    return struct.pack(f"<IIQ{len(values)}i", _ARRAY, _INT32, len(values), *values)


def f32_tensor(name: str, values: NDArray[np.float16]) -> Tensor:
    return Tensor(name, values.shape, TensorType.F32, values.astype("<f4").tobytes())


def f16_tensor(name: str, values: NDArray[np.float16]) -> Tensor:
    return Tensor(name, values.shape, TensorType.F16, values.astype("<f2").tobytes())


def q8_0_tensor(name: str, values: NDArray[np.float16]) -> Tensor:
    """Quantise rows of a multiple of 32 weights: an f16 scale and 32 signed bytes a block.

    As in ggml's reference quantiser, the weights are divided by the f32 scale, before it is rounded
    to f16, and halves are rounded away from zero.
    """
    blocks = values.astype(np.float32).reshape(-1, _BLOCK)
    scales = np.abs(blocks).max(axis=1) / 127.0
    inverse = np.where(scales > 0, 1.0 / np.where(scales > 0, scales, 1), 0)[:, None]
    stored = np.empty(len(blocks), dtype=[("scale", "<f2"), ("weights", "i1", _BLOCK)])
    stored["scale"] = scales.astype(np.float16)
    stored["weights"] = np.trunc(blocks * inverse + np.copysign(0.5, blocks)).astype(np.int8)
    return Tensor(name, values.shape, TensorType.Q8_0, stored.tobytes())


def write_gguf(path: Path, metadata: Mapping[str, bytes], tensors: Sequence[Tensor]) -> None:
    """Write a file; the metadata values come from the packing functions above."""
    header = _MAGIC + struct.pack("<IQQ", _VERSION, len(tensors), len(metadata))
    for key, value in metadata.items():
        header += _pack_string(key) + value
    offset = 0
    for tensor in tensors:
        dimensions = tuple(reversed(tensor.shape))
        header += _pack_string(tensor.name)
        header += struct.pack(f"<I{len(dimensions)}Q", len(dimensions), *dimensions)
        header += struct.pack("<IQ", tensor.type, offset)
        offset += len(_pad(tensor.data))
    with path.open("wb") as file:
        file.write(_pad(header))
        for tensor in tensors:
            file.write(_pad(tensor.data))


def _pack_string(value: str) -> bytes:
    data = value.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _pad(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % _ALIGNMENT)
