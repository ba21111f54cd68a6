"""Muon for the matrices of the layers, AdamW for the embedding and the norms.

Muon: https://kellerjordan.github.io/posts/muon/
"""

import math
from typing import Any

import torch
from torch import Tensor

_WEIGHT_DECAY = 0.05
_UPDATE_SCALE = 0.2  # root mean square of an update's elements at learning rate 1
_ADAM_BETAS = (0.9, 0.95)
# Coefficients of the quintic Newton-Schulz iteration.
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ITERATIONS = 5


class Optimizer:
    """Both optimisers, with one learning rate and one schedule."""

    def __init__(self, parameters: dict[str, Tensor], learning_rate: float) -> None:
        self._learning_rate = learning_rate
        embedding = parameters["token_embd.weight"]
        device = embedding.device
        on_gpu = device.type == "cuda"
        norms = [parameter for parameter in parameters.values() if parameter.dim() == 1]
        self._adam = torch.optim.AdamW(
            [embedding, *norms],
            lr=learning_rate,
            betas=_ADAM_BETAS,
            weight_decay=0.0,
            fused=True if on_gpu else None,
        )
        # Matrices of one shape are updated as one stack.
        self._groups: dict[tuple[int, ...], list[Tensor]] = {}
        for parameter in parameters.values():
            if parameter.dim() == 2 and parameter is not embedding:
                self._groups.setdefault(tuple(parameter.shape), []).append(parameter)
        self._momenta = {
            shape: torch.zeros(len(group), *shape, device=device)
            for shape, group in self._groups.items()
        }
        # A tensor, so that a new value does not make the compiled update a new one.
        self._momentum = torch.zeros((), device=device)
        self._update = torch.compile(_muon_update, dynamic=False) if on_gpu else _muon_update

    @torch.no_grad()
    def step(self, scale: float, momentum: float) -> None:
        """Update the parameters from their gradients, and clear these.

        `scale` is the share of the highest learning rate.
        """
        rate = self._learning_rate * scale
        self._momentum.fill_(momentum)
        for shape, group in self._groups.items():
            gradients = torch.stack([_gradient(parameter) for parameter in group])
            updates = self._update(gradients, self._momenta[shape], self._momentum)
            torch._foreach_mul_(group, 1 - rate * _WEIGHT_DECAY)
            torch._foreach_add_(
                group, list(updates.unbind(0)), alpha=-rate * _UPDATE_SCALE * math.sqrt(max(shape))
            )
            for parameter in group:
                parameter.grad = None
        for adam_group in self._adam.param_groups:
            adam_group["lr"] = rate
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)

    def state(self) -> dict[str, Any]:
        return {"momenta": self._momenta, "adam": self._adam.state_dict()}

    def load_state(self, state: dict[str, Any]) -> None:
        for shape, momenta in state["momenta"].items():
            self._momenta[shape].copy_(momenta)
        self._adam.load_state_dict(state["adam"])


def _gradient(parameter: Tensor) -> Tensor:
    if parameter.grad is None:
        raise ValueError("a parameter without a gradient")
    return parameter.grad


def _muon_update(gradients: Tensor, momenta: Tensor, momentum: Tensor) -> Tensor:
    """Update the momenta in place and return the orthogonalised Nesterov step of each matrix."""
    momenta.mul_(momentum).add_(gradients, alpha=1 - momentum)
    return _orthogonalize(gradients * (1 - momentum) + momenta * momentum)


def _orthogonalize(matrices: Tensor) -> Tensor:
    """Nearly the closest semi-orthogonal matrices; the stack has shape (count, rows, columns)."""
    x = matrices.to(torch.bfloat16) if matrices.is_cuda else matrices
    tall = x.shape[1] > x.shape[2]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_ITERATIONS):
        gram = x @ x.transpose(1, 2)
        x = _A * x + (_B * gram + _C * gram @ gram) @ x
    return (x.transpose(1, 2) if tall else x).float()
