"""Special files, odd names and nodes, given to every door that takes a path."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attacking import Attacks
from llama_index.core.schema import Document, ImageNode, MediaResource, Node, NodeWithScore, TextNode
from PIL import Image
from special import special

from llamaindex_clipverify import Answer, EvidenceIndex, Picture, Profile, Report
from llamaindex_clipverify.evaluation.evaluation import read_rows
from llamaindex_clipverify.models.registry import load_detector, load_encoder
from llamaindex_clipverify.node_pictures import Access, picture_files
from llamaindex_clipverify.verification.verifier import Verifier


def _doors(tiny: Verifier) -> dict[str, Callable[[str], Any]]:
    return {
        "picture": lambda name: Picture.of(name).image,
        "verify": lambda name: tiny.verify("A cup.", [name]),
        "files": lambda name: [Picture.of(path).id for path in picture_files(name)],
        "rows": read_rows,
        "profile": Profile.load,
        "detector": lambda name: getattr(load_detector(name), "id", None),
        "encoder": lambda name: load_encoder(name or "tiny").id,
        "access": lambda name: Access(["/nowhere"]).picture_of_url(name).image,
        "open": EvidenceIndex.open,
    }


def test_special_files_and_names(attacks: Attacks, outside: Path, tmp_path: Path, tiny: Verifier) -> None:
    names = special(tmp_path / "special")
    assert len(names) >= 40
    for door, use in _doors(tiny).items():
        for name in names if door != "files" else [name for name in names if name not in ("/", "~", "..")]:
            attacks.run(f"{door} {name!r}", lambda use=use, name=name: use(name))


def test_writing_to_special_files(attacks: Attacks, tmp_path: Path, tiny: Verifier) -> None:
    report = tiny.verify("A cup.", [Image.new("RGB", (32, 32))])
    profile = Profile.load("tiny")
    for name in (*special(tmp_path / "special"), "/proc/x/y.json", "/dev/full/x.json", "/sys/x.json"):
        if name.startswith("/dev/") and "/" not in name[5:]:
            continue
        attacks.run(f"report {name!r}", lambda name=name: report.save(f"{name}.json") if name.startswith("/") else None)
        if name.startswith(str(tmp_path)) and not name.endswith(("pipe.png", "zero.png")):
            attacks.run(f"profile {name!r}", lambda name=name: profile.save(name))


def _nodes(secret: Path, picture: Path) -> list[Any]:
    """Return nodes that name a picture outside in every way, and nodes of odd contents."""
    names = [
        str(secret),
        f"file://{secret}",
        f"FILE:{secret}",
        f"{secret.parent}/../outside/{secret.name}",
        os.path.relpath(secret),
    ]
    fields = ("image_url", "image_path")
    outside = [ImageNode(**{field: name}) for field in fields for name in names]
    outside += [Node(metadata={key: name}) for key in ("image_path", "file_path") for name in names]
    outside += [Node(image_resource=MediaResource.model_construct(url=name, data=None, path=None)) for name in names]
    outside += [Node(image_resource=MediaResource.model_construct(url=None, data=None, path=name)) for name in names]
    odd: list[Any] = [
        ImageNode(image="not base64 at all"), ImageNode(image=""), ImageNode(text="\0" * 5000), TextNode(text=""),
        TextNode(text="\ud800"), TextNode(text="x" * 2_000_000), Document(text="a passage"), ImageNode(image_url="http://127.0.0.1:1/a.png"),
        ImageNode(image_url="http://169.254.169.254/latest"), ImageNode(image_url="data:image/png;base64,AAAA"),
        ImageNode(image_url="data:text/html,<script>"), ImageNode.model_construct(image=5, metadata={}), None, 5, "text", object(),
        ImageNode.model_construct(image=[1], metadata=None), Node(metadata={"file_path": 5}), Node(metadata={"image_path": "a" * 5000 + ".png"}),
        ImageNode(image_path=str(picture)),
    ]  # fmt: skip
    return [*outside, *odd]


def test_nodes(attacks: Attacks, outside: Path, tmp_path: Path, tiny: Verifier) -> None:
    (tmp_path / "inside").mkdir()
    picture = tmp_path / "inside" / "a.png"
    Image.new("RGB", (32, 32), "red").save(picture)
    secret = outside / "secret.png"
    nodes = _nodes(secret, picture)
    assert len(nodes) >= 40
    for access in (Access(), Access([tmp_path / "inside"], allow_urls=True)):
        for place, node in enumerate(nodes):
            wrapped = NodeWithScore.model_construct(node=node, score=1.0)
            attacks.run(
                f"node {place}",
                lambda wrapped=wrapped, access=access: tiny.verify(Answer.from_nodes("A cup.", [wrapped], access)),
            )
        every = [NodeWithScore.model_construct(node=node, score=1.0) for node in nodes if node is not None]
        report = attacks.run(
            "all", lambda every=every, access=access: tiny.verify(Answer.from_nodes("A cup.", every, access))
        )
        assert report is None or len(report.gaps) > 5


def test_reports_name_and_open_nothing(attacks: Attacks, outside: Path, tiny: Verifier) -> None:
    data = tiny.verify("A cup.", [Image.new("RGB", (32, 32))]).to_dict()
    for uri in (
        str(outside / "a.png"),
        f"file://{outside}/a.png",
        "http://127.0.0.1:1/a.png",
        "/dev/zero",
        "\0",
        "x" * 5000,
    ):
        data["pictures"][0]["uri"] = uri
        attacks.run(uri[:40], lambda: Report.from_dict(data)._repr_html_() + Report.from_dict(data).to_markdown())
