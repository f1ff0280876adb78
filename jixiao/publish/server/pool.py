"""The kernels behind the pages (内核池): some kept warm, one given to each viewer, none left over.

A warm kernel has run its notebook before its viewer comes, so a page is given away at once. When none is warm a kernel
starts for the viewer, who sees the top of the page meanwhile; the log says so and counts it. Only so many kernels start
at once and only so many are in use; a viewer more sees a page that says so and comes back by itself. Kernels come
from the kernelspec named in ``rules/server.yaml``, so another way of starting them is another kernelspec.

The board needs no kernel while it is looked at: its notebook runs once for everybody when the server starts, when the
data, the ledger or the day change, and now and then; its kernel makes the files of the board and ends.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

from jupyter_core.utils import ensure_async

from jixiao.builds.ledger.ledger_place import ledger_stamp
from jixiao.core.processes import limit_process
from jixiao.publish.server.access_log import note
from jixiao.publish.server.doors import script_hashes
from jixiao.publish.server.settings import Settings, declared
from jixiao.publish.server.visits import BOARDS_VARIABLE, VARIABLE, Announcement
from jixiao.show.markup import element

_REMEMBERED = 1_000
"""Kernels that ended by themselves and whose pages are told so."""


def data_stamp(place: Path) -> tuple[int, ...]:
    """Return what changes when any file of the data changes: how many there are and the newest change.

    Example:
        >>> data_stamp(Path("no such folder"))
        (0, 0)
    """
    count, newest = 0, 0
    for folder, _, names in os.walk(place):
        for name in [*names, "."]:
            try:
                newest = max(newest, os.stat(f"{folder}/{name}").st_mtime_ns)  # noqa: PTH116 - thousands of files
            except OSError:  # Removed meanwhile; the folder has changed too.
                continue
            count += 1
    return count, newest


class Visit:
    """One kernel and its page, warm or given to a viewer."""

    def __init__(self, page: str, stamp: tuple[int, ...], announcement: Announcement, renderer: Any) -> None:
        self.page, self.stamp, self.announcement, self.renderer = page, stamp, announcement, renderer
        self.kernel_id = str(uuid4())
        self.files = announcement.path.parents[1] / "boards" / self.kernel_id
        self.owner = self.address = ""
        self.sockets = 0
        self.was_seen = False
        self.moment = time.monotonic()
        """When the state changed last: made, page ready, connected, left, used."""
        self.kernel: asyncio.Future[Any]
        self.rendering: asyncio.Task[None]
        self._pieces: list[str] = []
        self._more = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Whether the whole page is there."""
        return self.rendering.done() and not self.has_failed

    @property
    def has_failed(self) -> bool:
        """Whether the kernel or the page broke."""
        return self.rendering.done() and (self.rendering.cancelled() or self.rendering.exception() is not None)

    def start(self, kernel: asyncio.Future[Any]) -> None:
        """Render the page while the kernel starts; what needs no kernel is there first."""
        self.kernel = kernel
        self.rendering = asyncio.ensure_future(self._render())

    async def _render(self) -> None:
        try:
            async for piece, _ in self.renderer.generate_content_generator(self.kernel_id, self.kernel):
                self._pieces.append(piece)
                self._more.set()
        finally:
            self.moment = time.monotonic()
            self._more.set()

    async def read(self) -> AsyncIterator[str]:
        """Yield the page as far as it is there, then the rest as it comes."""
        sent = 0
        while True:
            self._more.clear()
            if len(self._pieces) > sent:
                piece, sent = "".join(self._pieces[sent:]), len(self._pieces)
                yield piece
            elif self.rendering.done():
                break
            else:
                await self._more.wait()
        if self.has_failed:
            yield element("p", declared()["doors"]["broken"], class_="jixiao-broken")


