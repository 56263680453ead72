"""service_trouble.py - tests of service_test: what is said when something of the machine is in the way.

Each trouble is made for real: a port that is taken, a folder without rights, a disk that is full or
read-only, an address that is not there. The answer names what it is, where, and what to do.
"""
import base64
import glob
import os
import re
import signal
import socket
import subprocess
import sys
import time

from service import QUESTION, Skipped, need, need_root, until, want
from service_rights import NOBODY, in_mounts

LOW = "127.77.53.2"

# A process with that name that has the port; "ready" when it has.
SQUATTER = """import ctypes, socket, sys, time
ctypes.CDLL(None).prctl(15, sys.argv[1].encode(), 0, 0, 0)
kept = []
for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
    sock = socket.socket(socket.AF_INET, kind)
    sock.bind((sys.argv[2], int(sys.argv[3])))
    if kind == socket.SOCK_STREAM:
        sock.listen()
    kept.append(sock)
print("ready", flush=True)
time.sleep(60)
"""


class Squatter:
    def __init__(self, name, address, port, **more):
        self.child = subprocess.Popen([sys.executable, "-c", SQUATTER, name, address, str(port)],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **more)
        if self.child.stdout.readline() != b"ready\n":
            raise Skipped(f"{address}:{port} cannot be had on this machine")

    def __enter__(self):
        return self.child.pid

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()
        self.child.stdout.close()


CURE = r'write "DNSStubListener=no" below \[Resolve\] in /etc/systemd/resolved.conf, then run: ' \
       "systemctl restart systemd-resolved"


# ---- ports ---------------------------------------------------------------------------------------


def test_port_of_resolved(daemon):
    """Port 53 taken by systemd-resolved: its name, its process, and the two lines that cure it."""
    need_root()
    daemon.write_config(interface="127.0.0.53@53")
    with Squatter("systemd-resolve", "127.0.0.53", 53) as pid:
        daemon.start_failing()
    want(daemon.logged(rf"address=127.0.0.53:53/udp taken by systemd-resolve \(process {pid}\): " + CURE),
         daemon.log())
    daemon.write_config(interface="0.0.0.0@53")
    with Squatter("systemd-resolve", "127.0.0.53", 53) as pid:
        daemon.start_failing()
    want(daemon.logged(rf"address=0.0.0.0:53/udp taken by systemd-resolve \(process {pid}\): " + CURE),
         daemon.log())


def test_port_of_resolved_without_rights(daemon):
    """Without rights to look into other processes it is known by its address, and the cure is the same."""
    need_root()
    os.chown(daemon.folder, NOBODY, NOBODY)
    daemon.write_config(interface="127.0.0.53@53")
    with Squatter("systemd-resolve", "127.0.0.53", 53):
        daemon.start(before=[need("setpriv"), "--reuid", "nobody", "--regid", str(NOBODY),
                             "--clear-groups", "--inh-caps", "+net_bind_service",
                             "--ambient-caps", "+net_bind_service"], wait=False)
        want(daemon.child.wait(10) == 1, "status")
    want(daemon.logged("taken by systemd-resolved: " + CURE), daemon.log())


def test_port_of_another(daemon):
    """Taken by any other program: which, and what can be done; with a free port all is well."""
    with Squatter("squatter", "127.0.0.1", daemon.port) as pid:
        log = daemon.start_failing()
    want(re.search(rf"taken by squatter \(process {pid}\): end it .*systemctl stop squatter.*"
                   r"interface: 127.0.0.1@5353", log), log)
    daemon.start()
    want(daemon.answers(), "no answer")


def test_port_of_another_user(daemon):
    """A process that we may not look into is told by its user, with how root finds it."""
    need_root()
    os.chown(daemon.folder, NOBODY, NOBODY)
    with Squatter("squatter", "127.0.0.1", daemon.port):
        log = daemon.start_failing(user=NOBODY, group=NOBODY, extra_groups=[])
    want(f"taken by a process of root: find it as root with: ss -lunpt 'sport = :{daemon.port}'" in log, log)


def test_port_taken_at_reload(daemon):
    """At a reload the same is told, and everything stays as it was."""
    daemon.start()
    other = daemon.port
    daemon.port = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        daemon.port = probe.getsockname()[1]
        daemon.write_config()
        code, _, err = daemon.ctl("reload")
    want(code == 1 and "taken by" in err, code, err)
    want(daemon.answers(other), "it does not go on as before")


def test_socket_buffers(daemon):
    """Buffers that the system does not grant are taken as far as it does, without a word."""
    daemon.write_config('username: ""\nso-rcvbuf: 1g\nso-sndbuf: 1g')
    daemon.start()
    want(daemon.answers() and "level=warn" not in daemon.log(), daemon.log())


