"""KL divergence of any two continuous distributions of SciPy, by quadrature."""

import copy
import itertools
import math
import sys
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from kl_helpers._validation import short


# p and q are Any: SciPy has no types of its own, and two families of distributions.
def kl_quad(p: Any, q: Any) -> float:
    """KL divergence D(p‖q) of any two continuous distributions, by quadrature, in nats.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    p, q : continuous distributions of `scipy.stats`
        Frozen, for instance ``scipy.stats.norm(0, 1)``, or made by ``scipy.stats.Normal``,
        ``Mixture``, ``truncate`` or ``make_distribution``.

    Returns
    -------
    float
        ≥ 0, and exactly 0 for identical distributions; inf if q lacks a part of p's support, or
        if the integral diverges in p's tails.

    Raises
    ------
    ValueError
        Also if `p` or `q` has invalid parameters or a density that contradicts its cdf, or if q's
        log-density underflows where p still has mass.

    Notes
    -----
    Integrates p (log p − log q) − p + q, which is nowhere negative, from the log-densities, and
    adds what p and q hold outside. The range is p's own, down to tail probabilities of 1e-300, cut
    into pieces at quantiles of p and of q and at the edges of an `rv_histogram`, so that no narrow
    or distant peak is missed; each piece is halved until Gauss–Legendre quadrature agrees with
    itself and with the values at the ends of the piece.

    The relative error is about 1e-12, and grows to 1e-15/√D for a tiny divergence D. That is beside
    SciPy's densities, which are taken at their word if their mass is 1 within 1e-9 and, in the
    tails, agrees with cdf and sf; quantiles are used where these confirm them. What SciPy does not
    vouch for may have a share of up to 1e-9 in the result. A density that SciPy itself integrates
    at each point (``studentized_range``) is noisy, which limits the error to 1e-10, and slow: it
    takes half a minute. What takes more than ten seconds says on stderr how far it is, and Ctrl-C
    ends it at once. A circular `vonmises` is refused, for on the line its mass is not 1; take
    `vonmises_line`.

    What lies beyond the range is added as the power law that it is there. If that does not
    decrease, the divergence is inf: Student's t against a normal distribution is inf up to 2
    degrees of freedom. Near a finite end e of the support, other than 0, numbers are too coarse to
    follow a pole; there the power law begins at a distance of 1.5e-8·abs(e), which limits the
    relative error to about 1e-8 for a pole as strong as that of ``beta(0.1, 0.1)``.

    References
    ----------
    Davis & Rabinowitz, *Methods of Numerical Integration*, 2nd ed., section 6.2.

    Examples
    --------
    >>> from scipy import stats
    >>> round(kl_quad(stats.norm(1, 1), stats.norm(0, 1)), 10)
    0.5
    >>> kl_quad(stats.uniform(0, 2), stats.uniform(0, 1))
    inf
    """
    # SciPy warns of what is checked here: integrals that do not settle, logarithms of 0.
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _divergence(_law("p", p), _law("q", q))


# Tail probabilities, from ½ to 1e-300, whose quantiles cut the range of `kl_quad` into pieces.
_TAILS = 10.0 ** -np.concatenate(
    [[math.log10(2), 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 20], np.arange(25, 301, 5)]
)
_BULK = 13  # of them reach down to 1e-20: the bulk; the others are quantiles of the far tail
_FARTHEST = 1e150  # the largest |x| that is looked at: its square must not overflow (at 1e308)
# Many densities of SciPy take the logarithm of a pdf. Where its log-density falls below −708, a pdf
# is a subnormal float with few digits left, and below −745 it is 0. The quadrature ends a little
# earlier, at _UNDERFLOW; where it must look beyond, it takes no log-density to be below _DENORMAL.
_UNDERFLOW = -690
_DENORMAL = -745
# Steps beyond the outermost known quantile to where the density underflows, in multiples of the
# quantile's distance from the median.
_STRIDES = 2.0 ** np.concatenate([[0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4], np.arange(8, 1000, 4)])
_MASS = 1e-9  # how far the integral of a density may be from 1 before it is refused
# The relative error that may come from parts where SciPy's density and its cdf differ, or where the
# log-density has underflowed: nothing tells which of them is right. Above it the pair is refused.
_UNVOUCHED = 1e-9
_WAY_OUT = "take other parameters, or draws of p in kl_monte_carlo with log-densities of your own"

