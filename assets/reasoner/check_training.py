#!/usr/bin/env python3
"""Checks the trainer on a tiny model: the loss falls; a run cut off and resumed equals one that was not, bit for bit; growing
a model leaves its function as it was.

Needs torch; says so and ends without a failure where it is missing. Takes some seconds.
"""

import json
import random
import re
import sys
import tempfile
from array import array
from pathlib import Path

try:
    import torch
except ImportError as missing:
    print(f"skipped: {missing}. Training needs torch: pip install torch")
    sys.exit(0)

import brief
import data
import strange
import train
from model import Config, Reasoner

SIZES = ["--hidden", "32", "--layers", "2", "--heads", "2", "--kv-heads", "1", "--ffn", "64", "--vocab", "64"]
ASK, REPLY = 1, 2
# Tokens of the made-up tokenizer beside ten digits, 10 to 19.
COLON, TIMES, SO, STOP = 20, 21, 22, 23
WORK = [10, TIMES, 11, COLON, 12, 13, 14, SO, 15, STOP]


def write_data(folder: Path):
    """Documents that ask for a short row of tokens to be repeated: enough for a loss that falls."""
    rng = random.Random(0)
    for level in data.LEVELS:
        documents = []
        for _ in range(200):
            row = [rng.randrange(24, 64) for _ in range(rng.randrange(3, 12))] + WORK
            documents.append([ASK, *row, REPLY, data.THINK, *row, data.END])
        (folder / f"{level}.bin").write_bytes(array("H", [token for d in documents for token in d]).tobytes())
        (folder / f"{level}.len").write_bytes(array("H", [len(d) for d in documents]).tobytes())
        (folder / f"{level}.main").write_bytes(array("H", [len(d) - 1 for d in documents]).tobytes())
    (folder / "held_out.json").write_text("[]")
    vocab = {str(digit): 10 + digit for digit in range(10)} | {":": COLON, "Ġ*Ġ": TIMES, "ĠSo": SO, ".": STOP}
    (folder / "tokenizer.json").write_text(json.dumps({"added_tokens": [], "model": {"vocab": vocab}}))


def run(folder: Path, out: Path, steps: int, **more) -> dict:
    options = {"steps": steps, "tokens": 40000, "batch": 512, "easy-until": 2000, "all-from": 8000, "log-every": 20, "threads": 1}
    options |= {"lr": 0.02, "adam-lr": 0.004, "decay": 0.3, "candidates": 2, "word-weight": 0.5, "brief-share": 0.3} | more
    words = [word for option, value in options.items() for word in (f"--{option}", str(value))]
    train.main(["train", "--data", str(folder), "--out", str(out), *words, *SIZES])
    return torch.load(out / "checkpoint.pt", weights_only=False)


def same(a, b) -> bool:
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a if key != "seconds")
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


def check_growing(out: Path):
    """A grown model computes what it computed before."""
    before = torch.load(out / "checkpoint.pt", weights_only=False)
    train.main(["grow", "--out", str(out), "--layers", "3", "--heads", "4", "--kv-heads", "2", "--ffn", "96"])
    after = torch.load(out / "checkpoint.pt", weights_only=False)
    tokens = torch.arange(5, 60)[None]
    results = []
    for saved in (before, after):
        model = Reasoner(Config(**saved["config"]))
        model.load_state_dict(saved["model"])
        with torch.no_grad():
            results.append(model.logits(model(tokens)))
    assert torch.allclose(*results, atol=1e-4), "growing changes what the model computes"


def check_adopting(folder: Path, out: Path, root: Path):
    """Weights exported and adopted again compute what they computed before, but for the rounding to f16."""
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).touch()
    train.main(["export", "--data", str(folder), "--out", str(out), "--to", str(root / "exported")])
    train.main(["adopt", "--weights", str(root / "exported"), "--out", str(root / "adopted"), "--seen", "40000"])
    before, after = (torch.load(path / "checkpoint.pt", weights_only=False) for path in (out, root / "adopted"))
    assert before["config"] == after["config"] and after["seen"] == 40000
    for name, tensor in before["model"].items():
        assert torch.allclose(tensor, after["model"][name], rtol=1e-3, atol=1e-6), f"adopting changes {name}"
    run(folder, root / "adopted", 2)


