"""Pictures in every form in which LlamaIndex has them, folders of reference pictures, options that are checked, chat memories."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.chat_engine import CondenseQuestionChatEngine
from llama_index.core.llms import ImageBlock, MockLLM
from llama_index.core.schema import ImageDocument, ImageNode, MediaResource, Node, NodeWithScore, TextNode
from test_engines import Fixed, nodes_of

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.errors import ClipVerifyError, DataError, PictureError
from llamaindex_clipverify.llama_index import ClipVerifyChatEngine, ClipVerifyQueryEngine, LlavaLLM
from llamaindex_clipverify.llama_index.verification import ABSTAINED
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.testing import FRESH, draw_scene

FALSE = "There is a pizza in the picture."

FORMS: dict[str, Any] = {
    "path": str,
    "Path": lambda path: path,
    "file URL": lambda path: path.as_uri(),
    "bytes": lambda path: path.read_bytes(),
    "ImageNode": lambda path: ImageNode(image_path=str(path)),
    "ImageNode, base64": lambda path: ImageNode(image=base64.b64encode(path.read_bytes()).decode()),
    "ImageDocument": lambda path: ImageDocument(image_path=str(path)),
    "NodeWithScore": lambda path: NodeWithScore(node=ImageNode(image_path=str(path)), score=0.5),
    "Node": lambda path: Node(image_resource=MediaResource(path=path)),
    "ImageBlock": lambda path: ImageBlock(path=path),
    "ImageBlock, bytes": lambda path: ImageBlock(image=path.read_bytes()),
    "MediaResource": lambda path: MediaResource(path=path),
    "MediaResource, bytes": lambda path: MediaResource(data=base64.b64encode(path.read_bytes())),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_picture_is_taken_in_every_form(form: str, scene_file: Path, tiny: Verifier) -> None:
    expected = tiny.verify(FALSE, [scene_file])
    report = tiny.verify(FALSE, [FORMS[form](scene_file)])
    assert report.pictures[0].id == expected.pictures[0].id and report.trust == expected.trust


@pytest.mark.parametrize("given", [
    TextNode(text="a caption"), MediaResource(url="http://127.0.0.1:9/a.png"), ImageNode(image_url="http://127.0.0.1:9/a.png"), 7,
])  # fmt: skip
def test_what_is_no_picture_or_behind_a_url_is_one_clear_error(given: Any, tiny: Verifier) -> None:
    with pytest.raises(PictureError):
        tiny.verify(FALSE, [given])


def test_reference_pictures_may_be_a_folder(tmp_path: Path) -> None:
    for place in range(22):
        draw_scene(FRESH + 900 + place, size=96).image.save(tmp_path / f"{place:02}.png")
    for reference in ([str(tmp_path)], str(tmp_path), [tmp_path]):
        assert Verifier.from_defaults("tiny", profile=None, reference=reference, regions=0).transferred is not None
    with pytest.raises(ClipVerifyError):
        Verifier.from_defaults("tiny", reference=[str(tmp_path / "none")], regions=0)


@pytest.mark.parametrize("on_doubt", ["foo", "", True, "Annotate"])
def test_an_unknown_way_to_treat_doubt_is_refused(on_doubt: Any, scene_file: Path, tiny: Verifier) -> None:
    engine = Fixed(text=FALSE, nodes=nodes_of(scene_file))
    with pytest.raises(DataError, match="annotate, abstain, revise"):
        ClipVerifyQueryEngine(engine, tiny, on_doubt=on_doubt)


def test_folders_may_be_one_folder_as_text_or_path(scene_file: Path, tiny: Verifier) -> None:
    for folders in (str(scene_file.parent), scene_file.parent, [scene_file.parent], lambda: [scene_file.parent]):
        assert Access(folders).path(scene_file) == scene_file.resolve()
        engine = ClipVerifyQueryEngine(Fixed(text=FALSE, nodes=nodes_of(scene_file)), tiny, folders=folders)
        assert engine.query("What is there?").metadata["clipverify"]["verdict"] == "contradicted"
    for folders in (scene_file.parent, str(scene_file.parent), [scene_file.parent]):
        assert LlavaLLM(model="tiny", folders=folders).access.path(scene_file)
    with pytest.raises(DataError, match="list of paths"):
        Access([1, 2])
    with pytest.raises(PictureError):
        Access(str(scene_file.parent / "other")).path(scene_file)


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize(("on_doubt", "kept"), [("abstain", ABSTAINED), ("revise", "pizza"), (None, FALSE)])
def test_the_memory_of_a_chat_holds_what_was_shown(scene_file, tiny, streaming, is_async, on_doubt, kept) -> None:
    engine = ClipVerifyChatEngine(
        CondenseQuestionChatEngine.from_defaults(
            Fixed(text=FALSE, nodes=nodes_of(scene_file), streaming=streaming), llm=MockLLM()
        ),
        tiny,
        folders=scene_file.parent,
        on_doubt=on_doubt,
    )

    async def shown() -> str:
        if not streaming:
            return str(await engine.achat("What is there?") if is_async else engine.chat("What is there?"))
        if is_async:
            stream = await engine.astream_chat("What is there?")
            return "".join([piece async for piece in stream.async_response_gen()])
        return "".join(engine.stream_chat("What is there?").response_gen)

    text = asyncio.run(shown())
    roles = [message.role.value for message in engine.chat_history]
    assert roles == ["user", "assistant"]
    assert engine.chat_history[-1].content.strip() == text.strip()
    assert kept in text or (on_doubt == "revise" and FALSE not in text)
