"""The controller's configuration file of a topology (its schema: `storeswitch config schema`)."""

import json
import os

DEFAULT_INSTANCE = "single"
DEFAULT_ADMIN_SOCKET = "/run/storeswitch/admin.sock"

SERVICES = [
    # name, protocol, port, program, mode
    ("nfs-udp", "udp", 2049, "nfs", "request"),
    ("mount-udp", "udp", 20048, "mount", "request"),
    ("portmap-udp", "udp", 111, "portmap", "request"),
    ("nfs-tcp", "tcp", 2049, "nfs", "session"),
    ("mount-tcp", "tcp", 20048, "mount", "session"),
    ("portmap-tcp", "tcp", 111, "portmap", "session"),
]
SMB_SERVICE = ("smb", "tcp", 445, None, "session")


# With a gateway, connections end there, and it answers what no store knows.
TERMINATED = {"mount-udp", "portmap-udp", "nfs-tcp", "mount-tcp", "portmap-tcp"}


def admin_socket(instance, run_dir):
    """Where the controller listens. `storeswitch status` looks at the usual instance's place by itself."""
    return DEFAULT_ADMIN_SOCKET if instance == DEFAULT_INSTANCE else f"{run_dir}/admin.sock"


def services(smb, gateway):
    """What the virtual store offers: whether stores do so over SMB, too, and whether connections end at a gateway."""
    offered = SERVICES + ([SMB_SERVICE] if smb and not gateway else [])
    return [_service(*service, gateway) for service in offered]


def write(path, switch, ports, stores, vip, socket, prefix_length, pool, offered, gateway_port, smb):
    """
    Writes the file. `ports`: as in the state file; `stores`: (name, address) pairs; `pool`: further keys of the pool; `offered`:
    from `services`; `gateway_port`: None where there is no gateway; `smb`: its shares, from `shares`, or None.
    """
    config = {
        "switch": {
            "address": switch["grpc"],
            "device_id": switch["device_id"],
            "cpu_port": switch["cpu_port"],
        },
        "admin": {"socket": socket},
        "gateway": {"socket": os.path.join(os.path.dirname(socket), "gateway.sock")},
        # A store that died is out after 3 failed checks: half a second at most.
        "health": {"interval_ms": 100, "timeout_ms": 200, "failures": 3},
        "ports": [
            {
                "name": f"p{port['number']}",
                "number": port["number"],
                "role": port["role"],
                "mac": port["mac"],
                "addresses": [f"{port['address']}/{prefix_length}"],
                "host_port": port["host_port"],
            }
            for port in ports
        ]
        + _gateway_ports(gateway_port),
        "stores": [
            {
                "name": name,
                "address": address,
                "port": next(f"p{port['number']}" for port in ports if port["peer"] == name),
            }
            for name, address in stores
        ],
        "virtual_stores": [
            {
                "name": "share",
                "address": vip,
                "pools": [{"name": "all", "stores": [name for name, _ in stores], **pool}],
                "services": offered,
                **({} if smb is None else {"smb": smb}),
            }
        ],
    }
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(_block(config)) + "\n")


def shares(export, clients, network_namespace, state_folder):
    """
    SMB shares of the gateway, for guests of the network `clients`: `export` under its own name, where names are what they
    are, and as `any_case`, where they are found whatever their case.
    """
    share = {"export": export, "hosts_allow": [clients], "guest": True, "mount": "user"}
    return {
        "network_namespace": network_namespace,
        "state_folder": state_folder,
        "guest_account": "root",
        "shares": [
            {"name": export.strip("/"), **share, "case_sensitive": True},
            {"name": "any_case", **share},
        ],
    }


def _service(name, protocol, port, program, mode, gateway):
    """A service of the one pool."""
    if gateway and name in TERMINATED:
        mode = "terminate"
    service = {"name": name, "protocol": protocol, "port": port, "mode": mode, "pool": "all"}
    return service if program is None else {**service, "program": program}


def _gateway_ports(port):
    if port is None:
        return []
    return [
        {
            "name": "gateway",
            "number": port["number"],
            "role": "gateway",
            "mac": port["mac"],
            "interface": port["host_interface"],
        }
    ]


def _block(value, indent=""):
    """YAML lines of nested dicts and lists; scalars as JSON, which YAML reads."""
    items = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    for key, item in items:
        head = indent + ("- " if key is None else f"{key}:")
        if not isinstance(item, (dict, list)):
            yield head + ("" if key is None else " ") + json.dumps(item)
        elif key is None:
            lines = list(_block(item, indent + "  "))
            yield indent + "- " + lines[0].strip()
            yield from lines[1:]
        else:
            yield head
            yield from _block(item, indent + "  ")
