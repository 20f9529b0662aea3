"""What several explorers share: labels, sliders, notes."""

from scipy.special import ndtr

from kl_course.models._shared import normal_pdf
from kl_course.scene import Handle, Slider

FORWARD, BACKWARD, BITS = "D(p‖q)", "D(q‖p)", "D(p‖q), base 2"

SWAP_NORMALS = (("mu_p", "mu_q"), ("sigma_p", "sigma_q"))


def normal_sliders(mu, sigma, digits=2, **starts):
    """Sliders for normals: `mu`, `sigma` as (low, high, step), and who="p" or "q" at (μ, σ)."""
    return [
        Slider(f"{name}_{who}", f"{symbol} of {who}", at[i], *ends, who=who, digits=digits)
        for i, (name, symbol, ends) in enumerate((("mu", "μ", mu), ("sigma", "σ", sigma)))
        for who, at in starts.items()
    ]


def normal_handles(axes, *whose):
    """Handles of normal densities: the peak moves μ, the flank one σ to its right moves σ."""

    def handles(who):
        mu, sigma = f"mu_{who}", f"sigma_{who}"

        def on_the_curve(setting, z):
            m, s = setting.get(mu, 0.0), setting[sigma]
            return m + z * s, normal_pdf(z, 0, 1) / s

        yield Handle(
            f"{who} peak",
            axes,
            lambda setting: on_the_curve(setting, 0.0),
            lambda _, x, y: {mu: x},
            who,
        )
        yield Handle(
            f"{who} flank",
            axes,
            lambda setting: on_the_curve(setting, 1.0),
            lambda setting, x, y: {sigma: x - setting[mu]},
            who,
        )

    return [handle for who in whose for handle in handles(who)]


def seed_box(start):
    """The number that begins a random stream."""
    return Slider("seed", "seed", start, 0, 9999, 1, whole=True, handle=False)


def cut_note(what, value, limit, unit):
    """A note on a value that leaves the picture; empty where it does not."""
    return f"{what} leaves the picture: it reaches {value:.1f} {unit}." if value > limit else ""


def outside_note(who, x, mu, sigma):
    """A note on the mass of a normal outside the grid `x`; empty below 1 %."""
    mass = ndtr((x[0] - mu) / sigma) + ndtr((mu - x[-1]) / sigma)
    return f"{mass:.0%} of {who} lies outside the picture." if mass >= 0.01 else ""