class Pool:
    """All kernels of the server; its methods run on the one event loop."""

    def __init__(self, app: Any, settings: Settings, private: Path) -> None:
        self.app, self.settings, self.private = app, settings, private
        self.limits = settings.limits
        self.visits: dict[str, Visit] = {}
        self.warm: dict[str, list[Visit]] = {page: [] for page in settings.pages}
        self.board: Visit | None = None
        """The board everybody gets; the first one while it is being made."""
        self.scripts: dict[str, tuple[str, ...]] = {settings.board: ()}
        self.died: OrderedDict[str, str] = OrderedDict()
        """The kernels that ended by themselves, so at a limit, and whose they were; the last of them."""
        self._next_board: Visit | None = None
        self._refill_at = self._board_at = 0.0
        self._sweeping: asyncio.Task[None] | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Learn which scripts the pages have, and begin to warm kernels."""
        for page in self.warm:
            self.scripts[page] = await self._template_scripts(page)
        if self.settings.board:
            await self._renew_board(time.monotonic(), await self._board_stamp())
        self._sweeping = asyncio.ensure_future(self._sweep_forever())

    @property
    def board_files(self) -> Path:
        """The folder with the files of the board."""
        return self.board.files if self.board else self.private / "boards"

    async def take(self, page: str, owner: str, address: str, query: str) -> Visit | str:
        """Give a page to a viewer, or say which page tells why not: ``full``, ``own_full`` or ``waiting``."""
        stamp = await self._read_stamp()
        self._drop_old(page, stamp)
        given = list(self.visits.values())
        if sum(visit.owner == owner for visit in given) >= self.limits["pages_of_one"]:
            return "own_full"
        if len(given) >= self.limits["viewers"]:
            return "full"
        unclaimed = sum(not visit.was_seen and visit.address == address for visit in given)
        is_crowded = sum(not visit.rendering.done() for visit in given) >= self.limits["starting"]
        ready = next((visit for visit in self.warm[page] if visit.is_ready), None)
        if unclaimed >= self.limits["unclaimed"] or (ready is None and is_crowded):
            return "waiting"
        visit = ready or (self.warm[page][0] if self.warm[page] else await self._heat(page, stamp))
        if visit in self.warm[page]:
            self.warm[page].remove(visit)
        if not ready:
            note("POOL_DRY", in_use=len(given))
        visit.owner, visit.address, visit.moment = owner, address, time.monotonic()
        self.visits[visit.kernel_id] = visit
        visit.announcement.announce(query)
        self._refill_at = visit.moment + self.limits["refill_seconds"]
        return visit

    def end(self, visit: Visit, reason: str) -> None:
        """End a kernel for good, whatever state it is in."""
        if reason == "died":
            self.died[visit.kernel_id] = visit.owner
            while len(self.died) > _REMEMBERED:
                self.died.popitem(last=False)
        self.visits.pop(visit.kernel_id, None)
        for warm in self.warm.values():
            if visit in warm:
                warm.remove(visit)
        note(f"kernel_ended_{reason}", in_use=len(self.visits))
        task = asyncio.ensure_future(self._end(visit))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def close(self) -> None:
        """Stop sweeping and end every kernel."""
        if self._sweeping:
            self._sweeping.cancel()
        boards = [visit for visit in (self.board, self._next_board) if visit]
        for visit in [*self.visits.values(), *(visit for warm in self.warm.values() for visit in warm), *boards]:
            self.end(visit, "server")
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _end(self, visit: Visit) -> None:
        visit.rendering.cancel()
        await asyncio.wait({visit.kernel, visit.rendering})
        visit.announcement.close()
        if visit.kernel_id in self.app.kernel_manager:
            await ensure_async(self.app.kernel_manager.shutdown_kernel(visit.kernel_id, now=True))

    async def _heat(self, page: str, stamp: tuple[int, ...]) -> Visit:
        renderer = self.app.make_renderer(page)
        await renderer.initialize()
        renderer.notebook.metadata["jixiao_board"] = page == self.settings.board
        announcement = Announcement(self.private / "visits" / uuid4().hex)
        visit = Visit(page, stamp, announcement, renderer)
        visit.start(asyncio.ensure_future(self._start_kernel(visit)))
        visit.rendering.add_done_callback(lambda _: note("page_ready", warm=sum(map(len, self.warm.values()))))
        return visit

    async def _start_kernel(self, visit: Visit) -> Any:
        manager = self.app.kernel_manager
        await ensure_async(
            manager.start_kernel(
                kernel_id=visit.kernel_id,
                kernel_name=declared()["kernel"],
                cwd=str(self.private / "empty"),
                env={
                    **os.environ,
                    VARIABLE: str(visit.announcement.path),
                    **({BOARDS_VARIABLE: str(visit.files)} if visit.page == self.settings.board else {}),
                },
            )
        )
        kernel = manager.get_kernel(visit.kernel_id)
        process = getattr(kernel.provisioner, "pid", None)
        if visit.page != self.settings.board and process:
            limits = {"megabytes": self.limits["kernel_memory_mb"], "seconds": self.limits["kernel_cpu_seconds"]}
            if not limit_process(process, **limits):
                note("kernel_unlimited")
        return kernel

    async def _template_scripts(self, page: str) -> tuple[str, ...]:
        """Return the hashes of the scripts of the template alone: the page is rendered without any output."""
        renderer = self.app.make_renderer(page)
        await renderer.initialize()

        async def start(_: Any) -> str:
            return ""

        async def cells(notebook: Any, _: str) -> AsyncIterator[Any]:
            for cell in notebook.cells:
                unrun: dict[str, Any] = {"outputs": [], "execution_count": None} if "outputs" in cell else {}
                yield {**cell, "source": "", **unrun}

        context = {"frontend": "voila", "main_js": "voila.js", "kernel_start": start, "cell_generator": cells}
        pieces = renderer.exporter.generate_from_notebook_node(
            renderer.notebook, resources=renderer.resources, extra_context=context, page_config=renderer.page_config
        )
        return script_hashes("".join([piece async for piece, _ in pieces]))

    def _is_stuck(self, visit: Visit) -> bool:
        return not visit.rendering.done() and time.monotonic() - visit.moment > self.limits["prepare_seconds"]

    async def _is_alive(self, visit: Visit) -> bool:
        manager = self.app.kernel_manager
        return visit.kernel_id in manager and bool(await ensure_async(manager.is_alive(visit.kernel_id)))

    async def _read_stamp(self) -> tuple[int, ...]:
        return await asyncio.to_thread(data_stamp, Path(self.settings.place))

    async def _board_stamp(self) -> tuple[int, ...]:
        """Return what changes when the board would: the data, the ledger, the day."""
        return (*await self._read_stamp(), *await asyncio.to_thread(ledger_stamp))

    def _drop_old(self, page: str, stamp: tuple[int, ...]) -> None:
        oldest = time.monotonic() - self.limits["warm_seconds"]
        for visit in list(self.warm[page]):
            if visit.has_failed or self._is_stuck(visit):
                self.end(visit, "failed")
                self._refill_at = time.monotonic() + self.limits["failed_seconds"]  # What fails at once fails again.
            elif visit.stamp != stamp or (visit.is_ready and visit.moment < oldest):
                self.end(visit, "old")

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await self._sweep()
            except Exception:
                self.app.log.exception("sweep")
            await asyncio.sleep(1)

    async def _sweep(self) -> None:
        now, stamp = time.monotonic(), await self._read_stamp()
        for visit in list(self.visits.values()):
            waited = now - visit.moment
            if visit.is_ready and not await self._is_alive(visit):
                self.end(visit, "died")
            elif self._is_stuck(visit):
                self.end(visit, "stuck")
            elif visit.sockets:
                if waited > self.limits["idle_seconds"]:
                    self.end(visit, "idle")
            elif (
                visit.rendering.done() and waited > self.limits["leave_seconds" if visit.was_seen else "unseen_seconds"]
            ):
                self.end(visit, "left" if visit.was_seen else "unclaimed")
        if self.settings.board:
            await self._renew_board(now, await self._board_stamp())
        for page, size in self.settings.pages.items():
            self._drop_old(page, stamp)
            heating = any(not visit.rendering.done() for warm in self.warm.values() for visit in warm)
            if len(self.warm[page]) < size and now >= self._refill_at and not heating:
                self.warm[page].append(await self._heat(page, stamp))

    async def _renew_board(self, now: float, stamp: tuple[int, ...]) -> None:
        """Make the board when there is none or it may be old; until the next one is whole, everybody gets the last."""
        board, coming = self.board, self._next_board
        if coming is None:
            is_due = board is None or board.stamp != stamp or now - board.moment > self.limits["warm_seconds"]
            if is_due and now >= self._board_at:
                self._next_board = await self._heat(self.settings.board, stamp)
                self.board = board or self._next_board
        elif coming.has_failed or self._is_stuck(coming):
            self.end(coming, "failed")
            self._next_board, self._board_at = None, now + self.limits["failed_seconds"]
            self.board = None if board is coming else board
        elif coming.is_ready:
            self.end(coming, "board")
            self.board, self._next_board = coming, None
            if board and board is not coming:
                await asyncio.to_thread(_remove, board.files)


def _remove(files: Path) -> None:
    """Remove a folder, or the link to one that is kept."""
    if files.is_symlink():
        files.unlink()
    else:
        shutil.rmtree(files, ignore_errors=True)
