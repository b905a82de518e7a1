#!/usr/bin/env python3
"""Times of the compression's kernels and of attention, beside the published code's steps in torch: one table a subject.

Usage: timings.py LIBRARY    LIBRARY is libkernels.so as on_gpu.sh builds it.

One layer of 8 KV heads, group 4, head size 128, bf16, window 8, buffer 128; B sequences of L slots. The torch steps are
written anew from the formulas (R-KV sections 3.2 to 3.4, in the form of the published code), one sequence at a time where
the L x L matrix is made, as that code does. The floor is the time to move the bytes that must be moved (keys once, and keys and
values of the slots that move, read and written) at the bandwidth that a copy reaches here.

Without a GPU (LIBRARY then is the one that the tests build for the CPU) it only checks that kernels and torch agree.
"""
import ctypes
import math
import sys
import time

import torch
import torch.nn.functional as F

KV_HEADS, GROUP, D, WINDOW, BUFFER, POOL, LAMBDA, THRESHOLD = 8, 4, 128, 8, 128, 7, 0.1, 0.5
GPU = torch.cuda.is_available()
DEVICE = "cuda" if GPU else "cpu"
library = ctypes.CDLL(sys.argv[1])
for name in ("rkv_device", "rkv_launch"):
    getattr(library, name).restype = ctypes.c_char_p
if GPU:
    library.rkv_time.restype = ctypes.c_double


class Launch:
    """A kernel with its grid and arguments: tensors, None, ints, floats."""

    def __init__(self, kernel, grid, threads, *arguments):
        def cell(a):
            if a is None or isinstance(a, torch.Tensor):
                return ctypes.c_void_p(0 if a is None else a.data_ptr())
            return ctypes.c_float(a) if isinstance(a, float) else ctypes.c_int(a)

        self.kernel, self.kept_alive = kernel, arguments
        self.cells = [cell(a) for a in arguments]
        pointers = [ctypes.cast(ctypes.pointer(c), ctypes.c_void_p) for c in self.cells]
        self.call = (kernel.encode(), *(ctypes.c_uint(n) for n in grid), ctypes.c_int(threads),
                     (ctypes.c_void_p * len(pointers))(*pointers), ctypes.c_int(len(pointers)))

    def run(self):
        error = library.rkv_launch(*self.call, ctypes.c_uint(0))
        if error:
            sys.exit(f"{self.kernel}: {error.decode()}")

    def microseconds(self):
        mean = library.rkv_time(*self.call, ctypes.c_int(20))
        if mean < 0:
            sys.exit(f"{self.kernel} failed while it was timed")
        return mean


