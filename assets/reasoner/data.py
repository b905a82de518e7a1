"""Problems as tokens: trains the tokenizer, and writes what training reads, so that training needs torch alone.

A data folder holds `tokenizer.json`, `tokenizer_config.json`, for each level `LEVEL.bin` (all documents, one after the other,
16-bit tokens), `LEVEL.len` (their lengths, 16 bits) and `LEVEL.main` (how many tokens of each lead to the first answer, before
any check), and `held_out.json` (problems that no training seed draws, with their prompts as tokens).
"""

import json
import random
import re
import subprocess
from array import array
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import torch

from brief import work
from strange import Strange

LEVELS = ("easy", "medium", "hard")
# The first thousand problems of these seeds are no training data even where another seed draws the same words and numbers.
MEASURED_SEEDS = range(10)
# Share of the words of a problem that are cut in two.
CUT = 0.03
# Share of the problems that are read as if typed in a hurry.
HURRIED = 0.1
SPECIAL = ["<|end|>", "<|user|>", "<|assistant|>", "<think>", "</think>"]
END, THINK = 0, 3
# Fills batches up; no token.
PAD = -1
# What ends the main part of a trace: the line in which it says its first answer.
ANSWERED = "\nThe question is: "
TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}<|user|>{{ message['content'] }}"
    "{% elif message['role'] == 'assistant' %}<|assistant|>{{ message['content'] }}<|end|>{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}"
)
# Every digit by itself, an operation with the spaces around it, a word with the space before it.
PIECES = r"\d| [-+*/=] | ?\p{L}+| ?[^\s\p{L}\d]|\s"


def prompt(problem: str) -> str:
    return f"<|user|>{problem}<|assistant|><think>\n"


def reply(sample: dict) -> str:
    return f"{sample['trace']}\n</think>\nThe answer is \\boxed{{{sample['answer']}}}.<|end|>"


def document(sample: dict) -> str:
    return prompt(sample["problem"]) + reply(sample)


def problems(binary: str, count: int, seed: int, level: str | None = None, first: int = 0, kinds: str = ""):
    """Draws problems from the library's generator."""
    command = [binary, "problems", "--json", "--count", str(count), "--seed", str(seed), "--first", str(first)]
    if level:
        command += ["--level", level]
    if kinds:
        command += ["--kinds", kinds]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        for line in process.stdout:
            yield json.loads(line)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed with code {process.returncode}")


def train_tokenizer(texts, vocab: int):
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=vocab, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def prepare(
    binary: str,
    folder: Path,
    count: int,
    seed: int,
    vocab: int,
    held_out: int,
    known: Path | None = None,
    more: tuple[str, int] = ("", 0),
    words_of: str = "",
):
    """Writes a data folder with `count` problems of each level; `known` is a tokenizer to use instead of a new one.

    `more` is kinds that a model finds hard, and how many problems of these alone each level gets on top. `words_of` is kinds
    whose words are put into the problems.
    """
    if seed < 1000:
        raise SystemExit(f"seed {seed} is held out from training: seeds begin at 1000")
    folder.mkdir(parents=True, exist_ok=True)
    kinds, extra = more
    mixes = ("", kinds) if extra else ("",)
    if known:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(known))
    else:
        drawn = chain.from_iterable(problems(binary, 40_000, seed + 1, kinds=mix) for mix in mixes)
        texts = (f"{sample['problem']}\n{sample['trace']}" for sample in drawn)
        tokenizer = train_tokenizer(texts, vocab)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": SPECIAL[END],
        "model_max_length": 2048,
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))
    samples = []
    for sample in chain.from_iterable(problems(binary, held_out, 0, kinds=mix) for mix in mixes):
        sample["tokens"] = tokenizer.encode(prompt(sample["problem"])).ids
        sample["document"] = tokenizer.encode(document(sample)).ids
        samples.append(sample)
    (folder / "held_out.json").write_text(json.dumps(samples))
    measured = {sample["problem"] for one in MEASURED_SEEDS for mix in mixes for sample in problems(binary, 1000, one, kinds=mix)}
    strange = None
    if words_of:
        here, elsewhere = ([one["problem"] for one in problems(binary, 20_000, seed + 2, kinds=of)] for of in ("", words_of))
        strange = Strange(here, elsewhere)
    for level in LEVELS:
        drawn = chain(
            problems(binary, count, seed, level),
            problems(binary, extra, seed + 1, level, kinds=kinds) if extra else (),
        )
        write_level(tokenizer, (sample for sample in drawn if sample["problem"] not in measured), folder / level, strange)


