"""Notebook 08: codes by hand and by theorem, a real text there and back, its prose, its checks."""

import itertools
import math
import unicodedata
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy as scipy_entropy

from kl_course.checks.codes import (
    check_extra_bits,
    check_one_more_word,
    check_spare_share,
    check_thousand_days,
)
from kl_course.explorers.codes import explore_code, explore_code_book
from kl_course.models import codes
from kl_helpers import entropy, kl_divergence

# Sums of at most 64 products of numbers below 10 are rounded by less than 1e-12.
ROUNDING = 1e-12
LANGUAGES = ("english", "german", "italian")
DATA = Path(__file__).resolve().parents[1] / "notebooks" / "data"
RAW = {name: (DATA / f"alice-{name}.txt").read_text(encoding="utf-8") for name in LANGUAGES}
TEXTS = {name: codes.telegram(text) for name, text in RAW.items()}
SHARES = {name: codes.letter_shares(text) for name, text in TEXTS.items()}
FINITE = {("german", "english"), ("italian", "english"), ("italian", "german")}

weights = st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any)
lengths_of_words = st.lists(st.integers(0, 8), min_size=1, max_size=12)


# --- Codewords


def test_huffman_by_hand():
    assert codes.huffman_lengths([4, 2, 1, 1]).tolist() == [1, 2, 3, 3]
    assert codes.huffman_lengths([1, 1, 1, 1]).tolist() == [2, 2, 2, 2]
    assert codes.huffman_lengths([0, 3, 1]).tolist() == [math.inf, 1, 1]
    assert codes.huffman_lengths([5]).tolist() == [0]
    # Huffman (1952), table I: thirteen messages, 3.42 bits
    shares = [20, 18, 10, 10, 10, 6, 6, 4, 4, 4, 4, 3, 1]
    average = codes.mean_length(np.array(shares) / 100, codes.huffman_lengths(shares))
    assert average == pytest.approx(3.42, abs=ROUNDING)


def best_whole_bits(p):
    """The lowest average length over all lengths that Kraft allows, by trying them all."""
    choices = itertools.product(range(1, len(p)), repeat=len(p))
    return min(codes.mean_length(p, bits) for bits in choices if codes.kraft_sum(bits) <= 1)


def test_no_code_of_whole_bits_is_shorter(rng):
    for k in (2, 3, 4, 5, 6):
        for _ in range(4):
            counts = rng.integers(1, 30, k)
            p = counts / counts.sum()
            found = codes.mean_length(p, codes.huffman_lengths(counts))
            assert found == pytest.approx(best_whole_bits(p), abs=ROUNDING)


@given(weights)
def test_huffman_is_complete_and_lies_less_than_a_bit_above_the_floor(counts):
    p = np.array(counts) / sum(counts)
    lengths = codes.huffman_lengths(counts)
    assert codes.kraft_sum(lengths) == 1
    floor, average = entropy(p, base=2), codes.mean_length(p, lengths)
    assert floor - ROUNDING <= average < floor + 1
    # the third line of the notebook's derivation, with K = 1
    belief = kl_divergence(p, 2.0**-lengths, base=2)
    assert average == pytest.approx(floor + belief, abs=ROUNDING)


@given(lengths_of_words)
def test_kraft_says_which_codes_exist(lengths):
    # fractions and a search from the shortest word on, which knows nothing of Kraft, are the judges
    total = sum(Fraction(1, 2**length) for length in lengths)
    assert codes.kraft_sum(lengths) == total
    words = []
    for length in sorted(lengths):
        free = (f"{i:0{length}b}" if length else "" for i in range(2**length))
        fits = (w for w in free if not any(w.startswith(v) for v in words))
        words.append(next(fits, None))
        if words[-1] is None:
            break
    assert (words[-1] is not None) == (total <= 1)
    if total > 1:
        with pytest.raises(ValueError, match="more than 1"):
            codes.code_words(lengths)
        return
    found = codes.code_words(lengths)
    assert [len(word) for word in found] == lengths
    for a, b in itertools.permutations(found, 2):
        assert not b.startswith(a)


