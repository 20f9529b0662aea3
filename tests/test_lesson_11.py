"""Notebook 11: the bound, the tilt and the three losses against their definitions, drift, torch."""

import ast
import csv
import itertools
import math
import re
import warnings
from pathlib import Path

import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import optimize, special, stats

from kl_course.checks.in_the_wild import (
    check_loss_gradients,
    check_psi,
    check_tilt,
    check_vae_term,
)
from kl_course.explorers.in_the_wild import explore_bound, explore_drift, explore_tilt
from kl_course.models import in_the_wild as wild
from kl_helpers import (
    jeffreys_divergence,
    kl_divergence,
    kl_mvn,
    kl_normal,
    kl_quad,
    report,
)

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOK = nbformat.read(ROOT / "notebooks" / "11-in-the-wild.ipynb", as_version=4)
FEATURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


def cell(name):
    (found,) = (c for c in NOTEBOOK.cells if c.id == name)
    return found


def output(name):
    return "".join(out["text"] for out in cell(name).outputs)


def numbers(text):
    """The numbers of a text, in order."""
    return [float(n) for n in re.findall(r"-?\d+\.\d+|-?\d+", text)]


@pytest.fixture(scope="module")
def birds():
    with (ROOT / "notebooks/data/penguins.csv").open(encoding="utf-8") as file:
        return [b for b in csv.DictReader(file) if "NA" not in [b[f] for f in FEATURES]]


def adelies(birds, year):
    kept = [b for b in birds if b["species"] == "Adelie" and b["year"] == year]
    return np.array([[float(b[f]) for f in FEATURES] for b in kept])


# --- The bound


@pytest.mark.parametrize(("mu", "sigma", "s"), [(-1, 1.5, 1), (3, 0.1, 0.5), (0.2, 2, 5)])
def test_both_splits_are_the_integral_of_the_definition(mu, sigma, s):
    z = mu + sigma * np.linspace(-12, 12, 4801)
    q = stats.norm.pdf(z, mu, sigma)
    joint = stats.norm.logpdf(z) + stats.norm.logpdf(wild.READING, z, s)
    # A plain sum of a smooth integrand that dies out at both ends: exact to rounding.
    loss = np.sum(q * (stats.norm.logpdf(z, mu, sigma) - joint)) * (z[1] - z[0])
    parts = wild.bound(mu, sigma, s)
    assert parts.reconstruction + parts.prior_term == pytest.approx(loss, rel=1e-11)
    assert parts.surprise + parts.gap == pytest.approx(loss, rel=1e-11)
    evidence = -stats.norm.logpdf(wild.READING, 0, math.hypot(1, s))
    assert parts.surprise == pytest.approx(evidence, rel=1e-14)


@pytest.mark.parametrize("s", [0.5, 1, 5])
def test_the_posterior_closes_the_gap_and_is_where_the_slopes_say(s):
    mu, sigma = wild.posterior(s)
    assert wild.bound(mu, sigma, s).gap == 0
    assert mu == pytest.approx(wild.READING / (1 + s**2), rel=1e-15)
    assert 1 / sigma**2 == pytest.approx(1 + 1 / s**2, rel=1e-14)
    assert kl_normal(mu, sigma, 0, 1) == pytest.approx(
        (mu**2 + sigma**2 - 1 - math.log(sigma**2)) / 2, abs=1e-14
    )
    for dm, ds in itertools.product((-0.1, 0, 0.1), repeat=2):
        assert sum(wild.bound(mu + dm, sigma + ds, s)[:2]) >= sum(wild.bound(mu, sigma, s)[:2])


def test_without_the_kl_term_a_spike_wins_and_loud_noise_gives_the_prior(says):
    best = min(
        itertools.product(np.linspace(-2, 3, 11), (0.1, 0.5, 1, 2)),
        key=lambda at: wild.bound(*at, 1).reconstruction,
    )
    assert best == (2, 0.1)
    mu, sigma = wild.posterior(5)
    says("11", "reveal-loud", f"{mu:.3f}", f"{sigma:.3f}")
    says("11", "thermometer", f"N({wild.posterior(1)[0]:.0f}, {wild.posterior(1)[1]:.2f}^2)")


# --- The tilt


def random_case(rng):
    return rng.dirichlet(np.ones(5)), rng.normal(size=5), math.exp(rng.normal())


