"""Sessions under load: each asks for its next page as soon as it has the last one, and remembers who served it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from .client import Reply
from .crowd import Caller


@dataclass(frozen=True)
class Visit:
    """One request of a session. `node` is who served it; None if nobody did."""

    home: str
    begun: float
    ended: float
    status: int | None
    node: str | None


class Sessions:
    """So many sessions, shared out evenly among the routes, until the block ends. `node_of` reads from a reply who sent it."""

    def __init__(self, port: int, routes: list[str], count: int, node_of: Callable[[Reply], str], *, target: str = "/x", think: float = 0.05):
        self.port, self.target, self.think, self.node_of = port, target, think, node_of
        self.visits: list[Visit] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._live, args=(routes[n % len(routes)], n)) for n in range(count)]

    def __enter__(self) -> Sessions:
        [thread.start() for thread in self._threads]
        return self

    def __exit__(self, *_) -> None:
        self._stop.set()
        [thread.join() for thread in self._threads]

    def _live(self, home: str, number: int) -> None:
        caller = Caller(self.port)
        headers = [("Cookie", f"JSESSIONID=s{number}.{home}")]
        while not self._stop.is_set():
            begun, status, node = time.monotonic(), None, None
            try:
                got = caller.ask(self.target, headers=headers)
                status, node = got.status, self.node_of(got) if got.status == 200 and got.whole else None
            except OSError:
                caller.hang_up()
            self.visits.append(Visit(home, begun, time.monotonic(), status, node))
            self._stop.wait(self.think)
        caller.hang_up()

    def failed(self) -> list[Visit]:
        """Visits that nobody served."""
        return [visit for visit in self.visits if visit.node is None]

    def home_after(self, route: str, since: float) -> float | None:
        """How long after `since` all sessions of a route were served at home again; None if they are not yet."""
        own = [visit for visit in list(self.visits) if visit.home == route and visit.ended > since]
        strays = [visit.ended for visit in own if visit.node != route]
        if not any(visit.node == route for visit in own[-5:]):
            return None
        return max(strays, default=since) - since

    def wait_for_home(self, route: str, since: float, seconds: float) -> float | None:
        """The same, as soon as the last of them is at home for a second, or after so many seconds."""
        while time.monotonic() < since + seconds:
            self._stop.wait(0.1)
            took = self.home_after(route, since)
            if took is not None and time.monotonic() - since - took > 1:
                return took
        return None
