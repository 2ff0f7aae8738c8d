"""Short Korean answers put into their question: 우산 to "남자는 무엇을 들고 있나요?" states "남자는 우산을 들고 있나요"."""

from __future__ import annotations

import re
from collections.abc import Callable

from llamaindex_clipverify.claims.korean.letters import is_closed

_LONGEST = 6
"""Words of the longest answer that is put into its question."""
_LONGEST_QUESTION = 300
"""Characters."""
_COPULA = re.compile(r"(?:이에요|예요|입니다|이다)$")
_POLITE = re.compile(r"(?:이에요|예요|이요|요|입니다|이다|임)$")
_STATES = re.compile(r"(?:다|[아어여해워와]요|[아어]|니다|나요|네|예|응|아니요?|아니오)$")
"""Ends of an answer that has a verb of its own, or is a yes or no."""
_WHO = r"누가|어느 (?:사람|분|쪽)이"
_WHAT = r"무엇|무얼|뭘|뭐"
_Said = Callable[[re.Match[str], str], str]


def _with(answer: str, closed: str, opened: str) -> str:
    """Return an answer with a particle: 우산을, 모자를."""
    return f"{answer}{closed if is_closed(answer) else opened}"


_FORMS: tuple[tuple[re.Pattern[str], _Said], ...] = (
    (re.compile(rf"(?:{_WHAT})(?:을|를)?(?= )"), lambda _, a: _with(a, "을", "를")),
    (re.compile(r"(?:무엇이|뭐가)(?!라고)"), lambda _, a: _with(a, "이", "가")),
    (re.compile(r"(?:무엇|뭐|뭘)(?:으로|로)"), lambda _, a: _with(a, "으로", "로")),
    (re.compile(r"(?:어떤|무슨|어느) [가-힣]+?(?:을|를)(?= )"), lambda _, a: _with(a, "을", "를")),
    (re.compile(r"(?:어떤|무슨|어느) [가-힣]+?(?:이|가)(?= )"), lambda _, a: _with(a, "이", "가")),
    (re.compile(rf"(?:{_WHO})"), lambda _, a: _with(a, "이", "가")),
    (re.compile(r"(?:어떤|무슨) 무늬(?=인|예|이)"), lambda _, a: a),
    (re.compile(r"어디(에서?)(?= (?!있|위치))"), lambda found, a: a if a.endswith("에") else f"{a}{found[1]}"),
    (re.compile(r"(?:무엇|뭐)이?라고 (?=적|쓰)"), lambda _, a: f"“{a}”라고 "),
)
"""What stands for the answer in a question, and how the answer stands there; the first that fits is used."""
_CLEFT = re.compile(
    r"^(.*(?P<last>[가-힣])) (?P<head>[가-힣]+?)(?:은|는|이|가)(?:\s+(?:무엇|뭐|누구|어떤 것|어느 것).*)?$"
)
"""A clause before what is asked for: "여자가 들고 있는 것은 무엇인가요"."""
_NO_THINGS = frozenset("색 색깔 수 개수 숫자 이름 모양 재질 재료 글자 장소 곳 이유 시간 날씨 무늬".split())
_TAKEN = re.compile(r"(?:찍은|찍힌|촬영한|촬영된) (?:장소|곳)[은는]")
_SPORT = re.compile(r"^(?:지금 )?(?:어떤|무슨) (?:스포츠|운동|경기|게임)(?=[을를] )")
_TIMES = frozenset("낮 밤 아침 저녁 실내 실외 야외".split())
_MORE = re.compile(r"^(?P<one>[가-힣 ]+?)[와과] (?P<two>[가-힣 ]+?) 중(?:에서|에)? .*?(?P<more>더 [가-힣]+)$")
_ADNOMINAL = 4
"""The number of ㄴ among the letters that close a syllable."""
_WEATHER = re.compile(r"^(.*날씨[는가])\s*어(?:떤|떻).*$")


def statement(question: str, answer: str) -> str | None:
    """Return a question with its short answer in the place of the question word; None where there is no such place.

    Args:
        question: The question, in Korean.
        answer: The whole answer.
    """
    asked, said = question.strip().rstrip("?？ "), answer.strip().rstrip(".!。 ")
    if not said or "\n" in said or len(said.split()) > _LONGEST or len(asked) > _LONGEST_QUESTION:
        return None
    weather = _WEATHER.match(asked)
    if weather is not None:
        return f"{weather[1]} {said}."
    plain = said if _STATES.search(said) and not _COPULA.search(said) else _POLITE.sub("", said)
    if not plain or _STATES.search(plain):
        return None
    whole = _as_a_whole(asked, plain)
    if whole is not None:
        return whole
    for pattern, state in _FORMS:
        found = pattern.search(asked)
        if found is not None:
            return f"{asked[: found.start()]}{state(found, plain)}{asked[found.end() :]}."
    return None


def _as_a_whole(asked: str, answer: str) -> str | None:
    """Return the statement of a question without a place for its answer: one of two, what somebody holds, where it was taken."""
    if _TAKEN.search(asked):
        return f"이곳은 {answer}이다."
    if answer in _TIMES and f"{answer}인가" in asked:
        return f"{answer}이다."
    more = _MORE.match(asked)
    if more is not None and answer in (more["one"], more["two"]):
        other = more["two"] if answer == more["one"] else more["one"]
        return f"{_with(answer, '이', '가')} {other}보다 {more['more']}."
    if _SPORT.match(asked):
        return f"사람들이 {_SPORT.sub(answer, asked)}."
    cleft = _CLEFT.match(asked)
    if cleft is None or cleft["head"] in _NO_THINGS or not _is_adnominal(cleft["last"]):
        return None
    return f"{cleft[1]} {answer}이다."


def _is_adnominal(syllable: str) -> bool:
    """Return whether a syllable ends a clause before a noun: 있는, 입은, 빨간."""
    return (ord(syllable) - ord("가")) % 28 == _ADNOMINAL
