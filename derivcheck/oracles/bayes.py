"""Bayes' identity: log p(x, z) − log p(z | x) does not depend on z.

The claimed density of z, put into it at arbitrary values of z, has to leave the same number; no integral is needed.
The number itself is log p(x), which the integral's oracle sees.
"""

from __future__ import annotations

import torch

from derivcheck.evaluation.arithmetic import NotExact
from derivcheck.evaluation.evaluator import Frame, evaluate
from derivcheck.evaluation.quadrature import DISCRETE
from derivcheck.evaluation.sampling import draw, generator
from derivcheck.oracles.bench import Bench
from derivcheck.oracles.comparing import FLOOR, Discrepancy, discrepancy, holds_integral
from derivcheck.oracles.numeric import summary
from derivcheck.problem import terms as t
from derivcheck.problem.problem import Claim
from derivcheck.verdict import Evidence, Outcome

NAME = "Bayes"
PLACES = 4


def applies(bench: Bench, claim: Claim) -> bool:
    """Densities of something given something else, whose joint density needs no integral."""
    density = claim.density
    if density is None or density.joint is None or claim.relation != "=" or claim.solution is not None:
        return False
    return _target(density) is not None and not any(
        holds_integral(side, bench) for side in (density.joint, claim.claimed)
    )


def _target(density: t.Density) -> t.Variable | None:
    """The one name whose density this is: a whole, a member of a family, or the column of which it is an entry."""
    match density.targets:
        case (t.Variable() as target,) | (t.Entry(argument=t.Variable() as target),):
            return target
    return None


def ask(bench: Bench, claim: Claim) -> Evidence:
    """The difference at some values of z against that at another one, at every draw."""
    assert claim.density is not None
    assert claim.density.joint is not None
    target = _target(claim.density)
    assert target is not None
    domain = bench.problem.declarations[target.key].domain
    if domain.kind in DISCRETE:
        return Evidence(NAME, Outcome.NOT_CHECKED, detail="its values are counted")
    high = domain.high if isinstance(domain.high, float) else None
    found = []
    for number, world in enumerate(bench.worlds(claim.conditions)):
        frame = bench.frame(claim, world)
        shape = tuple(frame.world.leaves[target.key].shape)
        places = [
            draw(domain, shape, generator(bench.settings.seed, "bayes", number, place), high) for place in range(PLACES)
        ]
        try:
            found.append((world, _compared(claim, claim.density.joint, target.key, frame, places)))
        except NotExact as error:
            return Evidence(NAME, Outcome.NOT_CHECKED, detail=error.what)
    return summary(NAME, bench, claim, claim.claimed, found)


def _compared(
    claim: Claim, joint: t.Term, key: str, frame: Frame, places: list[torch.Tensor]
) -> Discrepancy:  # fmt: skip
    """How much log p(x, z) rises between values of z, against how much the claim does."""
    with torch.no_grad():
        joints, claims = [], []
        for place in places:
            inner = frame.bind({key: place.reshape(place.shape[0], *(1,) * len(frame.axes), *place.shape[1:])})
            joints.append(evaluate(joint, inner))
            claims.append(evaluate(claim.claimed, inner))
    joints, claims = (list(torch.broadcast_tensors(*side)) for side in (joints, claims))
    # Which values: the first is what the others are compared with.
    left = torch.cat([value - joints[0] for value in joints[1:]], -1)
    right = torch.cat([value - claims[0] for value in claims[1:]], -1)
    left, right = (side.detach() for side in torch.broadcast_tensors(left, right))
    scale = torch.stack([value.abs() for value in (*joints, *claims)]).amax(0)
    bar = 16 * FLOOR * scale.reshape(scale.shape[0], -1).amax(1)
    return discrepancy(left, right, bar)
