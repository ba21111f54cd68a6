"""Train a phase of the model.

    python -m pebble.train phase-1 build/phase-1 --evaluation build/evaluation.json

writes the weights, a checkpoint and the accuracies to `build/phase-1`. A run whose folder holds a
checkpoint goes on from there, so that a phase can be trained in parts with `--stop`. The data of a
step is a pure function of the phase and the step.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pebble.batches import Batch, BatchLoader, BatchMaker
from pebble.evaluation import Accuracies, Evaluation, format_accuracies
from pebble.model import Transformer
from pebble.optimizer import Optimizer
from pebble.phases import PHASES, Phase
from pebble.tokenizer import Tokenizer
from pebble.weights import TrainedModel, load_weights, save_weights

_REPORT_INTERVAL = 100  # steps


class Trainer:
    """A model in training: parameters, optimiser state and step."""

    def __init__(self, phase: Phase, device: torch.device) -> None:
        self.step = 0
        self.phase = phase
        self.device = device
        self.model = Transformer(phase.config, device, phase.seed)
        self._optimizer = Optimizer(self.model.parameters, phase.learning_rate)

    def train(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Do one step; returns the loss and the share of the answer tokens that were right."""
        row_length = batch.ids.shape[1]
        ids, targets, weights = self._to_device(batch)
        loss, correct = self.model.forward(ids, targets, weights, row_length)
        loss.backward()
        self._optimizer.step(
            scale=self.phase.learning_rate_scale(self.step),
            momentum=self.phase.momentum(self.step),
        )
        self.step += 1
        in_answer = weights > 0.5
        accuracy = (correct & in_answer).sum() / in_answer.sum().clamp(min=1)
        return loss.detach(), accuracy

    def _to_device(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Token ids, the token after each, and its weight in the loss; shape (N,)."""
        weight_of_class = np.array([0.0, batch.context_weight, 1.0], np.float32)
        ids = torch.from_numpy(batch.ids.astype(np.int64))
        weights = torch.from_numpy(weight_of_class[batch.loss_classes])
        if self.device.type == "cuda":
            ids = ids.pin_memory().to(self.device, non_blocking=True)
            weights = weights.pin_memory().to(self.device, non_blocking=True)
        targets = torch.roll(ids, -1, 1)
        weights = torch.roll(weights, -1, 1)
        weights[:, -1] = 0
        return ids.reshape(-1), targets.reshape(-1), weights.reshape(-1)

    @contextmanager
    def rounded_to_f16(self) -> Iterator[None]:
        """Give the parameters, for a while, the values that an export stores."""
        parameters = self.model.parameters.values()
        exact = [parameter.data.clone() for parameter in parameters]
        for parameter in parameters:
            parameter.data.copy_(parameter.data.half().float())
        try:
            yield
        finally:
            for parameter, values in zip(parameters, exact):
                parameter.data.copy_(values)

    def save_weights(self, folder: Path) -> None:
        arrays = {
            name: parameter.detach().float().cpu().numpy().astype(np.float16)
            for name, parameter in self.model.parameters.items()
        }
        tokens = self.step * self.phase.tokens_per_step
        save_weights(folder, TrainedModel(self.phase.config, self.step, tokens, arrays))

    def save_checkpoint(self, path: Path) -> None:
        state = {
            "step": self.step,
            "parameters": {
                name: parameter.detach() for name, parameter in self.model.parameters.items()
            },
            "optimizer": self._optimizer.state(),
        }
        temporary = path.with_suffix(".tmp")
        torch.save(state, temporary)
        os.replace(temporary, path)

    def load_checkpoint(self, state: dict[str, Any]) -> None:
        self.step = state["step"]
        for name, values in state["parameters"].items():
            self.model.parameters[name].data.copy_(values)
        self._optimizer.load_state(state["optimizer"])


class Progress:
    """Prints the means over the steps since the last report."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._start = time.time()
        self._row_length = 0
        self._losses: list[Tensor] = []
        self._accuracies: list[Tensor] = []
        self._wait = 0.0
        self.restart_clock()

    def restart_clock(self) -> None:
        """Leave the time since the last report out of the speed of the next one."""
        self._last_report = time.time()

    def add(self, batch: Batch, loss: Tensor, accuracy: Tensor, wait: float) -> None:
        """Count a step whose batch came after `wait` seconds."""
        self._row_length = batch.ids.shape[1]
        self._losses.append(loss)
        self._accuracies.append(accuracy)
        self._wait += wait

    def report(self) -> None:
        """Print a line, and stop the run if the loss is not finite any more."""
        phase, step = self._trainer.phase, self._trainer.step
        loss = torch.stack(self._losses).mean().item()
        accuracy = torch.stack(self._accuracies).mean().item()
        now = time.time()
        tokens = len(self._losses) * phase.tokens_per_step
        speed = tokens / (now - self._last_report) / 1e6
        print(
            f"step {step} T {self._row_length} loss {loss:.3f} ans-acc {accuracy:.4f} "
            f"lr {phase.learning_rate_scale(step):.2f} {speed:.2f} Mtok/s "
            f"wait {self._wait:.1f}s t {now - self._start:.0f}",
            flush=True,
        )
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss} at step {step}")
        self._losses.clear()
        self._accuracies.clear()
        self._wait = 0.0
        self._last_report = now


