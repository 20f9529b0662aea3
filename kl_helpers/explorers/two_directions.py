"""The explorer of notebook 05: one normal q for a p with two modes, in both directions.

p has two equal modes, N(−m, σ²) and N(m, σ²), with σ = 0.6 throughout. Formulas are in units of σ.
"""

import math
from functools import lru_cache
from operator import itemgetter

import numpy as np
from scipy.optimize import minimize, root_scalar

from kl_helpers.engine import Explorer
from kl_helpers.explorers._shared import (
    BACKWARD,
    FORWARD,
    cut_note,
    normal_handles,
    normal_pdf,
    outside_note,
)
from kl_helpers.plots import (
    COLORS,
    add_key,
    label_axes,
    plot_curve,
    plot_density,
    plot_landscape,
    plot_line,
)
from kl_helpers.scene import Frame, Handle, Scene, Slider

SIGMA = 0.6


def _nodes(step, reach):
    z = np.arange(-reach, reach + step / 2, step)
    return z, step * normal_pdf(z, 0, 1)


# The trapezoidal rule converges exponentially here (Trefethen & Weideman 2014, section 5): with
# this step the error is below 1e-12 as long as m·sigma/SIGMA² < 35.
_FINE = _nodes(0.01, 9.0)
_COARSE = tuple(np.float32(part) for part in _nodes(0.1, 5.0))  # quick, and fine for a picture


def _mean_log_cosh(center, spread, nodes=_FINE):
    """E[log cosh(center + spread·Z)] of a standard normal Z."""
    z, weights = nodes
    y = np.abs(np.expand_dims(center, -1) + np.expand_dims(spread, -1) * z)
    log_cosh = np.exp(-2 * y)
    np.log1p(log_cosh, out=log_cosh)  # in place: these arrays are what a slider waits for
    log_cosh += y
    log_cosh -= math.log(2)
    log_cosh *= weights
    return log_cosh.sum(axis=-1)


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
    return _reverse_kl(mu, sigma, m, _FINE)


