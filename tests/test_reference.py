"""The references are made from the code, so whatever has no documentation is an error here."""

import ast
import importlib
import json
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bocore import BackOffice, PluginHost

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PACKAGES = [
    "bocore",
    "bocore_accounting",
    "bocore_beancount",
    "bocore_catalog",
    "bocore_hledger",
    "bocore_inventory",
    "bocore_tax",
    "bocore_tax_de",
    "bocore_tax_gb",
]
PLUGINS = ["bocore.kernel.plugin", *(f"{package}.plugin" for package in PACKAGES[1:])]


@pytest.fixture(scope="module")
def collect():
    return _extension("bocore_collect")


@pytest.fixture(scope="module")
def api(collect):
    return _extension("bocore_api")


@pytest.fixture(scope="module")
def facts():
    return _extension("bocore_facts")


@pytest.fixture(scope="module")
def offers():
    return _extension("bocore_offers")


def _extension(name):
    sys.path.insert(0, str(DOCS / "_ext"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DOCS / "_ext"))


def test_every_hook_is_documented(collect):
    hooks = list(collect.hooks(collect.load("bocore.plugins.hooks")))
    assert {"bo_validate", "bo_event", "bo_posted"} <= {hook.name for hook in hooks}
    assert [hook.name for hook in hooks if not hook.doc] == []
    assert [hook.name for hook in hooks if not hook.called] == []


def test_what_a_hook_says_of_its_caller_is_so(collect):
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "src" / "bocore").rglob("*.py")]
    calls = [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value).endswith("hook")
    ]
    hooks = list(collect.hooks(collect.load("bocore.plugins.hooks")))
    by_the_core = {hook.name for hook in hooks} & {node.attr for node in calls}
    assert {"bo_validate", "bo_posted", "bo_event"} <= by_the_core
    said = {hook.name: hook.called for hook in hooks}
    assert {name for name, called in said.items() if called.startswith(("Called from a later version", "Called by plugins"))} == (
        set(said) - by_the_core
    )


def test_the_kind_of_a_hook_is_read_from_how_it_is_written(collect):
    kinds = {hook.name: hook.kind for hook in collect.hooks(collect.load("bocore.plugins.hooks"))}
    assert kinds["bo_posted"] == "every answerer; in batches; inside the unit of work"
    assert kinds["bo_close_check"] == "collecting: the answers of all count together; inside the unit of work"
    assert kinds["bo_executor"] == "port: one plugin gives the answer"


def test_who_answers_a_hook_is_named(collect):
    answering = collect.answerers(["bo_posted", "bo_validate", "bo_executor"], PLUGINS)
    assert "accounting" in answering["bo_posted"]
    assert "accounting" in answering["bo_validate"]
    assert (answering["bo_validate"][-1], answering["bo_executor"]) == ("bocore", [])


def test_every_command_is_documented_and_loads(collect):
    commands = list(collect.commands(collect.load_command("bocore.cli:main")))
    assert {"bo init", "bo import", "bo report", "bo audit verify"} <= {command.path for command in commands}
    assert [command.path for command in commands if not command.help or command.problem] == []


def test_every_entity_is_documented(facts):
    entities = list(facts.entities(PLUGINS))
    assert {"bo_company", "bo_voucher", "accounting_entry", "beancount_lot"} <= {entity.table for entity in entities}
    assert [entity.table for entity in entities if not entity.doc] == []


def test_every_public_name_is_documented(api):
    import bocore
    import bocore.testing

    for module in (bocore, bocore.testing):
        found = list(api.public(module, api.functions_and_classes(module)))
        assert [each.name for each in found if not each.doc] == []
        assert [f"{each.name}.{member.name}" for each in found for member in each.members if not member.doc] == []


