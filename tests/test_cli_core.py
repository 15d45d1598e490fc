"""The commands of the core: companies, parties, the audit trail and plugins."""

import json
from decimal import Decimal
from typing import Literal

import attrs
import pytest
from click.testing import CliRunner

from bocore import BackOffice, Line, Money, Voucher
from bocore.cli.invocation import Invocation
from bocore.cli.root import bo
from bocore.plugins import Plugin
from bocore.testing import FrozenClock, behind


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Run ``bo`` without plugins, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def asked(*arguments, code=0, plugins=()):
        result = CliRunner().invoke(bo, ["--as", "ann", *arguments], obj=Invocation(plugins=plugins, clock=FrozenClock()))
        assert result.exit_code == code, result.output
        return result

    return asked


@pytest.fixture
def books(ask):
    ask("init", "--company", "Acme Ltd", "--currency", "EUR")
    return ask


def objects(result):
    return json.loads(result.stdout)


# ---------------------------------------------------------------- init and migrate


def test_init_can_be_run_again_and_adds_other_companies(books):
    assert "already keeps its books" in books("init", "--company", "Acme Ltd", "--currency", "EUR").stdout
    assert "Zeta Ltd (Z) keeps its books" in books("init", "--company", "Zeta Ltd", "--currency", "usd", "--code", "Z").stdout


@pytest.mark.parametrize(("name", "currency"), [("Acme Ltd", "USD"), ("Acme Gardens", "EUR")])
def test_init_refuses_another_company_under_a_code_that_is_taken(books, name, currency):
    refused = books("init", "--company", name, "--currency", currency, code=1)
    assert "The code ACME belongs to Acme Ltd, which keeps its books in EUR." in refused.stderr


def test_the_company_that_is_named_must_be_there(books):
    for command in (["party", "list"], ["party", "add", "Ann"]):
        refused = books("--company", "ZZ", *command, code=1)
        assert "There is no company with the code 'ZZ'. There are: ACME." in refused.stderr
    assert books("--company", "ACME", "party", "list").exit_code == 0
    assert "up to date" in books("--company", "ZZ", "migrate").stdout  # before it is done, no company can be read


@pytest.mark.engine("sqlite")
def test_tenants_are_refused_by_every_command(books):
    for command in (["party", "list"], ["audit", "verify"], ["plugin", "list"]):
        assert "A SQLite file is one tenant." in books("--tenant", "t", *command, code=2).stderr
    assert "on PostgreSQL: its schema" in " ".join(books("--help").stdout.split())


def test_init_without_a_company_says_what_comes_next(ask):
    assert 'Next: bo init --company "Acme Ltd" --currency EUR' in ask("init").stdout


@pytest.mark.engine("sqlite")
def test_a_file_has_no_roles_to_give_rights_to_and_none_is_made(ask, tmp_path):
    refused = ask("init", "--role", "bo_app", code=2)
    assert "A SQLite file has no roles" in refused.stderr
    assert list(tmp_path.glob("*.db")) == []


def test_migrate_says_that_all_is_up_to_date(books):
    assert books("migrate").stdout == "bocore.db is up to date.\n"


# ---------------------------------------------------------------- parties


def test_parties_are_added_listed_and_shown(books):
    added = books("party", "add", "Zoë GmbH", "--code", "Z", "--identifier", "eu_vat=ATU13585627", "--city", "Wien", "--country", "at")
    assert added.exit_code == 0
    books("party", "add", "Ann Smith", "--person", "--reason", "New customer")
    assert [line["name"] for line in objects(books("party", "list", "--format", "json"))] == ["Ann Smith", "Zoë GmbH"]
    assert [line["kind"] for line in objects(books("party", "list", "--search", "SMITH", "--format", "json"))] == ["person"]
    whole = objects(books("party", "show", "Z", "--format", "json"))
    assert whole["identifiers"] == {"eu_vat": "ATU13585627"}
    assert (whole["addresses"][0]["city"], whole["addresses"][0]["country"]) == ("Wien", "AT")
    assert "city: Wien" in books("party", "show", "Z").stdout


def test_a_party_that_is_not_there_is_refused(books):
    assert "There is no Party 'Nobody'. Give its code or name or id." in books("party", "show", "Nobody", code=1).stderr