def _reverse_kl(mu, sigma, m, nodes):
    mu, s, a = np.divide(mu, SIGMA), np.divide(sigma, SIGMA), m / SIGMA
    square = (mu * mu + s * s + a * a - 1) / 2
    return np.maximum(square - np.log(s) - _mean_log_cosh(a * mu, a * s, nodes), 0.0)


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
    pull = a * math.sqrt(2 / math.pi)  # of modes far apart: their best s is 1/s + pull
    covering = root_scalar(
        lambda log_s: (_slopes((0.0, log_s), a)[1], _curvature((0.0, log_s), a)[1, 1]),
        x0=math.log((pull + math.hypot(pull, 2)) / 2),
        fprime=True,
    ).root
    found = [(0.0, float(covering))]
    mu, log_s = minimize(
        _objective,
        (a, 0.0),  # on the mode
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


def explore_two_directions():
    """A normal q against a p with two modes: both objectives, both optima, and your own q.

    Returns
    -------
    Explorer
        Controls ``m``, ``mu_q``, ``sigma_q``.
    """
    edge, top, peak = 4.5, 2.0, 0.85
    x, half = np.linspace(-edge, edge, 361), np.linspace(0, edge, 37)
    mus, sigmas = np.append(-half[:0:-1], half), np.geomspace(0.1, 3.6, 44)
    levels = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1, 1.5, 2, 3, 5)

    @lru_cache(maxsize=8)
    def surfaces(m):
        forward = forward_kl(half, sigmas[:, np.newaxis], m)
        reverse = _reverse_kl(np.float32(half), np.float32(sigmas[:, np.newaxis]), m, _COARSE)
        best_sigma = np.sqrt(SIGMA**2 + m * m + half * half)  # forward: mean of (x − μ)² under p
        valleys = forward_kl(half, best_sigma, m), _valley(reverse)
        return [np.hstack([d[..., :0:-1], d]) for d in (forward, reverse, *valleys)]

    def compute(m, mu_q, sigma_q):
        minima = sorted(reverse_minima(m), key=lambda minimum: minimum[2])
        qs = {
            "your q": (mu_q, sigma_q),
            "forward q": (0.0, math.hypot(SIGMA, m)),
            "reverse q": minima[0][:2],
        }
        values = {
            f"{direction}, {who}": float(objective(*q, m))
            for who, q in qs.items()
            for direction, objective in ((FORWARD, forward_kl), (BACKWARD, reverse_kl))
        }
        notes = [
            f"Optima: forward {_place(*qs['forward q'])}; reverse {_place(*minima[0])}.",
            *(
                f"{BACKWARD} has a local minimum at {_place(*other)} too: {other[2]:.4f} nats."
                for other in minima[1:]
            ),
            cut_note("Your q", normal_pdf(0, 0, sigma_q), peak, "in density"),
            outside_note("your q", x, mu_q, sigma_q),
        ]
        p = (normal_pdf(x, -m, SIGMA) + normal_pdf(x, m, SIGMA)) / 2
        data = {"p": p, "qs": qs.values(), "minima": minima, "surfaces": surfaces(m)}
        return Frame(values, data, notes)

    def layout(figure):
        axes = figure.subplot_mosaic([["densities", "forward"], ["valleys", "reverse"]])
        figure.subplots_adjust(0.07, 0.125, 0.985, 0.925, wspace=0.17, hspace=0.42)
        ylim = {
            "densities": (0, peak),
            "valleys": (0, top),
            "forward": (0, 3.6),
            "reverse": (0, 3.6),
        }
        for name, ax in axes.items():
            label_axes(ax, y="σ of q", xlim=(-edge, edge), ylim=ylim[name])
            ax.set_xticks(range(-4, 5))
        axes["densities"].set(ylabel="density", yticks=(0, 0.2, 0.4, 0.6, 0.8))
        add_key(axes["densities"], {"p": "p", "q": "your q", "gain": "forward", "sum": "reverse"})
        axes["valleys"].set(xlabel="μ of q", ylabel="nats, at the best σ")
        add_key(axes["valleys"], {"gain": FORWARD, "sum": BACKWARD})
        axes["forward"].set_title(FORWARD)
        axes["reverse"].set(xlabel="μ of q", title=f"{BACKWARD}; shaded where low")
        add_key(axes["forward"], {w: _marker(w) for w in ("your q", "forward", "reverse")})
        return axes

    def draw(axes, p, qs, minima, surfaces):
        yours, forward, reverse = qs
        plot_density(axes["densities"], x, p, "p")
        plot_density(axes["densities"], x, normal_pdf(x, *yours), "q")
        plot_curve(axes["densities"], x, normal_pdf(x, *forward), "gain")
        plot_curve(axes["densities"], x, normal_pdf(x, *reverse), "sum")
        for who, valley in zip(("gain", "sum"), surfaces[2:], strict=True):
            plot_curve(axes["valleys"], mus, valley, who)
        places = {
            "local minimum": [place for other in minima[1:] for place in _both_sides(*other)],
            "reverse": _both_sides(*reverse),
            "forward": [forward],
            "your q": [yours],
        }
        for name, surface in zip(("forward", "reverse"), surfaces[:2], strict=True):
            plot_landscape(axes[name], mus, sigmas, surface, levels)
            for label, points in places.items():
                mu, sigma = np.reshape(points, (-1, 2)).T
                plot_line(axes[name], mu, sigma, label, **_marker(label))

    densities = itemgetter("densities")

    def top_of_mode(setting):
        m = setting["m"]
        return m, (normal_pdf(m, -m, SIGMA) + normal_pdf(m, m, SIGMA)) / 2

    def q_here(setting):
        return setting["mu_q"], setting["sigma_q"]

    def q_to(_, x, y):
        return {"mu_q": x, "sigma_q": y}

    scene = Scene(
        "two_directions",
        "A density p with two modes, your q and the best q in either direction; both divergences "
        "over the mean of q, and as landscapes over its mean and standard deviation.",
        [
            Slider("m", "m of p", 1.5, 0, 3, 0.02, who="p"),
            Slider("mu_q", "μ of q", 0.5, -3, 3, 0.02, who="q"),
            Slider("sigma_q", "σ of q", 1.0, 0.1, 3.5, 0.02, who="q"),
        ],
        compute,
        layout,
        draw,
        presets={"Close": {"m": 0.9}, "Far": {"m": 2.4}},  # the threshold is the reader's to find
        handles=[
            Handle("mode", densities, top_of_mode, lambda _, x, y: {"m": abs(x)}, "p"),
            *normal_handles(densities, "q"),
            *(
                Handle(f"q, {name}", itemgetter(name), q_here, q_to, "q", drawn=True)
                for name in ("forward", "reverse")
            ),
        ],
        rows=(2, 2, 2),
        note_lines=3,
        height=350,
    )
    return Explorer(scene)


def _marker(label):
    shape, inside, edge = {
        "your q": ("o", COLORS["q"], "white"),
        "forward": ("s", COLORS["gain"], "white"),
        "reverse": ("^", COLORS["sum"], "white"),
        "local minimum": ("^", "white", COLORS["sum"]),
    }[label]
    return {
        "marker": shape,
        "markersize": 8,
        "linestyle": "none",
        "markerfacecolor": inside,
        "markeredgecolor": edge,
        "clip_on": False,  # a marker at the edge stays whole
    }


def _both_sides(mu, sigma, *_):
    return [(mu, sigma), (-mu, sigma)]


def _place(mu, sigma, *_):
    return f"μ = {f'±{mu:.3f}' if mu else '0'}, σ = {sigma:.3f}"


def _valley(surface):
    """The lowest value of each column, by a parabola through its lowest node and two neighbours."""
    low = np.clip(surface.argmin(axis=0), 1, len(surface) - 2)
    columns = np.arange(surface.shape[1])
    left, middle, right = (surface[low + step, columns] for step in (-1, 0, 1))
    return middle - (right - left) ** 2 / (8 * (left - 2 * middle + right))