@given(weights, weights)
def test_rounded_up_the_wrong_book_costs_less_than_a_bit_more(sent, believed):
    k = min(len(sent), len(believed))
    p, q = np.array(sent[:k]), np.array(believed[:k]) + 1
    if not p.any():
        return
    p, q = p / p.sum(), q / q.sum()
    lengths = np.ceil(-np.log2(q))
    assert codes.kraft_sum(lengths) <= 1
    ideal = entropy(p, base=2) + kl_divergence(p, q, base=2)
    assert ideal - ROUNDING <= codes.mean_length(p, lengths) < ideal + 1


def test_a_message_without_a_codeword():
    assert codes.code_words([1, math.inf, 1]) == ["0", None, "1"]
    assert codes.mean_length([0.5, 0, 0.5], [1, math.inf, 1]) == 1
    assert codes.mean_length([0.5, 0.1, 0.4], [1, math.inf, 1]) == math.inf


@pytest.mark.parametrize(
    ("wrong", "words"),
    [([1, -1], ">= 0"), ([1, math.nan], "finite"), ([0, 0], "all 0"), ([[1, 2]], "a row")],
)
def test_weights_that_are_none(wrong, words):
    with pytest.raises(ValueError, match=words):
        codes.huffman_lengths(wrong)


# --- Arithmetic coding

messages = st.lists(st.sampled_from("abcd"), max_size=60)
books = st.fixed_dictionaries({s: st.integers(1, 40) for s in "abcd"})


@given(messages, books)
def test_a_message_comes_back_and_takes_less_than_two_bits_too_many(message, book):
    bits = codes.arithmetic_encode(message, book)
    assert codes.arithmetic_decode(bits, book, len(message)) == message
    total = sum(book.values())
    width = math.prod((Fraction(book[s], total) for s in message), start=Fraction(1))
    assert Fraction(1, 2 ** len(bits)) <= width  # so no fewer bits would do
    assert Fraction(4, 2 ** len(bits)) > width
    low = Fraction(0)
    for s in reversed(message):
        below = sum(n for other, n in book.items() if other < s)
        low = (below + book[s] * low) / total
    number = Fraction(int(bits or "0", 2), 2 ** len(bits))
    assert low <= number
    assert number + Fraction(1, 2 ** len(bits)) <= low + width  # whatever is sent after it


def test_the_order_in_which_a_book_was_written_does_not_matter():
    bits = codes.arithmetic_encode("abacus", Counter("abacus"))
    assert "".join(codes.arithmetic_decode(bits, Counter("sucaba"), 6)) == "abacus"


@pytest.mark.parametrize("book", [{"a": 1}, {"a": 1, "b": 0}])
def test_a_symbol_that_the_book_lacks_is_named(book):
    with pytest.raises(ValueError, match="'b'"):
        codes.arithmetic_encode("ab", book)


# --- The chapter in three languages


def test_a_telegram_holds_nothing_but_its_alphabet():
    for text in TEXTS.values():
        assert set(text) <= set(codes.ALPHABET)
        assert "  " not in text
        assert text == text.strip()
    assert codes.telegram("Größe, perchè ÀÉ?") == "grosse perche ae"


@pytest.mark.slow
@pytest.mark.parametrize(("sent", "book"), sorted({(x, x) for x in LANGUAGES} | FINITE))
def test_a_real_text_with_any_book_that_has_its_letters(sent, book):
    text, table = TEXTS[sent], Counter(TEXTS[book])
    bits = codes.arithmetic_encode(text, table)
    promised = len(text) * (
        scipy_entropy(SHARES[sent], base=2) + scipy_entropy(SHARES[sent], SHARES[book], base=2)
    )
    # the sum of 27 terms of 5e4 bits is rounded by less than 1e-6
    assert promised - 1e-6 <= len(bits) < promised + 2
    assert "".join(codes.arithmetic_decode(bits, table, len(text))) == text


def test_infinite_just_where_a_letter_is_sent_that_the_book_lacks():
    for sent, book in itertools.permutations(LANGUAGES, 2):
        d = kl_divergence(SHARES[sent], SHARES[book], base=2)
        assert (
            math.isfinite(d) == ((sent, book) in FINITE) == (set(TEXTS[sent]) <= set(TEXTS[book]))
        )
        if math.isinf(d):
            with pytest.raises(ValueError, match="the code book has nothing for"):
                codes.arithmetic_encode(TEXTS[sent], Counter(TEXTS[book]))


