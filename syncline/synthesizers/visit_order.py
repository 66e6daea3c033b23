"""The order in which columns are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def visit_order(
    names: Sequence[str],
    codes: Mapping[str, int],
    determinants: Mapping[str, str],
    given: Sequence[str] = (),
    target: str | None = None,
) -> tuple[str, ...]:
    """Return all of ``names`` in visit order.

    A ``given`` sequence comes first, as it stands. The others follow by ascending number of codes, the
    declared target before them all, and a column after its determinant, even of a given sequence. Of columns
    with as many codes the later one in the schema comes first: tables end with their outcome, and outcomes
    are best drawn early.
    """
    rank: dict[str, int] = {}
    for name in names:
        chain = [name]
        while chain[-1] in determinants:
            chain.append(determinants[chain[-1]])
        rank[name] = max(codes[link] for link in chain)
    depth = {name: _depth(name, determinants) for name in names}
    rest = [name for name in names if name not in given]
    rest.sort(key=lambda name: (name != target, rank[name], depth[name], -names.index(name)))
    order: list[str] = []
    for name in [name for name in given if name in rank] + rest:
        _place(name, determinants, order)
    return tuple(order)


def _depth(name: str, determinants: Mapping[str, str]) -> int:
    depth = 0
    while name in determinants:
        name, depth = determinants[name], depth + 1
    return depth


def _place(name: str, determinants: Mapping[str, str], order: list[str]) -> None:
    if name in order:
        return
    if name in determinants:
        _place(determinants[name], determinants, order)
    order.append(name)
