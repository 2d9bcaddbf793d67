"""Landing files are written by a thread of their own: compression and uploads do not hold up the crawl."""

import asyncio
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.core.models import Place
from pipeline.store.landing import Capture, LandingWriter

_MOST_WAITING = 32  # groups of captures; bounds what is held in memory when the store is slower than the site


class Landed:
    """A LandingWriter behind a queue. Its errors come up at a later `write`, or at `close`."""

    def __init__(self, writer: LandingWriter) -> None:
        self.writer = writer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="landing")
        self._waiting: deque[Future[Place]] = deque()

    async def write(self, *captures: Capture) -> None:
        """Hand over captures that belong together; waits only if the writer is far behind."""
        self._waiting.append(self._thread.submit(self.writer.write, *captures))
        while self._waiting and self._waiting[0].done():
            self._waiting.popleft().result()
        if len(self._waiting) > _MOST_WAITING:
            await asyncio.wrap_future(self._waiting.popleft())

    def close(self) -> tuple[str, ...]:
        """Write and upload all that is open; the keys of the landing files."""
        last = self._thread.submit(self.writer.close)
        self._thread.shutdown(wait=True)
        for written in self._waiting:
            written.result()
        last.result()
        return tuple(self.writer.keys)
