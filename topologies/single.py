#!/usr/bin/python3
"""One virtual store behind one virtualizer.

    client1 10.0.1.11 --1+-------------+3-- store1 10.0.2.11
                         | virtualizer |4-- store2 10.0.2.12   each store also holds the VIP 10.0.1.100
    client2 10.0.1.12 --2+-------------+5-- store3 10.0.2.13

Run by `storeswitch topology start`; by hand: `/usr/bin/python3 topologies/single.py --target embedded`.
It stays until its control socket or a signal ends it, and then leaves nothing behind.
"""

import argparse
import ipaddress
import os
import sys
import time

os.environ.setdefault("LC_ALL", "C")

try:
    from mininet.link import Link
    from mininet.net import Mininet
except ImportError:
    sys.exit(
        "Mininet's Python modules are missing: run with /usr/bin/python3, after `apt-get install mininet`"
    )

import controller_config
from lifecycle import AlreadyRunning, Lifecycle, end_on_signals, report
from parts import CPU_PORT, DEVICE_ID, GRPC_ADDRESS, Client, MountHost, PartError, Store, Virtualizer
from daemons import DaemonError

VIP = "10.0.1.100"
PREFIX_LENGTH = 24
ETHERNET_MTU = 1500
GATEWAY_PORT = 9
GATEWAY_MAC = "02:00:00:00:00:09"
# name, address, MAC address, and the address of the switch port it is on, which is its gateway
CLIENTS = [
    ("client1", "10.0.1.11", "02:00:00:00:01:11", "10.0.1.254"),
    ("client2", "10.0.1.12", "02:00:00:00:01:12", "10.0.1.253"),
]
# With SMB shares at the gateway.
MOUNT_HOST = ("mount1", "10.0.1.13", "02:00:00:00:01:13", "10.0.1.252")
STORES = [
    ("store1", "10.0.2.11", "02:00:00:00:02:11", "10.0.2.254"),
    ("store2", "10.0.2.12", "02:00:00:00:02:12", "10.0.2.253"),
    ("store3", "10.0.2.13", "02:00:00:00:02:13", "10.0.2.252"),
]