def run(
    trainer: Trainer, loader: BatchLoader, end: int, evaluation: Evaluation, interval: int
) -> Accuracies:
    """Train up to the step `end`; returns the accuracies of the weights rounded to f16."""

    def measure() -> Accuracies:
        accuracies = evaluation.measure(trainer.model, trainer.device)
        print("   eval " + format_accuracies(accuracies), flush=True)
        return accuracies

    progress = Progress(trainer)
    batches = iter(loader)
    while trainer.step < end:
        asked = time.time()
        batch = next(batches)
        wait = time.time() - asked
        loss, accuracy = trainer.train(batch)
        progress.add(batch, loss, accuracy, wait)
        if trainer.step % _REPORT_INTERVAL == 0:
            progress.report()
        if trainer.step % interval == 0 and trainer.step < end:
            measure()
            progress.restart_clock()
    with trainer.rounded_to_f16():
        return measure()


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("phase", choices=list(PHASES))
    parser.add_argument("output", type=Path, help="folder of the results and the checkpoint")
    parser.add_argument(
        "--start-from", type=Path, metavar="FOLDER", help="results of the phase before"
    )
    parser.add_argument("--evaluation", type=Path, metavar="FILE", required=True)
    parser.add_argument("--evaluation-interval", type=int, default=1000, metavar="STEPS")
    parser.add_argument("--stop", type=int, metavar="STEP", help="end before the phase does")
    parser.add_argument("--workers", type=int, default=8, help="processes that make the data")
    parser.add_argument("--device", default="cuda")
    return parser.parse_args()


def main() -> None:
    arguments = _parse_arguments()
    phase = PHASES[arguments.phase]
    arguments.output.mkdir(parents=True, exist_ok=True)
    checkpoint = arguments.output / "checkpoint.pt"
    state = None
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    first = state["step"] if state else 0
    end = arguments.stop or phase.last_step or phase.steps

    tokenizer = Tokenizer()
    # Before the trainer, which starts CUDA.
    loader = BatchLoader(BatchMaker(phase, tokenizer), range(first, end), arguments.workers)
    trainer = Trainer(phase, torch.device(arguments.device))
    if state:
        trainer.load_checkpoint(state)
    elif arguments.start_from:
        trainer.model.load_parameters(load_weights(arguments.start_from).arrays)
    print(f"{arguments.phase}: steps {first} to {end}", flush=True)

    evaluation = Evaluation(arguments.evaluation, tokenizer, phase.tokens_per_step)
    accuracies = run(trainer, loader, end, evaluation, arguments.evaluation_interval)
    loader.close()
    trainer.save_checkpoint(checkpoint)
    trainer.save_weights(arguments.output)
    (arguments.output / "accuracies.json").write_text(json.dumps(accuracies, indent=2) + "\n")
    tokens = trainer.step * phase.tokens_per_step
    print(f"done step {trainer.step} of {phase.steps}, {tokens / 1e9:.3f} B tokens", flush=True)


if __name__ == "__main__":
    main()
