"""The peers, one function each: whether it raises an alarm on a case. Run as a script it prints what it found as JSON.

Every tool is used with its defaults. Two of them give a number and no verdict; what was taken for an alarm is said.
"""

from __future__ import annotations

import json
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from tests.peers import block
from tests.peers.block import Case

PATIENCE = 20
"""Seconds of work for one case; what takes longer is said to."""
MOST = 300_000
"""Evaluations of the function by finite differences, in one case."""


class NotAsked(Exception):
    """A case that a tool cannot be asked, with why."""


@dataclass(frozen=True)
class Tool:
    """A peer: its package, how it is called, what is its answer, and what it says of where the mistake is."""

    name: str
    package: str
    how: str
    where: str
    alarm: Callable[[Case], bool]
    evaluations: Callable[[int], int] = lambda d: 1


def _numpy(case: Case) -> tuple[Any, list[Any], Any]:
    import numpy as np

    arrays = [np.array(one, dtype=np.float32 if case.single else np.float64) for one in block.drawn(case)]
    return np, arrays[:4], arrays[4]


def _flat(case: Case) -> tuple[Callable[[Any], Any], Callable[[Any], Any], Any]:
    """Loss and gradient of one flat column, for tools that take no more."""
    np, weights, x = _numpy(case)
    shapes = [one.shape for one in weights]
    ends = np.cumsum([one.size for one in weights])[:-1]

    def apart(flat: Any) -> list[Any]:
        return [part.reshape(shape) for part, shape in zip(np.split(flat, ends), shapes, strict=True)]

    def of(flat: Any) -> Any:
        return block.loss(np, case, *apart(flat), x)

    def gradient(flat: Any) -> Any:
        return np.concatenate([one.ravel() for one in block.hand(np, case, *apart(flat), x)])

    return of, gradient, np.concatenate([one.ravel() for one in weights])


def _function(case: Case) -> Any:
    import torch

    class Block(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, W: Any, V: Any, b: Any, c: Any, x: Any) -> Any:
            if case.single and W.dtype != torch.float32:
                raise TypeError("this code takes float32")
            ctx.save_for_backward(W, V, b, c, x)
            return block.loss(torch, case, W, V, b, c, x)

        @staticmethod
        def backward(ctx: Any, seed: Any) -> Any:
            return (*(seed * one for one in block.hand(torch, case, *ctx.saved_tensors)), None)

    return Block


def _torch(fast: bool) -> Callable[[Case], bool]:
    def alarm(case: Case) -> bool:
        import torch

        kind = torch.float32 if case.single else torch.float64
        *weights, x = (torch.tensor(one, dtype=kind) for one in block.drawn(case))
        for one in weights:
            one.requires_grad_()
        Block = _function(case)
        return not torch.autograd.gradcheck(
            lambda *arguments: Block.apply(*arguments, x), weights, fast_mode=fast, raise_exception=False
        )

    return alarm


def _jax(case: Case) -> bool:
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    kind = jnp.float32 if case.single else jnp.float64
    *weights, x = (jnp.array(one, dtype=kind) for one in block.drawn(case))

    @jax.custom_vjp
    def of(*arguments: Any) -> Any:
        return block.loss(jnp, case, *arguments, x)

    of.defvjp(
        lambda *arguments: (block.loss(jnp, case, *arguments, x), arguments),
        lambda saved, seed: tuple(seed * one for one in block.hand(jnp, case, *saved, x)),
    )
    try:
        check_grads(of, tuple(weights), order=1, modes=["rev"])
    except AssertionError:
        return True
    return False


def _scipy(case: Case) -> bool:
    from scipy.optimize import check_grad

    of, gradient, at = _flat(case)
    size = float((gradient(at) ** 2).sum()) ** 0.5
    return bool(check_grad(of, gradient, at) > 1e-5 * size)


def _numdifftools(case: Case) -> bool:
    import numdifftools

    of, gradient, at = _flat(case)
    result = numdifftools.Gradient(of, full_output=True)(at)
    bar = 10 * result.error_estimate.ravel() + 1e-12 * abs(result.estimate).max()
    return bool((abs(result.estimate - gradient(at)) > bar).any())


def _openmdao(case: Case, **how: str) -> bool:
    import openmdao.api as om
    from openmdao.utils.assert_utils import assert_check_partials

    of, gradient, at = _flat(case)

    class Block(om.ExplicitComponent):
        def setup(self) -> None:
            self.add_input("theta", at)
            self.add_output("loss", 0.0)
            self.declare_partials("loss", "theta")

        def compute(self, inputs: Any, outputs: Any) -> None:
            outputs["loss"] = of(inputs["theta"])

        def compute_partials(self, inputs: Any, partials: Any) -> None:
            partials["loss", "theta"] = gradient(inputs["theta"])[None, :]

    problem = om.Problem(reports=False)
    problem.model.add_subsystem("block", Block())
    problem.setup(force_alloc_complex=bool(how))
    problem.run_model()
    try:
        assert_check_partials(problem.check_partials(out_stream=None, **how))
    except ValueError:
        return True
    return False