# Gauss–Legendre nodes, and one at either end that has no weight: a kink or a jump between an end
# and the first node is seen there only, as a distance from the polynomial through the nodes.
_GAUSS, _GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(16)
_ENDS = np.array([-1 + 1e-9, 1 - 1e-9])
_NODES = np.concatenate([_GAUSS, _ENDS])
_BARYCENTRIC = (-1.0) ** np.arange(16) * np.sqrt((1 - _GAUSS**2) * _GAUSS_WEIGHTS)
_TO_ENDS = _BARYCENTRIC[:, np.newaxis] / (_ENDS - _GAUSS[:, np.newaxis])
_TO_ENDS /= _TO_ENDS.sum(axis=0)

_PATIENCE = 10  # seconds without a word


@dataclass
class _Law:
    """A distribution by its functions, under the names that scipy.stats first had for them."""

    name: str
    low: float
    high: float
    median: float
    logpdf: object
    cdf: object
    sf: object
    ppf: object
    isf: object

    def __post_init__(self):
        self.below = _confirmed(self.ppf, self.cdf, self.low, self.high)
        self.above = _confirmed(self.isf, self.sf, self.low, self.high)
        self.bins, self.parts = [], []

    def log_density(self, x):
        logs, x = _ask(self.logpdf, x), np.asarray(x)
        nan = np.isnan(logs)
        if nan.any():  # inf − inf, where the mass has long underflowed
            below, above = _ask(self.cdf, x[nan]), _ask(self.sf, x[nan])
            logs[nan] = np.where((below == 0) | (above == 0), -math.inf, math.nan)
        return logs

    def mass(self, side, x):
        """What lies below x for side −1, above it for side 1, as cdf or sf has it."""
        return float(_ask(self.cdf if side < 0 else self.sf, x))

    def grain(self):
        """The relative rounding error of a density, because x itself is rounded.

        Floats near the median have gaps of spacing(median). Beside a bulk that is not much wider, a
        density seems to go in steps, and its integral is off by about this share.
        """
        widths = (
            law.above[1][1] - law.below[1][1]
            for law in (self, *self.parts)
            if all(len(side[1]) > 1 for side in (law.above, law.below))
        )
        return 4 * np.spacing(abs(self.median)) / min(widths, default=math.inf)

    def finest(self):
        """The absolute error that the mass of a piece may have: 1e-7 of the farthest known tail.

        `_refuse_contradiction` compares the mass of a tail with its cdf to 1e-6 of it.
        """
        sides = (self.low, self.below[0]), (self.high, self.above[0])
        tails = [tails[-1] for end, tails in sides if math.isinf(end) and len(tails)]
        return 1e-7 * min(tails, default=1e-6)

    def places(self, every=1):
        """Where the density may peak, bend or jump, with one in `every` of the far quantiles."""
        sides = [x for law in (self, *self.parts) for x in (law.below[1], law.above[1])]
        quantiles = [part for x in sides for part in (x[:_BULK], x[_BULK::every])]
        return np.concatenate([[self.median], self.bins, *quantiles])


def _law(name, distribution):
    """`distribution` as a `_Law`; refuse what is none, and what has no valid parameters."""
    try:
        recent = hasattr(distribution, "iccdf")  # scipy.stats.Normal and its kin
        methods = ("cdf", "ccdf", "icdf", "iccdf") if recent else ("cdf", "sf", "ppf", "isf")
        functions = [getattr(distribution, method) for method in ("logpdf", *methods)]
        support, median = distribution.support(), distribution.median()
        one = np.shape(support) == (2,) and np.ndim(median) == 0
        if one and recent and functions[0](median) == math.inf and distribution.pmf(median) > 0:
            raise TypeError  # discrete
    except (AttributeError, TypeError):  # SciPy's TypeError: a family without its parameters
        way_out = ""
        if callable(getattr(distribution, "pmf", None)):
            way_out = (
                "; discrete: sum scipy.special.rel_entr(p.pmf(k), q.pmf(k)) over "
                "k = np.arange(p.ppf(1e-15), p.isf(1e-15) + 1)"
            )
        raise TypeError(
            f"{name} must be a frozen continuous distribution of scipy.stats, such as "
            f"scipy.stats.norm(0, 1), or one like scipy.stats.Normal(), but is "
            f"{short(distribution)}{way_out}"
        ) from None
    except Exception as error:
        raise ValueError(
            f"{name} must tell its support and median, but {type(distribution).__name__} raises "
            f"{type(error).__name__}: {error}"
        ) from error
    if not one or np.isnan(support).any() or np.isnan(median):
        raise ValueError(
            f"{name} must be one distribution with valid parameters, but has the support {support}"
        )
    law = _Law(name, *map(float, (*support, median)), *functions)
    law.bins = _bin_edges(distribution, law)
    law.parts = [_law(name, part) for part in getattr(distribution, "components", ())]
    return law


