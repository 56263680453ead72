"""service_manager.py - tests of service_test: what a service manager hears and gives (systemd's protocols).

The manager is played by a datagram socket of the test; systemd's own systemd-socket-activate gives the
sockets where it is installed.
"""
import contextlib
import ctypes
import os
import signal
import socket
import sys
import time

from service import Skipped, need, until, want

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WAIT_FOR_THREADS = 0x40000000


class Manager:
    """Hears what shrewd says; messages as dicts."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.path = path
        self.sock.bind("\0" + path[1:] if path[0] == "@" else path)

    def hear(self, seconds=10):
        self.sock.settimeout(seconds)
        try:
            text = self.sock.recv(4096).decode()
        except TimeoutError:
            return None
        return dict(line.split("=", 1) for line in text.splitlines())

    def hear_of(self, key, seconds=10):
        """The next message with that key; others are passed over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.hear(max(end - time.monotonic(), 0.01))
            if message is not None and key in message:
                return message
        return None


def test_ready_reload_stop(daemon):
    """READY=1 comes when it answers; RELOADING=1 with its time before a reload, READY=1 after; STOPPING=1."""
    manager = Manager(daemon.path("notify"))
    daemon.start(env={"NOTIFY_SOCKET": manager.path}, wait=False)
    message = manager.hear()
    want(message and message.get("READY") == "1", message, daemon.log())
    want(daemon.answers(), "READY=1 before it answers")
    want(message["STATUS"] == "answering on 1 address", message)
    want(message["MAINPID"] == str(daemon.child.pid), message)
    for how in ("signal", "command"):
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        if how == "signal":
            daemon.child.send_signal(signal.SIGHUP)
        else:
            want(daemon.ctl("reload")[0] == 0, "reload failed")
        message = manager.hear()
        want(message and message.get("RELOADING") == "1", how, message)
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        want(before <= int(message["MONOTONIC_USEC"]) <= after, "not the time of the reload", message)
        message = manager.hear()
        want(message and message.get("READY") == "1", how, message)
    daemon.child.terminate()
    message = manager.hear()
    want(message and message.get("STOPPING") == "1", message)
    want(daemon.child.wait(10) == 0, "status", daemon.child.returncode)


def test_failed_reload_is_ready_again(daemon):
    """After a reload that failed READY=1 comes as well, and the status says what happened."""
    manager = Manager(daemon.path("notify"))
    daemon.start(env={"NOTIFY_SOCKET": manager.path}, wait=False)
    manager.hear_of("READY")
    daemon.write("shrewd.yaml", "server: nonsense\n")
    daemon.child.send_signal(signal.SIGHUP)
    want(manager.hear_of("RELOADING"), "no RELOADING")
    message = manager.hear_of("READY")
    want(message and "the last reload failed" in message["STATUS"], message)
    want(daemon.answers(), "it does not answer any more")


def test_abstract_socket(daemon):
    """NOTIFY_SOCKET may be a name without a file (@...), also once the sandbox is closed."""
    manager = Manager(f"@shrew-service-{os.getpid()}")
    daemon.start(env={"NOTIFY_SOCKET": manager.path}, wait=False)
    want(manager.hear_of("READY"), "no READY", daemon.log())
    daemon.child.terminate()
    want(manager.hear_of("STOPPING"), "no STOPPING")


def test_manager_that_is_not_there(daemon):
    """A NOTIFY_SOCKET without anybody behind it, or that is nonsense, changes nothing."""
    for path in (daemon.path("nobody"), "nonsense", "/" + "x" * 300, ""):
        daemon.start(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "nonsense"})
        want(daemon.answers(), path)
        want(daemon.end() == 0, path)


def test_watchdog(daemon):
    """WATCHDOG=1 comes three times in the period, and not for another process's WATCHDOG_PID."""
    manager = Manager(daemon.path("notify"))
    daemon.start(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000"}, wait=False)
    manager.hear_of("READY")
    begun = time.monotonic()
    for _ in range(6):
        want(manager.hear_of("WATCHDOG", 5), "no WATCHDOG=1")
    want(time.monotonic() - begun > 0.9, "six signs of life in", time.monotonic() - begun)
    daemon.end()
    daemon.start(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000",
                      "WATCHDOG_PID": "1"}, wait=False)
    manager.hear_of("READY")
    want(manager.hear_of("WATCHDOG", 1) is None, "a sign of life that nobody asked for")


def _threads(pid):
    return sorted(int(name) for name in os.listdir(f"/proc/{pid}/task"))


@contextlib.contextmanager
def frozen(thread):
    """One thread of a child stands still, the others go on."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    want(libc.ptrace(PTRACE_SEIZE, thread, None, None) == 0, "ptrace", ctypes.get_errno())
    try:
        want(libc.ptrace(PTRACE_INTERRUPT, thread, None, None) == 0, "ptrace")
        os.waitpid(thread, WAIT_FOR_THREADS)
        yield
    finally:
        libc.ptrace(PTRACE_DETACH, thread, None, None)


def test_stuck_thread(daemon):
    """A thread that hangs ends the signs of life, though all others work; the log names it."""
    manager = Manager(daemon.path("notify"))
    daemon.write_config(threads=3)
    daemon.start(env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000"}, wait=False)
    manager.hear_of("READY")
    threads = _threads(daemon.child.pid)
    want(len(threads) >= 3, threads)  # the workers first, and who else works for them
    with frozen(threads[2]):
        while manager.hear_of("WATCHDOG", 0.5):  # what was under way
            pass
        want(manager.hear_of("WATCHDOG", 2) is None, "a sign of life with a stuck thread")
        want(daemon.logged(r"level=warn event=watchdog thread=[12] has not answered for 200 ms"), "not told")
    want(manager.hear_of("WATCHDOG", 10), "no sign of life after it works again")
    want(daemon.logged("event=watchdog all threads work again"), "not told that it is over")


# Does what a manager does between fork and exec; the words: pid ("" for its own), descriptors, command.
LAUNCH = """import fcntl, os, sys
given = [int(fd) for fd in sys.argv[2].split(",")]
moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 200) for fd in given]
for fd in given:
    os.close(fd)
