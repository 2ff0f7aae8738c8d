"""Constructions of Korean sentences that the splitter reads: lists, gaps, watchers, speakers, parts before wholes, denials."""

from __future__ import annotations

import pytest

from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.testing.reading import shown

SPLITTER = KoreanSplitter()


def read(text: str, question: str | None = None) -> set[str]:
    return {shown(claim) for claim in SPLITTER.split(text, question)}


@pytest.mark.parametrize(("text", "claims"), [
    # lists
    ("서랍에 칼, 자, 가위 등 여러 도구가 들어 있다.", {"relation ruler in drawer", "relation tool in drawer", "bound tool 3"}),
    ("상자 안에 장갑과 헬멧 같은 장비가 있다.", {"relation gloves inside box", "relation helmet inside box"}),
    ("접시에 사과, 배, 귤이 놓여 있다.", {"relation pear on plate"}),
    ("새와 나비가 여러 마리 있다.", {"bound bird 3", "bound butterfly 3"}),
    # cars that are parked, both colours of a predicate, sides of a room, a comparison of numbers, parts that count nothing
    ("주차된 차들이 골목을 따라 늘어서 있다.", {"state car parked", "relation car along alley"}),
    ("트럭은 초록색과 흰색이며 파란 문이 있는 가게 앞에 있다.", {"attribute truck green", "attribute truck white"}),
    ("방의 왼쪽에 상자가 하나 있다.", {"position box left"}),
    ("오리보다 거위가 더 많다.", {"comparison bird more than bird"}),
    # some of what was counted or named
    ("염소 세 마리가 서 있고, 한 마리는 누워 있다.", {"count goat 3", "action goat lie"}),
    ("승객 대부분은 모자를 쓰고 있다.", {"wearing person hat"}),
    ("의자 일부는 비어 있다.", {"state chair empty"}),
    ("두 마리의 개 중 한 마리는 갈색이고 다른 한 마리는 검은색이다.", {"count dog 2", "attribute dog brown", "attribute dog black"}),
    ("세 명의 아이 중 두 명은 모자를 쓰고 있다.", {"count person 3", "wearing person hat"}),
    ("자동차 중 하나는 빨간색이다.", {"attribute car red"}),
    ("여자는 개 두 마리를 산책시키고 있다. 한 마리는 크고, 다른 한 마리는 작다.", {"size dog big", "size dog small"}),
    ("개 세 마리가 있다. 두 번째는 소파에 앉아 있다.", {"relation dog on couch"}),
    ("여자는 장신구도 하고 있지 않다.", {"wearing person jewelry NOT"}),
    # near something, and screens
    ("울타리 근처에 개 두 마리가 있다.", {"relation dog next to fence", "count dog 2"}),
    ("마우스가 있으며, 모니터 화면은 꺼져 있다.", {"state screen unlit"}),
    # one verb for two clauses, one object for two verbs
    ("왕은 검은 부츠를, 여왕은 흰 장갑을 신고 있다.", {"wearing king black boots", "wearing queen white gloves"}),
    ("아이가 편지를 접어 던진다.", {"action person fold letter", "action person throw letter"}),
    ("벤치에 앉아 있는 형과 누나", {"action brother sit", "action sister sit"}),
    # the person who sees or hears something, the person who is met, and the speaker
    ("관광객이 곰이 춤추는 것을 구경하고 있다.", {"action bear dance", "action tourist look bear"}),
    ("간호사가 의사와 악수중이다.", {"relation nurse with doctor"}),
    ("사진에서 나는 많은 북을 볼 수 있다.", {"bound drum 3"}),
    ("말이 뛰기 시작한다.", {"action horse run"}),
    ("오리가 거위를 따라 간다.", {"action bird follow bird"}),
    # parts before their wholes, hair before persons, features
    ("긴 소매 외투", {"part sleeve coat", "size sleeve long"}),
    ("나무 다리 의자", {"material leg wood", "part leg chair"}),
    ("갈색 머리 요리사", {"part hair brown cook"}),
    ("빨간 지붕의 오두막", {"part roof red cabin"}),
    ("둥근 깃이 특징인 블라우스", {"part collar blouse"}),
    # places
    ("소녀의 왼쪽에는 말이, 오른쪽에는 소가 있다.", {"relation horse left of person", "relation cow right of person"}),
    ("양이 울타리를 넘어 달린다.", {"relation sheep over fence"}),
    ("배가 많은 호수", {"bound boat 3", "relation boat in lake"}),
    ("소파가 있고 난로가 있는 거실", {"relation couch in living room", "relation heater in living room"}),
    ("어부가 어깨에 수건을 두르고 있다.", {"depth towel around fisherman"}),
    ("농부가 어깨에 목도리를 두르고 있다.", {"wearing farmer scarf", "relation scarf on shoulder"}),
    ("요리사가 냄비에 당근을 끓인다.", {"relation carrot in pot"}),
    ("열쇠가 자물쇠에 꽂혀 있다.", {"relation key in lock"}),
    # homonyms and compounds
    ("두 병사가 검을 들고 마주 서 있다.", {"action person hold sword", "action person stand"}),
    ("방패를 든 병사들 뒤에 창이 보인다.", {"depth spear behind person"}),
    ("기사가 투구를 쓰고 말을 타고 있다.", {"action knight ride horse", "wearing knight helmet"}),
    ("관을 쓴 여자가 흰옷을 입고 있다.", {"wearing person crown", "wearing person white clothes"}),
    ("호수와 다리가 보인다.", {"object bridge"}),
    ("북을 치고 있는 모습의 소녀", {"action person play drum"}),
    ("남자아이가 그림을 그리고 있다.", {"action person draw painting"}),
    ("점원이 상자를 포장하고 있다.", {"action clerk wrap box"}),
    ("케이크의 촛불을 끄는 소년", {"action person blow out candle"}),
    ("네 모퉁이에는 꽃이 있다.", {"position flower corner"}),
    ("눈이 내리는 날에 두 아이가 걷고 있다.", {"scene snowy", "count person 2"}),
    ("접시에 구운 감자가 있다.", {"state potato roasted"}),
    ("우산 세 개가 있고 그중 하나는 펼쳐져 있다.", {"count umbrella 3", "state umbrella open"}),
    # numbers and answers
    ("수레를 미는 셋이 웃는다.", {"count person 3", "action person push cart"}),
    ("토끼 중 일부가 자고 있다.", {"action rabbit sleep"}),
    ("눈금은 5kg으로 인쇄되어 있다.", {"text"}),
])  # fmt: skip
def test_a_construction_is_read(text: str, claims: set[str]) -> None:
    assert claims <= read(text), read(text)