def _bin_edges(distribution, law):
    """Where the density of an `rv_histogram` jumps."""
    bins = getattr(getattr(distribution, "dist", distribution), "_hbins", None)
    if bins is None:
        return []
    if law.low == bins[0] and law.high == bins[-1]:
        return bins
    return law.low + (bins - bins[0]) / (bins[-1] - bins[0]) * (law.high - law.low)


def _ask(function, x):
    """What SciPy answers, and NaN where it raises instead."""
    try:
        return np.asarray(function(x), dtype=float)
    except Exception:
        if np.ndim(x) == 0:
            return np.array(math.nan)
        return np.reshape([_ask(function, one) for one in np.ravel(x)], np.shape(x))


def _confirmed(inverse, mass, low, high):
    """Tail probabilities and their quantiles, as far as `mass` (cdf or sf) agrees with them."""
    tails, x = _TAILS[:_BULK], _ask(inverse, _TAILS[:_BULK])
    good = _agree(mass, x, tails)
    lacking = ~good & (tails > 1e-7)
    if lacking.any():
        x[lacking] = _search(mass, tails[lacking], low, high)
        good[lacking] = _agree(mass, x[lacking], tails[lacking])
    if good[-1]:  # else it is slow to ask for more, and in vain
        tails, x = _TAILS, np.concatenate([x, _ask(inverse, _TAILS[_BULK:])])
        good = np.concatenate([good, _agree(mass, x[_BULK:], _TAILS[_BULK:])])
    good &= np.abs(x) < _FARTHEST
    return tails[good], x[good]


def _agree(mass, x, tails):
    """Where cdf or sf at the quantile x gives back the tail probability, to one in a thousand."""
    return np.abs(_ask(mass, x) / tails - 1) < 1e-3


def _search(mass, tails, low, high):
    """Where `mass` takes the values `tails`, by halving an interval of asinh(x)."""
    low, high = np.arcsinh(np.clip([low, high], -_FARTHEST, _FARTHEST))
    rising = _ask(mass, np.sinh(low)) < 0.5
    low, high = np.full(len(tails), low), np.full(len(tails), high)
    for _ in range(80):
        middle = 0.5 * (low + high)
        right = (_ask(mass, np.sinh(middle)) < tails) == rising
        low, high = np.where(right, middle, low), np.where(right, high, middle)
    return np.sinh(0.5 * (low + high))


