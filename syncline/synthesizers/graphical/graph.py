"""A chordal graph, as bits of neighbours: which edges keep it chordal, and in which order it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Edge = tuple[int, int]


@dataclass(slots=True)
class ChordalGraph:
    """A graph over the places 0 to n - 1 that stays chordal.

    Attributes
    ----------
    beside : the neighbours of each vertex, as bits (n,)
    """

    beside: list[int]

    @classmethod
    def of(cls, n: int, edges: Sequence[Edge]) -> ChordalGraph:
        """Return the graph with these edges."""
        graph = cls([0] * n)
        for edge in edges:
            graph.add(edge)
        return graph

    def add(self, edge: Edge) -> None:
        """Add an edge."""
        a, b = edge
        self.beside[a] |= 1 << b
        self.beside[b] |= 1 << a

    def separator(self, edge: Edge) -> tuple[int, ...] | None:
        """Return the vertices beside both ends, None where the graph would not stay chordal with the edge.

        It does where no way leads from one end to the other but through these: then each chordless way
        between the ends has two edges.
        """
        a, b = edge
        if self.beside[a] >> b & 1:
            return None
        both = self.beside[a] & self.beside[b]
        seen = front = 1 << a
        while front:
            reached = 0
            for vertex in members(front):
                reached |= self.beside[vertex]
            front = reached & ~seen & ~both
            seen |= front
        return None if seen >> b & 1 else members(both)

    def order(self, needs: Mapping[int, int], first: Sequence[int] = ()) -> tuple[int, ...] | None:
        """Return an order in which the neighbours before each vertex are neighbours of each other.

        Next is whoever has most neighbours before it (maximum cardinality search; Tarjan and Yannakakis 1984,
        doi:10.1137/0213035), the ``first`` as they stand, and no vertex before those that it ``needs``, as
        bits. None where there is no such order.
        """
        n, before, found = len(self.beside), 0, list[int]()
        while len(found) < n:
            if len(found) < len(first):
                free = [first[len(found)]]
            else:
                free = [v for v in range(n) if not before >> v & 1]
            free = [v for v in free if not needs.get(v, 0) & ~before]
            if not free:
                return None
            chosen = max(free, key=lambda v: ((self.beside[v] & before).bit_count(), -v))
            if not self.is_clique(self.beside[chosen] & before):
                return None
            found.append(chosen)
            before |= 1 << chosen
        return tuple(found)

    def is_clique(self, vertices: int) -> bool:
        """Tell whether vertices, as bits, are all neighbours of each other."""
        return all(not vertices & ~self.beside[v] & ~(1 << v) for v in members(vertices))


def members(bits: int) -> tuple[int, ...]:
    """Return the places of the bits that are set, increasing."""
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return tuple(found)
