"""An audit that could not be done is no pass."""

import pytest

from deploy import audit, sbom

CLEAN = {"name": "a", "version": "1", "vulns": []}
FAULTY = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1"}, {"id": "CVE-2"}]}
SKIPPED = {"name": "c", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "code", "word"),
    [
        ([CLEAN], audit.DONE, "any of 1 packages"),
        ([CLEAN, FAULTY], audit.FOUND, "b 2: CVE-1, CVE-2"),
        ([FAULTY, SKIPPED], audit.FOUND, "CVE-1"),
        ([CLEAN, SKIPPED], audit.NOT_DONE, "nothing is known of c"),
        ([], audit.NOT_DONE, "anything"),
    ],
)
def test_a_report_is_judged(dependencies: list[dict], code: int, word: str) -> None:
    found, text = audit.judged({"dependencies": dependencies})
    assert found == code
    assert word in text


@pytest.mark.parametrize(("strict", "code"), [([], audit.DONE), (["--strict"], audit.NOT_DONE)])
def test_without_the_database_it_is_said_and_fails_only_where_that_was_asked(
    strict: list[str], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "report_on", lambda _: {"dependencies": [SKIPPED]})
    assert audit.main([*strict, "requirements.lock"]) == code
    assert "NOT DONE" in capsys.readouterr().out


@pytest.mark.parametrize(("faults", "code"), [([CLEAN], audit.DONE), ([FAULTY], audit.FOUND)])
def test_where_the_database_answers_it_decides(
    faults: list[dict], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = iter([{"dependencies": [FAULTY]}, {"dependencies": faults}])
    monkeypatch.setattr(audit, "report_on", lambda _: next(reports))
    assert audit.main(["requirements.lock"]) == code
    assert "NOT DONE" not in capsys.readouterr().out


def test_the_list_of_materials_names_what_the_image_holds() -> None:
    names = sbom.packages(sbom.LOCK)
    assert {"redis", "aiohttp", "faster-whisper"} <= set(names)
    assert "pytest" not in names
