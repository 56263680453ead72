"""service_rights.py - tests of service_test: the user that shrewd becomes, and what it can reach from then on."""
import os
import re
import shutil
import signal
import subprocess
import tempfile

from service import Skipped, need, need_root, until, want

NOBODY = 65534
LOW = "127.77.53.1"  # where port 53 is tried; on Linux all of 127.0.0.0/8 is there
NET_BIND_SERVICE = 1 << 10
ROOT_HINTS = ". NS a.root.example.\na.root.example. A 192.0.2.1\n"


def proc_status(pid, thread=None):
    path = f"/proc/{pid}/task/{thread}/status" if thread else f"/proc/{pid}/status"
    with open(path, encoding="ascii") as file:
        return dict(re.split(r":\s*", line.rstrip("\n"), maxsplit=1) for line in file)


def in_mounts(daemon, mounts, **more):
    """Starts shrewd in a mount namespace of its own after these shell commands."""
    need("unshare")
    if subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        raise Skipped("no mount namespace is allowed here")
    return {"before": ["unshare", "-m", "--propagation", "private", "sh", "-c",
                       f'set -e; {mounts}; exec "$@"', "sh"], **more}


def has_landlock(daemon):
    return daemon.status()["sandbox"].startswith("landlock abi")


def need_sandbox(daemon):
    if not has_landlock(daemon):
        raise Skipped("sandbox: " + daemon.status()["sandbox"])


# ---- the user ------------------------------------------------------------------------------------


def test_becomes_user(daemon):
    """Started as root, each thread is the user with no right left but that for low ports."""
    need_root()
    daemon.write_config("username: nobody", threads=3)
    daemon.start()
    for thread in os.listdir(f"/proc/{daemon.child.pid}/task"):
        status = proc_status(daemon.child.pid, thread)
        want(set(status["Uid"].split()) == {str(NOBODY)}, status["Uid"])
        want(set(status["Gid"].split()) == {str(NOBODY)}, status["Gid"])
        want("0" not in status["Groups"].split(), "groups", status["Groups"])
        for name in ("CapPrm", "CapEff", "CapBnd"):
            want(int(status[name], 16) == NET_BIND_SERVICE, thread, name, status[name])
        for name in ("CapInh", "CapAmb"):
            want(int(status[name], 16) == 0, thread, name, status[name])
        want(status["NoNewPrivs"] == "1", "NoNewPrivs")
    told = daemon.status()
    want(told["user"] == "nobody" and told["capabilities"] == "net_bind_service", told)
    want(re.search(r"^user: nobody$", daemon.ctl("status")[1], re.M), daemon.ctl("status")[1])
    want(daemon.answers(), "no answer")


def test_low_port_after_that(daemon):
    """The user that it became can still follow a reload that brings port 53."""
    need_root()
    daemon.write_config("username: nobody")
    daemon.start()
    daemon.write_config("username: nobody", interface=f"{LOW}@53")
    code, _, err = daemon.ctl("reload")
    want(code == 0 and daemon.answers(53, LOW), code, err)


def test_low_port_without_rights(daemon):
    """Without any rights port 53 is refused with what to do, at start and at a reload."""
    need_root()
    os.chown(daemon.folder, NOBODY, NOBODY)
    daemon.start(user=NOBODY, group=NOBODY, extra_groups=[])
    daemon.write_config(interface=f"{LOW}@53")
    code, _, err = daemon.ctl("reload")
    want(code == 1 and "ports below 1024 need root" in err and "restart shrewd" in err, code, err)
    want(daemon.answers(), "it does not go on as before")
    daemon.end()
    log = daemon.start_failing(user=NOBODY, group=NOBODY, extra_groups=[])
    want("CAP_NET_BIND_SERVICE" in log.splitlines()[-1], log)


def test_unprivileged(daemon):
    """Started by a user without rights it works on a high port, in its sandbox."""
    need_root()
    os.chown(daemon.folder, NOBODY, NOBODY)
    daemon.start(user=NOBODY, group=NOBODY, extra_groups=[])
    want(daemon.answers() and daemon.answers(tcp=True), "no answer")
    told = daemon.status()
    want(told["user"] == "nobody" and told["capabilities"] == "none", told)
    want("level=warn" not in daemon.log(), daemon.log())


def test_capability_from_the_manager(daemon):
    """With CAP_NET_BIND_SERVICE alone, as a service manager gives it, port 53 is served."""
    need_root()
    os.chown(daemon.folder, NOBODY, NOBODY)
    daemon.write_config(interface=f"{LOW}@53")
    daemon.start(before=[need("setpriv"), "--reuid", "nobody", "--regid", str(NOBODY), "--clear-groups",
                         "--inh-caps", "+net_bind_service,+net_raw",
                         "--ambient-caps", "+net_bind_service,+net_raw"])
    want(daemon.answers(53, LOW), daemon.log())
    want(daemon.status()["capabilities"] == "net_bind_service", daemon.status())


