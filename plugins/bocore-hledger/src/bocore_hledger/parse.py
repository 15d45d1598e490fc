"""The lines of a journal and of the files that it includes, taken apart; every line that can't be is a finding.

What hledger reads is read here: transactions, ``account``, ``commodity``, ``D``, ``decimal-mark``, ``P``, ``Y`` and ``include``. What
hledger reads but leaves out of its reports unless asked (periodic transactions, automated postings) is passed over with a warning, what
makes no difference to balances (``payee``, ``tag``) without one, and anything else is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import attrs

from bocore import Finding, Folder, Refused, Severity
from bocore_hledger.amounts import Unreadable, scan_amount, scan_date, scan_symbol
from bocore_hledger.including import included
from bocore_hledger.journal import AccountDecl, Amount, Posting, Price, Transaction
from bocore_hledger.postings import GAP, NUMBERS, Wrong, check_account, check_comment, read_posting
from bocore_hledger.scope import Scope

TYPES = {"asset": "A", "liability": "L", "equity": "E", "revenue": "R", "expense": "X", "cash": "C", "conversion": "V"}
"""hledger's types of account and their letters."""

_TYPE = re.compile(r"(?:^|[\s,])type:[ \t]*([^,\n]*)")
_TIME = re.compile(r"\d\d?:\d\d(:\d\d)?(\s*[-+]\d{4})?\s+")
_CODE = re.compile(r"\(([^)]*)\)\s*")
_IGNORED = frozenset(("payee", "tag", "N", "end apply year"))


DEEPEST = 50
"""Files that include one another."""


@attrs.define
class Lines:
    """Everything that was read, while it is read."""

    folder: Folder
    transactions: list[Transaction] = attrs.field(factory=list)
    accounts: list[AccountDecl] = attrs.field(factory=list)
    prices: list[Price] = attrs.field(factory=list)
    declared: dict[str, int] = attrs.field(factory=dict)
    """By commodity, the decimals of the amount in its directive."""
    shown: dict[str, int] = attrs.field(factory=dict)
    """By commodity, the most decimals that an amount in it has."""
    priced: dict[str, int] = attrs.field(factory=dict)
    """By commodity, the most decimals that a price in it has."""
    files: list[Path] = attrs.field(factory=list)
    errors: list[Finding] = attrs.field(factory=list)
    warnings: list[Finding] = attrs.field(factory=list)


def parse(path: Path, year: int | None = None, within: str | Path = "") -> Lines:
    """Read a journal and what it includes.

    :param year: that of dates without one, until a directive gives another.
    """
    into = Lines(Folder.of(path, within))
    _File(path, into, Scope(year=year), ()).read()
    return into


