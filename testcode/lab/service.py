"""service.py - a shrewd of the test's own, started in every way a system does it; and the tests' runner.

Used by service_test and its service_*.py. Every process started here is ended here, by its id.
"""
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback

CONFIG = """server:
  do-daemonize: no
  verbosity: 1
  num-threads: {threads}
  local-data:
    - "printer.home.arpa. A 192.0.2.7"
{more}remote-control:
  control-socket: {socket}
"""
QUESTION = (b"\x12\x34\1\0\0\1\0\0\0\0\0\0\7printer\4home\4arpa\0\0\1\0\1")


class Skipped(Exception):
    """The machine does not allow this test; says why."""


def want(condition, *words):
    if not condition:
        raise AssertionError(" ".join(str(word) for word in words))


def need_root():
    if os.geteuid() != 0:
        raise Skipped("needs root")


def need(program):
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        raise Skipped(f"{program} is not installed")
    return path


def free_port():
    """One that is free for UDP and for TCP."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, \
                socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
            probe.bind(("127.0.0.1", 0))
            try:
                other.bind(probe.getsockname())
            except OSError:
                continue
            return probe.getsockname()[1]


def until(condition, seconds=10):
    """Waits; the last thing that the condition gave."""
    end = time.monotonic() + seconds
    value = condition()
    while not value and time.monotonic() < end:
        time.sleep(0.05)
        value = condition()
    return value


class Daemon:
    """One shrewd, with its folder, config, control socket and log."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.folder = tempfile.mkdtemp(prefix="shrew-service-")
        os.chmod(self.folder, 0o755)
        self.config = os.path.join(self.folder, "shrewd.yaml")
        self.control = os.path.join(self.folder, "control")
        self.log_path = os.path.join(self.folder, "log")
        self.port = free_port()
        self.child = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def write_config(self, more="", threads=2, interface=None):
        """`more` is lines of the section server, without their indent."""
        lines = [f"interface: {interface or f'127.0.0.1@{self.port}'}"] + more.splitlines()
        self.write("shrewd.yaml", CONFIG.format(threads=threads, socket=self.control,
                                                more="".join(f"  {line}\n" for line in lines)))

    def start(self, *options, env=None, before=(), wait=True, **more):
        """`before`: words of a program that starts shrewd in its turn."""
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                [*before, f"{self.build}/shrewd", "-d", "-p", "-c", self.config, *options],
                stderr=log, stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, **more)
        if wait:
            want(until(lambda: self.ctl("status")[0] == 0 or self.child.poll() is not None)
                 and self.child.poll() is None, "shrewd does not start:", self.log())

    def start_failing(self, *options, **more):
        """It must end by itself, with 1; what it said."""
        self.start(*options, wait=False, **more)
        want(self.child.wait(20) == 1, "status", self.child.returncode, self.log())
        return self.log()

    def end(self):
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
                raise
        return None if self.child is None else self.child.returncode

    def log(self):
        """Without the quotes around values, so that tests need not know which values have them."""
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return re.sub(r'=("|(?=\S))', "=", log.read()).replace("msg=", "").replace('\\"', '"')

    def logged(self, pattern, seconds=10):
        """A line of the log that matches, soon."""
        return until(lambda: re.search(pattern, self.log(), re.M), seconds)

    def ctl(self, *words, **more):
        done = subprocess.run([f"{self.build}/shrewctl", "-s", self.control, *words], text=True,
                              capture_output=True, timeout=60, check=False, **more)
        return done.returncode, done.stdout, done.stderr

    def status(self):
        return json.loads(self.ctl("--json", "status")[1])

    def answers(self, port=None, address="127.0.0.1", tcp=False):
        """Does it answer a question about its own data?"""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        kind = socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM
        with socket.socket(family, kind) as sock:
            sock.settimeout(3)
            try:
                sock.connect((address, port or self.port))
                sock.sendall(struct.pack("!H", len(QUESTION)) + QUESTION if tcp else QUESTION)
                return socket.inet_aton("192.0.2.7") in sock.recv(4096)
            except OSError:
                return False

    def clean(self):
        try:
            self.end()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def run_tests(group, modules, words):
    build, wanted = words[0], words[1:]
    passed = failed = 0
    tests = [(name, test) for module in modules for name, test in vars(module).items()
             if name.startswith("test_") and (not wanted or name in wanted)]
    for name, test in tests:
        daemon = Daemon(build)
        try:
            daemon.write_config()
            test(daemon)
            passed += 1
            print(f"ok {name}")
        except Skipped as why:
            print(f"skipped {name}: {why}")
        except Exception:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED {name}: {test.__doc__}\n{traceback.format_exc()}")
            if os.path.exists(daemon.log_path):
                print("its log:\n" + daemon.log()[-3000:])
        finally:
            daemon.clean()
        sys.stdout.flush()
    print(f"{group}: {passed} passed, {failed} failed")
    return 1 if failed or not passed else 0
