"""Put what is known of parties into packed containers and take it out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar, cast

import numpy as np

from syncline.data.blob import Array, Json
from syncline.data.codebook import Coding
from syncline.protocols.transition import PartyId
from syncline.questions.counts import Ints, Masks
from syncline.questions.known import Filled, Grown, Histograms, Intervals, Known, Moment, Sizes, Tree

Arrays = dict[str, Array]
Key = tuple[str, Coding]
_GROWN = ("rows", "labelled", "tree")
_HISTOGRAMS = ("node", "size", "cell", "rows")
Number = TypeVar("Number", bound=np.generic)


def put_known(known: Mapping[PartyId, Known], arrays: Arrays) -> Json:
    """Add the arrays of all parties and return what of them belongs in the head."""
    return {party: _put(known[party], arrays, f"known{i}") for i, party in enumerate(sorted(known))}


def take_known(head: Json, arrays: Mapping[str, Array]) -> dict[PartyId, Known]:
    """Return what :func:`put_known` put away."""
    parties = cast("dict[str, dict[str, Json]]", head)
    return {
        PartyId(name): _take(parties[name], arrays, f"known{i}") for i, name in enumerate(sorted(parties))
    }


def _put(known: Known, arrays: Arrays, prefix: str) -> Json:
    sizes = known.sizes
    return {
        "sizes": None if sizes is None else [sizes.train, sizes.holdout, _listed(sizes.buckets)],
        "people": _listed(known.people),
        "statuses": {name: list(row) for name, row in known.statuses.items()},
        "filled": {
            name: [one.valid, one.missing, one.missing_mask, one.people] for name, one in known.filled.items()
        },
        "moments": {
            name: [one.low, one.high, one.square_low, one.square_high] for name, one in known.moments.items()
        },
        "intervals": _put_intervals(known.intervals, arrays, prefix),
        "marginals": _put_levels(known.marginals, arrays, f"{prefix}.rows", np.dtype(np.int64)),
        "buckets": _put_levels(known.buckets, arrays, f"{prefix}.masks", np.dtype(np.uint64)),
        "trees": _put_trees(known.trees, arrays, prefix),
        "grown": _put_grown(known.grown, arrays, prefix),
        "fitted": {text: list(row) for text, row in known.fitted.items()},
    }


def _take(head: Mapping[str, Json], arrays: Mapping[str, Array], prefix: str) -> Known:
    sizes, people = head["sizes"], cast("list[int] | None", head["people"])
    statuses = cast("dict[str, list[int]]", head["statuses"])
    filled = cast("dict[str, tuple[int, int, int, int]]", head["filled"])
    moments = cast("dict[str, tuple[int, int, int, int]]", head["moments"])
    return Known(
        sizes=None if sizes is None else _sizes(cast("tuple[int, int, list[int] | None]", sizes)),
        statuses={name: tuple(row) for name, row in statuses.items()},
        filled={name: Filled(*row) for name, row in filled.items()},
        intervals=_take_intervals(head["intervals"], arrays, prefix),
        marginals=cast("dict[Key, Ints]", _take_levels(head["marginals"], arrays, f"{prefix}.rows")),
        buckets=cast("dict[Key, Masks]", _take_levels(head["buckets"], arrays, f"{prefix}.masks")),
        moments={name: Moment(*row) for name, row in moments.items()},
        trees=_take_trees(head["trees"], arrays, prefix),
        people=None if people is None else (people[0], people[1]),
        grown=_take_grown(head["grown"], arrays, prefix),
        fitted={text: tuple(row) for text, row in cast("dict[str, list[int]]", head["fitted"]).items()},
    )


def _listed(pair: tuple[int, int] | None) -> list[Json] | None:
    return None if pair is None else list(pair)


def _sizes(row: tuple[int, int, list[int] | None]) -> Sizes:
    train, holdout, buckets = row
    return Sizes(train, holdout, None if buckets is None else (buckets[0], buckets[1]))


def _put_intervals(intervals: Mapping[str, Intervals], arrays: Arrays, prefix: str) -> Json:
    head: list[Json] = []
    for i, (name, own) in enumerate(intervals.items()):
        arrays[f"{prefix}.prefix{i}"], arrays[f"{prefix}.held{i}"] = own.prefix, own.rows
        if own.masks is not None:
            arrays[f"{prefix}.seen{i}"] = own.masks
        head.append([name, own.shift, own.masks is not None])
    return head


def _take_intervals(head: Json, arrays: Mapping[str, Array], prefix: str) -> dict[str, Intervals]:
    found = {}
    for i, (name, shift, persons) in enumerate(cast("list[tuple[str, int, bool]]", head)):
        masks = cast("Masks", arrays[f"{prefix}.seen{i}"]) if persons else None
        prefixes, rows = (arrays[f"{prefix}.{field}{i}"] for field in ("prefix", "held"))
        found[name] = Intervals(shift, cast("Masks", prefixes), cast("Ints", rows), masks)
    return found


def _put_levels(
    levels: Mapping[Key, Ints] | Mapping[Key, Masks], arrays: Arrays, name: str, dtype: np.dtype[Number]
) -> Json:
    """Add the rows or buckets of all columns' levels as one array."""
    arrays[name] = np.concatenate([np.zeros(0, dtype), *levels.values()])
    return [[column, str(coding), len(own)] for (column, coding), own in levels.items()]