def cut(text: str, rng: random.Random) -> list[str]:
    """The text in parts that are encoded by themselves: now and then a word is cut in two.

    A word that the tokenizer has never met falls into pieces; so the model must have read words in pieces, too (BPE-dropout,
    Provilkov et al. 2020, in its simplest form).
    """
    cuts = [0]
    # The names of special tokens are no words.
    for word in re.finditer(r"(?<![A-Za-z<|])[A-Za-z]{4,}", text):
        if rng.random() < CUT:
            cuts.append(rng.randrange(word.start() + 1, word.end()))
    return [text[a:b] for a, b in pairwise([*cuts, len(text)])]


def hurried(problem: str, rng: random.Random) -> str:
    """The problem as people type it who are in a hurry, now and then: without capitals, without the last sign, or both."""
    if rng.random() >= HURRIED:
        return problem
    way = rng.randrange(4)
    if way == 0:
        return problem[:1].lower() + problem[1:]
    if way < 3:
        problem = problem.lower()
    return problem.rstrip("?.") if way > 1 else problem


def write_level(tokenizer, samples, path: Path, strange: Strange | None = None):
    rng = random.Random(path.name)
    lengths, mains = [], []
    with path.with_suffix(".bin").open("wb") as out:
        for batch in batched(samples, 2000):
            if strange:
                for sample in batch:
                    sample["problem"], sample["trace"] = strange.put_into(sample["problem"], sample["trace"], rng)
            parts = [[*cut(prompt(hurried(sample["problem"], rng)), rng), reply(sample)] for sample in batch]
            encoded = iter(tokenizer.encode_batch([part for document in parts for part in document]))
            for document in parts:
                *asked, replied = [next(encoded) for _ in document]
                ids = [token for part in asked for token in part.ids]
                text = document[-1]
                mains.append(len(ids) + replied.char_to_token(text.index("\n", text.index(ANSWERED) + 1)))
                ids += replied.ids
                lengths.append(len(ids))
                array("H", ids).tofile(out)
    path.with_suffix(".len").write_bytes(array("H", lengths).tobytes())
    path.with_suffix(".main").write_bytes(array("H", mains).tobytes())
    print(f"{path.name}: {len(lengths)} problems, {sum(lengths)} tokens, median {sorted(lengths)[len(lengths) // 2]}", flush=True)


def batched(items, size: int):
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def read(path: Path) -> array:
    """The 16-bit numbers of a file."""
    numbers = array("H")
    numbers.frombytes(path.read_bytes())
    return numbers


class Batch(NamedTuple):
    """Documents [documents, padded length], filled up with `PAD`."""

    tokens: torch.Tensor
    # Where each token stood in its document.
    positions: torch.Tensor
    # False for tokens that are not to be learnt.
    learnt: torch.Tensor


