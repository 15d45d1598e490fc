"""What is wrong with a ledger: each reason with its line and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bocore import Finding, Refused
from bocore_beancount.parse import EVALUATING, PLUGINS
from bocore_beancount.read import read

Refusal = Callable[[str], list[Finding]]

OPENED = """
2023-01-01 open Assets:Cash EUR
2023-01-01 open Equity:Start
"""


def lines(findings: list[Finding]) -> list[tuple[str, int]]:
    """Code and line of each, once it is sure that each names its file and a remedy."""
    assert all("books.beancount:" in finding.where and finding.fix for finding in findings)
    return [(finding.code, int(finding.where.rpartition(":")[2])) for finding in findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('2023-05-01 * "x"\n  Assets:Cash 1.00 EUR\n  Equity:Start -2.00 EUR\n', ("beancount.unbalanced", 3), id="unbalanced"),
        pytest.param('2023-05-01 * "x"\n  Assets:Cash 1.00 EUR\n  Assets:Lost\n', ("beancount.unknown_account", 3), id="unknown account"),
        pytest.param('2022-05-01 * "x"\n  Assets:Cash 1.00 EUR\n  Equity:Start\n', ("beancount.inactive_account", 3), id="before it opens"),
        pytest.param('2023-05-01 * "x"\n  Assets:Cash 1.00 USD\n  Equity:Start\n', ("beancount.currency", 3), id="wrong currency"),
        pytest.param('2023-05-01 * "x"\n  Assets:Cash 1.00 EUR ??\n  Equity:Start\n', ("beancount.syntax", 4), id="syntax"),
        pytest.param('2023-02-30 * "x"\n  Assets:Cash 1.00 EUR\n  Equity:Start\n', ("beancount.syntax", 3), id="no such day"),
        pytest.param('2023-05-01 * "x"\n  Cash 1.00 EUR\n  Equity:Start\n', ("beancount.syntax", 4), id="no account"),
        pytest.param('2023-05-01 * "x"\n  Money:Cash 1.00 EUR\n  Equity:Start\n', ("beancount.account_name", 4), id="no account type"),
        pytest.param('2023-05-01 * "x"\n  Assets:Cash\n  Equity:Start\n', ("beancount.incomplete", 5), id="no amounts"),
        pytest.param("2023-05-01 balance Assets:Cash 5.00 EUR\n", ("beancount.balance_failed", 3), id="assertion"),
        pytest.param("2023-05-01 pad Assets:Cash Equity:Start\n", ("beancount.pad", 3), id="pad without assertion"),
        pytest.param("2023-05-01 open Assets:Cash\n", ("beancount.duplicate", 3), id="opened twice"),
        pytest.param('2023-05-01 document Equity:Start "gone.pdf"\n', ("beancount.document", 3), id="document"),
        pytest.param('include "gone.beancount"\n', ("beancount.missing_include", 3), id="missing include"),
        pytest.param('option "colour" "red"\n', ("beancount.parse", 3), id="unknown option"),
        pytest.param('plugin "os"\n', ("beancount.plugin", 3), id="foreign plugin"),
        pytest.param('plugin "beancount.plugins.auto_test"\n', ("beancount.plugin", 3), id="no plugin of beancount's"),
        pytest.param('option "insert_pythonpath" "TRUE"\n', ("beancount.plugin", 3), id="own code"),
        pytest.param('2023-05-01 * "x"\n  Assets:Cash 0.125 EUR\n  Equity:Start -0.125 EUR\n', ("beancount.decimals", 4), id="decimals"),
    ],
)
def test_each_reason_has_its_line(refusal: Refusal, text: str, expected: tuple[str, int]) -> None:
    assert expected in lines(refusal(OPENED.lstrip() + text))


@pytest.mark.parametrize(
    "text",
    [
        '2023-05-01 * "x"\n  Assets:Cash 1/0 EUR\n  Equity:Start\n',
        '2023-05-01 * "x"\n  Assets:Cash 0/0 EUR\n  Equity:Start\n',
        '2023-05-01 * "x"\n  Assets:Cash -(2 - 1) / (1/0) EUR\n  Equity:Start\n',
        '2023-05-01 * "x"\n  Assets:Cash 1 EUR @ 1/0.00 USD\n  Equity:Start\n',
        '2023-05-01 * "x"\n  Assets:Cash 1 EUR {1/0 USD}\n  Equity:Start\n',
        '2023-05-01 * "x"\n  share: 1/0\n  Assets:Cash 1 EUR\n  Equity:Start\n',
        "\n2023-05-01 balance Assets:Cash 0 ~ 1/0 EUR\n",
        '\n2023-05-01 custom "budget" 1/0\n',
        "\n2023-05-01 price EUR 1/0 USD\n",
    ],
    ids=["amount", "zero by zero", "nested", "price", "cost", "metadata", "tolerance", "custom", "price directive"],
)
def test_a_division_by_zero_does_not_end_the_process(refusal: Refusal, text: str) -> None:
    """As it does in bean-check 3.2.3, with a segmentation fault."""
    assert ("beancount.division", 4) in lines(refusal(OPENED.lstrip() + text))


def test_a_total_cost_of_no_units_is_refused_with_its_line(refusal: Refusal) -> None:
    for cost in ("{{20.00 USD}}", "{0 # 20.00 USD}"):
        text = f'2023-05-01 * "x"\n  Assets:Cash 0 EUR {cost}\n  Equity:Start -20.00 USD\n'
        assert ("beancount.division", 4) in lines(refusal(OPENED.lstrip() + text))


def test_where_beancount_itself_stumbles_that_is_said(refusal: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr("bocore_beancount.parse.booking.book", stumble)
    (finding,) = refusal(OPENED.lstrip())
    assert (finding.code, finding.message) == (
        "beancount.error",
        "Beancount can't work these books out: it ends with RecursionError (too deep).",
    )


def test_all_reasons_are_given_at_once(refusal: Refusal) -> None:
    findings = refusal("""
        2023-01-01 open Assets:Cash
        2023-05-01 * "Unbalanced"
          Assets:Cash  1.00 EUR
          Assets:Cash -2.00 EUR
        2023-05-02 * "Unknown"
          Assets:Cash   1.00 EUR
          Assets:Wallet
        2023-05-03 balance Assets:Cash 7.00 EUR
    """)
    assert lines(findings) == [("beancount.unbalanced", 2), ("beancount.unknown_account", 5), ("beancount.balance_failed", 8)]


def test_a_lot_that_is_not_there_can_not_be_sold(refusal: Refusal) -> None:
    findings = refusal("""
        2023-01-01 open Assets:Fund
        2023-01-01 open Assets:Cash
        2023-05-01 * "Buy"
          Assets:Fund  10 VTI {5.00 EUR}
          Assets:Cash
        2023-05-02 * "Sell another"
          Assets:Fund  -10 VTI {6.00 EUR}
          Assets:Cash
    """)
    assert ("beancount.lots", 6) in lines(findings)


def test_an_amount_that_beancount_worked_out_to_fractions_of_a_cent_is_to_be_written_out(refusal: Refusal) -> None:
    """Nothing tells beancount to round here, so the cash would be -12.345 dollars."""
    (finding,) = refusal("""
        2023-01-01 open Assets:Fund
        2023-01-01 open Assets:Cash
        2023-05-01 * "Buy"
          Assets:Fund  10 VTI {1.2345 USD}
          Assets:Cash
    """)
    assert lines([finding]) == [("beancount.decimals", 5)]
    assert "-12.345" in finding.message and "USD (US Dollar) has 2" in finding.message
    assert finding.fix == "Beancount worked this amount out: write it on the line, rounded to 2 decimals."


def test_a_residual_that_no_line_can_take_up_is_reported(refusal: Refusal) -> None:
    (finding,) = refusal("""
        2023-01-01 open Assets:Points
        2023-01-01 open Equity:Start
        2023-05-01 * "Tolerated by beancount"
          Assets:Points   1.004 PTS
          Equity:Start   -1.00 PTS
    """)
    assert lines([finding]) == [("beancount.residual", 3)]
    assert "0.004 PTS" in finding.message


def test_an_amount_too_large_to_be_counted_in_minor_units_is_reported(refusal: Refusal) -> None:
    findings = refusal("""
        2023-01-01 open Assets:Coins
        2023-01-01 open Equity:Start
        2023-05-01 * "Start"
          Assets:Coins  100 ETH
          Equity:Start
        2023-05-02 * "Dust"
          Assets:Coins  0.000000000000000001 ETH
          Equity:Start
    """)
    assert lines(findings) == [("beancount.out_of_range", 4), ("beancount.out_of_range", 5)]


def test_text_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    path.write_bytes("2023-01-01 open Assets:Cash\n; Überweisung\n".encode("latin-1"))
    with pytest.raises(Refused) as caught:
        read(path)
    assert lines(caught.value.findings) == [("beancount.not_text", 2)]


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "books.beancount"
    path.write_bytes(b"SQLite format 3\x00\x10\x00\x01\x01")
    with pytest.raises(Refused) as caught:
        read(path)
    assert lines(caught.value.findings) == [("beancount.not_text", 1)]


@pytest.mark.parametrize("name", ["gone.beancount", "."])
def test_a_file_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="There is no file") as caught:
        read(tmp_path / name)
    assert [finding.code for finding in caught.value.findings] == ["beancount.no_file"]


def test_an_encrypted_file_is_not_handed_to_gpg(tmp_path: Path) -> None:
    (tmp_path / "books.beancount").write_text('include "secret.beancount.gpg"\n')
    (tmp_path / "secret.beancount.gpg").write_bytes(b"\x85\x01")
    with pytest.raises(Refused) as caught:
        read(tmp_path / "books.beancount")
    assert lines(caught.value.findings) == [("beancount.encrypted", 1)]


def test_a_file_that_includes_itself_is_refused(refusal: Refusal) -> None:
    assert lines(refusal('include "books.beancount"\n')) == [("beancount.duplicate", 1)]


def test_an_uploaded_ledger_may_be_kept_from_including_what_lies_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "upload").mkdir()
    (tmp_path / "passwords").write_text("hunter2\n")
    path = tmp_path / "upload" / "books.beancount"
    path.write_text('include "../passwords"\n')
    with pytest.raises(Refused) as caught:
        read(path, within=tmp_path / "upload")
    assert lines(caught.value.findings) == [("beancount.include_outside", 1)]
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("plugin", sorted(PLUGINS))
def test_no_plugin_runs_its_configuration_as_code(tmp_path: Path, plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several of beancount's plugins hand theirs to ``eval``; which they are may change with its version."""
    monkeypatch.setenv("BOCORE_TEST_RAN", "no")
    path = tmp_path / "books.beancount"
    path.write_text(f"plugin \"beancount.plugins.{plugin}\" \"__import__('os').environ.update(BOCORE_TEST_RAN='yes')\"\n{OPENED}")
    try:
        read(path)
    except Refused as refused:
        assert plugin not in EVALUATING or refused.findings[0].code == "beancount.plugin"
    assert os.environ["BOCORE_TEST_RAN"] == "no"


def test_a_foreign_plugin_in_an_included_file_is_not_imported_either(tmp_path: Path) -> None:
    (tmp_path / "thief.py").write_text("raise SystemExit('ran')\n")
    (tmp_path / "more.beancount").write_text('\nplugin "thief"\n')
    (tmp_path / "books.beancount").write_text('option "insert_pythonpath" "TRUE"\ninclude "more.beancount"\n')
    with pytest.raises(Refused) as caught:
        read(tmp_path / "books.beancount")
    assert [finding.where for finding in caught.value.findings] == [f"{tmp_path / 'books.beancount'}:1", f"{tmp_path / 'more.beancount'}:2"]
