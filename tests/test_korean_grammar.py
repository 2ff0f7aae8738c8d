"""Kinds of Korean sentence that the splitter reads: what each must state, and what it must not."""

from __future__ import annotations

import time

import pytest

from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.testing.reading import shown

SPLITTER = KoreanSplitter()


def read(text: str) -> list[str]:
    return [shown(claim) for claim in SPLITTER.split(text)]


STATED = {
    # what surrounds, covers, fills or adorns
    "연못은 버드나무로 둘러싸여 있다.": "depth willow around pond",
    "아이들에게 둘러싸인 마술사": "depth person around magician",
    "상자는 비닐로 덮여 있다.": "relation plastic on box",
    "눈으로 뒤덮인 들판": "state field snow-covered",
    # what a container holds
    "자두가 든 바구니가 있다.": "relation plum in basket",
    # parts and looks
    "은색 수염의 선장이 웃고 있다.": "part beard silver captain",
    "노란 턱수염의 보르카는 갑판에 서 있다.": "part beard yellow 보르카",
    "빨간 목도리와 검은 수염의 어부": "part beard black fisherman",
    "흰 콧수염을 한 신사": "part mustache white person",
    "흑발 머리의 무용수": "part hair black dancer",
    "코가 뾰족하고 꼬리가 긴 여우": "part nose fox",
    "챙이 노란색인 모자를 쓴 농부": "part brim yellow hat",
    "갈색 손잡이의 칼": "part handle brown knife",
    "지붕이 빨간 오두막": "part roof cabin",
    "올가의 손이 보인다.": "part hand 올가",
    "빈 의자 옆에 서 있는 긴 머리의 간호사": "action nurse stand",
    # where a ground is, and places within places
    "왼쪽 벽에 달력이 걸려 있다.": "position wall left",
    "앞쪽 선반에는 항아리가 놓여 있다.": "position shelf foreground",
    "커튼 뒤 상자에 담긴 귤": "depth box behind curtain",
    "도서관의 소파": "scene library",
    "욕실 거울 앞의 남자": "scene bathroom",
    # grounds that no list has
    "뜸틀 옆에 염소가 서 있다.": "relation goat next to 뜸틀",
    "남자가 뜸틀에 앉아 있다.": "relation person on 뜸틀",
    "그녀는 웃고 있고 그녀의 옆에는 개가 있다.": "object dog",
    # what is put somewhere
    "여자가 벽에 시계를 걸고 있다.": "relation clock on wall",
    "아이가 문에 스티커를 붙이고 있다.": "relation sticker on door",
    "소년이 의자에 다리를 올리고 있다.": "action person put leg",
    "식탁에 엎은 주스": "relation juice on dining table",
    # paths and places of what somebody does
    "강을 따라 자전거를 타는 가족": "relation family along river",
    "개가 뛰어노는 잔디밭": "relation dog on lawn",
    "아이들이 웃으며 뛰어노는 운동장": "relation person in playground",
    # persons
    "모녀가 벤치에 앉아 있다.": "action mother sit",
    "엄마 아빠가 손을 흔들고 있다.": "action mother wave hand",
    "강당에 일곱 명이 있다.": "count person 7",
    # verbs of two, and joined
    "굴러가는 공이 보인다.": "action sports ball roll",
    "남자가 수레를 끌고 간다.": "action person pull cart",
    "우산을 들고있는 소녀": "action person hold umbrella",
    "여자가 장갑을 끼고있지 않다.": "wearing person gloves NOT",
    "벽에 걸려있는 그림": "relation painting on wall",
    # captions
    "파란 망토를 두른 토끼 사진이에요.": "wearing rabbit blue cape",
    "호수에서 노를 젓는 어부 화보": "relation fisherman in lake",
    "왼쪽에는 빨간 트럭, 오른쪽에는 흰 버스가 있다.": "position truck left",
    # adjectives in a row, comparisons, colours that change, built-in sizes
    "짧고 넓은 상자": "size box short",
    "주먹보다 큰 조개": "comparison clam bigger than fist",
    "파란색에서 초록색으로 변하는 커튼": "attribute curtain green",
    "대형견 한 마리": "size dog big",
    "플라스틱으로 만들어진 의자": "material chair plastic",
    # what lies on a thing, what is on its face, whose back is seen
    "빨래가 널린 지붕": "relation laundry on roof",
    "앞면에 주머니가 달린 배낭": "part pocket backpack",
    "창문을 닦는 남자의 뒷모습": "action person clean window",
    "한 손으로 부채를 든 무용수": "relation fan in hand",
    "트럭보다 작은 승용차": "comparison car smaller than truck",
    "할머니가 바구니에 든 감을 깎고 있다.": "relation persimmon in basket",
    "노인이 개와 함께 걷고 있다.": "relation person with dog",
    "소녀는 머리를 양 갈래로 땋고 있다.": "action person braid hair",
    "남자는 수염이 있고 안경을 썼다.": "wearing person glasses",
    "커튼이 바람에 흔들린다.": "action curtain sway",
    "손목에 시계를 찬 남자": "wearing person watch",
    "교복 차림의 학생이 서 있다.": "wearing student school uniform",
    "긴 드레스 차림으로 계단을 내려오는 신부": "wearing bride dress",
    "트랙터가 밭을 갈고 있다.": "action tractor plow field",
    "인형을 끌어안고 잠든 아기": "state person asleep",
    "눈을 감은 채 바이올린을 켜는 연주자": "action musician play violin",
    # who does it
    "소년이 넘어진 자전거 옆에서 울고 있다.": "action person cry",
    "갈매기 떼가 바다 위를 날고 있다.": "action bird fly",
    "소녀가 잡지를 넘기고 있다.": "action person flip magazine",
    "여자가 문을 두드리고 있다.": "action person knock door",
    "요리사가 도마 위에서 무를 썰고 있다.": "action cook cut radish",
}


