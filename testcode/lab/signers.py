"""signers.py - signs zones with the tools of three projects, and computes DS records by itself.

Used by signed_lab. A zone says which tool, which keys in which state, and which denial of
existence (see Key and Plan); sign() writes the signed zone and returns the DS set for its parent.
Everything lies below one folder; the tools are started, waited for, and never asked for the time.
"""
import base64
import dataclasses
import hashlib
import os
import re
import secrets
import shutil
import subprocess

PROGRAMS = {"bind": ["dnssec-keygen", "dnssec-signzone", "dnssec-revoke"],
            "ldns": ["ldns-keygen", "ldns-signzone"], "knot": ["keymgr", "kzonesign"]}
ALGORITHMS = {5: "RSASHA1", 7: "NSEC3RSASHA1", 8: "RSASHA256", 10: "RSASHA512",
              13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519", 16: "ED448"}
OTHER_NAMES = {7: "RSASHA1-NSEC3-SHA1"}  # of ldns and knot
DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}
SEP, REVOKED = 1, 128


class SignError(Exception):
    """A signer did not do what was asked of it."""


@dataclasses.dataclass
class Key:
    """One key and where it stands in its life.

    role: "ksk", "zsk" or "csk" (one key for all). signs: makes signatures; published: is in the
    DNSKEY set; ds: has a DS record at the parent (only for ksk and csk).
    """
    algorithm: int
    role: str
    bits: int = 1280  # of RSA keys; small ones are made fast
    published: bool = True
    signs: bool = True
    revoked: bool = False
    ds: bool = True


@dataclasses.dataclass
class Plan:
    """How a zone is signed."""
    signer: str
    keys: list
    denial: str = "nsec"  # nsec, nsec3, optout
    iterations: int = 0
    salt: str = ""  # hex
    digests: tuple = (2,)
    all_sign_keys: bool = False  # zone signing keys sign the DNSKEY set, too


def wire_name(name):
    """A name in text, with \\. and \\DDD, in canonical wire form."""
    out, label = b"", b""
    text = name if name.endswith(".") else name + "."
    for part in re.findall(r"\\\d\d\d|\\.|[^\\]", "" if text == "." else text):
        if part == ".":
            out += bytes((len(label),)) + label
            label = b""
        elif part[0] == "\\":
            label += bytes((int(part[1:]),)) if len(part) == 4 else part[1:].encode("latin-1")
        else:
            label += part.encode("latin-1")
    return out.lower() + b"\0"


def key_tag(rdata):
    """RFC 4034 appendix B."""
    total = sum(byte << 8 if i % 2 == 0 else byte for i, byte in enumerate(rdata))
    return (total + (total >> 16)) & 0xffff


def ds_text(zone, dnskey, digest):
    """The DS rdata of a DNSKEY, given as "flags protocol algorithm base64"."""
    flags, protocol, algorithm, key = dnskey.split(None, 3)
    rdata = int(flags).to_bytes(2, "big") + bytes((int(protocol), int(algorithm))) \
        + base64.b64decode(key.replace(" ", ""))
    value = DIGESTS[digest](wire_name(zone) + rdata).hexdigest()
    return f"{key_tag(rdata)} {algorithm} {digest} {value}"


def missing_programs(where):
    """Names of programs that are not there, for the signers in `where`."""
    return [name for signer in where for name in PROGRAMS[signer] if not _program(name)]


def _program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin")


