"""The reasoner's architecture: Llama with grouped-query attention and tied embeddings, names as in Hugging Face."""

import json
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass(frozen=True)
class Config:
    """Sizes. `context` is the most positions a run may use, not a limit of the weights."""

    hidden: int = 256
    layers: int = 6
    heads: int = 8
    kv_heads: int = 4
    head_dim: int = 32
    ffn: int = 512
    vocab: int = 1024
    context: int = 2048
    rope_theta: float = 10000.0
    eps: float = 1e-5

    def hugging_face(self) -> dict:
        """The fields of `config.json`."""
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_size": self.hidden,
            "intermediate_size": self.ffn,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "num_key_value_heads": self.kv_heads,
            "head_dim": self.head_dim,
            "vocab_size": self.vocab,
            "max_position_embeddings": self.context,
            "rms_norm_eps": self.eps,
            "rope_theta": self.rope_theta,
            "rope_scaling": None,
            "hidden_act": "silu",
            "tie_word_embeddings": True,
            "attention_bias": False,
            "mlp_bias": False,
            "bos_token_id": None,
            "eos_token_id": 0,
            "torch_dtype": "float16",
        }

    @classmethod
    def from_hugging_face(cls, fields: dict) -> "Config":
        """What `hugging_face` wrote."""
        names = {
            "hidden": "hidden_size",
            "layers": "num_hidden_layers",
            "heads": "num_attention_heads",
            "kv_heads": "num_key_value_heads",
            "head_dim": "head_dim",
            "ffn": "intermediate_size",
            "vocab": "vocab_size",
            "context": "max_position_embeddings",
            "rope_theta": "rope_theta",
            "eps": "rms_norm_eps",
        }
        return cls(**{name: fields[theirs] for name, theirs in names.items()})

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def rotary(config: Config, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of shape [..., 1, positions, head_dim] for positions [..., n]."""
    half = torch.arange(0, config.head_dim, 2, dtype=torch.float32, device=positions.device)
    angles = positions.float()[..., None] / config.rope_theta ** (half / config.head_dim)
    angles = torch.cat((angles, angles), -1).unsqueeze(-3)
    return angles.cos(), angles.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Applies the rotary embedding in the half-split layout of Hugging Face."""
    a, b = x.chunk(2, -1)
    return x * cos.to(x.dtype) + torch.cat((-b, a), -1) * sin.to(x.dtype)


def attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    """Attention with an additive bias, written out: on CPUs in bfloat16 it takes half the time of the fused kernel."""
    rows, columns, size = q.shape[-2], k.shape[-2], q.shape[-1]
    keys = k.reshape(-1, columns, size).mT
    scores = torch.baddbmm(bias.to(q.dtype), q.reshape(-1, rows, size) * size**-0.5, keys)
    with torch.autocast(q.device.type, enabled=False):
        weights = torch.softmax(scores, -1)
    return (weights @ v.reshape(-1, columns, size)).view(q.shape)


class Norm(nn.Module):
    def __init__(self, size: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, self.weight.shape, self.weight.to(x.dtype), self.eps)


def linear(inputs: int, outputs: int) -> nn.Linear:
    return nn.Linear(inputs, outputs, bias=False)


class Attention(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.q_proj = linear(c.hidden, c.heads * c.head_dim)
        self.k_proj = linear(c.hidden, c.kv_heads * c.head_dim)
        self.v_proj = linear(c.hidden, c.kv_heads * c.head_dim)
        self.o_proj = linear(c.heads * c.head_dim, c.hidden)

    def forward(self, x, rope, cache=None, mask=None):
        c = self.c
        batch, n, _ = x.shape
        q = self.q_proj(x).view(batch, n, c.heads, c.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, n, c.kv_heads, c.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, n, c.kv_heads, c.head_dim).transpose(1, 2)
        q, k = rotate(q, *rope), rotate(k, *rope)
        if cache is not None:
            k, v = cache.append(k, v)
        group = c.heads // c.kv_heads
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        if mask is None and q.device.type == "cpu":
            y = attend(q, k, v, torch.full((n, n), -torch.inf).triu(1))
        else:
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        return self.o_proj(y.transpose(1, 2).reshape(batch, n, c.heads * c.head_dim))


class FeedForward(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.gate_proj = linear(c.hidden, c.ffn)
        self.up_proj = linear(c.hidden, c.ffn)
        self.down_proj = linear(c.ffn, c.hidden)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.input_layernorm = Norm(c.hidden, c.eps)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = Norm(c.hidden, c.eps)
        self.mlp = FeedForward(c)

    def forward(self, x, rope, cache=None, mask=None):
        x = x + self.self_attn(self.input_layernorm(x), rope, cache, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Reasoner(nn.Module):
    """Tokens [batch, n] to hidden states [batch, n, hidden]; `logits` turns those into scores of the next token."""

    def __init__(self, config: Config):
        super().__init__()
        self.config = config
        self.embed_tokens = nn.Embedding(config.vocab, config.hidden)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = Norm(config.hidden, config.eps)
        nn.init.normal_(self.embed_tokens.weight, std=0.02)
        for layer in self.layers:
            # Residual branches start at zero: the first steps learn the table of tokens, then the layers wake.
            nn.init.zeros_(layer.self_attn.o_proj.weight)
            nn.init.zeros_(layer.mlp.down_proj.weight)

    def forward(self, tokens, positions=None, caches=None, mask=None):
        if positions is None:
            positions = torch.arange(tokens.shape[1], device=tokens.device)
        rope = rotary(self.config, positions)
        x = self.embed_tokens(tokens)
        if torch.is_autocast_enabled(x.device.type):
            x = x.to(torch.get_autocast_dtype(x.device.type))
            rope = tuple(part.to(x.dtype) for part in rope)
        for i, layer in enumerate(self.layers):
            x = layer(x, rope, None if caches is None else caches[i], mask)
        return self.norm(x)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return F.linear(hidden, self.embed_tokens.weight)
