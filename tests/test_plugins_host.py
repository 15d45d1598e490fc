"""One application's plugins: what they declare together, who answers which hook, and which names clash."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable
from typing import Any

import attrs
import pytest

from bocore import Entity, Money, entity, money
from bocore.errors import NotFound, PluginError, UsageError
from bocore.plugins import Plugin, PluginHost, hookimpl, hookspec, job, report, service
from bocore.plugins import host as host_module

NO_CORE = "bocore.kernel.not_there"


@pytest.fixture(autouse=True)
def no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host by itself; the core's own declarations have tests of their own."""
    monkeypatch.setattr(host_module, "CORE_MODULE", NO_CORE)


@attrs.frozen
class Row:
    total: int


def module(name: str, **names: Any) -> types.ModuleType:
    """A module made by hand, as if it had been imported."""
    made = types.ModuleType(name)
    vars(made).update(names)
    return made


def entry(prefix: str, *, hooks: dict[str, Any] | None = None, **brings: Any) -> types.ModuleType:
    """An entry-point module with its plugin and its hooks."""
    return module(f"acme_{prefix}.plugin", plugin=Plugin(prefix=prefix, **brings), **(hooks or {}))


def a_service(name: str, permission: str = "vet.record", **options: Any) -> Any:
    def act(uow: Any, visit: int) -> str:
        return f"{name} {visit}"

    return service(permission, name=name, **options)(act)


def a_report(name: str, permission: str = "vet.read") -> Any:
    def rows(uow: Any) -> Iterable[Row]:
        return [Row(1)]

    return report(name, permission=permission)(rows)


READ, RECORD = {"vet.read": "Read records"}, {"vet.record": "Keep records"}


def test_names_are_full_and_found_by_their_short_form_while_it_is_unique() -> None:
    vet = entry(
        "vet", services=[a_service("finish"), a_service("write_off")], reports=[a_report("vet.turnover")], permissions=READ | RECORD
    )
    zoo = entry("zoo", reports=[a_report("zoo.turnover", "vet.read"), a_report("zoo.trial-balance", "vet.read")])
    host = PluginHost.of([vet, zoo]).load()
    assert list(host.services) == ["vet.finish", "vet.write_off"]
    assert host.services["vet.finish"].plugin == "vet"
    assert host.services["vet.finish"].function(None, 7) == "finish 7"
    assert host.resolve("service", "finish") is host.resolve("services", "vet.finish")
    assert host.resolve("service", "write-off").name == "vet.write_off"
    assert host.resolve("report", "trial_balance").name == "zoo.trial-balance"
    with pytest.raises(UsageError, match=r"'turnover' could be vet\.turnover or zoo\.turnover"):
        host.resolve("report", "turnover")
    with pytest.raises(NotFound, match=r"There is no report 'trial-balanse'. Did you mean 'trial-balance'"):
        host.resolve("report", "trial-balanse")
    with pytest.raises(UsageError, match="'rapport' is nothing that plugins declare"):
        host.resolve("rapport", "turnover")


def test_the_core_comes_first_and_keeps_its_short_names(monkeypatch: pytest.MonkeyPatch) -> None:
    core = Plugin(
        prefix="bo",
        reports=[a_report("bo.parties", "party.read")],
        permissions={"party.read": "Read"},
        purposes={"sales": ""},
        roles={"clerk": ["party.read"]},
    )
    answers = hookimpl(specname="bo_executor")(lambda: "the core's")
    monkeypatch.setitem(sys.modules, NO_CORE, module(NO_CORE, plugin=core, bo_executor=answers))
    vet = entry(
        "vet", reports=[a_report("vet.parties", "party.read")], purposes={"vet.sales": "sales"}, roles={"assistant": ["party.read"]}
    )
    host = PluginHost.of([vet]).load()
    assert [state.name for state in host.plugins] == ["bocore", "vet"]
    assert host.resolve("report", "parties").name == "bo.parties"
    assert host.resolve("report", "vet.parties").plugin == "vet"
    assert host.purposes == {"sales": "", "vet.sales": "sales"}
    assert list(host.roles) == ["clerk", "vet.assistant"]
    assert host.trace("bo_executor") == [("bocore", "the core's")]


