"""The parts topologies are made of: clients, stores and virtualizers, as Mininet nodes."""

import os
import shutil
import subprocess

from mininet.node import Node

from daemons import Daemon

CPU_PORT = 255
HOST_PORT_OFFSET = 100
GRPC_ADDRESS = "127.0.0.1:9559"
DEVICE_ID = 1

# AF_PACKET on a veth sees what the sender leaves for a network card to fill in; so it must leave nothing.
OFFLOADS_OFF = "tx off tso off gso off gro off"


class PartError(Exception):
    """A command inside a node failed; the message has the command and what it said."""


class Part(Node):
    """A Mininet node with one network namespace, known by name under /run/netns."""

    role = ""

    def __init__(self, name, instance, directory, **params):
        self.instance = instance
        self.directory = directory
        self.namespace = f"{instance}-{name}"
        self.daemons = []
        self.facts = {}  # what the state file records besides names and processes
        super().__init__(name, inNamespace=True, **params)
        self.sh(
            "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; "
            "ip link set lo up"
        )

    def name_namespace(self):
        """Binds the namespace to its name, so that `ip netns exec` enters it."""
        subprocess.run(["ip", "netns", "attach", self.namespace, str(self.pid)], check=True)

    def sh(self, script):
        """Runs a shell script in the node; raises PartError when a command of it fails."""
        out, err, code = self.pexec(["sh", "-ec", script])
        if code != 0:
            raise PartError(f"{self.name}: `{script}` failed: {(err or out).strip()}")
        return out

    def add_daemon(self, name, argv, listens=()):
        """Adds a program, to be started after those added before it."""
        daemon = Daemon(self, name, argv, self.log_dir(), listens)
        self.daemons.append(daemon)
        return daemon

    def log_dir(self):
        """Where the node's programs log."""
        return os.path.join(self.directory, "log")


class EndHost(Part):
    """One interface, one address, a default gateway: a client or the network side of a store."""

    def connect(self, address, prefix_length, gateway, mtu):
        """Sets up `eth0` once its link exists."""
        self.sh(
            f"ip addr add {address}/{prefix_length} dev eth0; ip link set eth0 mtu {mtu} up; "
            f"ip route add default via {gateway}; ethtool -K eth0 {OFFLOADS_OFF}"
        )


class Client(EndHost):
    """Runs NFS clients."""

    role = "client"


class MountHost(EndHost):
    """
    The virtualizer's place among the clients: from here the gateway mounts exports for its SMB shares, because what a
    host sends to an address of its own, as the virtual one is, never leaves it.
    """

    role = "mount_host"


# Ports of statd and rquota are none of 600 to 1023: from these rpcbind and statd take one each for what they send, by chance.
STATD_PORT = 20049
GANESHA_CONFIG = """\
NFS_CORE_PARAM {{
  Protocols = 3, 4; mount_path_pseudo = true;
  NFS_Port = 2049; MNT_Port = 20048; NLM_Port = 32803; Rquota_Port = 20050;
  Enable_NLM = true; Enable_UDP = true;
}}
# Other stores make and remove names too: a directory kept here would show names that are gone.
MDCACHE {{ Dir_Chunk = 0; }}
NFSv4 {{
  Grace_Period = 5; Lease_Lifetime = 5; Graceless = true;
  RecoveryRoot = {recovery}; RecoveryBackend = fs;
}}
EXPORT {{
  # The same on all stores, and part of every file handle: so that a handle of one is good at the others.
  Export_Id = 77;
  # Other stores write the same files: attributes kept here would be stale.
  Attr_Expiration_Time = 0;
  MaxRead = 32768; MaxWrite = 32768; PrefRead = 32768; PrefWrite = 32768;
  Path = {share}; Pseudo = /share; Access_Type = RW; Squash = No_Root_Squash; SecType = sys;
  Protocols = 3, 4; Transports = UDP, TCP;
  FSAL {{ Name = VFS; }}
}}
"""


