"""Every mistake that people make in the derivation of EM for probabilistic PCA, one at a time, is blamed on its own
line and on no other.

A mistake is the first ``old`` behind the text ``behind``, replaced by ``new``, as in ``test_mistakes``; in rows of one
formula only the row in which it stands is wrong.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import pytest

from derivcheck.config import Settings
from derivcheck.homework import document
from derivcheck.source import Source, Span
from derivcheck.verdict import Outcome, Report, Severity, exit_code, settled
from tests.remembering import check

FORMULA = re.compile(r"\$\$.*?\$\$|(?<!\$)\$(?!\$)[^$]*\$", re.DOTALL)
ROW = re.compile(r"(?:\\begin\{aligned\})?.*?(?:\\\\|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Mistake:
    """One mistake in the shipped document."""

    title: str
    behind: str
    old: str
    new: str

    def apply(self) -> tuple[Source, Span]:
        """The changed document and the row in it that is then wrong."""
        source = document("ppca")
        anchor = source.text.index(self.behind)
        assert source.text.count(self.behind) == 1, f"{self.behind!r} stands {source.text.count(self.behind)} times"
        start = source.text.index(self.old, anchor)
        text = source.text[:start] + self.new + source.text[start + len(self.old) :]
        assert text != source.text
        formula = next(Span(*m.span()) for m in FORMULA.finditer(text) if start < m.end())
        assert formula.start < start, f"{self.title}: the mistake stands outside of every formula"
        body = text[formula.start : formula.end]
        if "aligned" not in body:
            return Source(source.path, text), formula
        rows = [Span(formula.start + m.start(), formula.start + m.end()) for m in ROW.finditer(body)]
        return Source(source.path, text), next(row for row in rows if start < row.end)


CENTRED = r"(x^{(i)} - u z^{(i)})^\top (x^{(i)} - u z^{(i)})"
UPDATE = r"\frac{\sum_{i=1}^{N} x^{(i)} m^{(i)}}{\sum_{i=1}^{N} s^{(i)}}"
LIKELIHOOD = "the determinant of $"
LOG_LIKELIHOOD = r"$$ \log p(x^{(i)} \mid z^{(i)}) ="
LOG_PRIOR = r"$$ \log p(z^{(i)}) ="
LOG_JOINT = r"$$ \log p(x^{(i)}, z^{(i)}) = \log \frac"
UP_TO = "Up to terms without $u$ this is"
EXPANSION = "and the square expands to"
INSIDE = "with the expectation moved inside,"
MOMENTS = r"(x^{(i)})^\top x^{(i)} - 2 (x^{(i)})^\top u m^{(i)} + u^\top u s^{(i)} \right) + \text{const} $$"
MAXIMUM = r"\boxed{ u^{\text{new}}"
RULE_X = "Then\n\n$$ p(x) ="
RULE_Z = "p(z \\mid x) = \\mathcal{N}\\left( z; M"
POSTERIOR = r"\boxed{ p(z^{(i)} \mid x^{(i)})"
MEAN = r"\boxed{ m^{(i)}"
SECOND = r"\boxed{ s^{(i)}"
FACTOR = "factor $-\\frac{1}{2\\sigma^2}$ does not matter there:"

MISTAKES = [
    # the distribution of a sample
    ("the covariance without the prior's", "with covariance", r"A \Sigma A^\top + S", r"A^\top A \Sigma + S"),
    ("the noise missing in the covariance", "A sample is Gaussian too", r" + \sigma^2 I", ""),
    ("a standard deviation for a variance in p(x)", "so that\n\n$$ p(x^{(i)})", r"\sigma^2 I", r"\sigma I"),
    ("an inner for an outer product in p(x)", "so that\n\n$$ p(x^{(i)})", r"u u^\top", r"u^\top u I"),
    ("a mean in p(x)", "so that\n\n$$ p(x^{(i)})", "; 0,", "; u,"),
    ("a sign in p(x)", "so that\n\n$$ p(x^{(i)})", r"u^\top + ", r"u^\top - "),
    # the posterior's variance
    ("the prior missing in C", r"&= \left( 1 + u^\top", "1 + u", "u"),
    ("a sign in the inverse of C", r"&= \left( 1 + \frac", "1 + ", "1 - "),
    ("an inverse forgotten in C", r"&= \left( \frac{\sigma^2 + u", r"^{-1}", ""),
    ("sigma to the fourth in C", r"&= \left( \frac{\sigma^2 + u", r"&= \frac{\sigma^2}", r"&= \frac{\sigma^4}"),
    ("C turned over", r"&= \left( \frac{\sigma^2 + u", r"\frac{\sigma^2}{u^\top u + \sigma^2}",
     r"\frac{u^\top u + \sigma^2}{\sigma^2}"),
    ("sigma for its square in C", r"&= \left( \frac{\sigma^2 + u", r"&= \frac{\sigma^2}", r"&= \frac{\sigma}"),
    ("a factor in the posterior variance", "and the mean is", "= C", "= 2 C"),
    # the posterior's mean
    ("u'x taken for the posterior mean", "and the mean is\n", r"= \frac{u^\top x^{(i)}}{\sigma^2 + u^\top u}", r"= u^\top x^{(i)}"),
    ("u'x taken for the mean in the boxed posterior", POSTERIOR, r"\frac{u^\top x^{(i)}}{\sigma^2 + u^\top u}", r"u^\top x^{(i)}"),
    ("sigma missing in the mean's steps", "S^{-1} x^{(i)} = C", r"\frac{u^\top x^{(i)}}{\sigma^2}", r"u^\top x^{(i)}"),
    ("sigma to the fourth in the boxed posterior", POSTERIOR, r"\frac{\sigma^2}", r"\frac{\sigma^4}"),
    ("the standard deviation in the boxed posterior", POSTERIOR,
     r"\frac{\sigma^2}{\sigma^2 + u^\top u} \right)", r"\sqrt{\frac{\sigma^2}{\sigma^2 + u^\top u}} \right)"),
    ("the precision in the boxed posterior", POSTERIOR,
     r"\frac{\sigma^2}{\sigma^2 + u^\top u} \right)", r"\frac{\sigma^2 + u^\top u}{\sigma^2} \right)"),
    # the moments
    ("u'x taken for m", MEAN, r"\frac{u^\top x^{(i)}}{\sigma^2 + u^\top u}", r"u^\top x^{(i)}"),
    ("m of the projection", MEAN, r"{\sigma^2 + u^\top u}", r"{u^\top u}"),
    ("sigma for its square in m", MEAN, r"\sigma^2", r"\sigma"),
    ("the sign in Var = E[z^2] - E[z]^2", "The second moment follows", "- \\mathbb{E}", "+ \\mathbb{E}"),
    ("the square forgotten in Var", "The second moment follows", "x^{(i)}]^2", "x^{(i)}]"),
    ("s = m^2", r"$$ s^{(i)} = C", "C + ", ""),
    ("s = C + m", r"$$ s^{(i)} = C", "(m^{(i)})^2", "m^{(i)}"),
    ("s = C - m^2", r"$$ s^{(i)} = C", "C + ", "C - "),
    ("s = m^2 in the box", SECOND, r"\frac{\sigma^2}{\sigma^2 + u^\top u} + ", ""),
    ("sigma to the fourth in s", SECOND, r"\frac{\sigma^2}", r"\frac{\sigma^4}"),
    ("a square missing in s", SECOND, r"(\sigma^2 + u^\top u)^2", r"(\sigma^2 + u^\top u)"),
    # the joint density
    ("the normaliser of one dimension in p(x | z)", LIKELIHOOD, r"\sigma^J", r"\sigma"),
    ("the variance's normaliser in p(x | z)", LIKELIHOOD, r"\sigma^J", r"\sigma^{2J}"),
    ("the normaliser's exponent", LIKELIHOOD, r"{J/2}", r"{J}"),
    ("the half in p(x | z)", LIKELIHOOD, r"\frac{1}{2\sigma^2}", r"\frac{1}{\sigma^2}"),
    ("the sign in p(x | z)", LIKELIHOOD, r"-\frac{1}{2\sigma^2}", r"\frac{1}{2\sigma^2}"),
    ("the root in p(z)", r"$$ p(z^{(i)}) =", r"\sqrt{2\pi}", r"2\pi"),
    ("the half in p(z)", r"$$ p(z^{(i)}) =", r"-\frac{1}{2}", r"-"),
    ("the normaliser of one dimension in log p(x | z)", LOG_LIKELIHOOD, r"\sigma^J", r"\sigma"),
    ("sigma for its square in log p(x | z)", LOG_LIKELIHOOD, r"2\sigma^2", r"2\sigma"),
    ("the sign in log p(x | z)", LOG_LIKELIHOOD, r"- \frac{1}{2", r"+ \frac{1}{2"),
    ("the sign in log p(z)", LOG_PRIOR, r"- \frac{1}{2}", r"+ \frac{1}{2}"),
    ("the factor in log p(z)", LOG_PRIOR, r"- \frac{1}{2} ", "- "),
    ("a product of logarithms", r"$$ \log p(x^{(i)}, z^{(i)}) = \log p", r"+ \log p(z", r"\cdot \log p(z"),
    ("a prior subtracted", r"$$ \log p(x^{(i)}, z^{(i)}) = \log p", r"+ \log p(z", r"- \log p(z"),
    ("the normaliser of one dimension in log p(x, z)", LOG_JOINT, r"\sigma^J", r"\sigma"),
    ("the sign of the prior in log p(x, z)", LOG_JOINT, r"- \frac{1}{2} (z", r"+ \frac{1}{2} (z"),
    ("the factor in log p(x, z)", LOG_JOINT, r"\frac{1}{2\sigma^2}", r"\frac{1}{\sigma^2}"),
    ("the sign of the mean in log p(x, z)", LOG_JOINT, "- u z", "+ u z"),
    ("the sign up to constants", UP_TO, r"= -\frac", r"= \frac"),
    ("the factor up to constants", UP_TO, r"{2\sigma^2}", r"{\sigma^2}"),
    ("sigma for its square up to constants", UP_TO, r"{2\sigma^2}", r"{2\sigma}"),
    ("the cross term's factor", EXPANSION, "- 2 (x", "- (x"),
    ("the cross term's sign", EXPANSION, "- 2 (x", "+ 2 (x"),
    ("the last square", EXPANSION, "(z^{(i)})^2", "z^{(i)}"),
    ("the sign of the last square", EXPANSION, r"+ u^\top u", r"- u^\top u"),
    # the M-step
    ("the cross term's factor in the expectation", INSIDE, "- 2 (x", "- (x"),
    ("the sign in front of the expectation", INSIDE, r"= -\frac", r"= \frac"),
    ("the square in the expectation", INSIDE, "(z^{(i)})^2", "z^{(i)}"),
    ("s and m exchanged", r"$$ Q(u) = -\frac{1}{2\sigma^2} \sum_{i=1}^{N} \left(", "u s^{(i)}", "u (m^{(i)})^2"),
    ("the factor of Q", r"$$ Q(u) = -\frac{1}{2\sigma^2} \sum_{i=1}^{N} \left(", r"2\sigma^2", r"\sigma^2"),
    ("the sign of the cross term of Q", r"$$ Q(u) = -\frac{1}{2\sigma^2} \sum_{i=1}^{N} \left(", "- 2 (x", "+ 2 (x"),
    ("a sign in the stationarity row", r"\Rightarrow \sum_{i=1}^{N} \left( -2", "-2", "2"),
    ("a factor in the stationarity row", r"\Rightarrow \sum_{i=1}^{N} \left( -2", "+ 2 u", "+ u"),
    ("x' for x in the stationarity row", r"\Rightarrow \sum_{i=1}^{N} \left( -2", "x^{(i)} m", r"(x^{(i)})^\top m"),
    ("m for s in the stationarity row", r"\Rightarrow \sum_{i=1}^{N} \left( -2", "u s", "u m"),
    ("a factor in the row that is solved", r"\Rightarrow \sum_{i=1}^{N} x^{(i)} m", "= \\sum_{i=1}^{N} u s", "= 2 \\sum_{i=1}^{N} u s"),
    ("m^2 for s in the row that is solved", r"\Rightarrow \sum_{i=1}^{N} x^{(i)} m", "u s^{(i)}", "u (m^{(i)})^2"),
    ("the mean of ratios in the solution", r"\Rightarrow u &=", UPDATE,
     r"\frac{1}{N} \sum_{i=1}^{N} \frac{x^{(i)} m^{(i)}}{s^{(i)}}"),
    ("a half in the solution", r"\Rightarrow u &=", UPDATE, r"\frac{1}{2} " + UPDATE),
    ("m^2 for s in the solution", r"\Rightarrow u &=", "s^{(i)}", "(m^{(i)})^2"),
    ("x' for x in the solution", r"\Rightarrow u &=", "x^{(i)} m", r"(x^{(i)})^\top m"),
    ("the mean of ratios in the update", MAXIMUM, UPDATE, r"\frac{1}{N} \sum_{i=1}^{N} \frac{x^{(i)} m^{(i)}}{s^{(i)}}"),
    ("a half step", MAXIMUM, UPDATE, r"\frac{1}{2} \left( u + " + UPDATE + r" \right)"),
    ("m^2 for s in the update", MAXIMUM, "s^{(i)}", "(m^{(i)})^2"),
    ("x' for x in the update", MAXIMUM, "x^{(i)} m", r"(x^{(i)})^\top m"),
    ("the sign of the update", MAXIMUM, r"= \frac", r"= -\frac"),
    ("the least for the greatest", MAXIMUM, r"\arg\max", r"\arg\min"),
    ("N for the sum of s in the update", MAXIMUM, r"{\sum_{i=1}^{N} s^{(i)}}", "{N}"),
    # the general rules
    ("b missing in p(x)", RULE_X, r" + b", ""),
    ("the sign of the noise in p(x)", RULE_X, r"A^\top + S", r"A^\top - S"),
    ("the prior's covariance missing in p(x)", RULE_X, r"A \Sigma A^\top", r"A A^\top"),
    ("the inverse noise in p(x)", RULE_X, r"+ S", r"+ S^{-1}"),
    ("b added in p(z | x)", RULE_Z, "(x - b)", "(x + b)"),
    ("the prior's mean missing in p(z | x)", RULE_Z, r" + \Sigma^{-1} \mu", ""),
    ("the prior's mean without its precision", RULE_Z, r"\Sigma^{-1} \mu", r"\mu"),
    ("the noise for its inverse in p(z | x)", RULE_Z, r"S^{-1} (x", r"S (x"),
    ("the precision for the covariance in p(z | x)", RULE_Z, ", M \\right)", r", M^{-1} \right)"),
]  # fmt: skip

CASES = [Mistake(*row) for row in MISTAKES]
DEAR = ("a standard deviation for a variance in p(x)", "s = m^2")
"""They have every line below judged anew: a mean in p(x) and s = C - m^2 are mistakes at the same two places."""
# Every second one in each run, all of them in the thorough one: `power` asks far more edits of the same document.
SELDOM = [place % 2 == 1 or one.title in DEAR for place, one in enumerate(CASES)]
EACH = [pytest.param(one, marks=[pytest.mark.thorough] * seldom) for one, seldom in zip(CASES, SELDOM, strict=True)]


@cache
def checked(mistake: Mistake) -> Report:
    """The report on the changed document."""
    return check(mistake.apply()[0], Settings(trials=2, draws=2), mends=False)


@pytest.mark.parametrize("mistake", EACH, ids=lambda mistake: mistake.title)
def test_one_mistake_is_blamed_on_its_own_line(mistake: Mistake) -> None:
    source, row = mistake.apply()
    report = checked(mistake)
    wrong = [result for result in report.results if settled(result) is not Outcome.HOLDS]
    errors = [finding.span for finding in report.findings if finding.severity is Severity.ERROR]
    assert exit_code((report,), strict=False) == 1
    assert wrong
    assert errors
    assert {settled(result) for result in wrong} == {Outcome.WRONG}, [result.verdict.reason for result in wrong]
    for span in (*(result.span for result in wrong), *errors):
        assert span.start in row, f"blamed too: {source.slice(span)}"


def refuting(report: Report) -> frozenset[str]:
    """The sources that alone say that the mistaken row is wrong."""
    found = {
        evidence.oracle
        for result in report.results
        if settled(result) is not Outcome.HOLDS
        for evidence in result.verdict.evidence
        if evidence.outcome is Outcome.WRONG
    }
    codes = {finding.code for finding in report.findings if finding.severity is Severity.ERROR}
    return frozenset(found | ({"shapes"} if "shape-mismatch" in codes else set()))


# Declared shapes that contradict each other leave a row without a meaning, at every size and whatever is drawn: it has
# no value that another source could look at, and by the design it is wrong for that alone.
WITHOUT_A_VALUE = (
    "the covariance without the prior's",
    "x' for x in the stationarity row",
    "x' for x in the solution",
    "x' for x in the update",
)


@pytest.mark.parametrize("mistake", EACH, ids=lambda mistake: mistake.title)
def test_two_sources_see_every_mistake_that_leaves_a_row_its_meaning(mistake: Mistake) -> None:
    found = refuting(checked(mistake))
    if mistake.title in WITHOUT_A_VALUE:
        assert found == {"shapes"}
    else:
        assert len(found) >= 2, f"seen by {sorted(found)} only"


def test_the_listed_mistakes_are_among_the_mistakes() -> None:
    assert set(WITHOUT_A_VALUE) <= {mistake.title for mistake in CASES}
    assert len({mistake.title for mistake in CASES}) == len(CASES)
