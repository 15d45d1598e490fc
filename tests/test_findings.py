"""A finding says what is wrong, and how bad it is."""

import pytest

from bocore import Finding, Refused, Severity, UsageError


@pytest.mark.parametrize("severity", ["error", Severity.ERROR])
def test_an_error_refuses_however_it_is_spelt(bo, severity):
    with pytest.raises(Refused, match="Not so"), bo.unit_of_work(actor="ann") as uow:
        uow.refuse(Finding("vet.no", "Not so.", severity=severity))
    assert Finding("vet.no", "Not so.", severity=severity).as_dict()["severity"] == "error"


@pytest.mark.parametrize("severity", ["warning", Severity.WARNING])
def test_a_warning_refuses_nothing_however_it_is_spelt(bo, severity):
    with bo.unit_of_work(actor="ann") as uow:
        uow.refuse(Finding("vet.careful", "Careful.", severity=severity))
    assert [finding.severity for finding in uow.findings] == [Severity.WARNING]


@pytest.mark.parametrize("severity", ["fatal", None, ""])
def test_how_bad_it_is_can_only_be_one_of_two(severity):
    with pytest.raises(UsageError, match=r"an 'error' or a 'warning', not .* \(vet\.no\)"):
        Finding("vet.no", "Not so.", severity=severity)
