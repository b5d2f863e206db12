"""One Latin spelling for all the ways in which people write a Greek name: «Κέρκυρας», ΚΕΡΚΥΡΑΣ, kerkyras, KERKIRAS.

Names are stored in it (`search_key`), and what somebody types is brought into it (`search_words`); what sounds alike
is written alike (η, ι, υ, ει, οι are i; ο, ω are o; γγ, γκ, ng are g). A name is kept with what its short words stand
for, and with the short words for what it has in full, so that a question needs no more words than somebody types. It
serves the search alone and is never shown.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from stemfleet.registers.abbreviations import BESIDE, plain
from stemfleet.registers.names import fold

SPELLING = 2  # one more whenever a name comes out differently: stored names are then brought into it (store.search)

_LETTERS = {
    "Α": "a", "Β": "v", "Γ": "g", "Δ": "d", "Ε": "e", "Ζ": "z", "Η": "i", "Θ": "th", "Ι": "i", "Κ": "k", "Λ": "l",
    "Μ": "m", "Ν": "n", "Ξ": "ks", "Ο": "o", "Π": "p", "Ρ": "r", "Σ": "s", "Τ": "t", "Υ": "y", "Φ": "f", "Χ": "h",
    "Ψ": "ps", "Ω": "o",
}  # fmt: skip
_GREEK = str.maketrans(_LETTERS)
# In this order, on Greek that was written letter by letter and on Latin as typed alike.
_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("[kc]h", "h"),
        ("[cq]", "k"),
        ("w", "o"),
        ("j", "i"),
        ("mp|b", "v"),
        ("nt(?!h)", "d"),
        ("ng|gk", "g"),
        ("o[uy]", "u"),
        ("(?<=[ae])[uyf]", "v"),
        ("ai", "e"),
        ("[eoy]i", "i"),
        ("y", "i"),
        (r"([a-z])\1+", r"\1"),
    )
)
_MISTYPED = re.compile("[ABEZHIKMNOPTYX]+")  # Latin capitals that look Greek
_WORD = re.compile("[a-z0-9]+")
# Latin letters that people use for more than one Greek letter, and the last letter of a word cut short before the
# second letter of ει, οι, ου, αι, ντ, μπ.
_AMBIGUOUS = (("(?<![tpkcg])h", ("h", "i")), ("(?<![oae])u", ("u", "y")), ("x", ("ks", "h")))
_CUT = {"e": "i", "o": "iu", "a": "e", "n": "d", "m": "v"}
_ENDING = re.compile("(?<=[a-z]{4})(?:[aeiou]s?|on)$")  # of a noun; four letters have to stay
_INITIALS = re.compile(r"(?:[a-z]\.)+[a-z]?")
_LATIN_CLASSES = re.compile(r"(\d{1,2})/(?=th)")
_MOST_WORDS, _LONGEST = 12, 64


def search_key(text: str) -> str:
    """The words of a name as the index keeps them: `search_key("1ο Γυμνάσιο Κέρκυρας") == "1o gimnasio kerkiras"`.

    `search_key("1ο Γ.Ε.Λ. Άρτας") == "1o gel geniko likio artas"`, and a Γενικό Λύκειο is `geniko gel likio`.
    """
    return " ".join(filter(None, map(_kept, text.split())))


def search_name(words: Iterable[str | None]) -> str:
    """What a recipient is found by, made of its name and where it is; whatever is not known is left out."""
    return search_key(" ".join(filter(None, words)))


@lru_cache(maxsize=1024)
def search_words(text: str) -> Sequence[Sequence[str]]:
    """What somebody typed, word by word, each with the ways to read it; the first 12 words count."""
    found = (readings for word in text.split() for readings in _readings(word[:_LONGEST]))
    return tuple(itertools.islice(found, _MOST_WORDS))


def is_named(name: str, words: str) -> bool:
    """Whether the search would find a recipient of this name by these words; without words, yes."""
    readings = search_words(words)
    stored = search_key(name).split()
    found = all(any(part.startswith(tuple(word)) for part in stored) for word in readings)
    return found and (bool(readings) or not words.strip())


@lru_cache(maxsize=65536)
def _key(word: str) -> str:
    return _latin(_folded(word))


@lru_cache(maxsize=65536)
def _kept(word: str) -> str:
    """With the words that it is short for, or what is short for it."""
    folded = _folded(word)
    return _latin(f"{folded} {beside}" if (beside := BESIDE.get(folded)) else folded)


def _folded(word: str) -> str:
    return plain(fold(f"Ω{word}")[1:] if _MISTYPED.fullmatch(word) else fold(word))


def _latin(folded: str) -> str:
    return " ".join(_WORD.findall(_sounded(folded.translate(_GREEK).lower())))


def _sounded(text: str) -> str:
    for pattern, sound in _SOUNDS:
        text = pattern.sub(sound, text)
    return text


def _readings(written: str) -> Iterator[Sequence[str]]:
    greek = _key(written).split()
    if not written.isascii():
        yield from map(_with_endings, ([word] for word in greek))
        return
    typed = _LATIN_CLASSES.sub(r"\1", written.lower())
    typed = typed.replace(".", "") if _INITIALS.fullmatch(typed) else typed
    for number, word in enumerate(_WORD.findall(typed)):
        latin = [word]
        for letter, meant in _AMBIGUOUS:
            latin = [re.sub(letter, sound, reading) for reading in latin for sound in meant]
        mistyped = greek[number : number + 1] if _MISTYPED.fullmatch(written) else []
        yield _with_endings([*map(_sounded, latin), *mistyped])


def _with_endings(readings: Sequence[str]) -> Sequence[str]:
    """With the same words in another case: «Χανιά» is asked for, and the register has ΧΑΝΙΩΝ."""
    more: list[str] = []
    for reading in readings:
        stem = _ENDING.sub("", reading)
        more += [stem] if stem != reading else [reading[:-1] + letter for letter in _CUT.get(reading[-1], "")]
    return list(dict.fromkeys([*readings, *more]))
