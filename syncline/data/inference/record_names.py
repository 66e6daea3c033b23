"""What the name of a column says of it: that it numbers persons or records, or groups them, or neither."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum, auto
from itertools import pairwise


def listed(words: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(words.split())


_PERSON = listed(
    """
    patient patienten pat person pers subject subj proband probanden participant member client
    beneficiary bene individual respondent insured versicherten versicherter employee student pupil
    citizen resident donor mother child twin paciente persona pasient name fullname
    """
)
_DIRECT = listed(
    """
    pid mrn ssn npi nhs chi kvnr nir cpf empi eid guid uuid usubjid subjid phone telephone telefon tel
    mobile handy fax email mail iban passport surname lastname firstname forename familyname givenname
    middlename maidenname birthname nachname vorname familienname geburtsname apellido apellidos cognome
    voornaam achternaam nom prenom address adresse street strasse
    """
)
"""Names that only something which tells persons apart has, or a means to reach them; some are two words."""

_NUMBER = listed(
    """
    id ids uid ident identifier identity nr no nbr num number nummer numero numer key index idx row
    rowid rownames rownumber seq sequence serial record rec recno case fall fallnr encounter admission
    hadm stay episode specimen accession barcode invoice claim account acct unnamed column level names
    """
)
_SUFFIX = listed(
    """
    id nr no nbr num number nummer numero key uid uuid guid
    """
)
_GROUP = listed(
    """
    site hospital clinic klinik centre center ward station unit dept department region district county
    country land state city town zip zipcode plz postcode postal drug product item icd icd9 icd10 dx
    diag diagnosis proc procedure atc cpt ndc snomed loinc code type group class category cat source
    status plan study trial cohort batch model school team species disposition discharge reason kind
    level grade stage phase arm sex gender payer specialty discipline household cluster stratum psu
    block plate chip fips tract
    """
)
_QUANTITY = listed(
    """
    age alter year jahr date datum day month week time zeit hour minute second timestamp epoch ts
    duration t income salary wage price cost charge amount betrag value weight height bmi dose pressure
    rate score count total sum mean size area volume length width population pop gdp distance balance
    sales revenue
    """
)
_FILLER = listed(
    """
    the of de der des du la le el x s unique my our study anon pseudo pseudonym hash
    """
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PARTS = re.compile(r"[^a-z0-9]+")
_TRAILING_DIGITS = re.compile(r"(?<=[a-z])[0-9]+$")


class NameHint(Enum):
    """How much a name says; the first are the surest."""

    DIRECT = auto()
    PERSON = auto()
    NUMBER = auto()
    NUMBER_OF = auto()
    GROUP = auto()
    QUANTITY = auto()
    NONE = auto()


NAMING = frozenset({NameHint.DIRECT, NameHint.PERSON, NameHint.NUMBER})
"""What is said by a name that digits of a day speak against in vain."""


def name_hint(name: str) -> NameHint:
    """Return what ``name`` says.

    ``last_name`` and ``phone`` are persons themselves, ``patient_nbr`` and ``PatID``
    are of persons, ``encounter_id`` of records.

    ``hospital_id`` groups rows, ``patient_age`` measures, and ``num_procedures`` says nothing.
    """
    words = _words(name)
    if not words:
        return NameHint.NONE
    if any(word in _QUANTITY for word in words):
        return NameHint.QUANTITY
    if any(word in _DIRECT for word in (*words, *map("".join, pairwise(words)))):
        return NameHint.DIRECT
    if any(word in _GROUP for word in words) and "unnamed" not in words:
        return NameHint.GROUP
    if all(word in _PERSON or word in _NUMBER for word in words):
        return NameHint.PERSON if any(word in _PERSON for word in words) else NameHint.NUMBER
    return NameHint.NUMBER_OF if words[-1] in _SUFFIX else NameHint.NONE


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFD", _CAMEL.sub(" ", name))
    ascii_only = "".join(char for char in plain if unicodedata.category(char) != "Mn").lower()
    parts = [
        _TRAILING_DIGITS.sub("", part) if part not in _GROUP else part for part in _PARTS.split(ascii_only)
    ]
    found = [word for part in parts for word in _taken_apart(part)]
    return [word for word in found if word and word not in _FILLER and not word.isdigit()]


def _taken_apart(word: str) -> list[str]:
    """Return ``patientid`` as its two words; a word that is no such pair as it is."""
    if word in _DIRECT | _NUMBER | _GROUP | _QUANTITY | _PERSON:
        return [word]
    for size in range(2, len(word) - 1):
        head, tail = word[:size], word[size:]
        if tail in _SUFFIX and (head in _PERSON or head in _NUMBER or head in _GROUP or head in _QUANTITY):
            return [head, tail]
    return [word]