def _divergence(p, q):
    """D(p‖q) of two `_Law`s: the integral over p's range, and what both hold outside of it.

    Whatever casts doubt on more than `_UNVOUCHED` of the result is an error: masses that are not 1,
    tails in which density and cdf differ, a log-density that underflows too soon.
    """
    if _goes_beyond(p, q, -1) or _goes_beyond(p, q, 1):
        return math.inf
    p = _within_support(p, q)
    ends = [_end(p, q, -1), _end(p, q, 1)]
    places = np.concatenate([p.places(), q.places(4), *(end.steps for end in ends)])
    edges = _apart(np.clip(places, ends[0].x, ends[1].x))
    pieces = _integrate(p, q, edges)
    if not np.isfinite(pieces[0]).all():
        return math.inf
    inside, mass_p, mass_q = pieces.sum(axis=1)
    outside_p, outside_q = _outside(p, ends, mass_p), _outside(q, ends, mass_q)
    for end, mass in zip(ends, outside_p, strict=True):
        if end.why and mass > _UNVOUCHED:
            _refuse_the_rest(end)
        if math.isinf(end.end) and mass > 1e-6:
            raise ValueError(
                f"p has a mass of {mass:.6g} beyond {end.x:.6g}, where squares of numbers "
                "overflow; rescale p and q, which leaves the divergence as it is"
            )
    total_p, total_q = mass_p + sum(outside_p), mass_q + sum(outside_q)
    _refuse_mass(p, total_p)
    _refuse_mass(q, total_q)
    beyond = [_beyond(p, q, end, mass, inside) for end, mass in zip(ends, outside_p, strict=True)]
    divergence = inside + sum(beyond)
    # The two are the same where density and cdf are; only the former needs no cdf of q.
    if abs(total_p - total_q) > 1e-13:
        divergence += mass_p - mass_q
    else:
        divergence += sum(outside_q) - sum(outside_p)
    for i, end in enumerate(ends):
        _refuse_unvouched(p, q, end, beyond[i], outside_p[i], inside)
        shares = np.abs(pieces[0] + pieces[1] - pieces[2]), abs(beyond[i])
        _refuse_contradiction(p, q, p, end, edges, pieces[1], outside_p[i], total_p, shares, inside)
        _refuse_contradiction(p, q, q, end, edges, pieces[2], outside_q[i], total_q, shares, inside)
    if math.isnan(divergence):
        raise ValueError(f"the integral of p log(p/q) is not a number; {_WAY_OUT}")
    return max(float(divergence), 0.0)


def _within_support(p, q):
    """A copy of p whose support ends where that of q does, if p has no mass beyond it."""
    law = copy.copy(p)
    law.low, law.high = max(p.low, q.low), min(p.high, q.high)
    return law


def _goes_beyond(p, q, side):
    """Whether p has support where q has none."""
    own, other = (p.low, q.low) if side < 0 else (p.high, q.high)
    if not side * own > side * other:
        return False
    outside = other + side * abs(other - p.median)
    if math.isfinite(own) or p.log_density(outside) > -math.inf:
        return True
    end = _last(p, outside, -math.inf)  # pearson3 says that it has no end, but it has one
    return not (_is_zero_beyond(p, end) and side * end <= side * other)


@dataclass
class _End:
    """Where the quadrature ends on one side, and steps that lead there."""

    side: int  # −1 below, 1 above
    x: float
    why: str  # x is not as far out as p goes
    end: float  # of p's support
    steps: np.ndarray


def _end(p, q, side):
    """The `_End` of the range on one side: p's, or sooner, where q's log-density underflows."""
    if math.isfinite(p.low if side < 0 else p.high):
        end = _near_a_finite_end(p, side)
    else:
        end = _far_out(p, side)
    if math.isfinite(q.log_density(end.x)):
        return end
    x = _last(q, end.x, -math.inf)
    if _is_zero_beyond(q, x):
        return end
    return _End(side, *_end_of_density(q, x, end.end), end.end, end.steps)


def _near_a_finite_end(p, side):
    """The support's end, or so close to it that the distance is no rounding error."""
    end, other = (p.low, p.high) if side < 0 else (p.high, p.low)
    width = min(p.high - p.low, _FARTHEST)
    largest = abs(end) if side < 0 or not math.isfinite(other) else max(abs(end), abs(other))
    distance = max(2.0**-26 * largest, 1e-290)
    if distance > 1e-4 * width:
        return _End(side, end, "", end, np.empty(0))
    steps = end - side * np.geomspace(distance, width, 40)
    return _End(side, steps[0], "", end, steps)


def _far_out(p, side):
    """The outermost quantile if it is that of 1e-300, else where the density underflows."""
    tails, quantiles = p.below if side < 0 else p.above
    if not len(tails):
        raise ValueError(
            f"no quantile of {p.name} can be found at which its cdf is as it should; {_WAY_OUT}"
        )
    last = quantiles[-1]
    steps = p.median + (last - p.median) * _STRIDES
    steps = steps[np.abs(steps) < _FARTHEST]
    if tails[-1] < 1e-299 or not len(steps):
        return _End(side, last, "", side * math.inf, np.empty(0))
    log_p = p.log_density(steps)
    light = ~(log_p + np.log(np.abs(steps - p.median)) > _UNDERFLOW)
    first = light.argmax() if light.any() else -1
    if math.isfinite(log_p[first]):
        return _End(side, steps[first], "", side * math.inf, steps)
    x = _last(p, steps[first], _UNDERFLOW)
    if p.log_density(x) < _UNDERFLOW + 10:
        return _End(side, x, "", side * math.inf, steps)
    x, why = _end_of_density(p, x, side * math.inf)
    return _End(side, side * max(side * last, side * x), why, side * math.inf, steps)


