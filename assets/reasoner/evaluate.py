"""Greedy decoding of held-out problems in batches, and what share of the answers is right, by kind."""

import re
from collections import defaultdict

import torch

from data import END
from model import Reasoner

BOXED = re.compile(r"\\boxed\{(\d+)\}")


class Cache:
    """Keys and values of one layer for a batch of rows, with room for a whole run."""

    def __init__(self, rows: int, c, room: int, device, dtype):
        shape = (rows, c.kv_heads, room, c.head_dim)
        self.k, self.v = (torch.zeros(shape, device=device, dtype=dtype) for _ in range(2))
        self.used = 0

    def append(self, k, v):
        end = self.used + k.shape[2]
        self.k[:, :, self.used : end], self.v[:, :, self.used : end] = k, v
        self.used = end
        return self.k[:, :, :end], self.v[:, :, :end]

    def keep(self, rows):
        self.k, self.v = self.k[rows], self.v[rows]


@torch.no_grad()
def decode(model: Reasoner, prompts: list[list[int]], most: int, batch: int = 64) -> list[list[int]]:
    """What the model writes after each prompt, greedily, at most `most` tokens."""
    device = next(model.parameters()).device
    outputs: list[list[int]] = [[] for _ in prompts]
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    for at in range(0, len(order), batch):
        rows = order[at : at + batch]
        width = max(len(prompts[i]) for i in rows)
        tokens = torch.full((len(rows), width), END)
        pad = torch.tensor([width - len(prompts[i]) for i in rows])
        for row, i in enumerate(rows):
            tokens[row, pad[row] :] = torch.tensor(prompts[i])
        tokens, pad = tokens.to(device), pad.to(device)
        caches = [Cache(len(rows), model.config, width + most, device, torch.float32) for _ in model.layers]
        columns = torch.arange(width + most, device=device)
        # Left-padded: a row sees the columns from its own start on (and, where it has none yet, itself).
        seen = (columns[None, :width] >= pad[:, None])[:, None, None]
        mask = (seen & (columns[:width, None] >= columns[None, :width])) | torch.eye(width, dtype=torch.bool, device=device)
        hidden = model(tokens, (columns[:width] - pad[:, None]).clamp(min=0), caches, mask)
        alive = list(rows)
        for step in range(most):
            choice = model.logits(hidden[:, -1]).argmax(-1)
            for i, token in zip(alive, choice.tolist(), strict=True):
                outputs[i].append(token)
            going = (choice != END).nonzero().flatten()
            if len(going) == 0 or step + 1 == most:
                break
            if len(going) < len(alive):
                alive = [alive[row] for row in going.tolist()]
                pad, choice = pad[going], choice[going]
                for cache in caches:
                    cache.keep(going)
            end = width + step + 1
            mask = (columns[None, :end] >= pad[:, None])[:, None, None]
            hidden = model(choice[:, None], (end - 1 - pad)[:, None], caches, mask)
    return outputs


def answers(model: Reasoner, samples: list[dict], pieces: dict[int, bytes], most: int, batch: int = 64) -> dict:
    """Share of right answers for each kind and in all, lengths of the traces, and each sample's text."""
    was = model.training
    model.eval()
    outputs = decode(model, [sample["tokens"] for sample in samples], most, batch)
    model.train(was)
    right, total, lengths, texts = defaultdict(int), defaultdict(int), [], []
    for sample, output in zip(samples, outputs, strict=True):
        text = b"".join(pieces.get(token, b"") for token in output).decode(errors="replace")
        found = BOXED.findall(text)
        good = bool(found) and int(found[-1]) == sample["answer"]
        for key in (sample["kind"], f"level {sample['level']}", "all"):
            right[key] += good
            total[key] += 1
        lengths.append(len(output))
        texts.append({"problem": sample["problem"], "text": text, "right": good, "answer": sample["answer"]})
    lengths.sort()
    return {
        "right": {key: f"{right[key]}/{total[key]}" for key in sorted(total)},
        "share": {key: round(right[key] / total[key], 4) for key in sorted(total)},
        "median_tokens": lengths[len(lengths) // 2],
        "capped": sum(length == most for length in lengths),
        "texts": texts,
    }


def byte_pieces(tokenizer_json: dict) -> dict[int, bytes]:
    """The bytes of each token, from the vocabulary of a byte-level BPE: no tokenizer library needed."""
    # GPT-2's table: printable bytes stand for themselves, the others for code points from 256 on.
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {chr(byte): byte for byte in plain}
    table.update({chr(256 + n): byte for n, byte in enumerate(b for b in range(256) if b not in plain)})
    special = {token["id"]: token["content"].encode() for token in tokenizer_json["added_tokens"]}
    pieces = {
        number: bytes(table[char] for char in text)
        for text, number in tokenizer_json["model"]["vocab"].items()
        if number not in special
    }
    return pieces | special
