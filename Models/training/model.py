"""The embedded model: a Llama decoder, the same arithmetic as transformers' LlamaForCausalLM.

Parameters carry the names of a Hugging Face checkpoint, so export is a plain copy.
Shapes: B sequences, T positions, D width, H query heads, K key/value heads, E width of a head.
"""

from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Config:
    vocabulary: int = 4096
    width: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    head_width: int = 64
    ff: int = 704
    positions: int = 1024
    rope_theta: float = 10000.0
    norm_eps: float = 1e-5


FULL = Config()
DRAFT = Config(width=96, layers=2, heads=3, kv_heads=1, head_width=32, ff=256)  # guesses for FULL: a tenth of it
TINY = Config(vocabulary=512, width=64, layers=2, heads=4, kv_heads=2, head_width=16, ff=160, positions=128)
TINY_DRAFT = Config(vocabulary=512, width=32, layers=1, heads=2, kv_heads=1, head_width=16, ff=64, positions=128)


class RMSNorm(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


def rope_tables(config):
    """cos and sin [positions, E]; the second half of a head repeats the first half's angles."""
    half = torch.arange(0, config.head_width, 2, dtype=torch.float32) / config.head_width
    frequency = 1.0 / (config.rope_theta**half)
    angle = torch.outer(torch.arange(config.positions, dtype=torch.float32), frequency)
    angle = torch.cat([angle, angle], dim=-1)
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    """Rotates the pairs (i, i + E/2) of every head: the layout of Hugging Face checkpoints."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat([-second, first], dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.q_proj = nn.Linear(c.width, c.heads * c.head_width, bias=False)
        self.k_proj = nn.Linear(c.width, c.kv_heads * c.head_width, bias=False)
        self.v_proj = nn.Linear(c.width, c.kv_heads * c.head_width, bias=False)
        self.o_proj = nn.Linear(c.heads * c.head_width, c.width, bias=False)

    def forward(self, x, cos, sin, bias, watch=None):
        B, T, _ = x.shape
        c = self.c
        q = self.q_proj(x).view(B, T, c.heads, c.head_width).transpose(1, 2)  # [B, H, T, E]
        k = self.k_proj(x).view(B, T, c.kv_heads, c.head_width).transpose(1, 2)  # [B, K, T, E]
        v = self.v_proj(x).view(B, T, c.kv_heads, c.head_width).transpose(1, 2)
        q, k = rotate(q, cos, sin) * c.head_width**-0.5, rotate(k, cos, sin)
        # Query head h reads key/value head h / (H / K): the heads of a group stand one below the other. Written out,
        # because in bf16 this takes two thirds of the time of scaled_dot_product_attention, or less.
        q = q.reshape(B, c.kv_heads, -1, c.head_width)
        scores = (q @ k.mT).view(B, c.heads, T, T) + bias
        if watch:
            watch(scores)
        y = scores.softmax(dim=-1).view(B, c.kv_heads, -1, T).to(v.dtype) @ v
        y = y.view(B, c.heads, T, c.head_width).transpose(1, 2)
        return self.o_proj(y.reshape(B, T, c.heads * c.head_width))


class MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj = nn.Linear(c.width, c.ff, bias=False)
        self.up_proj = nn.Linear(c.width, c.ff, bias=False)
        self.down_proj = nn.Linear(c.ff, c.width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = RMSNorm(c.width, c.norm_eps)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RMSNorm(c.width, c.norm_eps)
        self.mlp = MLP(c)

    def forward(self, x, cos, sin, bias, watch=None):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, bias, watch)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocabulary, c.width)
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.layers))
        self.norm = RMSNorm(c.width, c.norm_eps)


class Llama(nn.Module):
    """Token ids [B, T] to logits [B, T, vocabulary]; the head is the embedding table (tied)."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Decoder(config)
        cos, sin = rope_tables(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for name, p in self.named_parameters():
            if p.ndim == 2:
                # What is added to the residual stream starts smaller, the more layers add to it.
                adds = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(p, std=0.02 / (2 * config.layers) ** 0.5 if adds else 0.02)

    def forward(self, ids):
        return F.linear(self.states(ids), self.model.embed_tokens.weight)

    def states(self, ids, positions=None, seen=None, watch=None):
        """Last hidden states [B, T, D]. `positions` [B, T] and what each token sees [B, T, T] are a text's if nothing
        is said; `watch(layer, scores [B, H, T, T])` reads the attention before its softmax."""
        T = ids.shape[1]
        cos, sin = (t[:T] if positions is None else t[positions][:, None] for t in (self.cos, self.sin))
        seen = torch.ones(T, T, dtype=torch.bool).tril() if seen is None else seen[:, None]
        x = self.model.embed_tokens(ids)
        half = torch.is_autocast_enabled("cpu")
        bias = torch.zeros((), dtype=torch.bfloat16 if half else x.dtype).where(seen, -1e30)
        cos, sin = cos.to(bias.dtype), sin.to(bias.dtype)
        for index, layer in enumerate(self.model.layers):
            x = layer(x, cos, sin, bias, watch and partial(watch, index))
        return self.model.norm(x)