def compression(q, k, v, positions, held, budget):
    """The launches of a compression, as src/kernels/cuda/compression.rs makes them, and what they write."""
    rows, capacity, n = k.shape[0], k.shape[1], held - WINDOW
    new = lambda *shape, dtype=torch.float32: torch.zeros(shape, dtype=dtype, device=DEVICE)
    logits, norms, column_sum = new(rows, WINDOW, n), new(rows, held), new(rows, held)
    unit_sum, spared = new(rows, D, dtype=torch.int64), new(rows, held, dtype=torch.int64)
    newest, keep = new(rows, held, dtype=torch.int32), new(rows, budget, dtype=torch.int32)
    raw, importance, redundancy, score = (new(rows, n) for _ in range(4))
    tiles, chunks = -(-held // 64), D * 2 // 16
    launches = [
        Launch(f"importance_logits_bf16_d{D}", (tiles, rows, 1), 128, q, k, logits, norms, unit_sum, KV_HEADS, GROUP,
               capacity, held, n, WINDOW, WINDOW, 0, 1 / math.sqrt(D)),
        Launch(f"newest_similar_bf16_d{D}", (tiles, rows, 1), 128, k, norms, unit_sum, column_sum, spared, newest, capacity,
               held, THRESHOLD),
        Launch("score_candidates", (rows, 1, 1), 256, logits, column_sum, spared, raw, importance, redundancy, score,
               WINDOW, held, n, POOL, LAMBDA, 1 - LAMBDA),
        Launch("select_slots", (rows, 1, 1), 256, score, positions, keep, None, None, capacity, held, n, budget, 0, 0),
        Launch("compact_slots", (2 * chunks // 4 + 1, rows, 1), 256, k, v, positions, keep, None, None, capacity, budget,
               chunks, 4),
    ]
    return launches, keep, score, (unit_sum, spared)


def torch_scores(q, k):
    """Scores of one sequence: q [heads, WINDOW, D], k [kv_heads, L, D]."""
    heads, length, _ = k.shape
    n = length - WINDOW
    logits = q.view(heads, GROUP, WINDOW, D) @ k.transpose(-1, -2).unsqueeze(1) / math.sqrt(D)
    attention = F.softmax(logits.amax(1)[..., :n].float(), dim=-1).mean(-2)
    importance = F.max_pool1d(attention, POOL, stride=1, padding=POOL // 2)
    unit = k / (k.norm(dim=-1, keepdim=True) + 1e-8)
    cosine = unit @ unit.transpose(-1, -2)
    cosine.diagonal(dim1=-2, dim2=-1).zero_()
    columns = torch.arange(length, device=k.device)
    newest = torch.where(cosine > THRESHOLD, columns, 0).amax(-1, keepdim=True)
    cosine.scatter_(-1, newest, 0)
    redundancy = F.softmax(cosine.mean(-2).float(), dim=-1)[..., :n]
    return importance * LAMBDA - redundancy * (1 - LAMBDA)


def torch_compress(q, k, v, budget):
    """Keys and values that stay: q [B, heads, WINDOW, D], k and v [B, kv_heads, L, D]."""
    n = k.shape[2] - WINDOW
    top = torch.stack([torch_scores(*pair).topk(budget - WINDOW, dim=-1).indices for pair in zip(q, k)])
    index = top.unsqueeze(-1).expand(-1, -1, -1, D)
    return [torch.cat([x[:, :, :n].gather(2, index), x[:, :, n:]], 2) for x in (k, v)]


def seconds(work, least=3):
    work()
    torch.cuda.synchronize()
    started = time.perf_counter()
    runs = 0
    while runs < least or (time.perf_counter() - started < 0.2 and runs < 50):
        work()
        torch.cuda.synchronize()
        runs += 1
    return (time.perf_counter() - started) / runs


def inputs(batch, length, dense, dtype=torch.bfloat16):
    generator = torch.Generator(DEVICE).manual_seed(batch + length)
    draw = lambda *shape: torch.randn(shape, generator=generator, device=DEVICE)
    k = draw(batch, KV_HEADS, length, D) + (1.5 * draw(KV_HEADS, 1, D) if dense else 0)
    q = draw(batch, KV_HEADS * GROUP, WINDOW, D)
    return q.to(dtype), k.to(dtype), draw(batch, KV_HEADS, length, D).to(dtype)


def flat(q, k, v, length):
    """The cache's layout: a ring of WINDOW rows of queries, rows of keys and values, positions."""
    rows = k.shape[0] * KV_HEADS
    positions = torch.arange(length, dtype=torch.int32, device=DEVICE).repeat(rows, 1)
    return (q.transpose(1, 2).contiguous(), k.reshape(rows, length, D).clone(), v.reshape(rows, length, D).clone(), positions)


def agreement(batch, length, dense):
    """Share of kept slots that kernels and torch in f32 choose alike, on the same bf16 keys."""
    budget = length - min(BUFFER, length // 3)
    q, k, v = inputs(batch, length, dense)
    launches, keep, _, _ = compression(*flat(q, k, v, length), length, budget)
    for launch in launches:
        launch.run()
    want = torch.stack([torch_scores(*pair).topk(budget - WINDOW, dim=-1).indices for pair in zip(q.float(), k.float())])
    mine = keep.view(batch, KV_HEADS, budget)[..., :budget - WINDOW].cpu()
    pairs = zip(mine.reshape(-1, budget - WINDOW).tolist(), want.cpu().reshape(-1, budget - WINDOW).tolist())
    same = [len(set(a) & set(b)) / len(b) for a, b in pairs]
    return sum(same) / len(same)


def bandwidth():
    source = torch.empty(1 << 28, dtype=torch.float32, device=DEVICE)
    target = torch.empty_like(source)
    return 2 * source.numel() * 4 / seconds(lambda: target.copy_(source), 10)


def compression_times(copy):
    print("\nCompression of one layer, microseconds")
    print("|  B |    L | keys        | logits | similar | score | select | compact | zeroing |   all |   torch | ratio | floor | share |")
    print("|---:|-----:|-------------|-------:|--------:|------:|-------:|--------:|--------:|------:|--------:|------:|------:|------:|")
    for batch in (1, 16, 64):
        for length in (1152, 4224):
            for dense in (True, False):
                budget = length - BUFFER
                q, k, v = inputs(batch, length, dense)
                launches, keep, _, sums = compression(*flat(q, k, v, length), length, budget)
                for launch in launches[:-1]:
                    launch.run()
                moved = (keep != torch.arange(budget, device=DEVICE)).sum().item()
                times = [launch.microseconds() for launch in launches]
                zeroing = 1e6 * seconds(lambda: [x.zero_() for x in sums], 20)
                ours = sum(times) + zeroing
                theirs = 1e6 * seconds(lambda: torch_compress(q, k, v, budget))
                floor = 1e6 * (k.numel() * 2 + moved * 2 * 2 * D * 2) / copy
                cells = [f"{t:.1f}" for t in times] + [f"{zeroing:.1f}", f"{ours:.1f}", f"{theirs:.0f}", f"{theirs / ours:.1f}",
                                                       f"{floor:.1f}", f"{100 * floor / ours:.0f} %"]
                print(f"| {batch} | {length} | {'dense' if dense else 'independent'} | " + " | ".join(cells) + " |", flush=True)
                del q, k, v, launches, keep, sums
                torch.cuda.empty_cache()


def attention_times(copy):
    print("\nAttention of one new token, one layer, microseconds")
    print("|  B |    L | attend + merge | torch, grouped | floor | share |")
    print("|---:|-----:|---------------:|---------------:|------:|------:|")
    blocks = 2 * torch.cuda.get_device_properties(0).multi_processor_count
    for batch in (1, 16, 64):
        for length in (1152, 4224, 16384):
            _, k, v = inputs(batch, length, True)
            q = torch.randn(batch, KV_HEADS * GROUP, 1, D, device=DEVICE).to(torch.bfloat16)
            heads = batch * KV_HEADS
            splits = max(1, min(-(-blocks // heads), -(-length // 64)))
            part = torch.empty(heads * GROUP * splits * (D + 2), device=DEVICE)
            out = torch.empty_like(q)
            launches = [Launch(f"attend_bf16_d{D}", (splits, 1, heads), 128, q, k, v, part, out, KV_HEADS, GROUP, 1, length,
                               length, 1 / math.sqrt(D))]
            if splits > 1:
                launches.append(Launch(f"attend_merge_bf16_d{D}", (GROUP, heads, 1), 64, part, out, KV_HEADS, GROUP, 1, splits))
            ours = sum(launch.microseconds() for launch in launches)
            grouped = q.view(batch, KV_HEADS, GROUP, D)
            theirs = 1e6 * seconds(lambda: F.scaled_dot_product_attention(grouped, k, v))
            floor = 1e6 * 2 * k.numel() * 2 / copy
            print(f"| {batch} | {length} | {ours:.1f} | {theirs:.1f} | {floor:.1f} | {100 * floor / ours:.0f} % |", flush=True)
            del k, v
            torch.cuda.empty_cache()


print(f"device: {library.rkv_device().decode()}; torch {torch.__version__}")
for shape in [(2, 1152, True), (2, 1152, False)] if GPU else [(1, 200, True), (2, 150, False)]:
    share = agreement(*shape)
    print(f"kept alike with torch in f32, B {shape[0]}, L {shape[1]}, {'dense' if shape[2] else 'independent'} keys: {share:.4f}")
    if share < 0.99:
        sys.exit("kernels and torch do not agree")
if GPU:
    speed = bandwidth()
    print(f"copy bandwidth: {speed / 1e12:.2f} TB/s")
    compression_times(speed)
    attention_times(speed)