def test_nobody_beats_the_tilted_policy_and_it_is_worth_beta_log_z(rng):
    for _ in range(50):
        reference, reward, beta = random_case(rng)
        policy = wild.tilt(reference, reward, beta)
        nats, gets = wild.budget(reference, reward, beta)
        worth = beta * math.log(np.sum(reference * np.exp(reward / beta)))
        assert gets - beta * nats == pytest.approx(worth, abs=1e-12)
        for other in rng.dirichlet(np.ones(5), 20):
            value = np.sum(other * reward) - beta * kl_divergence(other, reference)
            # J(π) = β log Z − β·D(π‖π*), line three of the derivation
            assert value == pytest.approx(worth - beta * kl_divergence(other, policy), abs=1e-12)


def test_the_prior_tilted_by_its_data_is_the_posterior():
    z = np.linspace(-8, 8, 1601)
    prior = stats.norm.pdf(z) / stats.norm.pdf(z).sum()
    tilted = wild.tilt(prior, stats.norm.logpdf(wild.READING, z, 0.7), 1)
    posterior = stats.norm.pdf(z, *wild.posterior(0.7)) * 0.01
    assert tilted == pytest.approx(posterior, abs=1e-15)


def test_the_slope_of_the_budget_is_beta():
    for line in output("slope-held").splitlines()[1:]:
        beta, *_, slope = numbers(line)
        assert slope == pytest.approx(beta, abs=1e-3)


def test_what_is_said_of_the_five_words(says):
    assert wild.REFERENCE.sum() == pytest.approx(1, abs=1e-15)
    says("11", "reward", " | ".join(f"{share:.2f}" for share in wild.REFERENCE))
    says("11", "reward", " | ".join(f"{points:.0f}" for points in wild.REWARD))
    assert wild.budget(wild.REFERENCE, wild.REWARD, 0.01)[0] == pytest.approx(-math.log(0.05))
    says("11", "reveal-budget", "0.05", f"{-math.log(0.05):.2f}", "0.4", f"{-math.log(0.4):.2f}")
    for_good = np.array([2.0, 0, 0, 0, 0])
    assert wild.budget(wild.REFERENCE, for_good, 0.01)[0] == pytest.approx(-math.log(0.4))
    again = wild.tilt(wild.REFERENCE, wild.REWARD + 1, 0.5)
    assert again == pytest.approx(wild.tilt(wild.REFERENCE, wild.REWARD, 0.5), rel=1e-15)
    assert wild.tilt([0.5, 0.5], [1e4, 0], 0.05).tolist() == [1, 0]


# --- The losses


def test_gradients_of_the_losses_are_those_of_the_divergences(rng):
    step = 1e-5 * np.eye(5)
    for _ in range(20):
        pi, ref = rng.dirichlet(2 * np.ones(5), 2)
        up, down = (special.softmax(np.log(pi) + h, axis=1) for h in (step, -step))
        found = wild.loss_gradients(pi, ref)
        # Central differences err by h² = 1e-10 times the third derivative, and by rounding over h.
        for name, pair in (
            ("k2", lambda a, ref=ref: (a, ref)),
            ("k3", lambda a, ref=ref: (ref, a)),
        ):
            slope = (kl_divergence(*pair(up)) - kl_divergence(*pair(down))) / 2e-5
            assert found[name] == pytest.approx(slope, abs=1e-7), name
        assert found["k1"] == pytest.approx(np.zeros(5), abs=1e-15)
        for name, term in {
            "k1": lambda r: -np.log(r),
            "k2": lambda r: np.log(r) ** 2 / 2,
            "k3": lambda r: r - 1 - np.log(r),
        }.items():  # what automatic differentiation sees: the draws, here their weights, stay
            ends = [(pi * term(ref / moved)).sum(axis=1) for moved in (up, down)]
            assert found[name] == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-7), name


def test_k1_and_k3_have_the_divergence_as_their_mean(rng):
    pi, ref = rng.dirichlet(np.ones(5), 2)
    r = ref / pi
    for term in (-np.log(r), r - 1 - np.log(r)):
        assert np.sum(pi * term) == pytest.approx(kl_divergence(pi, ref), rel=1e-13)


def other_tilt(reference, reward, beta):
    """The policy with the highest E_π[r] − β·D(π₀‖π): π = β·π₀/(λ − r), λ so that it sums to 1."""
    reference, gap = np.asarray(reference), np.max(reward) - np.asarray(reward)

    def policy(room):  # λ − max r
        return beta * reference / (room + gap)

    if not gap.any():
        return policy(beta)
    # At the lower end the best outcome alone has mass 1; at the upper one none has more than π₀.
    ends = beta * reference[gap == 0].sum(), beta
    return policy(optimize.brentq(lambda room: policy(room).sum() - 1, *ends, xtol=1e-15))