def _end_of_density(law, x, end):
    """Up to where a log-density that ends at x is right, and the words for it."""
    if law.log_density(x) < _UNDERFLOW + 10:
        return x, f"the log-density of {law.name} underflows at {x:.6g}"
    # It ends in the midst: by rounding errors, which began long before.
    x = end + 1e3 * (x - end) if math.isfinite(end) else law.median + 1e-3 * (x - law.median)
    return x, f"the density of {law.name} is lost to rounding beyond {x:.6g}"


def _last(law, outer, least):
    """The last place on the way from the bulk to `outer` where the log-density exceeds `least`."""
    places = law.places()
    places = places[law.log_density(places) > least]
    places = places[places <= outer] if outer > law.median else places[places >= outer]
    if not len(places):
        return law.median
    inner = places.max() if outer > law.median else places.min()
    for _ in range(100):
        if inner * outer > 0:
            middle = math.copysign(math.sqrt(abs(inner)) * math.sqrt(abs(outer)), inner)
        else:
            middle = np.sinh(0.5 * (np.arcsinh(inner) + np.arcsinh(outer)))
        inner, outer = (middle, outer) if law.log_density(middle) > least else (inner, middle)
    return inner


def _is_zero_beyond(law, x):
    """Whether a density that is 0 next to x falls to 0 there, and has not underflowed."""
    log_mass = law.log_density(x) + math.log(abs(x - law.median) + 1e-300)
    return len(law.bins) > 0 or log_mass > -30


def _apart(edges):
    """Sorted, and at least a few rounding errors apart."""
    edges = np.unique(edges)
    gaps = np.diff(edges) > 4 * np.spacing(np.abs(edges[1:]))
    return edges[np.concatenate([[True], gaps])] if len(edges) > 1 else edges


# scipy.integrate.tanhsinh was tried for this, on 33 hard pairs: over the whole support it reports
# success where it misses peaks (up to 100 % off), and between quantiles it gives up on 20 of them.
def _integrate(p, q, edges):
    """Integrals of the deviance d(p(x), q(x)), of p and of q over the pieces, shape (3, pieces)."""
    start = time.monotonic()
    left, right = edges[:-1], edges[1:]
    owner = np.arange(len(left))
    whole, _ = _gauss_legendre(p, q, left, right)
    done = np.zeros((3, len(owner)))
    finest = np.array([[p.finest()], [q.finest()]])
    past = []
    for _ in range(200):
        if (seconds := time.monotonic() - start) > _PATIENCE:
            print(
                f"kl_quad: after {seconds:.0f} s {len(left)} pieces of the integral are not exact "
                "enough; Ctrl-C, in a notebook ■, ends it",
                file=sys.stderr,
            )
        middle = 0.5 * (left + right)
        left, right = np.stack([left, middle]), np.stack([middle, right])
        halves, bend = _gauss_legendre(p, q, left, right)
        if not np.isfinite(halves).all():
            _refuse_mass(p, max(1.0, (done[1].sum() + halves[1].sum())))
            return _what_is_not_finite(p, q, left, right, done)
        both = halves.sum(axis=1)
        pieces = done + [np.bincount(owner, row, done.shape[1]) for row in both]
        total = pieces[0].sum()
        allowed = np.stack(
            [
                np.full(len(owner), 1e-13 * total + 1e-14 * math.sqrt(total)),
                *np.minimum(1e-13, 1e-8 * pieces[1:, owner] + finest),
            ]
        )
        error = np.abs(both - whole) + bend.sum(axis=1)
        coarse = ~(error <= allowed).all(axis=0)
        left_over = error[:, coarse].sum(axis=1)
        scale = np.array([total, 1, 1])
        noise = coarse.sum() > 500 and (left_over <= 1e-12 * scale).all()
        # Halving rids a smooth piece of its error at once, and leaves a jump or a kink in one of
        # the halves. What falls slowly while it spreads is the noise of SciPy's own integrals.
        past = [*past[-2:], (left_over[0], coarse.sum())]
        stuck = len(past) == 3 and all(
            3 * error > before and pieces_now > pieces_then
            for (before, pieces_then), (error, pieces_now) in itertools.pairwise(past)
        )
        noise |= stuck and (left_over <= 1e-10 * scale).all()
        if not coarse.any() or noise or coarse.sum() > 4_000:
            break
        done += [np.bincount(owner[~coarse], row, done.shape[1]) for row in both[:, ~coarse]]
        owner = np.tile(owner[coarse], 2)
        left, right, whole = (
            left[:, coarse].ravel(),
            right[:, coarse].ravel(),
            halves[:, :, coarse].reshape(3, -1),
        )
    kept = _MASS + p.grain() + q.grain()
    if (left_over > kept * np.array([total, 1, 1]) + 1e-13).any():
        rough = middle[coarse][0]
        raise ValueError(
            f"the log-density of p or q is too rough for quadrature near {rough:.6g}; {_WAY_OUT}"
        )
    return pieces


