"""The Korean splitter: particles, conjugation, clauses before nouns, denials, doubt, short answers, offsets and running time."""

from __future__ import annotations

import time
import unicodedata

import pytest

from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.claims.korean.conjugation import stems
from llamaindex_clipverify.claims.korean.letters import composed, jamo
from llamaindex_clipverify.claims.korean.words import lexicon
from llamaindex_clipverify.testing.reading import shown

SPLITTER = KoreanSplitter()


def read(text, question=None):
    return [shown(claim) for claim in SPLITTER.split(text, question=question)]


DENIED = {
    "남자는 모자를 쓰고 있지 않다.": "wearing person hat NOT",
    "소녀가 책을 읽지 않고 있다.": "action person read book NOT",
    "소년은 안경을 쓰지 않았다.": "wearing person glasses NOT",
    "여자는 우산을 들고 있지 않습니다.": "action person hold umbrella NOT",
    "개가 뛰고 있지 않다.": "action dog run NOT",
    "고양이는 자고 있지 않습니다.": "action cat sleep NOT",
    "테이블 위에 컵이 없다.": "relation cup on dining table NOT",
    "테이블 위에는 컵이 보이지 않습니다.": "relation cup on dining table NOT",
    "방 안에 의자가 없습니다.": "relation chair in room NOT",
    "사진에는 자동차가 없습니다.": "object car NOT",
    "그림에 새가 보이지 않는다.": "object bird NOT",
    "나무에 잎이 없다.": "relation leaf on tree NOT",
    "벽에 그림이 걸려 있지 않다.": "relation painting on wall NOT",
    "개는 흰색이 아니다.": "attribute dog white NOT",
    "자동차는 빨갛지 않다.": "attribute car red NOT",
    "차는 파란색이 아니라 검은색이다.": "attribute car blue NOT",
    "고양이가 아니라 개가 있다.": "object cat NOT",
    "이것은 고양이가 아닙니다.": "object cat NOT",
    "아무도 우산을 들고 있지 않다.": "action person hold umbrella NOT",
    "아무도 없다.": "object person NOT",
    "사람이 한 명도 없다.": "object person NOT",
    "의자가 하나도 없다.": "object chair NOT",
    "모자를 쓰지 않은 남자가 걷고 있다.": "wearing person hat NOT",
    "안경을 안 쓴 여자가 앉아 있다.": "wearing person glasses NOT",
    "소년이 안경을 안 썼다.": "wearing person glasses NOT",
    "아이는 못 걷는다.": "action person walk NOT",
    "창문이 열려 있지 않다.": "state window open NOT",
    "문은 닫혀 있지 않습니다.": "state door closed NOT",
    "불이 켜져 있지 않다.": "state light on NOT",
    "손잡이가 없는 컵이 있다.": "part handle cup NOT",
    "모자 없이 서 있는 남자": "wearing person hat NOT",
    "우산 없이 걷는 여자가 보인다.": "object umbrella NOT",
    "개도 고양이도 없다.": "object dog NOT",
    "개나 고양이는 보이지 않습니다.": "object cat NOT",
    "남자는 앉아 있는 것이 아니라 서 있다.": "action person sit NOT",
    "여자가 웃고 있는 것은 아니다.": "action person smile NOT",
    "도로에는 차량이 전혀 없다.": "relation vehicle on road NOT",
    "자전거를 타고 있는 사람은 없다.": "action person ride bicycle NOT",
    "모자를 쓴 사람이 없습니다.": "wearing person hat NOT",
    "빨간 자동차는 없습니다.": "attribute car red NOT",
    "강아지는 소파 위에 있지 않다.": "relation dog on couch NOT",
    "고양이는 테이블 아래에 없다.": "relation cat below dining table NOT",
    "꽃병에 꽃이 꽂혀 있지 않습니다.": "relation flower in vase NOT",
    "남자는 수염이 없다.": "part beard person NOT",
    "테이블은 나무로 만들어지지 않았다.": "material dining table wood NOT",
    "그 남자는 넥타이를 매지 않고 셔츠를 입고 있다.": "wearing person tie NOT",
    "아이들은 놀지 않고 앉아 있다.": "action person play NOT",
    "강아지가 물을 마시지 않는다.": "action dog drink water NOT",
    "의자에 앉아 있는 사람은 아무도 없다.": "action person sit NOT",
    "신발을 신지 않은 아이": "wearing person shoes NOT",
    "주차된 차가 없는 거리": "relation car on street NOT",
    "접시에는 음식이 담겨 있지 않다.": "relation food on plate NOT",
    "버스는 빨간색도 파란색도 아니다.": "attribute bus red NOT",
    "사람들이 보이지 않는 해변": "relation person on beach NOT",
    "새는 날고 있지 않고 나뭇가지에 앉아 있다.": "action bird fly NOT",
    "개는 목줄을 하고 있지 않다.": "wearing dog collar NOT",
    "여자는 장갑을 끼지 않았지만 모자는 쓰고 있다.": "wearing person gloves NOT",
    "사람들은 공원에서 운동 중이 아닙니다.": "action person exercise NOT",
}


