"""Small rounds for the allocation's tests, and what a slow and plain computation makes of them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import combinations

from hypothesis import strategies as st

from stemfleet.allocation.engine import allocate
from stemfleet.allocation.values import Applicant, Lot, Rules, Unfilled
from stemfleet.words import Level

SEED = "5eed"
CATEGORIES = ("awarded", "remote", "special")
REGIONS = ("north", "south", None)


def a_lot(code="kit", seats=2, **more) -> Lot:
    return Lot(code=code, model="wedo-kit", seats=seats, **more)


def a_school(
    code, points=0, categories=(), *, wants=("kit",), region=None, level=Level.PRIMARY, closed=None
) -> Applicant:
    return Applicant(
        school=code,
        level=level,
        region=region,
        categories=frozenset(categories),
        points=points,
        lines=(("projects", points),),
        preferences=tuple(wants),
        ineligible=closed or {},
    )


def a_wave(*lots: Lot, **more) -> Rules:
    return Rules(wave="W", title="Κύμα", lots=lots, default_preferences=tuple(lot.code for lot in lots), **more)


def by_merit(schools: Iterable[Applicant], seed=SEED, wave="W") -> list[Applicant]:
    """Points first, then SHA-256 of `seed|wave|school`."""

    def key(school):
        return -school.points, sha256(f"{seed}|{wave}|{school.school}".encode()).hexdigest()

    return sorted(schools, key=key)


def chosen(lot: Lot, schools: Sequence[Applicant]) -> set[str]:
    """Who the engine gives a place of the only lot."""
    return {award.school for award in allocate(a_wave(lot), schools, SEED).awards}


def holders(rules: Rules, schools: Sequence[Applicant]) -> dict[str, str]:
    """School → lot by the engine."""
    return {award.school: award.lot for award in allocate(rules, schools, SEED).awards}


def most_reserved(lot: Lot, schools: Sequence[Applicant]) -> int:
    """n(S) by trying every assignment of every school, caps inside a category's reserve included."""

    def most(index: int, left: dict[str, int], in_region: dict[tuple[str, str | None], int]) -> int:
        if index == len(schools):
            return 0
        school = schools[index]
        best = most(index + 1, left, in_region)
        for category in school.categories & left.keys():
            pair = (category, school.region)
            cap = lot.category_region_caps.get(category, len(schools))
            if left[category] and in_region.get(pair, 0) < cap:
                fewer = {**left, category: left[category] - 1}
                best = max(best, 1 + most(index + 1, fewer, {**in_region, pair: in_region.get(pair, 0) + 1}))
        return best

    return most(0, dict(lot.reserves), {})


def deficiency(lot: Lot, schools: Sequence[Applicant]) -> tuple[int, set[str]]:
    """n and the smallest minimising set by the formula over all sets of categories; for lots without caps."""
    found = []
    for size in range(len(lot.reserves) + 1):
        for inside in combinations(sorted(lot.reserves), size):
            outside = [s for s in schools if not s.categories & lot.reserves.keys() <= set(inside)]
            found.append((sum(lot.reserves[t] for t in inside) + len(outside), set(inside)))
    return min(found, key=lambda item: item[0])  # the first of the smallest: sizes go up


def room(lot: Lot, schools: Sequence[Applicant]) -> int:
    """The most awards that the lot can make among these schools."""
    if lot.unfilled is Unfilled.OPEN:
        return lot.seats
    return most_reserved(lot, schools) + lot.seats - sum(lot.reserves.values())


def best_set(lot: Lot, schools: Sequence[Applicant]) -> set[str]:
    """The definition itself: over all feasible sets, most guarantees used, then lexicographic merit."""
    ordered = by_merit(schools)
    size = room(lot, ordered)
    best, best_worth = set(), (-1, ())
    for bits in range(2 ** len(ordered)):
        taken = tuple(bits >> index & 1 for index in range(len(ordered)))
        if sum(taken) > size:
            continue
        members = [school for school, is_in in zip(ordered, taken, strict=True) if is_in]
        worth = (most_reserved(lot, members), taken)
        if worth > best_worth:
            best, best_worth = {school.school for school in members}, worth
    return best


def regionless(school: Applicant) -> Applicant:
    return replace(school, region=None)


@st.composite
def lots(draw, code="kit", seats=5, caps=False):
    """A lot of up to three reserves that fit its seats."""
    places = draw(st.integers(0, seats))
    reserves = {}
    left = places
    for category in draw(st.lists(st.sampled_from(CATEGORIES), unique=True)):
        reserves[category] = draw(st.integers(0, left))
        left -= reserves[category]
    more = {}
    if caps:
        more["open_region_cap"] = draw(st.none() | st.integers(0, 2))
        capped = draw(st.lists(st.sampled_from(sorted(reserves)), unique=True)) if reserves else []
        more["category_region_caps"] = {category: draw(st.integers(0, 2)) for category in capped}
    return a_lot(code, places, reserves=reserves, unfilled=draw(st.sampled_from(Unfilled)), **more)


@st.composite
def fields(draw, lots=("kit",), most=7, regions=(None,)):
    """Up to `most` schools with few different points, so that tickets matter, each with its own wishes."""
    schools = []
    for index in range(draw(st.integers(0, most))):
        wants = draw(st.permutations(lots))
        if len(lots) > 1:
            wants = wants[: draw(st.integers(0, len(lots)))]
        schools.append(
            a_school(
                f"{1000 + index}",
                draw(st.integers(0, 4)),
                draw(st.sets(st.sampled_from(CATEGORIES))),
                wants=wants,
                region=draw(st.sampled_from(regions)),
            )
        )
    return schools


@st.composite
def crowded_lots(draw, code="kit"):
    """A lot in which guarantees are scarce: two or three of one or two places, and at most one open place."""
    categories = draw(st.lists(st.sampled_from(CATEGORIES), unique=True, min_size=2))
    reserves = {category: draw(st.integers(1, 2)) for category in categories}
    return a_lot(code, sum(reserves.values()) + draw(st.integers(0, 1)), reserves=reserves)


@st.composite
def crowds(draw, lots=("kit",), least=5, most=8):
    """More schools than places, most in several groups, no two with the same points, all wanting every lot."""
    size = draw(st.integers(least, most))
    points = draw(st.permutations(range(size)))
    groups = st.sets(st.sampled_from(CATEGORIES), max_size=3)
    return [
        a_school(f"{1000 + index}", points[index], draw(groups), wants=draw(st.permutations(lots)))
        for index in range(size)
    ]