def test_two_applications_with_different_plugins_live_in_one_process() -> None:
    checks = {"bo_retention": hookimpl(lambda uow, party: "until 2030")}
    vet = entry("vet", services=[a_service("finish")], permissions=RECORD, hooks=checks)
    zoo = entry("zoo")
    first, second = PluginHost.of([vet, zoo]).load(), PluginHost.of([zoo]).load()
    assert list(first.services) == ["vet.finish"] and not second.services
    assert first.hook.bo_retention(uow=None, party=None) == ["until 2030"]
    assert second.hook.bo_retention(uow=None, party=None) == []
    assert PluginHost.of([vet]).load().implementers("bo_retention") == first.implementers("bo_retention") == ["vet"]


def test_loading_twice_changes_nothing() -> None:
    host = PluginHost.of([entry("vet", reports=[a_report("vet.turnover")], permissions=READ)])
    assert host.load() is host.load()
    assert list(host.reports) == ["vet.turnover"]


def test_a_plugin_value_needs_no_module() -> None:
    hooks = module("acme_vet.checks", bo_retention=hookimpl(lambda party: party))
    host = PluginHost.of([Plugin(prefix="vet", hooks=hooks)]).load()
    assert host.trace("bo_retention", uow=None, party="Ann") == [("vet", "Ann")]


def test_what_is_given_by_hand_must_load() -> None:
    with pytest.raises(PluginError, match=r"'acme_vet.services' is broken: The module acme_vet.services has no name 'plugin'"):
        PluginHost.of([module("acme_vet.services")]).load()
    with pytest.raises(PluginError, match=r"Two plugins have the prefix 'vet': 'vet' \(acme_vet.plugin\) and 'vet' \(given as a value\)"):
        PluginHost.of([entry("vet"), Plugin(prefix="vet")])


# ---------------------------------------------------------------- hooks


def test_trace_says_which_plugin_gave_which_answer() -> None:
    vet = entry("vet", hooks={"bo_validate": hookimpl(lambda uow: ["vet is unhappy"])})
    zoo = entry("zoo", hooks={"bo_validate": hookimpl(lambda changes: [f"zoo saw {changes}"])})
    calm = entry("calm", hooks={"bo_validate": hookimpl(lambda: None)})
    host = PluginHost.of([vet, calm, zoo]).load()
    assert host.trace("bo_validate", uow=None, changes="two") == [("zoo", ["zoo saw two"]), ("vet", ["vet is unhappy"])]
    assert host.implementers("bo_validate") == ["zoo", "calm", "vet"]
    assert host.hooks["bo_validate"] == "bocore"
    with pytest.raises(UsageError, match=r"There is no hook 'bo_valdate'. Did you mean 'bo_validate'"):
        host.trace("bo_valdate", uow=None)
    with pytest.raises(UsageError, match="'bo_validate' needs the arguments changes"):
        host.trace("bo_validate", uow=1)


def test_a_port_has_one_answerer_and_two_are_named_both() -> None:
    vet = entry("vet", hooks={"bo_balance": hookimpl(lambda: "vet's")})
    zoo = entry("zoo", hooks={"bo_balance": hookimpl(lambda: "zoo's")})
    with pytest.raises(PluginError, match="'bo_balance' can have one answerer, and 'zoo' and 'vet' answer it"):
        PluginHost.of([vet, zoo]).load()
    host = PluginHost.of([vet, zoo]).load(answerers={"bo_balance": "vet"})
    assert host.hook.bo_balance(uow=None, query=None) == "vet's"
    assert host.trace("bo_balance", uow=None, query=None) == [("vet", "vet's")]
    assert host.implementers("bo_balance") == ["vet"]


