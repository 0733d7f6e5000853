"""Shows a few heads where to look.

Copying needs two heads that work together (Olsson et al. 2022, arXiv:2209.11895): one that sees, at every token, the
token before it, and a later one that looks for the place whose token before is the one just written. Choosing needs
more: at the first token of a sentence somebody must have read the title above it, at the end of the question the
question, and a later head must bring the two together. Left to cross-entropy such heads form late and suddenly, after
more text than this recipe reads. Here it is known where each should look, so the attention itself can be trained: the
loss is minus the log of the attention that a head gives to the right places, whichever of them.
"""

import torch
import torch.nn.functional as F

# layer: query heads
PREVIOUS = {1: (0,)}
TOPIC = {2: (0, 2)}  # heads that read different keys
SOURCE = {3: (0,), 4: (0, 2)}


def looks(found):
    """[(row, place, places it should look at)] as tensors; a short list of places is filled up with -1."""
    if not found:
        return None
    widest = max(len(targets) for _, _, targets in found)
    rows, at = (torch.tensor([f[i] for f in found]) for i in (0, 1))
    return rows, at, torch.tensor([targets + [-1] * (widest - len(targets)) for _, _, targets in found])


def attention_loss(scores, heads, rows, at, targets):
    """Mean of -log attention on `targets`. scores [B, H, T, T] before the softmax."""
    losses = []
    for head in heads:
        weights = F.log_softmax(scores[rows, head, at].float(), dim=-1)
        losses.append(weights.gather(1, targets.clamp(min=0)).masked_fill(targets < 0, -torch.inf).logsumexp(1))
    return -torch.stack(losses).mean()


class Guide:
    """Watches a pass through the model; afterwards `losses` holds a mean for each kind of head that was asked."""

    def __init__(self, previous, topics, sources):
        self.kinds = dict(previous=(PREVIOUS, previous), topic=(TOPIC, topics), source=(SOURCE, sources))
        self.found = {}

    def __call__(self, layer, scores):
        for kind, (heads, where) in self.kinds.items():
            if where is not None and layer in heads:
                self.found.setdefault(kind, []).append(attention_loss(scores, heads[layer], *where))

    def losses(self):
        return {kind: torch.stack(found).mean() for kind, found in self.found.items()}
