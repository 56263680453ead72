"""systems.py - the resolvers to be measured: how each is configured and started.

Used by bench. Each gets the same root hints and trust anchor, about the same memory for its caches, one
or several threads, and nothing that the others do not get: no prefetching, no rate limits, all clients
allowed, IPv4 only (the lab has no other). Whatever is not installed is left out.
"""
import os
import shutil
import subprocess

CACHE_MB = 256


def find(program):
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin")


class System:
    """name, address; command(folder, threads) writes what it needs and says how it is started."""

    processes = 1

    def __init__(self, name, number, world):
        self.name, self.address, self.world = name, f"127.91.0.{number}", world
        self.folder = os.path.join(world.folder, "of-" + name)

    def is_there(self):
        return find(self.program) is not None

    def version(self):
        done = subprocess.run([find(self.program), *self.version_words], capture_output=True, text=True,
                              check=False)
        return (done.stdout + done.stderr).strip().split("\n")[0]

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return path

    def commands(self, threads):
        """A list of command lines; most have one."""
        os.makedirs(self.folder, exist_ok=True)
        return [self.command(threads)]


class Shrewd(System):
    program, version_words = "shrewd", ["-V"]

    def is_there(self):
        return True

    def version(self):
        return subprocess.run([self.world.shrewd, "-V"], capture_output=True, text=True,
                              check=False).stdout.split("\n")[0]

    def command(self, threads):
        return [self.world.shrewd, "-d", "-p", "-c", self.put("shrewd.conf", f"""server:
  interface: {self.address}
  username: ""
  num-threads: {threads}
  do-ip6: no
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  root-hints: {self.world.hints}
  trust-anchor: ". DS {self.world.anchor}"
  root-trust-anchor: no
  msg-cache-size: {CACHE_MB // 2}m
  rrset-cache-size: {CACHE_MB}m
  log-servfail: no
remote-control:
  control-enable: no
""")]


class Unbound(System):
    program, version_words = "unbound", ["-V"]

    def command(self, threads):
        return [find("unbound"), "-d", "-p", "-c", self.put("unbound.conf", f"""server:
  interface: {self.address}
  username: ""
  chroot: ""
  directory: "{self.folder}"
  use-syslog: no
  num-threads: {threads}
  so-reuseport: yes
  do-ip6: no
  do-not-query-localhost: no
  access-control: 127.0.0.0/8 allow
  root-hints: "{self.world.hints}"
  trust-anchor: ". DS {self.world.anchor}"
  msg-cache-size: {CACHE_MB // 2}m
  rrset-cache-size: {CACHE_MB}m
  outgoing-range: 8192
  num-queries-per-thread: 4096
  aggressive-nsec: yes
  minimal-responses: yes
remote-control:
  control-enable: no
""")]


class Bind(System):
    program, version_words = "named", ["-v"]

    def command(self, threads):
        tag, algorithm, kind, digest = self.world.anchor.split()
        return [find("named"), "-g", "-n", str(threads), "-c", self.put("named.conf", f"""options {{
  directory "{self.folder}";
  pid-file "{self.folder}/pid";
  session-keyfile "{self.folder}/key";
  listen-on port 53 {{ {self.address}; }};
  listen-on-v6 {{ none; }};
  recursion yes;
  allow-query {{ any; }};
  dnssec-validation yes;
  max-cache-size {CACHE_MB * 3 // 2}m;
  recursive-clients 10000;
  prefetch 0;
  minimal-responses yes;
}};
controls {{ }};
logging {{ category default {{ null; }}; }};
trust-anchors {{ . static-ds {tag} {algorithm} {kind} "{digest}"; }};
zone "." {{ type hint; file "{self.world.hints}"; }};
""")]


class Kresd(System):
    program, version_words = "kresd", ["--version"]

    def commands(self, threads):
        """One thread a process; they share the cache and the address."""
        os.makedirs(self.folder, exist_ok=True)
        shutil.rmtree(os.path.join(self.folder, "cache"), ignore_errors=True)
        keys = self.put("root.keys", f". 3600 IN DS {self.world.anchor}\n")
        config = self.put("kresd.conf", f"""
net.listen('{self.address}', 53, {{ kind = 'dns' }})
net.ipv6 = false
trust_anchors.remove('.')
trust_anchors.add_file('{keys}', true)
modules = {{ 'hints' }}
modules.unload('ta_update')
modules.unload('priming')
modules.unload('detect_time_skew')
modules.unload('detect_time_jump')
hints.root_file('{self.world.hints}')
cache.open({CACHE_MB * 3 // 2} * MB, 'lmdb://{self.folder}/cache')
""")
        return [[find("kresd"), "-n", "-c", config, self.folder]] * threads


class Recursor(System):
    program, version_words = "pdns_recursor", ["--version"]

    def command(self, threads):
        lua = self.put("anchors.lua", f"clearTA('.')\naddTA('.', \"{self.world.anchor}\")\n")
        self.put("recursor.conf", f"""local-address={self.address}
local-port=53
socket-dir={self.folder}
threads={threads}
reuseport=yes
pdns-distributes-queries=no
hint-file={self.world.hints}
lua-config-file={lua}
dnssec=validate
allow-from=127.0.0.0/8
dont-query=
max-mthreads=4096
max-cache-entries=1000000
refresh-on-ttl-perc=0
quiet=yes
daemon=no
write-pid=no
security-poll-suffix=
loglevel=1
""")
        return [find("pdns_recursor"), f"--config-dir={self.folder}"]


class Dnsmasq(System):
    """A forwarder: it is asked for what it has cached, nothing else."""

    program, version_words = "dnsmasq", ["--version"]

    def command(self, threads):
        return [find("dnsmasq"), "-k", "-C", "/dev/null", "--bind-interfaces", "-i", "lo",
                f"--listen-address={self.address}", "--port=53", "--no-resolv", "--no-hosts",
                "--except-interface=none", "--user=root", "--pid-file=", "--cache-size=10000",
                f"--server={self.world.forward_to}"]


class Floor(System):
    program, version_words = "floor", []

    def is_there(self):
        return True

    def version(self):
        return "floor.c: recvmmsg, flip the bit, sendmmsg"

    def command(self, threads):
        return [self.world.programs["floor"], self.address, "53", str(threads)]


def all_of(world):
    kinds = [("shrewd", Shrewd), ("unbound", Unbound), ("bind", Bind), ("kresd", Kresd),
             ("recursor", Recursor), ("dnsmasq", Dnsmasq), ("floor", Floor)]
    made = [kind(name, i + 1, world) for i, (name, kind) in enumerate(kinds)]
    return [system for system in made if system.is_there()]
