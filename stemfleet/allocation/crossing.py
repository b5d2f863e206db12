"""A hard cap on all places of a region, which crosses the guarantees: the lexicographic greedy.

Down the order of merit, a school is kept if and only if the schools taken so far can still be completed to a set that
uses the guarantees as far as the cap lets it. Whether they can is a maximum flow over counts:

    source → region (cap) → group (its schools) → categories → sink (reserved places)
    source → group (the schools of it that are taken already)

The choice is the best feasible set, as without the cap, but it is no longer substitutable: one school that leaves may
displace another, and with several lots a school could gain by misreporting. Hence one lot, and no other cap.
"""

from collections.abc import Iterable, Sequence

from stemfleet.allocation.guarantees import Group, Guarantees
from stemfleet.allocation.values import Certificate, Lot, Unfilled

Node = tuple[str, str | int]
_SOURCE: Node = ("source", 0)
_SINK: Node = ("sink", 0)


def choose_under_region_cap(
    lot: Lot, groups: Sequence[Group], group_of: Sequence[int], candidates: Iterable[int]
) -> tuple[list[int], list[int], Certificate]:
    """The reserved and the open places, in order of merit, and the proof. `candidates` are ranks in order of merit."""
    ranks = list(candidates)
    flow = _Flow(lot, groups, [group_of[rank] for rank in ranks])
    most = flow.fill()
    proof = Certificate(most, flow.reached_categories(), {})
    size = lot.seats if lot.unfilled is Unfilled.OPEN else most + lot.seats - sum(lot.reserves.values())
    tally = Guarantees(lot.reserves, {}, groups)
    reserved: list[int] = []
    others: list[int] = []
    hopeless: set[int] = set()
    for rank in ranks:
        group = group_of[rank]
        if len(reserved) + len(others) == size:
            break
        if group in hopeless:
            continue
        # Besides the guarantees used and still to be used there is room for size - most schools.
        if not flow.keep(group):
            hopeless.add(group)
        elif tally.place(group):
            reserved.append(rank)
        elif len(others) < size - most:
            others.append(rank)
        else:
            flow.undo()
            hopeless.add(group)
    return reserved, others, proof


class _Flow:
    """The guarantees that the taken schools and those still to come can use; `_left` are residual capacities."""

    def __init__(self, lot: Lot, groups: Sequence[Group], members: Iterable[int]) -> None:
        assert lot.region_cap is not None
        self._groups = groups
        self._left: dict[Node, dict[Node, int]] = {_SOURCE: {}, _SINK: {}}
        self._log: list[tuple[Node, Node, int]] = []
        for category, places in lot.reserves.items():
            self._edge(("category", category), _SINK, places)
        for group in members:
            categories, region = groups[group]
            if ("group", group) not in self._left:
                self._edge(_SOURCE, ("region", region), lot.region_cap)
                self._edge(_SOURCE, ("group", group), 0)
                self._edge(("region", region), ("group", group), 0)
                for category in categories:
                    self._edge(("group", group), ("category", category), lot.seats + 1)
            self._left["region", region]["group", group] += 1

    def fill(self) -> int:
        """The largest flow: how many guaranteed places can be used under the cap."""
        amount = 0
        while self._augment():
            amount += 1
        return amount

    def reached_categories(self) -> tuple[str, ...]:
        """Of the smallest minimum cut: the categories on the source's side."""
        return tuple(sorted(str(name) for kind, name in self._search() if kind == "category"))

    def keep(self, group: int) -> bool:
        """Take one more school of the group, if no guarantee is lost by it; otherwise change nothing."""
        self._log.clear()
        if self._take(group):
            return True
        self.undo()
        return False

    def undo(self) -> None:
        """As if the last `keep` had not been."""
        for start, end, change in reversed(self._log):
            self._left[start][end] -= change
        self._log.clear()

    def _take(self, group: int) -> bool:
        """Move a place of the region's cap to the group, keeping the flow as large as it was; say whether it is."""
        at: Node = ("group", group)
        region: Node = ("region", self._groups[group].region)
        if self._left[at][region]:  # a school of the group was counted upon anyway: from now on it is this one
            self._change(region, _SOURCE, -1)
            self._change(at, region, -1)
            self._change(at, _SOURCE, 1)
            return True
        roomy = self._left[_SOURCE][region] > 0
        if not roomy and not self._cancel(region):
            return False
        self._change(_SOURCE, region, -1)
        self._change(region, at, -1)
        self._change(_SOURCE, at, 1)
        return roomy or self._augment()

    def _cancel(self, region: Node) -> bool:
        """Count upon one school of the region less; False when none is."""
        group = next((node for node in self._left[region] if node != _SOURCE and self._left[node][region]), None)
        if group is None:
            return False
        category = next(node for node in self._left[group] if node[0] == "category" and self._left[node][group])
        for start, end in ((_SOURCE, region), (region, group), (group, category), (category, _SINK)):
            self._push(end, start)
        return True

    def _augment(self) -> bool:
        """Let one unit more through, if the network can."""
        came_from = self._search()
        node = _SINK
        if node not in came_from:
            return False
        while node != _SOURCE:
            self._push(came_from[node], node)
            node = came_from[node]
        return True

    def _search(self) -> dict[Node, Node]:
        """What the source reaches, depth first up to the sink: node → the node before it."""
        came_from = {_SOURCE: _SOURCE}
        stack = [_SOURCE]
        while stack and _SINK not in came_from:
            node = stack.pop()
            for after, left in self._left[node].items():
                if left and after not in came_from:
                    came_from[after] = node
                    stack.append(after)
        return came_from

    def _edge(self, start: Node, end: Node, capacity: int) -> None:
        self._left.setdefault(start, {})[end] = capacity
        self._left.setdefault(end, {})[start] = 0

    def _push(self, start: Node, end: Node) -> None:
        self._change(start, end, -1)
        self._change(end, start, 1)

    def _change(self, start: Node, end: Node, change: int) -> None:
        self._left[start][end] += change
        self._log.append((start, end, change))
