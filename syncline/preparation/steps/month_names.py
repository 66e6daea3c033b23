"""Names of months in the languages that tables come from, whole or cut after three letters or more."""

from __future__ import annotations

from collections import defaultdict

_NAMES = """
    january januar janner janvier enero gennaio januari janeiro
    february februar fevrier febrero febbraio februari fevereiro
    march marz mars marzo maart marco
    april avril abril aprile
    may mai mayo maggio mei maio maj
    june juni juin junio giugno junho
    july juli juillet julio luglio julho
    august aout agosto augustus augusti
    september septembre septiembre setiembre settembre setembro
    october oktober octobre octubre ottobre outubro
    november novembre noviembre novembro
    december dezember decembre diciembre dicembre dezembro
"""
_SHORTEST = 3


def _months() -> dict[str, int]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for month, line in enumerate(_NAMES.strip().splitlines(), start=1):
        for name in line.split():
            for size in range(_SHORTEST, len(name) + 1):
                found[name[:size]].add(month)
    return {name: months.pop() for name, months in found.items() if len(months) == 1}


MONTHS = _months()
"""The month, from 1, of each name in small letters without accents; what two share (``jui``) is none."""
