"""Commands made from what a plugin declares: services, reports, importers, exporters, its demo, and its own in click."""

import io
import json
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from bocore.cli.invocation import Invocation
from bocore.cli.root import bo
from bocore.testing.clock import FrozenClock

INSTALLED = Path(__file__).parent / "installed"


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLED))


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Run ``bo`` with the shop's plugin, in an empty folder, on 15 January 2026."""
    monkeypatch.chdir(tmp_path)

    def asked(*arguments, code=0):
        result = CliRunner().invoke(bo, ["--as", "ann", *arguments], obj=Invocation(plugins=["shop"], clock=FrozenClock()))
        assert result.exit_code == code, result.output
        return result

    return asked


@pytest.fixture
def shop(ask):
    """The same, with a database, a company and two products."""
    ask("init", "--company", "Acme Ltd", "--currency", "EUR")
    ask("shop", "add-product", "APPLE", "Apple", "--price", "0.50 EUR", "--kind", "food", "--stock", "10")
    ask("shop", "add-product", "BUN", "Bun", "--price", "1.20 EUR")
    return ask


ADD = ("shop", "add-product", "PEAR", "Pear", "--price", "2.00 EUR")


def objects(result):
    return json.loads(result.stdout)


# ---------------------------------------------------------------- services


def test_a_service_is_a_command_with_its_parameters(shop):
    sold = shop("shop", "sell", "APPLE", "2.5", "--note", "no bag", "--on", "2026-01-14", "--reason", "Till 1", "--format", "json")
    assert objects(sold)["number"] == "2026-0001"
    (sale,) = objects(shop("report", "sales", "--start", "2026-01-01", "--format", "json"))
    assert (sale["on"], sale["quantity"], sale["total"], sale["note"]) == ("2026-01-14", "2.500", "1.25", "no bag")
    (commit, *_) = objects(shop("audit", "log", "--format", "json"))
    assert (commit["actor"], commit["reason"]) == ("ann", "Till 1")
    assert {"added 1 shop_sale", "changed 1 shop_product"} <= set(commit["what"].split(", "))


def test_what_a_service_is_not_told_keeps_its_default(shop):
    shop("shop", "sell", "APPLE")
    (sale,) = objects(shop("report", "sales", "--start", "2026-01-01", "--format", "json"))
    assert (sale["on"], sale["quantity"], sale["note"]) == ("2026-01-15", "1.000", "")


def test_a_product_may_be_named_by_its_id(shop):
    assert shop("shop", "sell", "1").exit_code == 0


def test_a_service_that_reads_prints_its_rows(shop):
    assert objects(shop("shop", "stock", "--below", "5", "--format", "json")) == [{"code": "BUN", "stock": "0.000"}]
    assert shop("shop", "stock", "APPLE").stdout.splitlines()[-1] == "APPLE  10.000"


def test_structured_arguments_are_json(shop):
    assert shop("shop", "order", '[{"code": "BUN", "quantity": "12.5"}]').stdout == "1\n"
    assert "BUN    12.500" in shop("shop", "stock").stdout
    wrong = shop("shop", "order", '[{"code": "BUN", "quantity": 12.5}]', code=2)
    assert "write decimal numbers as text" in wrong.stderr
    alone = shop("shop", "order", '{"code": "BUN", "quantity": "12.5"}', code=2)
    assert "must be" in alone.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sell"], "Missing argument 'PRODUCT'"),
        (["sell", "APPLE", "two"], "must be a number such as 1234.50, is 'two'"),
        (["sell", "APPLE", "--on", "yesterday"], "must be a date"),
        (["add-product", "C", "Cake", "--price", "1.00"], 'must be an amount with its currency such as "12.50 EUR"'),
        (["add-product", "C", "Cake", "--price", "1.00 XXQ"], "XXQ"),
        (["add-product", "C", "Cake", "--price", "1.00 EUR", "--kind", "toy"], "must be one of food, other"),
        (["bake"], "No such command 'bake'"),
        (["sel"], "No such command 'sel'. Did you mean 'sell'?"),
    ],
)
def test_wrong_arguments_are_named(shop, arguments, words):
    assert words in shop("shop", *arguments, code=2).stderr


def test_commands_written_in_click_stand_beside_those_made_from_services(ask):
    listed = ask("shop", "--help").stdout
    assert "Run a corner shop." in listed
    assert "open-doors" in listed
    assert "add-product" in listed
    assert ask("shop", "open-doors").stdout == "ann opens the doors.\n"
    assert ask("hello").stdout == "hello\n"


