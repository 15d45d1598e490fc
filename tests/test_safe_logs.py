"""A log says what happened, where and how often, and nothing that anybody typed; nobody writes a line of it but bocore."""

import json
import logging
import subprocess
import sys
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bocore import (
    BackOffice,
    Line,
    Money,
    NotAllowed,
    NotAuthenticated,
    Party,
    Refused,
    StorageError,
    User,
    Voucher,
    Worker,
    job,
    log_to,
)
from bocore.logs import KNOWN, MASK, tell
from bocore.plugins import Plugin

NAMES = ["Zoë Müller", "zoe@example.org", "Rent of Mrs Smith", "DE89370400440532013000", "hunter2-and-more", "1234567.89", "ann-of-acme"]
"""What people type: none of it may be in a log."""


def lines(out):
    return [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def log():
    out = StringIO()
    with log_to(out, "DEBUG"):
        yield out


# ---------------------------------------------------------------- a day with trouble


@job("logs.fail")
def fail(bo):
    """Fail with everything that must not be told."""
    raise RuntimeError(f'no money for {" ".join(NAMES)}\n{{"event": "forged"}}')


@job("logs.refuse")
def refuse(bo):
    """Be refused with a name in the message."""
    with bo.unit_of_work() as uow:
        uow.add(Party(name=""))


PLUGIN = Plugin(prefix="logs", jobs=[fail, refuse])


@pytest.fixture
def bo(tmp_path):
    with BackOffice(tmp_path / "logs.db", plugins=["accounting", PLUGIN]) as app:
        yield app.init(company="Müller & Söhne", currency="EUR", actor="ann-of-acme", owner="ann-of-acme")


def test_a_day_with_trouble_leaves_no_name_no_amount_and_no_password(bo, log):
    with bo.unit_of_work(actor="ann-of-acme", reason=NAMES[2]) as uow:
        uow.add(User(name=NAMES[1]))
        uow.add(Party(name=NAMES[0]))
    for wrong in (
        lambda uow: uow.add(Party(name="")),
        lambda uow: uow.get(Party, 10**6),
        lambda uow: uow.post(
            Voucher(
                key=NAMES[2],
                kind="logs.x",
                source=None,
                lines=[Line("cash", Money(NAMES[5], "EUR")), Line("sales", Money("-1.00", "EUR"))],
            )
        ),
        lambda uow: {}[NAMES[3]],
        lambda uow: Decimal(NAMES[0]),
    ):
        with pytest.raises(Exception), bo.unit_of_work(actor="ann-of-acme", reason=NAMES[2]) as uow:  # noqa: B017
            wrong(uow)
    with pytest.raises(NotAllowed), bo.unit_of_work(actor=NAMES[1]) as uow:
        uow.add(Party(name=NAMES[0]))
    with pytest.raises(Refused), bo.unit_of_work(actor="ann-of-acme") as uow:
        uow.add(Party(name="x" * 1000))
    for _ in range(30):
        with pytest.raises(NotAuthenticated):
            bo.sign_in(user="ann-of-acme", password=NAMES[4], source="203.0.113.9")
    for name in ("logs.fail", "logs.refuse"):
        with bo.unit_of_work(actor="ann-of-acme") as uow:
            uow.enqueue(name)
    Worker(bo).run(burst=True)
    told = lines(log)
    events = {each["event"] for each in told}
    assert {"unit.refused", "unit.failed", "access.refused", "sign_in.refused", "sign_in.locked_out", "job.begun", "job.failed"} <= events
    assert {"bo.not_allowed", "bo.invalid"} <= {code for each in told for code in each.get("codes", ())}
    assert all(each.keys() <= KNOWN | {"at", "level", "logger"} for each in told)
    for name in [*NAMES, "Müller", "forged", "203.0.113.9", "INSERT", "SELECT"]:
        assert name not in log.getvalue()
    (failure,) = [each for each in told if each["event"] == "job.failed" and each["error"] == "RuntimeError"]
    assert (failure["name"], failure["level"], failure["attempt"]) == ("logs.fail", "warning", 1)
    assert failure["trace"][-1].rpartition(":")[0].endswith("test_safe_logs:fail")


# ---------------------------------------------------------------- whatever is given


@given(
    st.sampled_from(sorted(KNOWN - {"event"})),
    st.text() | st.lists(st.text(), max_size=3) | st.dictionaries(st.text(), st.text()) | st.floats(),
)
def test_no_text_gets_into_a_log_but_names_of_code(field, value):
    out = StringIO()
    with log_to(out):
        tell("test", "test.said", **{field: value})
    (line,) = out.getvalue().splitlines()
    assert line.isascii()
    assert line.isprintable()
    said = json.loads(line)
    for one in said[field] if isinstance(said[field], list) else [said[field]]:
        assert one == MASK or all(c.isalnum() or c in "_.:-" for c in one)


@pytest.mark.parametrize("text", ['x\n{"event":"forged"}', "\x1b[2J", "\u202e", "a b", "%s %d", "\r\n", "name\u2028"])
def test_nobody_makes_up_a_line(log, text):
    tell("test", text, logging.ERROR, name=text, error=ValueError(text), nonsense=text)
    assert log.getvalue().count("\n") == 1
    (line,) = lines(log)
    assert (line["event"], line["name"], line["error"]) == (MASK, MASK, "ValueError")
    assert "nonsense" not in line


# ---------------------------------------------------------------- who hears it


def test_who_embeds_bocore_hears_nothing_until_he_asks(tmp_path):
    code = (
        "import sys, logging\nfrom bocore import BackOffice, Party\n"
        f"bo = BackOffice({str(tmp_path / 'x.db')!r}, plugins=[]).init(company='A', currency='EUR')\n"
        "def wrong():\n    with bo.unit_of_work(actor='ann') as uow:\n        1 / 0\n"
        "try:\n    wrong()\nexcept ZeroDivisionError:\n    pass\n"
        "assert 'structlog' not in sys.modules\n"
        "logging.basicConfig(format='%(name)s %(message)s', level='INFO', stream=sys.stdout)\n"
        "try:\n    wrong()\nexcept ZeroDivisionError:\n    pass\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    (heard,) = done.stdout.splitlines()
    name, _, message = heard.partition(" ")
    assert (name, json.loads(message)["error"]) == ("bocore.unit", "ZeroDivisionError")


def test_a_log_is_its_owners_alone_and_goes_on_where_it_ended(tmp_path):
    path = tmp_path / "bo.log"
    for n in range(2):
        with log_to(path):
            tell("test", "test.said", attempt=n)
    assert [json.loads(line)["attempt"] for line in path.read_text().splitlines()] == [0, 1]
    assert path.stat().st_mode & 0o777 == 0o600
    tell("test", "test.said")
    assert len(path.read_text().splitlines()) == 2
    with pytest.raises(StorageError, match="can't be written"), log_to(tmp_path / "nowhere" / "bo.log"):
        pass
