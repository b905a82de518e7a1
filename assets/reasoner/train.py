#!/usr/bin/env python3
"""Trains the reasoner. `README.md` beside this file says how; `train.py COMMAND --help` what each option does.

train.py prepare --binary rkv-scope --data DIR --count 60000     needs the program and the `tokenizers` package
train.py train --data DIR --out DIR --tokens 20e6                needs torch only; goes on from a checkpoint
train.py evaluate --data DIR --out DIR --count 500
train.py grow --out DIR --heads 8 --kv-heads 4                   a larger model that goes on from a checkpoint
train.py adopt --weights assets/reasoner --out DIR               a checkpoint of exported weights, to train on from them
train.py retokenize --out DIR --tokenizer FILE --data DIR --to DIR    goes on with another tokenizer; needs `tokenizers`
train.py export --data DIR --out DIR --to assets/reasoner
train.py plot --out DIR --to curve.png                           needs matplotlib
"""

import argparse
import json
import os
import signal
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch
import torch.nn.functional as F

from data import PAD, THINK, Batch, Curriculum, prepare
from evaluate import answers, byte_pieces
from model import Config, Reasoner
from muon import Muon
from precision import multiplies_bf16

WARM_UP_STEPS = 50


def optimizers(model: Reasoner, lr: float, adam_lr: float):
    matrices, rest = [], []
    for name, parameter in model.named_parameters():
        (matrices if parameter.ndim == 2 and "embed" not in name else rest).append(parameter)
    return [
        Muon(matrices, lr=lr),
        torch.optim.AdamW(rest, lr=adam_lr, betas=(0.9, 0.95), weight_decay=0.0),
    ]


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return F.cross_entropy(logits.float(), targets, reduction="none")


def losses_of(
    model: Reasoner, batch: Batch, bf16: bool, forward=None, cross_entropy=cross_entropy
) -> tuple[torch.Tensor, torch.Tensor]:
    """Cross-entropy of each next token [documents, length - 1], and which of them count: those after `<think>`, no padding,
    and to be learnt.

    Where none counts there is a nought. `forward` and `cross_entropy` may be compiled ones.
    """
    inputs, targets = batch.tokens[:, :-1].clamp(min=0), batch.tokens[:, 1:]
    counted = ((inputs == THINK).cumsum(1) > 0) & (targets != PAD) & batch.learnt[:, 1:]
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=bf16):
        hidden = (model if forward is None else forward)(inputs, batch.positions[:, :-1])[counted]
        logits = model.logits(hidden)
    losses = cross_entropy(logits, targets[counted])
    return torch.zeros(counted.shape, device=losses.device).masked_scatter(counted, losses), counted


def mean(losses: torch.Tensor, counted: torch.Tensor) -> float:
    """Loss of a token, from what `losses_of` gives."""
    return losses.sum().item() / int(counted.sum())


def rate(done: float, step: int, decay: float) -> float:
    """Share of the peak learning rate: warm-up, constant, then linear to zero over the last `decay` of the training, of which
    `done` is the share that is over."""
    return min(1.0, (step + 1) / WARM_UP_STEPS) * min(1.0, max(0.0, (1 - done) / decay))


def save(path: Path, content: dict):
    """A crash leaves the old checkpoint or the new one."""
    temporary = path.with_suffix(".tmp")
    torch.save(content, temporary)
    with temporary.open("rb") as file:
        os.fsync(file.fileno())
    temporary.replace(path)


def digits(pieces: dict[int, bytes], vocab: int, device) -> torch.Tensor:
    """True for the tokens [vocab] that are a digit."""
    return torch.tensor([pieces.get(token, b"").isdigit() for token in range(vocab)], device=device)


class Digits:
    """Which tokens are digits that follow from what came before.

    Words are often a matter of chance (how a trace begins, whether it checks), and so are the wrong digits of a slip, between
    "Quickly" and "Wait". What is left is what a model gets right or wrong.
    """

    def __init__(self, pieces: dict[int, bytes], vocab: int, device):
        number = {piece: token for token, piece in pieces.items()}
        self.slip = number.get(b" Quickly"), number.get(b" Wait")
        self.is_digit = digits(pieces, vocab, device)

    def of(self, targets: torch.Tensor) -> torch.Tensor:
        """True for these digits among tokens [documents, length]."""
        chosen = self.is_digit[targets.clamp(min=0)] & (targets != PAD)
        begin, end = self.slip
        if begin is None or end is None:
            return chosen
        return chosen & ((targets == begin).cumsum(1) <= (targets == end).cumsum(1))


