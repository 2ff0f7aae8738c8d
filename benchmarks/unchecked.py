"""How often claims of each kind are false in answers of vision models: ``python benchmarks/unchecked.py --facts FILE``.

FILE is annotation.jsonl of FaithScore (github.com/bcdnlp/FAITHSCORE): answers of vision models, split into atomic facts that
people judged. The kind of a fact is that which the English splitter gives it. Prints the share of false facts by kind, drawn
towards the mean with the weight of ten facts, and the exponent with which their product best predicts that a whole answer is
true (maximum likelihood). These are the numbers of trust/unchecked.py.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from pathlib import Path

from measuring import save

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter

PRIOR = 10
"""Facts that the mean counts for."""


def read(path: Path) -> list[list[tuple[str, bool]]]:
    """Return kind and label of each fact, by answer."""
    splitter = EnglishSplitter()
    answers = []
    for line in path.read_text("utf-8").splitlines():
        facts = json.loads(line)["stage 2"]
        answers.append([(kind_of(splitter, text), bool(label)) for text, label in facts.items()])
    return [answer for answer in answers if answer]


def kind_of(splitter: EnglishSplitter, text: str) -> str:
    """Return the kind of what a fact says beyond the presence of its things."""
    kinds = [claim.kind for claim in splitter.split(text) if claim.kind != "other"]
    return next((kind for kind in kinds if kind != "object"), kinds[0] if kinds else "other")


def rates_of(answers: list[list[tuple[str, bool]]]) -> dict[str, float]:
    """Return kind to the share of false facts."""
    facts = [fact for answer in answers for fact in answer]
    number, false = Counter(kind for kind, _ in facts), Counter(kind for kind, label in facts if not label)
    mean = sum(false.values()) / len(facts)
    print(f"{len(answers)} answers, {len(facts)} facts, {mean:.3f} false")
    for kind, count in number.most_common():
        print(
            f"{kind:12} {count:4} facts, {false[kind]:3} false, rate {(false[kind] + PRIOR * mean) / (count + PRIOR):.3f}"
        )
    return {kind: (false[kind] + PRIOR * mean) / (number[kind] + PRIOR) for kind in number}


def exponent(answers: list[list[tuple[str, bool]]], rates: dict[str, float]) -> float:
    """Return the exponent of the product of the rates that best predicts that all facts of an answer are true."""

    def likelihood(power: float) -> float:
        total = 0.0
        for answer in answers:
            true = math.prod(1 - rates[kind] for kind, _ in answer) ** power
            total += math.log(true if all(label for _, label in answer) else 1 - true)
        return total

    return max((step / 100 for step in range(1, 151)), key=likelihood)


def main() -> None:
    """Read, count, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=Path, required=True)
    answers = read(parser.parse_args().facts)
    rates = rates_of(answers)
    power = exponent(answers, rates)
    print(f"exponent {power:.2f}")
    save(
        "unchecked",
        {
            "command": "python benchmarks/unchecked.py --facts annotation.jsonl",
            "answers": len(answers),
            "rates": {kind: round(rate, 3) for kind, rate in sorted(rates.items())},
            "exponent": power,
        },
    )


if __name__ == "__main__":
    main()
