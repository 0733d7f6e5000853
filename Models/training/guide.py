"""Shows a few heads where to look.

Copying needs two heads that work together (Olsson et al. 2022, arXiv:2209.11895): one that sees, at every token, the
token before it, and a later one that looks for the place whose token before is the one just written. Left to
cross-entropy they form late and suddenly, after more text than this recipe reads. Here the place is known for every
token of an answer, because the answer was copied from it, so the attention itself can be trained: the loss is minus the log of the attention that
the head gives to that place. At a sentence's first token the same loss says which sentence: that is the choice.
"""

import torch
import torch.nn.functional as F

from model import rotate

PREVIOUS = {1: 0}  # layer: query head
SOURCE = {3: 0, 4: 2}


def attention_loss(attention, h, cos, sin, head, at, targets):
    """Mean of -log attention of `head`. h [T, D] of one sequence; places `at` [A] look at `targets` [A]."""
    E, group = attention.c.head_width, attention.c.heads // attention.c.kv_heads
    q = F.linear(h[at], attention.q_proj.weight[head * E : (head + 1) * E])
    k = F.linear(h, attention.k_proj.weight[head // group * E : (head // group + 1) * E])
    q, k = rotate(q, cos[at], sin[at]), rotate(k, cos[: len(h)], sin[: len(h)])
    scores = q @ k.T * E**-0.5
    later = torch.arange(len(h))[None] > at[:, None]
    return F.cross_entropy(scores.masked_fill(later, -torch.inf), targets)


def guided(model, ids, lengths, sources):
    """Last hidden states [B, T, D] of padded sequences, and the mean loss of all guided heads.

    `sources`: for each sequence (places, where their next token is copied from), two tensors of one length.
    """
    x, losses = model.model.embed_tokens(ids), []
    cos, sin = model.cos[: ids.shape[1]], model.sin[: ids.shape[1]]
    for index, layer in enumerate(model.model.layers):
        if index in PREVIOUS or index in SOURCE:
            h = layer.input_layernorm(x)
            for row, (length, (at, targets)) in enumerate(zip(lengths, sources)):
                if index in PREVIOUS:
                    every = torch.arange(1, length)
                    losses.append(attention_loss(layer.self_attn, h[row, :length], cos, sin, PREVIOUS[index], every, every - 1))  # fmt: skip
                elif len(at):
                    losses.append(attention_loss(layer.self_attn, h[row, :length], cos, sin, SOURCE[index], at, targets))  # fmt: skip
        x = layer(x, cos, sin)
    return model.model.norm(x), torch.stack(losses).mean()