SAMBA_CONFIG = """\
[global]
  server string = {name}
  security = user
  map to guest = Bad User
  guest account = root
  private dir = {state}/private
  lock directory = {state}/lock
  state directory = {state}/state
  cache directory = {state}/cache
  pid directory = {state}/run
  ncalrpc dir = {state}/ncalrpc
  log file = {log}
  smb ports = 445
  disable netbios = yes
  load printers = no
  printcap name = /dev/null
  kernel oplocks = no
  # Other stores write the same files: what a client were allowed to keep here would be stale.
  oplocks = no
  smb2 leases = no
  rpc start on demand helpers = no
[share]
  path = {share}
  guest ok = yes
  read only = no
"""


class Store(EndHost):
    """
    nfs-ganesha with rpcbind and rpc.statd, in a mount namespace with its own /run and /var/lib/nfs; Samba, if asked for.
    """

    role = "store"

    def __init__(self, name, instance, directory, **params):
        super().__init__(name, instance, directory, privateDirs=["/run", "/var/lib/nfs"], **params)

    def hold(self, vip):
        """Takes the virtual address on the loopback, and never answers or announces it in ARP."""
        self.sh(
            "sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; "
            f"ip addr add {vip}/32 dev lo"
        )

    def serve(self, share, epoch, exports=None):
        """
        Adds the daemons that serve `share`. `epoch`: equal on all stores, for equal write verifiers; `exports`: a file with
        more of nfs-ganesha's configuration.
        """
        self.sh(
            "mkdir -p /run/rpcbind /run/ganesha /var/lib/nfs/sm /var/lib/nfs/sm.bak /var/lib/nfs/ganesha; "
            "chown -R statd /var/lib/nfs"
        )
        config = os.path.join(self.directory, f"{self.name}.conf")
        recovery = os.path.join(self.directory, f"{self.name}-recovery")
        os.makedirs(recovery, exist_ok=True)
        with open(config, "w", encoding="ascii") as file:
            file.write(GANESHA_CONFIG.format(share=share, recovery=recovery))
            if exports is not None:
                file.write(f'%include "{exports}"\n')
        self.add_daemon("rpcbind", ["rpcbind", "-w", "-f"], [("udp", 111), ("tcp", 111)])
        self.add_daemon("statd", ["rpc.statd", "-F", "-L", "-p", str(STATD_PORT)], [("udp", STATD_PORT)])
        log = os.path.join(self.log_dir(), f"{self.name}-ganesha-events.log")
        self.add_daemon(
            "ganesha",
            [
                "ganesha.nfsd",
                "-F",
                "-f",
                config,
                "-L",
                log,
                "-p",
                "/run/ganesha/pid",
                "-N",
                "NIV_EVENT",
                "-E",
                str(epoch),
            ],
            [("udp", 2049), ("tcp", 2049), ("udp", 20048), ("udp", 32803)],
        )

    def serve_smb(self, share):
        """Adds Samba, with `share` for whoever asks."""
        state = os.path.join(self.directory, f"{self.name}-samba")
        for name in ("private", "lock", "state", "cache", "run", "ncalrpc"):
            os.makedirs(os.path.join(state, name), exist_ok=True)
        config = os.path.join(self.directory, f"{self.name}-smb.conf")
        log = os.path.join(self.log_dir(), f"{self.name}-smbd.log")
        with open(config, "w", encoding="ascii") as file:
            file.write(SAMBA_CONFIG.format(name=self.name, state=state, log=log, share=share))
        self.add_daemon("smbd", ["smbd", "-F", "--no-process-group", "-s", config], [("tcp", 445)])

    def check_export(self):
        """Raises PartError unless the daemons export something: ganesha starts with a broken export, too."""
        if not self.sh("showmount --no-headers -e 127.0.0.1").strip():
            raise PartError(
                f"{self.name}: ganesha exports nothing; see {self.log_dir()}/{self.name}-ganesha-events.log"
            )


