"""bocore: the back-office framework for Python.

Everything public is here; it is imported on first use, so that ``import bocore`` stays cheap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from bocore.access import Actor, Scoped
    from bocore.access.credentials import (
        confirm_totp,
        end_sessions,
        enrol_totp,
        list_sessions,
        make_recovery_codes,
        remove_password,
        remove_totp,
        set_password,
        unlock_user,
    )
    from bocore.access.sign_in import SignedIn
    from bocore.access.tokens import list_tokens, make_token, revoke_token
    from bocore.amounts import MAX_MINOR, Money, UnitPrice
    from bocore.app import BackOffice
    from bocore.audit.population import Population, PopulationQuery
    from bocore.audit.sampling import Sample, SampleRow, draw_sample
    from bocore.audit.steps import TraceStep, Trail
    from bocore.audit.walk import trace
    from bocore.collector import uncollected
    from bocore.currencies import ISO_4217, MAX_CODE_LENGTH, MAX_EXPONENT, Token, Tokens
    from bocore.doctor import Check
    from bocore.entities import Entity, entity, exact, field, money, number, numbered, parent, recorded, ref, states
    from bocore.erasure.erasing import erase_person
    from bocore.erasure.keeping import OpenedRow, retained_data
    from bocore.erasure.results import ErasureResult, KeptRow
    from bocore.erasure.scrubbing import scrub
    from bocore.erasure.showing import PersonalRow, export_person, personal_data, retained_rows
    from bocore.errors import (
        ApprovalNeeded,
        BocoreError,
        Conflict,
        DeclarationError,
        FieldHidden,
        Finding,
        IdNotSet,
        JobCancelled,
        KeyReused,
        KeyUnavailable,
        MoneyError,
        NotAllowed,
        NotAuthenticated,
        NotFound,
        NotNumbered,
        PluginError,
        PostingConflict,
        Refused,
        Severity,
        StorageError,
        TimedOut,
        UnknownActor,
        UnknownCurrency,
        UsageError,
    )
    from bocore.imports.batches import batched
    from bocore.imports.folder import Folder
    from bocore.imports.tables import TextTable, Unread
    from bocore.jobs.office import JobBackOffice, JobInHand
    from bocore.jobs.queue import Jobs, QueuedJob
    from bocore.jobs.worker import JobRun, Worker
    from bocore.kernel.approvals import Approval, ApprovalAnswer, same_person
    from bocore.kernel.approved import ApprovalNote, Approvals
    from bocore.kernel.approving import request_approval, use_approval
    from bocore.kernel.attachments import (
        Attachment,
        attach,
        attachment_headers,
        attachments,
        clean_file_name,
        drop_attachment,
        read_attachment,
        stream_attachment,
    )
    from bocore.kernel.bank import (
        BankAccount,
        BankChange,
        BankDetails,
        add_bank_account,
        bank_account_of,
        bank_details,
        bank_history,
        change_bank_account,
        changed_since,
    )
    from bocore.kernel.books import Book, layers, unknown_book
    from bocore.kernel.calendar import Calendar, CalendarException, working_days
    from bocore.kernel.company import Company
    from bocore.kernel.currency import Currency, FoundRate, Rate, RateKind, RateStep, find_rate, trace_rate
    from bocore.kernel.dimensions import (
        DimensionAxis,
        DimensionSet,
        DimensionValue,
        dimension_sets,
        dimension_value,
        matching_sets,
        values_under,
    )
    from bocore.kernel.external import ExternalId, external_ids, find_external, set_external_id
    from bocore.kernel.items import (
        ItemBalance,
        ItemKind,
        ItemRow,
        OpenItem,
        Settlement,
        SettlementKind,
        check_items,
        open_items,
        open_items_select,
    )
    from bocore.kernel.locking import grant_exception, lock_period, unlock_period, withdraw_exception
    from bocore.kernel.party import Party, PartyAddress, PartyIdentifier, PartyKind
    from bocore.kernel.periods import LatePosting, LockException, OpenDay, PeriodLock, first_open_day, locked_through, note_late, open_day
    from bocore.kernel.posting import fill_text
    from bocore.kernel.purposes import fallbacks
    from bocore.kernel.retained import Retained
    from bocore.kernel.series import Series
    from bocore.kernel.settings import KernelSettings, write_setting
    from bocore.kernel.settling import Paid, settle_lines
    from bocore.kernel.site import Site, site_dimensions, site_today
    from bocore.kernel.units import Unit, convert, known_units
    from bocore.kernel.users import ApiToken, Grant, Role, RolePermission, User
    from bocore.kernel.voucher import BalanceQuery, Line, Posted, Receipt, Source, TaxFact, Voucher, VoucherRecord, posted_from
    from bocore.keys.provider import KeyProvider
    from bocore.logs import log_to
    from bocore.plugins import Plugin, PluginHost, concerns, exporter, hookimpl, hookspec, importer, job, report, service
    from bocore.record.signed import CommitNote, commits_of
    from bocore.reports.drill import Drill
    from bocore.reports.heading import Headed
    from bocore.rounding import (
        CEILING,
        DOWN,
        FLOOR,
        HALF_DOWN,
        HALF_EVEN,
        HALF_UP,
        UP,
        Rounding,
        cumulative_rounding,
        largest_remainder,
        round_decimal,
        round_ratio,
        round_to_step,
    )
    from bocore.spreadsheets import CsvWriter, escape_formulas, unescape_formulas
    from bocore.tenants import TableSum, Tenant, TenantFile, drop_tenant, list_tenants
    from bocore.units import UNITS, UnitOfMeasure, Units, convert_quantity
    from bocore.uow import Change, Changes, Query, UnitOfWork
    from bocore.uow.events import event
    from bocore.workdays import WorkingDays

_HOMES = {
    "bocore.access": "Actor Scoped",
    "bocore.access.credentials": "confirm_totp end_sessions enrol_totp list_sessions make_recovery_codes remove_password remove_totp "
    "set_password unlock_user",
    "bocore.access.sign_in": "SignedIn",
    "bocore.access.tokens": "list_tokens make_token revoke_token",
    "bocore.amounts": "MAX_MINOR Money UnitPrice",
    "bocore.audit.population": "Population PopulationQuery",
    "bocore.audit.sampling": "Sample SampleRow draw_sample",
    "bocore.audit.steps": "TraceStep Trail",
    "bocore.audit.walk": "trace",
    "bocore.app": "BackOffice",
    "bocore.doctor": "Check",
    "bocore.collector": "uncollected",
    "bocore.currencies": "ISO_4217 MAX_CODE_LENGTH MAX_EXPONENT Token Tokens",
    "bocore.entities": "Entity entity exact field money number numbered parent recorded ref states",
    "bocore.erasure.erasing": "erase_person",
    "bocore.erasure.keeping": "OpenedRow retained_data",
    "bocore.erasure.results": "ErasureResult KeptRow",
    "bocore.erasure.scrubbing": "scrub",
    "bocore.erasure.showing": "PersonalRow export_person personal_data retained_rows",
    "bocore.errors": "ApprovalNeeded BocoreError Conflict DeclarationError FieldHidden Finding IdNotSet JobCancelled KeyReused "
    "KeyUnavailable MoneyError NotAllowed NotAuthenticated NotFound NotNumbered PluginError PostingConflict Refused Severity "
    "StorageError TimedOut UnknownActor UnknownCurrency UsageError",
    "bocore.imports.batches": "batched",
    "bocore.logs": "log_to",
    "bocore.spreadsheets": "CsvWriter escape_formulas unescape_formulas",
    "bocore.imports.folder": "Folder",
    "bocore.imports.tables": "TextTable Unread",
    "bocore.jobs.office": "JobBackOffice JobInHand",
    "bocore.jobs.queue": "Jobs QueuedJob",
    "bocore.jobs.worker": "JobRun Worker",
    "bocore.kernel.approvals": "Approval ApprovalAnswer same_person",
    "bocore.kernel.approved": "ApprovalNote Approvals",
    "bocore.kernel.approving": "request_approval use_approval",
    "bocore.kernel.attachments": "Attachment attach attachment_headers attachments clean_file_name drop_attachment "
    "read_attachment stream_attachment",
    "bocore.kernel.bank": "BankAccount BankChange BankDetails add_bank_account bank_account_of bank_details bank_history "
    "change_bank_account changed_since",
    "bocore.kernel.books": "Book layers unknown_book",
    "bocore.kernel.calendar": "Calendar CalendarException working_days",
    "bocore.kernel.company": "Company",
    "bocore.kernel.currency": "Currency FoundRate Rate RateKind RateStep find_rate trace_rate",
    "bocore.kernel.dimensions": "DimensionAxis DimensionSet DimensionValue dimension_sets dimension_value matching_sets values_under",
    "bocore.kernel.external": "ExternalId external_ids find_external set_external_id",
    "bocore.kernel.itemising": "find_items",
    "bocore.kernel.items": "ItemBalance ItemKind ItemRow OpenItem Settlement SettlementKind check_items open_items open_items_select",
    "bocore.kernel.locking": "grant_exception lock_period unlock_period withdraw_exception",
    "bocore.kernel.party": "Party PartyAddress PartyIdentifier PartyKind",
    "bocore.kernel.periods": "LatePosting LockException OpenDay PeriodLock first_open_day locked_through note_late open_day",
    "bocore.kernel.posting": "fill_text",
    "bocore.kernel.purposes": "fallbacks",
    "bocore.kernel.retained": "Retained",
    "bocore.kernel.series": "Series",
    "bocore.kernel.settings": "KernelSettings write_setting",
    "bocore.kernel.settling": "Paid settle_lines",
    "bocore.kernel.site": "Site site_dimensions site_today",
    "bocore.kernel.users": "ApiToken Grant Role RolePermission User",
    "bocore.kernel.units": "Unit convert known_units",
    "bocore.kernel.voucher": "BalanceQuery Line Posted Receipt Source TaxFact Voucher VoucherRecord posted_from",
    "bocore.keys.provider": "KeyProvider",
    "bocore.plugins": "Plugin PluginHost concerns exporter hookimpl hookspec importer job report service",
    "bocore.record.signed": "CommitNote commits_of",
    "bocore.reports.drill": "Drill",
    "bocore.reports.heading": "Headed",
    "bocore.rounding": "CEILING DOWN FLOOR HALF_DOWN HALF_EVEN HALF_UP UP Rounding cumulative_rounding largest_remainder round_decimal "
    "round_ratio round_to_step",
    "bocore.tenants": "TableSum Tenant TenantFile drop_tenant list_tenants",
    "bocore.units": "UNITS UnitOfMeasure Units convert_quantity",
    "bocore.uow": "Change Changes Query UnitOfWork",
    "bocore.uow.events": "event",
    "bocore.workdays": "WorkingDays",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "CEILING", "DOWN", "FLOOR", "HALF_DOWN", "HALF_EVEN", "HALF_UP", "ISO_4217", "MAX_CODE_LENGTH", "MAX_EXPONENT", "MAX_MINOR", "UNITS",
    "UP", "Actor", "ApiToken", "Approval", "ApprovalAnswer", "ApprovalNeeded", "ApprovalNote", "Approvals", "Attachment", "BackOffice",
    "BalanceQuery", "BankAccount", "BankChange", "BankDetails", "BocoreError", "Book", "Calendar", "CalendarException", "Change",
    "Changes", "Check", "CommitNote", "Company", "Conflict", "CsvWriter", "Currency", "DeclarationError", "DimensionAxis", "DimensionSet",
    "DimensionValue", "Drill", "Entity", "ErasureResult", "ExternalId", "FieldHidden", "Finding", "Folder", "FoundRate", "Grant",
    "Headed", "IdNotSet", "ItemBalance", "ItemKind", "ItemRow", "JobBackOffice", "JobCancelled", "JobInHand", "JobRun", "Jobs", "KeptRow",
    "KernelSettings", "KeyProvider", "KeyReused", "KeyUnavailable", "LatePosting", "Line", "LockException", "Money", "MoneyError",
    "NotAllowed", "NotAuthenticated", "NotFound", "NotNumbered", "OpenDay", "OpenItem", "OpenedRow", "Paid", "Party", "PartyAddress",
    "PartyIdentifier", "PartyKind", "PeriodLock", "PersonalRow", "Plugin", "PluginError", "PluginHost", "Population", "PopulationQuery",
    "Posted", "PostingConflict", "Query", "QueuedJob", "Rate", "RateKind", "RateStep", "Receipt", "Refused", "Retained", "Role",
    "RolePermission", "Rounding", "Sample", "SampleRow", "Scoped", "Series", "Settlement", "SettlementKind", "Severity", "SignedIn",
    "Site", "Source", "StorageError", "TableSum", "TaxFact", "Tenant", "TenantFile", "TextTable", "TimedOut", "Token", "Tokens",
    "TraceStep", "Trail", "Unit", "UnitOfMeasure", "UnitOfWork", "UnitPrice", "Units", "UnknownActor", "UnknownCurrency", "Unread",
    "UsageError", "User", "Voucher", "VoucherRecord", "Worker", "WorkingDays", "add_bank_account", "attach", "attachment_headers",
    "attachments", "bank_account_of", "bank_details", "bank_history", "batched", "change_bank_account", "changed_since", "check_items",
    "clean_file_name", "commits_of", "concerns", "confirm_totp", "convert", "convert_quantity", "cumulative_rounding", "dimension_sets",
    "dimension_value", "draw_sample", "drop_attachment", "drop_tenant", "end_sessions", "enrol_totp", "entity", "erase_person",
    "escape_formulas", "event", "exact", "export_person", "exporter", "external_ids", "fallbacks", "field", "fill_text", "find_external",
    "find_items", "find_rate", "first_open_day", "grant_exception", "hookimpl", "hookspec", "importer", "job", "known_units",
    "largest_remainder", "layers", "list_sessions", "list_tenants", "list_tokens", "lock_period", "locked_through", "log_to",
    "make_recovery_codes", "make_token", "matching_sets", "money", "note_late", "number", "numbered", "open_day", "open_items",
    "open_items_select", "parent", "personal_data", "posted_from", "read_attachment", "recorded", "ref", "remove_password", "remove_totp",
    "report", "request_approval", "retained_data", "retained_rows", "revoke_token", "round_decimal", "round_ratio", "round_to_step",
    "same_person", "scrub", "service", "set_external_id", "set_password", "settle_lines", "site_dimensions", "site_today", "states",
    "stream_attachment", "trace", "trace_rate", "uncollected", "unescape_formulas", "unknown_book", "unlock_period", "unlock_user",
    "use_approval", "values_under", "withdraw_exception", "working_days", "write_setting",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"bocore has no public name {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
