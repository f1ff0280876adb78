"""The server behind the dashboard (看板服务): settings, login, a pool of kernels, and a guard before everything.

``run_dashboard`` starts it; a notebook uses ``on_visit`` to learn what its visitor asked for.
"""

from jixiao.server.launch import PLACE_VARIABLE, log_path, run_dashboard
from jixiao.server.passwords import keep_secret, password_file, read_hashes
from jixiao.server.settings import Settings, declared
from jixiao.server.visits import on_visit

__all__ = [
    "PLACE_VARIABLE",
    "Settings",
    "declared",
    "keep_secret",
    "log_path",
    "on_visit",
    "password_file",
    "read_hashes",
    "run_dashboard",
]