@pytest.mark.parametrize("beta", [0.5, 1.0])
def test_each_loss_trains_the_policy_of_its_gradient(beta):
    trained = {
        loss: wild.trained_policy(wild.REFERENCE, wild.REWARD, beta, loss)
        for loss in ("k1", "k2", "k3")
    }
    tilted = wild.tilt(wild.REFERENCE, wild.REWARD, beta)
    other = other_tilt(wild.REFERENCE, wild.REWARD, beta)
    # Gradient ascent converges as fast as a power: long before 4000 steps, to rounding.
    assert trained["k2"] == pytest.approx(tilted, abs=1e-12)
    assert trained["k3"] == pytest.approx(other, abs=1e-12)
    assert trained["k1"][-1] > 0.999  # no leash: as slow as 1/steps
    assert other.sum() == pytest.approx(1, abs=1e-12)
    best = optimize.minimize(
        lambda z: (
            -np.sum(special.softmax(z) * wild.REWARD)
            + beta * kl_divergence(wild.REFERENCE, special.softmax(z))
        ),
        np.zeros(5),
    )
    assert special.softmax(best.x) == pytest.approx(other, abs=1e-4)


def test_great_becomes_less_likely_under_k3_although_it_is_rewarded():
    rows = dict(
        zip(
            ("reference", "tilted", "k1", "k2", "k3"),
            map(numbers, (line[14:] for line in output("trained").splitlines()[1:])),
            strict=True,
        )
    )
    assert rows["k3"][3] < rows["reference"][3] < rows["tilted"][3]
    assert rows["k2"] == rows["tilted"]
    assert rows["k1"] == [0, 0, 0, 0, 1]


def test_which_words_gain(says):
    ref, reward, beta = wild.REFERENCE, wild.REWARD, 0.5
    other = other_tilt(ref, reward, beta)
    room = reward + beta * ref / other  # λ, the same for every word
    assert room == pytest.approx(np.full(5, room[0]), rel=1e-9)
    log_z = math.log(np.sum(ref * np.exp(reward / beta)))
    says("11", "what-was-trained", f"{beta * log_z:.2f}", f"{room[0] - beta:.2f}")


def test_a_reward_without_differences_leaves_the_reference():
    assert other_tilt([0.2, 0.8], [1.0, 1.0], 0.5).tolist() == [0.2, 0.8]


# --- Drift


def test_the_file_is_the_one_described(birds):
    assert len(birds) == 342
    readme = (ROOT / "notebooks/data/README.md").read_text(encoding="utf-8")
    assert "344 penguins" in readme
    assert "CC0" in readme
    for species, bills in wild.BILLS.items():
        kept = sorted(float(b["bill_length_mm"]) for b in birds if b["species"] == species)
        assert bills.tolist() == kept
    assert len(wild.BILLS["Adelie"]) == 151


def test_what_the_notebook_says_of_2009(birds, says):
    old, new = adelies(birds, "2007"), adelies(birds, "2009")
    single = [wild.fitted_kl(new[:, i], old[:, i]) for i in range(4)]
    says("11", "ask-joint", f"{sum(single):.2f}")
    says("11", "reveal-joint", f"{wild.fitted_kl(new, old):.2f}")
    says("11", "across", f"{(new - old.mean(axis=0)).mean(axis=0)[2]:.1f}")
    assert np.corrcoef(old[:, 1:3].T)[0, 1] > 0.4  # they go together in 2007 too
    assert wild.shuffled_kl(new[:, 2], old[:, 2], 1000).max() < single[2]
    *features, joint = ([*numbers(line[18:])] for line in output("features").splitlines()[1:])
    assert [line[-1] < 0.05 for line in features] == [False, True, True, False]
    assert [line[-1] < 0.05 / 4 for line in features] == [False, False, True, False]
    assert joint[2] > joint[1] + 0.03  # χ² is too lenient


def test_independent_features_add_up(rng):
    x, y = rng.normal(size=(2, 40_000, 2)) * [[[1.0, 2.0]], [[1.5, 1.0]]]
    alone = sum(wild.fitted_kl(x[:, i], y[:, i]) for i in range(2))
    # Off-diagonal covariances of independent features are of the order of 1/√n = 0.005.
    assert wild.fitted_kl(x, y) == pytest.approx(alone, abs=1e-3)


