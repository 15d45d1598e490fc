"""How ``bo`` starts and ends: what it imports, exit codes, and where errors go."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bocore.cli.invocation import Invocation
from bocore.cli.root import COMMANDS, bo

INSTALLED = Path(__file__).parent / "installed"
SOURCE = Path(__file__).parent.parent / "src"


@pytest.fixture
def run(tmp_path):
    """Run ``bo`` as a process of its own, in an empty folder."""

    def started(*arguments, code="import bocore.cli; bocore.cli.main()", **environment):
        path = os.pathsep.join([str(SOURCE), str(INSTALLED), os.environ.get("PYTHONPATH", "")])
        env = {k: v for k, v in os.environ.items() if not k.startswith("BOCORE_")} | {"PYTHONPATH": path, **environment}
        return subprocess.run([sys.executable, "-c", code, *arguments], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    return started


MODULES = """
import sys
import bocore.cli
try:
    bocore.cli.main()
finally:
    print(sorted({name.split(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("question", ["--help", "--version"])
def test_help_and_version_import_neither_a_database_nor_a_plugin(run, question):
    answer = run(question, code=MODULES)
    assert answer.returncode == 0
    imported = set(json.loads(answer.stderr.replace("'", '"')))
    assert not imported & {"sqlalchemy", "acme_shop", "pluggy", "alembic", "rich", "orjson", "babel", "stdnum"}
    assert ("shop" in answer.stdout) is (question == "--help")


def test_help_lists_plugins_with_the_summary_of_their_distribution(run):
    lines = [" ".join(line.split()) for line in run("--help").stdout.splitlines()]
    assert "shop A corner shop: products, prices and sales" in lines
    assert "shop A corner shop: products, prices and sales" not in run("--help", BOCORE_BLOCK="shop").stdout


def test_a_command_that_is_done_ends_with_0(run):
    done = run("init", "--company", "Acme Ltd", "--currency", "EUR", "--zone", "Europe/Vienna")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Acme Ltd (ACME) keeps its books in bocore.db, in EUR." in done.stdout


def test_what_is_refused_ends_with_1_and_every_finding(run):
    run("init", "--company", "Acme Ltd", "--currency", "EUR")
    run("shop", "add-product", "A", "Apple", "--price", "0.50 EUR")
    refused = run("shop", "sell", "A")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        "Error: <Product 1 A>.stock: There are 0.000 of Apple. Sell less.",
        "Error: <Product 1 A>: Order more.",
    ]


def test_wrong_use_ends_with_2(run):
    assert run("nonsense").returncode == 2
    assert run("init", "--company", "Acme Ltd").returncode == 2
    run("init")
    no_company = run("report", "turnover")
    assert no_company.returncode == 2
    assert "There is no company yet." in no_company.stderr


def test_a_database_that_is_not_there_ends_with_3_and_is_not_made(run, tmp_path):
    missing = run("party", "list")
    assert missing.returncode == 3
    assert missing.stderr.startswith("Error: There is no database bocore.db. Make it with bo init")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_ends_with_3(run, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Sir or Madam, " * 100)
    wrong = run("--db", "letter.txt", "party", "list")
    assert wrong.returncode == 3
    assert "not a sound SQLite database" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_wrong_currency_leaves_no_database_behind(run, tmp_path):
    wrong = run("init", "--company", "Acme Ltd", "--currency", "EURO")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("Error: EURO is not the code of a currency that books can be kept in. Did you mean EUR (Euro)")
    assert list(tmp_path.iterdir()) == []
    run("init")
    wrong = run("init", "--company", "Acme Ltd", "--currency", "XXX")
    assert wrong.returncode == 1
    assert "ISO 4217" in wrong.stderr
    assert "tokens.declare" not in wrong.stderr


def test_errors_are_json_where_a_program_asks_for_it(run):
    missing = run("party", "list", BOCORE_ERRORS="json")
    assert json.loads(missing.stderr)["code"] == "bo.storage"
    usage = run("party", "nonsense", BOCORE_ERRORS="json")
    assert (usage.returncode, json.loads(usage.stderr)["findings"][0]["at"]) == (2, "bo party")


def test_the_database_may_be_named_in_the_environment(run, tmp_path):
    run("init", BOCORE_DB="books.db")
    assert (tmp_path / "books.db").exists()


def test_a_broken_plugin_is_said_and_does_not_stop_the_others(run, tmp_path):
    broken = tmp_path / "broken"
    (broken / "acme_broken-1.0.dist-info").mkdir(parents=True)
    described = broken / "acme_broken-1.0.dist-info"
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-broken\nVersion: 1.0\nSummary: Broken\n\n")
    (described / "entry_points.txt").write_text("[bocore.plugins]\nbroken = acme_broken.plugin\n")
    path = os.pathsep.join([str(SOURCE), str(INSTALLED), str(broken)])
    listed = run("plugin", "list", "--format", "json", PYTHONPATH=path)
    assert "Warning: The plugin 'broken' is broken" in listed.stderr
    states = {line["name"]: line["state"] for line in json.loads(listed.stdout)}
    assert (states["shop"], states["broken"]) == ("loaded", "broken")
    assert run("broken", "--help", PYTHONPATH=path).returncode == 3


def test_the_commands_of_a_blocked_plugin_say_that_it_is_blocked(run):
    blocked = run("shop", "stock", BOCORE_BLOCK="shop")
    assert blocked.returncode == 3
    assert blocked.stderr == "Error: The plugin 'shop' is blocked: blocked by BOCORE_BLOCK. Take it off the list to load it.\n"


def test_a_misspelt_name_that_is_to_be_blocked_is_said_with_the_list(run):
    listed = run("plugin", "list", BOCORE_BLOCK="shopp")
    assert (listed.returncode, "shop " in listed.stdout) == (0, True)
    assert "The plugin 'shopp' is to be blocked by BOCORE_BLOCK, and is not installed. Did you mean 'shop'?" in listed.stderr
    assert run("plugin", "list", BOCORE_BLOCK="shopp", BOCORE_STRICT="1").returncode == 3


def test_the_module_is_the_program(run):
    asked = run("--version", code="import runpy; runpy.run_module('bocore.cli', run_name='__main__')")
    assert (asked.returncode, asked.stdout.startswith("bo ")) == (0, True)


def test_an_interrupted_command_ends_with_130_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(INSTALLED))

    def ask(*arguments):
        return CliRunner().invoke(bo, ["--db", str(tmp_path / "shop.db"), *arguments], obj=Invocation(plugins=["shop"]))

    ask("init", "--company", "Acme Ltd", "--currency", "EUR")
    from bocore.uow.closing import Closing

    def interrupted(self):
        self.settle()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Closing, "commit", interrupted)
        result = ask("shop", "add-product", "A", "Apple", "--price", "0.50 EUR")
    assert result.exit_code == 130
    assert "rolled back" in result.stderr
    assert json.loads(ask("shop", "stock", "--format", "json").stdout) == []


def test_the_lines_of_help_are_those_of_the_commands():
    ctx = click.Context(bo, info_name="bo")
    lines = {name: bo.get_command(ctx, name).get_short_help_str(200) for name in COMMANDS}
    assert lines == {name: line for name, (_, line) in COMMANDS.items()}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(shell):
    result = CliRunner().invoke(bo, ["completion", shell])
    assert result.exit_code == 0
    assert "_BO_COMPLETE" in result.stdout


def test_a_shell_completes_commands_of_plugins(run):
    completed = run(_BO_COMPLETE="bash_complete", COMP_WORDS="bo shop se", COMP_CWORD="2")
    assert completed.stdout == "plain,sell\n"