class Virtualizer(Part):
    """A switch, its controller and its host side.

    Each switch port N has a host port N+100. That one's other end is the interface `shadow-N`, which has the
    port's MAC address: what the kernel does on it, it does on the port.
    """

    role = "virtualizer"

    def __init__(self, name, instance, directory, **params):
        self.switch_ports = []
        self.gateway_port = None
        super().__init__(name, instance, directory, **params)
        self.sh(
            "sysctl -qw net.ipv4.ip_forward=0 "
            "net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 "
            "net.ipv4.conf.all.arp_ignore=1"
        )

    def add_port(self, number, role, mac, address, peer, peer_address, mtu):
        """Sets up switch port `number`, whose link to `peer` exists as `sw-N`, and its shadow."""
        port, host, shadow = f"sw-{number}", f"host-{number}", f"shadow-{number}"
        self.sh(
            f"ip link add {host} type veth peer name {shadow} address {mac}; "
            # The kernel must be deaf on the switch's own ends; frames there are the switch's.
            f"for i in {port} {host}; do "
            f"ip link set $i arp off multicast off; ip link set $i mtu {mtu} up; ethtool -K $i {OFFLOADS_OFF}; done; "
            f"ip link set {shadow} mtu {mtu}; ethtool -K {shadow} {OFFLOADS_OFF}; "
            f"ip addr add {address}/32 dev {shadow}; ip link set {shadow} up; "
            f"ip route add {peer_address}/32 dev {shadow} src {address}"
        )
        self.switch_ports.append(
            {
                "number": number,
                "role": role,
                "mac": mac,
                "address": address,
                "interface": port,
                "peer": peer,
                "host_port": number + HOST_PORT_OFFSET,
                "host_interface": host,
                "shadow_interface": shadow,
            }
        )

    def add_gateway_port(self, number, mac, vip, mtu):
        """Sets up switch port `number`, which leads to the gateway here; connections to `vip` end here, too."""
        port, interface = f"sw-{number}", "gateway"
        self.sh(
            f"ip link add {port} type veth peer name {interface}; "
            f"for i in {port} {interface}; do "
            f"ip link set $i arp off multicast off; ip link set $i mtu {mtu} up; ethtool -K $i {OFFLOADS_OFF}; done; "
            # As on the stores: the switch answers ARP for it, and nobody else.
            f"sysctl -qw net.ipv4.conf.all.arp_announce=2; ip addr add {vip}/32 dev lo"
        )
        self.gateway_port = {"number": number, "mac": mac, "interface": port, "host_interface": interface}

    def add_switch(self, target, storeswitch):
        """Adds the switch program. `storeswitch`: argv of our command line, for the embedded switch."""
        program = {"embedded": [*storeswitch, "switch"], "bmv2": ["simple_switch_grpc"]}[target]
        if shutil.which(program[0]) is None:
            raise PartError(f"{program[0]} is not on PATH; the switch `{target}` needs it")
        interfaces = [f"{port['number']}@{port['interface']}" for port in self.switch_ports]
        interfaces += [f"{port['host_port']}@{port['host_interface']}" for port in self.switch_ports]
        if self.gateway_port is not None:
            interfaces.append(f"{self.gateway_port['number']}@{self.gateway_port['interface']}")
        flags = ["--no-p4", "--device-id", str(DEVICE_ID)]
        for interface in interfaces:
            flags += ["-i", interface]
        flags += ["--", "--grpc-server-addr", GRPC_ADDRESS, "--cpu-port", str(CPU_PORT)]
        self.add_daemon("switch", program + flags, [("tcp", int(GRPC_ADDRESS.rpartition(":")[2]))])

    def add_controller(self, storeswitch, config):
        """Adds the controller with the configuration file `config`."""
        self.add_daemon("controller", [*storeswitch, "run", config])

    def add_gateway(self, storeswitch, config):
        """Adds the gateway with the configuration file `config`."""
        self.add_daemon("gateway", [*storeswitch, "gateway", "run", config], [("tcp", 2049), ("udp", 111)])