def _gauss_legendre(p, q, left, right):
    """Integrals like `_integrate`'s, and how far the values at the ends may set them wrong."""
    half = 0.5 * (right - left)[..., np.newaxis]
    x = 0.5 * (left + right)[..., np.newaxis] + half * _NODES
    values = _values(p, q, x, np.log(half))
    inner, ends = values[..., :-2], values[..., -2:]
    bend = np.abs(ends - inner @ _TO_ENDS).sum(axis=-1) * (1 + _GAUSS[0])
    return inner @ _GAUSS_WEIGHTS, np.where(np.isfinite(bend), bend, 0.0)


def _values(p, q, x, log_width):
    """The deviance d(p(x), q(x)), p(x) and q(x), times a width."""
    log_p, log_q = p.log_density(x) + log_width, q.log_density(x) + log_width
    log_ratio, mass_p, mass_q = log_p - log_q, np.exp(log_p), np.exp(log_q)
    near = mass_p * (log_ratio + np.expm1(-log_ratio))
    far = mass_p * log_ratio - mass_p + mass_q
    deviance = np.where(mass_p > 0, np.where(np.abs(log_ratio) < 1, near, far), mass_q)
    return np.stack([deviance, mass_p, mass_q])


def _what_is_not_finite(p, q, left, right, pieces):
    """Infinite pieces, if q is 0 where p is not."""
    x = 0.5 * (left + right)[..., np.newaxis] + 0.5 * (right - left)[..., np.newaxis] * _GAUSS
    log_p, log_q = p.log_density(x), q.log_density(x)
    for law, logs in ((p, log_p), (q, log_q)):
        wrong = np.isnan(logs) | (logs == math.inf)
        if wrong.any():
            raise ValueError(
                f"the log-density of {law.name} is {logs[wrong][0]} at {x[wrong][0]:.6g}; "
                f"{_WAY_OUT}"
            )
    for place in x[(log_q == -math.inf) & (log_p > -math.inf)][:1]:
        last = _last(q, place, -math.inf)
        if not _is_zero_beyond(q, last):
            raise ValueError(
                f"the log-density of q underflows at {last:.6g}, where p still has mass, so that "
                f"kl_quad cannot tell the divergence; {_WAY_OUT}"
            )
    return np.full_like(pieces, math.inf)


def _outside(law, ends, inside):
    """The masses beyond the ends: cdf's or the density's, whichever makes the total 1."""
    witnesses = [(law.mass(end.side, end.x), _mass_of_power_law(law, end)) for end in ends]
    pairs = list(itertools.product(*witnesses))
    return pairs[np.nanargmin([abs(inside + sum(pair) - 1) for pair in pairs] + [1e300]) % 4]


def _mass_of_power_law(law, end):
    """The mass beyond the end of the range, if the density goes on there as a power of x."""
    anchor, factor = _scale(law, end)
    reach = end.x - anchor
    if reach == 0 or end.end != (law.low if end.side < 0 else law.high):
        return law.mass(end.side, end.x)
    log_p, log_next = law.log_density(anchor + reach * np.array([1, factor]))
    if log_p == -math.inf:
        return 0.0
    slope = (log_next - log_p) / math.log(factor)
    return float(np.exp(log_p + math.log(abs(reach))) / abs(1 + slope))


