"""The mathematics of notebook 05: one normal q for a p with two modes, in both directions.

p has two equal modes, N(−m, σ²) and N(m, σ²), with σ = 0.6 throughout. Formulas are in units of σ.
"""

import math
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize, root_scalar

from kl_course.models._shared import normal_pdf

SIGMA = 0.6


def _nodes(step, reach):
    z = np.arange(-reach, reach + step / 2, step)
    return z, step * normal_pdf(z, 0, 1)


# The trapezoidal rule converges exponentially here (Trefethen & Weideman 2014, section 5): with
# this step the error is below 1e-12 as long as m·sigma/SIGMA² < 35.
_FINE = _nodes(0.01, 9.0)
_COARSE = _nodes(0.1, 5.0)  # quick, and fine for a picture


def _mean_log_cosh(center, spread):
    """E[log cosh(center + spread·Z)] of a standard normal Z."""
    z, weights = _FINE
    y = np.abs(np.expand_dims(center, -1) + np.expand_dims(spread, -1) * z)
    return ((y + np.log1p(np.exp(-2 * y)) - math.log(2)) * weights).sum(axis=-1)


def _dot(values, weights):
    """Their dot product, in NumPy's order of summing: BLAS has another one on each processor."""
    return (values * weights).sum()


def forward_kl(mu, sigma, m):
    """KL divergence D(p‖q) of q = N(mu, sigma²) from ½N(−m, 0.6²) + ½N(m, 0.6²), in nats.

    Parameters
    ----------
    mu, sigma : array_like
        Mean and standard deviation of q, sigma > 0; they broadcast.
    m : float
        Half the distance of p's modes, ≥ 0.

    Returns
    -------
    float or ndarray
        ≥ 0.
    """
    mu, s, a = np.divide(mu, SIGMA), np.divide(sigma, SIGMA), m / SIGMA
    gap = a * a - _mean_log_cosh(a * a, a)  # entropy of p less that of one mode: 0 to ln 2
    return np.maximum(np.log(s) + (1 + a * a + mu * mu) / (2 * s * s) - 0.5 - gap, 0.0)


def reverse_kl(mu, sigma, m):
    """KL divergence D(q‖p) of ½N(−m, 0.6²) + ½N(m, 0.6²) from q = N(mu, sigma²), in nats.

    Parameters and returns as in `forward_kl`.
    """
    mu, s, a = np.divide(mu, SIGMA), np.divide(sigma, SIGMA), m / SIGMA
    return _reverse(mu, s, a, _mean_log_cosh(a * mu, a * s))


def _reverse(mu, s, a, mean_log_cosh):
    return np.maximum((mu * mu + s * s + a * a - 1) / 2 - np.log(s) - mean_log_cosh, 0.0)


def _objective(place, a):
    """D(q‖p) at place = (mean, log of the standard deviation), in units of σ."""
    mu, s = place[0], math.exp(place[1])
    return (mu * mu + s * s + a * a - 1) / 2 - place[1] - _mean_log_cosh(a * mu, a * s)


def _slopes(place, a):
    """The first derivatives of `_objective`."""
    mu, s = place[0], math.exp(place[1])
    z, weights = _FINE
    pull = np.tanh(a * (mu + s * z)) * weights
    return np.array([mu - a * pull.sum(), s * s - 1 - a * s * _dot(pull, z)])


def _curvature(place, a):
    """The second derivatives of `_objective`."""
    mu, s = place[0], math.exp(place[1])
    z, weights = _FINE
    tanh = np.tanh(a * (mu + s * z))
    pull, bend = tanh * weights, (1 - tanh * tanh) * weights
    mixed = -a * a * s * _dot(bend, z)
    in_log_s = 2 * s * s - a * s * _dot(pull, z) - (a * s) ** 2 * _dot(bend, z * z)
    return np.array([[1 - a * a * bend.sum(), mixed], [mixed, in_log_s]])