@pytest.mark.parametrize("text", DENIED)
def test_a_denial_is_a_denied_claim_and_never_its_opposite(text):
    found = read(text)
    assert DENIED[text] in found
    assert DENIED[text].removesuffix(" NOT") not in found


def test_there_are_fifty_denials():
    assert len(DENIED) >= 50


@pytest.mark.parametrize(
    ("text", "claim"),
    [("고양이밖에 없다.", "object cat"), ("사과는 두 개밖에 없다.", "count apple 2"), ("남자는 앉아 있는 것이 아니라 서 있다.", "action person stand"),
     ("차는 파란색이 아니라 검은색이다.", "attribute car black"), ("여자는 장갑을 끼지 않았지만 모자는 쓰고 있다.", "wearing person hat")],
)  # fmt: skip
def test_what_is_asserted_beside_a_denial_is_no_denial(text, claim):
    assert claim in read(text)


@pytest.mark.parametrize("text", ["개가 없지 않다.", "모두가 모자를 쓴 것은 아니다."])
def test_double_and_partial_denials_deny_nothing(text):
    assert not any(claim.endswith("NOT") for claim in read(text))


@pytest.mark.parametrize(
    "text",
    ["아마 개가 소파 위에 있을 것입니다.", "사람들이 축구를 하고 있는 것으로 보입니다.", "이곳은 식당일 수도 있습니다.", "남자는 행복해 보인다.",
     "고양이가 자고 있는 듯하다.", "남자가 책을 읽고 있는 것 같습니다."],
)  # fmt: skip
def test_a_doubt_is_no_claim(text):
    assert read(text) == ["other"]


def test_a_question_is_no_claim():
    assert read("개가 있나요?") == []


@pytest.mark.parametrize(
    ("text", "claims"),
    [("두 마리의 귀여운 강아지가 잔디밭에서 놀고 있습니다.", {"count dog 2", "action dog play", "relation dog on lawn"}),
     ("강아지 두 마리가 소파에 누워 있다.", {"count dog 2", "action dog lie", "relation dog on couch"}),
     ("두 사람이 벤치에 앉아 이야기하고 있다.", {"count person 2", "action person sit", "action person talk"}),
     ("고양이 2마리가 창가에 앉아 있다.", {"count cat 2"}), ("두세 마리의 새가 있다.", {"bound bird 2 3"}),
     ("최소 세 명의 사람이 보인다.", {"bound person 3"}), ("약 10명의 사람들이 있다.", {"bound person 10 10"}),
     ("건물 앞에 자전거 여러 대가 세워져 있습니다.", {"bound bicycle 3", "depth bicycle in front of building"}),
     ("소파에 앉아 있는 고양이는 회색입니다.", {"action cat sit", "relation cat on couch", "attribute cat grey"}),
     ("흰색 셔츠와 검은색 바지를 입은 남자가 서 있다.", {"wearing person white shirt", "wearing person black pants", "action person stand"}),
     ("한 여성이 빨간 우산을 들고 횡단보도를 건너고 있습니다.", {"action person hold umbrella", "action person cross crosswalk", "attribute umbrella red"}),
     ("왼쪽에는 노란 버스가, 오른쪽에는 파란 트럭이 있다.", {"position bus left", "position truck right"}),
     ("침대 옆에는 작은 협탁이 있고 그 위에 램프가 있습니다.", {"relation nightstand next to bed", "size nightstand small", "relation lamp on nightstand"}),
     ("벽은 흰색이고 바닥은 나무로 되어 있습니다.", {"attribute wall white", "material floor wood"}),
     ("키가 큰 남자가 서 있다.", {"size person tall"}), ("남자가 laptop을 사용하고 있다.", {"action person use laptop"}),
     ("비가 오는 날 우산을 쓴 사람들이 길을 걷고 있다.", {"scene rainy", "action person walk", "relation person on road"}),
     ("배경에는 산과 호수가 보인다.", {"position mountain background", "position lake background"})],
)  # fmt: skip
def test_claims_of_usual_sentences(text, claims):
    assert claims <= set(read(text))


