"""Processes known by (pid, start time): a pid alone may belong to someone else by now."""

import os
import signal
import time


def start_time(pid):
    """Start of process `pid` in clock ticks since boot (proc(5), stat field 22); None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def identity(pid):
    """The pair by which a process is recorded in the state file."""
    return {"pid": pid, "start_time": start_time(pid)}


def alive(process):
    """Whether a recorded process is still the same one and running."""
    started = process.get("start_time")
    return started is not None and start_time(process["pid"]) == started


def send_signal(process, number):
    """Signals a recorded process unless its pid went to another one."""
    if alive(process):
        try:
            os.kill(process["pid"], number)
        except ProcessLookupError:
            pass


def end(processes, patience_s=5.0):
    """Asks all `processes` to end, waits for them together, and kills what stays."""
    for process in processes:
        send_signal(process, signal.SIGTERM)
    if not wait_gone(processes, patience_s):
        for process in processes:
            send_signal(process, signal.SIGKILL)
        wait_gone(processes, patience_s)


def wait_gone(processes, patience_s):
    """Whether all `processes` were gone within `patience_s`."""
    deadline = time.monotonic() + patience_s
    while any(alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def in_namespace(path):
    """Pids of all processes whose network namespace is the one bound at `path`."""
    try:
        wanted = os.stat(path)
    except OSError:
        return []
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            namespace = os.stat(f"/proc/{entry}/ns/net")
        except OSError:
            continue
        if (namespace.st_dev, namespace.st_ino) == (wanted.st_dev, wanted.st_ino):
            found.append(int(entry))
    return found
