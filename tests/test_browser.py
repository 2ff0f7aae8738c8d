"""The page in a real browser: pointing, keys, the switch of maps, filters, a phone, the dark, paper. Nothing is asked of the network."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from browser import Browser, browsing, missing
from conftest import make_report
from hostile import HOSTILE, report_of

from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.format import printable
from llamaindex_clipverify.report.report import ClaimMap, Report
from llamaindex_clipverify.report.saving import save_all

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(missing()), reason=missing()),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SHOWN = "return document.querySelector('.cv-report.is-open .cv-panel.is-on, html:not(.cv-many) .cv-panel.is-on')?.id"


@pytest.fixture(scope="module")
def shared() -> Iterator[Browser]:
    with browsing() as opened:
        yield opened


@pytest.fixture
def browser(shared: Browser) -> Iterator[Browser]:
    """The browser as a desktop in daylight; afterwards it has complained of nothing and asked for nothing but the file."""
    shared.size(1280, 900)
    shared.prefer(prefers_color_scheme="light")
    shared.open("about:blank")
    yield shared
    assert not shared.complaints()
    assert all(url.startswith("file:///") and ".html" in url for url in shared.requests())


@pytest.fixture
def two_maps(report: Report) -> Report:
    """Its claims have maps by two methods, the third by one; the first map of the second claim failed its trial."""
    other = [
        replace(one, map=replace(one.map, method="gradcam++", evidence=1.0)) for one in report.maps if one.claim != 2
    ]
    first = [
        replace(one, map=replace(one.map, evidence=1.0, doubt="it points nowhere" if one.claim == 1 else ""))
        for one in report.maps
    ]
    return replace(report, maps=(*first, *other))


@pytest.fixture
def one(two_maps: Report, tmp_path: Path) -> Path:
    return two_maps.save(tmp_path / "one.html")


@pytest.fixture
def many(report: Report, scene_file: Path, tmp_path: Path) -> Path:
    """Twelve answers: four contradicted, four supported, two undecided, two that nothing could check."""
    picture = [Picture.of(scene_file)]
    answers = [("A red clock.", 0.03), ("A yellow cup.", 0.97), ("A zebra.", 0.5), ("It is cheerful.", None)]
    chosen = [answers[place] for place in (0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 0, 1)]
    reports = [
        make_report(text, [trust], picture, maps=True, question=f"Question {place}?")
        for place, (text, trust) in enumerate(chosen, 1)
    ]
    return save_all(reports, tmp_path / "many.html")


def _until(true: Callable[[], object], seconds: float = 3.0) -> None:
    """Wait until it is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def _press(browser: Browser, *keys: str) -> None:
    from selenium.webdriver import ActionChains

    for key in keys:
        ActionChains(browser.driver).send_keys(key).perform()


def _point(browser: Browser, selector: str) -> None:
    from selenium.webdriver import ActionChains

    ActionChains(browser.driver).move_to_element(browser.driver.find_element("css selector", selector)).perform()


def _rows(browser: Browser) -> list[str]:
    return browser.run(
        "return [...document.querySelectorAll('.cv-index li')].filter((row) => row.checkVisibility()).map((row) => row.dataset.place)"
    )


def test_pointing_at_words_and_at_claims_shows_the_claim(browser: Browser, one: Path):
    browser.open(one)
    assert browser.run(SHOWN) == "r1-c3"
    for selector, claim in (
        ('.cv-piece[data-claims="0"]', "r1-c1"),
        ('.cv-piece[data-claims="4"]', "r1-c5"),
        ('.cv-claims [data-claims="3"]', "r1-c4"),
    ):
        _point(browser, selector)
        _until(lambda wanted=claim: browser.run(SHOWN) == wanted)
        assert (
            browser.run(
                "return [...document.querySelectorAll('.cv-panel')].filter((one) => one.checkVisibility()).length"
            )
            == 1
        )


def test_tab_shows_claim_after_claim_with_a_visible_focus(browser: Browser, one: Path):
    browser.open(one)
    browser.run("document.getElementById('cv-theme').focus()")
    found = []
    for _ in range(5):
        _press(browser, "\ue004")
        found.append(browser.run(SHOWN))
        style = browser.run(
            "const s = getComputedStyle(document.activeElement); return [s.outlineStyle, parseFloat(s.outlineWidth)]"
        )
        assert style[0] == "solid" and style[1] >= 2
    assert found == ["r1-c1", "r1-c1", "r1-c2", "r1-c2", "r1-c4"]