class Single:
    """The parts above, and the order they come up in."""

    def __init__(self, lifecycle, storeswitch, options):
        self.lifecycle = lifecycle
        self.target = options.target
        self.store_mtu = options.store_mtu
        self.smb = options.smb
        self.has_gateway = options.gateway
        self.exports = options.exports
        self.storeswitch = storeswitch
        self.share = os.path.join(lifecycle.directory, "share")
        os.makedirs(self.share)
        lifecycle.facts.update(
            vip=VIP,
            export="/share",
            share=self.share,
            switch={"grpc": GRPC_ADDRESS, "device_id": DEVICE_ID, "cpu_port": CPU_PORT},
        )
        # Built by hand, part after part: none of Mininet's own switches or controllers takes part.
        self.net = Mininet(topo=None, build=False, controller=None)
        self.virtualizer = None
        self.mount_host = None

    def bring_up(self):
        """Creates every part, then starts every daemon."""
        report("progress", text="namespaces and links")
        self.virtualizer = self._add("virtualizer1", Virtualizer)
        clients = [self._add_end_host(Client, *client, number) for number, client in enumerate(CLIENTS, 1)]
        stores = [
            self._add_end_host(Store, *store, number) for number, store in enumerate(STORES, len(clients) + 1)
        ]
        if self.smb and self.has_gateway:
            number = len(clients) + len(stores) + 1
            self.mount_host = self._add_end_host(MountHost, *MOUNT_HOST, number)
        self.lifecycle.write_state()
        report("progress", text=f"{len(stores)} stores")
        epoch = int(time.time())
        for store in stores:
            store.hold(VIP)
            store.serve(self.share, epoch, self.exports)
            if self.smb and not self.has_gateway:
                store.serve_smb(self.share)
        self.lifecycle.start_daemons(stores)
        for store in stores:
            store.check_export()
        programs = "controller and gateway" if self.has_gateway else "controller"
        report("progress", text=f"switch ({self.target}), {programs}")
        self.add_switch_and_controller()
        self.lifecycle.start_daemons([self.virtualizer])

    def add_switch_and_controller(self):
        """Adds the programs of the virtualizer."""
        if self.has_gateway:
            # It gets what stores send.
            self.virtualizer.add_gateway_port(GATEWAY_PORT, GATEWAY_MAC, VIP, self.store_mtu)
        self.virtualizer.add_switch(self.target, self.storeswitch)
        config = os.path.join(self.lifecycle.directory, "storeswitch.yaml")
        admin_socket = controller_config.admin_socket(self.lifecycle.instance, self.lifecycle.run_dir)
        stores = [(name, address) for name, address, _mac, _gateway in STORES]
        switch = self.lifecycle.facts["switch"]
        pool = {"jumbo": self.store_mtu} if self.store_mtu > ETHERNET_MTU else {}
        controller_config.write(
            config,
            switch,
            self.virtualizer.switch_ports,
            stores,
            VIP,
            admin_socket,
            PREFIX_LENGTH,
            pool,
            controller_config.services(self.smb, self.has_gateway),
            self.virtualizer.gateway_port,
            self._shares(),
        )
        self.virtualizer.facts.update(config=config, admin_socket=admin_socket)
        self.virtualizer.add_controller(self.storeswitch, config)
        if self.has_gateway:
            self.virtualizer.add_gateway(self.storeswitch, config)

    def _shares(self):
        if self.mount_host is None:
            return None
        return controller_config.shares(
            self.lifecycle.facts["export"],
            str(ipaddress.ip_network(f"{VIP}/{PREFIX_LENGTH}", strict=False)),
            # By process: a name under /run/netns is not seen in the virtualizer's mount namespace.
            f"/proc/{self.mount_host.pid}/ns/net",
            os.path.join(self.lifecycle.directory, "samba"),
        )

    def _add(self, name, cls):
        part = self.net.addHost(
            name, cls=cls, instance=self.lifecycle.instance, directory=self.lifecycle.directory
        )
        self.lifecycle.add(part)
        return part

    def _add_end_host(self, cls, name, address, mac, gateway, number):
        role = "internal" if cls is Store else "external"
        part = self._add(name, cls)
        Link(
            part,
            self.virtualizer,
            intfName1="eth0",
            intfName2=f"sw-{number}",
            addr1=mac,
            addr2=f"02:00:00:00:ff:{number:02x}",
        )
        mtu = self.store_mtu if role == "internal" else ETHERNET_MTU
        part.connect(address, PREFIX_LENGTH, gateway, mtu)
        part.facts.update(address=address, mac=mac, interface="eth0", port=number)
        port_mac = f"02:00:00:00:00:{number:02x}"
        self.virtualizer.add_port(number, role, port_mac, gateway, name, address, mtu)
        self.virtualizer.facts["ports"] = self.virtualizer.switch_ports
        return part


def main():
    """Brings the topology up, serves it and takes it down."""
    checkout = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser(
        description="one virtual store: two clients, one virtualizer, three stores"
    )
    parser.add_argument("--target", choices=["embedded", "bmv2"], default="embedded")
    parser.add_argument(
        "--instance",
        default=controller_config.DEFAULT_INSTANCE,
        help="name of this run; its namespaces are INSTANCE-NODE",
    )
    parser.add_argument(
        "--store-mtu",
        type=int,
        default=ETHERNET_MTU,
        help="of the stores' links; above 1500 their pool is sent large packets",
    )
    parser.add_argument(
        "--smb",
        action="store_true",
        help="the same files over SMB, too: from the stores, with --gateway from the gateway",
    )
    parser.add_argument(
        "--gateway", action="store_true", help="TCP connections end at the virtualizer's gateway"
    )
    parser.add_argument("--exports", help="file with more of every store's nfs-ganesha configuration")
    parser.add_argument(
        "--storeswitch", default=os.path.join(checkout, "dist/cli/main.js"), help="our command line, compiled"
    )
    parser.add_argument("--node", default="node", help="the Node.js to run it with")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("network namespaces need root: run it as root")
    try:
        lifecycle = Lifecycle(arguments.instance, "single", arguments.target)
    except AlreadyRunning as error:
        report("failed", error=str(error))
        sys.exit(1)
    end_on_signals()
    storeswitch = [arguments.node, arguments.storeswitch]
    single = Single(lifecycle, storeswitch, arguments)
    try:
        single.bring_up()
        lifecycle.serve()
    except (PartError, DaemonError) as error:
        report("failed", error=str(error))
        sys.exit(1)
    finally:
        lifecycle.end(single.net)


if __name__ == "__main__":
    main()
