"""Results that are asked for in a certain form: an answer in hidden units, and not only a true equation.

``min(x₁, x₂) = x₁ − relu(x₁ − x₂)`` is right, and no network without a skip connection computes it.
"""

from __future__ import annotations

from collections.abc import Iterable

from derivcheck.homework.registry import Requirement
from derivcheck.language.nodes import Add, Apply, Boxed, Fraction_, Group, Node, Number, Product
from derivcheck.problem.context import strip
from derivcheck.problem.problem import Claim
from derivcheck.source import NOWHERE
from derivcheck.verdict import Finding, Severity


def in_units(node: Node, units: tuple[str, ...]) -> bool:
    r"""Whether an expression is a linear combination of units: numbers times ``relu(…)`` or ``\max(0, …)``."""
    match node:
        case Boxed(body=body) | Group(body=body):
            return in_units(body, units)
        case Add(terms=terms):
            return all(in_units(term, units) for _, term in terms)
        case Product(factors=factors):
            rest = [factor for factor in factors if not _is_number(factor)]
            return len(rest) == 1 and "/" not in node.operators and in_units(rest[0], units)
        case Fraction_(numerator=numerator, denominator=denominator):
            return _is_number(denominator) and in_units(numerator, units)
        case Apply(word=word, sub=None, sup=None, primes=0):
            return word.text in units or (word.text == "max" and "relu" in units and _of_zero(node))
        case _:
            return False


def missing_units(claims: Iterable[Claim], required: Iterable[tuple[Requirement, Node]]) -> list[Finding]:
    """A finding for every requirement of a form that no claim with its head meets; ``claims`` are those that hold.

    Where no claim has the head at all, the engine has said so already.
    """
    held = list(claims)
    findings = []
    for requirement, head in required:
        sides = [
            other
            for claim in held
            for side, other in ((claim.head_node, claim.claimed_node), (claim.claimed_node, claim.head_node))
            if strip(side) == head
        ]
        if requirement.units and sides and not any(in_units(side, requirement.units) for side in sides):
            findings.append(
                Finding(
                    code="missing-result",
                    severity=Severity.ERROR,
                    message=f"`{requirement.head}` is never written in hidden units alone",
                    span=NOWHERE,
                    facts=(f"required is {requirement.description}",),
                    help=f"add a line that says what `{requirement.head}` is as a sum of `{requirement.units[0]}(…)`",
                )
            )
    return findings


def _is_number(node: Node) -> bool:
    match node:
        case Number():
            return True
        case Group(body=body):
            return _is_number(body)
        case Add(terms=((_, term),)):
            return _is_number(term)
        case Fraction_(numerator=numerator, denominator=denominator):
            return _is_number(numerator) and _is_number(denominator)
        case _:
            return False


def _of_zero(node: Apply) -> bool:
    return len(node.args) == 2 and any(isinstance(arg, Number) and arg.value == 0 for arg in node.args)
