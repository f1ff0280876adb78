"""The server behind the dashboard (看板服务): settings, login, a pool of kernels, and a guard before everything.

``run_dashboard`` starts it; a notebook uses ``on_visit`` to learn what its visitor asked for, and puts pages that all
visitors share into the folder named by ``BOARDS_VARIABLE``.
"""

from jixiao.publish.server.launch import log_path, logs_folder, run_dashboard
from jixiao.publish.server.passwords import keep_secret, password_file, read_hashes
from jixiao.publish.server.settings import Settings, declared
from jixiao.publish.server.visits import BOARDS_ADDRESS, BOARDS_VARIABLE, on_visit

__all__ = [
    "BOARDS_ADDRESS",
    "BOARDS_VARIABLE",
    "Settings",
    "declared",
    "keep_secret",
    "log_path",
    "logs_folder",
    "on_visit",
    "password_file",
    "read_hashes",
    "run_dashboard",
]