# ---------------------------------------------------------------- reports


def test_reports_are_listed_by_their_short_names(ask):
    listed = ask("report", "--help").stdout
    assert "sales" in listed
    assert "List what was sold." in listed
    assert "the first day." in ask("report", "sales", "--help").stdout


def test_a_report_goes_to_a_file_in_the_format_of_its_ending(shop, tmp_path):
    shop("shop", "sell", "APPLE", "--note", "=1+1")
    shop("report", "sales", "--start", "2026-01-01", "-o", "sales.csv")
    assert (tmp_path / "sales.csv").read_text().splitlines() == [
        "number,on,product,quantity,total,total_currency,note",
        "2026-0001,2026-01-15,APPLE,1.000,0.50,EUR,'=1+1",
    ]
    shop("report", "sales", "--start", "2026-01-01", "-o", "sales.json")
    assert json.loads((tmp_path / "sales.json").read_text())[0]["note"] == "=1+1"


@pytest.mark.parametrize("ending", ["xlsx", "html", "HTM", "csv", "json", "txt"])
def test_every_ending_has_its_format_and_the_heading_where_it_is_shown(shop, tmp_path, ending):
    shop("shop", "sell", "APPLE", "1", "--on", "2026-01-14")
    shop("report", "sales", "--start", "2026-01-01", "-o", f"out.{ending}")
    begin = {
        "xlsx": b"PK",
        "html": b"<!DOCTYPE html>",
        "HTM": b"<!DOCTYPE html>",
        "csv": b"number,on,",
        "json": b"[\n  {",
        "txt": b"Number ",
    }
    content = (tmp_path / f"out.{ending}").read_bytes()
    assert content.startswith(begin[ending])
    assert (b"<h1>Sales</h1><p>Acme Ltd</p><p>From Jan 1, 2026</p>" in content) == (ending in ("html", "HTM"))


def test_a_workbook_is_the_same_each_time_it_is_written(shop, tmp_path):
    for name in ("a.xlsx", "b.xlsx"):
        shop("report", "sales", "--start", "2026-01-01", "-o", name)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_workbook_can_be_piped(shop, tmp_path):
    piped = shop("report", "sales", "--start", "2026-01-01", "--format", "xlsx").stdout_bytes
    assert openpyxl.load_workbook(io.BytesIO(piped)).active["A1"].value == "Sales"


@pytest.mark.parametrize("arguments", [("report", "sales", "--start", "2026-01-01"), ADD, ("party", "list")])
def test_a_workbook_is_not_thrown_at_a_terminal_and_nothing_is_done(shop, arguments, monkeypatch):
    monkeypatch.setattr("bocore.cli.output.at_terminal", lambda: True)
    refused = shop(*arguments, "--format", "xlsx", code=2)
    assert "-o FILE.xlsx" in refused.stderr
    assert "PEAR" not in shop("shop", "stock").stdout


@pytest.mark.parametrize("name", ["bs.pdf", "bs.XLS", "bs.ods"])
def test_formats_of_others_are_refused_with_what_to_write_instead(shop, tmp_path, name):
    refused = shop("report", "sales", "--start", "2026-01-01", "-o", name, code=2)
    assert "Write .xlsx, or .html, which a browser prints as PDF" in refused.stderr
    assert not (tmp_path / name).exists()
    shop("report", "sales", "--start", "2026-01-01", "-o", name, "--format", "csv")


@pytest.mark.parametrize(("name", "style"), [("bs.xlsx", "csv"), ("bs.HTM", "json"), ("bs.csv", "table")])
@pytest.mark.parametrize("arguments", [("report", "sales", "--start", "2026-01-01"), ("party", "list")])
def test_a_file_is_not_named_like_another_format_than_it_has(shop, tmp_path, arguments, name, style):
    refused = shop(*arguments, "-o", name, "--format", style, code=2)
    assert f"{name} would be taken for" in refused.stderr and "Leave --format out" in refused.stderr
    assert not (tmp_path / name).exists()
    shop(*arguments, "-o", "bs.txt", "--format", style)


def test_a_file_that_can_not_be_written_whole_stays_as_it_was(shop, tmp_path):
    old = tmp_path / "sales.xlsx"
    old.write_bytes(b"last year's")
    shop("report", "wrong-rows", "-o", "sales.xlsx", code=3)
    assert old.read_bytes() == b"last year's"
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".db"] == ["sales.xlsx"]


