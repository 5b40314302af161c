"""How the web server runs behind a reverse proxy or in a container; `makeright web` has its own, like it."""

import os

bind = os.environ.get("MAKERIGHT_BIND", "0.0.0.0:8080")
workers = int(os.environ.get("MAKERIGHT_WEB_PROCESSES", "2"))
worker_class = "gthread"
threads = int(os.environ.get("MAKERIGHT_WEB_THREADS", "8"))
timeout = 30
graceful_timeout = 15
# A heartbeat file on a disk can stall a worker; memory does not.
worker_tmp_dir = "/dev/shm"
loglevel = "warning"