def check_retokenizing(root: Path) -> str:
    """A token that both tokenizers know keeps its row; a new one gets the mean of those that its text was."""
    try:
        import tokenizers  # noqa: F401
    except ImportError as missing:
        return f"retokenizing is not checked: {missing}"
    here = Path(__file__).parent
    train.main(["adopt", "--weights", str(here), "--out", str(root / "old")])
    folder = root / "new tokenizer"
    folder.mkdir()
    tokenizer = json.loads((here / "tokenizer.json").read_text())
    vocab, merges = tokenizer["model"]["vocab"], tokenizer["model"]["merges"]
    first, second = next(
        (a, b) for a in vocab for b in vocab if len(a + b) == 9 and (a + b).isascii() and (a + b).isalpha() and a + b not in vocab
    )
    vocab[first + second] = len(vocab)
    merges.append([first, second])
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    old = str(here / "tokenizer.json")
    train.main(["retokenize", "--out", str(root / "old"), "--tokenizer", old, "--data", str(folder), "--to", str(root / "new")])
    before, after = (torch.load(root / name / "checkpoint.pt", weights_only=False) for name in ("old", "new"))
    rows, known = after["model"]["embed_tokens.weight"], before["model"]["embed_tokens.weight"]
    assert after["config"]["vocab"] == len(rows) == len(known) + 1
    assert torch.equal(rows[:-1], known), "a token that was known has another row"
    from tokenizers import Tokenizer

    pieces = Tokenizer.from_file(old).encode(first + second).ids
    assert torch.allclose(rows[-1], known[pieces].mean(0)), "a new token is not the mean of its pieces"
    return "retokenizing keeps what was known"


def check_decoding():
    """Left-padded batches with a cache choose the tokens that the whole text, alone and without a cache, leads to."""
    from evaluate import decode

    torch.manual_seed(0)
    model = Reasoner(Config(hidden=32, layers=2, heads=2, kv_heads=1, ffn=64, vocab=64))
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    prompts = [[5, 6, 7], [8, 9, 10, 11, 12, 13], [14]]
    for prompt, written in zip(prompts, decode(model, prompts, 12, batch=3), strict=True):
        text = list(prompt)
        for token in written:
            with torch.no_grad():
                assert token == int(model.logits(model(torch.tensor([text]))[0, -1]).argmax()), "decoding differs"
            text.append(token)


def check_cutting():
    """Words of a problem are cut in two now and then, special tokens never."""
    text = data.prompt("Four children share twelve apples.")
    rng = random.Random(0)
    parts = [data.cut(text, rng) for _ in range(2000)]
    assert all("".join(cut) == text for cut in parts), "cutting changes the text"
    assert any(len(cut) > 1 for cut in parts), "nothing is cut"
    for token in ("<|user|>", "<|assistant|>", "<think>"):
        assert all(any(token in part for part in cut) for cut in parts), f"{token} is cut"


def check_strange_words():
    """Names, things and asides change alike in problem and trace; numbers and what is asked stay."""
    here = ["Now Ben has 5 stamps.", "Now Eva has 7 marbles."]
    elsewhere = ["The pigeons on the roof slept.", "Lanterns hung in the old barn. They saw lizards."]
    words = strange.Strange(here, elsewhere)
    assert words.names == {"Ben", "Eva"} and words.things == {"stamps", "marbles"}
    problem = "Now Ben has 57 stamps. He sells 9. How many stamps are left?"
    trace = "Now Ben has 57 stamps. The start is 57. So Ben has 48."
    rng = random.Random(0)
    drawn = {words.put_into(problem, trace, rng) for _ in range(300)}
    assert len(drawn) > 10, "hardly anything changes"
    for asked, told in drawn:
        assert re.findall(r"\d+", asked) == ["57", "9"] and asked.split(". ")[0] == told.split(". ")[0], (asked, told)
        assert asked.endswith("are left?") and told.endswith("has 48."), (asked, told)


