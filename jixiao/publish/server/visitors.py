"""Who a visitor is (访问者): a random name in a signed cookie, given after the password where one is asked for."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

from jupyter_server.auth.identity import IdentityProvider, User

from jixiao.publish.server.passwords import Attempts, is_known
from jixiao.publish.server.settings import declared

MOST_CHECKS = 4
"""Passwords being checked or waiting for it; each check takes 64 MB for a moment."""


class Visitors(IdentityProvider):
    """Names visitors and lets them in; no name, address or password of theirs is kept.

    Without hashes every browser is let in and only told apart from others, so that a page belongs to who opened it.
    """

    def __init__(self, *, hashes: tuple[str, ...] = (), **options: Any) -> None:
        super().__init__(**{**options, "token": ""})
        rule = declared()
        self.hashes, self.attempts = hashes, Attempts(rule["lockout"])
        self._seconds = 3600 * rule["limits"]["login_hours"]
        self._logged_in: dict[str, float] = {}
        self._checks, self._one = 0, asyncio.Lock()
        self.cookie_options = {"samesite": "Strict", "httponly": True, "expires_days": None}

    @property
    def auth_enabled(self) -> bool:
        """Whether a password is asked for."""
        return bool(self.hashes)

    async def get_user_token(self, handler: Any) -> User | None:
        """Return nobody: what an address or a header holds is no password, whatever Jupyter was told elsewhere."""
        return None

    def generate_anonymous_user(self, handler: Any) -> User:
        """Return a visitor under a new random name."""
        return User(uuid4().hex)

    def user_to_cookie(self, user: User) -> str:
        """Return what the cookie holds: the random name."""
        return str(user.username)

    def user_from_cookie(self, cookie_value: str) -> User | None:
        """Return the visitor of a signed cookie, None when the login has ended."""
        if self.hashes and self._logged_in.get(cookie_value, 0) < time.monotonic():
            return None
        return User(cookie_value)

    def log_in(self) -> User:
        """Return a visitor who gave the right password."""
        now = time.monotonic()
        self._logged_in = {name: until for name, until in self._logged_in.items() if until > now}
        user = User(uuid4().hex)
        self._logged_in[user.username] = now + self._seconds
        return user

    def log_out(self, user: User | None) -> None:
        """End a login, also for copies of its cookie."""
        if user:
            self._logged_in.pop(user.username, None)

    async def check(self, secret: str, address: str) -> tuple[str, int]:
        """Check a password: return what is wrong with it (``locked``, ``busy``, ``wrong`` or nothing) and the wait."""
        if self._checks >= MOST_CHECKS:
            return "busy", 0
        self._checks += 1
        try:
            async with self._one:
                wait = self.attempts.wait(address)
                if wait > 0:
                    return "locked", int(wait) + 1
                if await asyncio.to_thread(is_known, secret, self.hashes):
                    self.attempts.passed(address)
                    return "", 0
                self.attempts.failed(address)
                wait = self.attempts.wait(address)
                return ("locked", int(wait) + 1) if wait > 0 else ("wrong", 0)
        finally:
            self._checks -= 1