def test_a_wrong_identifier_is_refused_and_nothing_is_added(books):
    assert "check digit" in books("party", "add", "Zoë", "--identifier", "eu_vat=ATU13585626", code=1).stderr
    assert "SCHEME=VALUE" in books("party", "add", "Zoë", "--identifier", "ATU13585627", code=2).stderr
    assert books("party", "list").stdout == "Nothing.\n"


# ---------------------------------------------------------------- audit


def test_a_sound_database_is_verified_and_never_called_more_than_that(books):
    books("party", "add", "Zoë GmbH")
    assert books("audit", "verify").stdout.endswith("verified: ok, sealed, not signed, not anchored\n")
    assert objects(books("audit", "verify", "--format", "json"))["ok"] is True


def test_a_row_that_was_changed_behind_bocores_back_is_named_with_exit_code_1(books):
    books("party", "add", "Zoë GmbH")
    with behind("bocore.db") as connection:
        connection.execute("UPDATE bo_company SET name = 'Acme Holding'")
    found = books("audit", "verify", code=1)
    assert "bo_company 1" in found.stdout
    assert "NOT as recorded" in found.stdout
    assert objects(books("audit", "verify", "--format", "json", code=1))["ok"] is False


def test_open_items_that_do_not_add_up_are_named_with_exit_code_1(books):
    with BackOffice("bocore.db", plugins=[]) as office, office.unit_of_work(actor="ann") as uow:
        owed = Line("receivable", Money("100.00", "EUR"), opens="inv:1")
        uow.post(Voucher("sale:1", "sale", [owed, Line("sales", Money("-100.00", "EUR"))]))
    assert objects(books("audit", "items", "--format", "json")) == []
    with behind("bocore.db") as connection:
        connection.execute("UPDATE bo_item_balance SET remaining = 5000")
    (found,) = objects(books("audit", "items", "--format", "json", code=1))
    assert (found["code"], found["at"]) == ("bo.item_balance", "open item 1")
    assert found["message"] == "100.00 EUR remains of inv:1 by its settlements, and 50.00 EUR is kept."


def test_the_log_says_who_did_what_when_and_why(books):
    books("party", "add", "Zoë GmbH", "--reason", "New supplier")
    newest, company, *_ = objects(books("audit", "log", "--format", "json"))
    assert newest == {
        "position": company["position"] + 1,
        "at": "2026-01-15T09:00:00.000000Z",
        "actor": "ann",
        "reason": "New supplier",
        "what": "added 1 bo_party",
    }
    assert company["what"] == "added 1 bo_company"
    assert len(objects(books("audit", "log", "-n", "1", "--format", "json"))) == 1


# ---------------------------------------------------------------- plugins


@pytest.fixture
def orphaned(ask):
    """A database that had a plugin with a table, which is not installed now."""
    from bocore import Entity, entity

    @entity("vet_animal")
    class Animal(Entity):
        """A patient."""

        name: str

    ask("init", "--company", "Acme Ltd", "--currency", "EUR", plugins=[Plugin(prefix="vet", entities=[Animal])])
    return ask


def test_a_database_that_misses_a_plugin_is_not_written_until_it_is_detached(orphaned):
    (missing,) = [line for line in objects(orphaned("plugin", "list", "--format", "json")) if line["name"] == "vet"]
    assert missing["state"] == "missing"
    refused = orphaned("party", "add", "Zoë GmbH", code=3)
    assert "bo plugin detach vet" in refused.stderr
    assert "detached" in orphaned("plugin", "detach", "vet", "--reason", "The practice was sold").stdout
    orphaned("party", "add", "Zoë GmbH")
    _, commit, *_ = objects(orphaned("audit", "log", "--format", "json"))
    assert (commit["actor"], commit["reason"], commit["what"]) == ("ann", "The practice was sold", "bo.plugin_detached/1")
    assert orphaned("audit", "verify").exit_code == 0


def test_the_commands_of_a_plugin_that_is_gone_say_that_it_is_gone(orphaned):
    gone = orphaned("vet", "finish", "7", code=3)
    assert "The plugin 'vet' is recorded in this database, and is not installed. Install it again." in gone.stderr
    assert "No such command 'dog'" in orphaned("dog", code=2).stderr
    assert "No such command 'dog'" in orphaned("--db", "nowhere.db", "dog", code=2).stderr
    assert "Did you mean 'report'?" in orphaned("reprot", "trial-balance", code=2).stderr


