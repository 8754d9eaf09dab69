"""Removes what a topology left behind when its own process died before it could tidy up.

Run by itself: `/usr/bin/python3 topologies/leftovers.py STATE_FILE`. Everything is found by id: recorded
processes by (pid, start time), other processes by the inode of a recorded namespace. None is found by name.
"""

import json
import os
import subprocess
import sys

import processes

NETNS_DIR = "/run/netns"


def read_state(path):
    """The recorded state, or None where there is none to read."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, json.JSONDecodeError):
        return None


def remove(state_path):
    """Ends the recorded processes and namespaces; returns what was removed, in words."""
    state = read_state(state_path)
    removed = []
    if state is None:
        return removed
    for generation in teardown_order(state):
        living = [process for process in generation if processes.alive(process)]
        processes.end(living)
        removed += [f"process {process['pid']} ({process['name']})" for process in living]
    for node in state.get("nodes", []):
        removed += remove_namespace(node["namespace"], node.get("namespace_inode"))
    os.unlink(state_path)
    return removed


def teardown_order(state):
    """Recorded processes in groups, the first to end first: daemons last to first, then the nodes' shells.

    A ganesha that cannot reach rpcbind takes many seconds to end, so rpcbind outlives it.
    """
    daemons = [list(reversed(node.get("daemons", []))) for node in state.get("nodes", [])]
    depth = max((len(group) for group in daemons), default=0)
    for level in range(depth):
        yield [group[level] for group in daemons if level < len(group)]
    yield [{**node["shell"], "name": f"shell of {node['name']}"} for node in state.get("nodes", [])]


def remove_namespace(name, inode):
    """Ends every process in the named namespace and deletes it, if it is the recorded one."""
    path = f"{NETNS_DIR}/{name}"
    if not os.path.exists(path) or os.stat(path).st_ino != inode:
        return []
    processes.end([processes.identity(pid) for pid in processes.in_namespace(path)])
    subprocess.run(["ip", "netns", "del", name], check=True)
    return [f"namespace {name}"]


if __name__ == "__main__":
    for line in remove(sys.argv[1]):
        print(line)