def test_with_accents_all_six_are_infinite(says):
    says("08", "missing-meaning", "six")
    own = {}
    for name, text in RAW.items():
        letters = unicodedata.normalize("NFC", text.lower())
        own[name] = {letter for letter in letters if letter.isalpha()}
    for name in LANGUAGES:
        others = set.union(*(own[other] for other in LANGUAGES if other != name))
        assert own[name] - others  # "each has letters that the other two lack"


def test_the_texts_are_what_their_description_says():
    for text in RAW.values():
        assert 11_000 < len(text.encode()) < 12_000
        assert not set("*_[]\r\ufeff") & set(text)
        assert "utenberg" not in text


# --- What the prose says


def test_numbers_of_the_prose(says):
    count = TEXTS["english"].count("y")
    says("08", "missing-meaning", f"{count}", f"{len(TEXTS['english']):,}")
    says("08", "promise", f"{len(TEXTS['german']):,}")
    p, q = np.array([4, 2, 1, 1]) / 8, np.array([1, 4, 1, 2]) / 8
    assert codes.huffman_lengths([1, 4, 1, 2]).tolist() == [3, 1, 3, 2]
    assert kl_divergence(p, q, base=2) == pytest.approx(0.625, abs=ROUNDING)
    assert kl_divergence(q, p, base=2) == pytest.approx(0.5, abs=ROUNDING)
    says("08", "reveal-book", "0.625", f"{1 / 4}", f"{1 / 8}", "0.5")
    dry, wet = -np.log2([0.8, 0.2])
    floor = entropy([0.8, 0.2], base=2)
    says("08", "ask-whole", *[f"{dry:.2f}"] * 2, f"{wet:.2f}", f"{floor:.2f}", f"{dry:.2f}")
    says("08", "interval-meaning", f"{dry:.2f} + {dry:.2f} + {wet:.2f} + {dry:.2f}")
    says("08", "try-blocks", f"{0.8**3:.3f}", f"{0.2**3:.3f}")


def blocks(n):
    p = np.array([0.8, 0.2])
    block = p
    for _ in range(n - 1):
        block = np.multiply.outer(block, p).ravel()
    return codes.mean_length(block, codes.huffman_lengths(block))


def test_blocks(says):
    says("08", "predict-whole", f"{blocks(3) / 3:.2f}")
    says("08", "reveal-whole", f"{blocks(3):.3f}", f"{blocks(3) / 3:.3f}")
    assert blocks(4) / 4 > blocks(3) / 3  # "a little worse than three"
    floor = entropy([0.8, 0.2], base=2)
    for n in range(1, 11):
        assert floor - ROUNDING <= blocks(n) / n < floor + 1 / n


def test_a_hundred_days(says):
    hundred = 20 * ["dry", "dry", "wet", "dry", "dry"]
    counted = {}
    for dry in (8, 6, 5):
        counted[dry] = len(codes.arithmetic_encode(hundred, {"dry": dry, "wet": 10 - dry}))
        waste = 100 * kl_divergence([0.8, 0.2], [dry / 10, 1 - dry / 10], base=2)
        assert abs(counted[dry] - counted[8] - waste) < 2
    floor = 100 * entropy([0.8, 0.2], base=2)
    says("08", "hundred-meaning", f"{counted[8]}", f"{floor:.2f}")
    says("08", "hundred-meaning", "0.6", f"{counted[6]}", "0.5", f"{counted[5]}", "100", "2 bits")


def test_a_dry_day_lengthens_a_message_by_its_surprise():
    surprise = -math.log2(0.8)
    for n in range(1, 11):
        sent = codes.arithmetic_encode(n * ["dry"], {"dry": 8, "wet": 2})
        assert len(sent) == math.ceil(n * surprise)