def test_questions_wait_while_it_does_not_run(daemon):
    """What comes while the daemon does not get the processor waits in its buffer, which is larger than usual."""
    daemon.write_config('username: ""', threads=1)
    daemon.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as usual:
        wanted = usual.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 768 * 5 // 4
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        client.connect(("127.0.0.1", daemon.port))
        client.settimeout(1)
        daemon.child.send_signal(signal.SIGSTOP)
        try:
            for number in range(wanted):
                client.send(number.to_bytes(2, "big") + QUESTION[2:])
        finally:
            daemon.child.send_signal(signal.SIGCONT)
        came = set()
        try:
            while len(came) < wanted:
                came.add(client.recv(4096)[:2])
        except TimeoutError:
            pass
    want(len(came) == wanted, f"{len(came)} of {wanted} answered")


def test_outgoing_interface(daemon):
    """An outgoing-interface that the machine lacks is told at the start and at a reload, others are not."""
    daemon.write_config("outgoing-interface: 198.18.7.7")
    daemon.start()
    words = "level=warn event=outgoing-interface address=198.18.7.7 this machine does not have it"
    want(daemon.logged(words), daemon.log())
    before = daemon.log().count(words)
    want(daemon.ctl("reload")[0] == 0 and until(lambda: daemon.log().count(words) == before + 1), daemon.log())
    daemon.write_config("outgoing-interface: 127.0.0.1")
    want(daemon.ctl("reload")[0] == 0 and until(lambda: daemon.log().count("event=reloaded") == 2)
         and daemon.log().count(words) == before + 1, daemon.log())


def _held_open(port, count, seconds=3):
    """TCP connections that ask nothing; as many as the system makes within that time."""
    held = []
    for _ in range(count):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.settimeout(seconds)
        sock.connect(("127.0.0.1", port))
        held.append(sock)
    return held


def test_few_descriptors(daemon):
    """With 64 descriptors and twice as many connections held open, every question over UDP is answered; when
    they are closed TCP works again."""
    daemon.write_config('username: ""\ntcp-idle-timeout: 30000')
    daemon.start(before=[need("prlimit"), "--nofile=64:64"])
    want(daemon.answers(tcp=True), "TCP before")
    before = len(os.listdir(f"/proc/{daemon.child.pid}/fd"))
    held = _held_open(daemon.port, 120)
    try:
        want(until(lambda: len(os.listdir(f"/proc/{daemon.child.pid}/fd")) > before + 10), "none was accepted")
        want(all(daemon.answers() for _ in range(50)), "not all questions over UDP were answered")
    finally:
        for sock in held:
            sock.close()
    want(until(lambda: daemon.answers(tcp=True), 5), "TCP does not work again", daemon.log())
    want(daemon.ctl("status")[0] == 0, "shrewctl is not served any more")


# ---- files ---------------------------------------------------------------------------------------


def closed_folder(daemon, name):
    """One that root made and nobody may enter, as far as files are made there."""
    os.mkdir(daemon.path(name), 0o755)
    return daemon.path(name)


def test_wrong_permissions(daemon):
    """Path, reason and what to do: of the log (it does not start), of the others (it does)."""
    need_root()
    user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    folder = closed_folder(daemon, "closed")
    os.mkdir(daemon.path("open"))
    os.chown(daemon.path("open"), NOBODY, NOBODY)
    daemon.control = daemon.path("open/control")
    hint = f"Permission denied; let the user nobody write in {folder}, for example: chown nobody {folder}"
    daemon.write_config(f"logfile: {folder}/log")
    log = daemon.start_failing(**user)
    want(f"level=error event=start logfile={folder}/log {hint}" in log, log)
    daemon.write_config(f"pidfile: {folder}/pid")
    with open(daemon.log_path, "ab") as out:
        daemon.child = subprocess.Popen([f"{daemon.build}/shrewd", "-d", "-c", daemon.config], stderr=out, **user)
    want(until(daemon.answers), daemon.log())
    want(daemon.logged(f"level=warn event=pidfile file={folder}/pid {re.escape(hint)}"), daemon.log())
    daemon.end()
    daemon.write_config(f"auto-trust-anchor-file: {folder}/root.key")
    daemon.start(**user)
    want(daemon.logged(f"level=warn event=trust-anchor file={folder}/root.key cannot be written: "
                       + re.escape(hint)), daemon.log())
    daemon.end()
    daemon.control = f"{folder}/control"
    daemon.write_config()
    daemon.start(wait=False, **user)
    want(until(daemon.answers), daemon.log())
    want(daemon.logged(f"level=warn event=control socket={folder}/control {re.escape(hint)}"), daemon.log())


def test_unreadable_config(daemon):
    """A config that cannot be read ends the start with its path, the reason, and for whom."""
    need_root()
    os.chmod(daemon.config, 0o600)
    log = daemon.start_failing(user=NOBODY, group=NOBODY, extra_groups=[])
    want(f"{daemon.config}: error: cannot be read: Permission denied" in log
         and f"must be open to user number {NOBODY}" in log, log)


def lines_of_trouble(daemon):
    return [line for line in daemon.log().splitlines() if "level=warn" in line or "level=error" in line]


