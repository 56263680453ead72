"""hit_world.py - one signed zone of each kind, a name server for it, and what is to be measured.

Used by count_instructions, count_syscalls and hit_cost beside it. Everything runs on addresses of
127.0.0.0/8 with high ports; what is started here is ended here, by its id. The zones are:

    hit.    NSEC; 300 names with one or three A, AAAA, some MX, TXT and CNAME
    deny.   NSEC, 50 names: made for floods of names that do not exist
    deny3.  NSEC3, 50 names
    many.   unsigned; as many names as are wanted, for hits that the processor's caches do not hold
    dead.   its server does not exist
    big.    unsigned: two names with 27 and 54 kB of records that hardly compress (big_server.py)
"""
import atexit
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NET = f"127.{100 + os.getpid() % 150}.0"  # so that two may measure at the same time
AUTH, AUTH_PORT = f"{NET}.1", 5381
BIG_AUTH = f"{NET}.4"
DEAD_AUTH = f"{NET}.5"  # nobody
SHREWD, FLOOR = f"{NET}.2", f"{NET}.3"
PORT = 5382
NAMES = 300


class WorldError(Exception):
    """A program is missing or did not start."""


def _letters(chance, size):
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(size))


def _hit_zone():
    """The zone's text, and the questions that its names are good for."""
    chance = random.Random(1)
    lines, asked = [], []
    for i in range(NAMES):
        name = f"{_letters(chance, chance.randint(3, 12))}{i}"
        count = 3 if i % 4 == 0 else 1
        lines += [f"{name} A 192.0.{2 + k}.{i % 250}" for k in range(count)]
        lines.append(f"{name} AAAA 2001:db8::{i:x}")
        asked += [(name, "A")] * 3 + [(name, "AAAA")]
        if i % 10 == 1:
            lines += [f"{name} MX {k} {name}" for k in (10, 20)]
            asked.append((name, "MX"))
        if i % 10 == 2:
            lines.append(f'{name} TXT "v=spf1 include:{_letters(chance, 20)}.example -all"')
            asked.append((name, "TXT"))
        if i % 10 == 3:
            lines.append(f"www.{name} CNAME {name}")
            asked.append((f"www.{name}", "A"))
    return lines, [(f"{name}.hit", rrtype) for name, rrtype in asked]


def _deny_zone():
    chance = random.Random(3)
    return [f"{_letters(chance, 8)} A 192.0.2.1" for _ in range(50)], []


def warming(options):
    """Of the options of load those that make another question of it."""
    kept = [option for option in options if option in ("-d", "-C", "-t", "-p")]
    return kept + (options[options.index("-e"):][:2] if "-e" in options else [])


