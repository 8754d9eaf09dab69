#!/usr/bin/python3
"""A Mininet switch class for the embedded switch, and two hosts that ping through it.

    sudo /usr/bin/python3 docs/examples/embedded-switch/mininet_switch.py

In a topology of your own: `net.addSwitch("s1", cls=EmbeddedSwitch, program="program.json")`.
"""

import os
import shutil
import socket
import subprocess
import sys
import time

from mininet.log import setLogLevel
from mininet.net import Mininet
from mininet.node import Host, Switch

HERE = os.path.dirname(os.path.abspath(__file__))
STORESWITCH = ["node", os.path.join(HERE, "..", "..", "..", "dist", "cli", "main.js")]
GRPC_PORT_BASE = 50050
START_S = 30
COMMANDS = ["ip", "ethtool", "ping"]


class PlainHost(Host):
    """A host whose frames are complete: an AF_PACKET switch sees what a network card would be left to fill in."""

    def config(self, **params):
        super().config(**params)
        for interface in self.intfList():
            self.cmd(f"ethtool -K {interface} tx off rx off")


class EmbeddedSwitch(Switch):
    """`storeswitch switch` on the interfaces Mininet makes; port N is the Nth interface."""

    def __init__(self, name, program=None, device_id=None, grpc_port=None, flags=(), target_flags=(), **params):
        super().__init__(name, **params)
        self.program = program  # p4c's JSON; None: a P4Runtime client pushes a program
        self.device_id = device_id if device_id is not None else int("".join(filter(str.isdigit, name)) or 0)
        self.grpc_port = grpc_port or GRPC_PORT_BASE + self.device_id
        self.admin_socket = f"/tmp/{name}.sock"
        self.log_path = f"/tmp/{name}.log"
        self.flags = list(flags)
        self.target_flags = list(target_flags)
        self.process = None

    def start(self, _controllers):
        """Starts the switch and returns when its P4Runtime server listens."""
        ports = [(number, intf) for number, intf in self.intfs.items() if intf.name != "lo"]
        argv = [*STORESWITCH, "switch", "--device-id", str(self.device_id), "--log-console"]
        argv += [self.program] if self.program else ["--no-p4"]
        for number, interface in ports:
            argv += ["-i", f"{number}@{interface.name}"]
        argv += ["--admin-socket", self.admin_socket, *self.flags]
        argv += ["--", "--grpc-server-addr", f"127.0.0.1:{self.grpc_port}", *self.target_flags]
        with open(self.log_path, "w", encoding="utf-8") as log:
            self.process = self.popen(argv, stdout=log, stderr=subprocess.STDOUT)
        self.wait_until_it_listens()

    def wait_until_it_listens(self):
        """Raises RuntimeError with the log if the switch ends or does not come up."""
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.grpc_port)) == 0:
                    return
            time.sleep(0.1)
        with open(self.log_path, encoding="utf-8") as log:
            raise RuntimeError(f"{self.name} did not start:\n{log.read()}")

    def ctl(self, *words):
        """What `storeswitch switch-ctl` prints for this switch."""
        argv = [*STORESWITCH, "switch-ctl", *words, "--admin-socket", self.admin_socket]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    def stop(self, deleteIntfs=True):
        """Ends the switch; its captures are complete then."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        super().stop(deleteIntfs)


def main():
    """Two hosts, one switch, a ping."""
    missing = [command for command in COMMANDS if shutil.which(command) is None]
    if missing:
        print(f"missing: {' '.join(missing)} (Debian: apt-get install iproute2 ethtool iputils-ping)", file=sys.stderr)
        return 1
    setLogLevel("warning")
    net = Mininet(switch=EmbeddedSwitch, host=PlainHost, controller=None)
    switch = net.addSwitch("esw1", program=os.path.join(HERE, "patch.json"))
    hosts = [net.addHost(f"esh{i}", ip=f"10.77.0.{i}/24", mac=f"02:00:00:00:00:0{i}") for i in (1, 2)]
    for port, host in enumerate(hosts, 1):
        net.addLink(host, switch, port2=port)
    try:
        net.start()
        lost_percent = net.ping(hosts)
        print(f"{lost_percent:.0f} % of the pings were lost")
        print(switch.ctl("ports"), end="")
        return 0 if lost_percent == 0 else 1
    finally:
        net.stop()


if __name__ == "__main__":
    sys.exit(main())