def test_read_only_disk(daemon):
    """A disk that is read-only: one line with the remedy for each file that is written, and it answers."""
    need_root()
    os.mkdir(daemon.path("disk"))
    disk = daemon.path("disk")
    daemon.write_config(f'username: ""\nauto-trust-anchor-file: {disk}/root.key')
    daemon.start(**in_mounts(daemon, f"mount -t tmpfs -o ro none {disk}"))
    want(daemon.logged(f"file={disk}/root.key cannot be written: Read-only file system; {disk} is read-only; "
                       "under systemd it belongs into ReadWritePaths="), daemon.log())
    want(daemon.answers() and len(lines_of_trouble(daemon)) == 1, daemon.log())


def test_full_disk(daemon):
    """A disk that is full: told at the start for the trust anchors; a log that is lost stops nothing."""
    need_root()
    os.mkdir(daemon.path("disk"))
    disk = daemon.path("disk")
    fill = f"mount -t tmpfs -o size=8k none {disk}; head -c 8192 /dev/zero >{disk}/fill"
    daemon.write_config(f'username: ""\nauto-trust-anchor-file: {disk}/root.key')
    daemon.start(**in_mounts(daemon, fill))
    want(daemon.logged(f"file={disk}/root.key cannot be written: No space left on device; there is no room left "
                       f"in {disk}"), daemon.log())
    want(daemon.answers(), "no answer")
    daemon.end()
    daemon.write_config(f'username: ""\nlogfile: {disk}/log\npidfile: {disk}/pid\nlog-queries: yes')
    daemon.start(**in_mounts(daemon, fill))
    for _ in range(50):
        want(daemon.answers(), "no answer with a log on a full disk")
    want(daemon.ctl("reload")[0] == 0, "reload")


# ---- network and clock ----------------------------------------------------------------------------


def test_broken_ipv6(daemon):
    """IPv6 that does not work is noticed, logged once by all threads, and again after the network changed."""
    need_root()
    need("ip")
    need("dig")
    servers = "".join(f"    - 2620:0:2d0:{i}::53\n" for i in range(1, 6))
    with open(daemon.config, encoding="utf-8") as file:
        text = file.read()
    daemon.write("shrewd.yaml", text.replace("remote-control:", """  username: ""
  module-config: iterator
forward-zone:
  name: "."
  forward-addr:
""" + servers + "remote-control:"))
    daemon.start(before=["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"])

    def told():
        return daemon.log().count("level=info event=ipv6 no server answers over IPv6 at the moment")

    def ask_many(tag):
        for i in range(12):  # of either thread
            subprocess.run(["nsenter", "-t", str(daemon.child.pid), "-n", "dig", "+tries=1", "+time=5",
                            "@127.0.0.1", "-p", str(daemon.port), f"n{i}.{tag}.example"],
                           check=False, capture_output=True)
    ask_many("a")
    want(told() == 1, "told", told(), "times", daemon.log())
    ask_many("b")
    want(told() == 1, "told", told(), "times", daemon.log())
    subprocess.run(["nsenter", "-t", str(daemon.child.pid), "-n", "ip", "addr", "add", "198.18.0.1/32",
                    "dev", "lo"], check=True)
    time.sleep(2)
    ask_many("c")
    want(told() == 2, "told", told(), "times after a change of the network", daemon.log())


def signed_zone():
    """A zone that is signed for the days around now, and its key."""
    try:
        import rollover
    except ImportError:
        raise Skipped("python3-cryptography is not installed") from None
    zone, key = rollover.Zone(), rollover.Key()
    zone.publish([key], [key])
    return zone, base64.b64encode(key.public).decode()


def test_wrong_clock(daemon):
    """A clock that is a year off is told as such, with the time and both ends of the signatures."""
    library = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    with open(f"{daemon.build}/shrewd", "rb") as program:
        if not library or b"__asan_init" in program.read():
            raise Skipped("libfaketime is not installed, or not for this build")
    need("dig")
    zone, key = signed_zone()
    daemon.write("roll.key", f"roll.lab. IN DNSKEY 257 3 15 {key}\n")
    with open(daemon.config, encoding="utf-8") as file:
        text = file.read()
    daemon.write("shrewd.yaml", text.replace("remote-control:", f"""  username: ""
  do-not-query-localhost: no
  trust-anchor-file: {daemon.path('roll.key')}
stub-zone:
  name: "roll.lab"
  stub-addr: 127.0.0.1@{zone.port}
remote-control:"""))

    def ask():
        return subprocess.run(["dig", "+tries=1", "+time=10", "@127.0.0.1", "-p", str(daemon.port),
                               "www.roll.lab"], check=False, capture_output=True, text=True).stdout
    daemon.start()
    want("NOERROR" in ask() and "event=clock" not in daemon.log(), daemon.log())
    daemon.end()
    for offset, word in (("+400d", "ahead"), ("-400d", "behind")):
        daemon.start(env={"LD_PRELOAD": library[0], "FAKETIME": offset, "DONT_FAKE_MONOTONIC": "1"})
        reply = ask()
        want("SERVFAIL" in reply and f"clock={word}" in reply, reply)
        want(daemon.logged(f"level=error event=clock clock={word} now=.* zone=roll.lab.* signed-from=.* "
                           "signed-until=.* the clock of this machine seems to be wrong"), daemon.log())
        daemon.end()