def test_default_user(daemon):
    """Without `username` it becomes shrew if there is one; if not it stays root and says so."""
    need_root()
    if subprocess.run(["id", "shrew"], check=False, capture_output=True).returncode == 0:
        raise Skipped("the machine has a user shrew already")
    daemon.start()
    want(daemon.status()["user"] == "root", daemon.status())
    want(daemon.logged('level=warn event=start it goes on as root, for there is no user "shrew": make it'),
         daemon.log())
    daemon.end()
    with open("/etc/passwd", encoding="utf-8") as file:
        daemon.write("passwd", file.read() + "shrew:x:7353:7353::/:/bin/false\n")
    daemon.start(**in_mounts(daemon, f"mount --bind {daemon.path('passwd')} /etc/passwd"))
    want(daemon.status()["uid"] == 7353, daemon.status())


def test_stays_root(daemon):
    """`username: ""` stays root without a warning."""
    need_root()
    daemon.write_config('username: ""')
    daemon.start()
    want(daemon.status()["user"] == "root" and "level=warn" not in daemon.log(), daemon.log())


def test_missing_user(daemon):
    """A user that is configured and does not exist ends the start, with what to do."""
    need_root()
    daemon.write_config("username: nosuchuser")
    log = daemon.start_failing()
    want('there is no user "nosuchuser": make it, or set username to another' in log, log)


def test_unreadable_afterwards(daemon):
    """A config that root could read and the user cannot is told at the start, not at the next reload."""
    need_root()
    daemon.write_config("username: nobody")
    os.chmod(daemon.config, 0o600)
    daemon.start()
    want(daemon.logged(f"level=warn event=start file={daemon.config} could be read as root, but not as the "
                       f"user nobody: .*chgrp nobody {daemon.config}; chmod g.r {daemon.config}"),
         daemon.log())
    code, _, err = daemon.ctl("reload")
    want(code == 1 and "Permission denied" in err, code, err)
    want(daemon.answers(), "it does not go on as before")


# ---- the sandbox ---------------------------------------------------------------------------------


def outside(daemon, name, text):
    """A readable file in a folder that no configuration named at the start."""
    folder = tempfile.mkdtemp(prefix="outside-", dir="/var/tmp")
    os.chmod(folder, 0o755)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return folder, path


def test_reload_outside(daemon):
    """A reload that names a file outside of the sandbox fails with the reason and changes nothing."""
    folder, path = outside(daemon, "root.hints", ROOT_HINTS)
    try:
        daemon.start()
        need_sandbox(daemon)
        before = daemon.ctl("config", "show")[1]
        daemon.write_config(f"root-hints: {path}\nverbosity: 0".replace("\nverbosity: 0", ""))
        code, _, err = daemon.ctl("reload")
        want(code == 1 and f"{path} is not within reach since the start" in err
             and "restart shrewd" in err and f"{daemon.config}:" in err, code, err)
        want(daemon.ctl("config", "show")[1] == before, "the configuration has changed")
        want(daemon.answers(), "no answer")
        inside = daemon.write("root.hints", ROOT_HINTS)
        daemon.write_config(f"root-hints: {inside}")
        want(daemon.ctl("reload")[0] == 0, "a new file beside the config cannot be read")
        daemon.end()
        daemon.write_config(f"root-hints: {path}")
        daemon.start()
        want(daemon.ctl("reload")[0] == 0, "after the restart it is not within reach")
    finally:
        shutil.rmtree(folder)


def test_link_to_outside(daemon):
    """A symbolic link that leads out of the sandbox is seen as what it is."""
    folder, path = outside(daemon, "root.hints", ROOT_HINTS)
    try:
        daemon.start()
        need_sandbox(daemon)
        os.symlink(path, daemon.path("link.hints"))
        daemon.write_config(f"root-hints: {daemon.path('link.hints')}")
        code, _, err = daemon.ctl("reload")
        want(code == 1 and "is not within reach since the start" in err, code, err)
    finally:
        shutil.rmtree(folder)