@pytest.mark.parametrize(("text", "claim"), STATED.items())
def test_kinds_of_sentence(text: str, claim: str) -> None:
    assert claim in read(text)


NEVER = {
    "우리는 밝은 방을 볼 수 있다.": "object cage",
    "그중 한 명은 모자를 쓰고 있다.": "count person 1",
    "전방 여섯 발짝 앞에 우체통이 있다.": "depth mailbox in front of 발짝",
    "비에 젖은 고양이": "relation cat on rain",
    "물에 젖은 개": "relation dog in water",
    "버스에 타려는 승객들이 서 있다.": "relation person in bus",
    "아이가 나무에 매달려 있으려 한다.": "action person hang",
    "여자가 전화하는 사이 개가 짖는다.": "depth dog between person",
    "소녀가 잡지를 넘기고 있다.": "action person hold magazine",
    "네모난 거울이 있다.": "state mirror square",
    "소년이 넘어진 자전거 옆에서 울고 있다.": "action person fall",
    "아이가 잠든 침대": "state bed asleep",
    "가방에서 책을 꺼내는 학생": "relation student in bag",
    "화분에 물을 주는 소년": "relation person in potted plant",
    "소년이 무릎을 꿇고 있다.": "object knee",
    "여자가 창밖을 바라보고 있다.": "relation person outside window",
    "병사가 창을 들고 있다.": "object window",
    "냄비에서 김이 나고 있다.": "object seaweed",
    "아이는 그네를 탄 적이 없다.": "object person NOT",
    "남자는 군복 차림이 아니다.": "object person NOT",
    "넓은 초원이 펼쳐져 있다.": "state meadow open",
    "아이는 그네를 탄 적이 있다.": "action person ride swing",
    "여자는 남자와 함께 있지 않다.": "relation person with person",
    "여자는 염소와 함께 있지 않다.": "object person NOT",
}


@pytest.mark.parametrize(("text", "claim"), NEVER.items())
def test_what_no_sentence_says(text: str, claim: str) -> None:
    assert claim not in read(text)


DENIED = {
    "연못은 버드나무로 둘러싸여 있지 않다.": "depth willow around pond",
    "여자가 벽에 시계를 걸고 있지 않다.": "relation clock on wall",
    "남자가 뜸틀에 앉아 있지 않다.": "action person sit",
    "강을 따라 걷지 않는 가족이 있다.": "relation family along river",
    "상자에 스티커가 붙어있지 않다.": "relation sticker on box",
    "소파는 빨갛지도 파랗지도 않다.": "attribute couch red",
    "탁자 위에 책이 놓여 있지도 쌓여 있지도 않다.": "relation book on dining table",
    "컵이 깨지거나 금이 가지 않았다.": "state cup broken",
    "남자는 모자도 안경도 쓰지 않았다.": "wearing person glasses",
    "사진 어디에도 자동차는 보이지 않는다.": "object car",
    "아이들 중 누구도 모자를 쓰고 있지 않다.": "object hat",
    "의자는 나무가 아니라 플라스틱으로 만들어졌다.": "material chair wood",
    "남자는 군복 차림이 아니다.": "wearing person military uniform",
    "정장 차림으로 서 있지 않은 남자": "wearing person suit",
    "빨간 수염의 선장은 없다.": "part beard red captain",
    "파란 모자의 소녀는 보이지 않는다.": "wearing person blue hat",
    "상자 안에는 사과도 귤도 들어 있지 않다.": "object apple",
    "교실에 다섯 명이 있지 않다.": "count person 5",
    "테이블에는 촛불이 켜져 있지 않다.": "relation candle on dining table",
    "초록 커튼이 달리지 않은 창문": "part curtain green window",
    "꽃이 놓이지 않은 식탁": "relation flower on dining table",
    "흰 수염을 한 군인은 보이지 않는다.": "part beard white soldier",
    "아이가 침대 위에 인형을 올리고 있는 장면이 아니다.": "relation doll on bed",
}


@pytest.mark.parametrize(("text", "claim"), DENIED.items())
def test_what_is_denied_is_never_asserted(text: str, claim: str) -> None:
    found = read(text)
    assert claim not in found
    assert all(one.endswith(" NOT") for one in found if one.startswith(claim))


def test_unknown_compound_words_are_read_in_linear_time() -> None:
    def seconds(size: int) -> float:
        text = "끌어올려" * size
        started = time.process_time()
        SPLITTER.split(text)
        return time.process_time() - started

    seconds(10)
    assert seconds(800) < 40 * max(seconds(100), 0.002)