class Deciding:
    """Which tokens decide what is calculated: the numbers that a trace notes first, the word of an operation, the label of
    what it takes, and how a line begins.

    With the latter a trace says whether it calculates on or has its answer. A few tokens, and what understanding a problem
    comes down to; a plain mean over all tokens hardly hears them.
    """

    def __init__(self, pieces: dict[int, bytes], vocab: int, device):
        number = {piece: token for token, piece in pieces.items()}
        opening = [token for token, piece in pieces.items() if piece.strip() == b"("]
        self.open = torch.tensor(opening, dtype=torch.long, device=device)
        self.label = torch.zeros(vocab, dtype=torch.bool, device=device)
        self.operation = torch.zeros(vocab, dtype=torch.bool, device=device)
        for letter in b"ABCDEFGH":
            if bytes([letter]) in number:
                self.label[number[bytes([letter])]] = True
        for word in (b" plus", b" minus", b" times", b" divided"):
            for said in (word, word.strip().capitalize()):
                # The tokenizer takes the longest piece that it knows.
                known = [said[:end] for end in range(3, len(said) + 1) if said[:end] in number]
                if known:
                    self.operation[number[known[-1]]] = True
        self.is_digit = digits(pieces, vocab, device)
        self.newline, self.question = number.get(b"\n"), number.get(b" question")

    def of(self, tokens: torch.Tensor) -> torch.Tensor:
        """True for these among the targets of tokens [documents, length + 1]."""
        before, targets = tokens[:, :-1].clamp(min=0), tokens[:, 1:].clamp(min=0)
        said = self.operation[targets] | (self.label[targets] & torch.isin(before, self.open))
        if self.newline is None or self.question is None:
            return said
        # The opening phrase and what follows the answer are a matter of chance.
        thinking = (before == THINK).cumsum(1) > 0
        ends = (before == self.newline) & thinking
        lines = ends.cumsum(1)
        begins = ends & (lines > 1) & ((targets == self.question).cumsum(1) == 0)
        return said | begins | (self.is_digit[targets] & thinking & (lines <= 1))