def test_only_a_plugin_that_was_here_and_is_gone_can_be_detached(orphaned):
    assert "It had: vet" in orphaned("plugin", "detach", "dog", "--reason", "x", code=1).stderr
    loaded = orphaned("plugin", "detach", "bocore", "--reason", "x", code=1)
    assert "only one that is gone can be detached" in loaded.stderr
    assert "--reason" in orphaned("plugin", "detach", "vet", code=2).stderr


def test_why_says_who_answers_a_hook_and_what_for(ask):
    (line,) = objects(ask("plugin", "why", "bo_validate", "--format", "json"))
    assert (line["published_by"], line["kind"]) == ("bocore", "every plugin is asked")
    assert line["doc"] == "Say what is wrong with what the unit of work is about to write."
    port = next(line for line in objects(ask("plugin", "why", "--format", "json")) if line["hook"] == "bo_balance")
    assert (port["kind"], port["answered_by"]) == ("port: the first answer counts", "nobody")
    assert "Did you mean 'bo_posted'?" in ask("plugin", "why", "bo_post", code=2).stderr


@attrs.frozen
class PracticeSettings:
    """What a practice decides.

    :param recall: after so many months an animal comes again.
    """

    recall: int = attrs.field(default=12, validator=[attrs.validators.instance_of(int), attrs.validators.ge(1)])
    lead_fee: Decimal = Decimal("1.50")
    mode: Literal["open", "closed"] = "open"
    reminders: bool = False


@pytest.fixture
def practice(ask):
    vet = Plugin(prefix="vet", settings=PracticeSettings)

    def asked(*arguments, code=0):
        return ask(*arguments, code=code, plugins=[vet])

    asked("init", "--company", "Acme Ltd", "--currency", "EUR")
    return asked


def settings(practice):
    return {line["setting"]: line["value"] for line in objects(practice("plugin", "settings", "vet", "--format", "json"))}


def test_settings_of_a_plugin_are_listed_and_set(practice):
    (first, *_) = objects(practice("plugin", "settings", "vet", "--format", "json"))
    about = "after so many months an animal comes again."
    assert first == {"setting": "recall", "value": "12", "default": "12", "takes": "NUMBER", "about": about}
    assert practice("plugin", "set", "vet", "recall", "6", "--reason", "Spring").stdout == "recall of vet is 6 now.\n"
    practice("plugin", "set", "vet", "lead-fee", "2.75")
    practice("plugin", "set", "vet", "mode", "closed")
    practice("plugin", "set", "vet", "reminders", "yes")
    assert settings(practice) == {"recall": "6", "lead_fee": "2.75", "mode": "closed", "reminders": "yes"}
    commits = objects(practice("audit", "log", "--format", "json"))
    assert ("ann", "Spring", "added 1 bo_setting") in [(c["actor"], c["reason"], c["what"]) for c in commits]


def test_a_setting_takes_what_its_class_takes(practice):
    assert "recall can't be 0" in practice("plugin", "set", "vet", "recall", "0", code=1).stderr
    assert "recall must be a whole number, is 'six'" in practice("plugin", "set", "vet", "recall", "six", code=2).stderr
    assert "mode must be one of open, closed, is 'ajar'" in practice("plugin", "set", "vet", "mode", "ajar", code=2).stderr
    assert "It has: recall, lead_fee, mode, reminders" in practice("plugin", "set", "vet", "recal", "6", code=2).stderr
    assert "KernelSettings has no setting 'x'" in practice("plugin", "set", "bocore", "x", "6", code=2).stderr
    said = practice("plugin", "settings", "dog", code=1).stderr
    assert "No plugin 'dog' is loaded" in said
    assert "These have settings: bocore, vet" in said


def test_the_core_has_settings_of_its_own(practice):
    practice("plugin", "set", "bocore", "rate-via", "USD")
    practice("plugin", "set", "bocore", "attachment-limit", "1000")
    kept = {line["setting"]: line["value"] for line in objects(practice("plugin", "settings", "bocore", "--format", "json"))}
    assert kept == {
        "rate_sources": "",
        "rate_via": "USD",
        "attachment_limit": "1000",
        "attachment_unpacked": "200000000",
        "approvals": "",
        "approval_days": "14",
        "books_kept": "10",
        "jobs_kept": "30",
    }
    assert "attachment_limit can't be 0" in practice("plugin", "set", "bocore", "attachment-limit", "0", code=1).stderr
