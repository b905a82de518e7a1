"""Documents without their digit work, so that more of a batch is what understanding a problem comes down to.

Of `14 * 4: 4 * 4 = 16, write 6, carry 1. 1 * 4 = 4, 4 + 1 = 5, write 56. So 14 * 4 = 56.` what stands between the colon and `So`
is left out: a third of all, which a model can do long before it knows what to calculate. What is left stays at its
positions, as in a cache that has evicted the rest. What cannot be told without it, the result, is not to be learnt.
"""

import torch

OPERATIONS = (b" + ", b" - ", b" * ", b" / ")


def last(where: torch.Tensor) -> torch.Tensor:
    """For each index the last one up to it at which `where` holds; -1 if there is none."""
    indices = torch.arange(len(where), dtype=torch.int32)
    return torch.where(where, indices, -1).cummax(0).values


def work(tokens: torch.Tensor, starts: torch.Tensor, pieces: dict[int, bytes]) -> tuple[torch.Tensor, torch.Tensor]:
    """Which tokens of documents, one after the other from `starts` on, are digit work; and which follow from it."""
    number = {piece: token for token, piece in pieces.items()}

    def one_of(*texts: bytes) -> torch.Tensor:
        return torch.isin(tokens, torch.tensor([number[text] for text in texts if text in number], dtype=tokens.dtype))

    first = torch.zeros(len(tokens), dtype=torch.bool)
    first[starts] = True
    digit = one_of(*(b"%d" % n for n in range(10)))
    before_digits = last(~digit | first).roll(1).clamp(min=0)
    # A colon behind digits behind an operation begins work, "So" or "so" ends it, a full stop ends what follows.
    begins = one_of(b":") & digit.roll(1) & one_of(*OPERATIONS)[before_digits] & ~first
    ends = one_of(b" So", b" so") | first
    inside = last(begins) > last(ends)
    worked = inside.roll(1)
    follows = last(ends & worked & ~first) > last(one_of(b".") | first)
    return inside & worked, follows