def test_a_fit_is_kl_mvn_of_the_moments(birds):
    x, y = adelies(birds, "2009"), adelies(birds, "2007")
    moments = [f for z in (x, y) for f in (z.mean(axis=0), np.cov(z.T, bias=True))]
    assert wild.fitted_kl(x, y) == pytest.approx(kl_mvn(*moments), rel=1e-10)


@pytest.mark.parametrize(("d", "k"), [(1, 2), (4, 14)])
def test_the_threshold_holds_for_large_samples_of_normals(d, k, rng):
    n, m, times = 400, 600, 1500
    limit = wild.drift_threshold(n, m, d)
    assert limit == pytest.approx(stats.chi2.ppf(0.95, k) / (2 * n * m / (n + m)), rel=1e-14)
    shape = [(n, d) if d > 1 else (n,), (m, d) if d > 1 else (m,)]
    above = [
        wild.fitted_kl(*(rng.standard_normal(size) for size in shape)) > limit for _ in range(times)
    ]
    # Three standard errors of 5 % in 1500 are 0.017; what is left of small samples, 0.01.
    assert np.mean(above) == pytest.approx(0.05, abs=0.027)


def test_chi_squared_is_too_lenient_for_fifty_birds_and_four_features(rng):
    limit = wild.drift_threshold(52, 49, 4)
    above = [
        wild.fitted_kl(rng.standard_normal((52, 4)), rng.standard_normal((49, 4))) > limit
        for _ in range(600)
    ]
    assert 0.09 < np.mean(above) < 0.19  # 13.7 % in 3000 runs, and four standard errors


def test_what_the_notebook_says_of_the_report(birds, says):
    old, new = adelies(birds, "2007"), adelies(birds, "2009")
    longer = np.sum(new[:, 2] > old[:, 2].max())
    says("11", "report-read", f"{longer}", f"{len(new)}", f"{len(old)}")
    found = report(new[:, 2], old[:, 2])
    says("11", "report-read", f"{found.interval[0]:.2f}", f"{found.interval[1]:.2f}")
    assert found.estimate == pytest.approx(wild.fitted_kl(new[:, 2], old[:, 2]), rel=1e-12)
    assert "17 % of p lies beyond the range of q" in found.warnings[0]
    assert "there is no lower bound above 0 (95 %)" in found.warnings[0]
    assert output("features").splitlines()[2].split()[-1] == "0.031"  # 3 of 100, above 2.5 %
    says("11", "report-read", "3", "100", "2.5%")
    assert report(new[:, 1], old[:, 1]).interval[0] == 0


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_report_on_the_flippers_does_not_hang_on_its_seed(seed, birds):
    old, new = adelies(birds, "2007")[:, 2], adelies(birds, "2009")[:, 2]
    low, high = report(new, old, rng=seed).interval
    assert 0.09 < low < 0.13  # of 2000 bootstrapped values the 50th lies within ± 0.02 of 0.11
    assert 6 <= round(high / low) <= 8


def test_psi_is_jeffreys():
    seen = wild.drift(0.1, 200, 10, 5)
    by_hand = np.sum((seen.new - seen.old) * np.log(seen.new / seen.old))
    assert seen.psi == pytest.approx(by_hand, rel=1e-12)
    assert seen.psi == pytest.approx(jeffreys_divergence(seen.new, seen.old), rel=1e-14)


def no_drift(bins, n, repeats, rng):
    """Counts of birds in the explorer's bins, without drift, and the shares of the Adelies."""
    edges = np.quantile(wild.BILLS["Adelie"], np.arange(1, bins) / bins)
    old = wild._shares(wild.BILLS["Adelie"], edges)
    return rng.multinomial(n, old, size=repeats), old


@pytest.mark.parametrize(("bins", "n"), [(b, n) for b in wild.CHANCE for n in wild.CHANCE[b]])
def test_the_table_of_chance_is_what_samples_give(bins, n, rng):
    chance, repeats = wild.CHANCE[bins][n], 10_000
    counts, old = no_drift(bins, n, repeats, rng)
    empty = (counts == 0).any(axis=1)
    log = np.log(np.where(counts > 0, counts / n, old) / old)
    forward, backward = (counts / n * log).sum(axis=1), -(old * log).sum(axis=1)
    psi = np.where(empty, np.inf, forward + backward)
    # Four standard errors, and the last digit of the table.
    assert empty.mean() == pytest.approx(chance.empty, abs=2e-2)
    for level, share, near in ((chance.half, 0.5, 0.022), (chance.limit, 0.05, 0.011)):
        if level < np.inf:
            assert (psi > level).mean() == pytest.approx(share, abs=near)
        else:
            assert np.isinf(psi).mean() > share
    assert (2 * n * forward > chance.test).mean() == pytest.approx(0.05, abs=0.011)


