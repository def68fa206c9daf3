"""What chance alone explains: the exact hypergeometric and binomial tests, and many tests at once."""

from collections.abc import Sequence
from math import comb, exp, lgamma, log, log1p


def at_least_by_chance(late: int, cases: int, late_in_all: int, in_all: int) -> float:
    """P(X >= `late`) where `cases` of `in_all` are drawn at random and `late_in_all` of those are late.

    One-sided and exact (Fisher): the late cases of a department fall on its places as lots would, however many it has.
    ValueError unless 0 <= late <= cases <= in_all and late <= late_in_all <= in_all.
    """
    if not (0 <= late <= cases <= in_all and late <= late_in_all <= in_all):
        raise ValueError(f"{late} late of {cases} cannot be among {late_in_all} late of {in_all}")
    punctual = in_all - late_in_all
    fewest, most = max(late, cases - punctual), min(cases, late_in_all)
    ways, exactly = 0, comb(late_in_all, fewest) * comb(punctual, cases - fewest)
    for k in range(fewest, most + 1):
        ways += exactly
        # From the ways to draw k late ones to those of k + 1; always a whole number.
        exactly = exactly * (late_in_all - k) * (cases - k) // ((k + 1) * (punctual - cases + k + 1))
    return ways / comb(in_all, cases)


def at_least_if_tolerated(hits: int, cases: int, share: float) -> float:
    """P(X >= `hits`) where each of `cases` is hit with probability `share`, independently: one-sided binomial test.

    ValueError unless 0 <= hits <= cases and 0 < share < 1.
    """
    if not (0 <= hits <= cases and 0 < share < 1):
        raise ValueError(f"{hits} of {cases} at a share of {share} cannot be tested")
    yes, no, ways = log(share), log1p(-share), lgamma(cases + 1)
    exactly = (
        exp(ways - lgamma(k + 1) - lgamma(cases - k + 1) + k * yes + (cases - k) * no) for k in range(hits, cases + 1)
    )
    return min(1.0, sum(exactly))


def beyond_chance(chances: Sequence[float], rate: float) -> frozenset[int]:
    """Which of these tests are rejected at the false discovery rate `rate` (Benjamini and Hochberg, 1995).

    Where nothing but chance is at work, any is rejected with a probability of `rate` at most.
    """
    order = sorted(range(len(chances)), key=chances.__getitem__)
    last = max((rank for rank, at in enumerate(order, 1) if chances[at] <= rate * rank / len(order)), default=0)
    return frozenset(order[:last])
