"""Muon (Jordan et al. 2024): momentum whose update is made orthogonal by Newton-Schulz iterations, for weight matrices."""

import torch

from precision import multiplies_bf16


def orthogonal(g: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """Nearest orthogonal matrices, about: g is [n, rows, columns]."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = g.bfloat16() if multiplies_bf16(g.device) else g.float()
    tall = x.shape[-2] > x.shape[-1]
    if tall:
        x = x.mT
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return (x.mT if tall else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    """Matrices of one shape are stacked, so that small ones cost few calls."""

    def __init__(self, matrices, lr: float, momentum: float = 0.95):
        super().__init__(list(matrices), {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape: dict[torch.Size, list] = {}
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state["momentum"] = torch.zeros_like(p)
                by_shape.setdefault(p.shape, []).append(p)
            for shape, matrices in by_shape.items():
                grads = torch.stack([p.grad for p in matrices])
                buffers = torch.stack([self.state[p]["momentum"] for p in matrices])
                buffers.lerp_(grads, 1 - group["momentum"])
                update = orthogonal(grads.lerp(buffers, group["momentum"]))
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                for p, buffer, change in zip(matrices, buffers, update, strict=True):
                    self.state[p]["momentum"].copy_(buffer)
                    p.add_(change, alpha=-group["lr"] * scale)