def test_a_wrapper_around_a_port_is_no_answerer() -> None:
    def loud(query: str) -> Any:
        return (yield) + "!"

    vet = entry("vet", hooks={"bo_balance": hookimpl(lambda: "vet's")})
    zoo = entry("zoo", hooks={"bo_balance": hookimpl(wrapper=True)(loud)})
    assert PluginHost.of([vet, zoo]).load().hook.bo_balance(uow=None, query="q") == "vet's!"


@pytest.mark.parametrize(
    ("answerers", "said"),
    [
        ({"bo_balance": "zoo"}, "answerers names 'zoo' for 'bo_balance', which it does not answer"),
        ({"bo_validate": "vet"}, "answerers names 'bo_validate', which is no port"),
        ({"bo_nothing": "vet"}, "answerers names 'bo_nothing', which is no port"),
    ],
)
def test_a_setting_that_names_the_wrong_answerer_is_an_error(answerers: dict[str, str], said: str) -> None:
    vet = entry("vet", hooks={"bo_balance": hookimpl(lambda: "vet's")})
    with pytest.raises(PluginError, match=said):
        PluginHost.of([vet]).load(answerers=answerers)


def test_a_misspelt_hook_is_an_error_that_names_it() -> None:
    def bo_validte(uow: Any) -> None: ...

    with pytest.raises(
        PluginError, match=r"bo_validte of the plugin 'vet' answers 'bo_validte', a hook that nobody publishes. Did you mean 'bo_validate'"
    ):
        PluginHost.of([entry("vet", hooks={"bo_validte": hookimpl(bo_validte)})]).load()


def test_a_hook_of_an_absent_plugin_may_be_answered_as_optional() -> None:
    answers = {"bo_zoo_feed": hookimpl(optionalhook=True)(lambda: "hay")}
    assert PluginHost.of([entry("vet", hooks=answers)]).load().implementers("bo_zoo_feed") == ["vet"]


@hookspec
def bo_zoo_feed(animal: str) -> None:
    """Feed an animal."""


@hookspec(firstresult=True)
def bo_zoo_keeper() -> None:
    """Port: say who keeps the animals."""


ZOO_HOOKS = module("acme_zoo.hookspecs", bo_zoo_feed=bo_zoo_feed, bo_zoo_keeper=bo_zoo_keeper)


@hookimpl
def bo_addhooks(pm: Any) -> None:
    pm.add_hookspecs(ZOO_HOOKS)


def test_a_plugin_publishes_hooks_and_its_dependants_answer_them() -> None:
    zoo = entry("zoo", hooks={"bo_addhooks": bo_addhooks, "bo_zoo_keeper": hookimpl(lambda: "anybody")})
    vet = entry("vet", hooks={"bo_zoo_feed": hookimpl(lambda animal: f"hay for {animal}"), "bo_zoo_keeper": hookimpl(lambda: "Ann")})
    host = PluginHost.of([zoo, vet]).load()
    assert host.hooks["bo_zoo_feed"] == "zoo"
    assert host.trace("bo_zoo_feed", animal="Rex") == [("vet", "hay for Rex")]
    assert host.hook.bo_zoo_keeper() == "Ann"  # the publisher's own answer is the default, not a second answerer
    assert PluginHost.of([zoo]).load().hook.bo_zoo_keeper() == "anybody"


def test_a_hook_outside_the_plugins_own_name_space_is_refused() -> None:
    with pytest.raises(PluginError, match="The plugin 'vet' publishes the hook 'bo_zoo_feed', which is not in its name space"):
        PluginHost.of([entry("vet", hooks={"bo_addhooks": bo_addhooks})]).load()


