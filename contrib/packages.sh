#!/bin/sh
# packages.sh PART... - names what this machine lacks for PART and, on Debian and its like,
# installs it with apt-get.
#
# Parts: build (compiler and libraries), check (tests), signers (for the lab of signed zones and the
# test with named, which are left out without them), judges (of manuals and completions, likewise), demo
# (lab), attacks (measured), bench (the peers that are measured beside shrewd), dnstap (for builds
# with it), fuzz. Called by the
# Makefile and by .ci/run. As root it installs at once; otherwise it asks sudo, which
# may ask for a password.
# Elsewhere it says what to install and leaves the judgement to configure.
# SHREW_INSTALL=no: only name what is missing.

# A word is a package, or package:program where the program, wherever it comes from, is enough.
PATH=$PATH:/usr/sbin:/usr/local/sbin
names=
for part in "${@:-build}"; do
    case $part in
    build)
        names="$names gcc:cc libc6-dev make:make autoconf:autoconf libevent-dev libssl-dev
            libyaml-dev libexpat1-dev"
        ;;
    check)
        names="$names libcmocka-dev python3:python3 nsd:nsd unbound:unbound bind9-dnsutils:dig
            util-linux:unshare"
        ;;
    signers)
        names="$names knot:keymgr knot-dnssecutils:kzonesign ldnsutils:ldns-signzone
            bind9-utils:dnssec-signzone bind9-dnsutils:delv bind9:named python3-cryptography"
        ;;
    judges) names="$names mandoc:mandoc groff-base:groff zsh:zsh fish:fish strace:strace" ;;
    demo) names="$names python3:python3 nsd:nsd bind9-dnsutils:dig util-linux:unshare" ;;
    attacks)
        names="$names python3:python3 python3-dnspython python3-cryptography unbound:unbound
            util-linux:unshare"
        ;;
    bench)
        names="$names python3:python3 python3-cryptography nsd:nsd nftables:nft util-linux:unshare
            iproute2:ip unbound:unbound bind9:named knot-resolver:kresd pdns-recursor:pdns_recursor
            dnsmasq-base:dnsmasq"
        ;;
    dnstap) names="$names libfstrm-dev fstrm-bin:fstrm_capture" ;;
    fuzz) names="$names clang:clang libclang-rt-dev" ;;
    *)
        echo "packages.sh: no such part: $part (build, check, signers, judges, demo, attacks, bench, dnstap, fuzz)" >&2
        exit 2
        ;;
    esac
done

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    # Not Debian: what can be seen is checked, the rest is configure's to find.
    lacking=
    for tool in cc make autoconf; do
        command -v $tool >/dev/null 2>&1 || lacking="$lacking $tool"
    done
    if [ -n "$lacking" ]; then
        echo "Please install:$lacking (and the development files of libevent >= 2.1," >&2
        echo "OpenSSL >= 3.0, libyaml, expat; for the tests also cmocka, nsd, unbound, dig)." >&2
        exit 1
    fi
    exit 0
fi

missing=
for word in $names; do
    name=${word%%:*}
    [ "$word" = "$name" ] || ! command -v "${word#*:}" >/dev/null 2>&1 || continue
    case $(dpkg-query -W -f '${db:Status-Status} ' "$name" 2>/dev/null) in
    installed*) ;;
    *) case "$missing " in *" $name "*) ;; *) missing="$missing $name" ;; esac ;;
    esac
done
[ -n "$missing" ] || exit 0

echo "missing packages:$missing"
if [ "${SHREW_INSTALL:-yes}" = no ]; then
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1; then
        echo "installing them with sudo"
        exec sudo "$0" "$@"
    fi
    echo "Please let root run: apt-get install$missing" >&2
    exit 1
fi

# The name servers' packages would start their daemons; the tests start their own.
policy=
if [ ! -e /usr/sbin/policy-rc.d ]; then
    policy=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy
    trap 'rm -f $policy' EXIT
    trap 'exit 1' INT TERM
fi
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # the list is meant to be split
apt-get install -y -q --no-install-recommends $missing >/dev/null 2>&1 || {
    apt-get update -q >/dev/null &&
        apt-get install -y -q --no-install-recommends $missing
} || {
    echo "apt-get could not install:$missing" >&2
    exit 1
}
echo "installed:$missing"

# Nor shall they start with the next boot and take port 53, only because a test wanted them here.
for pair in nsd:nsd unbound:unbound knot:knot bind9:named knot-resolver:kresd@1 \
    pdns-recursor:pdns-recursor; do
    service=${pair#*:}
    case "$missing " in
    *" ${pair%:*} "*)
        command -v systemctl >/dev/null 2>&1 && systemctl disable -q $service 2>/dev/null &&
            echo "(the service $service is left disabled)"
        ;;
    esac
done
exit 0