@pytest.mark.parametrize(("bins", "birds"), [(5, 20), (10, 20), (10, 50), (20, 50), (20, 100)])
def test_the_share_of_samples_with_an_empty_bin_is_exact(bins, birds):
    """No bin is empty in n!·[xⁿ] ∏ (exp(q x) − 1) of the samples."""
    _, old = no_drift(bins, birds, 1, np.random.default_rng(0))
    counts = np.arange(birds + 1)
    ways = np.eye(1, birds + 1)[0]  # entry m: Σ ∏ q^c/c! over the bins so far, m birds in all
    for q in old:
        one = np.exp(counts * np.log(q) - special.gammaln(counts + 1)) * (counts > 0)
        ways = np.convolve(ways, one)[: birds + 1]
    empty = 1 - ways[birds] * math.exp(special.gammaln(birds + 1))
    assert wild.CHANCE[bins][birds].empty == pytest.approx(empty, abs=2e-3)


@pytest.mark.parametrize(
    ("bins", "n", "over"), [(10, 500, 0.055), (10, 100, 0.075), (10, 50, 0.12), (20, 50, 0.87)]
)
def test_how_far_the_line_of_chi_squared_is_off(bins, n, over, rng):
    counts, old = no_drift(bins, n, 50_000, rng)
    log = np.log(np.where(counts > 0, counts / n, np.nan) / old)
    psi = ((counts / n - old) * log).sum(axis=1)
    beyond = ~(psi <= stats.chi2.ppf(0.95, bins - 1) / n)  # nan is ∞
    assert beyond.mean() == pytest.approx(over, abs=0.006)


def test_many_birds_reach_the_exact_psi_and_a_larger_n_only_adds_birds():
    psis = [wild.drift(0.2, wild.MOST_BIRDS, 10, seed).psi for seed in range(20)]
    exact = wild.drift(0.2, 20, 10, 0).exact
    assert f"{exact:.2f}" == "0.21"
    assert np.mean(psis) == pytest.approx(exact, rel=0.1)
    few, more = (wild.drift(0.2, n, 10, 3).new * n for n in (50, 100))
    assert (np.round(more) >= np.round(few)).all()


def test_what_the_notebook_says_of_psi(says):
    psis = np.array([wild.drift(0, 50, 10, seed).psi for seed in range(2000)])
    assert np.mean(psis > 0.25) == pytest.approx(0.28, abs=0.02)
    says("11", "reveal-psi", "28", "100", f"{9 / 50:.2f}", f"{9 / 2000}", "0.21")
    lines = [numbers(line.replace("%", "")) for line in output("alarms").splitlines()[1:]]
    assert lines[0][2] == 28
    assert lines[3][2] < 10
    assert lines[3][3] == 100


# --- Support


def test_a_cut_costs_the_log_of_what_it_keeps_whatever_the_shape(says):
    for q in (stats.norm(0, 1), stats.gumbel_r(0, 1), stats.t(5)):
        low, high = -0.3, 1.2
        kept = q.cdf(high) - q.cdf(low)
        x = np.linspace(low, high, 20_001)
        ratio = np.log(q.pdf(x) / kept) - q.logpdf(x)
        assert ratio == pytest.approx(np.full_like(x, -math.log(kept)), abs=1e-12)
    assert kl_quad(stats.truncnorm(-1, 1), stats.norm()) == pytest.approx(
        -math.log(math.erf(1 / math.sqrt(2))), rel=1e-12
    )
    says("11", "support", f"{stats.skewnorm(4).cdf(0):.0%}")


# --- torch


def run_torch_cells(capsys):
    names = {"np": np, "wild": wild, "warnings": warnings}
    for name in ("pair", "torch-import", "torch-calls"):
        exec(cell(name).source, names | {"kl_divergence": kl_divergence}, names)
    return capsys.readouterr().out