def _polished(place, a):
    """Two of Newton's steps. Each squares the error, and two bring the slope down to rounding."""
    for _ in range(2):
        place = place - np.linalg.solve(_curvature(place, a), _slopes(place, a))
    return tuple(map(float, place))


@lru_cache(maxsize=512)
def reverse_minima(m):
    """The local minima of D(q‖p) over q with a mean ≥ 0: one in the centre, one found by a search.

    Each minimum with a positive mean has a mirror image, which is left out.

    Parameters
    ----------
    m : float
        Half the distance of p's modes, ≥ 0.

    Returns
    -------
    tuple of (float, float, float)
        Mean, standard deviation and D(q‖p), in nats; the one in the centre first.
    """
    a = m / SIGMA
    # The search begins at the best s for modes far apart, which solves s = 1/s + pull.
    pull = a * math.sqrt(2 / math.pi)
    covering = root_scalar(
        lambda log_s: (_slopes((0.0, log_s), a)[1], _curvature((0.0, log_s), a)[1, 1]),
        x0=math.log((pull + math.hypot(pull, 2)) / 2),
        fprime=True,
    ).root
    found = [(0.0, float(covering))]
    mu, log_s = minimize(
        _objective,
        (a, 0.0),  # where it begins: mean and width of the mode on the right
        args=(a,),
        method="trust-ncg",  # keeps its steps short where the side minima appear
        jac=_slopes,
        hess=_curvature,
        options={"initial_trust_radius": 0.5, "max_trust_radius": 1.0, "gtol": 1e-8},
    ).x
    if mu > 1e-2:  # else it came back to the centre
        found.append(_polished((mu, log_s), a))
    return tuple(
        (mu * SIGMA, math.exp(log_s) * SIGMA, max(float(_objective((mu, log_s), a)), 0.0))
        for mu, log_s in found
    )


def landscapes(mus, sigmas, m):
    """Both divergences over a grid of normals q, and the lowest value at each mean, in nats.

    Parameters
    ----------
    mus, sigmas : ndarray, shape (k,) and (n,)
        Means and standard deviations of q; sigmas ascend, past the best at each mean.
    m : float
        Half the distance of p's modes, ≥ 0; m·max(sigmas) ≤ 25, beyond which cosh overflows.

    Returns
    -------
    forward, reverse : ndarray, shape (n, k)
        D(p‖q) and D(q‖p), the latter as exact as a picture needs.
    forward_valley, reverse_valley : ndarray, shape (k,)
    """
    rows = sigmas[:, np.newaxis]
    forward = forward_kl(mus, rows, m)
    reverse = _reverse_surface(mus / SIGMA, rows / SIGMA, m / SIGMA)
    best_sigma = np.sqrt(SIGMA**2 + m * m + mus * mus)  # forward: mean of (x − μ)² under p
    return forward, reverse, forward_kl(mus, best_sigma, m), _valley(reverse)