def test_words_of_several_claims_show_each_in_turn(browser: Browser, one: Path):
    browser.open(one)
    browser.run("document.querySelector('.cv-piece[data-claims=\"2 1\"]').focus()")
    found = []
    for _ in range(3):
        _press(browser, "\ue007")
        found.append(browser.run(SHOWN))
    assert found == ["r1-c2", "r1-c3", "r1-c2"]


def test_letters_arrows_and_escape(browser: Browser, one: Path):
    browser.open(one)
    for keys, claim in (
        ("j", "r1-c4"),
        ("k", "r1-c3"),
        ("kk", "r1-c1"),
        ("k", "r1-c1"),
        ("\ue015\ue015", "r1-c3"),
        ("\ue013", "r1-c2"),
        ("\ue00c", "r1-c3"),
    ):
        _press(browser, *keys)
        assert browser.run(SHOWN) == claim, keys
    assert (
        browser.run("return document.getElementById('cv-said').textContent")
        == "claim 3: red clock, ✗ contradicted, trust 0.03"
    )


def test_each_claim_shows_its_plain_picture_first_and_its_maps_below(browser: Browser, one: Path):
    browser.open(one)
    seen = """return [...document.querySelectorAll('.cv-panel.is-on figure')].filter((one) => one.checkVisibility())
      .map((one) => [one.className, one.querySelector('svg image') !== null, one.getBoundingClientRect().width])"""
    _press(browser, "k")
    plain, *maps = browser.run(seen)
    assert plain[:2] == ["cv-figure", False]
    assert [name for name, *_ in maps] == ["cv-map cv-none", "cv-map"]
    assert [drawn for _, drawn, _ in maps] == [False, True]  # the first failed its trial: a line of text
    assert all(width < plain[2] for _, drawn, width in maps if drawn)
    texts = browser.run("return [...document.querySelectorAll('.cv-panel.is-on .cv-map')].map((one) => one.innerText)")
    assert "No evidence: it points nowhere." in texts[0]


def test_boxes_can_go(browser: Browser, one: Path):
    browser.open(one)
    boxes = "return [...new Set([...document.querySelectorAll('.cv-panel.is-on .cv-boxes')].map((one) => getComputedStyle(one).display))]"
    assert browser.run(boxes) == ["inline"]
    _press(browser, "b")
    assert browser.run(boxes) == ["none"]
    _press(browser, "b")
    assert browser.run(boxes) == ["inline"]


def test_filters_filter_and_count(browser: Browser, many: Path):
    browser.open(many)
    showing = "return document.querySelector('.cv-showing').textContent"
    assert (
        len(_rows(browser)) == 12 and browser.run("return document.querySelectorAll('.cv-report.is-open').length") == 0
    )
    labels = browser.run(
        "return [...document.querySelectorAll('.cv-filters .cv-switch label')].map((one) => one.innerText.trim())"
    )
    assert labels == ["all 12", "contradicted 4", "undecided 2", "supported 4", "nothing could check it 2"]
    browser.run("document.querySelector('[name=cv-verdict][value=contradicted]').click()")
    assert _rows(browser) == ["1", "5", "9", "11"] and browser.run(showing) == "showing 4 of 12"
    browser.run("document.querySelector('[name=cv-verdict]').click()")
    search = browser.driver.find_element("id", "cv-words")
    search.send_keys("ZEBRA question")
    assert _rows(browser) == ["3", "7"]
    search.send_keys(" nonsense")
    assert _rows(browser) == [] and browser.run("return document.querySelector('.cv-nothing').checkVisibility()")
    browser.driver.find_element("id", "cv-reset").click()
    assert len(_rows(browser)) == 12
    slide = "const s = document.getElementById('cv-trust'); s.value = arguments[0]; s.dispatchEvent(new Event('input'))"
    browser.run(slide, 0.5)
    assert _rows(browser) == ["1", "3", "4", "5", "7", "8", "9", "11"]
    assert browser.run("return document.getElementById('cv-most').textContent") == "0.50"


def test_sorting_puts_answers_without_trust_last(browser: Browser, many: Path):
    browser.open(many)
    order = (
        "const s = document.getElementById('cv-order'); s.value = arguments[0]; s.dispatchEvent(new Event('change'))"
    )
    browser.run(order, "-trust")
    assert _rows(browser) == ["2", "6", "10", "12", "3", "7", "1", "5", "9", "11", "4", "8"]
    browser.run(order, "trust")
    assert _rows(browser)[:4] == ["1", "5", "9", "11"] and _rows(browser)[-2:] == ["4", "8"]
    browser.run(order, "place")
    assert _rows(browser) == [str(place) for place in range(1, 13)]


