"""A custom check: is it night? Its evidence appears in the report with that of the built-in checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from llamaindex_clipverify import Claim, Evidence, Picture, Verifier
from llamaindex_clipverify.evidence.evidence import stance_of
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.testing import FRESH, draw_scene


@dataclass(frozen=True)
class Night:
    """Darkness 0–1 of the whole picture. It cannot tell night from a dark room."""

    name: str = "night"
    version: int = 1
    needs: tuple[str, ...] = ()
    model: str = ""

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Measure the mean brightness of each picture."""
        return [{"brightness": float(picture.array().mean()) / 255} for picture in pictures]

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Judge sentences about night."""
        seen = facts.of(self.name)
        if seen is None or "night" not in claim.text.lower():
            return None
        dark = 1 - seen["brightness"]
        reason = f"mean brightness {seen['brightness']:.0%}"
        stance = stance_of(dark, 0.75, 0.5)
        return Evidence(check=self.name, stance=stance, score=dark, reason=reason, picture=facts.picture)


verifier = Verifier.tiny(checks=[Night()])
report = verifier.verify("It was night. There is a zebra.", images=[draw_scene(FRESH).image])
print(report)
for one in report.claims:
    for evidence in one.evidence:
        print(f"{one.claim.text:14} {evidence.check:10} {evidence.stance:11} {evidence.reason}")