def test_whole_bits_of_real_text(says):
    average = {}
    for book in ("german", "english"):
        lengths = codes.huffman_lengths([TEXTS[book].count(x) for x in codes.ALPHABET])
        average[book] = codes.mean_length(SHARES["german"], lengths)
    d = kl_divergence(SHARES["german"], SHARES["english"], base=2)
    says("08", "floor-of-what", f"{average['english'] - average['german']:.3f}", f"{d:.3f}")


def test_a_book_that_knows_the_letter_before_beats_the_floor():
    text = TEXTS["german"]
    pairs, first = Counter(itertools.pairwise(text)), Counter(text[:-1])
    share = np.array([[n / (len(text) - 1), n / first[a]] for (a, _), n in pairs.items()])
    known = -np.sum(share[:, 0] * np.log2(share[:, 1]))
    assert known < 0.8 * entropy(SHARES["german"], base=2)
    assert text.count("ch") > 0.8 * text.count("c")  # "h mostly follows c"
    assert text.count("ch") > 0.5 * text.count("h")  # read the other way, too
    assert text.count("kaninchen") > 5


def test_what_a_huffman_book_wastes_may_be_more_or_less_than_d():
    def waste(p, q):
        r = 2.0 ** -codes.huffman_lengths(q)
        p, q = np.array(p) / sum(p), np.array(q) / sum(q)
        return kl_divergence(p, r, base=2), kl_divergence(p, q, base=2)

    less, more = waste([8, 4, 2, 2], [7, 4, 2, 3]), waste([8, 2, 2, 2], [8, 2, 2, 3])
    assert less[0] < less[1]
    assert more[0] > more[1]


# --- The explorers


@pytest.fixture(scope="module")
def code():
    return explore_code()


@pytest.fixture(scope="module")
def book():
    return explore_code_book()


def corners(explorer):
    ends = {name: control.slider.ends for name, control in explorer.controls.items()}
    for values in itertools.product(*ends.values()):
        yield dict(zip(ends, values, strict=True))


@pytest.mark.parametrize("make", [explore_code, explore_code_book])
def test_every_corner_has_honest_numbers_and_a_picture(make):
    explorer = make()
    for corner in corners(explorer):
        explorer.set(**corner)
        assert not any(math.isnan(value) for value in explorer.values().values()), corner
        assert all(value >= 0 for value in explorer.values().values()), corner
        assert "nan" not in explorer.view.moving, corner


def test_the_area_is_the_average_length_and_the_floor_is_below_it(code, rng):
    for _ in range(50):
        w = rng.integers(0, 21, 5)
        w[0] = max(w[0], 1)
        code.set(**dict(zip(code.controls, w.tolist(), strict=True)))
        shown, data = code.values(), code.frame.data
        area = sum(a * b for a, b in zip(data["p"], data["lengths"], strict=True) if a > 0)
        assert shown["average length"] == pytest.approx(area, abs=ROUNDING)
        above = shown["H(p)"] + shown["D(p‖2^−length)"]
        assert shown["average length"] == pytest.approx(above, abs=ROUNDING)
    code.reset()


def test_the_steps_of_the_first_explorer_come_true(code, says):
    code.reset()
    lengths, ideal = code.frame.data["lengths"], -np.log2(code.frame.data["p"])
    assert (np.sign(np.round(lengths - ideal, 9)) == [1, 0, -1, 1, -1]).all()
    snow = []
    for sun in range(7, 21):
        code.set(p_sun=sun)
        snow.append(len(code.frame.data["words"][-1]))
    assert snow[0] == 3
    assert snow[-1] == 4
    assert snow == sorted(snow)
    code.press("Halves")
    assert code.values()["D(p‖2^−length)"] == 0
    code.press("Nearly always sun")
    says("08", "try-code", f"{code.values()['H(p)']:.2f}")
    assert code.values()["average length"] == 1
    assert "Never sent, and without a codeword: rain, fog, snow." in code.summary
    code.set(p_cloud=0)
    assert code.values() == {"H(p)": 0, "D(p‖2^−length)": 0, "average length": 0}
    code.reset()


