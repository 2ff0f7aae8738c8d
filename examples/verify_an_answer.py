"""Verify an answer about a picture, print what is doubtful, and write a page with boxes and heat maps.

The picture is drawn here and the bundled models know such pictures. For photographs:
``Verifier.from_defaults(encoder="openai/clip-vit-base-patch32", detector="yolov8n.pt")``.
"""

from __future__ import annotations

from llamaindex_clipverify import Policy, Verifier
from llamaindex_clipverify.testing import FRESH, draw_scene

scene = draw_scene(FRESH)  # a yellow cup, a yellow clock, a zebra
answer = "There is a yellow cup and a zebra. The clock is red. There is no dog."

verifier = Verifier.tiny()
report = verifier.verify(answer, images=[scene.image], question="What is in the picture?")

print(report)
for doubted in report.doubtful():
    print(f"\nnot supported: “{doubted.claim.text}”, because", " and ".join(doubted.reasons))

strict = report.at(Policy(supported=0.9, contradicted=0.1))  # decides again, looks at nothing again
print(f"\nwith strict thresholds: {strict.verdict}")

print("page:", verifier.explain(report).save("verify_an_answer.html"))