class Level:
    """The documents of one level in batches of about the same length, shuffled anew in every epoch.

    None attends to another: they are packed by length, not end to end. With `part` "len" they are whole, with "main" they end
    with their first answer: the part in which a model goes wrong, at less than half the tokens. `pieces`, if given, are the
    tokenizer's, and digit work is left out.
    """

    def __init__(
        self, documents: torch.Tensor, folder: Path, name: str, part: str, tokens: int, longest: int, seed: int, pieces=None
    ):
        self.name, self.tokens, self.longest, self.seed = f"{name} {part}", tokens, longest, seed
        self.data = documents
        lengths = torch.tensor(read(folder / f"{name}.{part}"), dtype=torch.int64)
        whole = torch.tensor(read(folder / f"{name}.len"), dtype=torch.int64)
        first = whole.cumsum(0) - whole
        self.starts, self.ends = first.tolist(), (first + lengths).tolist()
        self.kept = self.learnt = None
        if pieces:
            self.name += " brief"
            left_out, follows = work(documents, first, pieces)
            self.kept, self.learnt = ~left_out, ~follows
            upto = torch.cat((torch.zeros(1, dtype=torch.int64), self.kept.cumsum(0)))
            lengths = upto[first + lengths] - upto[first]
        self.lengths = lengths.tolist()
        self.epoch, self.next, self.batches = -1, 0, []

    def shuffle(self, epoch: int):
        rng = random.Random(f"{self.seed} {self.name} {epoch}")
        # What is left out counts, too: no position is beyond the longest.
        order = [i for i in range(len(self.lengths)) if self.ends[i] - self.starts[i] <= self.longest]
        rng.shuffle(order)
        self.batches, pool = [], 1000
        for at in range(0, len(order), pool):
            batch, width = [], 0
            for i in sorted(order[at : at + pool], key=lambda i: self.lengths[i]):
                width = max(width, padded(self.lengths[i]))
                if batch and width * (len(batch) + 1) > self.tokens:
                    self.batches.append(batch)
                    batch, width = [], padded(self.lengths[i])
                batch.append(i)
            self.batches.append(batch)
        rng.shuffle(self.batches)
        self.epoch, self.next = epoch, 0

    def batch(self) -> Batch:
        if self.next >= len(self.batches):
            self.shuffle(self.epoch + 1)
        chosen = self.batches[self.next]
        self.next += 1
        shape = len(chosen), padded(max(self.lengths[i] for i in chosen))
        tokens = torch.full(shape, PAD)
        positions, learnt = torch.arange(shape[1]).repeat(shape[0], 1), torch.ones(shape, dtype=torch.bool)
        for row, i in enumerate(chosen):
            document, n = slice(self.starts[i], self.ends[i]), self.lengths[i]
            if self.kept is None:
                tokens[row, :n] = self.data[document]
            else:
                kept = self.kept[document].nonzero().flatten()
                tokens[row, :n], positions[row, :n] = self.data[document][kept].long(), kept
                learnt[row, :n] = self.learnt[document][kept]
        return Batch(tokens, positions, learnt)

    def state(self) -> tuple[int, int]:
        return self.epoch, self.next

    def restore(self, state: tuple[int, int]):
        if state[0] >= 0:
            self.shuffle(state[0])
            self.next = state[1]


def padded(length: int) -> int:
    return (length + 31) // 32 * 32


class Curriculum:
    """Easy problems first; the mix moves to all levels over the first part of training.

    With `pieces` there are brief documents, too: main parts without their digit work.
    """

    def __init__(self, folder: Path, tokens: int, longest: int, seed: int, candidates: int = 1, pieces=None):
        documents = [torch.tensor(read(folder / f"{name}.bin"), dtype=torch.int32) for name in LEVELS]

        def levels(part: str, size: int, pieces=None) -> list[Level]:
            return [
                Level(data, folder, name, part, size, longest, seed, pieces) for data, name in zip(documents, LEVELS, strict=True)
            ]

        self.whole, self.main = levels("len", tokens), levels("main", tokens * candidates)
        self.brief = levels("main", tokens * candidates, pieces) if pieces else []
        self.rng = random.Random(f"{seed} levels")

    def batch(self, seen: int, easy_until: int, all_from: int, main_share: float, brief_share: float) -> tuple[Batch, bool]:
        """Only easy problems until `easy_until` tokens, then ever more of the others, and all from `all_from` on.

        `main_share` of the batches hold main parts only, `candidates` times as many of them: the second result says so.
        `brief_share` of them are brief.
        """
        progress = min(1.0, max(0.0, (seen - easy_until) / max(1, all_from - easy_until)))
        weights = (1 - 0.8 * progress, 0.35 * progress, 0.45 * progress)
        main = self.rng.random() < main_share
        brief = main and brief_share > 0 and self.rng.random() < brief_share
        levels = self.brief if brief else self.main if main else self.whole
        return self.rng.choices(levels, weights)[0].batch(), main

    def state(self):
        return {"rng": self.rng.getstate(), "levels": [level.state() for level in self.whole + self.main + self.brief]}

    def restore(self, state):
        """A checkpoint made without brief documents says nothing of them: they begin anew."""
        self.rng.setstate(state["rng"])
        for level, saved in zip(self.whole + self.main + self.brief, state["levels"], strict=False):
            level.restore(saved)