def test_an_answer_has_an_address_and_keys_lead_on_and_back(browser: Browser, many: Path):
    browser.open(f"{many.as_uri()}#r5")
    seen = "return [...document.querySelectorAll('.cv-report')].filter((one) => one.checkVisibility()).map((one) => one.id)"
    assert browser.run(seen) == ["r5"] and not _rows(browser)
    assert browser.run("return document.getElementById('cv-where').textContent") == "5 of 12"
    _press(browser, "n")
    assert browser.run(seen) == ["r6"]
    _press(browser, "p", "p")
    assert browser.run(seen) == ["r4"]
    _press(browser, "\ue00c")
    assert len(_rows(browser)) == 12
    _press(browser, "j", "\ue007")
    _until(lambda: browser.run(seen) == ["r5"])
    browser.driver.back()
    _until(lambda: len(_rows(browser)) == 12)


def test_next_and_previous_keep_to_the_filter(browser: Browser, many: Path):
    browser.open(many)
    browser.run("document.querySelector('[name=cv-verdict][value=supported]').click(); location.hash = '#r6'")
    _until(lambda: browser.run("return document.getElementById('cv-next').getAttribute('href')") == "#r10")
    assert browser.run("return document.getElementById('cv-previous').getAttribute('href')") == "#r2"


def test_boxes_stay_away_from_answer_to_answer(browser: Browser, many: Path):
    browser.open(f"{many.as_uri()}#r1")
    _press(browser, "b")
    browser.run("location.hash = '#r2'")
    hidden = "return [...document.querySelectorAll('.is-open .cv-panel.is-on .cv-boxes')].every((one) => getComputedStyle(one).display === 'none')"
    _until(lambda: browser.run(hidden))


def test_the_list_shows_a_thumbnail_and_what_is_doubted_on_a_line_of_its_own(browser: Browser, many: Path):
    browser.open(many)
    row = browser.run("""const row = document.querySelector('.cv-index .cv-doubts').closest('a');
      const box = (selector) => row.querySelector(selector).getBoundingClientRect().toJSON();
      return [box('.cv-title'), box('.cv-doubts'), box('.cv-thumbs .cv-sight')]""")
    title, doubts, thumb = row
    assert doubts["top"] >= title["bottom"] - 1
    assert thumb["width"] > 40 and thumb["height"] > 30


@pytest.mark.parametrize("which", ["one", "many", "open", *HOSTILE])
def test_a_phone_scrolls_down_only(browser: Browser, one: Path, many: Path, tmp_path: Path, which: str):
    hostile = report_of(HOSTILE[which]).save(tmp_path / "hostile.html") if which in HOSTILE else None
    browser.size(390, 844, phone=True)
    browser.open(hostile or {"one": one.as_uri(), "many": many.as_uri(), "open": f"{many.as_uri()}#r1"}[which])
    assert browser.run("return [innerWidth, document.documentElement.scrollWidth]") == [390, 390]