def program(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise WorldError(f"{name} is not installed")
    return path


class World:
    def __init__(self, build, many=0):
        self.many = many
        self.build = os.path.abspath(build)
        self.folder = os.path.join(self.build, "bench")
        self.children = []
        self.anchors = []
        self.lists = {}
        self.seed = 0
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        atexit.register(self.stop)
        self.floor = self._compile("floor")
        self.load = self._compile("load")

    def path(self, name):
        return os.path.join(self.folder, name)

    def _compile(self, name):
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-O2", "-D_DEFAULT_SOURCE",
                        "-pthread", "-o", self.path(name), os.path.join(HERE, name + ".c")],
                       check=True)
        return self.path(name)

    # ---- the zones ----

    def _sign(self, zone, lines, nsec3):
        text = f"$ORIGIN {zone}.\n$TTL 86400\n@ SOA ns hostmaster 1 3600 900 604800 86400\n" \
               f"@ NS ns\nns A {AUTH}\n" + "\n".join(lines) + "\n"
        with open(self.path(zone), "w", encoding="ascii") as file:
            file.write(text)
        key = subprocess.run([program("ldns-keygen"), "-a", "ECDSAP256SHA256", "-k", zone],
                             cwd=self.folder, check=True, capture_output=True, text=True
                             ).stdout.strip()
        subprocess.run([program("ldns-signzone"), *(["-n", "-t", "0"] if nsec3 else []), "-e",
                        "20380101000000", "-f", zone + ".signed", zone, key],
                       cwd=self.folder, check=True, stdout=subprocess.DEVNULL)
        with open(self.path(key + ".key"), encoding="ascii") as file:
            self.anchors.append(file.read().split(";")[0].strip())

    def _list(self, name, asked):
        with open(self.path(name), "w", encoding="ascii") as file:
            file.write("".join(f"{owner} {rrtype}\n" for owner, rrtype in asked))
        self.lists[name] = self.path(name)

    def start_name_server(self):
        parts = {"hit": _hit_zone(), "deny": _deny_zone(), "deny3": _deny_zone()}
        lines = ["server:", f"  listen: {AUTH}@{AUTH_PORT}", f'  rundir: "{self.folder}"',
                 "  udp-workers: 1", "  tcp-workers: 1", "  background-workers: 1", "database:",
                 f'  storage: "{self.path("knot.db")}"', "zone:"]
        for zone, (records, _) in parts.items():
            self._sign(zone, records, zone == "deny3")
            lines += [f"- domain: {zone}.", f'  file: "{self.path(zone)}.signed"',
                      "  zonefile-load: whole"]
        self._list("hits", parts["hit"][1])
        self._list("big24", [("b24.big", "ANY")])
        self._list("big62", [("b62.big", "ANY")])
        names = [f"{_letters(random.Random(i), 7)}{i}" for i in range(self.many)]
        with open(self.path("many.signed"), "w", encoding="ascii") as file: # not signed at all
            file.write(f"$ORIGIN many.\n$TTL 86400\n@ SOA ns h 1 3600 900 604800 86400\n@ NS ns\nns A {AUTH}\n"
                       + "".join(f"{name} A 192.0.2.{i % 250}\n" for i, name in enumerate(names)))
        lines += ["- domain: many.", f'  file: "{self.path("many.signed")}"', "  zonefile-load: whole"]
        self._list("many", [(f"{name}.many", "A") for name in names])
        self._list("dead", [(f"n{i}.dead", "A") for i in range(100)])
        self._list("flood", [("deny", "A")])
        self._list("flood3", [("deny3", "A")])
        with open(self.path("knot.conf"), "w", encoding="ascii") as file:
            file.write("\n".join(lines) + "\n")
        self.spawn("knot", [program("knotd"), "-c", self.path("knot.conf")])
        self.spawn("big", [sys.executable, os.path.join(HERE, "big_server.py"), BIG_AUTH,
                           str(AUTH_PORT)])
        self.wait_for(AUTH, AUTH_PORT)
        self.wait_for(BIG_AUTH, AUTH_PORT)

    # ---- programs ----

    def spawn(self, name, command):
        with open(self.path(name + ".log"), "wb") as log:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.children.append(child)
        return child

    def start_shrewd(self, before=(), threads=1, more=""):
        """`before`: what runs it (valgrind, strace with their options)."""
        stubs = "".join(f"stub-zone:\n  name: {zone}.\n  stub-addr: {AUTH}@{AUTH_PORT}\n"
                        for zone in ("hit", "deny", "deny3", "many"))
        stubs += f"stub-zone:\n  name: big.\n  stub-addr: {BIG_AUTH}@{AUTH_PORT}\n"
        stubs += f"stub-zone:\n  name: dead.\n  stub-addr: {DEAD_AUTH}@{AUTH_PORT}\n"
        anchors = "".join(f"  trust-anchor: '{anchor}'\n" for anchor in self.anchors)
        with open(self.path("shrewd.conf"), "w", encoding="ascii") as file:
            file.write(f"""server:
  interface: {SHREWD}
  port: {PORT}
  directory: "{self.folder}"
  chroot: ""
  username: ""
  pidfile: "{self.path("pid")}"
  use-syslog: no
  num-threads: {threads}
  do-ip6: no
  do-not-query-localhost: no
  so-rcvbuf: 4m
  so-sndbuf: 4m
{anchors}{more}
remote-control:
  control-enable: no
{stubs}""")
        child = self.spawn("shrewd", [*before, os.path.join(self.build, "shrewd"), "-d", "-c",
                                      self.path("shrewd.conf")])
        self.wait_for(SHREWD, PORT, child)
        return child

    def start_floor(self, threads=1):
        child = self.spawn("floor", [self.floor, FLOOR, str(PORT), str(threads)])
        self.wait_for(FLOOR, PORT, child)
        return child

    def wait_for(self, address, port, child=None, seconds=60):
        query = b"\x4c\x42\1\0\0\1\0\0\0\0\0\0\3hit\0\0\6\0\1"
        until = time.monotonic() + seconds
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(0.3)
            while time.monotonic() < until and (child is None or child.poll() is None):
                try:
                    sock.sendto(query, (address, port))
                    sock.recv(4096)
                    return
                except OSError:
                    time.sleep(0.05)
        raise WorldError(f"nobody answers at {address}@{port}; see {self.folder}")

    def ask(self, address, name, *options, seconds=None, count=None):
        """Loads the server with a list of questions; the load program's figures."""
        how = ["-n", str(count)] if count is not None else ["-s", str(seconds)]
        self.seed += 1
        done = subprocess.run([self.load, "-r", str(self.seed), *options, *how, address, str(PORT), self.lists[name]],
                              check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def burst(self, child, address, name, *options):
        """The server finds all questions at once, full batches: it stands still while they come. Figures and CPU ns."""
        self.seed += 1
        child.send_signal(signal.SIGSTOP)
        try:
            load = subprocess.Popen([self.load, "-b", "-P", "5", "-r", str(self.seed), *options, address, str(PORT),
                                     self.lists[name]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            load.stdout.readline()
            before = cpu_ns(child)
        finally:
            child.send_signal(signal.SIGCONT)
        figures = json.loads(load.communicate("\n")[0])
        return figures, cpu_ns(child) - before

    def warm(self, name="hits", options=()):
        """Each question at least a few times, gently, until the cache has all of it."""
        if name == "many":
            for _ in range(3):
                self.ask(SHREWD, name, *options, "-o", "-c", "1", "-w", "16")
            return
        for _ in range(2):
            self.ask(SHREWD, name, *options, "-c", "1", "-w", "4" if "big" in name else "16",
                     count={"hits": 12000, "dead": 2000}.get(name, 500))

    def end(self, child):
        self.children = [other for other in self.children if other is not child]
        if child.poll() is None:
            child.terminate()
        child.wait(60)

    def stop(self):
        for child in list(self.children):
            self.end(child)


def cpu_ns(child):
    """CPU time of all threads of a process so far."""
    total = 0
    for thread in os.listdir(f"/proc/{child.pid}/task"):
        with open(f"/proc/{child.pid}/task/{thread}/schedstat", encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


def build_folder():
    return sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "build"