def _reverse_surface(mu, s, a):
    """D(q‖p) over a row of means and a column of standard deviations, in units of σ.

    log cosh(c + y) + log cosh(c − y) is log((cosh 2c + cosh 2y)/2): summed in such pairs, a grid
    needs cosh only of its row and of its column, not at each cell and node.
    """
    z, weights = (part[len(part) // 2 :] for part in _COARSE)
    weights = np.where(z > z[0], weights, weights / 2)
    pairs = np.cosh(2 * a * mu)[:, np.newaxis] + np.cosh(2 * a * s * z)[:, np.newaxis]
    return _reverse(mu, s, a, (np.log(pairs / 2) * weights).sum(axis=-1))


def _valley(surface):
    """The lowest value of each column, by a parabola through its lowest node and two neighbours."""
    low = np.clip(surface.argmin(axis=0), 1, len(surface) - 2)
    columns = np.arange(surface.shape[1])
    left, middle, right = (surface[low + step, columns] for step in (-1, 0, 1))
    return middle - (right - left) ** 2 / (8 * (left - 2 * middle + right))


# --- a mixture of normals of any weights and widths, for the game

# Sums over x = 4·sinh(t), t in steps of 0.003: 0.012 apart in the middle, where the modes are, and
# wider towards ±47, where only tails are. The trapezoidal rule over t converges exponentially, too.
# A search begins with every tenth of these places, and ends with all.
_T = 0.003 * np.arange(-1050, 1051)
_X, _DX = 4 * np.sinh(_T), 4 * np.cosh(_T) * 0.003


class Mixture:
    """p = Σ w·N(μ, σ²), and the best normals q for it in either direction, in nats.

    Parameters
    ----------
    mus, sigmas : array_like, shape (k,)
        Means within ±5, standard deviations from 0.4 to 1.5: what the sums are exact for.
    weights : array_like, shape (k,)
        ≥ 0, and not all 0; divided by their sum. A mode of weight 0 is left out.
    """

    def __init__(self, mus, sigmas, weights):
        parts = np.array([mus, sigmas, weights], dtype=float)
        parts = parts[:, parts[2] > 0]
        self.mus, self.sigmas, self.weights = parts[:, np.argsort(parts[0], kind="stable")]
        self.weights = self.weights / self.weights.sum()
        x = _X[:, np.newaxis]
        slopes = (self.mus - x) / self.sigmas**2
        logs = np.log(self.weights / self.sigmas) - slopes**2 * self.sigmas**2 / 2
        top = logs.max(axis=1)
        shares = np.exp(logs - top[:, np.newaxis])
        total = shares.sum(axis=1)
        shares /= total[:, np.newaxis]
        self._log = top + np.log(total) - math.log(2 * math.pi) / 2
        self._slope = (shares * slopes).sum(axis=1)
        self._bend = (shares * (slopes**2 - self.sigmas**-2)).sum(axis=1) - self._slope**2

    def pdf(self, x):
        """The density of p at x, an array of one dimension."""
        return (self.weights * normal_pdf(x[:, np.newaxis], self.mus, self.sigmas)).sum(axis=1)

    @property
    def entropy(self):
        """H(p), in nats."""
        return -float((np.exp(self._log) * self._log * _DX).sum())

    @property
    def moments(self):
        """Mean and standard deviation of p: the normal of the lowest D(p‖q)."""
        return _moments(self.mus, self.sigmas, self.weights)

    def forward_kl(self, mu, sigma):
        """D(p‖q) of q = N(mu, sigma²), in nats, ≥ 0."""
        mean, spread = self.moments
        cross = math.log(sigma * math.sqrt(2 * math.pi))
        cross += (spread**2 + (mean - mu) ** 2) / (2 * sigma**2)
        return max(cross - self.entropy, 0.0)

    def reverse_kl(self, mu, sigma):
        """D(q‖p) of q = N(mu, sigma²), in nats, ≥ 0."""
        return max(float(self._reverse(np.array([[mu, math.log(sigma)]]))[0][0]), 0.0)

    def starts(self):
        """Mean and standard deviation of each run of neighbouring modes: where a search begins."""
        k = len(self.mus)
        runs = [slice(i, j) for i in range(k) for j in range(i + 1, k + 1)]
        return [_moments(self.mus[r], self.sigmas[r], self.weights[r]) for r in runs]

    def reverse_minima(self):
        """The local minima of D(q‖p) that are found from `starts`, the lowest first.

        Returns
        -------
        list of (float, float, float)
            Mean, standard deviation and D(q‖p), in nats.
        """
        places = np.array(self.starts())
        places[:, 1] = np.log(places[:, 1])
        places = _apart(self._descend(places, steps=40, every=10, flat=1e-4), 1e-2)
        places = _apart(self._descend(places, steps=40, every=1, flat=1e-13), 1e-4)
        values, _, curvature = self._reverse(places)
        lowest = np.argsort(values, kind="stable")
        lowest = lowest[np.linalg.eigvalsh(curvature[lowest]).min(axis=1) > 0]  # no saddle
        mus, sigmas = places[lowest, 0], np.exp(places[lowest, 1])
        return [tuple(map(float, place)) for place in zip(mus, sigmas, values[lowest], strict=True)]

    def _reverse(self, places, every=1):
        """D(q‖p) at places (mean, log σ), its slopes and curvatures, in steps of σ and of log σ."""
        mu, sigma = places[:, :1], np.exp(places[:, 1:])
        z = (_X[::every] - mu) / sigma
        q = np.exp(-z * z / 2) * (_DX[::every] * every / math.sqrt(2 * math.pi)) / sigma
        pull, bend = sigma * q * self._slope[::every], sigma**2 * q * self._bend[::every]
        value = -places[:, 1] - math.log(2 * math.pi * math.e) / 2
        value = value - (q * self._log[::every]).sum(axis=1)
        turn = (pull * z).sum(axis=1)
        slope = -np.stack([pull.sum(axis=1), 1 + turn], axis=1)
        bend_z = bend * z
        across, mixed, up = (part.sum(axis=1) for part in (bend, bend_z, bend_z * z))
        curvature = -np.stack([across, mixed, mixed, turn + up], axis=1).reshape(-1, 2, 2)
        return value, slope, curvature

    def _descend(self, places, steps, every, flat):
        """Newton's steps downhill from every place at once, each within a radius of its own."""
        radius = np.full(len(places), 0.5)
        value, slope, curvature = self._reverse(places, every)
        for _ in range(steps):
            if np.abs(slope).max() < flat:
                break
            ends = places + _newton_step(slope, curvature, radius) * np.stack(
                [np.exp(places[:, 1]), np.ones(len(places))], axis=1
            )
            new = self._reverse(ends, every)
            down = new[0] <= value + 1e-13  # of a few nats, that is rounding
            radius = np.where(down, np.minimum(2 * radius, 1.0), radius / 4)
            places = np.where(down[:, np.newaxis], ends, places)
            value = np.where(down, new[0], value)
            slope = np.where(down[:, np.newaxis], new[1], slope)
            curvature = np.where(down[:, np.newaxis, np.newaxis], new[2], curvature)
        return places


def _moments(mus, sigmas, weights):
    """Mean and standard deviation of a mixture of normals."""
    share = weights / weights.sum()
    mean = (share * mus).sum()
    return float(mean), math.sqrt((share * (sigmas**2 + (mus - mean) ** 2)).sum())


def _newton_step(slope, curvature, radius):
    """−|C|⁻¹·slope, no longer than the radius: with every curvature taken as positive, downhill."""
    bends, ways = np.linalg.eigh(curvature)
    along = (ways * slope[:, :, np.newaxis]).sum(axis=1) / np.maximum(np.abs(bends), 1e-3)
    step = -(ways * along[:, np.newaxis, :]).sum(axis=2)
    length = np.sqrt((step**2).sum(axis=1))
    return step * np.minimum(1, radius / np.maximum(length, 1e-300))[:, np.newaxis]


def _apart(places, distance):
    """The places without those that lie as close as this to one before."""
    kept = []
    for place in places:
        if all(np.abs(place - other).max() > distance for other in kept):
            kept.append(place)
    return np.array(kept)


def dealt_modes(number):
    """Two to four modes of unequal weights and widths, for a round of the game.

    Parameters
    ----------
    number : int
        Of the round; the same one gives the same modes.

    Returns
    -------
    list of (float, float, int)
        Mean, standard deviation and weight of each, from left to right.
    """
    rng = np.random.default_rng(number)
    k = int(rng.integers(2, 5))
    mus = 8 * (np.arange(k) + rng.integers(2, 9, k) / 10) / k - 4
    sigmas = np.array([0.4, 0.5, 0.7, 1.0])[np.argsort(rng.random(4))[:k]]
    weights = np.array([2, 4, 6, 9])[np.argsort(rng.random(4))[:k]]
    return list(zip(mus.round(1).tolist(), sigmas.tolist(), weights.tolist(), strict=True))


# A setting is a dict of numbers: `mu_1`, `sigma_1`, `w_1`, … `w_4` of the modes; `mu_q`, `sigma_q`;
# `round`; `guesses`, how many were made, and `forward_mu`, …, `reverse_sigma`, what they were.

MODES = (1, 2, 3, 4)
DIRECTIONS = ("forward", "reverse")  # in the order in which they are guessed
ROUNDS = 20
LEAST_RISE = 0.03  # in density, 6 pixels: less between the weights 0 and 10 no hand can steer
_NOWHERE = {3: (4.0, 0.5, 0), 4: (-4.0, 0.5, 0)}  # modes of weight 0, in rounds of fewer


def dealt(number):
    """The modes of a round, as values of their sliders."""
    modes = {**_NOWHERE, **dict(enumerate(dealt_modes(number), 1))}
    names = ("mu", "sigma", "w")
    return {f"{n}_{k}": v for k in MODES for n, v in zip(names, modes[k], strict=True)}


def next_round(setting):
    """The next deal, and no guess; after the last round comes the first."""
    number = setting["round"] % ROUNDS + 1
    return dealt(number) | {"round": number, "guesses": 0}


def commit(setting):
    """Takes q as the next guess; there are two, one a direction."""
    if setting["guesses"] == len(DIRECTIONS):
        return {}
    who = DIRECTIONS[setting["guesses"]]
    guess = {f"{who}_{name}": setting[f"{name}_q"] for name in ("mu", "sigma")}
    return guess | {"guesses": setting["guesses"] + 1}


def guesses_of(setting):
    """Mean and standard deviation of each guess that was made, forward first."""
    made = DIRECTIONS[: setting["guesses"]]
    return [(setting[f"{who}_mu"], setting[f"{who}_sigma"]) for who in made]


def mixture(setting):
    """p, as the sliders of its modes have it."""
    return Mixture(*([setting[f"{name}_{k}"] for k in MODES] for name in ("mu", "sigma", "w")))


def score(p, guesses, minimum):
    """The lowest D(p‖q) and D(q‖p) there are, and how much higher two guesses lie, all in nats.

    Parameters
    ----------
    p : Mixture
    guesses : pair of (float, float)
        Mean and standard deviation, for D(p‖q) and for D(q‖p).
    minimum : (float, float, float)
        The first of `p.reverse_minima()`.

    Returns
    -------
    best, lost : sequence of float, length 2
    """
    best = p.forward_kl(*p.moments), minimum[2]
    yours = p.forward_kl(*guesses[0]), p.reverse_kl(*guesses[1])
    return best, [max(mine - least, 0.0) for mine, least in zip(yours, best, strict=True)]


def weight_for_height(setting, k, x, y):
    """The weight of mode k for which p has the density y at x, if the mode has its mean there.

    10, the largest weight there is, where even the mode alone is lower than y. Below other modes
    that are taller its weight hardly moves p, or lowers it: there it stays as it is.
    """
    others = [i for i in MODES if i != k]
    parts = [(setting[f"w_{i}"], setting[f"mu_{i}"] - x, setting[f"sigma_{i}"]) for i in others]
    rest = sum(w * normal_pdf(off, 0, sigma) for w, off, sigma in parts)
    whole = sum(w for w, *_ in parts)
    own = normal_pdf(0, 0, setting[f"sigma_{k}"])
    if (10 * own + rest) / (10 + whole) - rest / whole < LEAST_RISE:
        return setting[f"w_{k}"]
    # (w·own + rest) / (w + whole) = y, solved for the weight w
    return (y * whole - rest) / (own - y) if own > y else 10