def test_the_steps_of_the_second_explorer_come_true(book):
    book.reset()
    assert book.values()["D(p‖q)"] == pytest.approx(0.625, abs=ROUNDING)
    book.press("Swap p ↔ q")
    assert book.values()["D(p‖q)"] == pytest.approx(0.5, abs=ROUNDING)
    book.press("Right book")
    for name in ("q_sun", "q_cloud", "q_rain", "q_fog"):  # the last step before q = p
        for step in (-1, 1):
            book.press("Right book")
            book.controls[name].value += step
            shown = book.values()
            assert shown["D(p‖q)"] > 0
            assert shown["Huffman, q's book"] == shown["Huffman, p's book"]
    book.press("Book without fog")
    assert book.values()["D(p‖q)"] == book.values()["Huffman, q's book"] == math.inf
    assert "q's book has no codeword for fog, which p sends" in book.summary
    book.set(**dict.fromkeys(book.controls, 0) | {"p_sun": 1, "q_sun": 3})
    assert book.values()["H(p, q)"] == 0
    assert "no bit is needed" in book.summary
    book.press("Never fog")
    assert book.values()["D(p‖q)"] == pytest.approx(0.25, abs=ROUNDING)
    book.reset()


def test_green_minus_pink_is_the_divergence(book, rng, boxes):
    def area(ax, who):
        x0, y0, x1, y1 = boxes(ax, who).T
        return np.sum((x1 - x0) * (y1 - y0))

    for _ in range(20):
        w = rng.integers(1, 21, 8)
        book.set(**dict(zip(book.controls, w.tolist(), strict=True)))
        areas = book.drawing.axes[1]
        shown = book.values()
        for who in "pq":
            counts = [book.controls[f"{who}_{m}"].value for m in ("sun", "cloud", "rain", "fog")]
            whole_bits = np.sum(book.frame.data["p"] * codes.huffman_lengths(counts))
            name = f"Huffman, {who}'s book"
            assert shown[name] == pytest.approx(whole_bits, abs=ROUNDING)
        signed = area(areas, "gain") - area(areas, "loss")
        assert signed == pytest.approx(shown["D(p‖q)"], abs=ROUNDING)
        assert area(areas, "p") + area(areas, "gain") == pytest.approx(
            shown["H(p, q)"], abs=ROUNDING
        )
    book.reset()


def words_in(ax):
    """The texts of a picture that are seen: name -> (text, x)."""
    return {t.get_gid(): (t.get_text(), t.get_position()[0]) for t in ax.texts if t.get_text()}


def test_a_box_is_as_wide_as_its_probability_and_as_high_as_its_word_is_long(code, boxes):
    code.set(p_sun=4, p_cloud=2, p_rain=1, p_fog=0, p_snow=1)
    bars, areas = code.drawing.axes
    drawn = [[0, 0, 0.5, 1], [0.5, 0, 0.75, 2], [0.75, 0, 0.875, 3], [0.875, 0, 1, 3]]
    assert boxes(areas, "p") == pytest.approx(np.array(drawn))
    tops = [0.5, 0.25, 0.125, 0.125]  # fog has a bar of height 0, which is not drawn
    assert boxes(bars, "p")[:, 3] == pytest.approx(tops)
    (ideal,) = (line for line in areas.lines if line.get_gid() == "ideal")
    steps = [[0, 1], [0.5, 1], [0.5, 2], [0.75, 2], [0.75, 3], [0.875, 3], [0.875, 3], [1, 3]]
    assert ideal.get_xydata() == pytest.approx(np.array(steps))
    said = {name: text for name, (text, _) in words_in(bars).items()}
    assert [said[f"p {i}"] for i in range(5)] == [".50", ".25", ".12", ".00", ".12"]
    assert [said[f"word {i}"] for i in range(5)] == ["0", "10", "110", "–", "111"]
    names = {"name 0": "sun", "name 1": "cloud", "name 2": "rain", "name 4": "snow"}
    middles = {"name 0": 0.25, "name 1": 0.625, "name 2": 0.8125, "name 4": 0.9375}
    assert {name: text for name, (text, _) in words_in(areas).items()} == names
    for name, middle in middles.items():
        assert words_in(areas)[name][1] == pytest.approx(middle), name
    code.set(p_sun=20, p_cloud=1, p_rain=0, p_fog=0, p_snow=0)  # cloud has 1/21, too narrow
    assert {text for text, _ in words_in(code.drawing.axes[1]).values()} == {"sun"}
    code.set(p_cloud=0)
    assert words_in(code.drawing.axes[0])["word 0"][0] == "(no bit)"
    assert words_in(code.drawing.axes[0])["p 0"][0] == "1"
    code.reset()