class _File:
    """One file, read line by line."""

    def __init__(self, path: Path, into: Lines, scope: Scope, above: tuple[Path, ...]) -> None:
        self.path = path
        self.into = into
        self.scope = scope
        self.above = above
        self.number = 0
        self.start = 0
        self.lines: list[str] = []

    # -- what is wrong

    def wrong(self, kind: str, message: str, fix: str, line: int = 0) -> None:
        """Note an error at a line; at that where a directive begins, unless told."""
        self.into.errors.append(Finding(f"hledger.{kind}", message, at=f"{self.path}:{line or self.start}", fix=fix))

    def warn(self, kind: str, message: str, fix: str, line: int) -> None:
        """Note what is passed over at a line, or read otherwise than it may be meant."""
        at = f"{self.path}:{line}"
        self.into.warnings.append(Finding(f"hledger.{kind}", message, at=at, fix=fix, severity=Severity.WARNING))

    # -- lines

    def read(self) -> None:
        """Read the whole file."""
        self.into.files.append(self.path)
        try:
            whole = self.into.folder.read(self.path)
            text = whole.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        except Refused as refused:
            self.wrong("file", refused.findings[0].message, refused.findings[0].fix, 1)
            return
        except UnicodeDecodeError as error:
            line = whole[: error.start].count(b"\n") + 1
            self.wrong("encoding", "The file is not UTF-8 from here on.", "Save it as UTF-8.", line)
            return
        except OSError as error:
            self.wrong("file", f"The file can't be read: {error.strerror}.", "Check its name and rights.", 1)
            return
        self.lines = text.split("\n")
        while (text_line := self._take()) is not None:
            self.start = self.number
            try:
                self._block(text_line.rstrip())
            except Wrong as wrong:
                self.wrong(wrong.kind, wrong.message, wrong.fix)
                self._indented()
            except Unreadable as unreadable:
                self.wrong("syntax", f"{_sentence(str(unreadable))}.", "Correct the line.")
                self._indented()

    def _take(self) -> str | None:
        if self.number >= len(self.lines):
            return None
        self.number += 1
        return self.lines[self.number - 1].rstrip("\r")

    def _indented(self) -> list[tuple[int, str]]:
        """Take the lines that belong to the one before: indented, up to an empty one; each with its number."""
        found = []
        while self.number < len(self.lines):
            line = self.lines[self.number].rstrip("\r")
            if not line.strip() or line[0] not in " \t":
                break
            self.number += 1
            found.append((self.number, line.strip()))
        return found

    def _block(self, line: str) -> None:
        if not line or line[0] in ";#*":
            return
        if line[0] in " \t":
            if not line.strip() or line.lstrip()[0] == ";":
                return
            message = "An indented line belongs to the line above it; there is none."
            self.wrong("syntax", message, "Begin it at the margin, or close the gap above.")
        elif line[0].isdigit():
            self._transaction(line)
        elif line[0] in "=~":
            auto = "automated postings, which hledger adds with --auto only"
            what = auto if line[0] == "=" else "a periodic transaction, which hledger uses for forecasts and budgets only"
            self.warn("rule", f"This is {what}: nothing is posted for it.", "", self.start)
            self._indented()
        else:
            self._directive(line)

    # -- directives

    def _directive(self, line: str) -> None:
        word, _, rest = line.partition(" ") if "\t" not in line.split(" ")[0] else line.partition("\t")
        if line[0] == "Y" and line[1:2].isdigit():
            word, rest = "Y", line[1:]
        known: dict[str, Callable[[str], None]] = {
            "account": self._account,
            "commodity": self._commodity,
            "D": self._default_commodity,
            "decimal-mark": self._decimal_mark,
            "P": self._price,
            "Y": self._year,
            "year": self._year,
            "apply year": self._year,
            "include": self._include,
            "comment": self._comment,
        }
        rest = rest.strip()
        if f"{word} {rest}".startswith("apply year "):
            word, rest = "apply year", rest[5:]
        if word in known:
            known[word](rest)
        elif f"{word} {rest}" == "end comment":
            raise Wrong("directive", "No comment begins above that could end here.", "Take the line out, or write comment where it begins.")
        elif word in _IGNORED or f"{word} {rest}" in _IGNORED:
            self._indented()
        else:
            self._indented()
            fix = "Take it out, or write what it stands for; what is read is listed in the documentation of bocore-hledger."
            self.wrong("directive", f"{line.split(';')[0].strip()[:60]!r} is nothing that this import understands.", fix)

    def _account(self, rest: str) -> None:
        name, comment = _split_comment(rest)
        comments = [comment, *(text[1:].strip() for _, text in self._indented() if text[0] == ";")]
        if not name:
            raise Wrong("syntax", "The directive names no account.", "Write its name after the word account.")
        check_account(name)
        comment = "\n".join(each for each in comments if each)
        declared = _TYPE.search("\n".join(comments))
        kind = ""
        if declared is not None:
            value = declared[1].strip()
            kind = value.upper() if value.upper() in TYPES.values() else TYPES.get(value.lower(), "")
            if not kind:
                known = ", ".join(f"{letter} {name.title()}" for name, letter in TYPES.items())
                self.wrong("account_type", f"There is no type of account {value!r}.", f"Types are: {known}.")
        self.into.accounts.append(AccountDecl(name=name, type=kind, comment=comment, file=str(self.path), line=self.start))

    def _commodity(self, rest: str) -> None:
        formats = [text[7:].strip() for _, text in self._indented() if text.startswith("format ")]
        for text in [rest, *formats]:
            text = text.split(";")[0].strip() if '"' not in text else text
            amount = self._format(text)
            if amount is None and scan_symbol(text) is None:
                raise Wrong("syntax", f"{text!r} is no commodity.", f"Write an amount as an example: commodity $1,000.00. {NUMBERS}")

    def _default_commodity(self, rest: str) -> None:
        amount = self._format(rest)
        if amount is None:
            raise Wrong("syntax", f"{rest!r} is no amount.", "Write one with commodity and decimal mark: D $1,000.00.")
        self.scope.commodity = amount.code

    def _format(self, text: str) -> Amount | None:
        """An amount that stands as an example for others of its commodity."""
        written = scan_amount(text)
        if written is None:
            return None
        amount, decimals, mark = written.amount, written.decimals, written.mark
        if not mark and "," in text + "." and ("," in text) != ("." in text):
            mark = "." if "," in text else ","  # several groups, so the other one is the decimal mark
        if mark:
            self.scope.marks[amount.code] = mark
        self.into.declared[amount.code] = decimals
        return amount

    def _decimal_mark(self, rest: str) -> None:
        mark = rest.split(";")[0].strip()
        if mark not in (".", ","):
            raise Wrong("syntax", f"{mark!r} is no decimal mark.", "Write decimal-mark . or decimal-mark ,")
        self.scope.mark = mark

    def _price(self, rest: str) -> None:
        found = scan_date(rest, self.scope.year)
        if found is None:
            raise Wrong("syntax", "A price begins with its date.", "Write P 2024-12-31 EUR $1.04.")
        day, end = found
        text = rest[end:].strip()
        time = _TIME.match(text)
        of = scan_symbol(text[time.end() :] if time else text)
        written = scan_amount(of[1], 0, self.scope.mark_of) if of else None
        if of is None or written is None or of[1][written.end :].split(";")[0].strip():
            raise Wrong("syntax", f"{text!r} is no price.", "Write commodity, then what one of it is worth: P 2024-12-31 EUR $1.04.")
        amount = written.amount
        if not amount.code:
            amount = Amount(amount.number, self.scope.commodity)
        self.into.prices.append(Price(date=day, code=of[0], amount=amount, file=str(self.path), line=self.number))

    def _year(self, rest: str) -> None:
        text = rest.split(";")[0].strip()
        if not text.isdecimal() or not 1000 <= int(text) <= 9999:
            raise Wrong("syntax", f"{text!r} is no year.", "Write it with four digits: Y 2024.")
        self.scope.year = int(text)

    def _comment(self, rest: str) -> None:
        while (line := self._take()) is not None:
            if line.rstrip() == "end comment":
                return

    def _include(self, rest: str) -> None:
        for each in included(rest, self.path, self.into.folder):
            self._read_included(each)

    def _read_included(self, path: Path) -> None:
        around = (*self.above, self.path)
        if path.resolve() in [each.resolve() for each in around]:
            message = f"{path.name} includes itself: {' > '.join(each.name for each in (*around, path))}."
            raise Wrong("include", message, "Take one of the include directives out.")
        if len(around) > DEEPEST:
            raise Wrong("include", f"Files include one another more than {DEEPEST} deep.", "Include them from one file.")
        _File(path, self.into, self.scope.copy(), around).read()

    # -- transactions

    def _transaction(self, line: str) -> None:
        start = self.number
        indented = self._indented()
        try:
            head = self._head(line)
        except (Wrong, Unreadable) as error:
            kind, fix = (error.kind, error.fix) if isinstance(error, Wrong) else ("date", _date_fix(str(error)))
            self.wrong(kind, error.message if isinstance(error, Wrong) else f"{_sentence(str(error))}.", fix, start)
            head = None
        comments = [head.comment] if head is not None and head.comment else []
        postings: list[Posting] = []
        complete = head is not None
        for number, text in indented:
            try:
                if text[0] == ";":
                    _add_comment(text[1:].strip(), comments, postings)
                else:
                    postings.append(self._posting(text, number))
            except Wrong as error:
                self.wrong(error.kind, error.message, error.fix, number)
                complete = False
        if complete and head is not None and not postings:
            self.warn("no_lines", "The transaction has no lines: nothing is posted for it.", "Give it lines, or take it out.", start)
        if complete and head is not None:
            whole = attrs.evolve(head, comment="\n".join(comments), postings=tuple(postings), file=str(self.path), line=start)
            self.into.transactions.append(whole)

    def _head(self, line: str) -> Transaction:
        found = scan_date(line, self.scope.year)
        if found is None:
            raise Wrong("date", f"{line.split()[0]!r} is no date.", "Write it as 2024-12-31, 2024/12/31 or 2024.12.31.")
        day, end = found
        rest, second = line[end:], None
        if rest.startswith("="):
            also = scan_date(rest[1:], day.year)
            if also is None:
                raise Wrong("date", "There is no date after =.", "Write the second date, or take the = away.")
            second, rest = also[0], rest[1 + also[1] :]
        if rest and rest[0] not in " \t":
            raise Wrong("date", f"{line.split()[0]!r} is no date.", "Write it as 2024-12-31, followed by a space.")
        rest = rest.strip()
        status = rest[0] if rest[:1] in ("*", "!") else ""
        rest = rest[len(status) :].lstrip()
        code = _CODE.match(rest)
        if rest.startswith("(") and code is None:
            raise Wrong("syntax", "The code of the transaction has no closing bracket.", "Close it before the description.")
        rest = rest[code.end() :] if code else rest
        description, _, comment = rest.partition(";")
        return Transaction(
            date=day,
            date2=second,
            status=status,
            code=code[1].strip() if code else "",
            description=description.strip(),
            comment=comment.strip(),
        )

    def _posting(self, text: str, number: int) -> Posting:
        read = read_posting(text, self.scope, number)
        for found, into in ((read.shown, self.into.shown), (read.priced, self.into.priced)):
            for code, decimals in found:
                into[code] = max(into.get(code, 0), decimals)
        for each in read.unclear:
            message = f"{each!r} is read with decimals, as hledger does, not as thousands."
            fix = "If it is thousands, say so at the top of the file: decimal-mark . or decimal-mark ,"
            self.warn("decimal_mark", message, fix, number)
        if read.hidden:
            message = f"{read.posting.account!r} is read as the name of an account, as hledger does: its amount is left out."
            self.warn("one_space", message, f"If {read.hidden} is the amount, put two spaces before it.", number)
        return read.posting


def _split_comment(text: str) -> tuple[str, str]:
    """A directive's name and the comment two spaces behind it."""
    gap = GAP.search(text)
    if gap is None:
        return text, ""
    rest = text[gap.end() :].strip()
    if not rest.startswith(";"):
        message = f"{rest[:60]!r} behind the name is not understood."
        raise Wrong("syntax", message, "Put it into a comment, such as ; type: A, or write the name with single spaces.")
    return text[: gap.start()], rest[1:].strip()


def _add_comment(text: str, comments: list[str], postings: list[Posting]) -> None:
    """A comment line belongs to the posting before it, or to the transaction where none is."""
    if not postings:
        comments.append(text)
        return
    check_comment(text)
    last = postings[-1]
    postings[-1] = attrs.evolve(last, comment=f"{last.comment}\n{text}" if last.comment else text)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _date_fix(message: str) -> str:
    if message.endswith("no year"):
        return "Write the year, put a default year above (Y 2024), or import with --year 2024."
    return "Correct the date: 2024-12-31."
