"""Muon for the matrices inside the layers, AdamW for the embedding table and the norms.

Muon (Jordan et al. 2024): momentum, then the update's singular values are all brought near 1 by a
Newton-Schulz iteration, so that every direction of a matrix learns at the same pace.
"""

import torch


def orthogonalize(g):
    """g [N, rows, columns] to nearly the nearest (semi-)orthogonal matrices; quintic of Jordan et al."""
    a, b, c = 3.4445, -4.7750, 2.0315
    flip = g.shape[1] > g.shape[2]
    x = g.mT if flip else g
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        s = x @ x.mT
        x = a * x + (b * s + c * (s @ s)) @ x
    return x.mT if flip else x


class Muon(torch.optim.Optimizer):
    def __init__(self, parameters, lr, momentum=0.95):
        super().__init__(list(parameters), dict(lr=lr, momentum=momentum))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            by_shape = {}
            for p in group["params"]:
                by_shape.setdefault(tuple(p.shape), []).append(p)
            for (rows, columns), ps in by_shape.items():
                updates = []
                for p in ps:
                    if "velocity" not in self.state[p]:
                        self.state[p]["velocity"] = torch.zeros_like(p)
                    velocity = self.state[p]["velocity"]
                    velocity.lerp_(p.grad, 1 - group["momentum"])
                    updates.append(p.grad.lerp(velocity, group["momentum"]))  # Nesterov
                scale = group["lr"] * max(1.0, rows / columns) ** 0.5
                # The quintic is made for low precision: what it leaves inexact, the next step corrects.
                for p, update in zip(ps, orthogonalize(torch.stack(updates).bfloat16())):
                    p.add_(update, alpha=-scale)


def optimizers(model, muon_lr, adam_lr):
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and ".layers." in n]
    others = [p for n, p in model.named_parameters() if not (p.ndim == 2 and ".layers." in n)]
    return Muon(matrices, muon_lr), torch.optim.AdamW(others, adam_lr, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
