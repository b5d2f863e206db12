"""Live walls: one feed for all of them, a cap, and pages that stay free for everybody else."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest
from flask import Flask

from stemfleet.bench import LiveBench
from stemfleet.devices.state import Status
from stemfleet.errors import Unavailable
from stemfleet.store import Person
from stemfleet.words import Outcome
from stemfleet_web.door import door_of
from stemfleet_web.feed import MOST_WALLS, BenchFeed
from stemfleet_web.server import PAGE_THREADS, Server
from tests.web.conftest import Visitor
from tests.web.serving import served

Visit = Callable[..., Visitor]
PATIENCE_S = 20.0


@pytest.fixture
def feed(bench: LiveBench) -> Iterator[BenchFeed]:
    made = BenchFeed(bench)
    yield made
    made.close()


def feed_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "bench-feed"}


def test_a_wall_is_first_told_everything_and_then_what_changed(
    feed: BenchFeed, bench: LiveBench, warehouse: Person
) -> None:
    wall = feed.join()
    assert wall is not None
    assert {state.slot: state.status for state in wall.next(PATIENCE_S) or []} == {
        "A1": Status.WAITING,
        "A2": Status.WAITING,
    }
    bench.start(warehouse, "A2")
    told = []
    while not told or told[-1].status is not Status.DONE:
        changed = wall.next(PATIENCE_S)
        assert changed
        told += [state for state in changed if state.slot == "A2"]
    assert (told[-1].outcome, told[-1].reason) == (Outcome.ERROR, "port_missing")


def test_many_walls_share_one_thread_which_ends_with_the_last(feed: BenchFeed) -> None:
    before = feed_threads()
    walls = [feed.join() for _ in range(20)]
    assert all(walls)
    assert len(feed_threads() - before) == 1
    for _wall in walls:
        feed.leave()
    ended = threading.Event()
    for _ in range(100):
        if not feed_threads() - before:
            break
        ended.wait(0.05)
    assert not feed_threads() - before
    again = feed.join()
    assert again is not None
    assert again.next(PATIENCE_S)


def test_no_more_walls_than_there_are_places(feed: BenchFeed) -> None:
    assert all(feed.join() for _ in range(MOST_WALLS))
    assert feed.join() is None
    feed.leave()
    assert feed.join() is not None


def test_closing_the_feed_ends_every_wall(feed: BenchFeed) -> None:
    wall = feed.join()
    assert wall is not None
    wall.next(PATIENCE_S)
    ended: list[object] = []
    waiting = threading.Thread(target=lambda: ended.append(wall.next(PATIENCE_S)))
    waiting.start()
    feed.close()
    waiting.join(PATIENCE_S)
    assert ended == [None]
    assert feed.join() is None


class LiveWall:
    """An open event stream, read as a browser reads it."""

    def __init__(self, root: str, cookie: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(root).netloc, timeout=PATIENCE_S)
        self.connection.request("GET", "/bench/events", headers={"Cookie": cookie})
        self.answer = self.connection.getresponse()

    def next(self) -> list[dict[str, str]]:
        while not (line := self.answer.readline().decode()).startswith("data: {"):
            assert line, "the stream has ended"
        slots: list[dict[str, str]] = json.loads(line.removeprefix("data: "))["slots"]
        return slots

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


def ask(root: str, path: str, cookie: str) -> int:
    with closing(http.client.HTTPConnection(urlsplit(root).netloc, timeout=PATIENCE_S)) as connection:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        return answer.status


def cookie_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("stemfleet")
    assert cookie is not None
    return f"stemfleet={cookie.value}"


def test_with_all_live_places_taken_the_pages_still_answer_and_a_further_wall_is_sent_to_ask(
    app: Flask, visit: Visit, warehouse: Person, bench: LiveBench
) -> None:
    cookie = cookie_of(visit(warehouse))
    with served(app) as root, ExitStack() as open_walls:
        walls = [open_walls.enter_context(closing(LiveWall(root, cookie))) for _ in range(MOST_WALLS)]
        for wall in walls:
            assert {slot["slot"] for slot in wall.next()} == {"A1", "A2"}
        assert ask(root, "/bench/events", cookie) == 503
        pages = ["/", "/kits", "/waves", "/bench", "/bench/snapshot", "/api/bench"]
        assert [ask(root, path, cookie) for path in pages * 2] == [200] * len(pages) * 2
        bench.start(warehouse, "A1")
        for wall in walls:
            while (told := wall.next()[-1])["status"] != "done":
                pass
            assert told["outcome"] == "ERROR"
            assert "Η θύρα δεν υπάρχει" in told["html"]


def test_the_pages_answer_while_twenty_walls_are_told_of_boards_that_never_rest(
    app: Flask, visit: Visit, warehouse: Person, bench: LiveBench
) -> None:
    """Every page comes, and every wall still hears of what happens after it."""
    cookie, over = cookie_of(visit(warehouse)), threading.Event()

    def restless() -> None:
        while not over.is_set():
            bench.start_all(warehouse)
            bench.bench.wait(PATIENCE_S)

    with served(app) as root, ExitStack() as open_walls:
        walls = [open_walls.enter_context(closing(LiveWall(root, cookie))) for _ in range(20)]
        boards = threading.Thread(target=restless)
        boards.start()
        try:
            pages = ["/", "/kits", "/bench", "/bench/snapshot", "/quality", "/kits/stale"]
            assert [ask(root, path, cookie) for path in pages * 3] == [200] * len(pages) * 3
            numbers = {wall: max(int(slot["number"]) for slot in wall.next()) for wall in walls}
            for wall in walls:
                while max(int(slot["number"]) for slot in wall.next()) <= max(numbers.values()):
                    pass
        finally:
            over.set()
            boards.join(PATIENCE_S)


def test_a_wall_that_goes_away_gives_its_place_back(app: Flask, visit: Visit, warehouse: Person) -> None:
    cookie, feed = cookie_of(visit(warehouse)), door_of(app).feed
    assert feed is not None
    with served(app) as root:
        with closing(LiveWall(root, cookie)) as wall:
            wall.next()
            assert feed.walls == 1
        gone = threading.Event()
        for _ in range(400):
            if feed.walls == 0:
                break
            gone.wait(0.05)
        assert feed.walls == 0


def test_there_are_threads_for_every_wall_and_for_the_pages() -> None:
    assert PAGE_THREADS >= 4
    assert MOST_WALLS >= 20


def test_a_port_in_use_is_a_sentence(app: Flask) -> None:
    with served(app) as root, pytest.raises(Unavailable, match="Choose another port with --port"):
        Server(app, "127.0.0.1", int(root.rpartition(":")[2]))


def test_orders_of_the_wall_start_slots_and_say_what_keeps_one_from_it(
    visit: Visit, warehouse: Person, bench: LiveBench
) -> None:
    browser = visit(warehouse)
    answer = browser.client.post(
        "/bench",
        data={"csrf_token": browser.token(), "start_all": "1", "kit:A1": "SF-00001X", "kit:A2": ""},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 409
    assert list((answer.json or {})["problems"]) == ["A1"]  # A2 went on
    assert bench.bench.wait(PATIENCE_S)
    assert [state.status for state in bench.snapshot()] == [Status.WAITING, Status.DONE]
    assert browser.post("/bench", start="A1").location == "/bench"
    assert bench.bench.wait(PATIENCE_S)
    assert "Η θύρα δεν υπάρχει" in browser.text("/bench")
    assert browser.post("/bench", start="B9").location == "/bench"
    assert "Δεν υπάρχει θέση B9" in browser.text("/bench")
    assert browser.post("/bench").status_code == 400