def test_the_cells_print_what_is_stored_with_torch_or_without(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        printed = run_torch_cells(capsys)
    assert printed == output("pair") + output("torch-import") + output("torch-calls")


def test_torch_does_what_its_formula_says():
    torch = pytest.importorskip("torch")
    p, q = np.array([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]]), np.full((2, 3), 1 / 3)
    for how, log_target in itertools.product(("mean", "sum", "batchmean"), (False, True)):
        target = np.log(p) if log_target else p
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch itself warns of "mean"
            value = torch.nn.functional.kl_div(
                torch.tensor(np.log(q)), torch.tensor(target), reduction=how, log_target=log_target
            )
        ours = wild.torch_kl_div(np.log(q), target, how, log_target)
        assert float(value) == pytest.approx(ours, rel=1e-12)


def test_the_formula_has_the_directions_that_the_notebook_says():
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.25, 0.25, 0.5])
    assert wild.torch_kl_div(np.log(q), p, "sum") == pytest.approx(kl_divergence(p, q), rel=1e-14)
    assert wild.torch_kl_div(np.log(q), p) == pytest.approx(kl_divergence(p, q) / 3, rel=1e-14)
    assert wild.torch_kl_div(p, q, "sum") < 0
    assert wild.torch_kl_div(np.log(q), [0.5, 0.5, 0], "sum") == pytest.approx(math.log(2))
    assert wild.torch_kl_div([-math.inf, 0], [0.5, 0.5], "sum") == math.inf
    rows = np.log([q, q]), np.array([p, p])
    assert wild.torch_kl_div(*rows) == pytest.approx(kl_divergence(p, q) / 3, rel=1e-14)
    assert wild.torch_kl_div(*rows, "batchmean") == pytest.approx(kl_divergence(p, q), rel=1e-14)


# --- The explorers


@pytest.mark.parametrize("make", [explore_bound, explore_tilt, explore_drift])
def test_every_corner_has_honest_numbers_and_room_for_its_notes(make):
    scene = make().scene
    ends = {s.name: s.ends if s.name != "seed" else (0, 19) for s in scene.sliders}
    for corner in itertools.product(*ends.values()):
        frame = scene.frame(**dict(zip(ends, corner, strict=True)))
        moving = scene.svg(frame)
        assert "nan" not in moving
        assert "inf" not in moving
        assert not any(math.isnan(v) for v in frame.values.values()), corner
        assert sum(map(bool, frame.notes)) <= scene.note_lines, corner


def test_both_bars_of_the_bound_are_equally_long():
    explorer = explore_bound()
    for mu, sigma, s in itertools.product((-2, 0.5, 3), (0.1, 1, 2), (0.5, 1, 5)):
        explorer.set(mu_q=mu, sigma_q=sigma, s=s)
        a, b, c, d = explorer.frame.data["parts"]
        assert a + b == pytest.approx(c + d, abs=1e-12)
        values = explorer.values()
        assert values["−ELBO"] == pytest.approx(
            values["E[−log p(x|z)]"] + values["D(q‖prior)"], rel=1e-14
        )


def test_the_bars_are_the_parts_of_the_bound(boxes):
    scene = explore_bound().scene
    frame = scene.frame(mu_q=0.5, sigma_q=1, s=1)
    axes = scene.layout(Figure())
    scene.draw(axes, **frame.data)
    parts = wild.bound(0.5, 1, 1)
    bars = np.concatenate([boxes(axes[1], who) for who in ("loss", "q", "p", "gain")])
    drawn = bars[:, 2] - bars[:, 0]
    assert drawn == pytest.approx(parts, rel=1e-12)


def test_the_tilt_at_known_settings():
    explorer = explore_tilt()
    explorer.press("No reward")
    assert explorer.values()["D(π‖π₀)"] == 0
    explorer.press("A reward for good")
    explorer.set(beta=0.05)
    assert explorer.values()["D(π‖π₀)"] == pytest.approx(-math.log(0.4))
    explorer.reset()
    likeliest = [
        beta
        for beta in explorer.controls["beta"].slider.stops
        if explorer.scene.frame(beta=beta).data["policy"].argmax() == 4
    ]
    assert max(likeliest) == 0.7  # below 2/ln 8 = 0.96


def test_an_empty_bin_is_said_and_makes_psi_infinite():
    explorer = explore_drift()
    explorer.set(n=20, bins=20)
    assert explorer.values()["PSI"] == math.inf
    assert math.isfinite(explorer.values()["D(p‖q)"])
    assert "So D(q‖p) and PSI are ∞, as in 100 % of samples without drift." in explorer.summary


