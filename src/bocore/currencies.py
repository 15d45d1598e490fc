"""What an amount of money is counted in: a currency of ISO 4217, or a token that the application declares."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NoReturn, final

from bocore.errors import DeclarationError, UnknownCurrency, UsageError

MAX_EXPONENT = 18
MAX_CODE_LENGTH = 24


@final
class Token:
    """A currency or commodity that amounts are counted in; immutable.

    :param code: ``"EUR"``, or a declared code such as ``"VACHR"``: 1 to 24 printable characters without white space.
    :param exponent: decimal places of the minor unit, 0 to 18: 2 for the euro, 0 for the yen.
    :param name: for people, e.g. ``"Euro"``; plays no part in equality.
    """

    __slots__ = ("code", "exponent", "name")

    code: str
    exponent: int
    name: str

    def __init__(self, code: str, exponent: int, name: str = "") -> None:
        if type(code) is not str or not 0 < len(code) <= MAX_CODE_LENGTH or not code.isprintable() or any(c.isspace() for c in code):
            raise DeclarationError(
                f"{code!r} can't be the code of a currency or token.",
                fix=f"Use 1 to {MAX_CODE_LENGTH} printable characters without white space.",
            )
        if type(exponent) is not int or not 0 <= exponent <= MAX_EXPONENT:
            raise DeclarationError(f"{code} can't have the exponent {exponent!r}.", fix=f"Give its decimal places, 0 to {MAX_EXPONENT}.")
        put = object.__setattr__
        put(self, "code", code)
        put(self, "exponent", exponent)
        put(self, "name", name)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"A Token is immutable: {name!r} can't be set.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A Token is immutable: {name!r} can't be deleted.")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Token):
            return NotImplemented
        return self is other or (self.code == other.code and self.exponent == other.exponent)

    def __hash__(self) -> int:
        return hash(self.code)

    def __repr__(self) -> str:
        return f"Token({self.code!r}, {self.exponent})"

    def __str__(self) -> str:
        return self.code

    def __copy__(self) -> Token:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Token:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (self.code, self.exponent, self.name))


class Tokens(dict[str, Token]):
    """The codes that one application knows: ISO 4217, and what it declares itself.

    Looking up an unknown code raises :class:`~bocore.errors.UnknownCurrency`.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(ISO_4217)

    def declare(self, code: str, exponent: int, name: str = "") -> Token:
        """Make a token known, such as a share, a voucher or a loyalty point; the same declaration twice is one.

        :raises DeclarationError: the code is one of ISO 4217, or known with another exponent.
        """
        if code in ISO_4217:
            raise DeclarationError(
                f"{code} is a currency of ISO 4217 and can't be declared.", fix="Use it as it is, or choose another code."
            )
        known = self.get(code)
        if known is None:
            known = Token(code, exponent, name)
            super().__setitem__(code, known)
        elif known.exponent != exponent:
            raise DeclarationError(
                f"{code} is declared with {known.exponent} decimal places already, and can't have {exponent}.",
                fix="Declare it once, with the places it has everywhere, or choose another code.",
            )
        return known

    def __setitem__(self, code: str, token: Token) -> NoReturn:
        raise UsageError(f"{code!r} can't be set directly.", fix="Write tokens.declare(code, exponent, name).")

    def __delitem__(self, code: str) -> NoReturn:
        raise UsageError(f"{code!r} can't be taken away: amounts may be counted in it.")

    def __missing__(self, code: str) -> NoReturn:
        raise _unknown(code, self)


def iso(code: str) -> Token:
    """The currency of ISO 4217 with that code.

    :raises UnknownCurrency: there is none; the message says what to write.
    """
    try:
        return ISO_4217[code]
    except (KeyError, TypeError):
        raise _unknown(code, ISO_4217) from None


