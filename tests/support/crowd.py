"""Many clients at once, each with a connection that it keeps as long as the server lets it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, SimpleQueue

from .client import Client, Reply


class Caller:
    """A client that opens a new connection whenever the last reply has ended the old one."""

    def __init__(self, port: int, *, timeout: float = 30):
        self.port, self.timeout = port, timeout
        self._client: Client | None = None

    def ask(self, target: str, method: str = "GET", **more) -> Reply:
        got = self.client.ask(target, method, **more)
        if not got.whole or got.ending == "close" or (got.header("connection") or "").lower() == "close":
            self.hang_up()
        return got

    @property
    def client(self) -> Client:
        """The connection, for those that do not want a whole reply; they `hang_up` afterwards."""
        if self._client is None:
            self._client = Client(self.port, timeout=self.timeout)
        return self._client

    def hang_up(self, *, reset: bool = False) -> None:
        if self._client is not None:
            self._client.reset() if reset else self._client.close()
            self._client = None


def crowd(port: int, jobs: Iterable, work: Callable[[Caller, object], object], *, callers: int = 8, timeout: float = 30) -> list:
    """Lets the callers share the jobs; what `work` gave for each of them, in no order. The first exception ends it."""
    queue: SimpleQueue = SimpleQueue()
    for job in jobs:
        queue.put(job)

    def one(_) -> list:
        caller, results = Caller(port, timeout=timeout), []
        try:
            while True:
                results.append(work(caller, queue.get_nowait()))
        except Empty:
            return results
        finally:
            caller.hang_up()

    with ThreadPoolExecutor(callers) as pool:
        return [result for results in pool.map(one, range(callers)) for result in results]
