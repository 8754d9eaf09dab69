"""The life of a running topology: one state file, one control socket, one orderly end.

The state file (JSON) tells any process what runs and where. The control socket takes one JSON object a line,
`{"do": "start"|"kill"|"stop", "node": NAME, "daemon": NAME}` or `{"do": "down"}`, and answers each with one:
`{"ok": true, ...}` or `{"ok": false, "error": TEXT}`. Progress and readiness are JSON lines on stdout.
"""

import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import sys

import leftovers
import processes
from daemons import DaemonError

RUN_DIR = "/run/storeswitch"
WORK_DIR = "/var/lib/storeswitch"
LINE_BYTES_MAX = 65536


class AlreadyRunning(Exception):
    """Another process holds the instance."""


def report(event, **fields):
    """One line of progress or readiness for whoever started us, if still there."""
    try:
        print(json.dumps({"event": event, **fields}), flush=True)
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="ascii")


class Lifecycle:
    """Claims an instance name, records its state, serves its control socket and tears it down."""

    def __init__(self, instance, topology, target):
        self.instance = instance
        self.run_dir = os.path.join(RUN_DIR, instance)
        self.directory = os.path.join(WORK_DIR, instance)
        self.state_path = os.path.join(self.run_dir, "topology.json")
        self.socket_path = os.path.join(self.run_dir, "topology.sock")
        self.parts = []
        self.facts = {"instance": instance, "topology": topology, "target": target}
        self.ready = False
        self._ending = False
        self._claim()

    def _claim(self):
        os.makedirs(self.run_dir, exist_ok=True)
        self._lock = open(os.path.join(self.run_dir, "lock"), "a", encoding="ascii")  # held while we live
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"a topology named {self.instance!r} already runs; `storeswitch topology down` removes it"
            ) from None
        for what in leftovers.remove(self.state_path):
            report("leftover", removed=what)
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(os.path.join(self.directory, "log"))

    def add(self, part):
        """Takes a part into the record before anything else is done with it."""
        part.name_namespace()
        self.parts.append(part)
        self.write_state()

    def start_daemons(self, parts):
        """Starts the daemons of all `parts` side by side, in each part's own order."""
        for level in range(max(len(part.daemons) for part in parts)):
            started = [part.daemons[level] for part in parts if level < len(part.daemons)]
            for daemon in started:
                daemon.start()
            self.write_state()
            for daemon in started:
                daemon.wait_serving()

    def write_state(self):
        """Replaces the state file in one step."""
        state = {
            **self.facts,
            "ready": self.ready,
            "process": processes.identity(os.getpid()),
            "control_socket": self.socket_path,
            "directory": self.directory,
            "nodes": [self._node_state(part) for part in self.parts],
        }
        with open(self.state_path + ".new", "w", encoding="utf-8") as file:
            json.dump(state, file, indent=2)
        os.rename(self.state_path + ".new", self.state_path)
        return state

    def _node_state(self, part):
        return {
            "name": part.name,
            "role": part.role,
            "namespace": part.namespace,
            "namespace_inode": os.stat(f"{leftovers.NETNS_DIR}/{part.namespace}").st_ino,
            "shell": processes.identity(part.pid),
            **part.facts,
            "daemons": [daemon.state() for daemon in part.daemons],
        }

    def serve(self):
        """Says that all is ready, then obeys the control socket until `down` or a signal."""
        self.ready = True
        if os.path.exists(self.socket_path):
            os.unlink(self.socket_path)
        with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
            listener.bind(self.socket_path)
            listener.listen()
            selector.register(listener, selectors.EVENT_READ)
            report("ready", state=self.write_state())
            while not self._ending:
                for _key, _events in selector.select(timeout=0.2):
                    connection, _ = listener.accept()
                    with connection:
                        self._answer(connection)

    def _answer(self, connection):
        connection.settimeout(5)
        try:
            request = json.loads(connection.makefile("rb").readline(LINE_BYTES_MAX))
            answer = {"ok": True, **self._obey(request)}
        except (DaemonError, ValueError, KeyError, TypeError, TimeoutError) as error:
            answer = {"ok": False, "error": str(error)}
        try:
            connection.sendall(json.dumps(answer).encode() + b"\n")
        except OSError:
            pass  # the asker left; its request was carried out

    def _obey(self, request):
        if request["do"] == "down":
            self._ending = True
            return {}
        daemon = self._find(request["node"], request["daemon"])
        if request["do"] == "start":
            daemon.start()
            daemon.wait_serving()
            answer = {"pid": daemon.identity["pid"]}
        elif request["do"] in ("kill", "stop"):
            number = signal.SIGKILL if request["do"] == "kill" else signal.SIGTERM
            answer = {"pid": daemon.identity["pid"], "signalled_ns": str(daemon.signal(number))}
            daemon.wait_ended()
        else:
            raise ValueError(f"unknown request {request['do']!r}; expected start, kill, stop or down")
        self.write_state()
        return answer

    def _find(self, node, name):
        for part in self.parts:
            for daemon in part.daemons:
                if (part.name, daemon.name) == (node, name):
                    return daemon
        raise ValueError(f"no daemon {name!r} in node {node!r}")

    def end(self, net):
        """Ends daemons last to first, then the nodes and their namespaces."""
        for level in reversed(range(max((len(part.daemons) for part in self.parts), default=0))):
            daemons = [part.daemons[level] for part in self.parts if level < len(part.daemons)]
            for daemon in daemons:
                daemon.signal(signal.SIGTERM)
            for daemon in daemons:
                daemon.wait_ended()
        net.stop()
        leftovers.remove(self.state_path)
        if os.path.exists(self.socket_path):
            os.unlink(self.socket_path)


def end_on_signals():
    """SIGTERM, SIGINT and SIGHUP end the topology in order, whatever it is doing."""

    def raise_exit(number, _frame):
        for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, raise_exit)