def _scale(law, end):
    """From where distances count in the tail, and the factor that leads back into the range."""
    return (end.end, 2.0) if math.isfinite(end.end) else (law.median, 0.5)


def _beyond(p, q, end, mass, inside):
    """∫ p log(p/q) from the range's end to that of p's support."""

    def log_ratio(x):
        return np.maximum(p.log_density(x), _DENORMAL if end.why else -math.inf) - q.log_density(x)

    anchor, factor = _scale(p, end)
    reach = end.x - anchor
    finite = math.isfinite(end.end)
    if reach == 0 or (mass == 0 and (end.why or finite)):
        return 0.0
    if end.why:  # log(p/q) as a line, over the exponential tail of that mass
        depth = math.exp(math.log(mass) - max(p.log_density(end.x), _DENORMAL))
        step = min(depth, 0.5 * abs(reach))
        at = log_ratio(end.x)
        return mass * (at + (at - log_ratio(end.x - end.side * step)) * depth / step)
    points = anchor + reach * np.array([1, factor])
    log_p, (at, inner) = p.log_density(points), log_ratio(points)
    here = np.sign(at) * np.exp(log_p[0] + np.log(abs(reach)) + np.log(abs(at)))
    growth = log_p[0] - log_p[1] + np.log(abs(at / inner)) - math.log(factor)  # in one octave
    matters = abs(here) > 1e-14 * inside
    if matters and growth > -1e-7 and (abs(reach) < 1e-200 or not finite):
        return math.inf
    if not finite:
        return here * math.log(2) / -growth if matters else 0.0
    order = np.exp(log_p[0]) * abs(reach) / mass
    return mass * (at - (inner - at) / (math.log(2) * order))


def _refuse_mass(law, total):
    if not abs(total - 1) <= _MASS + law.grain():
        raise ValueError(
            f"the density of {law.name} and the cdf of {law.name} contradict each other: together "
            f"they hold a mass of {total:.12g} instead of 1; {_WAY_OUT}"
        )


def _refuse_unvouched(p, q, end, tail, mass, inside):
    """A range that ends early must leave out next to nothing."""
    if not end.why or mass == 0:
        return
    share = abs(tail) + mass * abs(max(p.log_density(end.x), _DENORMAL) - q.log_density(end.x))
    if not share <= _UNVOUCHED * inside:
        _refuse_the_rest(end)


def _refuse_the_rest(end):
    raise ValueError(
        f"{end.why}, where p still has mass, so that kl_quad cannot tell the divergence; {_WAY_OUT}"
    )


def _refuse_contradiction(p, q, law, end, edges, masses, outside, total, shares, inside):
    """Where sf (or cdf) and the density of a tail differ, the tail must not matter."""
    if math.isfinite(law.low if end.side < 0 else law.high):
        return
    tails, quantiles = law.below if end.side < 0 else law.above
    for x in quantiles[(tails < 1e-7) & (tails > 1e-285) & np.isin(quantiles, edges[1:-1])]:
        beyond = edges[:-1] >= x if end.side > 0 else edges[1:] <= x
        by_density, by_cdf = masses[beyond].sum() + outside, law.mass(end.side, x)
        gap = abs(by_density - by_cdf)
        # 1 − cdf has an error of 1e-16; a density whose total is 1 lacks no more than that
        noise = 1e-6 * by_cdf + (1e-15 if by_cdf > 1e-16 else 0)
        vouched = gap <= noise or (by_cdf > 1e-11 and gap > 2 * abs(total - 1))
        log_p, log_q = (max(either.log_density(x), _DENORMAL) for either in (p, q))
        share = shares[0][beyond].sum() + shares[1]
        at_stake = gap * abs(log_p - log_q) + share * min(
            1.0, gap / by_density if by_density else 1.0
        )
        if not vouched and not at_stake <= _UNVOUCHED * inside:
            raise ValueError(
                f"the density of {law.name} holds a mass of {by_density:.6g} beyond {x:.6g}, but "
                f"its {'sf' if end.side > 0 else 'cdf'} says {by_cdf:.6g}; {_WAY_OUT}"
            )