def test_a_tap_shows_the_claim_and_brings_it_into_sight(browser: Browser, one: Path):
    browser.size(390, 844, phone=True)
    browser.prefer(prefers_reduced_motion="reduce")
    browser.open(one)
    at = browser.run(
        "const b = document.querySelector('.cv-piece[data-claims=\"3\"]').getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]"
    )
    for kind, points in (("touchStart", [{"x": at[0], "y": at[1]}]), ("touchEnd", [])):
        browser.command("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    _until(lambda: browser.run(SHOWN) == "r1-c4")
    _until(lambda: browser.run("return document.querySelector('.cv-panel.is-on').getBoundingClientRect().top") < 800)


def test_dark_and_light_differ_and_both_can_be_read(browser: Browser, one: Path):
    browser.open(one)
    ground = "return getComputedStyle(document.body).backgroundColor"
    light = browser.run(ground)
    weak = {"light": browser.run(_CONTRAST)}
    browser.prefer(prefers_color_scheme="dark")
    dark = browser.run(ground)
    weak["dark"] = browser.run(_CONTRAST)
    assert light != dark and weak == {"light": [], "dark": []}
    browser.driver.find_element("id", "cv-theme").click()
    assert browser.run(ground) == light


_CONTRAST = """
document.head.append(Object.assign(document.createElement('meta'), {name: 'none'}));
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => numbers(colour).slice(0, 3).map((value) => value / 255)
  .map((value) => value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  .reduce((sum, value, place) => sum + value * [0.2126, 0.7152, 0.0722][place], 0);
const ground = (one) => {
  for (; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (numbers(colour)[3] !== 0) return colour;
  }
};
for (const one of document.getAnimations()) one.finish();
const weak = [];
for (const one of document.querySelectorAll('body *')) {
  if (one.closest('svg') || !one.checkVisibility() || ![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  const [a, b] = [light(getComputedStyle(one).color), light(ground(one))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) weak.push([one.className || one.tagName, ((a + 0.05) / (b + 0.05)).toFixed(2)]);
}
return weak"""


def test_paper_has_every_claim_with_every_map(browser: Browser, one: Path, many: Path):
    browser.prefer(media="print")
    browser.open(one)
    assert (
        browser.run("return [...document.querySelectorAll('.cv-panel')].filter((one) => one.checkVisibility()).length")
        == 5
    )
    assert (
        browser.run(
            "return [...document.querySelectorAll('.cv-panel figure')].filter((one) => one.checkVisibility()).length"
        )
        == 5 + 5 + 4
    )
    assert (
        browser.run(
            "return [...document.querySelectorAll('.cv-bar, .cv-keys')].filter((one) => one.checkVisibility()).length"
        )
        == 0
    )
    seen = "dispatchEvent(new Event('beforeprint')); return [...document.querySelectorAll('.cv-panel figure')].filter((one) => one.checkVisibility()).length / 2"
    browser.open(many)
    assert browser.run(seen) == 12
    browser.run("document.querySelector('[name=cv-verdict][value=contradicted]').click()")
    assert browser.run(seen) == 4
    browser.run("location.hash = '#r2'")
    _until(lambda: browser.run(seen) == 1)


def test_many_answers_are_printed_with_their_pictures(browser: Browser, many: Path, tmp_path: Path):
    browser.open(many)
    whole = browser.print_pdf(tmp_path / "all.pdf").read_bytes()
    browser.open(f"{many.as_uri()}#r1")
    single = browser.print_pdf(tmp_path / "one.pdf").read_bytes()
    pages = [len(re.findall(rb"/Type\s*/Page\b", found)) for found in (whole, single)]
    assert pages == [13, 1] and b"/Image" in single


def test_without_script_it_is_a_whole_document(browser: Browser, one: Path, many: Path):
    browser.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(one)
        panels = browser.driver.find_elements("css selector", ".cv-panel")
        assert len(panels) == 5 and all(panel.is_displayed() for panel in panels)
        assert not browser.driver.find_element("id", "cv-theme").is_displayed()
        captions = [
            one.text for one in browser.driver.find_elements("css selector", "figcaption") if one.is_displayed()
        ]
        assert sum("gradcam++ for" in caption for caption in captions) == 4
        browser.open(many)
        assert all(found.is_displayed() for found in browser.driver.find_elements("css selector", ".cv-report"))
        assert not browser.driver.find_element("css selector", ".cv-filters").is_displayed()
    finally:
        browser.command("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_shown_and_not_obeyed(browser: Browser, tmp_path: Path, name: str):
    browser.open(save_all([report_of(HOSTILE[name])] * 2, tmp_path / "r.html"))
    browser.run("location.hash = '#r2-c1'")
    _until(lambda: browser.run(SHOWN) == "r2-c1")
    wanted = printable(HOSTILE[name]).replace("\r", "\n")
    assert browser.run("return document.querySelector('#r2 .cv-answer').textContent") == wanted
    assert browser.run("return document.querySelectorAll('img, script').length") == 1


def test_two_fragments_do_not_meddle(browser: Browser, two_maps: Report, tmp_path: Path):
    page = tmp_path / "cell.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{two_maps._repr_html_()}{two_maps._repr_html_()}", "utf-8")
    browser.open(page)
    browser.run("document.querySelectorAll('.clipverify summary')[0].click()")
    seen = """return [...document.querySelectorAll('.clipverify')].map((cell) =>
      [...cell.querySelectorAll('details.cv-panel')].map((one) => one.open))"""
    first, second = browser.run(seen)
    assert sum(first) == 2 and sum(second) == 1
    assert browser.run("return document.querySelectorAll('.clipverify details[open] .cv-maps').length") >= 2


def test_many_answers_load_at_once(browser: Browser, report: Report, tmp_path: Path):
    """Five hundred answers with two maps each stay a page of a few megabytes that is there in a moment."""
    maps = tuple(
        ClaimMap(claim=place, picture=one.picture, map=replace(one.map, method=method, evidence=1.0))
        for method in ("a", "b")
        for place, one in enumerate(report.maps)
    )
    page = save_all(
        [replace(report, question=f"Question {place}?", maps=maps) for place in range(500)], tmp_path / "many.html"
    )
    assert page.stat().st_size < 40_000_000
    browser.open(page)
    loaded = "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"
    _until(lambda: browser.run(loaded) > 0)
    assert browser.run(loaded) < 8000
    start = time.monotonic()
    browser.run("document.querySelector('[name=cv-verdict][value=contradicted]').click()")
    assert len(_rows(browser)) == 500 and time.monotonic() - start < 2
