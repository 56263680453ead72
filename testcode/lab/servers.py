"""servers.py - makes the lab's network namespace and starts and ends everything in it.

Used by lab_test and by testcode/demo. All addresses are of 127.0.0.0/8 and all servers use port 53,
so the same lab also runs on the loopback of a container where root may not make a namespace.
Every process started here is ended here, by its id; should this process die without a chance to
do so, the kernel ends its children (Linux).
"""
import atexit
import ctypes
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

import zones

SHREWD = "127.1.1.1"
UNBOUND = "127.1.1.2"
INSIDE = "SHREW_LAB_INSIDE"


class LabError(Exception):
    """The machine does not allow the lab, or a server of it did not start."""


def enter_namespace():
    """Starts this program anew in a network namespace of its own, unless it is in one already.

    A user namespace lets anybody do that; root needs none. Where neither is allowed, root works on
    the loopback addresses as they are. Raises LabError when there is no way.
    """
    if os.environ.get(INSIDE):
        if os.environ[INSIDE] != "loopback":
            _loopback_up()
        return
    for way in (["-n"], ["-U", "-r", "-n"]):
        if way == ["-n"] and os.geteuid() != 0:
            continue
        try:
            if subprocess.run(["unshare", *way, "true"], stderr=subprocess.DEVNULL,
                              check=False).returncode == 0:
                os.environ[INSIDE] = "user" if "-U" in way else "net"
                os.execvp("unshare", ["unshare", *way, sys.executable, *sys.argv])
        except FileNotFoundError:
            break
    if os.geteuid() == 0 and _may_bind(SHREWD):
        os.environ[INSIDE] = "loopback"
        return
    raise LabError("this system allows no network namespace here (unshare); root may")