def test_hooks_of_further_modules_count_and_an_imported_one_only_once() -> None:
    retention = hookimpl(lambda: "seven years")
    checks = module("acme_vet.checks", bo_retention=retention)
    vet = entry("vet", hooks={"bo_retention": retention}, **{})
    vet.plugin = Plugin(prefix="vet", hooks=[checks])  # type: ignore[attr-defined]
    zoo = entry("zoo", hooks={"bo_retention": retention})  # only imported it from vet
    host = PluginHost.of([vet, zoo]).load()
    assert host.trace("bo_retention", uow=None, party=None) == [("vet", "seven years")]


# ---------------------------------------------------------------- what must hold between plugins


def test_one_name_twice_in_a_plugin_is_an_error() -> None:
    with pytest.raises(PluginError, match=r"'vet' has two reports called 'vet.turnover'"):
        PluginHost.of([entry("vet", reports=[a_report("vet.turnover"), a_report("vet.turnover")], permissions=READ)]).load()
    with pytest.raises(PluginError, match=r"The report 'vet.by-day' of 'vet' is declared again by 'vet', as 'vet.by_day'"):
        PluginHost.of([entry("vet", reports=[a_report("vet.by-day"), a_report("vet.by_day")], permissions=READ)]).load()


def test_one_permission_of_two_plugins_is_an_error_that_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, NO_CORE, module(NO_CORE, plugin=Plugin(prefix="bo", permissions=READ)))
    with pytest.raises(PluginError, match=r"The permission 'vet.read' of 'bocore' is declared again by 'vet'"):
        PluginHost.of([entry("vet", permissions=READ)]).load()


def test_names_of_somebody_elses_prefix_are_refused() -> None:
    with pytest.raises(PluginError, match=r"the report 'zoo.turnover' does not begin with 'vet'.*Call it vet.turnover"):
        PluginHost.of([entry("vet", reports=[a_report("zoo.turnover")], permissions=READ)]).load()
    with pytest.raises(PluginError, match=r"the purpose 'sales' does not begin with 'vet'"):
        PluginHost.of([entry("vet", purposes={"sales": "income"})]).load()


def test_a_listed_module_must_declare_something() -> None:
    with pytest.raises(PluginError, match=r"lists the module acme_vet.services, and no function defined in it has @service"):
        PluginHost.of([entry("vet", services=module("acme_vet.services"))]).load()
    with pytest.raises(PluginError, match=r"which has no @report"):
        PluginHost.of([entry("vet", reports=[a_service("finish")])]).load()
    with pytest.raises(PluginError, match=r"which is no entity"):
        PluginHost.of([entry("vet", entities=[Row])]).load()


def test_every_permission_that_is_named_is_declared_by_somebody() -> None:
    @job("vet.remind", permissions=["vet.sned"])
    def remind(bo: Any) -> None: ...

    vet = entry(
        "vet",
        services=[a_service("finish", runs_with=["vet.prices"])],
        jobs=[remind],
        permissions={"vet.record": "Keep records", "vet.send": "Send letters"},
        roles={"assistant": ["vet.reed"]},
    )
    with pytest.raises(PluginError) as refused:
        PluginHost.of([vet]).load()
    said = [finding.message for finding in refused.value.findings]
    assert len(said) == 3
    assert (
        said[0].startswith("The service 'vet.finish' (") and "names the permission 'vet.prices', which no loaded plugin declares" in said[0]
    )
    assert "The job 'vet.remind'" in said[1] and said[1].endswith("Did you mean 'vet.send'?")
    assert said[2].startswith("The role 'vet.assistant' contains the permission 'vet.reed'")
    assert refused.value.findings[0].fix == 'Add it: Plugin(permissions={"vet.prices": "what it allows"}).'


def test_a_field_that_nobody_could_ever_read_is_refused() -> None:
    @entity("vet_price")
    class Price(Entity):
        """What something costs."""

        amount: Money = money(read="vet.price", write="vet.prices")

    with pytest.raises(PluginError) as refused:
        PluginHost.of([entry("vet", entities=[Price], permissions={"vet.prices": "See prices"})]).load()
    (finding,) = refused.value.findings
    assert "Price.amount names the permission 'vet.price', which no loaded plugin declares. Did you mean 'vet.prices'?" in finding.message


