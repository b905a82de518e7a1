"""Problems in strange words: names, things and asides taken from elsewhere, the same in problem and trace.

A generator's problems have few words, and a model that has met no others recalls a sentence instead of copying the one that it
reads: asked about pigeons it speaks of pencils. Words that could be any make it copy.
"""

import random
import re
from collections import Counter

# Share of the problems in which names and things are others, and of those with an aside.
SWAPPED, ASIDE = 0.5, 0.35
ASIDES = re.compile(
    r"\b(?:on|at|in|after|before|during|near|behind|from|with) (?:the|a|an|his|her|my|our|their) [a-z]{3,}(?: [a-z]{3,})?(?=[.,])"
)
# A number in words would be one more number of the problem, and a share or a measure changes what is asked.
TELLING = re.compile(
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|pair|half|third|quarter|twice|double|more|less|fewer|"
    r"other|rest|each|every|all|both|total|whole|day|week|month|year|hour|minute|second|average|price|cost|left|end)s?\b"
)
# Words behind a number that are no things.
MEASURES = re.compile(
    r"(?:minutes|hours|seconds|days|weeks|months|years|dollars|euros|pounds|cents|\w*(?:meters|metres|grams|liters|litres)|inches|"
    r"miles|times|parts|numbers|points|steps|degrees|plus|minus|goes|makes|gives|leaves)"
)


class Strange:
    """Puts words of `elsewhere` into problems; `here` are some of the problems, from which their names and things are known."""

    def __init__(self, here: list[str], elsewhere: list[str]):
        words = Counter(word for text in elsewhere for word in re.findall(r"\b[a-z]{4,11}\b", text) if not TELLING.search(word))
        self.words = sorted(words)
        self.plurals = [word for word in self.words if word.endswith("s") and not word.endswith("ss")]
        self.asides = sorted({aside for text in elsewhere for aside in ASIDES.findall(text) if not TELLING.search(aside)})
        self.names = {word for text in here for word in re.findall(r"(?<=[a-z,] )[A-Z][a-z]{2,}\b", text)}
        things = Counter(word for text in here for word in re.findall(r"\d ([a-z]{3,}s)\b", text))
        self.things = {word for word in things if not MEASURES.fullmatch(word) and not TELLING.search(word)}

    def put_into(self, problem: str, trace: str, rng: random.Random) -> tuple[str, str]:
        """The problem and its trace, now and then with other words and an aside."""
        if rng.random() < SWAPPED:
            problem, trace = self.swapped(problem, trace, rng)
        if rng.random() < ASIDE:
            problem, trace = self.with_aside(problem, trace, rng)
        return problem, trace

    def swapped(self, problem: str, trace: str, rng: random.Random) -> tuple[str, str]:
        found = dict.fromkeys(re.findall(r"\b[A-Za-z]+\b", problem))
        other = {}
        for word in found:
            if word in self.names:
                other[word] = rng.choice(self.words).capitalize()
            elif word in self.things and word.rstrip("s") not in found:
                other[word] = rng.choice(self.plurals)
        if not other or len(set(other.values())) < len(other) or any(word in found for word in other.values()):
            return problem, trace
        pattern = re.compile(r"\b(?:" + "|".join(other) + r")\b")
        return tuple(pattern.sub(lambda match: other[match.group()], text) for text in (problem, trace))

    def with_aside(self, problem: str, trace: str, rng: random.Random) -> tuple[str, str]:
        """An aside at the end of a sentence that the trace quotes."""
        sentences = [sentence for sentence in re.findall(r"[^.?!]*\d[^.?!]*(?=\. )", problem) if len(sentence) > 12]
        quoted = [sentence.strip() for sentence in sentences if f"{sentence.strip()}." in trace]
        if not quoted:
            return problem, trace
        sentence, aside = rng.choice(quoted), rng.choice(self.asides)
        return tuple(text.replace(f"{sentence}.", f"{sentence} {aside}.") for text in (problem, trace))