def _may_bind(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((address, 53))
        except OSError:
            return False
    return True


def _loopback_up():
    """SIOCSIFFLAGS by hand: no need for the ip program."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        flags = struct.unpack("16sh", fcntl.ioctl(sock, 0x8913, struct.pack("16sh", b"lo", 0)))[1]
        fcntl.ioctl(sock, 0x8914, struct.pack("16sh", b"lo", flags | 1))


def _die_with_parent():
    """In the child: PR_SET_PDEATHSIG, so that nothing outlives a killed lab."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
    except (AttributeError, OSError):
        pass
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the lab, which ends us itself


def find_program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")


class Lab:
    """The servers of the lab: start() to stop(); stop() also runs at exit."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.children = []  # (name, Popen)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.hints = self._write("root.hints", zones.ROOT_HINTS)
        self.fault_log = os.path.join(self.folder, "faulty.log")
        atexit.register(self.stop)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))

    def _write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def spawn(self, name, command):
        with open(os.path.join(self.folder, name + ".log"), "ab") as log:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                     preexec_fn=_die_with_parent)
        self.children.append((name, child))
        return child

    def start(self):
        """Starts the authoritative servers, sound and faulty, and waits until all answer."""
        nsd = find_program("nsd")
        if nsd is None:
            raise LabError("nsd is not installed")
        for name in zones.NSD:
            self._start_nsd(nsd, name)
        here = os.path.dirname(os.path.abspath(__file__))
        open(self.fault_log, "w", encoding="ascii").close()
        self.spawn("faulty", [sys.executable, os.path.join(here, "faulty.py"), self.fault_log]
                   + [f"{address}={behaviour}" for address, behaviour in zones.faulty_servers()])
        for name, (addresses, _) in zones.NSD.items():
            for address in addresses:
                self.wait_for(address, name)
        self.wait_for(zones.faulty_servers()[0][0], "faulty")
        open(self.fault_log, "w", encoding="ascii").close()

    def _start_nsd(self, nsd, name):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder)
        lines = ["server:"]
        lines += [f"  ip-address: {address}" for address in zones.NSD[name][0]]
        lines += [f'  {key}: {value}' for key, value in (
            ("port", 53), ("server-count", 1), ("username", '""'), ("chroot", '""'),
            ("database", '""'), ("zonesdir", f'"{folder}"'), ("pidfile", f'"{folder}/pid"'),
            ("xfrdfile", f'"{folder}/xfrd"'), ("zonelistfile", f'"{folder}/list"'),
            ("rrl-ratelimit", 0), ("do-ip6", "no"))]
        lines += ["remote-control:", "  control-enable: no"]
        for i, zone in enumerate(zones.zones_of(name)):
            self._write(f"{name}/{i}.zone", zones.zone_text(zone))
            lines += ["zone:", f'  name: "{zone}"', f'  zonefile: "{i}.zone"']
        self.spawn(name, [nsd, "-d", "-c", self._write(f"{name}/nsd.conf", "\n".join(lines) + "\n")])

    def write_config(self, name, address, more="", threads=2):
        """A classic config for a resolver in front of the lab; `more` may open further clauses."""
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        # Packets are counted: a busy machine that answers after 30 ms shall not be asked twice.
        return self._write(f"{name}/{name}.conf", f"""# {name} in front of the lab
remote-control:
    control-enable: no
server:
    interface: {address}
    directory: "{folder}"
    chroot: ""
    username: ""
    pidfile: "{folder}/pid"
    use-syslog: no
    num-threads: {threads}
    do-ip6: no
    access-control: 127.0.0.0/8 allow
    root-hints: "{self.hints}"
    do-not-query-localhost: no
    module-config: "iterator"
    qname-minimisation: yes
    log-servfail: yes
    infra-cache-min-rtt: 200
{more}
""")

    def start_shrewd(self, program, name="shrewd", address=SHREWD, more=""):
        """Starts the program with the lab's config and `more` at the end of it."""
        if not os.access(program, os.X_OK):
            raise LabError(f"{program} is not there")
        config = self.write_config(name, address, more)
        self.spawn(name, [program, "-d", "-c", config])
        self.wait_for(address, name)
        return config

    def start_unbound(self):
        program = find_program("unbound")
        if program is None:
            raise LabError("unbound is not installed")
        # A copy, because the distribution's AppArmor profile ties the original to /etc/unbound.
        copy = shutil.copy(program, os.path.join(self.folder, "unbound-copy"))
        config = self.write_config("unbound", UNBOUND, '    logfile: ""', threads=1)
        self.spawn("unbound", [copy, "-d", "-c", config])
        self.wait_for(UNBOUND, "unbound")

    def child(self, name):
        return next(child for child_name, child in self.children if child_name == name)

    def wait_for(self, address, name, seconds=20):
        """Until the address answers anything at all to a question for the root's SOA."""
        query = b"\x4c\x42\0\0\0\1\0\0\0\0\0\0\0\0\6\0\1"
        until = time.monotonic() + seconds
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.2)
            while time.monotonic() < until:
                if self.child(name).poll() is not None:
                    break
                try:
                    sock.sendto(query, (address, 53))
                    sock.recv(4096)
                    return
                except OSError:
                    time.sleep(0.05)
        with open(os.path.join(self.folder, name + ".log"), encoding="utf-8",
                  errors="replace") as log:
            raise LabError(f"{name} does not answer at {address}:\n" + log.read()[-2000:])

    def faults_seen(self):
        """The questions that reached the faulty servers so far: [[address, protocol, name, type]]"""
        with open(self.fault_log, encoding="ascii") as log:
            return [line.split() for line in log]

    def end(self, name, seconds=10):
        """Ends one server with SIGTERM; its exit status, or None when it had to be killed."""
        child = self.child(name)
        self.children = [pair for pair in self.children if pair[1] is not child]
        if child.poll() is None:
            child.terminate()
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            return None

    def stop(self):
        for _, child in self.children:
            if child.poll() is None:
                child.terminate()
        for _, child in self.children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children = []
