"""Two samples in, a careful report out: which estimator, how sure, and what speaks against it."""

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import betaincinv, log_ndtr

from kl_helpers._table import columns
from kl_helpers._validation import log_of_base, real_array, same_columns, short
from kl_helpers.distributions import kl_bernoulli, kl_normal
from kl_helpers.divergences import kl_divergence
from kl_helpers.estimators import histogram_frequencies, kl_knn, kl_normal_fit

_LEAST_DRAWS = 12  # a half of them must still hold a draw and its five neighbours
_MOST_DRAWS = 20_000  # of a sample, for what takes time: the search for neighbours, and shuffling
_FEW_VALUES = 10  # up to so many different values are compared by their shares
_NORMAL = 1.035  # the 1 % point of Anderson and Darling's A*² with fitted mean and sd (Stephens)
_PIVOTS, _SHUFFLES, _HALVES = 2000, 400, 50  # repetitions: bootstrap, permutations, half-samples
_RANGE = "range of the samples"
_SHARES = "shares of values"
_NO_BOUND = "no lower bound above 0"
_AT_ONCE = 50  # shuffles at a time: the first of them often decide, and the others are saved
_SPARSE = 0.05  # the share of a sample's own draws that counts as sparse
_TAIL = 0.025  # the chance of an error on each side of an interval
_WAYS = (("D(p‖q)", "p", "q"), ("D(q‖p)", "q", "p"))


class Direction(NamedTuple):
    """One direction of a report: the estimate, its 95 % interval, and whether it is only a floor.

    If `lower_bound`, the samples do not bound the divergence from above: the interval ends at inf.
    """

    estimate: float
    interval: tuple[float, float]
    lower_bound: bool


