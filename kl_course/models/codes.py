"""Codes of notebook 08: codewords of whole bits, and one number for a whole text."""

import heapq
import re
import unicodedata
from collections.abc import Hashable, Iterable, Mapping
from itertools import accumulate, count

import numpy as np

ALPHABET = " abcdefghijklmnopqrstuvwxyz"


def huffman_lengths(weights):
    """Lengths of the codewords of a Huffman code, in bits.

    Parameters
    ----------
    weights : array_like, shape (k,)
        How often each message is sent; they need not sum to 1. Whole numbers are added exactly.

    Returns
    -------
    ndarray, shape (k,)
        inf where the weight is 0: such a message has no codeword.

    Raises
    ------
    ValueError
        If a weight is negative or not finite, or all are 0.

    References
    ----------
    Huffman (1952), section "Optimum Binary Code"; Cover & Thomas, *Elements of Information
    Theory*, 2nd ed., section 5.6.

    Examples
    --------
    >>> huffman_lengths([4, 2, 1, 1])
    array([1., 2., 3., 3.])
    """
    weights = np.asarray(weights)
    if weights.ndim != 1 or not np.all(np.isfinite(weights) & (weights >= 0)):
        raise ValueError(f"weights must be a row of finite numbers >= 0, but is {weights}")
    if not weights.any():
        raise ValueError("weights are all 0: at least one message must be sent")
    lengths = np.where(weights > 0, 0.0, np.inf)
    order = count()  # of two equal weights, the one that was joined earlier comes first
    heap = [(w, next(order), [i]) for i, w in enumerate(weights.tolist()) if w > 0]
    heapq.heapify(heap)
    while len(heap) > 1:
        (a, _, rarest), (b, _, second) = heapq.heappop(heap), heapq.heappop(heap)
        lengths[rarest + second] += 1
        heapq.heappush(heap, (a + b, next(order), rarest + second))
    return lengths


def kraft_sum(lengths):
    """Sum of 2^−length: the share of all bit strings that codewords of these lengths take.

    Parameters
    ----------
    lengths : array_like, shape (k,)
        In bits; inf for a message that has no codeword.

    Returns
    -------
    float
        Codewords of these lengths exist just where it is at most 1.

    Examples
    --------
    >>> kraft_sum([1, 2, 2, 3])
    1.125
    """
    return float(np.sum(2.0 ** -np.asarray(lengths, dtype=float)))


def code_words(lengths):
    """Codewords of these lengths, none of which begins another.

    Parameters
    ----------
    lengths : array_like, shape (k,)
        Whole numbers >= 0; inf for a message that has no codeword.

    Returns
    -------
    list of str or None
        Of equally long ones, in the order of the messages; None where the length is inf.

    Raises
    ------
    ValueError
        If Kraft's sum is above 1: then there is no such code.

    Examples
    --------
    >>> code_words([1, 2, 3, 3])
    ['0', '10', '110', '111']
    """
    lengths = np.asarray(lengths, dtype=float)
    used = kraft_sum(lengths)
    if used > 1:
        raise ValueError(f"no code has the lengths {lengths}: Kraft's sum is {used:g}, more than 1")
    words, start = [None] * len(lengths), 0.0
    for i in np.argsort(lengths, kind="stable"):
        if np.isfinite(lengths[i]):
            length = int(lengths[i])
            words[i] = f"{int(start * 2**length):0{length}b}" if length else ""
            start += 2.0**-length  # the strings that begin with this word are taken
    return words


def mean_length(p, lengths):
    """Average length Σ p·length, in the unit of the lengths; a message with p = 0 costs nothing.

    Parameters
    ----------
    p : array_like, shape (k,)
        Probabilities.
    lengths : array_like, shape (k,)
        May hold inf.

    Returns
    -------
    float
        inf where a message that is sent has no codeword.

    Examples
    --------
    >>> mean_length([0.5, 0.5, 0], [1, 2, np.inf])
    1.5
    """
    p, lengths = np.asarray(p, dtype=float), np.asarray(lengths, dtype=float)
    return float(np.sum(p * np.where(p > 0, lengths, 0.0)))


def telegram(text):
    """A text as a telegraph sends it: a to z, and one space between words; ä becomes a, ß ss.

    Examples
    --------
    >>> telegram("Ich aß 2 Äpfel.")
    'ich ass apfel'
    """
    parts = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(re.findall("[a-z]+", letters))


def letter_shares(text):
    """Share of each letter of `ALPHABET` in a telegram.

    Parameters
    ----------
    text : str
        What `telegram` gave; at least one letter.

    Returns
    -------
    ndarray, shape (27,)
    """
    return np.array([text.count(letter) for letter in ALPHABET]) / len(text)


def arithmetic_encode(message: Iterable[Hashable], counts: Mapping) -> str:
    """Bits of the shortest binary fraction whose interval lies in that of the message.

    The interval begins as [0, 1); each symbol keeps its share of it. All of it is exact: the ends
    are fractions of Python's long integers.

    Parameters
    ----------
    message : iterable of symbols
    counts : mapping of symbol to int
        The code book: a symbol's share is its count, divided by the sum of all.

    Returns
    -------
    str
        Of "0" and "1". Less than 2 bits more than −log₂ of the product of the shares.

    Raises
    ------
    ValueError
        If the message has a symbol whose count is 0 or missing.

    References
    ----------
    Cover & Thomas, *Elements of Information Theory*, 2nd ed., section 13.3. Those in use round the
    ends to a fixed number of digits: Witten, Neal & Cleary (1987).

    Examples
    --------
    >>> arithmetic_encode("aaaaaaab", {"a": 7, "b": 1})
    '01011'
    """
    shares, total = _shares(counts)
    low, width, whole = 0, 1, 1  # the interval is [low, low + width) / whole
    for symbol in message:
        if symbol not in shares:
            raise ValueError(f"the code book has nothing for {symbol!r}: its share is 0")
        below, share = shares[symbol]
        low, width, whole = low * total + below * width, width * share, whole * total
    bits = max((whole // width).bit_length() - 1, 0)
    while True:
        number = -(-(low << bits) // whole)  # the first binary fraction from low on
        if (number + 1) * whole <= (low + width) << bits:
            return f"{number:0{bits}b}" if bits else ""
        bits += 1


def arithmetic_decode(bits: str, counts: Mapping, length: int) -> list:
    """The message of that many symbols whose interval holds the binary fraction 0.bits.

    Parameters
    ----------
    bits : str
        What `arithmetic_encode` gave.
    counts : mapping of symbol to int
        The code book that it was given.
    length : int
        How many symbols were sent.

    Returns
    -------
    list of symbols

    Examples
    --------
    >>> "".join(arithmetic_decode("01011", {"a": 7, "b": 1}, 8))
    'aaaaaaab'
    """
    shares, total = _shares(counts)
    symbols = [symbol for symbol, (_, share) in shares.items() for _ in range(share)]
    place, whole = int(bits or "0", 2), 1 << len(bits)  # place / whole of the present interval
    message = []
    for _ in range(length):
        symbol = symbols[place * total // whole]
        below, share = shares[symbol]
        place, whole = place * total - below * whole, whole * share
        message.append(symbol)
    return message


def _shares(counts):
    """Symbol -> (sum of the counts before it, its count), and the sum of all; sorted by symbol."""
    present = {symbol: int(counts[symbol]) for symbol in sorted(counts) if counts[symbol] > 0}
    ends = list(accumulate(present.values(), initial=0))
    return dict(zip(present, zip(ends, present.values(), strict=False), strict=True)), ends[-1]
