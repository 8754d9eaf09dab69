"""Real programs in a Mininet node, each started, watched and ended by its own pid."""

import os
import signal
import time

import processes


class DaemonError(Exception):
    """A program of the topology did not come up; the message says which and where its log is."""


class Daemon:
    """One program in one node. `listens`: ("udp"|"tcp", port) pairs it has bound once it serves."""

    def __init__(self, node, name, argv, log_dir, listens=()):
        self.node = node
        self.name = name
        self.argv = argv
        self.listens = tuple(listens)
        self.log = os.path.join(log_dir, f"{node.name}-{name}.log")
        self.process = None
        self.identity = {"pid": 0, "start_time": None}

    def start(self):
        """Starts the program without waiting for it to serve."""
        if self.running():
            raise DaemonError(
                f"{self.name} already runs in {self.node.name} as process {self.identity['pid']}"
            )
        with open(self.log, "ab") as log:
            self.process = self.node.popen(self.argv, stdin=None, stdout=log, stderr=log)
        self.identity = processes.identity(self.process.pid)

    def wait_serving(self, patience_s=15.0):
        """Returns once every port of `listens` is bound in the node's namespace."""
        deadline = time.monotonic() + patience_s
        while not all(self._bound(*port) for port in self.listens):
            if not self.running():
                raise DaemonError(
                    f"{self.name} in {self.node.name} ended while starting: {self._last_words()}"
                )
            if time.monotonic() > deadline:
                raise DaemonError(
                    f"{self.name} in {self.node.name} does not serve after {patience_s:.0f} s; see {self.log}"
                )
            time.sleep(0.02)

    def _last_words(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            lines = [line.strip() for line in log.readlines()[-3:]]
        return f"{' / '.join(lines) or 'it said nothing'} ({self.log})"

    def running(self):
        """Whether the program started last still runs (and reaps it if not)."""
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        """Sends a signal to the program; returns the time just before, in ns since the epoch."""
        moment_ns = time.time_ns()
        if self.running():
            os.kill(self.process.pid, number)
        return moment_ns

    def wait_ended(self, patience_s=5.0):
        """Waits for the program to end after a signal, and kills it when it does not."""
        deadline = time.monotonic() + patience_s
        while self.running():
            if time.monotonic() > deadline:
                self.signal(signal.SIGKILL)
                self.process.wait()
            time.sleep(0.01)

    def state(self):
        """What the state file records."""
        return {"name": self.name, **self.identity, "log": self.log, "argv": self.argv}

    def _bound(self, protocol, port):
        return any(
            _has_local_port(f"/proc/{self.node.pid}/net/{protocol}{family}", port, protocol == "tcp")
            for family in ("", "6")
        )


TCP_LISTEN = "0A"


def _has_local_port(table, port, listening_only):
    try:
        with open(table, encoding="ascii") as rows:
            fields = [row.split() for row in rows.readlines()[1:]]
    except OSError:
        return False
    return any(
        int(row[1].rpartition(":")[2], 16) == port and (not listening_only or row[3] == TCP_LISTEN)
        for row in fields
    )
