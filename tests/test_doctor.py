"""The doctor: every finding is a line with what to do, and a broken part never stops the examination."""

from __future__ import annotations

import pytest

from llamaindex_clipverify import doctor


def _all() -> dict[str, list[doctor.Finding]]:
    found: dict[str, list[doctor.Finding]] = {}
    for finding in doctor.examine():
        found.setdefault(finding.about, []).append(finding)
    return found


def test_this_installation_is_usable(clipverify, monkeypatch):
    monkeypatch.setattr(doctor, "_gigaflops_per_second", lambda: 50.0)
    ran = clipverify("doctor")
    assert ran.code == 0, ran.out
    assert ran.out.endswith("ready\n")
    for about in ("python", "packages", "[yolo]", "opencv", "torch", "tiny models", "reader", "speed", "network"):
        assert f" {about} " in ran.out


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the models out."""
    for name in ("_bundled", "_reader", "_speed", "_real_models"):
        monkeypatch.setattr(doctor, name, lambda: iter(()))


@pytest.mark.usefixtures("quick")
def test_two_opencv_distributions_are_broken_and_say_what_to_do(clipverify, monkeypatch):
    both = {"opencv-python": "4.1", "opencv-python-headless": "4.1", "opencv-contrib-python": None}
    monkeypatch.setattr(doctor, "_installed", both.get)
    finding = _all()["opencv"][0]
    assert finding.state == "broken"
    assert "pip uninstall -y opencv-python opencv-python-headless" in finding.do
    assert clipverify("doctor").code == 1


@pytest.mark.usefixtures("quick")
def test_missing_packages_and_extras_name_the_install_line(monkeypatch):
    monkeypatch.setattr(doctor, "_installed", lambda name: None)
    found = _all()
    assert {finding.state for finding in found["packages"]} == {"broken"}
    assert any(finding.do.startswith("pip install 'torch>=") for finding in found["packages"])
    assert found["[yolo]"][0].do == "for it: pip install 'llamaindex-clipverify[yolo]'"
    assert found["opencv"][0].state == "note"


@pytest.mark.usefixtures("quick")
def test_old_packages_are_named_with_what_is_needed(monkeypatch):
    real = doctor._installed
    monkeypatch.setattr(doctor, "_installed", lambda name: "4.0.1" if name == "transformers" else real(name))
    (finding,) = _all()["packages"]
    assert "transformers 4.0.1, needed" in finding.text


@pytest.mark.usefixtures("quick")
def test_a_look_that_fails_is_a_finding(monkeypatch):
    def fails():
        raise RuntimeError("libGL.so.1: cannot open\nshared object file")
        yield

    fails.__name__ = "_opencv"
    monkeypatch.setattr(doctor, "_opencv", fails)
    (finding,) = _all()["opencv"]
    assert str(finding).startswith("✗ opencv       RuntimeError: libGL.so.1: cannot open shared object file; reinstall")


@pytest.mark.usefixtures("quick")
def test_offline_variables_are_noted(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert _all()["network"][0].state == "note"


def test_a_reader_that_is_missing_is_a_note(monkeypatch):
    from llamaindex_clipverify.errors import MissingExtraError
    from llamaindex_clipverify.models import registry

    def missing(name):
        raise MissingExtraError("rapidocr", "ocr")

    monkeypatch.setattr(registry, "load_reader", missing)
    (finding,) = doctor._reader()
    assert finding.state == "note" and finding.do == "pip install 'llamaindex-clipverify[ocr]'"
