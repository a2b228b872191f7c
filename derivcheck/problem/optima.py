r"""``\arg\max_u Q(u)``: by which name, and what does not move while it is sought."""

from __future__ import annotations

from typing import Literal

from derivcheck.language import nodes as n
from derivcheck.language.printing import plain
from derivcheck.language.shapes import SCALAR
from derivcheck.problem import algebra
from derivcheck.problem import terms as t
from derivcheck.problem.context import Context, key_of
from derivcheck.problem.declarations import declare
from derivcheck.problem.derivatives import by
from derivcheck.problem.facts import depends
from derivcheck.problem.freezing import decisive, frozen_means, held_names, moves_alone, written_out
from derivcheck.problem.scope import Refusal, Scope
from derivcheck.problem.squares import TWO
from derivcheck.problem.terms import Term


def optimum(node: n.Big, operator: Literal["argmax", "argmin"], ctx: Context) -> Term:
    """The place of the largest (smallest) value; q and what is defined from it stay at the current values."""
    names = node.binder.names
    if len(names) != 1:
        raise Refusal("optimum", node.span, "an optimum is sought over one name at a time here")
    _own_letter(node, ctx)
    variable = by(names[0], ctx)
    if variable.key not in ctx.scope.declarations:
        raise Refusal("optimum", names[0].span, "an optimum is sought over a declared name")
    _free_to_move(variable.key, names[0], ctx.scope)
    objective = ctx.term(node.body)
    if not algebra.scalar(ctx.scope, objective):
        raise Refusal("not-a-scalar", node.body.span, "what is made largest or smallest has to be a scalar")
    if not depends(objective, variable.key, ctx.scope):
        raise Refusal("optimum", node.body.span, "what is made largest or smallest does not depend on that name")
    shape = SCALAR if variable.position is not None else variable.shape
    moving = not moves_alone(variable.key, ctx.scope)
    if not moving:
        objective = frozen_means(written_out(objective, variable.key, ctx.scope), variable.key, ctx.scope)
    frozen = decisive(objective, variable.key, ctx.scope)
    # What is no parameter of the model, such as the mean of a q of a given form, moves that q with it.
    held = () if moving else held_names(frozen, ctx.scope)
    place = t.Optimum(
        operator, variable.key, frozen, held, variable.indices, variable.position, shape=shape, span=node.span
    )
    # A name without a sign is best where its square is.
    return place if variable.root is None else t.Power(place, TWO, shape=shape, span=node.span)


def extreme(node: n.Big, operator: Literal["max", "min"], ctx: Context) -> Term:
    r"""``\min_a f(a)``: the value of what is sought at the place where it is smallest."""
    place = optimum(node, "argmax" if operator == "max" else "argmin", ctx)
    objective = ctx.term(node.body)
    if not isinstance(place, t.Optimum) or place.indices or place.position is not None:
        raise Refusal("optimum", node.span, "the largest value is checked over one whole name alone")
    return t.Let(((place.key, place),), objective, shape=objective.shape, span=node.span)


def _own_letter(node: n.Big, ctx: Context) -> None:
    r"""``\min_{a \in \mathbb{R}^d}`` declares an a that nothing else does; what more is asked of it is not read."""
    name, condition = node.binder.names[0], node.binder.condition
    if condition is None:
        return
    if not isinstance(condition, n.Compare) or condition.relations != ("\\in",) or condition.members[0] != name:
        raise Refusal("optimum", condition.span, "an optimum under a condition is not checked")
    if key_of(name) not in ctx.scope.names:
        declare(name, condition.members[1], ctx)


def _free_to_move(key: str, node: n.Node, scope: Scope) -> None:
    """No optimum over a name alone that an equation ties to others."""
    for condition in (c for assumption in scope.assumptions for c in assumption.conditions if c.sign == "="):
        names = t.variables(condition.left) | t.variables(condition.right)
        if key in names and len(names) > 1:
            others = " and ".join(f"`{scope.declarations[name].text}`" for name in sorted(names - {key}))
            raise Refusal(
                "optimum",
                node.span,
                f"`{plain(node)}` is tied to {others} by a condition, so that it cannot move alone",
                "write one name by the others, or declare all as one vector: `w \\in \\Delta^{K}`",
            )