@pytest.mark.parametrize(
    ("text", "claim", "not_noun"),
    [("말하고 있는 여자", "action person talk", "horse"), ("사람들이 차를 마시는 카페입니다.", "object tea", "car"),
     ("남자가 배를 타고 있다.", "action person ride boat", "pear"), ("아이가 배를 먹고 있다.", "action person eat pear", "boat"),
     ("눈이 내린 거리", "scene snowy", "eye")],
)  # fmt: skip
def test_homonyms(text, claim, not_noun):
    assert claim in read(text)
    assert not_noun not in {claim.noun for claim in SPLITTER.split(text)}


def test_a_colour_of_the_next_clause_is_not_the_plants():
    found = read("화분이 놓여 있고, 벽은 흰색이다.")
    assert "attribute wall white" in found and "attribute potted plant white" not in found


@pytest.mark.parametrize("form", "빨간 빨강 붉은 빨간색의 빨간색 새빨간".split())
def test_forms_of_a_colour(form):
    assert read(f"{form} 자동차가 있다.") == ["attribute car red"]


@pytest.mark.parametrize(
    ("form", "colour"),
    [
        ("빨갛다", "red"),
        ("하얗다", "white"),
        ("흰색이다", "white"),
        ("까맣습니다", "black"),
        ("파랬다", "blue"),
        ("노란색입니다", "yellow"),
        ("갈색이에요", "brown"),
    ],
)
def test_a_colour_as_predicate(form, colour):
    assert f"attribute car {colour}" in read(f"자동차는 {form}.")


@pytest.mark.parametrize(
    ("question", "answer", "claim"),
    [("시계가 몇 개 있나요?", "세 개.", "count clock 3"), ("개가 있나요?", "아니요.", "object dog NOT"), ("개가 있나요?", "네.", "object dog"),
     ("고양이는 어디에 있나요?", "소파 위에.", "relation cat on couch"), ("자동차는 무슨 색인가요?", "빨간색.", "attribute car red"),
     ("남자는 무엇을 하고 있나요?", "책을 읽고 있습니다.", "action person read book"), ("개가 몇 마리 있나요?", "한 마리도 없습니다.", "object dog NOT"),
     ("남자가 모자를 쓰고 있나요?", "아니요, 쓰고 있지 않습니다.", "wearing person hat NOT"), ("문이 열려 있나요?", "아니요.", "state door open NOT")],
)  # fmt: skip
def test_short_answers_take_their_subject_from_the_question(question, answer, claim):
    assert claim in read(answer, question)
    for one in SPLITTER.split(answer, question=question):
        assert answer[one.start : one.end] == one.text != ""


def test_quoted_text_and_values_are_text_claims():
    (claim,) = [one for one in SPLITTER.split("간판에는 “OPEN”이라고 적혀 있습니다.") if one.kind == "text"]
    assert claim.text == "“OPEN”"


def test_a_decomposed_answer_has_the_same_claims_with_its_own_offsets():
    plain = "빨간 모자를 쓴 남자가 소파에 앉아 있다."
    apart = unicodedata.normalize("NFD", plain)
    assert read(apart) == read(plain)
    for one, other in zip(SPLITTER.split(plain), SPLITTER.split(apart), strict=True):
        assert apart[other.start : other.end] == other.text
        assert unicodedata.normalize("NFC", other.text) == one.text
    assert composed("가").starts == (0, 1)


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("걷다/ㄷ", "걷 걸으 걸어"),
        ("눕다/ㅂ", "눕 누우 누워"),
        ("자르다", "자르 자르 잘라"),
        ("빨갛다/ㅎ", "빨갛 빨가 빨개"),
        ("들다", "들 드 들어"),
        ("쓰다", "쓰 쓰 써"),
        ("마시다", "마시 마시 마셔"),
    ],
)
def test_conjugation(verb, forms):
    made = {stem.letters for stem in stems(verb)}
    assert {jamo(form) for form in forms.split()} <= made


def test_a_denial_after_a_sentence_denies_its_subject():
    claims = SPLITTER.split("고양이가 있다. 있지 않다.")
    assert [(one.kind, one.noun, one.negated) for one in claims] == [("object", "cat", False), ("object", "cat", True)]