def _take_levels(head: Json, arrays: Mapping[str, Array], name: str) -> dict[Key, Array]:
    rows = cast("list[tuple[str, str, int]]", head)
    parts = _cut(arrays[name], [size for *_, size in rows])
    return {(column, Coding(coding)): own for (column, coding, _), own in zip(rows, parts, strict=True)}


def _put_grown(grown: Grown | None, arrays: Arrays, prefix: str) -> Json:
    if grown is not None:
        for name in _GROWN:
            arrays[f"{prefix}.grown_{name}"] = getattr(grown, name)
    return grown is not None


def _take_grown(head: Json, arrays: Mapping[str, Array], prefix: str) -> Grown | None:
    return Grown(*(cast("Ints", arrays[f"{prefix}.grown_{name}"]) for name in _GROWN)) if head else None


def _put_trees(trees: Mapping[int, Tree], arrays: Arrays, prefix: str) -> Json:
    """Add the arrays of all trees side by side, as they are before a level is counted."""
    fields: dict[str, list[Ints]] = {name: [np.zeros(0, np.int64)] for name in _HISTOGRAMS}
    head: list[Json] = []
    for target, tree in trees.items():
        for name in _HISTOGRAMS:
            fields[name].append(getattr(tree.parents, name))
        head.append([target, *tree.classes.shape, len(tree.parents.node), len(tree.parents.cell)])
    for name, parts in fields.items():
        arrays[f"{prefix}.tree_{name}"] = _narrow(np.concatenate(parts))
    classes = [np.zeros(0, np.int64), *(tree.classes.ravel() for tree in trees.values())]
    arrays[f"{prefix}.tree_classes"] = _narrow(np.concatenate(classes))
    masks = [np.zeros(0, np.uint64), *(tree.masks for tree in trees.values())]
    arrays[f"{prefix}.tree_masks"] = np.concatenate(masks)
    return head


def _narrow(array: Ints) -> Array:
    """Return an array in 32 bits where these hold it: most of the state of a fit with many trees."""
    fits = len(array) == 0 or (int(array.min()) >= 0 and int(array.max()) < 1 << 32)
    return array.astype(np.uint32) if fits else array


def _take_trees(head: Json, arrays: Mapping[str, Array], prefix: str) -> dict[int, Tree]:
    rows = cast("list[tuple[int, int, int, int, int]]", head)
    sizes = {
        "classes": [nodes * classes for _, nodes, classes, *_ in rows],
        "node": [kept for *_, kept, _ in rows],
        "size": [kept for *_, kept, _ in rows],
        "cell": [cells for *_, cells in rows],
        "rows": [cells for *_, cells in rows],
    }
    parts = {name: _cut(arrays[f"{prefix}.tree_{name}"].astype(np.int64), own) for name, own in sizes.items()}
    masks = _cut(arrays[f"{prefix}.tree_masks"], [nodes for _, nodes, *_ in rows])
    found = {}
    for i, (target, nodes, classes, *_) in enumerate(rows):
        parents = Histograms(*(cast("Ints", parts[name][i]) for name in _HISTOGRAMS))
        by_class = cast("Ints", parts["classes"][i].reshape(nodes, classes))
        found[target] = Tree(by_class, cast("Masks", masks[i]), parents.node, parents)
    return found


def _cut(array: Array, sizes: Sequence[int]) -> list[Array]:
    """Return the parts of an array that was laid side by side."""
    ends = np.cumsum(sizes).tolist()
    if sum(sizes) != len(array):
        raise ValueError("the parts of an array differ from what the head says")
    return [array[end - size : end] for end, size in zip(ends, sizes, strict=True)]