def check_deciding():
    """Labels, operations, noted numbers and how a line of the calculation begins; not the opening nor what follows the answer."""
    split = ["<|user|>", "7", "\n", "8", "<think>", "\n", "Okay", " (", "A", ")", " ", "7", "\n", "(", "A", ")", " ", "7"]
    split += [" plus", " ", "8", "\n", "The", " question", " A", "\n", "Wait"]
    pieces = {4 + at: piece.encode() for at, piece in enumerate(sorted(set(split) - {"<think>"}))} | {train.THINK: b"<think>"}
    number = {piece: token for token, piece in pieces.items()}
    tokens = torch.tensor([[number[piece.encode()] for piece in split]])
    chosen = train.Deciding(pieces, 4 + len(pieces), "cpu").of(tokens)[0].tolist()
    decides = [piece for piece, of in zip(split[1:], chosen, strict=True) if of]
    assert decides == ["A", "7", "(", "A", " plus", "The"], decides


def check_brief():
    """Digit work is left out, and what follows from it is not learnt; the clock and the answer stay."""
    split = ["At", " ", "7", ":", "3", "0", " So", " I", ".", " ", "1", "4", " * ", "4", ":", " ", "4", " * ", "4", " = ", "1"]
    split += ["6", ":", " write", ".", " So", " ", "1", "4", " * ", "4", " = ", "5", "6", ".", " So", " it", " is", " ", "5", "6"]
    pieces = dict(enumerate(sorted({piece.encode() for piece in split})))
    number = {piece: token for token, piece in pieces.items()}
    document = torch.tensor([number[piece.encode()] for piece in split], dtype=torch.int32)
    tokens, n = torch.cat((document, document)), len(document)
    left_out, follows = brief.work(tokens, torch.tensor([0, n]), pieces)
    assert torch.equal(left_out[:n], left_out[n:]) and torch.equal(follows[:n], follows[n:]), "one reads the other"
    told = ["".join(piece for piece, out in zip(split, which, strict=True) if not out) for which in (left_out[:n], follows[:n])]
    assert told[0] == "At 7:30 So I. 14 * 4: So 14 * 4 = 56. So it is 56", told[0]
    assert told[1] == "At 7:30 So I. 14 * 4: 4 * 4 = 16: write.. So it is 56", told[1]


def check_brief_batches(folder: Path):
    """What is left out of a batch leaves a gap in the positions, and what follows from it is not learnt."""
    pieces = train.byte_pieces(json.loads((folder / "tokenizer.json").read_text()))
    batch = data.Curriculum(folder, 512, 64, seed=0, pieces=pieces).brief[0].batch()
    assert (batch.positions[:, 1:] - batch.positions[:, :-1]).max() == 4, "three tokens of work are left out"
    row = batch.tokens[0].tolist()
    assert row.index(SO) == row.index(COLON) + 1
    assert [token for token, learnt in zip(row, batch.learnt[0].tolist(), strict=True) if not learnt] == [SO, 15] * 2


def main():
    check_decoding()
    check_cutting()
    check_strange_words()
    check_deciding()
    check_brief()
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        folder = root / "data"
        folder.mkdir()
        write_data(folder)
        check_brief_batches(folder)
        whole = run(folder, root / "whole", 150)
        run(folder, root / "cut", 53)
        resumed = run(folder, root / "cut", 150)
        assert same(whole, resumed), "the resumed run differs from the uninterrupted one"
        timed = run(folder, root / "timed", 100_000, minutes=0.02, tokens=1)
        assert timed["step"] > 1 and timed["seconds"] >= 1.2, "a training by time does not end with it"
        check_adopting(folder, root / "cut", root)
        check_growing(root / "whole")
        retokenized = check_retokenizing(root)
        losses = [json.loads(line)["loss"] for line in (root / "whole" / "log.jsonl").read_text().splitlines()]
        assert losses[-1] < 0.8 * losses[0], f"the loss does not fall: {losses}"
    print(f"{retokenized}; growing changes nothing; exported weights are adopted as they were; batches decode as one does")
    print("the loss falls; resumed equals uninterrupted, bit for bit")


if __name__ == "__main__":
    main()