class Run:
    """Everything that a checkpoint holds."""

    def __init__(self, args):
        self.args = args
        if args.threads:
            torch.set_num_threads(args.threads)
        torch.manual_seed(args.seed)
        self.device = torch.device(args.device)
        self.bf16 = multiplies_bf16(self.device) if args.bf16 is None else args.bf16
        self.out = Path(args.out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.step = self.seen = 0
        self.seconds = 0.0
        checkpoint = self.out / "checkpoint.pt"
        saved = torch.load(checkpoint, map_location=self.device, weights_only=False) if checkpoint.exists() else None
        config = Config(**saved["config"]) if saved else config_from(args)
        self.model = Reasoner(config).to(self.device)
        # Compiled, a step on the CPU takes two thirds of the time; batches differ in shape, so shapes are dynamic.
        self.forward = torch.compile(self.model, dynamic=True) if args.compile else self.model
        self.cross_entropy = torch.compile(cross_entropy, dynamic=True) if args.compile else cross_entropy
        self.optimizers = optimizers(self.model, args.lr, args.adam_lr)
        self.pieces = byte_pieces(json.loads((Path(args.data) / "tokenizer.json").read_text()))
        brief = self.pieces if args.brief_share else None
        self.data = Curriculum(Path(args.data), args.batch, args.longest, args.seed, args.candidates, brief)
        if saved:
            self.model.load_state_dict(saved["model"])
            if saved["optimizers"]:
                for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
                    optimizer.load_state_dict(state)
                self.data.restore(saved["data"])
            self.step, self.seen, self.seconds = saved["step"], saved["seen"], saved["seconds"]
            print(f"going on at step {self.step}, {self.seen} tokens", flush=True)
        self.held_out = json.loads((Path(args.data) / "held_out.json").read_text())
        self.digits = Digits(self.pieces, config.vocab, self.device)
        self.deciding = Deciding(self.pieces, config.vocab, self.device)

    def save(self):
        save(
            self.out / "checkpoint.pt",
            {
                "config": json.loads(self.model.config.to_json()),
                "model": self.model.state_dict(),
                "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
                "data": self.data.state(),
                "step": self.step,
                "seen": self.seen,
                "seconds": self.seconds,
            },
        )

    def log(self, **entry):
        entry = {"step": self.step, "tokens": self.seen, "seconds": round(self.seconds, 1), **entry}
        with (self.out / "log.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)

    def train_step(self) -> float:
        """Returns the mean loss of a token, of all documents that were read."""
        args = self.args
        batch, main = self.data.batch(self.seen, int(args.easy_until), int(args.all_from), args.main_share, args.brief_share)
        batch, loss = Batch(*(part.to(self.device) for part in batch)), None
        if main and args.candidates > 1:
            batch, loss = self.worst(batch)
        losses, counted = losses_of(self.model, batch, self.bf16, self.forward, self.cross_entropy)
        tokens = batch.tokens
        weights = torch.where(self.digits.of(tokens[:, 1:]), 1.0, args.word_weight)
        weights = torch.where(self.deciding.of(tokens), args.deciding_weight, weights) * counted
        ((losses * weights).sum() / weights.sum()).backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        share = rate(self.done(), self.step, args.decay)
        for optimizer, peak in zip(self.optimizers, (args.lr, args.adam_lr), strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * share
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.seen += int((tokens != PAD).sum())
        return mean(losses, counted) if loss is None else loss

    def done(self) -> float:
        """Share of the training that is over, by time where a time is set, else by tokens."""
        if self.args.minutes:
            return self.seconds / (60 * self.args.minutes)
        return self.seen / int(self.args.tokens)

    @torch.no_grad()
    def worst(self, batch: Batch) -> tuple[Batch, float]:
        """Of so many `candidates` the one whose worst digit, operation or label is worst, for a whole batch of them; and the
        mean loss of all."""
        losses, counted = losses_of(self.model, batch, self.bf16, self.forward, self.cross_entropy)
        decides = self.digits.of(batch.tokens[:, 1:]) | self.deciding.of(batch.tokens)
        worst = losses.masked_fill(~decides, 0).amax(1)
        chosen = worst.topk(max(1, len(worst) // self.args.candidates)).indices
        return Batch(*(part[chosen] for part in batch)), mean(losses, counted)

    @torch.no_grad()
    def held_out_loss(self, samples: list[dict]) -> float:
        total = count = 0.0
        for at in range(0, len(samples), 16):
            rows = [torch.tensor(sample["document"]) for sample in samples[at : at + 16]]
            tokens = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD).to(self.device)
            positions, learnt = torch.arange(tokens.shape[1], device=self.device).expand_as(tokens), tokens != PAD
            losses, counted = losses_of(self.model, Batch(tokens, positions, learnt), self.bf16)
            total, count = total + losses.sum().item(), count + int(counted.sum())
        return total / count

    def evaluate(self, count: int) -> dict:
        samples = self.held_out[:count]
        result = answers(self.model, samples, self.pieces, self.args.longest)
        result["held_out_loss"] = round(self.held_out_loss(samples), 4)
        return result

    def check(self):
        """Logs what the model reaches on held-out problems, if there are any, and keeps its texts."""
        if not self.held_out:
            return
        result = self.evaluate(self.args.evaluate_count)
        (self.out / "samples.json").write_text(json.dumps(result.pop("texts"), indent=1))
        self.log(held_out=result)


def config_from(args) -> Config:
    return Config(
        hidden=args.hidden, layers=args.layers, heads=args.heads, kv_heads=args.kv_heads, ffn=args.ffn, vocab=args.vocab
    )


def train(args):
    run = Run(args)
    started, saved, losses = time.monotonic() - run.seconds, time.monotonic(), []
    next_evaluation = (run.seen // int(args.evaluate_every) + 1) * int(args.evaluate_every)
    stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: stop.append(number))
    while not stop and run.done() < 1 and (args.steps is None or run.step < args.steps):
        losses.append(run.train_step())
        run.seconds = time.monotonic() - started
        if run.step % args.log_every == 0:
            run.log(loss=round(sum(losses) / len(losses), 4))
            losses = []
        if time.monotonic() - saved > args.save_every:
            run.save()
            saved = time.monotonic()
        if run.seen >= next_evaluation:
            next_evaluation += int(args.evaluate_every)
            run.check()
    run.save()
    if run.done() >= 1:
        run.check()


def evaluate(args):
    """What `export` writes is measured: weights rounded to f16."""
    run = Run(args)
    run.model.half().float()
    result = run.evaluate(args.count)
    (run.out / "samples.json").write_text(json.dumps(result.pop("texts"), indent=1))
    (run.out / "evaluation.json").write_text(json.dumps(result, indent=1))
    print(json.dumps(result, indent=1))


def begin_anew(path: Path, saved: dict, config: Config, weights: dict):
    """A checkpoint of changed weights: without moments of the optimizers and the place in the data, at step 0 for the warm-up."""
    save(path, {**saved, "config": asdict(config), "model": weights, "optimizers": None, "data": None, "step": 0})


def new_checkpoint(folder) -> Path:
    path = Path(folder) / "checkpoint.pt"
    if path.exists():
        raise SystemExit(f"{path} is there already: name another folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def grow(args):
    """More heads, a wider feed-forward, more layers: what is new writes zeros at first, so that the function stays the same."""
    path = Path(args.out) / "checkpoint.pt"
    saved = torch.load(path, map_location="cpu", weights_only=False)
    old = Config(**saved["config"])
    config = replace(old, heads=args.heads, kv_heads=args.kv_heads, ffn=args.ffn, layers=args.layers)
    if config.heads // config.kv_heads != old.heads // old.kv_heads:
        raise SystemExit("heads and KV heads must grow together: query heads would read other KV heads than before")
    torch.manual_seed(args.seed)
    weights = Reasoner(config).state_dict()
    for name, tensor in weights.items():
        if name in saved["model"]:
            known = saved["model"][name]
            tensor[tuple(slice(0, size) for size in known.shape)] = known
    begin_anew(path, saved, config, weights)


def retokenize(args):
    """A checkpoint for another tokenizer: each new token begins as the mean of what the old tokenizer makes of its text."""
    from tokenizers import Tokenizer

    saved = torch.load(Path(args.out) / "checkpoint.pt", map_location="cpu", weights_only=False)
    path = new_checkpoint(args.to)
    old = Tokenizer.from_file(str(args.tokenizer))
    before = {piece: token for token, piece in byte_pieces(json.loads(Path(args.tokenizer).read_text())).items()}
    pieces = byte_pieces(json.loads((Path(args.data) / "tokenizer.json").read_text()))
    known, rows = saved["model"]["embed_tokens.weight"], []
    for token in range(len(pieces)):
        piece = pieces[token]
        try:
            tokens = [before[piece]] if piece in before else old.encode(piece.decode()).ids
        except UnicodeDecodeError:  # a part of a character
            tokens = [before[bytes([byte])] for byte in piece]
        rows.append(known[tokens].mean(0))
    weights = saved["model"] | {"embed_tokens.weight": torch.stack(rows)}
    config = replace(Config(**saved["config"]), vocab=len(rows))
    Reasoner(config).load_state_dict(weights)
    begin_anew(path, saved, config, weights)


def write_safetensors(path: Path, tensors: dict[str, torch.Tensor]):
    """The format is a length, a JSON header and the bytes (https://github.com/huggingface/safetensors)."""
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        header[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [offset, offset + size]}
        offset += size
    header["__metadata__"] = {"format": "pt"}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(bytes(tensor.untyped_storage()))


def quartered(weights: dict[str, torch.Tensor], by: float = 4) -> dict[str, torch.Tensor]:
    """The same function with activations between the layers a quarter as large: trained ones reach 10^5, and f16 ends at 65504.

    All that writes to them is divided by four (or `by`), and the last norm multiplied by it, since the output embedding is
    the input's.
    """
    changed = dict(weights)
    for name, tensor in weights.items():
        if name.endswith(("embed_tokens.weight", "o_proj.weight", "down_proj.weight")):
            changed[name] = tensor / by
    changed["norm.weight"] = weights["norm.weight"] * by
    return changed


def read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """What `write_safetensors` wrote."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            values = torch.frombuffer(bytearray(content[start + first : start + last]), dtype=torch.float16)
            tensors[name] = values.view(entry["shape"])
    return tensors


def adopt(args):
    """A checkpoint of exported weights: moments of the optimizers and the place in the data are not in them."""
    folder = Path(args.weights)
    config = Config.from_hugging_face(json.loads((folder / "config.json").read_text()))
    exported = read_safetensors(folder / "model.safetensors")
    weights = quartered({name.removeprefix("model."): tensor.float() for name, tensor in exported.items()}, by=1 / 4)
    Reasoner(config).load_state_dict(weights)
    path = new_checkpoint(args.out)
    start = {"optimizers": None, "data": None, "step": 0, "seen": int(args.seen), "seconds": 0.0}
    save(path, {"config": asdict(config), "model": weights, **start})


def export(args):
    saved = torch.load(Path(args.out) / "checkpoint.pt", map_location="cpu", weights_only=False)
    config = Config(**saved["config"])
    to = Path(args.to)
    to.mkdir(parents=True, exist_ok=True)
    weights = {f"model.{name}": tensor.to(torch.float16).contiguous() for name, tensor in quartered(saved["model"]).items()}
    write_safetensors(to / "model.safetensors", weights)
    (to / "config.json").write_text(json.dumps(config.hugging_face(), indent=1))
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (to / name).write_bytes((Path(args.data) / name).read_bytes())
    print(f"{to}: {sum(w.numel() for w in weights.values())} parameters, {saved['seen']} tokens seen")


def plot(args):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    entries = [json.loads(line) for line in (Path(args.out) / "log.jsonl").read_text().splitlines()]
    losses = [(e["tokens"] / 1e6, e["loss"]) for e in entries if "loss" in e]
    checks = [(e["tokens"] / 1e6, e["held_out"]["share"]) for e in entries if "held_out" in e]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    left.plot(*zip(*losses, strict=True), color="#888", label="training")
    held = [(e["tokens"] / 1e6, e["held_out"]["held_out_loss"]) for e in entries if "held_out" in e]
    left.plot(*zip(*held, strict=True), color="#d08a00", marker=".", label="held out")
    left.set(xlabel="million tokens", ylabel="loss per token of the trace", yscale="log")
    left.legend()
    for kind in sorted({kind for _, share in checks for kind in share}):
        points = [(tokens, share[kind]) for tokens, share in checks if kind in share]
        main = kind == "all" or kind.startswith("level")
        right.plot(
            *zip(*points, strict=True), color=None if main else "#ddd", lw=2 if main else 0.5, label=kind if main else None
        )
    right.set(xlabel="million tokens", ylabel="share of right answers, held out", ylim=(0, 1))
    right.legend()
    figure.savefig(args.to, dpi=130)


def arguments(argv=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, dest="command")

    p = commands.add_parser("prepare", help="problems to tokens")
    p.add_argument("--binary", default="rkv-scope")
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--count", type=int, default=60_000, help="problems of each level")
    p.add_argument("--seed", type=int, default=1000)
    p.add_argument("--vocab", type=int, default=1024)
    p.add_argument("--held-out", type=int, default=1000)
    p.add_argument("--more-of", default="", help="kinds of which each level gets more: gains,groups")
    p.add_argument("--more", type=int, default=0, help="how many problems of these kinds each level gets on top")
    p.add_argument("--words-of", default="", help="kinds whose words are put into the problems: changes,money")
    p.add_argument("--tokenizer", type=Path, help="use this tokenizer.json instead of training one")

    for name in ("train", "evaluate"):
        p = commands.add_parser(name)
        p.add_argument("--data", type=Path, required=True)
        p.add_argument("--out", type=Path, required=True, help="checkpoint, log and samples")
        p.add_argument("--device", default="cpu", help="cpu or cuda")
        p.add_argument("--threads", type=int, default=0, help="CPU threads; 0 leaves it to torch")
        p.add_argument("--bf16", action=argparse.BooleanOptionalAction, help="bfloat16 autocast (where the device has it)")
        p.add_argument("--compile", action="store_true", help="torch.compile; needs a C++ compiler")
        p.add_argument("--seed", type=int, default=1)
        p.add_argument("--tokens", type=float, default=20e6, help="all tokens of the training, to which the decay leads")
        p.add_argument("--minutes", type=float, help="train for so long instead, whatever the number of tokens")
        p.add_argument("--decay", type=float, default=0.8, help="share of the training in which the learning rate falls to zero")
        p.add_argument("--easy-until", type=float, default=1.5e6, help="tokens with easy problems only")
        p.add_argument("--all-from", type=float, default=10e6, help="tokens from which on the mix is final")
        p.add_argument("--main-share", type=float, default=0.5, help="share of batches without what follows the first answer")
        p.add_argument("--brief-share", type=float, default=0, help="share of these in which the digit work is left out")
        p.add_argument("--steps", type=int, help="stop after this step")
        p.add_argument("--batch", type=int, default=8192, help="tokens of a batch")
        p.add_argument("--candidates", type=int, default=1, help="main parts read for one that is trained on: the worst one")
        p.add_argument("--word-weight", type=float, default=1, help="weight in the loss of all but the digits")
        p.add_argument("--deciding-weight", type=float, default=1, help="weight in the loss of what is decided")
        p.add_argument("--longest", type=int, default=1536, help="longest document, and most tokens of an evaluated trace")
        p.add_argument("--lr", type=float, default=0.01, help="Muon")
        p.add_argument("--adam-lr", type=float, default=0.002, help="AdamW: embedding and norms")
        defaults = Config()
        for size in ("hidden", "layers", "heads", "kv_heads", "ffn", "vocab"):
            p.add_argument(f"--{size.replace('_', '-')}", type=int, default=getattr(defaults, size))
        p.add_argument("--log-every", type=int, default=20, help="steps")
        p.add_argument("--save-every", type=float, default=180, help="seconds")
        p.add_argument("--evaluate-every", type=float, default=1e6, help="tokens")
        p.add_argument("--evaluate-count", type=int, default=64, help="held-out problems")
        p.add_argument("--count", type=int, default=500, help="held-out problems of `evaluate`")

    p = commands.add_parser("grow", help="enlarge the model of a checkpoint without changing what it computes")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seed", type=int, default=1)
    for size in ("layers", "heads", "kv_heads", "ffn"):
        p.add_argument(f"--{size.replace('_', '-')}", type=int, default=getattr(Config(), size))

    p = commands.add_parser("adopt", help="make a checkpoint of exported weights")
    p.add_argument("--weights", type=Path, required=True, help="folder with model.safetensors and config.json")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--seen", type=float, default=0, help="tokens that the weights have seen")

    p = commands.add_parser("retokenize", help="a checkpoint for the tokenizer of other data")
    p.add_argument("--out", type=Path, required=True, help="the checkpoint as it is")
    p.add_argument("--tokenizer", type=Path, required=True, help="its tokenizer.json")
    p.add_argument("--data", type=Path, required=True, help="data with the new tokenizer")
    p.add_argument("--to", type=Path, required=True)

    p = commands.add_parser("export", help="Hugging Face folder in f16")
    p.add_argument("--data", type=Path, required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--to", type=Path, required=True)

    p = commands.add_parser("plot")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--to", type=Path, required=True)
    return parser.parse_args(argv)


def main(argv=None):
    args = arguments(argv)
    if args.command == "prepare":
        more = (args.more_of, args.more if args.more_of else 0)
        prepare(args.binary, args.data, args.count, args.seed, args.vocab, args.held_out, args.tokenizer, more, args.words_of)
    else:
        commands = [train, evaluate, grow, adopt, retokenize, export, plot]
        {command.__name__: command for command in commands}[args.command](args)


if __name__ == "__main__":
    main()