for i, fd in enumerate(moved):
    os.dup2(fd, 3 + i)
os.environ["LISTEN_PID"] = sys.argv[1] or str(os.getpid())
os.execv(sys.argv[3], sys.argv[3:])
"""


def _give(daemon, sockets, names=None, pid=""):
    """Starts shrewd with these as descriptors 3 and on, as a service manager does."""
    numbers = [sock.fileno() for sock in sockets]
    env = {"LISTEN_FDS": str(len(sockets))}
    if names:
        env["LISTEN_FDNAMES"] = names
    daemon.start(env=env, before=[sys.executable, "-c", LAUNCH, str(pid),
                                  ",".join(map(str, numbers))], pass_fds=numbers)


def _bound(kind, address, port=0, only6=True):
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    if ":" in address:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only6)
    sock.bind((address, port))
    if kind == socket.SOCK_STREAM:
        sock.listen()
    return sock


def test_given_sockets(daemon):
    """Given UDP and TCP sockets are used for the addresses of `interface` that they are bound to."""
    udp = _bound(socket.SOCK_DGRAM, "127.0.0.1")
    port = udp.getsockname()[1]
    tcp = _bound(socket.SOCK_STREAM, "127.0.0.1", port)
    daemon.write_config(interface=f"127.0.0.1@{port}", threads=3)
    _give(daemon, [udp, tcp])
    inode = os.stat(f"/proc/self/fd/{udp.fileno()}").st_ino
    links = [os.readlink(f"/proc/{daemon.child.pid}/fd/{fd}")
             for fd in os.listdir(f"/proc/{daemon.child.pid}/fd")]
    want(links.count(f"socket:[{inode}]") == 4, "not our socket, once for each thread", links)
    udp.close()
    tcp.close()
    for _ in range(20):
        want(daemon.answers(port) and daemon.answers(port, tcp=True), daemon.log())
    want("given-socket" not in daemon.log(), daemon.log())


def test_given_address_comes_back(daemon):
    """A given address that a reload takes out is served again when the next one brings it back."""
    udp = _bound(socket.SOCK_DGRAM, "127.0.0.1")
    port = udp.getsockname()[1]
    daemon.write_config("do-tcp: no", interface=f"127.0.0.1@{port}")
    _give(daemon, [udp])
    udp.close()
    daemon.write_config("do-tcp: no")
    want(daemon.ctl("reload")[0] == 0, "reload")
    want(daemon.answers(), "the other address")
    daemon.write_config("do-tcp: no", interface=f"127.0.0.1@{port}")
    code, _, err = daemon.ctl("reload")
    want(code == 0 and daemon.answers(port), code, err)


def test_given_but_not_configured(daemon):
    """Sockets that match no address, or cannot be used, are told by name with what to do."""
    stray = _bound(socket.SOCK_DGRAM, "127.0.0.1")
    mute = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    mute.bind(("127.0.0.1", 0))
    local = socket.socket(socket.AF_UNIX)
    _give(daemon, [stray, mute, local], names="dns:mute:odd")
    want(daemon.logged(rf"name=dns address=127.0.0.1:{stray.getsockname()[1]}/udp is not used: the "
                       "configuration has no such address; add interface: 127.0.0.1@"), daemon.log())
    want(daemon.logged("name=mute address=.* it does not listen"), daemon.log())
    want(daemon.logged("name=odd address=none is not used: it is no socket for IPv4 or IPv6"),
         daemon.log())
    want(daemon.answers(), "it does not answer at its own address")


def test_given_dual(daemon):
    """A socket for :: that takes IPv4 too is not used: clients' addresses would be disguised."""
    try:
        dual = _bound(socket.SOCK_DGRAM, "::", 0, only6=False)
    except OSError:
        raise Skipped("no IPv6") from None
    _give(daemon, [dual])
    want(daemon.logged("is not used: it takes IPv4 as well as IPv6; .*BindIPv6Only=ipv6-only"),
         daemon.log())


def test_given_to_another_process(daemon):
    """With another process's LISTEN_PID nothing is taken, and nothing is said."""
    udp = _bound(socket.SOCK_DGRAM, "127.0.0.1")
    daemon.write_config()
    _give(daemon, [udp], pid=1)
    want("given-socket" not in daemon.log(), daemon.log())


def test_socket_activate(daemon):
    """systemd-socket-activate starts it with the first packet, and that one is answered, too."""
    program = need("systemd-socket-activate")
    daemon.write_config("do-tcp: no")
    daemon.start(before=[program, "--datagram", f"--listen=127.0.0.1:{daemon.port}",
                         "--fdname=dns"], wait=False)
    want(until(lambda: "istening" in daemon.log()), daemon.log())
    want(not os.path.exists(daemon.control), "it runs already")
    want(daemon.answers(), daemon.log())
    want("given-socket" not in daemon.log(), daemon.log())
    daemon.end()
    daemon.write_config("do-udp: no")
    daemon.start(before=[program, f"--listen=127.0.0.1:{daemon.port}"], wait=False)
    want(until(lambda: daemon.log().count("istening") == 2), daemon.log())
    want(daemon.answers(tcp=True), daemon.log())
