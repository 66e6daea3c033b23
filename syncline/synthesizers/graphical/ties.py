"""Which columns are tied: edges are added one by one, as long as what they tell outweighs what they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

from syncline.data.codebook import Coding
from syncline.synthesizers.graphical.graph import ChordalGraph, Edge
from syncline.synthesizers.settings import FitSettings
from syncline.synthesizers.structure import Plan


@dataclass(frozen=True, slots=True)
class Separated:
    """Two columns that may be tied, and those beside both, which separate them; places of vertices."""

    edge: Edge
    given: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Vertices:
    """The columns that are tied or not, in the order of the plan, and what limits their ties.

    Attributes
    ----------
    fine, bins : codes and bins of each column
    sources : the columns that each is read from: a gap is both of its columns
    needs : for a vertex that others must be drawn before, these as bits
    first : the vertices to draw first, in this order
    edges : which columns may be tied, increasing
    most_columns, most_cells : columns that are counted together at most, and cells of these
    """

    names: tuple[str, ...]
    fine: tuple[int, ...]
    bins: tuple[int, ...]
    sources: tuple[frozenset[str], ...]
    needs: Mapping[int, int]
    first: tuple[int, ...]
    edges: tuple[Edge, ...]
    most_columns: int
    most_cells: int

    @classmethod
    def of(cls, plan: Plan, settings: FitSettings) -> Vertices:
        """Return the columns of a plan that have a distribution of their own."""
        names, book = tuple(plan.order[place] for place in plan.targets()), plan.book.codebook()
        place = {name: vertex for vertex, name in enumerate(names)}
        codes = [book.column(name) for name in names]
        return cls(
            names,
            tuple(column.n_codes for column in codes),
            tuple(column.levels(Coding.BINS) for column in codes),
            tuple(frozenset(book.sources((name,))) for name in names),
            _needs(followed(plan), place),
            tuple(place[name] for name in settings.visit_sequence if name in place),
            tuple(_edges(plan, place)),
            settings.own("clique_columns"),
            settings.own("clique_cells"),
        )

    def fit(self, together: Sequence[int]) -> bool:
        """Tell whether columns may be counted together, whichever of them is read in all of its codes."""
        if len(frozenset[str]().union(*(self.sources[v] for v in together))) > self.most_columns:
            return False
        cells = prod(self.bins[v] for v in together)
        return max(cells // self.bins[v] * self.fine[v] for v in together) <= self.most_cells

    def order(self, graph: ChordalGraph) -> tuple[int, ...] | None:
        """Return in which order columns are drawn, None where there is none."""
        return graph.order(self.needs, self.first)

    def separated(self, graph: ChordalGraph) -> list[Separated]:
        """Return all edges with which the graph stays chordal and its cliques small enough."""
        found = ((edge, graph.separator(edge)) for edge in self.edges)
        return [Separated(e, given) for e, given in found if given is not None and self.fit((*e, *given))]


def followed(plan: Plan) -> dict[str, str]:
    """Return what each column follows, where it has no distribution of its own; a gap follows its base."""
    follows = dict(plan.determinants)
    for name, column in plan.gaps.items():
        assert column.codes.gap is not None
        follows |= {column.codes.name: column.codes.gap.base, name: column.codes.name}
    return follows


def _needs(follows: Mapping[str, str], place: Mapping[str, int]) -> dict[int, int]:
    """Return which vertices must be drawn before each gap, as bits."""
    needs = dict[int, int]()
    for name, vertex in place.items():
        while name in follows:
            name = follows[name]
            needs[vertex] = needs.get(vertex, 0) | (1 << place[name] if name in place else 0)
    return needs


def _edges(plan: Plan, place: Mapping[str, int]) -> Iterator[Edge]:
    """Yield the columns that may be tied: any two, in a wide table neighbours."""
    if not plan.predictors:
        yield from combinations(range(len(place)), 2)
        return
    near = (
        (plan.order[target], plan.order[other])
        for target, others in plan.predictors.items()
        for other in others.tolist()
    )
    pairs = ((place[a], place[b]) for a, b in near if a in place and b in place)
    yield from sorted({(min(pair), max(pair)) for pair in pairs})


def grow(
    vertices: Vertices, edges: Sequence[Edge], gains: Mapping[Separated, int]
) -> tuple[tuple[Edge, ...], tuple[Separated, ...]]:
    """Return all edges once those that gain are added, and the possible ones of which no gain is known.

    The greatest gain comes first, of equals the first columns. Those of which least is known come as what
    their two columns gain by themselves. A tie with which columns cannot be drawn in any order is none.
    """
    graph, found = ChordalGraph.of(len(vertices.names), edges), list(edges)
    while True:
        possible = vertices.separated(graph)
        ranked = sorted((s for s in possible if gains.get(s, 0) > 0), key=lambda s: (-gains[s], s.edge))
        before = len(found)
        for one in ranked:
            if graph.separator(one.edge) == one.given and _drawable(vertices, found, one.edge):
                graph.add(one.edge)
                found.append(one.edge)
        if len(found) == before:
            break
    unknown = [one for one in possible if one not in gains]
    unknown.sort(key=lambda s: (-gains.get(Separated(s.edge, ()), 0), s.edge))
    return tuple(found), tuple(unknown)


def _drawable(vertices: Vertices, edges: Sequence[Edge], edge: Edge) -> bool:
    """Tell whether there is an order with one more edge; where nothing must come first there always is."""
    if not vertices.needs and not vertices.first:
        return True
    return vertices.order(ChordalGraph.of(len(vertices.names), (*edges, edge))) is not None