def _run(folder, *command):
    done = subprocess.run([_program(command[0]), *command[1:]], cwd=folder, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SignError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def _dnskey_of(folder, base):
    with open(os.path.join(folder, base + ".key"), encoding="ascii") as file:
        return re.search(r"\sDNSKEY\s+([^;\n]*)", file.read()).group(1).strip()


def _make_bind_key(folder, zone, key):
    command = ["dnssec-keygen", "-q", "-a", ALGORITHMS[key.algorithm]]
    if key.algorithm < 13:
        command += ["-b", str(key.bits)]
    if key.role != "zsk":
        command += ["-f", "KSK"]
    base = _run(folder, *command, zone)
    if key.revoked:
        base = os.path.basename(_run(folder, "dnssec-revoke", base))
    return base


def _make_ldns_key(folder, zone, key):
    command = ["ldns-keygen", "-r", "/dev/urandom", "-a",
               OTHER_NAMES.get(key.algorithm, ALGORITHMS[key.algorithm])]
    if key.algorithm < 13:
        command += ["-b", str(key.bits)]
    if key.role != "zsk":
        command += ["-k"]
    return _run(folder, *command, zone)


def _future_dnskey(key):
    """A key that so far is known by its DS only; nobody needs its private half."""
    return f"257 3 {key.algorithm} " + base64.b64encode(secrets.token_bytes(64)).decode()


def _ds_set(zone, plan, dnskeys):
    return [ds_text(zone, dnskey, digest) for key, dnskey in dnskeys
            if key.role != "zsk" and key.ds and not key.revoked for digest in plan.digests]


def _keys_for(folder, zone, plan, make, kept):
    """[(key, base, dnskey)]; base is None for a key that exists as DS only."""
    made = []
    for i, key in enumerate(plan.keys):
        if not key.published and not key.signs:
            made.append((key, None, _future_dnskey(key)))
            continue
        base = kept.get(i) or make(folder, zone, key)
        kept[i] = base
        made.append((key, base, _dnskey_of(folder, base)))
    return made


def _zone_with_keys(text, made):
    return text + "".join(f"@ DNSKEY {dnskey}\n" for key, _, dnskey in made if key.published)


def _sign_bind(folder, zone, text, plan, kept):
    made = _keys_for(folder, zone, plan, _make_bind_key, kept)
    with open(os.path.join(folder, "unsigned"), "w", encoding="ascii") as file:
        file.write(_zone_with_keys(text, made))
    command = ["dnssec-signzone", "-q", "-P", "-O", "full", "-o", zone, "-f", "signed"]
    if plan.denial != "nsec":
        command += ["-3", plan.salt or "-", "-H", str(plan.iterations)]
        command += ["-A"] if plan.denial == "optout" else []
    if any(key.role == "csk" for key in plan.keys):
        command += ["-z"]
    elif not plan.all_sign_keys:
        command += ["-x"]
    signing = [(key, base) for key, base, _ in made if key.signs]
    for key, base in signing:
        command += ["-k", base] if key.role != "zsk" else []
    command += ["unsigned"] + [base for key, base in signing if key.role == "zsk"]
    _run(folder, *command)
    return _ds_set(zone, plan, [(key, dnskey) for key, _, dnskey in made])


def _sign_ldns(folder, zone, text, plan, kept):
    made = _keys_for(folder, zone, plan, _make_ldns_key, kept)
    with open(os.path.join(folder, "unsigned"), "w", encoding="ascii") as file:
        file.write(_zone_with_keys(text, made))
    command = ["ldns-signzone", "-d", "-o", zone, "-f", "signed"]
    if plan.denial != "nsec":
        command += ["-n", "-t", str(plan.iterations)] + (["-s", plan.salt] if plan.salt else [])
        command += ["-p"] if plan.denial == "optout" else []
    if plan.all_sign_keys:
        command += ["-A"]
    if len({key.algorithm for key in plan.keys}) > 1:
        command += ["-U"]
    _run(folder, *command, "unsigned", *[base for key, base, _ in made if key.signs])
    return _ds_set(zone, plan, [(key, dnskey) for key, _, dnskey in made])


def _knot_config(folder, zone, plan):
    return f"""server:
    rundir: "{folder}/run"
log:
  - target: stderr
    any: warning
database:
    storage: "{folder}/db"
policy:
  - id: plan
    manual: on
    rrsig-lifetime: 20d
    cds-cdnskey-publish: always
    nsec3: {"off" if plan.denial == "nsec" else "on"}
    nsec3-iterations: {plan.iterations}
    nsec3-opt-out: {"on" if plan.denial == "optout" else "off"}
    nsec3-salt-length: {len(plan.salt) // 2}
zone:
  - domain: "{zone}"
    storage: "{folder}"
    file: "unsigned"
    dnssec-signing: on
    dnssec-policy: plan
"""


def _knot_zone_keys(folder):
    """[dnskey] of the signed zone that carry the SEP flag."""
    with open(os.path.join(folder, "signed"), encoding="ascii") as file:
        found = re.findall(r"\sDNSKEY\s+(257 3 .*)", file.read())
    return [dnskey.strip() for dnskey in found]


def _sign_knot(folder, zone, text, plan, kept):
    if not kept:
        for name in ("run", "db", "out"):
            os.makedirs(os.path.join(folder, name), exist_ok=True)
    with open(os.path.join(folder, "unsigned"), "w", encoding="ascii") as file:
        file.write(f"$ORIGIN {zone}\n" + text)
    with open(os.path.join(folder, "conf"), "w", encoding="ascii") as file:
        file.write(_knot_config(folder, zone, plan))
    for i, key in enumerate(plan.keys):
        if i in kept or not key.published:
            continue
        command = [f"algorithm={key.algorithm}",
                   "ksk=" + ("no" if key.role == "zsk" else "yes"),
                   "zsk=" + ("no" if key.role == "ksk" else "yes")]
        command += [f"size={key.bits}"] if key.algorithm < 13 else []
        command += [] if key.signs else ["publish=+0", "ready=+30d", "active=+30d"]
        kept[i] = _run(folder, "keymgr", "-c", "conf", zone, "generate", *command)
    if plan.salt:
        _run(folder, "keymgr", "-c", "conf", zone, "nsec3-salt", plan.salt)
    _run(folder, "kzonesign", "-c", "conf", "-o", os.path.join(folder, "out"), zone)
    written = os.listdir(os.path.join(folder, "out"))
    os.replace(os.path.join(folder, "out", written[0]), os.path.join(folder, "signed"))
    dnskeys = [(plan.keys[0], dnskey) for dnskey in _knot_zone_keys(folder)]
    dnskeys += [(key, _future_dnskey(key)) for key in plan.keys if not key.published]
    return _ds_set(zone, plan, dnskeys)


def _sign_online(folder, zone, text, plan, kept):
    """Only makes the key: knotd signs each answer as it gives it (mod-onlinesign)."""
    with open(os.path.join(folder, "signed"), "w", encoding="ascii") as file:
        file.write(f"$ORIGIN {zone}\n" + text)
    with open(os.path.join(folder, "conf"), "w", encoding="ascii") as file:
        file.write(_knot_config(folder, zone, plan))
    os.makedirs(os.path.join(folder, "db"), exist_ok=True)
    if not kept:
        kept[0] = _run(folder, "keymgr", "-c", "conf", zone, "generate", "ksk=yes", "zsk=yes",
                       f"algorithm={plan.keys[0].algorithm}")
    dnskey = _run(folder, "keymgr", "-c", "conf", zone, "dnskey")
    return [ds_text(zone, dnskey.split("DNSKEY")[1].strip(), digest) for digest in plan.digests]


def sign(folder, zone, text, plan, kept=None):
    """Signs the zone; the result is the file `signed` in the folder.

    @param text  the records, owners relative to the zone, without DNSKEYs.
    @param kept  a dict that remembers the keys by their place in plan.keys; give it again to sign
                 another version of the zone with the same keys.
    @return the DS set, as a list of rdata.
    """
    os.makedirs(folder, exist_ok=True)
    tool = {"bind": _sign_bind, "ldns": _sign_ldns, "knot": _sign_knot,
            "online": _sign_online}[plan.signer]
    return tool(folder, zone, f"$TTL 3600\n{text}" if "$TTL" not in text else text, plan,
                {} if kept is None else kept)
