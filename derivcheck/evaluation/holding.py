"""What a derivative varies and what it holds, for every way of working derivatives out."""

from __future__ import annotations

from derivcheck.evaluation.arithmetic import Value
from derivcheck.evaluation.evaluator import Frame
from derivcheck.problem import terms as t
from derivcheck.problem.terms import Term


def hold(term: t.Derivative, frame: Frame) -> tuple[Term, dict[str, Value]]:
    """What is differentiated and the names kept fixed: for a direct partial, all others in its definition."""
    world = frame.world
    target: Term = term.target
    held = set(term.held)
    if term.direct:
        match target:
            case t.Variable(key=key) if key in world.definitions:
                definition = world.definitions[key]
                if not definition.family:
                    target = definition.term
                    held |= t.variables(target)
                else:
                    held |= t.variables(definition.term)
            case t.Entry(argument=t.Variable(key=key), row=row, column=column) if key in world.definitions:
                definition = world.definitions[key]
                target = t.Entry(definition.term, row, column, shape=target.shape)
                held |= t.variables(definition.term)
            case _:
                held |= t.variables(target)
        held.discard(term.key)
    values = {
        name: frame.name(name)
        for name in held
        if name in world.leaves or name in world.definitions or name in world.dependencies
    }
    return target, values