def test_settings_have_defaults() -> None:
    @attrs.frozen
    class VetSettings:
        months: int
        days: int = 1

    class Bare:
        months = 1

    with pytest.raises(PluginError, match=r"months of .*VetSettings has no default"):
        PluginHost.of([entry("vet", settings=VetSettings)]).load()
    with pytest.raises(PluginError, match=r"Bare is no attrs class"):
        PluginHost.of([entry("vet", settings=Bare)]).load()


def test_a_permission_of_a_plugin_that_is_not_there_is_left_out() -> None:
    @job("vet.bill", permissions=["vet.record", "books.post"])
    def bill(bo: Any) -> None: ...

    vet = entry(
        "vet",
        services=[a_service("finish", runs_with=["books.post", "vet.record"])],
        jobs=[bill],
        permissions=RECORD,
        roles={"assistant": ["vet.record", "books.post"]},
    )
    alone = PluginHost.of([vet]).load()
    assert alone.services["vet.finish"].runs_with == alone.jobs["vet.bill"].permissions == alone.roles["vet.assistant"] == ("vet.record",)
    both = PluginHost.of([vet, entry("books", permissions={"books.post": "Post to the books"})]).load()
    assert both.services["vet.finish"].runs_with == ("books.post", "vet.record")
    assert both.roles["vet.assistant"] == ("vet.record", "books.post")
    with pytest.raises(PluginError, match=r"names the permission 'books.post', which no loaded plugin declares"):
        PluginHost.of([vet, entry("books")]).load()
    with pytest.raises(PluginError, match=r"the permission 'books.post', which no loaded plugin declares"):
        PluginHost.of([entry("vet", services=[a_service("finish", "books.post")])]).load()


def test_purposes_fall_back_to_one_that_exists() -> None:
    vet = entry("vet", purposes={"vet.sales": "sales", "vet.sales.food": "vet.sales"})
    host = PluginHost.of([vet]).load(standard_purposes=["sales", "cash"])
    assert host.purposes["vet.sales.food"] == "vet.sales"
    with pytest.raises(PluginError, match=r"The purpose 'vet.sales' of 'vet' falls back to 'sales', which nobody declares"):
        PluginHost.of([vet]).load(standard_purposes=["sale", "cash"])
    circle = entry("zoo", purposes={"zoo.a": "zoo.b", "zoo.b": "zoo.a"})
    with pytest.raises(PluginError, match=r"'zoo.a' of 'zoo' falls back to 'zoo.b', and so to itself"):
        PluginHost.of([circle]).load()


def test_data_for_another_plugin_comes_with_who_declared_it() -> None:
    vet, zoo = entry("vet", data={"tax.rates": ["AT-20"]}), entry("zoo", data={"tax.rates": ["AT-10", "AT-13"]})
    assert PluginHost.of([vet, zoo]).load().data("tax.rates") == [("vet", "AT-20"), ("zoo", "AT-10"), ("zoo", "AT-13")]


def test_entities_are_listed_in_plugin_order_under_their_owners_prefix() -> None:
    from bocore.entities import Entity, entity

    @entity("vet_animal")
    class Animal(Entity):
        name: str

    @entity("vet_visit")
    class Visit(Entity):
        reason: str

    model = module("acme_vet.model")
    for cls in (Animal, Visit):
        cls.__module__ = "acme_vet.model"
        setattr(model, cls.__name__, cls)
    importing = module("acme_zoo.model", Animal=Animal)
    host = PluginHost.of([entry("vet", entities=model), entry("zoo", entities=importing)]).load()
    expected: list[tuple[str, type]] = [("vet", Animal), ("vet", Visit)]
    assert host.entity_classes() == expected
    with pytest.raises(PluginError, match=r"acme_vet.model.*Animal: the entity 'vet_animal' does not begin with zoo_"):
        PluginHost.of([entry("zoo", entities=[Animal])]).load()
