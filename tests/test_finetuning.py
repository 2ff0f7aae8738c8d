"""Fine-tuning: data is checked before use, only answers are learnt, a killed run goes on, and trust decides what is learnt."""

from __future__ import annotations

import csv
import json
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from llavas import plain_tokenizer, save_plain_llava
from peft import PeftModel
from PIL import Image

from llamaindex_clipverify.adapting.finetuning import History, Judgement, Settings, finetune, lora
from llamaindex_clipverify.adapting.finetuning.examples import Example, read
from llamaindex_clipverify.adapting.finetuning.judging import judgement, table
from llamaindex_clipverify.adapting.finetuning.selection import select, trusts
from llamaindex_clipverify.adapting.finetuning.split import split
from llamaindex_clipverify.description import Description
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.llama_index.llms import load_llm
from llamaindex_clipverify.models.llava import Llava
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene

FIRST = FRESH + 600_000
SMALL = {"epochs": 2, "batch_size": 4, "learning_rate": 5e-3, "rank": 4, "device": "cpu"}


def _square(path, tone):
    Image.new("RGB", (40, 30), (tone, 255 - tone, 90)).save(path)


def _table(folder, rows, head=("image", "caption"), **how):
    folder.mkdir(exist_ok=True)
    with (folder / "captions.csv").open("w", newline="", **({"encoding": "utf-8"} | how)) as stream:
        csv.writer(stream).writerows([head, *rows])
    return folder


def _talks(folder, rows):
    path = folder / "talks.json"
    path.write_text(json.dumps(rows))
    return path


