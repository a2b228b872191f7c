"""What stands on the left of a claim: its head, of what kind it is, and how the claim is called for it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from derivcheck.language import nodes as n
from derivcheck.problem import terms
from derivcheck.problem.calls import is_optimum, slope_by_square
from derivcheck.problem.context import Context
from derivcheck.problem.recursions import SHIFT
from derivcheck.problem.scope import Definition, Scope
from derivcheck.problem.substitution import at_indices, member
from derivcheck.problem.terms import Term


@dataclass(frozen=True)
class Head:
    """The head of a chain: what every member is held against, or its proportions alone (``proportional``)."""

    node: n.Node
    term: Term
    ctx: Context
    kind: str
    title: str
    chain: int
    restated: tuple[n.Node, ...] = ()
    density: terms.Density | None = None
    proportional: bool = False

    @property
    def closed(self) -> Context:
        """Where members are read: the indices for which the head stands are in force, and no others may be new."""
        return replace(self.ctx, indices={info.letter: info for info in (self.ctx.free or {}).values()}, free=None)

    @property
    def argument(self) -> Term | None:
        """Of what a distribution without a value is the density."""
        return self.term.targets[0] if isinstance(self.term, terms.Density) and self.term.targets else None


def derivative_in(term: Term) -> terms.Derivative | None:
    """The derivative that a term is, read through entries, transposes and vec; None if it is something else."""
    match term:
        case terms.Derivative():
            return term
        case terms.Entry(argument=inner) | terms.Unary(op="transpose" | "vec", argument=inner):
            return derivative_in(inner)
        case terms.Let(body=inner):
            return derivative_in(inner)
        case terms.Divide() if (slope := slope_by_square(term)) is not None:
            return derivative_in(slope)
    return None


def differentiated_by(term: Term) -> str | None:
    """The name by which a head is a derivative: ``∂L/∂w``, ``∇L``, ``φ′(α)``."""
    found = derivative_in(term)
    if found is not None:
        return found.key
    match term:
        case terms.MapEntries(arguments=(terms.Variable(key=key),), order=order) if order:
            return key
        case terms.Arbitrary(arguments=(terms.Variable(key=key),), order=order) if order:
            return key
    return None


def kind_of(term: Term) -> str:
    """What kind of claim a head makes."""
    found = derivative_in(term)
    if found is None:
        return _kind_of_value(term)
    if isinstance(found.target, terms.Derivative) or found.form == "hessian":
        return "hessian" if found.form == "hessian" or found.form == "jacobian" else "derivative"
    return {"gradient": "gradient", "jacobian": "jacobian", "tangent": "derivative"}[found.form]


def _kind_of_value(term: Term) -> str:
    match term:
        case terms.Density():
            return "distribution"
        case terms.Expectation():
            return "expectation"
        case terms.Optimum() | terms.Entry(argument=terms.Optimum()) | terms.Power(base=terms.Optimum()):
            return "optimum"
    return "identity"


def expand(term: Term, scope: Scope) -> Term:
    """A name that was defined as a partial is read as that partial."""
    if isinstance(term, terms.Entry) and isinstance(term.argument, terms.Variable) and term.row is not None:
        match scope.definitions.get(term.argument.key):
            case Definition(term=terms.Gather(indices=(index,), body=terms.Optimum() as best)):
                return replace(at_indices(best, {index: term.row}), span=term.span)
    if isinstance(term, terms.Variable) and term.indices and term.key in scope.definitions:
        family = scope.definitions[term.key]
        if isinstance(family.term, terms.Optimum):
            return replace(member(family, term.indices), span=term.span)
    if isinstance(term, terms.Variable) and not term.indices:
        definition = scope.definitions.get(term.key)
        optimal = definition is not None and is_optimum(definition.term)
        if definition is not None and not definition.family and (optimal or derivative_in(definition.term) is not None):
            return replace(definition.term, span=term.span)
    return term


def slug(kind: str, term: Term, title: str) -> str:
    """A claim's name from its head: ``grad-W``, ``jac-y-x``, ``eq-y``."""
    found = derivative_in(term)

    def clean(text: str) -> str:
        letters = "".join(_LATIN.get(character, character) for character in text.replace("\\", ""))
        kept = (one if one.isascii() and (one.isalnum() or one == "_") else " " for one in letters)
        return "-".join("".join(kept).split())

    if found is not None and found.key != n.STEP.text:
        key = found.key.removeprefix(SHIFT).replace("\\cdot", "")
        stem = {"gradient": "grad", "jacobian": "jac", "hessian": "hess"}.get(kind, "deriv")
        return f"{stem}-{clean(key) or 'x'}"
    body = clean(title)
    return body if 0 < len(body) <= 12 else f"eq-{body[:12].strip('-')}" if body else "eq"


_LATIN = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "η": "eta", "θ": "theta",
    "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi",
    "ϕ": "phi", "ψ": "psi", "ω": "omega", "ℓ": "l", "Σ": "Sigma", "Λ": "Lambda", "Θ": "Theta", "Φ": "Phi", "Ψ": "Psi",
}  # fmt: skip
