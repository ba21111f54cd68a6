"""Batches of training data, made by worker processes while the GPU trains."""

import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.pool import AsyncResult
from random import Random

import numpy as np
from numpy.typing import NDArray

from pebble.corpus.filler import FillerBank
from pebble.corpus.mixture import draw_row
from pebble.phases import Phase
from pebble.tokenizer import Tokenizer

_LOOK_AHEAD = 64  # batches


@dataclass(frozen=True)
class Batch:
    """Rows of one length: token ids and loss classes of shape (rows, length)."""

    ids: NDArray[np.uint16]
    loss_classes: NDArray[np.uint8]
    context_weight: float  # in the loss


class BatchMaker:
    """Makes the batch of a step: a pure function of the phase's seed and the step."""

    def __init__(self, phase: Phase, tokenizer: Tokenizer) -> None:
        self._phase = phase
        self._bank = FillerBank(tokenizer, phase.seed * 7 + 1, phase.bank_size)

    def make(self, step: int) -> Batch:
        rng = Random(self._phase.seed * 1_000_003 + step)
        stage = self._phase.stage(step)
        (length,) = rng.choices(list(stage.row_lengths), list(stage.row_lengths.values()))
        row_count = self._phase.tokens_per_step // length
        rows = [draw_row(rng, self._bank, length, stage.mixture) for _ in range(row_count)]
        return Batch(
            ids=np.array([ids for ids, _ in rows], np.uint16),
            loss_classes=np.array([classes for _, classes in rows], np.uint8),
            context_weight=stage.context_weight,
        )


# Set in the worker processes, which inherit the maker instead of getting it with every task.
_worker_maker: BatchMaker | None = None


def _start_worker(maker: BatchMaker) -> None:
    global _worker_maker
    _worker_maker = maker
    os.nice(10)


def _make_batch(step: int) -> Batch:
    assert _worker_maker is not None
    return _worker_maker.make(step)


class BatchLoader:
    """The batches of a range of steps, in order, with a bounded look-ahead.

    The worker processes are forked: create the loader before anything that starts CUDA.
    """

    def __init__(self, maker: BatchMaker, steps: range, workers: int) -> None:
        context = multiprocessing.get_context("fork")
        self._pool = context.Pool(workers, initializer=_start_worker, initargs=(maker,))
        self._steps = iter(steps)
        self._pending: deque[AsyncResult[Batch]] = deque()
        self._request()

    def _request(self) -> None:
        while len(self._pending) < _LOOK_AHEAD:
            step = next(self._steps, None)
            if step is None:
                break
            self._pending.append(self._pool.apply_async(_make_batch, (step,)))

    def __iter__(self) -> Iterator[Batch]:
        while self._pending:
            batch = self._pending.popleft().get()
            self._request()
            yield batch

    def close(self) -> None:
        self._pool.terminate()