def test_where_nothing_can_be_written_nothing_is_done(shop):
    failed = shop(*ADD, "-o", "no-such-folder/pear.json", code=3)
    assert "no-such-folder/pear.json can't be written" in failed.stderr
    assert "PEAR" not in shop("shop", "stock").stdout


def test_lists_and_results_of_services_are_pages_and_workbooks_too(shop, tmp_path):
    shop("party", "list", "-o", "parties.html")
    assert "<h1>Party list</h1>" in (tmp_path / "parties.html").read_text()
    shop("shop", "add-product", "PEAR", "Pear", "--price", "2.00 EUR", "-o", "pear.xlsx")
    assert (tmp_path / "pear.xlsx").read_bytes().startswith(b"PK")
    shop("audit", "verify", "-o", "verified.html")
    assert "Nothing." in (tmp_path / "verified.html").read_text()


def test_what_is_behind_figures_is_for_html(shop):
    refused = shop("report", "sales", "--start", "2026-01-01", "--drill", code=2)
    assert "--drill is for HTML" in refused.stderr


def test_a_report_that_is_not_there_is_wrong_use(shop):
    assert "Did you mean 'sales'?" in shop("report", "salse", code=2).stderr


def test_a_report_of_another_company(shop):
    shop("init", "--company", "Zeta Ltd", "--currency", "USD")
    assert "more than one company" in shop("report", "turnover", code=2).stderr
    (line,) = objects(shop("--company", "ZETA", "report", "turnover", "--format", "json"))
    assert line == {"sales": 0, "total": "0.00", "total_currency": "USD"}


# ---------------------------------------------------------------- files


def test_a_file_is_rehearsed_taken_in_and_known_again(shop, tmp_path):
    (tmp_path / "new.csv").write_text("code;price\nCAKE;3,00\nPIE;0\n")
    rehearsed = shop("import", "price-list", "new.csv", "--decimal-comma", "--dry-run")
    assert rehearsed.stderr.splitlines() == [
        "Warning: new.csv:3: PIE costs nothing.",
        "new.csv: nothing was kept; this is what would be added.",
    ]
    taken = shop("import", "price-list", "new.csv", "--decimal-comma", "--format", "json")
    assert objects(taken) == [{"entity": "shop_product", "added": 2}]
    again = shop("import", "price-list", "new.csv", "--decimal-comma")
    assert (again.stdout, again.stderr) == ("", "new.csv was imported before: nothing was added.\n")


def test_a_file_with_errors_is_refused_with_line_numbers(shop, tmp_path):
    (tmp_path / "new.csv").write_text("code,price\nCAKE,3.00\nPIE,-1.00\n")
    refused = shop("import", "price-list", "new.csv", code=1)
    assert "Error: new.csv:3.price: PIE costs -1.00. Ask the supplier." in refused.stderr
    assert "CAKE" not in shop("shop", "stock").stdout


def test_an_export_goes_to_a_file_or_to_standard_output(shop, tmp_path):
    assert shop("export", "price-list").stdout == "APPLE 0.50\nBUN 1.20\n"
    shop("export", "price-list", "--kind", "food", "-o", "food.txt")
    assert (tmp_path / "food.txt").read_text() == "APPLE 0.50\n"


# ---------------------------------------------------------------- demo


def test_the_demo_plays_every_plugin_and_shows_its_figures(ask, tmp_path):
    played = ask("demo").stdout
    assert "3 sales" in played
    assert "3  3.00 EUR" in played
    assert "ok, sealed, not signed, not anchored" in played
    assert (tmp_path / "bocore-demo.db").exists()


@pytest.mark.engine("sqlite")
def test_the_demo_does_not_replace_a_file_unless_it_is_told_to(ask, tmp_path):
    ask("demo")
    assert "--force" in ask("demo", code=2).stderr
    ask("demo", "--force")
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 10)
    assert "no SQLite database" in ask("--db", "letter.txt", "demo", "--force", code=2).stderr
    assert (tmp_path / "letter.txt").read_text().startswith("Dear")


def test_the_demo_leaves_the_database_of_the_environment_alone(ask, tmp_path, monkeypatch):
    monkeypatch.setenv("BOCORE_DB", "books.db")
    ask("demo")
    assert sorted(path.name for path in tmp_path.glob("*.db")) == ["bocore-demo.db"]