def _scalar(case: Case) -> tuple[str, str]:
    """The loss of one number each and its slope by v as text: for tools that know no arrays."""
    if case.act != "tanh" or case.single or case.inputs != 1 or case.place or case.kink:
        raise NotAsked("symbols have no inputs")
    if case.mistake in ("one entry", "transposed", "V for Vᵀ"):
        raise NotAsked("numbers have no entries")
    if case in block.RIGHT[1:]:
        raise NotAsked("numbers have one size")
    factor = {"1 %": "1.01*", "0.1 %": "1.001*", "1e-6": "1.000001*", "1e-9": "1.000000001*"}.get(case.mistake, "")
    h = "(tanh(w*x + b) + x)"
    r = f"(v*{h} + c)"
    inner = "x" if case.mistake == "φ'(x) for φ'(r)" else r
    y, scale = f"(tanh{r} + {h})", "" if case.loss == 1 else f"{case.loss!r}*"
    return f"{scale}{y}**2/2", f"{factor}{scale}{y}*(1 - tanh({inner})**2)*{h}"


def _pycodemath(case: Case) -> bool:
    import pycodemath

    of, slope = _scalar(case)
    (found,) = (one for one in pycodemath.gradient(pycodemath.parse(of), ["v"]).sy)
    return not pycodemath.Expr(found).equivalent(pycodemath.parse(slope))


def _mathema(case: Case) -> bool:
    import math

    import mathema

    of, slope = _scalar(case)
    space: dict[str, Any] = {"tanh": math.tanh}
    code = f"def of(w, v, x, b, c):\n    return {of}\n"
    import linecache

    name = f"<block {case.name}>"
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    exec(compile(code, name, "exec"), space)
    (found,) = mathema.claims.check_conjectures(
        space["of"], [mathema.claims.claim(f"d(f(w, v, x, b, c), v) == {slope}")]
    )
    if found.verdict == "unknown":
        raise NotAsked(
            "it does not know" + (" (its proof says false)" if "found this claim false" in found.note else "")
        )
    return bool(found.verdict == "falsified")


def _derivcheck(case: Case) -> bool:
    from derivcheck import check
    from derivcheck.verdict import Outcome

    text = block.document(case)
    if text is None or case.single or case.inputs != 1 or case.place or case.kink:
        raise NotAsked("a formula has no entries, types or inputs")
    sizes = {"D": case.d} if case in block.RIGHT else {}
    report = check(text, sizes=sizes)
    outcomes = [one.verdict.outcome for one in report.results]
    if Outcome.WRONG not in outcomes and any(one is not Outcome.HOLDS for one in outcomes):
        raise NotAsked("undecided")
    return Outcome.WRONG in outcomes


TOOLS = (
    Tool("torch gradcheck", "torch", "defaults (eps 1e-6, atol 1e-5, rtol 1e-3)", "the input, both Jacobians", _torch(False), lambda d: 4 * d * (d + 1)),
    Tool("torch gradcheck, fast", "torch", "fast_mode", "the input, two numbers", _torch(True)),
    Tool("jax check_grads", "jax", "order 1, rev, 64 bits", "the largest difference", _jax),
    Tool("scipy check_grad", "scipy", "defaults; above 1e-5 of the gradient's norm taken for an alarm", "nothing: one number", _scipy, lambda d: 2 * d * (d + 1)),
    Tool("numdifftools", "numdifftools", "Gradient; outside of ten of its error estimates taken for an alarm", "the entry", _numdifftools, lambda d: 60 * d * (d + 1)),
    Tool("OpenMDAO check_partials", "openmdao", "forward differences, assert_check_partials", "output and input, the entries", _openmdao, lambda d: 2 * d * (d + 1)),
    Tool("OpenMDAO, complex step", "openmdao", "method cs, assert_check_partials", "output and input, the entries", partial(_openmdao, method="cs"), lambda d: 2 * d * (d + 1)),
    Tool("mathema", "mathema", "a claim on the function of numbers (D = 1)", "the claim", _mathema),
    Tool("pycodemath", "pycodemath", "gradient and equivalent on numbers (D = 1)", "nothing: yes or no", _pycodemath),
    Tool("derivcheck check", "derivcheck", "the formula in LaTeX", "line, symbol, the correction", _derivcheck),
)  # fmt: skip


@contextmanager
def _patience() -> Iterator[None]:
    def late(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def asked(tool: Tool, case: Case) -> dict[str, Any]:
    """What a tool says of a case, and how long it worked."""
    if tool.evaluations(case.d) > MOST:
        return {"said": f"not run: {tool.evaluations(case.d):.0e} evaluations"}
    began = time.process_time()
    try:
        with _patience(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            said = "alarm" if tool.alarm(case) else "holds"
    except NotAsked as error:
        said = f"cannot be asked: {error}"
    except TimeoutError:
        said = f"more than {PATIENCE} s"
    except Exception as error:
        said = f"error: {type(error).__name__}"
    took = time.process_time() - began
    # a tool may keep the alarm clock to itself
    return {"said": f"more than {PATIENCE} s" if took >= PATIENCE - 0.1 else said, "seconds": took}


def main() -> None:
    """Ask the tools that are installed here everything, and print a line for each."""
    wanted = sys.argv[1:]
    for tool in TOOLS:
        if wanted and tool.package not in wanted:
            continue
        try:
            told = version(tool.package) if tool.package != "derivcheck" else __import__("derivcheck").__version__
            __import__(tool.package)
            if tool.package == "derivcheck":
                import torch  # noqa: F401
        except (PackageNotFoundError, ImportError):
            continue
        asked(tool, Case("warm", 3))
        cases = [*block.RIGHT, *block.PLANTED, *block.SOUND]
        cases_said = {case.name: asked(tool, case) for case in cases}
        print(json.dumps({"tool": tool.name, "version": told, "cases": cases_said}), flush=True)
    if not wanted or "documents" in wanted:
        from tests.peers import documents

        for one in documents.asked():
            print(json.dumps(one), flush=True)


if __name__ == "__main__":
    main()