@dataclass(frozen=True, repr=False)
class Report:
    """What `report` found; `str` of it is the text, a notebook shows a picture too.

    Attributes
    ----------
    forward, reverse : Direction
        D(p‖q) and D(q‖p), in `unit`.
    unit : str
        "nats", "bits", or "units of base b".
    estimator, reason : str
        What was used, and why.
    n : tuple of int
        Draws of p and of q that were used.
    names : tuple of str
        What p and q are samples of.
    dropped, warnings : tuple of str
        A sentence each.
    """

    forward: Direction
    reverse: Direction
    unit: str
    estimator: str
    reason: str
    method: str
    n: tuple[int, int]
    names: tuple[str, str]
    dropped: tuple[str, ...]
    warnings: tuple[str, ...]
    _samples: tuple = field(compare=False)

    @property
    def estimate(self) -> float:
        """The estimate of D(p‖q)."""
        return self.forward.estimate

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of D(p‖q)."""
        return self.forward.interval

    @property
    def sentence(self) -> str:
        """The sentence to put into a paper."""
        p, q = self.names
        both = " and ".join(
            f"{way} = {said}".replace("= at least", "≥", 1).replace(" = no ", ": no ", 1)
            for (way, *_), said in zip(_WAYS, self._said(), strict=True)
        )
        return (
            f"From {self.n[0]} draws of p ({p}) and {self.n[1]} of q ({q}), the Kullback–Leibler "
            f"divergence was estimated as {both}; {self.estimator}, {self.method}."
        )

    def _said(self):
        for estimate, (low, high), floor in (self.forward, self.reverse):
            digits = _digits(high - low if high < math.inf else estimate - low or estimate)
            number = _text(estimate, digits)
            if floor:
                beside = f"; {self.estimator}: {number}" if self.estimator != _RANGE else ""
                least = math.floor(low * 10**digits) / 10**digits
                bound = f"at least {_text(least, digits)} {self.unit}"
                yield f"{bound if least > 0 else _NO_BOUND} (95 % confidence{beside})"
            else:
                ends = f"{_text(low, digits)} to {_text(high, digits)}"
                yield f"{number} {self.unit} (95 % interval {ends})"

    def __str__(self):
        lines = [
            f"p: {self.names[0]}, {self.n[0]} draws; q: {self.names[1]}, {self.n[1]} draws",
            *(f"{way}: {each}" for (way, *_), each in zip(_WAYS, self._said(), strict=True)),
            f"Estimator: {self.estimator}, because {self.reason}.",
            f"Interval: {self.method}; the draws are taken to be independent.",
            *(f"Dropped: {each}." for each in self.dropped),
            *(f"Warning: {each}." for each in self.warnings),
            f"For a paper: {self.sentence}",
        ]
        return "\n".join(lines)

    __repr__ = __str__

    def _ipython_display_(self):
        """Show the text, and the picture below it: of one bundle a notebook shows one of them."""
        from IPython.display import display

        bundle, metadata = self._repr_mimebundle_()
        display({"text/plain": bundle.pop("text/plain")}, raw=True)
        if bundle:
            bundle["text/plain"] = "(picture of the draws and of both intervals)"
            display(bundle, metadata=metadata, raw=True)

    def _repr_mimebundle_(self, include=None, exclude=None):
        try:
            with np.errstate(all="ignore"):
                png, size = _picture(self)
        except ModuleNotFoundError as missing:
            lacking = f"(No picture: it needs {missing.name}, which is not installed.)"
            return {"text/plain": f"{self}\n{lacking}"}, {}
        except (ValueError, OverflowError):  # numbers too large or too close for an axis
            return {"text/plain": str(self)}, {}
        return {"text/plain": str(self), "image/png": png}, {"image/png": size}


@np.errstate(over="ignore", invalid="ignore", under="ignore")
def report(
    x: Any,  # a sample, which may have missing values, or a file or a table
    y: Any,  # a sample, or a column's name
    column: Any = None,
    *,
    base: float | None = None,
    rng: np.random.Generator | int = 0,
) -> Report:
    """Both divergences between two samples, in nats, and how far to trust them.

    Errors: see `help(kl_helpers)`.

    Parameters
    ----------
    x, y : array_like, shape (n,) and (m,), or (n, d) and (m, d)
        Samples from p and from q; n and m may differ. Missing values (NaN, None, masked) are
        dropped, and said. Nothing of yours is changed. Or, with `column`, `x` is a CSV file with a
        header, or anything whose columns are ``x[name]``, and `y` names the draws from p.
    column : str, optional
        The name of the column with the draws from q.
    base : float, optional
        Base of the logarithm: None gives nats, 2 gives bits.
    rng : int or numpy.random.Generator, optional
        For the interval; the same seed gives the same report.

    Returns
    -------
    Report
        With ``estimate``, ``interval``, ``reverse``, ``estimator``, ``dropped``, ``warnings``,
        ``sentence`` and more; ``print`` it.

    Raises
    ------
    ValueError
        If the file or a column cannot be read, or the samples are no two samples of one kind, of at
        least 12 draws each, that shares or a density describe: the message says which, and why.

    Notes
    -----
    Few-valued samples, and integers of which each had five draws, are compared by the shares of
    their values, with half a draw added to each (`kl_divergence`). Samples that both pass for
    normal (Anderson and Darling's test at 1 %) get `kl_normal_fit`. All others, and those of
    several columns, get `kl_knn`. Where more draws lie beyond the range of the other sample, or in
    gaps of it, than chance explains, k-NN comes out too low and the result is a lower bound. Where
    more than half do, all that is known is that the rest of the other sample missed that region:
    for p̂ and q̂ of it, at 97.5 % each, the divergence of these two numbers (data processing).

    A plain bootstrap draws with replacement. For k-NN that makes ties, with which it scatters 1.6
    times as much as fresh samples would (p = q, 100 draws; half-samples: 1.15 times). An estimate
    that is never negative is above 0 in every repetition. So the intervals are: for a normal fit, a
    parametric bootstrap of the means and standard deviations (as pivots); for shares, one of the
    shares (Dirichlet, ½ a value), whose lower end is lowered by twice its bias; for k-NN,
    half-samples without replacement, widened by how much halving moves the estimate (in d columns
    the bias falls like n^(−1/d): for ten by up to 14 times that). For the first two 0 is in the
    interval unless a permutation test tells the samples apart at 2.5 %.

    Examples
    --------
    >>> z = np.random.default_rng(0)
    >>> r = report(z.normal(0, 1, 300), z.normal(1, 1, 300))
    >>> r.estimator, r.interval[0] < 0.5 < r.interval[1]
    ('normal fit', True)
    """
    scale = log_of_base(base)
    rng = _generator(rng)
    unit = {None: "nats", 2: "bits"}.get(base, f"units of base {base}")
    names, x, y = _read(x, y, column)
    same_columns(**dict(zip(names if names[0] != names[1] else "xy", (x, y), strict=True)))
    dropped, (x, y) = _clean(names, x, y)
    warnings = [*_suspicions(names, x, y)]

    def say(nats):
        return f"{nats / scale:.2g} {unit}"

    # The words: the estimator, the reason for it, and the method of its intervals.
    directions, *words = _compared(names, x, y, rng, warnings, say)
    forward, reverse = (_scaled(each, scale) for each in directions)
    n, said = (len(x), len(y)), (tuple(dropped), tuple(warnings))
    return Report(forward, reverse, unit, *words, n, names, *said, (x, y))


def _compared(names, x, y, rng, warnings, say):
    """What the estimator finds that suits the samples; it adds its warnings to the others.

    That is: both directions in nats, the estimator, why it was chosen, and how the intervals were.
    """
    if x.shape[1] > 1:
        _refuse_columns(names, x, y)
    values, codes = np.unique(np.concatenate([x, y]), axis=0, return_inverse=True)
    codes = codes.ravel()  # NumPy 2.0 gives it a second axis
    if _few_valued(names, values, codes, len(x)):
        found = _by_shares(values, codes, len(x), rng, warnings)
    elif x.shape[1] == 1 and _anderson(x[:, 0]) < _NORMAL and _anderson(y[:, 0]) < _NORMAL:
        found = _by_normal_fit(x[:, 0], y[:, 0], rng, warnings, say)
    elif _codes(values, min(len(x), len(y))):
        found = _by_shares(values, codes, len(x), rng, warnings)
    else:
        found = _by_neighbours(x, y, rng, warnings)
    if found[1] != _SHARES and 2 * len(values) <= len(codes) and _whole(values):
        warnings.append(
            f"the draws have only {len(values)} integers in all: if they are codes, their "
            "distances mean nothing, and their shares need 5 draws a value"
        )
    if (least := min(len(x), len(y))) < 30:
        warnings.append(f"with {least} draws the shape of a sample can hardly be judged")
    return found


def _generator(rng):
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise TypeError(
            f"rng must be a seed (an integer >= 0) or a numpy Generator, but is {short(rng)}"
        ) from None


def _scaled(direction, scale):
    low, high = direction.interval
    return Direction(direction.estimate / scale, (low / scale, high / scale), direction.lower_bound)


# --- what they brought


def _read(x, y, column):
    """The names of the samples, and what holds them."""
    if column is None:
        if isinstance(x, str | Path):
            raise ValueError(
                f'x={str(x)!r} is a file: name its two columns too, report("file.csv", "a", "b")'
            )
        return ("x", "y"), x, y
    if not isinstance(x, str | Path):
        return (str(y), str(column)), _column_of(x, "y", y), _column_of(x, "column", column)
    return (str(y), str(column)), *columns(Path(x), {"y": y, "column": column})


def _column_of(table, argument, name):
    try:
        return table[name]
    except (KeyError, IndexError, ValueError, TypeError):
        raise ValueError(f"{argument}={name!r} names no column of the table x") from None


def _clean(names, *samples):
    """What was dropped, and the samples as rows without missing values and constant columns."""
    dropped, cleaned, coarse = [], [], _coarser(samples)
    for name, value in zip(names, samples, strict=True):
        rows, missing = _present(name, value)
        if coarse and np.abs(rows).max(initial=0) <= np.finfo(coarse).max:
            rows = rows.astype(coarse).astype(np.float64)
        if missing:
            of = f"{missing + len(rows)}"
            dropped.append(f"{missing} of {of} rows of {name}, for a missing value")
        if len(rows) < _LEAST_DRAWS:
            but = f"but holds {len(rows)}" + (f" beside {missing} missing" if missing else "")
            raise ValueError(f"{name} must hold at least {_LEAST_DRAWS} draws, {but}")
        cleaned.append(rows)
    if coarse:
        dropped.append(f"the digits beyond {coarse}, the type of one sample and not of the other")
    x, y = cleaned
    if x.shape[1] != y.shape[1]:
        raise ValueError(
            f"{names[0]} and {names[1]} must have one dimension, but have {x.shape[1]} and "
            f"{y.shape[1]} columns"
        )
    still = [(z == z[0]).all(axis=0) for z in cleaned]
    for j in np.flatnonzero(still[0] | still[1]):
        name, z = (names[0], x) if still[0][j] else (names[1], y)
        place = f"column {j} of {name}" if x.shape[1] > 1 else name
        if x.shape[1] == 1 or not (still[0][j] and still[1][j] and x[0, j] == y[0, j]):
            raise ValueError(
                f"{place} is constant: all {len(z)} draws are {z[0, j]}, which no density "
                "describes; drop it, or look at more draws"
            )
        dropped.append(f"column {j}, which is {z[0, j]} in every row of both")
    keep = ~still[0]
    if not keep.any():
        raise ValueError(f"{names[0]} and {names[1]} are constant in every column")
    return dropped, (x[:, keep], y[:, keep])


def _coarser(samples):
    """The coarser type of floats, if the samples have two; 0.1 in float32 is no 0.1 in float64."""
    types = [getattr(value, "dtype", np.dtype(float)) for value in samples]
    floats = [t for t in types if isinstance(t, np.dtype) and t.kind == "f"]
    if len(floats) < 2 or floats[0] == floats[1]:
        return None
    coarse = min(floats, key=lambda t: np.finfo(t).precision)
    return coarse if coarse.itemsize < 8 else None


def _present(name, value):
    """The rows that have no missing value, and how many have one."""
    mask = np.ma.getmaskarray(value) if isinstance(value, np.ma.MaskedArray) else None
    try:
        known = hasattr(value, "__array__") or not hasattr(value, "to_numpy")
        array = np.asarray(value if known else value.to_numpy())
    except Exception:  # the check below says what is wrong
        array = np.asarray(None)
    if array.ndim not in (1, 2) or array.dtype.kind not in "iufO":
        array = np.atleast_1d(real_array(name, value))
        if array.ndim > 2:
            raise ValueError(f"{name} must have shape (n,) or (n, d), but has shape {array.shape}")
    if array.dtype.kind == "O":
        array = np.array([_or_nan(entry) for entry in array.flat], object).reshape(array.shape)
        missing = np.array([_is_nan(entry) for entry in array.flat], bool).reshape(array.shape)
    else:
        missing = np.isnan(array)
    missing = missing if mask is None else missing | mask
    if not array.size:
        return np.empty((0, 1)), 0
    rows = missing.reshape(len(array), -1).any(axis=1)
    if rows.all():
        return np.empty((0, 1)), int(rows.sum())
    kept = real_array(name, array[~rows])
    return kept.reshape(len(kept), -1), int(rows.sum())


def _or_nan(entry):
    return math.nan if type(entry).__name__ in ("NoneType", "NAType", "NaTType") else entry


def _is_nan(entry):
    return isinstance(entry, float) and math.isnan(entry)


# --- what speaks against it


def _suspicions(names, x, y):
    """Warnings that hang on no estimator."""
    if x.shape == y.shape and (x == y).all():
        yield f"{names[0]} and {names[1]} hold the same numbers, which no two samples do"
    elif common := _common(x, y):
        yield (
            f"{names[0]} and {names[1]} have {common} draws in common, though nearly all of a "
            "sample differ: if the samples overlap, they are not independent, and no number here "
            "holds"
        )
    yield from _neighbourly(names, x, y)
    yield from _other_scale(names, x, y)
    for name, z in zip(names, (x, y), strict=True):
        if z.shape[1] == 1 and z.min() >= 0 and abs(z.sum() - 1) < 1e-9:
            yield f"{name} sums to 1: probabilities of outcomes belong in kl_divergence"
        low, middle, high = np.quantile(z, [0.25, 0.5, 0.75], axis=0)
        far = np.abs(z - middle).max(axis=0)
        tails = far / np.where(high > low, high - low, np.inf)
        if tails.max() > 10:  # a normal sample of a million reaches 3.7
            j = int(tails.argmax())
            i = int(np.abs(z[:, j] - middle[j]).argmax())
            yield (
                f"{name} has a heavy tail, or a mistake in it: {z[i, j]:g} lies {tails[j]:.0f} "
                "interquartile ranges from the median (if it stands for a missing value, drop it)"
            )


def _common(x, y):
    """How many rows are in both samples, if that is more than rounding explains; else 0.

    Values rounded to N places give n²/2N pairs within a sample, and nm/N between two.
    """
    values = [np.unique(z, axis=0) for z in (x, y)]
    common = sum(map(len, values)) - len(np.unique(np.concatenate(values), axis=0))
    pairs = [
        2 * (len(z) - len(v)) * len(other) / len(z)
        for z, v, other in zip((x, y), values, (y, x), strict=True)
    ]
    nearly_all_differ = any(len(v) > 0.9 * len(z) for z, v in zip((x, y), values, strict=True))
    return common if nearly_all_differ and common > 5 + 5 * min(pairs) else 0


def _neighbourly(names, x, y):
    """Warnings of draws that depend on the one before; a sorted sample says nothing of that."""
    for name, z in zip(names, (x, y), strict=True):
        found = []
        for column in z.T:
            steps = np.diff(np.unique(column, return_inverse=True)[1].ravel())
            if (steps >= 0).all() or (steps <= 0).all():
                continue
            ranks = np.unique(column, return_inverse=True)[1].ravel().astype(float)
            found.append(float(np.corrcoef(ranks[:-1], ranks[1:])[0, 1]))
        r = min(max(found, default=0), 0.999)
        if r > max(0.1, 3.3 / math.sqrt(len(z))):  # of independent draws one sample in 2000
            yield (
                f"the draws of {name} depend on their neighbours in order (lag-1 correlation "
                f"{r:.2f}): they say about as much as {max(1, round(len(z) * (1 - r) / (1 + r)))} "
                "independent ones, and the intervals are too narrow"
            )


def _other_scale(names, x, y):
    """A warning of columns a hundred times as wide in one sample, as of another unit."""
    spread = [np.subtract(*np.quantile(z, [0.75, 0.25], axis=0)) for z in (x, y)]
    for a, b in zip(*spread, strict=True):
        if a > 0 and b > 0 and not 0.01 < b / a < 100:
            wide, narrow = names if a > b else names[::-1]
            yield (
                f"{wide} is {max(a / b, b / a):.0f} times as wide as {narrow} (interquartile "
                f"ranges {a:.3g} and {b:.3g}): are both in the same unit?"
            )


def _outside(x, y):
    """How many draws of x lie beyond the range of y, in some column."""
    return int(((x < y.min(axis=0)) | (x > y.max(axis=0))).any(axis=1).sum())


def _floor(x, y):
    """A lower bound of D(p‖q) with 95 % confidence, whatever p and q are.

    Beyond the range of y, q has at most the share that betaincinv gives (the distribution of the
    range does not hang on q); p has at least that of Clopper and Pearson.
    """
    n, (m, d) = len(x), y.shape
    count = _outside(x, y)
    if not count or m < 2 * d:
        return 0.0
    most = betaincinv(2 * d, m - 2 * d + 1, 1 - _TAIL)
    least = betaincinv(count, n - count + 1, _TAIL)
    return kl_bernoulli(least, most) if least > most else 0.0


def _beyond(x, y):
    """Whether more draws of x lie beyond the range of y than chance explains, if p = q.

    On average 2d·n/m would. In one dimension 6 are reached once in 16 times.
    """
    d = x.shape[1]
    return _outside(x, y) * len(y) / len(x) > 2 * d + 4 * math.sqrt(d)


def _told_apart(pooled, n, statistic, rng):
    """Whether p = q is refused at 2.5 % by shuffling who is whose."""
    if len(pooled) > _MOST_DRAWS:
        share = _MOST_DRAWS / len(pooled)
        m = len(pooled) - n
        keep = [rng.choice(n, max(2, int(n * share)), replace=False)]
        keep.append(n + rng.choice(m, max(2, int(m * share)), replace=False))
        n, pooled = len(keep[0]), pooled[np.concatenate(keep)]
    seen = statistic(pooled[np.newaxis, :n], pooled[np.newaxis, n:])[0] * (1 - 1e-12)  # rounding
    allowed, chance = int(_TAIL * (_SHUFFLES + 1)) - 1, 0
    for _ in range(0, _SHUFFLES, _AT_ONCE):
        shuffled = rng.permuted(np.tile(pooled, (_AT_ONCE, 1)), axis=1)
        chance += int((statistic(shuffled[:, :n], shuffled[:, n:]) >= seen).sum())
        if chance > allowed:
            return False
    return True


def _interval(repetitions, apart):
    low, high = np.quantile(repetitions, [_TAIL, 1 - _TAIL])
    return (float(low) if apart else 0.0), float(high)


# --- the three estimators


def _anderson(x):
    """Anderson and Darling's A*² for a normal distribution with fitted mean and sd."""
    n, spread = len(x), x.std(ddof=1)
    if not 0 < spread < np.inf:
        return np.inf
    z = np.sort((x - x.mean()) / spread)
    terms = (2 * np.arange(n) + 1) * (log_ndtr(z) + log_ndtr(-z[::-1]))
    return (-n - terms.mean()) * (1 + 0.75 / n + 2.25 / n**2)


def _by_normal_fit(x, y, rng, warnings, say):
    """Both divergences of the normals that fit x and y, with intervals of a parametric bootstrap.

    From a sample of n, the mean less the true mean, in estimated standard deviations, follows
    Student's t, and the variance over the true one follows χ²/(n − 1): turned around, these pivots
    draw 2000 means and deviations that the true ones may be. It warns where draws lie far out in
    the tails, which are assumed to be normal, and where k-NN finds much more than this fit.
    """
    n, m = len(x), len(y)

    def both(a, b):
        p, q = (a.mean(axis=1), a.std(axis=1)), (b.mean(axis=1), b.std(axis=1))
        return kl_normal(*p, *q) + kl_normal(*q, *p)

    apart = _told_apart(np.concatenate([x, y]), n, both, rng)
    drawn = []
    for z in (x, y):
        spread = z.std() * np.sqrt(len(z) / rng.chisquare(len(z) - 1, _PIVOTS))
        shift = rng.standard_normal(_PIVOTS) / math.sqrt(len(z))
        drawn.append((z.mean() + spread * shift, spread))
    directions = []
    for (way, one, other), (a, b), fits in zip(
        _WAYS, ((x, y), (y, x)), (drawn, drawn[::-1]), strict=True
    ):
        low, high = _interval(kl_normal(*fits[0], *fits[1]), apart)
        estimate = kl_normal_fit(a, b)
        directions.append(Direction(estimate, (min(low, estimate), max(high, estimate)), False))
        column, others = a[:, np.newaxis], b[:, np.newaxis]
        share = _outside(column, others) / len(a)
        if share > 0.1 and _beyond(column, others):
            least = _floor(column, others)
            bound = f"it exceeds {say(0.99 * least)}" if least else f"there is {_NO_BOUND}"
            warnings.append(
                f"{_percent(share)} of {one} lies beyond the range of {other}: there {way} rests "
                f"on the tails of the fitted normal; for any shape, {bound} (95 %)"
            )
        shapeless = kl_knn(_some(a, rng), _some(b, rng))
        if shapeless > high + 2 / math.sqrt(min(n, m)):  # its spread at p = q is 0.8/√n
            warnings.append(
                f"k-NN, which assumes no shape, gives {say(shapeless)} for {way}: the normal "
                "fit misses a difference"
            )
    return (
        directions,
        "normal fit",
        "both samples pass for normal (Anderson–Darling test at 1 %)",
        "parametric bootstrap",
    )


def _few_valued(names, values, codes, n):
    """Whether the samples are shares of values; a mixture with a density is refused."""
    often = []
    for name, sample_codes in zip(names, (codes[:n], codes[n:]), strict=True):
        counts = np.bincount(sample_codes, minlength=len(values))
        tenth = len(sample_codes) / 10  # as `kl_knn` judges it
        if counts.max() > max(2, tenth + 3 * math.sqrt(tenth)) or _sticks_out(counts):
            often.append((name, counts))
    if len(values) <= _FEW_VALUES:
        return True
    if often and len(values) > len(codes) / 5:
        name, counts = often[0]
        value = values[counts.argmax()]
        value = f"{value[0]:g}" if value.size == 1 else "the same"
        raise ValueError(
            f"{name} is neither a density nor a few values: {counts.max()} of its {counts.sum()} "
            f"draws are {value}, beside many others; compare the shares of {value} with "
            "kl_bernoulli, and report on the rest"
        )
    return bool(often)


def _sticks_out(counts):
    """Whether up to ten values have six draws or more, and five times as many as the next one."""
    most = np.sort(counts)[::-1][: _FEW_VALUES + 1]
    return bool(((most[:-1] >= 6) & (most[:-1] > 5 * most[1:])).any())


def _codes(values, least):
    """Whether these are integers, or rows of such, of which each had five draws on average.

    They may be codes, whose distances mean nothing. 1000 of them are as many as the bootstrap of
    their shares is quick for.
    """
    return 5 * len(values) <= min(least, 5000) and _whole(values)


def _whole(values):
    return bool((values == np.round(values)).all())


def _refuse_columns(names, x, y):
    """Refuse columns between whose rows distances mean nothing."""
    n, d = min(len(x), len(y)), x.shape[1]
    for name, z in zip(names, (x, y), strict=True):
        with np.errstate(all="ignore"):
            low, high = z.min(axis=0), z.max(axis=0)
            unit = (z / 2 - low / 2) / (high / 2 - low / 2)  # from 0 to 1, without overflow
        for j in range(1, d):
            some = unit[:, : j + 1] - unit[:, : j + 1].mean(axis=0)
            if np.linalg.matrix_rank(some, tol=1e-7 * math.sqrt(len(z))) <= j:
                raise ValueError(
                    f"the columns of {name} are linearly dependent: column {j} is a sum of "
                    f"multiples of those before it, and no density describes them (up to rounding "
                    f"of 1e-7 of its range); drop it in both samples"
                )
    pooled = [len(np.unique(np.concatenate([x[:, j], y[:, j]]))) for j in range(d)]
    few = [j for j in range(d) if pooled[j] <= _FEW_VALUES and 5 * pooled[j] <= n]
    if 0 < len(few) < d:
        j = few[0]
        raise ValueError(
            f"column {j} of {names[0]} and {names[1]} has {pooled[j]} values beside columns of "
            f"many: no distance serves both. Use the chain rule: report on column {j} alone, then "
            "on the other columns of the rows that have each of its values, and add to the first "
            "divergence the others, weighted with the shares that p gives the values"
        )
    for name, z in zip(names, (x, y), strict=True):
        for j in range(d):
            values, counts = np.unique(z[:, j], return_counts=True)
            *_, next_one, most = np.sort(np.append(counts, 0))
            if pooled[j] > _FEW_VALUES and most >= 6 and most > 5 * next_one:
                value = f"{values[counts.argmax()]:g}"
                raise ValueError(
                    f"column {j} of {name} is neither a density nor a few values: {most} of its "
                    f"{len(z)} draws are {value}, beside many others, and no distance serves both. "
                    f"Use the chain rule: report on whether column {j} is {value}, then on the "
                    "other columns of the rows where it is, and on the rows where it is not, and "
                    "add to the first divergence the others, weighted with the shares that p gives "
                    "the two kinds"
                )


def _by_shares(values, codes, n, rng, warnings):
    """Both divergences of the shares of few values, half a draw added to each.

    `codes` says which of the `values` each draw is, the first `n` of them those of p. The intervals
    come from 2000 draws of the shares from the Dirichlet distribution that the counts give. Where
    many draws of one have values that the other lacks, the result is a lower bound.
    """
    k = len(values)

    def shares(c):
        flat = (c + k * np.arange(len(c))[:, np.newaxis]).ravel()
        return np.bincount(flat, minlength=k * len(c)).reshape(-1, k) + 0.5

    def both(a, b):
        p, q = shares(a), shares(b)
        return kl_divergence(p, q, normalize=True) + kl_divergence(q, p, normalize=True)

    apart = _told_apart(codes, n, both, rng)
    counts = [shares(c[np.newaxis])[0] for c in (codes[:n], codes[n:])]
    drawn = [rng.standard_gamma(c, (_PIVOTS, k)) + 1e-300 for c in counts]
    directions = []
    for (way, one, other), order in zip(_WAYS, (1, -1), strict=True):
        (p, q), (a, b) = counts[::order], drawn[::order]
        estimate = kl_divergence(p, q, normalize=True)
        repetitions = kl_divergence(a, b, normalize=True)
        low, high = _interval(repetitions, apart)
        # The repetitions lie above the estimate about as far as the estimate above the truth.
        low = max(0.0, low - 2 * max(0.0, float(repetitions.mean()) - estimate))
        empty = (q < 1) & (p > 1)
        many = int((p - 0.5)[empty].sum())
        floor = bool(many > 6 * p.sum() / q.sum())
        interval = (min(low, estimate), math.inf if floor else max(high, estimate))
        directions.append(Direction(estimate, interval, floor))
        if many:
            warnings.append(
                f"{many} draws of {one} have values that {other} never has: if it cannot have "
                f"them, {way} is infinite; the number rests on the half draw added to each value"
            )
    if min(c.min() for c in counts) < 5:
        warnings.append("some values have fewer than 5 draws, which biases the estimate upward")
    return (
        directions,
        _SHARES,
        f"the draws have {k} different values in all, each often: there is no density"
        + ("; as integers they may be codes" if k > _FEW_VALUES else ""),
        "half a draw added to each value, bootstrap of the shares",
    )


def _some(z, rng):
    return z if len(z) <= _MOST_DRAWS else rng.choice(z, _MOST_DRAWS, replace=False)


def _by_neighbours(x, y, rng, warnings):
    """Both divergences by k-NN, with intervals from 50 pairs of half-samples.

    Draws of one sample where the other has none, beyond its range or within it, have no neighbours
    there, and k-NN comes out too low: where they are more than chance explains, the result is a
    lower bound, and where more than a half lies beyond the range, the one that `_floor` gives.
    """
    if max(len(x), len(y)) > _MOST_DRAWS:
        warnings.append(f"of a larger sample {_MOST_DRAWS} draws, taken at random, were used")
        x, y = _some(x, rng), _some(y, rng)
    # D is the same in any units, the distances between rows of several columns are not.
    unit = np.quantile(np.abs(y - np.median(y, axis=0)), 0.75, axis=0)
    several = x.shape[1] > 1
    x, y = (z / np.where(unit > 0, unit, 1) if several else z for z in (x, y))
    estimates = kl_knn(x, y), kl_knn(y, x)
    halves, share = _halves(x, y, rng)
    rate = 1 / max(x.shape[1], 2)  # of the bias: n^(−1/d) is how distances shrink
    directions, bounds = [], 0
    for (way, one, other), found, parts, (a, b) in zip(
        _WAYS, estimates, halves.T, ((x, y), (y, x)), strict=True
    ):
        # A part of the share s scatters by √((1 − s)/s) times as much as the whole would; a bias
        # that falls like n^(−r) is 1/(s^(−r) − 1) times what the parts moved by.
        estimate = found
        spread = 1.96 * parts.std(ddof=1) * math.sqrt(share / (1 - share))
        moved = (estimate - parts.mean()) / (share**-rate - 1)
        low = float(estimate - spread + min(moved, 0))
        high = float(estimate + spread + max(moved, 0))
        if high < 0:  # by chance at p = q about once in 40 times
            high = float(spread)
            warnings.append(
                f"all of the interval of {way} lay below 0, where no divergence is: do the "
                "samples share draws, or repeat values? The number says nothing else"
            )
        floor, words = _lacking(a, b, one, other)
        if floor:
            high = math.inf
            warnings.append(f"{words}: k-NN is too low there, and {way} is given as a lower bound")
        # no number then, but what the range of the other shows
        if floor and _outside(a, b) > 0.5 * len(a):
            low = estimate = _floor(a, b)
            bounds += 1
            warnings[-1] = (
                f"{words}: the samples hardly overlap, and how large {way} is they do not say"
            )
        directions.append(Direction(estimate, (max(low, 0.0), high), floor))
    if bounds == 2:
        return (
            directions,
            _RANGE,
            "they hardly overlap, and are not both normal: any number would be an assumption",
            "distribution-free bound",
        )
    warnings += _unseen(x, y)
    shape = "the samples have several columns" if several else "a sample is not normal"
    return (
        directions,
        "k-nearest neighbours",
        f"{shape}, and distances between draws assume no shape",
        "k = 5, half-samples without replacement",
    )


def _unseen(x, y):
    """Warnings of what k-NN cannot see in so few draws, or in so many dimensions.

    With fewer, the intervals of exponentials of means 1 and 2, and of two columns of correlation 0
    and 0.9, missed the truth in more than one of ten pairs (benchmarks/report_coverage.py). The
    examples of the bias are normals of ten columns: 2 nats apart, and of deviations 1 and 2.
    """
    least, d = min(len(x), len(y)), x.shape[1]
    if least < (enough := 50 if d == 1 else 75 * d):
        columns = f"of {d} columns " if d > 1 else ""
        yield (
            f"{least} draws {columns}are few for distances (under {enough}): k-NN may miss where "
            "one has no mass, and the interval the truth"
        )
    if d > 2:
        yield (
            f"in {d} dimensions neighbours are far away, and k-NN is biased: too low where the "
            "samples are far apart (in 10 dimensions about 1.2 for 2 nats), too high where p is "
            "the narrower one (4.1 for 3.2)"
        )


def _halves(x, y, rng):
    """k-NN in both directions of pairs of parts, and the share of its sample that a part is.

    A part has at most 2000 draws. If so only one sample's part is a half, that share is taken for
    both: what the larger sample adds to the spread then counts for more than it is.
    """
    shares = [min(0.5, 2000 / len(z)) for z in (x, y)]
    sizes = [max(6, int(len(z) * share)) for z, share in zip((x, y), shares, strict=True)]
    halves = []
    for _ in range(_HALVES):
        a, b = (rng.choice(z, size, replace=False) for z, size in zip((x, y), sizes, strict=True))
        try:
            halves.append((kl_knn(a, b), kl_knn(b, a)))
        except ValueError:  # too many of one value, by chance
            continue
    if len(halves) < _HALVES / 2:
        raise ValueError(
            "x and y have too few different values for distances, and too many for shares: round "
            "both to at most 10 values"
        )
    return np.array(halves), max(shares)


def _lacking(a, b, one, other):
    """Whether more draws of a than chance explains lie where b has none; and that in words."""
    outside, share = _outside(a, b) / len(a), _thin(a, b)
    chance = _SPARSE + 4 * math.sqrt(_SPARSE * (1 / len(a) + 1 / len(b)))
    thin = share > max(0.2, chance)
    if len(b) < 30 and len(a) > 10 * len(b):
        return True, f"{len(b)} draws of {other} do not show where it has the {len(a)} of {one}"
    if outside > 0.5 or outside > share or not thin:
        beyond = f"{_percent(outside)} of {one} lies beyond the range of {other}"
        return thin or _beyond(a, b), beyond
    return True, (
        f"{_percent(share)} of {one} lies where {other} has hardly a draw (farther from its draws "
        f"than {_percent(1 - _SPARSE)} of these are from each other)"
    )


def _thin(a, b):
    """The share of a whose k-th neighbour in b is farther than b's own are, but for the sparsest.

    At p = q about 0.05; of 5400 pairs (nine kinds; 30, 100 and 500 draws) 8, all of 30 draws, were
    above the bound of `_lacking`.
    """
    from scipy.spatial import cKDTree

    norm = 1 if a.shape[1] == 1 else 2  # on a line they are the same, and 1 squares nothing
    tree = cKDTree(b)
    own = np.sort(tree.query(b, k=[6], p=norm)[0][:, 0])
    far = own[-math.ceil(_SPARSE * len(own))]
    return float((tree.query(a, k=[5], p=norm)[0][:, 0] > far).mean())


# --- words and picture


def _text(value, digits):
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _percent(share):
    return f"{100 * share:.{0 if share > 0.0095 else 1}f} %"


def _digits(width):
    """Decimals that show a width with two digits."""
    if not 0 < width < math.inf:
        return 2
    return min(max(1 - math.floor(math.log10(width)), 0), 6)


def _picture(found):
    """Both samples, and both intervals, as a PNG and its size."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from kl_helpers.style import picture_style

    width, height = 720, 260
    with rc_context(picture_style()):
        figure = Figure(figsize=(width / 100, height / 100), dpi=200, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, width_ratios=(3, 2))
        _draw_samples(left, found)
        _draw_intervals(right, found)
        file = io.BytesIO()
        canvas.print_png(file)
    return file.getvalue(), {"width": width, "height": height}


def _draw_samples(ax, found):
    x, y = found._samples
    labels = [f"{who}: {name}" for who, name in zip("pq", found.names, strict=True)]
    if x.shape[1] > 1:
        for z, label, marker, color in zip((x, y), labels, "ox", ("C0", "C1"), strict=True):
            ax.plot(z[:1000, 0], z[:1000, 1], marker, color=color, label=label, ms=3, alpha=0.5)
        ax.set(title="The first two columns", xlabel="column 0", ylabel="column 1")
    elif found.estimator == _SHARES:
        values = np.unique(np.concatenate([x, y]))
        for z, label, side, color, hatch in zip(
            (x, y), labels, (-0.2, 0.2), ("C0", "C1"), (None, "////"), strict=True
        ):
            share = [(z == value).mean() for value in values]
            place = np.arange(len(values)) + side
            ax.bar(place, share, 0.4, color=color, alpha=0.6, hatch=hatch, label=label)
        ax.set_xticks(np.arange(len(values)), [f"{value:g}" for value in values])
        ax.set(title="The shares of the values", xlabel="value", ylabel="share of the draws")
    else:
        pooled = np.concatenate([x, y])
        low, middle, high = np.quantile(pooled, [0.25, 0.5, 0.75])
        shown = [z[np.abs(z - middle) <= 10 * (high - low)] for z in (x, y)]
        few = min(map(len, shown)) < 2 or any(np.ptp(z) == 0 for z in shown)
        x, y = (x[:, 0], y[:, 0]) if few else shown
        hidden = len(pooled) - len(x) - len(y)
        edges, p, q = histogram_frequencies(x, y, bins=40)
        for share, label, color, line in zip(
            (p, q), labels, ("C0", "C1"), ("-", "--"), strict=True
        ):
            ax.stairs(share, edges, fill=True, color=color, alpha=0.25)
            ax.stairs(share, edges, color=color, linestyle=line, label=label, linewidth=1.5)
        beyond = f" ({hidden} beyond the picture)" if hidden else ""
        ax.set(title=f"The draws in 40 bins{beyond}", xlabel="value", ylabel="share of the draws")
    ax.legend(markerscale=2)


def _draw_intervals(ax, found):
    ends = []
    for row, (direction, color) in enumerate(
        zip((found.forward, found.reverse), ("C0", "C1"), strict=True)
    ):
        estimate, (low, high), floor = direction
        end = high if high < math.inf else max(2 * estimate - low, 1.5 * estimate, low + 0.1)
        ends += [low, end]
        ax.plot([low, end], [row, row], color=color, linestyle="-" if row == 0 else "--")
        ax.plot(end if floor else estimate, row, ">" if floor else "o", color=color)
    left, right = min(*ends, 0), max(ends)
    room = 0.08 * (right - left or 1)
    ax.set(xlim=(left - room, right + room), ylim=(1.6, -0.6))
    ax.set_yticks([0, 1], ["D(p‖q)", "D(q‖p)"])
    ax.axvline(0, color="#999999", linewidth=1, zorder=0)
    ax.set(title="95 % intervals", xlabel=found.unit)