def test_the_first_picture_rings_without_drift():
    values = explore_drift().values()
    assert values["PSI, exact"] == 0
    assert values["PSI"] > 0.25 > values["chance, half"]
    assert values["chance, 95 %"] == math.inf
    assert "6 % of samples without drift have an empty bin" in explore_drift().summary


def test_the_lines_of_chance_end_where_they_would_be_infinite():
    scene = explore_drift().scene
    axes = scene.layout(Figure())
    scene.draw(axes, **scene.frame(bins=20).data)
    lines = {line.get_gid(): list(line.get_xdata()) for line in axes[1].lines}
    assert lines["gain curve"] == [100, 200, 500, 1000, 2000]
    assert lines["sum curve"] == [200, 500, 1000, 2000]


# --- The exercises, with the wrong answers that people give


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda mu, v: 0.5 * np.mean(np.exp(v) + mu**2 - 1 - v), "add up"),
        (lambda mu, v: np.sum(np.exp(v) + mu**2 - 1 - v), "½ is missing"),
        (lambda mu, v: -0.5 * np.sum(np.exp(v) + mu**2 - 1 - v), "sign"),
        (lambda mu, v: 0.5 * np.sum(np.exp(2 * v) + mu**2 - 1 - 2 * v), "not of σ"),
        (lambda mu, v: 0.5 * np.sum(np.exp(v) + mu**2 - v), "q = prior"),
        (lambda mu, v: 0.5 * (np.sum(np.exp(v) + mu**2 - v) - 1), "for each dimension"),
        (lambda mu, v: 0.5 * np.sum(np.exp(v) + mu - 1 - v), "squared"),
        (lambda mu, v: 0.5 * np.sum(np.exp(v) + mu**2 - 1 - v / 2), "is not to be halved"),
        (lambda mu, v: 0.5 * np.sum(v + mu**2 - 1 - np.log(v)), "a logarithm already"),
        (lambda mu, v: 0.5 * np.sum(v + mu**2 - 1) - np.sum(np.log(np.sqrt(v))), "already"),
        (lambda mu, v: 0.5 * (np.exp(v) + mu**2 - 1 - v), "one number"),
        (lambda mu, v: 0.5 * np.sum((1 + mu**2) / np.exp(v) - 1 + v), "swapped"),
    ],
)
def test_wrong_vae_terms(answer, words):
    verdict = check_vae_term(answer)
    assert verdict.status == "wrong"
    assert words in verdict.message


def test_right_vae_terms():
    assert (
        check_vae_term(
            lambda mu, v: kl_mvn(mu, np.diag(np.exp(v)), np.zeros(len(mu)), np.eye(len(mu)))
        ).status
        == "right"
    )


def shifted(reference, reward, beta, shift):
    weights = reference * np.exp((reward - shift) / beta)
    return weights / weights.sum()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda ref, r, b: ref * np.exp(r / b), "sum to 1"),
        (lambda ref, r, b: special.softmax(r / b), "without the reference"),
        (lambda ref, r, b: ref * np.exp(r * b) / np.sum(ref * np.exp(r * b)), "do not multiply"),
        (lambda ref, r, b: ref * np.exp(-r / b) / np.sum(ref * np.exp(-r / b)), "sign"),
        (lambda ref, r, b: special.softmax(np.log(ref) + r), "β is missing"),
        (lambda ref, r, b: ref * np.exp(r / b) / np.sum(ref * np.exp(r / b)), "overflows"),
        (lambda ref, r, b: ref * np.exp((r - r.max()) / b), "divide by their sum"),
        (lambda ref, r, b: shifted(ref, r, b, r.min()), "not the lowest or the mean"),
        (lambda ref, r, b: shifted(ref, r, b, r.mean()), "not the lowest or the mean"),
        (lambda ref, r, b: shifted(ref, r, b, np.abs(r).max()), "is 0 for every word here"),
        (lambda ref, r, b: np.zeros(len(r)), "it returns [0, 0, 0], not [0.03667"),
        (lambda ref, r, b: special.softmax((ref + r) / b), "is not added to r"),
    ],
)
def test_wrong_tilts(answer, words):
    verdict = check_tilt(answer)
    assert verdict.status == "wrong"
    assert words in verdict.message


def test_right_tilts():
    assert check_tilt(lambda ref, r, b: special.softmax(np.log(ref) + r / b)).status == "right"