def test_the_wrong_book_lies_above_and_below_the_right_one(book, boxes):
    book.press("Book without fog")  # p: 8 4 2 2 of 16, q: 8 4 4 0
    bars, areas = book.drawing.axes
    common = [[0, 0, 0.5, 1], [0.5, 0, 0.75, 2], [0.75, 0, 0.875, 2], [0.875, 0, 1, 3]]
    assert boxes(areas, "p") == pytest.approx(np.array(common))
    assert boxes(areas, "loss") == pytest.approx(np.array([[0.75, 2, 0.875, 3]]))
    ((left, bottom, right, top),) = boxes(areas, "gain")
    assert [left, bottom, right] == pytest.approx([0.875, 3, 1])
    assert top == pytest.approx(areas.get_ylim()[1])  # ∞ ends with the picture
    infinite = {name: at for name, at in words_in(areas).items() if name.startswith("cost")}
    assert infinite == {"cost 3": ("∞", pytest.approx(0.9375))}
    shown = words_in(bars)
    assert [shown[f"q {i}"][0] for i in range(4)] == [".50", ".25", ".25", ".00"]
    assert [shown[f"word {i}"][0] for i in range(4)] == ["0", "10", "11", "–"]
    book.press("Never fog")  # the pair the other way round: what is not sent costs nothing
    assert boxes(book.drawing.axes[1], "loss").shape == (0, 4)
    assert boxes(book.drawing.axes[1], "gain") == pytest.approx(np.array([[0.75, 2, 1, 3]]))
    assert not any(name.startswith("cost") for name in words_in(book.drawing.axes[1]))
    book.reset()


@pytest.mark.parametrize("make", [explore_code, explore_code_book])
def test_a_dragged_bar_follows_the_hand(make, hand):
    explorer = make()
    for name in [handle.name for handle in explorer.scene.handles]:
        explorer.reset()
        left, top = explorer.view.places[name]
        hand(explorer).drag(name, left, top - 0.08)
        assert explorer.view.setting[name] > explorer.scene.start[name]
        assert explorer.view.places[name][1] == pytest.approx(top - 0.08, abs=0.02)


# --- The checks


def right_extra(p, lengths):
    return np.sum(p * lengths) - entropy(p, base=2)


EXTRA = {
    "right": (right_extra, "right", "D(p‖2^−length)"),
    "as a divergence": (lambda p, n: kl_divergence(p, 2.0**-n, base=2), "wrong", "must sum to 1"),
    "of shares that sum to 1": (
        lambda p, n: kl_divergence(p, 2.0**-n / np.sum(2.0**-n), base=2),
        "wrong",
        "a book with room to spare",
    ),
    "nan": (lambda p, n: np.sum(p * (n + np.log2(p))), "wrong", "0 · log 0 counts as 0"),
    "average": (lambda p, n: np.sum(p * n), "wrong", "subtract H(p)"),
    "sign": (lambda p, n: -right_extra(p, n), "wrong", "no code is shorter"),
    "entropy in nats": (lambda p, n: np.sum(p * n) - entropy(p), "wrong", "log₂"),
    "all in nats": (lambda p, n: right_extra(p, n) * math.log(2), "wrong", "divide by ln 2"),
    "plain mean": (lambda p, n: np.mean(n) - entropy(p, base=2), "wrong", "Weigh each length"),
    "nothing": (lambda p, n: None, "not attempted", ""),
    "blank": (None, "not attempted", ""),
    "number": (0.08, "wrong", "not a function"),
}