@pytest.mark.parametrize(("text", "claim"), [
    ("책상에 앉은 학생이 아무도 없다.", "action student sit"), ("비가 오지 않는 맑은 날이다.", "object rain"),
    ("차에는 승객이 한 명도 타고 있지 않다.", "object person"), ("소년은 서 있는 대신 앉아 있다.", "action person stand"),
    ("복도에는 사람이 있고 주변에는 아무도 없다.", "object person NOT"), ("트럭은 눈에 띄지 않는다.", "object truck"),
    ("병실처럼 보인다.", "object hospital room"), ("흐린 날인 것 같다.", "scene cloudy"), ("많은 새를 볼 수 있다.", "object bowl"),
    ("양동이 안에 물이 없으니깐 비어 있다.", "relation water inside bucket"), ("초콜릿 케이크가 있다.", "material cake chocolate"),
    ("나무로 만든 호수의 다리", "material lake wood"), ("울면서 걷는 아이", "material person wool"),
    ("파란 외투를 입은 난로 옆에 있는 소년", "wearing heater blue coat"), ("눈이 내리는 날에 걷는 여자", "object blade"),
    ("염소 세 마리가 서 있고, 한 마리는 누워 있다.", "count goat 1"), ("사람들 대부분은 서 있다.", "object 대부분"),
    ("강과 다리가 있다.", "object leg"), ("고양이가 있다. 그리고 개가 있다.", "action cat draw"),
])  # fmt: skip
def test_what_is_not_said_is_not_stated(text: str, claim: str) -> None:
    assert claim not in read(text), read(text)


def test_a_politely_ended_number_counts_what_is_asked_for():
    assert read("네 마리요.", "양이 몇 마리인가요?") == {"count sheep 4"}


@pytest.mark.parametrize(
    "text",
    ["할머니께서 의자에 앉으셔서 책을 읽으신다.", "할머니가 의자에 앉아 책을 읽더라고요.", "할머니가 책을 읽잖아요."],
)
def test_honorific_and_spoken_endings_are_read(text):
    assert "action person read book" in read(text)


def test_parts_of_a_thing_are_no_number_of_things() -> None:
    assert not any(one.startswith("count") for one in read("케이크는 여섯 조각으로 잘려 있다."))
    assert "attribute door green" not in read("트럭은 초록색과 흰색이며 파란 문이 있는 가게 앞에 있다.")


