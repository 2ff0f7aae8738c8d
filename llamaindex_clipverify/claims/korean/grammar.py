"""Sentences, layout, quotations and citations of a Korean answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

SENTENCE = re.compile(r"(?:[^.!?;\n。]|\.(?=\d)|[.!?。](?=[\"'”’)]{0,2}(?:이?라[고는며]|하고\s|고\s|는\s)))+[.!?。]*")
LAYOUT = re.compile(r"^[ \t]{0,20}(?:\d{1,4}[.)](?=\s)|[-*+•](?=\s)|#{1,6}(?=\s))|\*{1,3}|`+", re.M)
WORD = re.compile(r"[^\W_]")
VALUE = re.compile(
    r"[$€£¥₩]\s?\d{1,9}(?:[.,]\d{1,3}){0,4}|(?<![\d.,])\d{1,9}(?:,\d{3}){0,4}(?:\.\d{1,9})?\s?(?:원|달러|유로|퍼센트|%(?!\s?(?:면|모|울|실크|견|마|린넨|리넨|폴리|나일론|아크릴|캐시미어|레이온|가죽|순면)))|(?<!\d)\d{1,2}:\d{2}(?!\d)|(?<!\d)\d{1,2}시(?:\s?\d{1,2}분|\s?반)?(?=[\s.,을를에이가의]|$)"
)
LETTERING = re.compile(
    r"(?:숫자|번호)\s?(\d{1,12})|(?<!\S)([^\s,.\"'”’]{1,40}?)이?라고\s(?=적|쓰|쓴|씌|써|표시|새|인쇄)|(?<![A-Za-z])([A-Z][A-Z0-9&]{1,15})(?=\s(?:로고|라벨|상표|글자|글씨|문구|마크|텍스트|간판))"
)
"""Letters and numbers that are said to be written."""
PRINTED = re.compile(r"인쇄|적혀|적힌|쓰여|쓰인|씌어|표시|표기|기재|새겨|새긴")
"""Words that say that something is written; then values with units are letters too."""
MEASURE = re.compile(r"(?<![\d.,])\d{1,9}(?:\.\d{1,4})?\s?(?:kg|mg|g|cm|mm|km|m|ml|mL|L|℃|°C|V|W|Hz)(?![A-Za-z])")
SMALL_TALK = re.compile(r"^\s*(?:물론입니다|물론이죠|안녕하세요|감사합니다)\W*$")
YES = re.compile(
    r"^\s*(?:네(?!\s(?:개|마리|명|분|대|송이|그루|잔|병|권|장|켤레|벌|쌍|채|척|조각|그릇|접시|사람|가지|줄|칸|판|알|곳))|예|응|맞아요|맞습니다|그렇습니다|그래요|있어요|있습니다)(?=[\s.,!]|$)"
)
NO = re.compile(r"^\s*(?:아니요|아니오|아뇨|아닙니다|아니에요|없습니다|없어요)(?=[\s.,!]|$)")
ANSWER = re.compile(r"(?:네|예|응|아니요|아니오|아뇨|등)$")
"""Words that say nothing by themselves: yes, no, et cetera."""
DOUBT = re.compile(
    r"아마|추측|추정|짐작|생각됩니다|생각합니다|생각해요|모르겠|확실하지|불확실|가능성|혹시|어쩌면|(?:인|일)\s(?:것|거|듯|게)\s?(?:같|이다|입|이에|예요|싶)|일\s?수(?:도|는)?\s있|일지도|것으로\s?예상|듯합|듯하|듯싶|보입니다만|로\s(?:추정|판단|여겨)|사실(?:이|은)\s?아니|거짓"
)
"""Words that make a clause doubtful, or say that it is not so."""
NOT_THIS_SCENE = re.compile(
    r"(?:사진|장면|그림|풍경|모습|날|날씨|낮|밤|저녁|아침|실내|실외|야외|곳|장소)(?:이|가|은|는)?\s?아[니닌닙]"
    r"|(?:찍|촬영하|촬영되|찍히)지(?:는|도)?\s?않|(?:찍은|찍힌|촬영한|촬영된)\s?(?:것이|것은|게|건)\s?아[니닌닙]"
)
"""Ends of a clause that denies the place, weather or time which it names."""
NOT_WRITTEN = re.compile(
    r"[\"”'’」』]?\s?(?:이?라고|이?라는|이?란)?\s?(?:글자|글씨|문구|글|말|단어)?(?:가|이|는|은)?\s?"
    r"(?:(?:쓰여|적혀|써|씌어|새겨져|인쇄되어|인쇄돼|표시되어|표시돼)\s?있지(?:는)?\s?않|(?:쓰|적|새기|인쇄되|표시되)지\s?않|없|보이지\s?않)"
)
"""What follows words that are said not to be written."""
OF_ALL = re.compile(r"모든|모두|다들|전부|각각|누구나")
"""Words in a question of all, whose denial may be true of some."""
CITED = re.compile(r"(\d{1,3})\s?번(?:째)?\s?(?:이미지|사진|그림)|(첫|두|세|네)\s?번째\s?(?:이미지|사진|그림)")
ORDINALS = ("첫", "두", "세", "네")
_CLOSING = {'"': '"”', "“": '”"', "‘": "’'", "'": "'’", "「": "」", "『": "』", "《": "》", "<": ">"}
_LONGEST_QUOTE = 200
_LONGEST_SENTENCE = 600


def quotations(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield start and end of the quoted parts of ``text[start:end]``, marks included; linear in its length."""
    at = start
    while at < end:
        closing = _CLOSING.get(text[at])
        if closing is None or (text[at] == "'" and at > start and text[at - 1].isalnum()):
            at += 1
            continue
        stop = next((place for place in range(at + 1, min(at + _LONGEST_QUOTE, end)) if text[place] in closing), None)
        if stop is None or stop == at + 1:
            at += 1
            continue
        yield at, stop + 1
        at = stop + 1


def pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the parts that a sentence is read in: one, or several of bounded length for an endless sentence."""
    while end - start > _LONGEST_SENTENCE:
        space = text.rfind(" ", start + _LONGEST_SENTENCE // 2, start + _LONGEST_SENTENCE)
        stop = space if space > 0 else start + _LONGEST_SENTENCE
        yield start, stop
        start = stop
    yield start, end


def cited(sentence: str) -> int | None:
    """Return the index of the picture that a sentence cites: "2번 사진"."""
    match = CITED.search(sentence)
    if match is None:
        return None
    place = int(match[1]) - 1 if match[1] else ORDINALS.index(match[2])
    return place if place >= 0 else None


HOW_MANY_PERSONS = re.compile(r"몇\s?(?:명|사람|분)")
BARE_NUMBER = re.compile(r"\s*(\d{1,9})\s*[.]?\s*")
"""An answer that is a number only."""