TRUE = 0.8 * (math.log(1.6) - kl_divergence([0.8, 0.2], [0.5, 0.5]))


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((TRUE, TRUE, 0.3), "`k1`: That is the gradient of D(π‖π₀)"),
        ((0.1927, TRUE, 0.3), "`k1`: That is the value"),
        ((0, -TRUE, 0.3), "`k2`: The sign"),
        ((0, 0.376, 0.3), "`k2`: Take D(π‖π₀) off"),
        ((0, 0.3, 0.3), "`k2`: That is the gradient of k3"),
        ((0, TRUE, TRUE), "`k3`: That is the gradient of D(π‖π₀)"),
        ((0, TRUE, -0.3), "`k3`: The sign"),
        ((0, TRUE, 0.375), "`k3`: That is 1 − w"),
    ],
)
def test_wrong_gradients(answers, words):
    verdict = check_loss_gradients(*answers)
    assert verdict.status == "wrong"
    assert words in str(verdict.message)


def test_right_gradients():
    assert check_loss_gradients(0, TRUE, 0.3).status == "right"
    assert check_loss_gradients(1e-17, 0.222, 0.3).status == "right"
    found = wild.loss_gradients([0.8, 0.2], [0.5, 0.5])
    assert check_loss_gradients(*(g[0] for g in found.values())).status == "right"


MEAN, LIMIT = 7 / 400, stats.chi2.ppf(0.95, 7) / 400


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((0.02, LIMIT, "yes"), "leave 7 free"),
        ((7 / 800, LIMIT, "yes"), "That is the mean of D(p‖q)"),
        ((14 / 400, LIMIT, "yes"), "Both samples"),
        ((7, LIMIT, "yes"), "divide by n"),
        ((MEAN, 14.07, "yes"), "χ² itself"),
        ((MEAN, 15.51 / 400, "yes"), "leave 7 free"),
        ((MEAN, LIMIT / 2, "yes"), "mark for D(p‖q)"),
        ((MEAN, 0.25, "yes"), "knows nothing of n"),
        ((MEAN, 0.1, "yes"), "knows nothing of n"),
        ((MEAN, LIMIT, "no"), "chance alone stays below 0.0352"),
        ((MEAN, LIMIT, "N"), "chance alone stays below 0.0352"),
        ((MEAN, LIMIT, False), "chance alone stays below 0.0352"),
        ((MEAN, 16.92 / 400, "yes"), "leave 7 free, not 9"),
        ((MEAN, LIMIT, 1), '`1` is neither `"yes"` nor `"no"`'),
        ((MEAN, LIMIT, "maybe"), 'is neither `"yes"` nor `"no"`'),
    ],
)
def test_wrong_alarms(answers, words):
    verdict = check_psi(*answers)
    assert verdict.status == "wrong"
    assert words in verdict.message


def test_right_alarm(says):
    for alarm in ("yes", " Yes.", "y", "Y", True, np.True_, ["yes"]):
        assert check_psi(0.0175, 0.0352, alarm).status == "right"
    assert check_psi(MEAN, LIMIT, None).status == "not attempted"
    assert check_psi(None, None, None).status == "not attempted"
    points = [f"{stats.chi2.ppf(0.95, k):.2f}" for k in (7, 8, 9)]
    says("11", "ex-psi-prompt", "400", "0.060", *points)


def test_at_400_items_in_8_bins_chance_gives_what_the_check_wants(rng):
    counts = rng.multinomial(400, np.full(8, 1 / 8), size=20_000)
    psi = np.sum((counts / 400 - 1 / 8) * np.log(counts / 50), axis=1)
    # its standard errors are 0.4 % of the mean and 0.7 % of the 95 % point
    assert psi.mean() == pytest.approx(MEAN, rel=0.03)
    assert np.quantile(psi, 0.95) == pytest.approx(LIMIT, rel=0.03)
    assert np.mean(psi >= 0.060) < 1 / 500
    assert "once in 500 times" in check_psi(MEAN, LIMIT, "yes").message


def test_each_explorer_and_check_of_the_lesson_is_used():
    called = {
        node.func.id
        for one in NOTEBOOK.cells
        if one.cell_type == "code"
        for node in ast.walk(ast.parse(one.source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called >= {"explore_bound", "explore_tilt", "explore_drift"}
    assert called >= {"check_vae_term", "check_tilt", "check_loss_gradients", "check_psi"}
