"""What axe-core finds wrong with a page for people who use a keyboard, a screen reader or a magnifier.

axe-core is not part of the project: ``npm pack axe-core`` in the folder ``.axe``, unpacked there, or its ``axe.min.js`` named by
``CLIPVERIFY_AXE``.
"""

from __future__ import annotations

import os
from pathlib import Path

from browser import Browser

_FOLDER = Path(__file__).parents[1] / ".axe"
_RUN = """
const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(
  (found) => done(found.violations.map((one) => [one.impact, one.id, one.nodes.map((node) => node.target.join(' ')).slice(0, 5)])),
  (error) => done([['critical', String(error), []]]));
"""


def axe() -> Path | None:
    """Return the script of axe-core; None if it is not there."""
    named = os.environ.get("CLIPVERIFY_AXE")
    places = [Path(named)] if named else [_FOLDER / "axe.min.js", _FOLDER / "package" / "axe.min.js"]
    return next((place for place in places if place.is_file()), None)


def missing_axe() -> str:
    """Say how to have axe-core; "" when it is there."""
    return "" if axe() else "axe-core is not there: unpack it into .axe, or name its axe.min.js by CLIPVERIFY_AXE"


def findings(browser: Browser) -> list[str]:
    """Return the serious and critical findings on the page as it is now: rule and elements."""
    script = axe()
    assert script is not None
    browser.run("document.getAnimations().forEach((one) => one.finish())")
    browser.run(script.read_text("utf-8"))
    found = browser.driver.execute_async_script(_RUN)
    return [
        f"{impact}: {rule}: {', '.join(nodes)}" for impact, rule, nodes in found if impact in ("serious", "critical")
    ]
