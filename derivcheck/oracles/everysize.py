r"""Identities of contractions hold for every size if they hold at sizes that are large enough.

A side made of products, sums over indices, transposes and traces alone is Σ c_G hom(G), where each G is a graph: its
edges are the factors, its vertices the indices, summed or free, and hom(G) runs over all values of the summed ones.
Take the graph with the most vertices of those left when the sides are subtracted. At sizes at which each of its
indices can have a value of its own, the product in which they do so comes from no other graph, so that its coefficient
is 0; then the next. So both sides are the same sum of graphs, and equal at every size. An arbitrary φ at a vector is
one more edge, and different arguments are different edges; they are told apart by the same argument. A size that
stands as a number, a trace of I or an index that is summed over nothing would put a size into a coefficient, and an
inverse or a known function is no such sum: where one of these is, nothing is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from derivcheck.language.shapes import ONE, Dim, Shape
from derivcheck.oracles.draws import Draws
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.problem.terms import Term

KINDS = frozenset(("real", "positive", "negative", "nonnegative", "nonpositive", "nonzero", "symmetric", "spd", "psd"))


class _NoContraction(Exception):
    """Something else than products and sums over indices."""


@dataclass(frozen=True)
class _Graph:
    """The most vertices of the graphs of a term: those of rows, columns and sums by size, and letters that are free.

    ``sure`` are the letters that stand in every graph. ``bare``: in some graph a row or a column may be no vertex of an
    edge of its own, as in the entries of I or of 1 − h ⊙ h.
    """

    vertices: Counter[str]
    letters: frozenset[tuple[str, str]] = frozenset()
    sure: frozenset[str] = frozenset()
    bare: bool = False


def needed(draws: Draws, claim: Claim) -> Mapping[str, int] | None:
    """The sizes from which on an identity holds for every size; None where that is not known of it."""
    if claim.solution is not None or claim.conditions or claim.relation != "=":
        return None
    problem = draws.problem
    if any(condition.sign == "=" for condition in problem.assumed):
        return None
    counter = _Counter(draws)
    try:
        for name in claim.free:
            counter.range_of(name, problem.indices[name].size, problem.indices[name].lower)
        for side in (claim.head, claim.claimed):
            counter.arguments.append(counter.own(side))
    except _NoContraction:
        return None
    found: Counter[str] = Counter()
    for graph in counter.arguments:
        found |= graph.vertices + Counter(symbol for _, symbol in graph.letters)
    return found


class _Counter:
    """Counts the vertices of terms, with the letters in force and what was met inside of functions."""

    def __init__(self, draws: Draws) -> None:
        self.draws = draws
        self.problem = draws.problem
        self.letters: dict[str, str] = {}
        self.arguments: list[_Graph] = []
        self._known: dict[str, _Graph] = {}
        self._slopes: dict[tuple[str, str], _Graph | None] = {}

    def range_of(self, name: str, size: Dim, lower: int) -> None:
        """An index letter begins to stand for a vertex."""
        symbol = self._symbol(size)
        if lower != 1 or symbol is None:
            raise _NoContraction
        self.letters[name] = symbol

    def _symbol(self, dim: Dim) -> str | None:
        """The size that a dimension is; None for a fixed number."""
        whole = dim.substitute(self.problem.solution)
        if whole.number is not None:
            return None
        if whole.symbol is None:
            raise _NoContraction
        return whole.symbol

    def _of(self, *dims: Dim) -> Counter[str]:
        return Counter(symbol for dim in dims if (symbol := self._symbol(dim)) is not None)

    def own(self, term: Term) -> _Graph:
        """The graphs of a term itself."""
        match term:
            case t.Constant():
                return _Graph(Counter())
            case t.Variable(key=key, indices=indices):
                return self._variable(key, indices, term.shape)
            case t.Add(terms=parts):
                return self._sum(term.shape, [(part, self.own(part)) for _, part in parts])
            case t.Multiply(op=op, left=left, right=right):
                return self._product(op, (left, self.own(left)), (right, self.own(right)))
            case t.Divide(left=left, right=t.Constant()):
                return self.own(left)
            case t.Unary(op=op, argument=argument):
                return self._unary(op, argument, self.own(argument))
            case t.Power(base=base, exponent=t.Constant(value=Fraction() as exponent), entrywise=entrywise):
                return self._power(base, exponent, entrywise)
            case t.Identity():
                return _Graph(self._of(*term.shape), bare=True)
            case t.Let(bindings=(), body=body):
                return self.own(body)
            case t.Arbitrary(arguments=arguments):
                graphs = [self.own(argument) for argument in arguments]
                self.arguments += graphs
                letters = frozenset[tuple[str, str]]().union(*(graph.letters for graph in graphs))
                # The argument may be the same at every place.
                return _Graph(self._of(*term.shape), letters, bare=True)
            case t.Reduce(op="sum", index=index, lower=lower, upper=t.Size(dim=dim), conditions=(), body=body):
                if lower != t.Constant(Fraction(1)):
                    raise _NoContraction
                self.range_of(index, dim, 1)
                return self._summed(index, self.own(body))
            case t.Derivative(target=target, key=key, form="gradient" | "jacobian" | "tangent", second=None):
                if term.indices:
                    raise _NoContraction
                self.own(target)
                return self._along(target, key) or _Graph(self._of(*term.shape))
            case t.Chain(links=links):
                return self._chain(links)
        raise _NoContraction

    def _variable(self, key: str, indices: tuple[Term, ...], shape: Shape) -> _Graph:
        declaration = self.problem.declarations.get(key)
        if declaration is None:
            definition = self.problem.definitions.get(key)
            if definition is None or indices or definition.family:
                raise _NoContraction
            if key not in self._known:
                self._known[key] = self.own(definition.term)
            return self._known[key]
        if declaration.domain.kind not in KINDS or len(indices) != len(declaration.family):
            raise _NoContraction
        names = [index.name for index in indices if isinstance(index, t.Index)]
        if len(names) != len(indices) or any(name not in self.letters for name in names):
            raise _NoContraction
        letters = frozenset((name, self.letters[name]) for name in names)
        return _Graph(self._of(*declaration.shape), letters, frozenset(names))

    def _sum(self, shape: Shape, parts: list[tuple[Term, _Graph]]) -> _Graph:
        """A number beside matrices stands at all of their entries: rows and columns are bare then."""
        whole = self._of(*shape)
        total: Counter[str] = Counter()
        bare = False
        for part, graph in parts:
            stretched = not self._of(*part.shape) and bool(whole)
            total |= graph.vertices + whole if stretched else graph.vertices
            bare |= graph.bare or stretched
        sure = frozenset.intersection(*(graph.sure for _, graph in parts))
        return _Graph(total, frozenset().union(*(graph.letters for _, graph in parts)), sure, bare)

    def _product(self, op: str, one: tuple[Term, _Graph], other: tuple[Term, _Graph]) -> _Graph:
        (left, a), (right, b) = one, other
        match op:
            case "scale":
                shared, bare = Counter[str](), a.bare or b.bare
            case "entrywise":
                shared, bare = self._of(*left.shape) & self._of(*right.shape), a.bare and b.bare
            case "matmul" | "inner":
                outer = left.shape[0] if op == "matmul" else ONE
                shared = self._of(left.shape[1] if op == "matmul" else left.shape[0])
                if shared and a.bare and b.bare:
                    raise _NoContraction
                bare = bool((a.bare and self._of(outer)) or (b.bare and self._of(right.shape[1])))
            case _:
                raise _NoContraction
        return _Graph(a.vertices + b.vertices - shared, a.letters | b.letters, a.sure | b.sure, bare)

    def _unary(self, op: str, argument: Term, graph: _Graph) -> _Graph:
        if op == "transpose":
            return graph
        if graph.bare or op not in ("trace", "sumall", "sumsq", "diagof"):
            raise _NoContraction
        match op:
            case "trace" | "diagof":
                return replace(graph, vertices=graph.vertices - self._of(argument.shape[0]))
            case "sumsq":
                both = graph.vertices + graph.vertices - self._of(*argument.shape)
                return replace(graph, vertices=both)
        return graph

    def _power(self, base: Term, exponent: Fraction, entrywise: bool) -> _Graph:
        graph, whole = self.own(base), self._of(*base.shape)
        if exponent.denominator != 1 or not 1 <= exponent <= 8:
            raise _NoContraction
        count = int(exponent)
        shared = whole if entrywise else self._of(base.shape[0])
        if graph.bare and not entrywise:
            raise _NoContraction
        total: Counter[str] = Counter()
        for k in range(count):
            total = total + graph.vertices - (shared if k else Counter())
        return replace(graph, vertices=total)

    def _summed(self, index: str, graph: _Graph) -> _Graph:
        if index not in graph.sure:
            raise _NoContraction
        letters = frozenset(pair for pair in graph.letters if pair[0] != index)
        return _Graph(graph.vertices + Counter([self.letters[index]]), letters, graph.sure - {index}, graph.bare)

    def _along(self, term: Term, key: str) -> _Graph | None:
        """The graphs of the derivatives by the entries of a name, rows and columns of that name among the vertices."""
        match term:
            case t.Constant() | t.Identity():
                return None
            case t.Variable(key=name, indices=indices):
                if name == key and not indices:
                    return _Graph(self._of(*self._shape_of(key)), bare=True)
                definition = self.problem.definitions.get(name)
                if definition is None or key not in self.draws.dependencies.get(name, ()):
                    return None
                if indices or definition.family:
                    raise _NoContraction
                if (name, key) not in self._slopes:
                    self._slopes[name, key] = self._along(definition.term, key)
                return self._slopes[name, key]
            case t.Add(terms=parts):
                found = [(part, graph) for _, part in parts if (graph := self._along(part, key)) is not None]
                return self._bare(self._sum(term.shape, found)) if found else None
            case t.Multiply(op=op, left=left, right=right):
                return self._either(op, left, right, key)
            case t.Divide(left=left, right=t.Constant()):
                return self._along(left, key)
            case t.Unary(op="transpose" | "sumall" | "trace" | "diagof", argument=argument):
                return self._along(argument, key)
            case t.Let(bindings=(), body=body):
                return self._along(body, key)
            case t.Unary(op="sumsq", argument=argument):
                return self._either("entrywise", argument, argument, key)
            case t.Power(base=base, exponent=t.Constant(value=Fraction() as exponent), entrywise=entrywise):
                inner = self._along(base, key)
                rest = self._power(base, exponent, entrywise)
                return None if inner is None else _Graph(rest.vertices + inner.vertices, rest.letters, bare=True)
            case t.Arbitrary(arguments=arguments):
                graphs = [graph for each in arguments if (graph := self._along(each, key)) is not None]
                return self._largest(graphs, self.own(term).letters)
            case t.Reduce(op="sum", index=index, body=body):
                self.own(term)
                inner = self._along(body, key)
                if inner is None:
                    return None
                vertices = inner.vertices + Counter([self.letters[index]])
                return _Graph(vertices, frozenset(pair for pair in inner.letters if pair[0] != index), bare=True)
        raise _NoContraction

    def _shape_of(self, key: str) -> Shape:
        found = self.problem.declarations.get(key) or self.problem.definitions.get(key)
        if found is None or found.family:
            raise _NoContraction
        return found.shape

    def _bare(self, graph: _Graph) -> _Graph:
        return replace(graph, sure=frozenset(), bare=True)

    def _largest(self, graphs: list[_Graph], letters: frozenset[tuple[str, str]]) -> _Graph | None:
        if not graphs:
            return None
        total: Counter[str] = Counter()
        for graph in graphs:
            total |= graph.vertices
            letters |= graph.letters
        return _Graph(total, letters, bare=True)

    def _either(self, op: str, left: Term, right: Term, key: str) -> _Graph | None:
        """(a b)' = a' b + a b'; the rows and columns that meet are one vertex each."""
        found: list[_Graph] = []
        for varied, other in ((left, right), (right, left)):
            inner = self._along(varied, key)
            if inner is not None:
                met = {
                    "entrywise": self._of(*left.shape) & self._of(*right.shape),
                    "matmul": self._of(left.shape[1]),
                    "inner": self._of(left.shape[0]),
                }.get(op, Counter())
                beside = self.own(other)
                found.append(_Graph(inner.vertices + beside.vertices - met, inner.letters | beside.letters, bare=True))
        return self._largest(found, frozenset())

    def _chain(self, links: tuple[t.Derivative, ...]) -> _Graph:
        total: Counter[str] = Counter()
        letters: frozenset[tuple[str, str]] = frozenset()
        for position, link in enumerate(links):
            self.own(link.target)
            inner = self._along(link.target, link.key)
            if inner is None:
                return _Graph(Counter(), bare=True)
            total = total + inner.vertices - (self._of(*link.target.shape) if position else Counter())
            letters |= inner.letters
        return _Graph(total, letters, bare=True)