@pytest.mark.parametrize(
    ("answer", "kind", "noun", "words"),
    [
        ("갈색 곱슬머리를 한 여성", "part", "hair", {"colour": "brown", "reference": "person"}),
        ("테이블에 앉아 강아지를 안고 있는 노년의 여성", "action", "person", {"value": "hold", "reference": "dog"}),
        ("개를 안고 있는 모습이므로 정답이다. 남자가 책을 읽고 있는 모습이므로 정답이다.", "action", "person", {"value": "read"}),
        ("해변을 배경으로 여자가 서 있다.", "position", "beach", {"value": "background"}),
        ("뒤쪽에는 트럭이 보인다.", "position", "truck", {"value": "background"}),
        ("강아지가 앞에 누워 있습니다.", "position", "dog", {"value": "foreground"}),
        ("23일 오후 서울에서 한 남자가 걷고 있다.", "scene", None, {"value": "afternoon"}),
        ("한 여자가 우산으로 비를 피하고 있다.", "scene", None, {"value": "rainy"}),
        ("눈이 쌓인 숲", "state", "forest", {"value": "snow-covered"}),
        ("의자 하나가 넘어져 있다.", "state", "chair", {"value": "fallen"}),
        ("흰색 블라우스에 검은 치마를 입은 여자", "wearing", "person", {"reference": "blouse", "colour": "white"}),
        ("정장의 여직원이 웃고 있다.", "wearing", "employee", {"reference": "suit"}),
        ("책, 지도, 대피 순서는 보이지 않습니다.", "object", "book", {"negated": True}),
        ("아이가 혼자 의자에 앉아 있다.", "count", "person", {"number": 1}),
        ("아이들은 노는 중이 아닙니다.", "action", "person", {"value": "play", "negated": True}),
        ("농부가 도로를 달리는 활기찬 장면을 담고 있다.", "action", "farmer", {"value": "run"}),
        ("이웃 마당으로 고양이가 들어가고 있다.", "action", "cat", {"value": "enter", "reference": "yard"}),
        ("여자가 상자를 트럭에 싣고 있다.", "relation", "box", {"relation": "into", "reference": "truck"}),
    ],
)  # fmt: skip
def test_captions_and_reports(answer, kind, noun, words):
    claims = [one for one in SPLITTER.split(answer) if one.kind == kind and one.noun == noun]
    assert any(all(getattr(one, name) == value for name, value in words.items()) for one in claims)


def test_what_is_worn_waits_for_a_person():
    claims = SPLITTER.split("바다와 파도만 보이며 초록색 옷을 입은 사람은 보이지 않습니다.")
    assert [(one.noun, one.negated) for one in claims if one.kind == "wearing"] == [("person", True)]


def test_the_size_of_the_lexicon():
    assert len({noun.english for noun in lexicon().nouns.values()}) >= 600 and len(lexicon().senses) >= 400


@pytest.mark.slow  # a ratio of times: for a quiet machine
@pytest.mark.parametrize(
    "unit",
    ["빨간 모자를 쓴 남자가 소파에 앉아 책을 읽고 있다. ", "빨간모자를쓴남자가소파에앉아책을읽고있다", "은는이가을를에서", "개와 ", "모자를 쓰고 ", "1234567890", "((([[[", "“\"'‘", "있지 않은 것이 아닌 "],
)  # fmt: skip
def test_time_grows_with_the_length(unit):
    def seconds(size):
        text = (unit * (size // len(unit) + 1))[:size]
        begin = time.process_time()
        SPLITTER.split(text)
        return time.process_time() - begin

    seconds(2_000)
    short = min(seconds(4_000) for _ in range(3))
    assert min(seconds(40_000) for _ in range(2)) <= 20 * max(short, 0.005) + 0.05


@pytest.mark.parametrize(("answer", "question"), [
    ("탁자에", "책과 강아지는 어디에 있나요?"), ("가죽장갑을 놀이 벽에 작은", "A puppy and the book, where?"),
    ("고양이가 있다. 있지 않다.", None), ("① ² 세 개", "시계가 몇 개 있나요?"),
])  # fmt: skip
def test_spans_lie_in_the_answer_whatever_is_asked(answer, question):
    for claim in SPLITTER.split(answer, question):
        assert answer[claim.start : claim.end] == claim.text != ""


@pytest.mark.parametrize(
    "text", ["사진에 개 한 마리가 있다.", "이미지에는 새 한 마리가 있어요.", "마당에 말 1마리가 있다."]
)
def test_a_short_noun_before_a_number_is_no_verb(text):
    assert [claim.number for claim in SPLITTER.split(text) if claim.kind == "count"] == [1]
