"""The phases of the training: curriculum, schedule and seeds."""

from dataclasses import dataclass

from pebble.config import TINY, ModelConfig

_FINAL_SCALE = 0.02


@dataclass(frozen=True)
class Stage:
    """A part of a phase.

    `end` is its end as a share of the phase's steps, `row_lengths` maps lengths of rows, in tokens,
    to the shares of the steps that use them, and `context_weight` is the weight in the loss of
    every token that the assistant does not say.
    """

    end: float
    row_lengths: dict[int, float]
    mixture: str
    context_weight: float


@dataclass(frozen=True)
class Phase:
    """A run of the trainer from a fresh optimiser state.

    The learning rate rises over `warmup_steps`, is constant up to `constant_share` of the steps and
    falls linearly to 2 % from there. The momentum rises from 0.85 over `momentum_warmup_steps`, if
    there are any. `last_step` ends the phase before its schedule does.
    """

    steps: int
    seed: int
    learning_rate: float
    warmup_steps: int
    constant_share: float
    stages: tuple[Stage, ...]
    momentum_warmup_steps: int = 0
    last_step: int | None = None
    tokens_per_step: int = 131_072
    bank_size: int = 100_000  # filler sentences
    config: ModelConfig = ModelConfig()

    def stage(self, step: int) -> Stage:
        return next(stage for stage in self.stages if step / self.steps < stage.end)

    def learning_rate_scale(self, step: int) -> float:
        """The learning rate of a step relative to the highest one."""
        progress = step / self.steps
        warmup = min(1.0, (step + 1) / self.warmup_steps)
        if progress < self.constant_share:
            return warmup
        decay = 1 - (progress - self.constant_share) / (1 - self.constant_share)
        return warmup * max(_FINAL_SCALE, decay)

    def momentum(self, step: int) -> float:
        if not self.momentum_warmup_steps:
            return 0.95
        return min(0.95, 0.85 + 0.1 * step / self.momentum_warmup_steps)


PHASES = {
    # From 256 to 2048 tokens. The schedule was cut off before its stages with longer rows.
    "phase-1": Phase(
        steps=15_000,
        last_step=7275,
        seed=1234,
        learning_rate=3e-3,
        warmup_steps=150,
        constant_share=0.6,
        momentum_warmup_steps=300,
        stages=(
            Stage(0.10, {256: 0.4, 512: 0.6}, "early", 0.20),
            Stage(0.28, {512: 0.4, 1024: 0.6}, "main", 0.10),
            Stage(0.50, {512: 0.1, 1024: 0.3, 2048: 0.6}, "main", 0.05),
        ),
    ),
    # Mostly 4096 tokens, and late in the phase some of 8192.
    "phase-2": Phase(
        steps=10_000,
        seed=4321,
        learning_rate=3e-3,
        warmup_steps=50,
        constant_share=0.45,
        stages=(
            Stage(0.30, {512: 0.05, 1024: 0.12, 2048: 0.23, 4096: 0.60}, "main", 0.05),
            Stage(1.0, {512: 0.07, 1024: 0.11, 2048: 0.20, 4096: 0.52, 8192: 0.10}, "main", 0.04),
        ),
    ),
    # A short fine-tune.
    "phase-3": Phase(
        steps=1200,
        seed=8765,
        learning_rate=1e-3,
        warmup_steps=50,
        constant_share=0.0,
        stages=(Stage(1.0, {512: 0.10, 1024: 0.20, 2048: 0.25, 4096: 0.45}, "main", 0.05),),
    ),
    # Not a phase of the shipped model: a minute on a CPU, to try the trainer.
    "tiny": Phase(
        steps=200,
        seed=1234,
        learning_rate=3e-3,
        warmup_steps=150,
        constant_share=0.6,
        momentum_warmup_steps=300,
        stages=(
            Stage(0.5, {256: 1.0}, "early", 0.2),
            Stage(1.0, {512: 0.5, 1024: 0.5}, "main", 0.1),
        ),
        tokens_per_step=2048,
        bank_size=4000,
        config=TINY,
    ),
}