@pytest.mark.parametrize(("question", "answer", "claims"), [
    ("아이는 무엇을 들고 있나요?", "풍선", {"action person hold balloon"}),
    ("의자 위에 무엇이 있나요?", "모자와 책 두 권.", {"relation hat on chair", "relation book on chair"}),
    ("상자는 무엇으로 만들어졌나요?", "나무", {"material box wood"}),
    ("누가 기타를 치고 있나요?", "왼쪽 여자요.", {"position person left"}),
    ("치마는 무슨 무늬인가요?", "물방울무늬", {"pattern skirt dotted"}),
    ("날씨는 어떤가요?", "맑아요", {"scene sunny"}),
    ("간판에 뭐라고 적혀 있나요?", "정지", {"object sign"}),
    ("창문은 몇 개인가요?", "세 개", {"count window 3"}),
    ("여자가 들고 있는 것은 무엇인가요?", "우산", {"action person hold umbrella"}),
    ("물 위에 떠 있는 것은 무엇입니까?", "배입니다", {"relation boat on water"}),
    ("남자 옆에 있는 동물은 무엇인가요?", "개", {"relation dog next to person"}),
    ("나무와 집 중 어느 것이 더 큰가요?", "나무", {"comparison tree bigger than house"}),
    ("어떤 스포츠를 하고 있나요?", "테니스", {"action person play tennis"}),
    ("사진을 찍은 장소는 어디인가요?", "해변", {"scene beach"}),
    ("두 사람은 어디에 앉아 있나요?", "벤치", {"relation person on bench"}),
    ("낮인가요, 밤인가요?", "밤", {"scene night"}),
])  # fmt: skip
def test_a_short_answer_stands_for_the_question_word(question: str, answer: str, claims: set[str]) -> None:
    found = read(answer, question)
    assert not claims - found, found


@pytest.mark.parametrize(("sentence", "claims"), [
    ("지붕 위로 새 떼가 날고 있다.", {"action bird fly", "relation bird above roof"}),
    ("케이크는 하얀 크림으로 덮여 있다.", {"relation cream on cake", "attribute cream white"}),
    ("배경은 숲이다.", {"position forest background"}),
    ("컵 앞면에 꽃이 그려져 있다.", {"relation flower on cup"}),
    ("이곳은 해변이다.", {"scene beach"}),
])  # fmt: skip
def test_groups_covers_sides_and_backgrounds_are_read(sentence: str, claims: set[str]) -> None:
    found = read(sentence)
    assert not claims - found, found


@pytest.mark.parametrize(("sentence", "wrong"), [
    ("왼쪽부터 빨간색, 파란색 컵이 놓여 있다.", "position cup left"),
    ("왼쪽에서 오른쪽으로 개가 달리고 있다.", "position dog right"),
    ("배 두 척이 있는데, 그중 하나는 빨간색이다.", "attribute 그중 red"),
    ("세 번째 개는 문 옆에 서 있다.", "count dog 3"),
    ("여자는 개 두 마리를 산책시키고 있다. 한 마리는 크다.", "size person big"),
    ("반쯤 먹은 사과가 접시에 있다.", "object inkstick"),
    ("세 명의 아이 중 두 명은 모자를 쓰고 있다.", "count hat 3"),
    ("키보드와 마우스가 있으며, 모니터 화면은 꺼져 있다.", "state mouse unlit"),
    ("여자의 머리는 길고, 초록색 눈을 가지고 있다.", "relation hair with eye"),
])  # fmt: skip
def test_orders_parts_and_homonyms_are_not_misread(sentence: str, wrong: str) -> None:
    found = read(sentence)
    assert found and wrong not in found, found


@pytest.mark.parametrize(("sentence", "claims"), [
    ("상자들은 파란색 천으로 덮여 있다.", {"relation cloth on box", "attribute cloth blue"}),
    ("바구니에는 사과가 가득하다.", {"relation apple in basket"}),
    ("길에 눈이 없다.", {"relation snow on road NOT"}),
    ("고양이는 소파가 아니라 바닥에 누워 있다.", {"relation cat on floor", "relation cat on couch NOT"}),
    ("여자는 장갑은 끼고 있지만 모자는 쓰지 않았다.", {"wearing person hat NOT"}),
    ("남자는 책은 들고 있지만 펜은 들고 있지 않다.", {"action person hold book", "action person hold pen NOT"}),
    ("동물도 식물도 없이 바위만 있다.", {"object animal NOT", "object plant NOT", "object rock"}),
])  # fmt: skip
def test_contrasts_covers_and_contents_are_read(sentence: str, claims: set[str]) -> None:
    found = read(sentence)
    assert not claims - found, found


@pytest.mark.parametrize(("sentence", "wrong"), [
    ("빨간 차가 눈에 띈다.", "relation car on eye"),
    ("한 손에는 컵을, 다른 손에는 책을 들고 있는 여자가 있다.", "relation person in hand"),
    ("바구니에는 사과가 가득하다.", "state apple full"),
    ("고양이는 소파가 아니라 바닥에 누워 있다.", "object couch NOT"),
    ("여자는 장갑은 끼고 있지만 모자는 쓰지 않았다.", "object hat"),
])  # fmt: skip
def test_idioms_and_contrasts_are_not_misread(sentence: str, wrong: str) -> None:
    found = read(sentence)
    assert found and wrong not in found, found
