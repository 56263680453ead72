"""signed_lab.py - signs the zones of signed_zones, starts their servers and the resolvers.

Used by signed_test. Children are signed before their parents, which need their DS sets; zones of
the same depth at the same time. servers.Lab does the rest.
"""
import concurrent.futures
import os
import shutil
import subprocess

import client
import servers
import signed_zones
import signers

WORKERS = 4
AT_ONCE = 8  # questions
SHREWD_SHA1 = "127.1.1.3"  # with val-sha1
SHREWD_OTHER = "127.1.1.4"
SHREWD_BEHIND = "127.1.1.5"  # forwards to servers.SHREWD


class SignedLab(servers.Lab):
    """The lab of signed zones: build(), then start() and the resolvers."""

    def __init__(self, folder, world):
        super().__init__(folder)
        self.hints = self._write("root.hints", f". 86400 NS a.root.\na.root. 86400 A "
                                 f"{signed_zones.ADDRESSES['root']}\n")
        self.world = world
        self.keys = {}  # zone -> what signers.sign() remembers of its keys
        self.anchors = []  # DS records that the resolvers trust, the root's first
        self.anchor_file = os.path.join(self.folder, "anchors")
        self.root_anchor_file = os.path.join(self.folder, "root-anchor")

    def zone_folder(self, zone):
        name = zone.name.rstrip(".") or "root"
        short = name if len(name) < 100 else str(abs(hash(name)))
        return os.path.join(self.folder, "zones", short)

    def zone_file(self, zone):
        return os.path.join(self.zone_folder(zone), "signed" if zone.plan else "unsigned")

    def build(self):
        """Signs everything. Raises LabError when a signer fails."""
        by_depth = {}
        for zone in self.world.zones.values():
            by_depth.setdefault(zone.name.rstrip(".").count(".") + (zone.name != "."),
                                []).append(zone)
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for depth in sorted(by_depth, reverse=True):
                try:
                    sets = list(pool.map(self.sign_zone, by_depth[depth]))
                except signers.SignError as error:
                    raise servers.LabError(str(error)) from error
                for zone, ds_set in zip(by_depth[depth], sets):
                    self._publish(zone, ds_set)
        self._write("anchors", "\n".join(self.anchors) + "\n")
        owner, _, rdata = self.anchors[-1].split(None, 2)
        tag, algorithm, digest, value = rdata.split()
        self._write("root-anchor", 'trust-anchors {\n    "%s" static-ds %s %s %s "%s";\n};\n'
                    % (owner, tag, algorithm, digest, value))

    def sign_zone(self, zone):
        """Signs a zone with the keys that it has, or new ones. @return the DS set, [] for a zone without keys."""
        folder = self.zone_folder(zone)
        os.makedirs(folder, exist_ok=True)
        if zone.plan is None:
            with open(os.path.join(folder, "unsigned"), "w", encoding="ascii") as file:
                file.write(zone.text())
            return []
        return signers.sign(folder, zone.name, zone.text(), zone.plan,
                            self.keys.setdefault(zone.name, {}))

    def _publish(self, zone, ds_set):
        parent = self.world.parent_of(zone.name)
        for rdata in ds_set if zone.ds is None else zone.ds:
            if parent is not None:
                parent.records.append((zone.name, "DS", rdata))
        if zone.anchor:
            self.anchors += [f"{zone.name} DS {rdata}" for rdata in ds_set]

    def start(self):
        """Starts the authoritative servers and waits until all answer."""
        for host, its_zones in self.world.hosts().items():
            if host == "knot":
                self._start_knotd(its_zones)
            else:
                self._start_nsd_for(host, its_zones)
        for host, address in signed_zones.ADDRESSES.items():
            self.wait_for(address, host)

    def _start_nsd_for(self, host, its_zones):
        folder = os.path.join(self.folder, host)
        os.makedirs(folder)
        lines = ["server:"] + [f"  {key}: {value}" for key, value in (
            ("ip-address", signed_zones.ADDRESSES[host]), ("port", 53), ("server-count", 1),
            ("username", '""'), ("chroot", '""'), ("database", '""'), ("zonesdir", f'"{folder}"'),
            ("pidfile", f'"{folder}/pid"'), ("xfrdfile", f'"{folder}/xfrd"'),
            ("zonelistfile", f'"{folder}/list"'), ("rrl-ratelimit", 0), ("do-ip6", "no"))]
        lines += ["remote-control:", "  control-enable: yes",
                  f'  control-interface: "{folder}/control"']
        for zone in its_zones:
            lines += ["zone:", f'  name: "{zone.name}"', f'  zonefile: "{self.zone_file(zone)}"']
        self.spawn(host, [servers.find_program("nsd"), "-d", "-c",
                          self._write(f"{host}/nsd.conf", "\n".join(lines) + "\n")])

    def _knotd_zone(self, zone):
        text = f'  - domain: "{zone.name}"\n    file: "{self.zone_file(zone)}"\n' \
               "    zonefile-sync: -1\n    journal-content: none\n    semantic-checks: off\n"
        if zone.plan is not None and zone.plan.signer == "online":
            text += "    module: mod-onlinesign/online\n"
        return text

    def _start_knotd(self, its_zones):
        folder = os.path.join(self.folder, "knot")
        os.makedirs(folder)
        online = next(zone for zone in its_zones if zone.plan and zone.plan.signer == "online")
        config = f"""server:
    rundir: "{folder}"
    listen: {signed_zones.ADDRESSES["knot"]}@53
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "{folder}"
    kasp-db: "{self.zone_folder(online)}/db/keys"
control:
    listen: "{folder}/control"
policy:
  - id: online
    manual: on
mod-onlinesign:
  - id: online
    policy: online
zone:
""" + "".join(self._knotd_zone(zone) for zone in its_zones)
        self.spawn("knot", [servers.find_program("knotd"), "-c",
                            self._write("knot/knot.conf", config)])

    def write_config(self, name, address, more="", threads=2):
        folder = os.path.join(self.folder, name)
        os.makedirs(folder, exist_ok=True)
        return self._write(f"{name}/{name}.conf", f"""# {name} in front of the lab of signed zones
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
    module-config: "validator iterator"
    trust-anchor-file: "{self.anchor_file}"
    trust-anchor-signaling: no
    aggressive-nsec: yes
    minimal-responses: yes
    val-nsec3-keysize-iterations: "1024 50 2048 50 4096 50"
    log-servfail: yes
    val-log-level: 2
{more}
""")

    def start_unbound(self):
        """As servers.Lab does; what it remembers of servers shall not depend on the machine."""
        program = servers.find_program("unbound")
        copy = shutil.copy(program, os.path.join(self.folder, "unbound-copy"))
        config = self.write_config("unbound", servers.UNBOUND, '    logfile: ""', threads=1)
        self.spawn("unbound", [copy, "-d", "-c", config])
        self.wait_for(servers.UNBOUND, "unbound")

    def start_shrewds(self, program):
        """One to be asked, one to be asked in another order, one behind the first one, which it
        asks for everything, and one that believes in SHA-1."""
        self.start_shrewd(program)
        self.start_shrewd(program, "shrewd-behind", SHREWD_BEHIND,
                          f'forward-zone:\n    name: "."\n    forward-addr: {servers.SHREWD}')
        self.start_shrewd(program, "shrewd-other", SHREWD_OTHER)
        self.start_shrewd(program, "shrewd-sha1", SHREWD_SHA1, "    val-sha1: yes")

    @staticmethod
    def resolver_for(question):
        """The zones with nothing better than SHA-1 are for the shrewd that believes in it."""
        name = "." + question.name.lower()
        if any(name.endswith("." + zone) for zone in signed_zones.SHA1):
            return SHREWD_SHA1
        return servers.SHREWD

    @staticmethod
    def ask(address, question, number=1):
        """The reply, or None where there was none or it made no sense."""
        try:
            return client.ask(address, number % 65000 + 1, question.name, question.rrtype,
                              flags=question.flags)
        except (ValueError, IndexError, OSError, client.struct.error) as error:
            print(f"{question} at {address}: {error!r}")
            return None

    def ask_all(self, address_of, asked):
        """The replies in the order of the questions."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda pair: self.ask(address_of(pair[1]), pair[1], pair[0]),
                                 enumerate(asked)))

    def _control(self, host, *command):
        done = subprocess.run(
            [servers.find_program("nsd-control"), "-c",
             os.path.join(self.folder, host, "nsd.conf"), *command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode != 0:
            raise servers.LabError(f"nsd-control {command}: {done.stdout}")
        return done.stdout

    def reload(self, host):
        """The name server reads its zones again, not necessarily at once."""
        self._control(host, "reload")

    def questions_counted(self):
        """How many questions the counting server has seen since it started."""
        for line in self._control("counted", "stats_noreset").splitlines():
            if line.startswith("num.queries="):
                return int(line.split("=")[1])
        raise servers.LabError("nsd-control tells no counts")
