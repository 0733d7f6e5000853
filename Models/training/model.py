"""The embedded model: a Llama decoder, the same arithmetic as transformers' LlamaForCausalLM.

Parameters carry the names of a Hugging Face checkpoint, so export is a plain copy.
Shapes: B sequences, T positions, D width, H query heads, K key/value heads, E width of a head.
"""

from dataclasses import dataclass

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

    def forward(self, x, cos, sin):
        B, T, _ = x.shape
        c = self.c
        q = self.q_proj(x).view(B, T, c.heads, c.head_width).transpose(1, 2)  # [B, H, T, E]
        k = self.k_proj(x).view(B, T, c.kv_heads, c.head_width).transpose(1, 2)  # [B, K, T, E]
        v = self.v_proj(x).view(B, T, c.kv_heads, c.head_width).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        # Query head h reads key/value head h / (H / K).
        k = k.repeat_interleave(c.heads // c.kv_heads, dim=1)
        v = v.repeat_interleave(c.heads // c.kv_heads, dim=1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)  # scale 1 / sqrt(E)
        return self.o_proj(y.transpose(1, 2).reshape(B, T, c.heads * c.head_width))


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

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
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
        T = ids.shape[1]
        x = self.model.embed_tokens(ids)
        for layer in self.model.layers:
            x = layer(x, self.cos[:T], self.sin[:T])
        return F.linear(self.model.norm(x), self.model.embed_tokens.weight)
