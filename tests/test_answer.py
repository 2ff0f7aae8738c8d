"""Nodes become answers in one place, and open nothing without leave."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core.schema import ImageNode, MediaResource, Node, NodeWithScore, TextNode

from llamaindex_clipverify.answer import Answer, Source, sources_of
from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.node_pictures import NO_ACCESS, Access


def test_pictures_and_passages_come_out_once_in_their_order(scene_file: Path):
    passage = "The bridge was built in 1932."
    nodes = [
        TextNode(text=passage),
        NodeWithScore(node=ImageNode(image_path=str(scene_file), text="a caption"), score=0.5),
        NodeWithScore(node=Node(image_resource=MediaResource(path=scene_file)), score=0.4),
        NodeWithScore(node=TextNode(text=f" {passage} "), score=0.3),
        TextNode(text="Sub question: what?\nResponse: an answer of the engine itself"),
        TextNode(text="  "),
    ]
    answer = Answer.from_nodes("A cup.", nodes, Access([scene_file.parent]), "What is there?")
    assert [source.score for source in answer.sources] == [None, 0.5]
    assert [picture.uri for picture in answer.pictures] == [str(scene_file)]
    assert answer.passages == (passage,) and answer.sources[1].text == "a caption"
    assert (answer.text, answer.question) == ("A cup.", "What is there?")


@pytest.mark.parametrize(
    "node", [ImageNode(image_path="/etc/hostname.png"), ImageNode(image_url="http://127.0.0.1:1/a.png")]
)
def test_nothing_is_opened_without_leave(node: ImageNode):
    for access in (NO_ACCESS, Access(["/nowhere"]), Access(lambda: ["/nowhere"])):
        [source] = sources_of([node], access)
        assert source.picture is None and isinstance(source.problem, PictureError)


def test_a_picture_given_twice_counts_once(scene_file: Path):
    answer = Answer.of("A cup.", [scene_file, str(scene_file), scene_file.read_bytes()], passages="a text")
    assert len(answer.pictures) == 1 and answer.passages == ("a text",)
    assert not Source(picture=answer.pictures[0], text="a caption").is_passage