def test_include_outside(daemon):
    """So does an "include:" of the classic syntax, also a pattern, which must not just match nothing."""
    folder, _ = outside(daemon, "more.conf", "server:\n  log-queries: yes\n")
    daemon.config = daemon.path("shrewd.conf")
    text = (f"server:\n  interface: 127.0.0.1@{daemon.port}\n  username: \"\"\n"
            f"remote-control:\n  control-socket: {daemon.control}\n")
    try:
        daemon.write("shrewd.conf", text)
        daemon.start()
        need_sandbox(daemon)
        for pattern in (f"{folder}/more.conf", f"{folder}/*.conf"):
            daemon.write("shrewd.conf", text + f'include-toplevel: "{pattern}"\n')
            code, _, err = daemon.ctl("reload")
            want(code == 1 and "is not within reach since the start" in err, pattern, code, err)
        daemon.end()
        daemon.start()
        with open(f"{folder}/new.conf", "w", encoding="ascii") as file:
            file.write("server:\n  log-replies: yes\n")
        want(daemon.ctl("reload")[0] == 0, "a new file in the folder of the pattern")
        want("yes" in daemon.ctl("config", "get", "log-replies")[1], "it was not read")
    finally:
        shutil.rmtree(folder)


def test_kernel_holds_it(daemon):
    """It is the kernel that refuses: a folder of the same name that is another one is out of reach."""
    os.mkdir(daemon.path("hints"))
    daemon.write("hints/root.hints", ROOT_HINTS)
    daemon.write_config(f"root-hints: {daemon.path('hints/root.hints')}")
    # Only the folder of the hints counts here, so the config lies deeper than they do.
    os.mkdir(daemon.path("etc"))
    os.rename(daemon.config, daemon.path("etc/shrewd.yaml"))
    daemon.config = daemon.path("etc/shrewd.yaml")
    os.mkdir(daemon.path("run"))
    with open(daemon.config, encoding="utf-8") as file:
        text = file.read().replace(daemon.control, daemon.path("run/control"))
    daemon.control = daemon.path("run/control")
    daemon.write("etc/shrewd.yaml", text)
    daemon.start()
    need_sandbox(daemon)
    want(daemon.ctl("reload")[0] == 0, "reload within reach")
    os.rename(daemon.path("hints"), daemon.path("hints-before"))
    shutil.copytree(daemon.path("hints-before"), daemon.path("hints"))
    code, _, err = daemon.ctl("reload")
    want(code == 1 and "Permission denied" in err, code, err)


def test_sandbox_off(daemon):
    """`sandbox: no` does without it, and status says so."""
    folder, path = outside(daemon, "root.hints", ROOT_HINTS)
    try:
        daemon.write_config("sandbox: no")
        daemon.start()
        want(daemon.status()["sandbox"] == "off", daemon.status())
        daemon.write_config(f"sandbox: no\nroot-hints: {path}")
        want(daemon.ctl("reload")[0] == 0, "reload")
    finally:
        shutil.rmtree(folder)


def test_files_that_are_written(daemon):
    """Each file that the daemon keeps can be made in a folder that holds nothing else."""
    for name in ("secrets", "cache", "keys"):
        os.mkdir(daemon.path(name))
        if os.geteuid() == 0:
            os.chown(daemon.path(name), NOBODY, NOBODY)
    daemon.write_config(f'username: "{"nobody" if os.geteuid() == 0 else ""}"\n'
                        f"cookie-secret-file: {daemon.path('secrets/file')}\n"
                        f"auto-trust-anchor-file: {daemon.path('keys/root.key')}\n"
                        f"cache-file: {daemon.path('cache/file')}")
    daemon.start()
    need_sandbox(daemon)
    code, _, err = daemon.ctl("cookie-secret", "add")
    want(code == 0 and os.path.exists(daemon.path("secrets/file")), code, err)
    want("level=warn" not in daemon.log(), daemon.log())
    want(daemon.end() == 0 and os.path.exists(daemon.path("cache/file")), daemon.log())


def test_log_is_opened_anew(daemon):
    """In the sandbox and as its user, it opens a log file that was moved away anew (SIGHUP, SIGUSR1)."""
    os.mkdir(daemon.path("logs"))
    if os.geteuid() == 0:
        os.chown(daemon.path("logs"), NOBODY, NOBODY)
        user = "nobody"
    else:
        user = ""
    daemon.write_config(f'username: "{user}"\nlogfile: {daemon.path("logs/shrewd.log")}')
    daemon.start()
    for number in (signal.SIGHUP, signal.SIGUSR1):
        os.rename(daemon.path("logs/shrewd.log"), daemon.path("logs/old.log"))
        daemon.child.send_signal(number)
        want(until(lambda: os.path.exists(daemon.path("logs/shrewd.log"))), number)
    want(daemon.answers(), "no answer")


def test_other_signals(daemon):
    """SIGUSR2 and SIGPIPE do nothing; SIGUSR1 without a log file neither."""
    daemon.start()
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
        daemon.child.send_signal(number)
        want(daemon.answers() and daemon.child.poll() is None, number)
