#!/usr/bin/env python3
"""Makes reference.json: what scipy says of the groups of numbers that the tests of the canary judge compare.

    python3 -m venv venv && venv/bin/pip install scipy==1.17.1
    venv/bin/python tests/it/canary_statistics/reference.py > tests/it/canary_statistics/reference.json

U and p are those of scipy.stats.mannwhitneyu(first, second, alternative="greater", method="auto"). scipy has no shift:
its middle and the differences at a rank are taken from the sorted list of all differences. The numbers are rounded
so that ties appear where they are meant to.
"""

import json
import random

import numpy
import scipy
from scipy.stats import mannwhitneyu, norm

random.seed(20261126)


def normal(n, mean, deviation, digits=6):
    return [round(random.gauss(mean, deviation), digits) for _ in range(n)]


CASES = {
    "one of each": ([2.0], [1.0]),
    "three and four, apart": ([4.1, 5.2, 6.3], [0.5, 1.5, 2.5, 3.5]),
    "three and four, mixed": ([1.1, 3.2, 2.3], [0.5, 1.5, 2.5, 3.5]),
    "five and five, the first below": ([1.0, 2.0, 3.0, 4.0, 5.5], [6.0, 7.0, 8.0, 5.0, 9.0]),
    "eight and forty": (normal(8, 0.42, 0.1), normal(40, 0.35, 0.1)),
    "eight and a thousand": (normal(8, 0.42, 0.1), normal(1000, 0.35, 0.1)),
    "nine and nine, no ties": (normal(9, 1.0, 0.3), normal(9, 1.0, 0.3)),
    "eight and eight with ties": ([1, 1, 2, 2, 3, 3, 4, 4], [1, 2, 2, 3, 3, 3, 5, 6]),
    "all the same": ([0.0] * 12, [0.0] * 30),
    "mostly zero, as error ratios are": (
        [0.0] * 45 + [0.01, 0.02, 0.04, 0.08, 0.02] * 3,
        [0.0] * 170 + [0.01, 0.02, 0.01] * 3,
    ),
    "sixty and one hundred eighty, one source": (normal(60, 0.3, 0.05, 3), normal(180, 0.3, 0.05, 3)),
    "sixty and one hundred eighty, slower": (normal(60, 0.45, 0.05, 3), normal(180, 0.3, 0.05, 3)),
    "sixty and one hundred eighty, faster": (normal(60, 0.25, 0.05, 3), normal(180, 0.3, 0.05, 3)),
    "two hundred each, skewed": (
        [round(random.lognormvariate(-1.0, 0.6), 4) for _ in range(200)],
        [round(random.lognormvariate(-1.1, 0.6), 4) for _ in range(200)],
    ),
}


def deviation(first, second):
    n, m = len(first), len(second)
    _, counts = numpy.unique(first + second, return_counts=True)
    ties = float(sum(int(t) ** 3 - int(t) for t in counts))
    both = n + m
    return (n * m / 12 * ((both + 1) - ties / max(both * (both - 1), 1))) ** 0.5


def case(name, first, second):
    first, second = [float(x) for x in first], [float(x) for x in second]
    test = mannwhitneyu(first, second, alternative="greater", method="auto")
    differences = sorted(a - b for a in first for b in second)
    pairs = len(differences)
    cut = max(int((pairs / 2 - norm.ppf(0.99) * deviation(first, second)) // 1), 1)
    return {
        "name": name,
        "first": first,
        "second": second,
        "u": float(test.statistic),
        "p_larger": float(test.pvalue),
        "shift": float(numpy.median(differences)),
        "low": differences[cut - 1],
        "high": differences[pairs - cut],
    }


print(
    json.dumps(
        {
            "scipy": scipy.__version__,
            "tails": [[z, float(norm.sf(z))] for z in [-6.0, -1.5, 0.0, 0.5, 1.0, 2.3263478740408408, 4.2, 4.3, 6.0, 10.0]],
            "cases": [case(name, *groups) for name, groups in CASES.items()],
        },
        indent=None,
        separators=(",", ":"),
    ).replace('{"name"', '\n{"name"')
)