def _unknown(code: object, known: Mapping[str, Token]) -> UnknownCurrency:
    if not isinstance(code, str):
        return UnknownCurrency(f"{code!r} is no currency code.", fix='Write the code as text, such as "EUR".')
    upper = code.strip().upper()
    near = [upper] if upper in known else difflib.get_close_matches(upper, known, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return UnknownCurrency(
        f"{code!r} is no currency of ISO 4217 and no declared token.",
        fix=f"{hint}Use a code such as EUR; declare what is no currency with tokens.declare(code, exponent), and pass that token.",
    )


def _restore(code: str, exponent: int, name: str) -> Token:
    """Unpickle a token; a currency comes back as the one object that it is."""
    known = ISO_4217.get(code)
    return known if known is not None and known.exponent == exponent else Token(code, exponent, name)


def _read(table: str) -> Mapping[str, Token]:
    lines = (line.split(maxsplit=2) for line in table.strip().splitlines())
    return MappingProxyType({code: Token(code, int(exponent), name) for code, exponent, name in lines})


# ISO 4217:2015 with its amendments, list one (current currency and funds codes): code, minor unit, name. Codes without a minor unit
# there (XAU, XDR, XTS, XXX ...) are not currencies here: declare them with the places that you need.
_LIST_ONE = """
AED 2 UAE Dirham
AFN 2 Afghani
ALL 2 Lek
AMD 2 Armenian Dram
AOA 2 Kwanza
ARS 2 Argentine Peso
AUD 2 Australian Dollar
AWG 2 Aruban Florin
AZN 2 Azerbaijan Manat
BAM 2 Convertible Mark
BBD 2 Barbados Dollar
BDT 2 Taka
BHD 3 Bahraini Dinar
BIF 0 Burundi Franc
BMD 2 Bermudian Dollar
BND 2 Brunei Dollar
BOB 2 Boliviano
BOV 2 Mvdol
BRL 2 Brazilian Real
BSD 2 Bahamian Dollar
BTN 2 Ngultrum
BWP 2 Pula
BYN 2 Belarusian Ruble
BZD 2 Belize Dollar
CAD 2 Canadian Dollar
CDF 2 Congolese Franc
CHE 2 WIR Euro
CHF 2 Swiss Franc
CHW 2 WIR Franc
CLF 4 Unidad de Fomento
CLP 0 Chilean Peso
CNY 2 Yuan Renminbi
COP 2 Colombian Peso
COU 2 Unidad de Valor Real
CRC 2 Costa Rican Colon
CUP 2 Cuban Peso
CVE 2 Cabo Verde Escudo
CZK 2 Czech Koruna
DJF 0 Djibouti Franc
DKK 2 Danish Krone
DOP 2 Dominican Peso
DZD 2 Algerian Dinar
EGP 2 Egyptian Pound
ERN 2 Nakfa
ETB 2 Ethiopian Birr
EUR 2 Euro
FJD 2 Fiji Dollar
FKP 2 Falkland Islands Pound
GBP 2 Pound Sterling
GEL 2 Lari
GHS 2 Ghana Cedi
GIP 2 Gibraltar Pound
GMD 2 Dalasi
GNF 0 Guinean Franc
GTQ 2 Quetzal
GYD 2 Guyana Dollar
HKD 2 Hong Kong Dollar
HNL 2 Lempira
HTG 2 Gourde
HUF 2 Forint
IDR 2 Rupiah
ILS 2 New Israeli Sheqel
INR 2 Indian Rupee
IQD 3 Iraqi Dinar
IRR 2 Iranian Rial
ISK 0 Iceland Krona
JMD 2 Jamaican Dollar
JOD 3 Jordanian Dinar
JPY 0 Yen
KES 2 Kenyan Shilling
KGS 2 Som
KHR 2 Riel
KMF 0 Comorian Franc
KPW 2 North Korean Won
KRW 0 Won
KWD 3 Kuwaiti Dinar
KYD 2 Cayman Islands Dollar
KZT 2 Tenge
LAK 2 Lao Kip
LBP 2 Lebanese Pound
LKR 2 Sri Lanka Rupee
LRD 2 Liberian Dollar
LSL 2 Loti
LYD 3 Libyan Dinar
MAD 2 Moroccan Dirham
MDL 2 Moldovan Leu
MGA 2 Malagasy Ariary
MKD 2 Denar
MMK 2 Kyat
MNT 2 Tugrik
MOP 2 Pataca
MRU 2 Ouguiya
MUR 2 Mauritius Rupee
MVR 2 Rufiyaa
MWK 2 Malawi Kwacha
MXN 2 Mexican Peso
MXV 2 Mexican Unidad de Inversion (UDI)
MYR 2 Malaysian Ringgit
MZN 2 Mozambique Metical
NAD 2 Namibia Dollar
NGN 2 Naira
NIO 2 Cordoba Oro
NOK 2 Norwegian Krone
NPR 2 Nepalese Rupee
NZD 2 New Zealand Dollar
OMR 3 Rial Omani
PAB 2 Balboa
PEN 2 Sol
PGK 2 Kina
PHP 2 Philippine Peso
PKR 2 Pakistan Rupee
PLN 2 Zloty
PYG 0 Guarani
QAR 2 Qatari Rial
RON 2 Romanian Leu
RSD 2 Serbian Dinar
RUB 2 Russian Ruble
RWF 0 Rwanda Franc
SAR 2 Saudi Riyal
SBD 2 Solomon Islands Dollar
SCR 2 Seychelles Rupee
SDG 2 Sudanese Pound
SEK 2 Swedish Krona
SGD 2 Singapore Dollar
SHP 2 Saint Helena Pound
SLE 2 Leone
SOS 2 Somali Shilling
SRD 2 Surinam Dollar
SSP 2 South Sudanese Pound
STN 2 Dobra
SVC 2 El Salvador Colon
SYP 2 Syrian Pound
SZL 2 Lilangeni
THB 2 Baht
TJS 2 Somoni
TMT 2 Turkmenistan New Manat
TND 3 Tunisian Dinar
TOP 2 Pa'anga
TRY 2 Turkish Lira
TTD 2 Trinidad and Tobago Dollar
TWD 2 New Taiwan Dollar
TZS 2 Tanzanian Shilling
UAH 2 Hryvnia
UGX 0 Uganda Shilling
USD 2 US Dollar
USN 2 US Dollar (Next day)
UYI 0 Uruguay Peso en Unidades Indexadas (UI)
UYU 2 Peso Uruguayo
UYW 4 Unidad Previsional
UZS 2 Uzbekistan Sum
VED 2 Bolivar Digital
VES 2 Bolivar Soberano
VND 0 Dong
VUV 0 Vatu
WST 2 Tala
XAD 2 Arab Accounting Dinar
XAF 0 CFA Franc BEAC
XCD 2 East Caribbean Dollar
XCG 2 Caribbean Guilder
XOF 0 CFA Franc BCEAO
XPF 0 CFP Franc
YER 2 Yemeni Rial
ZAR 2 Rand
ZMW 2 Zambian Kwacha
ZWG 2 Zimbabwe Gold
"""

# List three, what was withdrawn since 2011: books of those years are kept, imported and audited still, so a code never leaves this table.
_WITHDRAWN = """
ANG 2 Netherlands Antillean Guilder
BGN 2 Bulgarian Lev
BYR 0 Belarusian Ruble (2000-2016)
CUC 2 Peso Convertible
EEK 2 Kroon
HRK 2 Kuna
LTL 2 Lithuanian Litas
LVL 2 Latvian Lats
MRO 2 Ouguiya (1973-2017)
SLL 2 Leone (1964-2022)
STD 2 Dobra (1977-2017)
VEF 2 Bolivar
ZMK 2 Zambian Kwacha (1968-2012)
ZWL 2 Zimbabwe Dollar (2009)
"""

ISO_4217: Mapping[str, Token] = _read(_LIST_ONE + _WITHDRAWN.strip())