def test_the_python_reference_names_what_there_is(api):
    import bocore

    text = (DOCS / "reference" / "python.md").read_text(encoding="utf-8")
    lines = [line for block in re.findall(r"```{bocore-api} bocore\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    found = {each.name: each for each in api.public(bocore, [line for line in lines if line != "*"])}
    assert len(found) == len(lines) - 1  # each once; the rest follows
    assert found["Voucher"].signature.startswith("Voucher(key: str, kind: str, lines: Iterable[Line], *, source: Source | None = None")
    assert [member.name for member in found["BackOffice"].members if member.name == "canonical"] == []
    assert "select(cls: type[T], **equal: Any) -> Query[T]" in {member.signature for member in found["UnitOfWork"].members}


def test_every_error_is_documented_and_has_a_code_of_its_own(facts):
    errors = list(facts.errors(importlib.import_module("bocore.errors")))
    assert "Refused" in {error.name for error in errors}
    assert [error.name for error in errors if not error.doc] == []
    assert len({error.beside for error in errors}) == len(errors)
    assert [error.name for error in errors if "\n\n" not in error.doc] == [], "the second paragraph says what to do"


def test_every_purpose_is_described(facts):
    purposes = list(facts.purposes(importlib.import_module("bocore.kernel.purposes")))
    assert ("receivable", "asset") in {(purpose.name, purpose.beside) for purpose in purposes}
    assert [purpose.name for purpose in purposes if not purpose.doc] == []


def test_the_standard_chart_has_an_account_for_every_purpose_or_what_it_falls_back_to(facts):
    from bocore.kernel.purposes import STANDARD

    chart = {account.name: account for account in facts.chart(importlib.import_module("bocore_accounting.chart"))}
    assert (chart["4000"].beside, chart["4000"].doc) == ("Sales", "`sales`")
    mapped = {purpose.strip("` ") for account in chart.values() for purpose in account.doc.split(",")}
    assert mapped <= set(STANDARD)


def test_codes_of_findings_are_found_with_what_they_say(facts):
    codes = {code.code: code.messages for code in facts.codes(PACKAGES)}
    assert codes["bo.period_locked"] and codes["accounting.unbalanced"] and codes["bo.audit.altered"]
    assert "bo.read" not in codes  # a permission
    assert [code for code, messages in codes.items() if not messages] == []


def test_every_finding_has_a_remedy(facts):
    found = facts.codes(PACKAGES)
    assert (
        dict(next(code for code in found if code.code == "accounting.unbalanced").said)[
            "The entry does not balance…: … too much on the … side."
        ]
        == "Correct an amount, or add the line that is missing."
    )
    assert [code.code for code in found if not any(fix for _, fix in code.said)] == []


def test_what_plugins_offer_is_all_there_and_documented(offers):
    host = PluginHost.of([importlib.import_module(name) for name in PLUGINS[1:]]).load()
    found = {each.name: each for each in offers.plugins(PLUGINS)}
    for kind in offers.KINDS:
        listed = [one for each in found.values() for one in each.offers[kind]]
        assert sorted(one.name for one in listed) == sorted(getattr(host, kind))
        assert [one.name for one in listed if not one.doc] == []
    reverse = next(one for one in found["accounting"].offers["services"] if one.name == "accounting.reverse")
    assert (reverse.signature, reverse.needs) == ("(number, reason, *, on=None)", ("accounting.post",))
    balances = next(one for one in found["accounting"].offers["reports"] if one.name == "accounting.trial-balance")
    assert balances.columns[:3] == ("account", "name", "currency")
    assert [name for each in found.values() for name, text in each.settings if not text] == []


def test_events_are_found_with_their_values(offers):
    found = {each.name: each for each in offers.events(PACKAGES)}
    assert found["bo.plugin_detached/1"].values == ("plugin: str", "version: str")
    assert [name for name, each in found.items() if not each.doc] == []


@pytest.mark.parametrize("command", ["trial-balance", "general-ledger", "journal"])
def test_the_keys_of_a_report_are_documented(command, bo, bo_path):
    from bocore import Line, Money, Voucher
    from bocore.cli.root import bo as program

    with bo.unit_of_work(actor="ann") as uow:
        uow.post(Voucher("k", "rent", [Line("expense", Money("9.00", "EUR")), Line("bank", Money("-9.00", "EUR"))]))
    shown = CliRunner().invoke(program, ["--db", str(bo_path), "report", command, "--format", "json"], catch_exceptions=False)
    keys = json.loads(shown.stdout)[0].keys()
    text = (DOCS / "reference" / "json.md").read_text(encoding="utf-8")
    section = text.partition(f"### `bo report {command}`")[2].partition("\n### ")[0]
    assert keys
    assert [key for key in keys if f"`{key}`" not in section] == []


def test_the_columns_of_journal_csv_are_documented():
    import attrs

    from bocore_accounting.journal_csv import JournalRow

    text = (DOCS / "reference" / "journal-csv.md").read_text(encoding="utf-8")
    assert [field.name for field in attrs.fields(JournalRow) if f"`{field.name}`" not in text] == []


def test_the_columns_of_opening_balances_are_documented():
    import attrs

    from bocore_accounting import OpeningBalance

    text = (DOCS / "reference" / "opening-balances.md").read_text(encoding="utf-8")
    assert [field.name for field in attrs.fields(OpeningBalance) if f"`{field.name}`" not in text] == []


def test_every_table_without_digests_is_listed_with_what_a_change_of_it_does(tmp_path):
    with BackOffice(tmp_path / "books.db", plugins=[]) as bo:
        bo.init()
        without = {*bo.metadata.tables} - {*bo._specs}
        with bo.looking() as session:
            without |= {name for name in session.columns() if name not in bo.metadata.tables and not name.startswith("bo_version_")}
    page = (DOCS / "explanation" / "commit-record.md").read_text(encoding="utf-8")
    _, _, section = page.partition("### Tables without digests")
    listed = [
        name for row in section.partition("\n## ")[0].splitlines() if row.startswith("| `") for name in row.split("|")[1].split("`")[1::2]
    ]
    assert set(listed) - {"bo_version_…"} == without