@pytest.mark.parametrize("case", EXTRA)
def test_extra_bits(case):
    answer, status, words = EXTRA[case]
    verdict = check_extra_bits(answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((3, 1 / 16), "right", "belief of the book"),
        ((3.0, 0.0625), "right", ""),
        ((2, 1 / 16), "wrong", "only 0.125 is free"),
        ((1, 1 / 16), "wrong", "half of the strings"),
        ((4, 1 / 16), "wrong", "a shorter one does too"),
        ((5, 1 / 16), "wrong", "two shorter lengths"),
        ((0.125, 1 / 16), "wrong", "share that is free"),
        ((3, 1 / 6), "wrong", "rarer messages"),
        ((3, 0.25), "wrong", "1/length"),
        ((3, 1 / 8), "wrong", "3 bits"),
        ((3, 4), "wrong", "undo the logarithm"),
        ((None, None), "not attempted", "shortest"),
        ((3, None), "not attempted", "belief"),
        (("000", 1 / 16), "wrong", "text"),
    ],
)
def test_one_more_word(answer, status, words):
    verdict = check_one_more_word(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


def test_one_more_word_by_trying():
    lengths = [1, 3, 3, 4, 4]
    fits = [bits for bits in range(1, 6) if codes.kraft_sum([*lengths, bits]) <= 1]
    assert check_one_more_word(fits[0], 2.0**-4).status == "right"


P, Q = np.array([0.9, 0.1]), np.array([0.7, 0.3])
TOTAL, WASTED = -1000 * np.sum(P * np.log2(Q)), 1000 * np.sum(P * np.log2(P / Q))


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((TOTAL, WASTED), "right", "More than a quarter"),
        ((637, 168), "right", ""),
        ((TOTAL * math.log(2), WASTED), "wrong", "nats"),
        ((469, WASTED), "wrong", "right book"),
        ((881, WASTED), "wrong", "not over those"),
        ((1000, WASTED), "wrong", "whole bits"),
        ((-1000 * np.sum(Q * np.log2(P)), WASTED), "wrong", "swapped"),
        ((0.637, WASTED), "wrong", "one day"),
        ((168, WASTED), "wrong", "waste alone"),
        ((TOTAL, 116), "wrong", "nats"),
        ((TOTAL, 1000 * np.sum(Q * np.log2(Q / P))), "wrong", "D(q‖p)"),
        ((TOTAL, 469), "wrong", "nobody can save it"),
        ((TOTAL, 0.168), "wrong", "one day"),
        ((TOTAL, 363), "wrong", "Whole bits"),
        ((None, None), "not attempted", ""),
    ],
)
def test_thousand_days(answer, status, words):
    verdict = check_thousand_days(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


def test_more_than_a_quarter_is_the_books_fault():
    assert 0.25 < WASTED / TOTAL < 0.3


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ((11.4, 0.0145), "right", "smoothing"),
        ((11.3987, 0.0144996), "right", ""),
        ((6.64, 0.0145), "wrong", "shared by 27"),
        ((4.755, 0.0145), "wrong", "only 1 %"),
        ((7.9, 0.0145), "wrong", "nats"),
        ((0.00037037, 0.0145), "wrong", "−log₂"),
        ((11.345, 0.0145), "wrong", "26 others"),
        ((11.4, 0.01), "wrong", "99 %"),
        ((11.4, 0.01005), "wrong", ""),
        ((11.4, 6.64), "wrong", "what y costs"),
        ((11.4, 0), "wrong", "more frequent than 1/27"),
        ((11.4, 0.0114), "right", "the most that happens in this book"),
        ((11.4, -0.0145), "wrong", "sign"),
        ((None, None), "not attempted", ""),
    ],
)
def test_spare_share(answer, status, words):
    verdict = check_spare_share(*answer)
    assert verdict.status == status, verdict.message
    assert words in verdict.message


def test_the_toll_is_never_more(says):
    q = SHARES["german"]
    longer = np.log2(q[q > 0]) - np.log2(0.99 * q[q > 0] + 0.01 / 27)
    assert longer.max() < -math.log2(0.99)
    assert longer.max() == pytest.approx(0.011395, abs=5e-7)  # to the digits of the check
    says("08", "ex-spare-help", f"{longer.max():.4f}")
    assert longer.argmax() == [
        x for x, share in zip(codes.ALPHABET, q, strict=True) if share > 0
    ].index(" ")