def _said(*values, roles=("human", "gpt")):
    return [{"from": roles[place % 2], "value": value} for place, value in enumerate(values)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A LLaVA with random weights."""
    return save_plain_llava(tmp_path_factory.mktemp("llava"))


@pytest.fixture
def llava(model):
    return Llava(str(model), device="cpu")


@pytest.fixture(scope="module")
def squares(tmp_path_factory):
    """Sixteen pictures of a colour each, with a caption."""
    folder = tmp_path_factory.mktemp("squares")
    for place in range(16):
        _square(folder / f"{place}.png", 15 * place)
    return _table(folder, [(f"{place}.png", f"Tone {place}.") for place in range(16)])


# -- data -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "how"), [(("image", "caption"), {}), (("File", "Caption"), {"encoding": "utf-8-sig"})]
)
def test_captions_with_several_rows_a_picture(tmp_path, head, how):
    _square(tmp_path / "a.png", 1)
    folder = _table(tmp_path, [("a.png", "Ein Hündchen."), ("a.png", 'A "dog", small.')], head, **how)
    examples, faults = read([folder], ask="What is there?")
    assert [one.answers for one in examples] == [["Ein Hündchen."], ['A "dog", small.']]
    assert not faults
    assert [one.name for one in examples] == ["captions.csv:2", "captions.csv:3"]
    role, parts = examples[0].messages[0]
    assert (role, parts) == ("user", [Picture.of(tmp_path / "a.png"), "What is there?"])


def test_conversations_of_one_and_of_several_pictures(tmp_path):
    for name in "abc":
        _square(tmp_path / f"{name}.png", ord(name))
    path = _talks(tmp_path, [
        {"id": "1", "image": "a.png", "conversations": _said("<image>\nWhat?", "A square.", "Which colour?", "Red.")},
        {"id": "2", "image": ["b.png", "c.png"], "conversations": [
            {"from": "system", "value": "Be brief."}, *_said("First <image> then\n<image> differ?", "Yes.")]},
    ])  # fmt: skip
    first, second = read([path])[0]
    a, b, c = (Picture.of(tmp_path / f"{name}.png") for name in "abc")
    assert first.messages == [("user", [a, "What?"]), ("assistant", ["A square."]),
                              ("user", ["Which colour?"]), ("assistant", ["Red."])]  # fmt: skip
    assert second.messages[:2] == [("system", ["Be brief."]), ("user", ["First", b, "then", c, "differ?"])]
    assert first.answers == ["A square.", "Red."]


GOOD = {"image": "a.png", "conversations": _said("<image>\nWhat?", "A square.")}
BAD = {
    "no picture is named": [{**GOOD, "image": None}, {**GOOD, "image": []}, {**GOOD, "image": [3]}, "text", None],
    "no such picture (gone.png)": [{**GOOD, "image": "gone.png"}],
    "not a picture file (text.png)": [{**GOOD, "image": "text.png"}],
    "copy.png is the same picture as a.png": [{**GOOD, "image": "copy.png"}],
    "the same as talks.json[0]": [dict(GOOD)],
    "names a picture twice": [{"image": ["a.png", "a.png"], "conversations": _said("<image> <image> What?", "Two.")}],
    "there are no conversations": [{**GOOD, "conversations": one} for one in (None, [], "x", ["x"])],
    "roles must be human and gpt in turn": [
        {**GOOD, "conversations": said}
        for said in (
            _said("<image>\nWhat?"),
            _said("<image>\nWhat?", "A.", roles=("human", "robot")),
            _said("<image>\nWhat?", "A.", roles=("gpt", "human")),
            _said("<image>\nWhat?", "A.", "And?"),
        )
    ],
    "the answer is empty": [{**GOOD, "conversations": _said("<image>\nWhat?", said)} for said in ("", " \n", None)],
    "the question is empty": [{**GOOD, "conversations": _said("<image>\n", "A square.")}],
    "0 × <image> for 1 pictures": [{**GOOD, "conversations": _said("What?", "A square.")}],
    "2 × <image> for 1 pictures": [{**GOOD, "conversations": _said("<image><image> What?", "A square.")}],
    "<image> stands outside the questions": [{**GOOD, "conversations": _said("<image>\nWhat?", "An <image>.")}],
}


@pytest.mark.parametrize("what", BAD)
def test_every_fault_of_a_conversation_is_told(tmp_path, what):
    _square(tmp_path / "a.png", 1)
    (tmp_path / "copy.png").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "text.png").write_text("no picture")
    for row in BAD[what]:
        path = _talks(tmp_path, [GOOD, row])
        with pytest.raises(DataError, match=r"^talks.json\[1\]: ") as told:
            read([path])
        assert what in str(told.value)
        assert "(1 of 2 rows cannot be used); mend them, or leave them out with --skip-bad" in str(told.value)
        examples, faults = read([path], skip_bad=True)
        assert [one.name for one in examples] == ["talks.json[0]"]
        assert [fault.where for fault in faults] == ["talks.json[1]"]


def test_many_faults_are_one_line_with_the_first_few(tmp_path):
    _square(tmp_path / "a.png", 1)
    rows = [("a.png", "Fine."), ("gone.png", "x"), ("a.png", " "), ("", "x"), ("a.png", "Fine."), ("cut.png", "x")]
    folder = _table(tmp_path, rows)
    with pytest.raises(DataError) as told:
        read([folder])
    assert str(told.value) == (
        "captions.csv:3: no such picture (gone.png); captions.csv:4: the caption is empty; captions.csv:5: no picture is named; "
        "and 2 more (5 of 6 rows cannot be used); mend them, or leave them out with --skip-bad (skip_bad=True)"
    )
    examples, faults = read([folder], skip_bad=True)
    assert (len(examples), len(faults)) == (1, 5)


def test_several_sources_are_told_apart(tmp_path):
    for place, name in enumerate(("old", "new")):
        _table(tmp_path / name, [("a.png", "Fine.")])
        _square(tmp_path / name / "a.png", 90 * place)
    examples, _ = read([tmp_path / "old", tmp_path / "new"])
    assert [one.name for one in examples] == ["old/captions.csv:2", "new/captions.csv:2"]
    assert len({one.pictures[0] for one in examples}) == 2


def test_data_of_no_known_form(tmp_path):
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").write_text("[]")
    (tmp_path / "c.json").write_text("no json")
    (tmp_path / "d.csv").write_text("picture,text\na.png,b\n")
    (tmp_path / "e.csv").write_text("image,caption\n")
    (tmp_path / "f.csv").write_bytes(b"image,caption\n\xff\xfe,\n")
    for name, what in (("a.json", "must be a list"), ("b.json", "nothing to learn from"), ("c.json", "cannot be read"),
                       ("d.csv", "needs the columns"), ("e.csv", "nothing to learn from"), ("f.csv", "cannot be read"),
                       ("gone.json", "no such data"), ("", "no such data")):  # fmt: skip
        with pytest.raises(DataError, match=what):
            read([tmp_path / name])
    _table(tmp_path, [("gone.png", "x")])
    with pytest.raises(DataError, match=r"\(1 of 1 rows cannot be used\); mend them$"):
        read([tmp_path], skip_bad=True)


# -- parts ------------------------------------------------------------------------------------------------------------


def _example(name, *tones):
    pictures = tuple(Picture.of(np.full((4, 4, 3), tone, np.uint8)) for tone in tones)
    return Example(name, pictures, (("user", "<image>" * len(tones)), ("assistant", f"Tone {tones}.")))


def test_no_picture_stands_in_two_parts():
    examples = [_example(f"{tone}-{row}", tone) for tone in range(60) for row in range(2)]
    examples += [_example(f"link {tone}", tone, tone + 1, tone + 2) for tone in range(0, 30, 3)]
    parts = split(examples, (0.6, 0.2, 0.2), seed=1)
    ids = [
        {picture.id for one in part for picture in one.pictures} for part in (parts.train, parts.validation, parts.test)
    ]
    assert sum(map(len, ids)) == len(set.union(*ids)) == 60
    assert sum(parts.sizes.values()) == len(examples)
    assert all(size >= 8 for size in parts.sizes.values())


def test_the_split_goes_by_seed_and_content_alone():
    examples = [_example(str(tone), tone) for tone in range(40)]
    renamed = [replace(one, name=f"other {one.name}") for one in reversed(examples)]

    def tests(rows, seed):
        return {one.pictures[0].id for one in split(rows, (0.8, 0.1, 0.1), seed).test}

    assert tests(examples, 0) == tests(renamed, 0)
    assert len(tests(examples, 0)) == 4
    assert tests(examples, 0) != tests(examples, 1)


def test_small_data_has_every_part_and_bad_shares_are_refused():
    examples = [_example(str(tone), tone) for tone in range(3)]
    assert split(examples, (0.8, 0.1, 0.1), 0).sizes == {"train": 1, "validation": 1, "test": 1}
    assert split(examples[:2], (0.8, 0.1, 0.1), 0).sizes == {"train": 2, "validation": 0, "test": 0}
    assert split(examples, (1.0, 0.0, 0.0), 0).sizes == {"train": 3, "validation": 0, "test": 0}
    for shares in ((0.5, 0.1, 0.1), (1.2, -0.1, -0.1), (0.0, 0.5, 0.5), (0.9, 0.1)):
        with pytest.raises(DataError, match="must sum to 1"):
            split(examples, shares, 0)


# -- what is learnt -----------------------------------------------------------------------------------------------------


def _learnt(collator, example):
    batch = collator([(example, 1.0)])
    ids, labels = batch["input_ids"][0], batch["labels"][0]
    assert (ids[labels != -100] == labels[labels != -100]).all()
    return collator.processor.tokenizer.decode(labels[labels != -100])


TALK = Example(
    "talk",
    (Picture.of(np.full((40, 30, 3), 9, np.uint8)), Picture.of(np.full((30, 40, 3), 99, np.uint8))),
    (("system", "Be kind."), ("user", "<image>\n<image>\nWhat?"), ("assistant", "Two squares."), ("user", "Sure?"),
     ("assistant", "Quite sure.")),
)  # fmt: skip


@pytest.mark.parametrize("own_template", [True, False])
def test_answers_and_their_end_are_learnt_and_nothing_else(llava, own_template):
    if not own_template:  # LLaVA 1.5's form, which leaves the end of an answer out
        from llamaindex_clipverify.models import llava as module

        llava.processor.chat_template = module._CHAT
    assert _learnt(lora.Collator(llava), TALK) == " Two squares.</s> Quite sure.</s>"


def test_a_prompt_has_the_tokens_that_the_model_is_asked_with(llava):
    batch = lora.Collator(llava)([(TALK, 1.0)])
    asked = llava._encoded([[(role, [part.image if isinstance(part, Picture) else part for part in parts])
                             for role, parts in TALK.messages[:2]]])  # fmt: skip
    prompt = asked["input_ids"][0]
    assert batch["input_ids"][0, : len(prompt)].tolist() == prompt.tolist()
    assert (batch["labels"][0, : len(prompt)] == -100).all()
    assert batch["labels"][0, len(prompt)] != -100
    assert torch.equal(batch["pixel_values"], asked["pixel_values"])


def test_padding_is_masked_and_weights_go_along(llava):
    short = replace(TALK, turns=(("user", "<image><image> What?"), ("assistant", "A.")))
    batch = lora.Collator(llava)([(short, 0.25), (TALK, 1.0)])
    padded = batch["attention_mask"] == 0
    assert padded[0].any() and not padded[1].any()
    assert (batch["labels"][padded] == -100).all()
    assert batch["weights"].tolist() == [0.25, 1.0]
    assert batch["pixel_values"].shape[0] == 4


def test_the_greatest_length_cuts_answers_and_never_pictures(llava):
    whole = lora.Collator(llava)([(TALK, 1.0)])["input_ids"].shape[1]
    assert _learnt(lora.Collator(llava, whole - 5), TALK).startswith(" Two squares.</s> Quite")
    assert not _learnt(lora.Collator(llava, whole - 5), TALK).endswith("sure.</s>")
    for length in (20, 40):
        with pytest.raises(DataError, match=rf"nothing to learn; got talk: {whole} tokens, {length} allowed"):
            lora.Collator(llava, length)([(TALK, 1.0)])


_ATTENTION = {f"language_model.layers.{n}.self_attn.{p}_proj" for n in (0, 1) for p in "qkvo"}
_PROJECTOR = {"multi_modal_projector.linear_1", "multi_modal_projector.linear_2"}


def test_language_model_and_projector_learn_and_the_tower_does_not(llava):
    assert _learning(lora.adapted(llava, Settings())) == _ATTENTION | _PROJECTOR


@pytest.mark.parametrize(("learn", "language"), [("vision", set()), ("both", _ATTENTION)])
def test_the_tower_learns_where_that_is_asked_for(llava, learn, language):
    learning = _learning(lora.adapted(llava, Settings(learn=learn)))
    tower = {name for name in learning if name.startswith("vision_tower.")}
    assert learning - tower == language | _PROJECTOR
    assert {name.rpartition(".")[2] for name in tower} == {"q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"}


def test_another_half_is_refused():
    with pytest.raises(DataError, match="no such half of the model; got ears"):
        Settings(learn="ears")


def _learning(adapted):
    learning = [name for name, one in adapted.named_parameters() if one.requires_grad]
    assert all(".lora_" in name for name in learning)
    return {name.split(".lora_")[0].removeprefix("base_model.model.model.") for name in learning}


def test_an_adapter_names_its_model_from_everywhere(model, monkeypatch):
    monkeypatch.chdir(model.parent)
    adapted = lora.adapted(Llava(model.name, device="cpu"), Settings())
    assert adapted.peft_config["default"].base_model_name_or_path == str(model)


def test_a_model_without_such_layers_is_refused(llava):
    for module in (llava.model.model.language_model, llava.model.model.multi_modal_projector):
        for name in list(module._modules):
            delattr(module, name)
    with pytest.raises(ModelError, match="no layers that could learn"):
        lora.adapted(llava, Settings())


def test_what_weighs_nothing_teaches_nothing(llava, squares, tmp_path):
    examples = read([squares])[0][:4]
    settings = Settings.of(epochs=1, batch_size=2, rank=2)
    adapted, log = lora.train(llava, (examples, [0.0] * 4, []), tmp_path, settings)
    assert [row["loss"] for row in log if "loss" in row] == [0.0, 0.0]
    assert all((one == 0).all() for name, one in adapted.named_parameters() if "lora_B" in name)


# -- runs -------------------------------------------------------------------------------------------------------------


class _KilledError(Exception):
    pass


def _kill_at(step):
    def progress(stage, done, total):
        if stage == "training" and done == step:
            raise _KilledError

    return progress


@pytest.fixture(scope="module")
def whole_run(squares, model, tmp_path_factory):
    """A run of six steps that nobody stopped, merged."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    random = np.random.get_state()[1].sum()
    found = finetune(squares, out, str(model), merge=True, save_every=2, **SMALL)
    assert np.random.get_state()[1].sum() == random
    return found


def test_a_run_learns_and_leaves_its_files(whole_run):
    losses = [loss for _, loss in whole_run.history.train]
    assert len(losses) == 6 and losses[-1] < losses[0] - 0.1
    assert whole_run.history.best == min(whole_run.history.validation, key=lambda row: row[1])[0]
    assert [step for step, _ in whole_run.history.validation] == [2, 4, 6]
    assert {path.name for path in whole_run.out.iterdir()} == {
        "adapter", "checkpoints", "history.json", "loss.png", "model", "run.json"}  # fmt: skip
    assert json.loads((whole_run.out / "history.json").read_text()) == whole_run.history.to_dict()
    assert Image.open(whole_run.out / "loss.png").width > 300
    lines = str(whole_run).splitlines()
    assert lines[0] == "12 train, 2 validation, 2 test"
    assert lines[1] == "training captions were not checked"
    assert lines[3] == "not evaluated: no models of a verifier are named"


def test_killed_and_resumed_equals_uninterrupted(whole_run, squares, model, tmp_path):
    out = tmp_path / "killed"
    with pytest.raises(_KilledError):
        finetune(squares, out, str(model), save_every=2, progress=_kill_at(5), **SMALL)
    half = out / "checkpoints" / "checkpoint-5"  # as a kill in the midst of writing leaves it
    half.mkdir()
    (half / "adapter_model.safetensors").write_bytes(b"half")
    assert lora.last_checkpoint(out / "checkpoints").endswith("checkpoint-4")
    with pytest.raises(DataError, match="holds another run"):
        finetune(squares, out, str(model), save_every=2, **SMALL)
    with pytest.raises(DataError, match="made of other things; got another rank; resume with"):
        finetune(squares, out, str(model), save_every=2, resume=True, **{**SMALL, "rank": 8})
    resumed = finetune(squares, out, str(model), save_every=2, resume=True, **SMALL)
    assert [step for step, _ in resumed.history.train] == [step for step, _ in whole_run.history.train]
    for name in ("train", "validation"):
        np.testing.assert_allclose(getattr(resumed.history, name), getattr(whole_run.history, name), atol=1e-4)


def test_merged_model_says_what_base_and_adapter_say(whole_run, model, llava):
    batch = lora.Collator(llava)([(TALK, 1.0)])
    inputs = {key: value for key, value in batch.items() if key not in ("labels", "weights")}
    with torch.inference_mode():
        base = llava.model(**inputs).logits
        adapted = PeftModel.from_pretrained(llava.model, whole_run.adapter).eval()(**inputs).logits
        merged = Llava(str(whole_run.model), device="cpu").model(**inputs).logits
    assert (adapted - merged).abs().max() < 1e-4
    assert (base - merged).abs().max() > 1e-2
    named = json.loads((whole_run.adapter / "adapter_config.json").read_text())
    assert named["base_model_name_or_path"] == str(model)


def test_merged_model_is_loaded_by_name(whole_run, squares):
    from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock

    llm = load_llm(f"local:{whole_run.model}", device="cpu", max_new_tokens=4)
    blocks = [ImageBlock(image=(squares / "3.png").read_bytes(), image_mimetype="image/png"), TextBlock(text="What?")]
    assert llm.chat([ChatMessage(role="user", blocks=blocks)]).message.role == "assistant"


# -- trust ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """Six scenes with their true captions, the third corrupted, and one caption that no picture can show."""
    folder = tmp_path_factory.mktemp("scenes")
    rows = []
    for place in range(6):
        scene = draw_scene(FIRST + place, objects=(1, 2))
        scene.image.save(folder / f"{place}.png")
        noun = scene.nouns()[0]
        rows.append((f"{place}.png", f"There is {'an' if noun[0] in 'aeiou' else 'a'} {noun}."))
    absent = next(
        noun for noun in ("zebra", "toilet", "pizza") if noun not in draw_scene(FIRST + 2, objects=(1, 2)).nouns()
    )
    rows[2] = ("2.png", f"There is a {absent}.")
    rows.append(("5.png", "Everything is cheerful."))
    return _table(folder, rows)


def test_corrupted_captions_are_dropped_and_unverifiable_ones_kept(tiny, scenes):
    examples = read([scenes])[0]
    trust = trusts(tiny, examples)
    assert trust[-1] == ((None,),)
    known = [one for ((one,),) in trust]
    assert [one is not None and one < 0.5 for one in known] == [False, False, True, False, False, False, False]
    chosen = select(examples, trust, Settings(min_trust=0.5))
    assert [name for name, _ in chosen.dropped] == ["captions.csv:4"]
    assert not chosen.cut
    assert chosen.weights == (1.0,) * 6
    assert str(chosen) == "1 of 7 training captions dropped, 1 unverifiable ones kept"
    weighed = select(examples, trust, Settings(weight_by_trust=True))
    assert weighed.weights == tuple(1.0 if one is None else one for one in known)
    assert not weighed.dropped
    assert str(weighed).startswith("0 of 7 training captions dropped, mean weight 0.")


def _talk(*turns):
    pictures = tuple(Picture.of(draw_scene(FIRST + place).image) for place in range(2))
    return Example("talk", pictures, turns)


TOLD = _talk(
    ("user", "<image>\n<image>\nWhat is there?"),
    ("assistant", "A cat. A dog sits at 2.5 m! Lovely"),
    ("user", "And else?"),
    ("assistant", "A bus.\nA car."),
)


@pytest.mark.parametrize(
    ("trust", "left", "cut"),
    [
        (((0.9, 0.2, None), (0.9, 0.9)), ["A cat. Lovely", "A bus.\nA car."], ["A dog sits at 2.5 m!"]),
        (((0.9, 0.9, None), (0.1, 0.9)), ["A cat. A dog sits at 2.5 m! Lovely", "A car."], ["A bus."]),
        (((0.9, 0.9, 0.9), (0.1, 0.1)), ["A cat. A dog sits at 2.5 m! Lovely"], ["A bus.", "A car."]),
        (((0.1, 0.1, 0.1), (None, 0.9)), ["A bus.\nA car."], ["A cat.", "A dog sits at 2.5 m!", "Lovely"]),
    ],
)
def test_a_distrusted_sentence_is_left_out_and_an_unanswered_question_with_it(trust, left, cut):
    chosen = select([TOLD], [trust], Settings(min_trust=0.5))
    (example,) = chosen.examples
    assert example.answers == left
    assert [sentence for _, sentence, _ in chosen.cut] == cut
    assert sum(text.count("<image>") for _, text in example.turns) == 2, "both pictures are still shown"
    assert len(list(example.messages[0][1])) == 3
    whole = select([TOLD], [trust], Settings(min_trust=0.5, drop="captions"))
    assert not whole.examples
    assert whole.dropped == (("talk", min(one for row in trust for one in row if one is not None)),)


def test_a_conversation_of_which_nothing_is_trusted_is_dropped():
    chosen = select([TOLD], [((0.1, 0.1, 0.1), (0.2, 0.3))], Settings(min_trust=0.5))
    assert (chosen.examples, chosen.dropped, chosen.cut) == ((), (("talk", 0.1),), ())
    weighed = select([TOLD], [((0.9, 0.2, 0.7), (0.8, 0.9))], Settings(min_trust=0.5, weight_by_trust=True))
    assert weighed.weights == (0.7,), "what is left out does not weigh"


def _verified(verifier, pictures, texts):
    return [
        Description(picture=one, text=text, report=verifier.verify(text, [one]))
        for one, text in zip(pictures, texts, strict=False)
    ]


def test_descriptions_are_judged(tiny, scenes):
    pictures = [Picture.of(scenes / f"{place}.png") for place in range(3)]
    told = [row.answers[0] for row in read([scenes])[0][:2]]
    true = judgement(_verified(tiny, pictures, [*told, "There is nothing."]))
    assert (true.pictures, true.contradicted, true.hallucinated) == (3, 0.0, 0.0)
    false = judgement(
        [*_verified(tiny, pictures, ["There is a giraffe. There is a kite."] * 2), Description(picture=pictures[2])]
    )
    assert (false.claims, false.contradicted, false.hallucinated) == (4, 1.0, 1.0)
    assert false.mean_trust < 0.1


def test_the_table_of_figures():
    names = [field.name for field in fields(Judgement)]
    before = Judgement(**dict(zip(names, (12, 40, 1.0, 0.6123, 0.25, 0.125), strict=True)))
    after = Judgement(**dict(zip(names, (12, 30, 0.95, 0.8, 0.0, None), strict=True)))
    assert table(before, after) == (
        "                      before  after\n"
        "pictures described        12     12\n"
        "claims                    40     30\n"
        "coverage                100%    95%\n"
        "mean trust              0.61   0.80\n"
        "claims contradicted    25.0%   0.0%\n"
        "objects hallucinated   12.5%      –"
    )


def test_history_of_a_log():
    log = [{"step": 1, "loss": 2.0}, {"step": 2, "eval_loss": 1.5}, {"step": 2, "loss": 1.0}, {"step": 4, "eval_loss": 1.7},
           {"step": 4, "train_runtime": 3.0}]  # fmt: skip
    assert History.of(log) == History(((1, 2.0), (2, 1.0)), ((2, 1.5), (4, 1.7)), 2)
    assert History.of(log[:1]).best is None


# -- the command --------------------------------------------------------------------------------------------------------


def test_a_whole_run_by_command(clipverify, scenes, model, tmp_path):
    out = tmp_path / "run"
    ran = clipverify("finetune", scenes, "--llm", f"local:{model}", "--out", out, "--models", "tiny", "--epochs", 1,
                     "--batch-size", 2, "--device", "cpu", "--min-trust", 0.5, "--weight-by-trust", "--merge",
                     "--shares", "0.6,0.2,0.2")  # fmt: skip
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
    lines = ran.out.splitlines()
    assert lines[0].endswith("1 validation, 1 test") or lines[0].endswith("2 validation, 1 test"), lines
    assert "training captions dropped" in lines[1]
    assert lines[3].split() == ["before", "after"]
    assert lines[-1] == str(out / "model")
    kept = json.loads((out / "evaluation.json").read_text("utf-8"))
    assert kept["before"]["pictures"] == kept["after"]["pictures"] == 1
    assert len(kept["descriptions_before"]) == len(kept["descriptions_after"]) == 1
    assert set(json.loads((out / "selection.json").read_text("utf-8"))) == {"trust", "dropped", "cut", "unverifiable"}
    ran = clipverify("finetune", scenes, "--llm", model, "--out", out)
    assert ran.code == 2 and ran.err.startswith("clipverify: the folder holds another run")


def _one_line(ran, *words):
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1, ran.err
    for word in words:
        assert word in ran.err


def test_refusals_are_one_line(clipverify, squares, model, tmp_path):
    def run(*arguments, data=squares, llm=model, out=tmp_path / "new"):
        return clipverify("finetune", data, "--llm", llm, "--out", out, *arguments)

    plain_tokenizer().save_pretrained(tmp_path / "text")
    (tmp_path / "text" / "config.json").write_text('{"model_type": "llama"}')
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    _one_line(run(llm=tmp_path / "nowhere"), "cannot be loaded", "nowhere")
    _one_line(run(llm=tmp_path / "text"), "does not see pictures")
    _one_line(run(data=tmp_path / "nowhere"), "no such data", "nowhere")
    _one_line(run(out=tmp_path / "full"), "holds other files")
    _one_line(run(out=tmp_path / "full" / "letter.txt"), "is a folder")
    _one_line(run("--min-trust", 0.5), "weighed by a verifier", "--models")
    _one_line(run("--min-trust", 3, "--models", "tiny"), "between 0 and 1")
    _one_line(run("--epochs", 0), "epochs must be above 0")
    _one_line(run("--shares", "most"), "not a list of numbers")
    _one_line(run("--shares", "0.5,0.1,0.1"), "must sum to 1")
    _one_line(run("--models", "nosuch.json"), "no such models")
    _one_line(clipverify("finetune", squares, "--out", tmp_path / "new"), "--llm")
    assert not (tmp_path / "new").exists()


def test_bad_rows_are_named_when_they_are_left_out(clipverify, model, tmp_path):
    _square(tmp_path / "a.png", 1)
    folder = _table(tmp_path, [("a.png", "Fine."), ("gone.png", "x")])
    out = tmp_path / "run"
    given = ("finetune", folder, "--llm", model, "--out", out, "--epochs", 1, "--device", "cpu", "--rank", 2)
    _one_line(clipverify(*given), "captions.csv:3: no such picture (gone.png)", "--skip-bad")
    ran = clipverify(*given, "--skip-bad")
    assert ran.code == 0
    assert "clipverify: left out: captions.csv:3: no such picture (gone.png)" in ran.err
    assert ran.out.startswith("1 train, 0 validation, 0 test · 1 bad rows left out\n")


def test_a_setting_that_does_not_exist(squares, model, tmp_path):
    with pytest.raises(DataError, match=r"no such setting; got \['frob'\]"):
        finetune(squares, tmp_path / "run", str(model), frob=1)
