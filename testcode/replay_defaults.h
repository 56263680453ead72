/*
 * replay_defaults.h - the settings that every scenario begins with, in the syntax of
 * unbound.conf.
 *
 * Read before the scenario's own configuration by replay_run.c. Scenarios rely on defaults that
 * are not always ours (the format's section "Settings"), and time stands still in them: what we
 * would give up after seconds, or after few tries, is theirs to decide.
 */
#ifndef TREESHREW_TESTCODE_REPLAY_DEFAULTS_H
#define TREESHREW_TESTCODE_REPLAY_DEFAULTS_H

static const char replay_defaults[] =
    /* What the reference runner sets. */
    "server:\n"
    "  use-syslog: no\n"
    "  directory: \"\"\n"
    "  chroot: \"\"\n"
    "  username: \"\"\n"
    "  pidfile: \"\"\n"
    "  val-log-level: 2\n"
    "  log-servfail: yes\n"
    /* Defaults that scenarios rely on without naming them. */
    "  num-threads: 1\n"
    "  root-trust-anchor: no\n"
    "  use-caps-for-id: no\n"
    "  ede: no\n"
    "  ede-serve-expired: no\n"
    "  ede-most: 1\n"
    "  minimal-any: no\n"
    "  answer-when-full: no\n"
    "  iter-scrub-ns: 20\n"
    "  iter-scrub-cname: 11\n"
    "  iter-scrub-rrsig: 8\n"
    "  failure-ttl-max: 5\n"
    "  outbound-msg-retry: 5\n"
    "  max-sent-count: 32\n"
    "  max-query-restarts: 11\n"
    "  max-global-quota: 200\n"
    "  val-nsec3-keysize-iterations: \"1024 150 2048 150 4096 150\"\n"
    /* Nearly all scenarios with trust anchors say so; those about signalling say yes. */
    "  trust-anchor-signaling: no\n"
    /* Bounds of ours that the format does not have, out of the way. */
    "  sends-soft: 200\n"
    "  sends-per-delegation: 200\n"
    "  failed-servers-max: 200\n"
    "  timeout-rounds-max: 5\n"
    "  minimise-timeouts-max: 3\n"
    "  outbound-error-retry: 5\n"
    /* Counted by look-ups, of A and AAAA; the reference counts five names. */
    "  target-failures-max: 12\n"
    "  targets-max: 200\n"
    "  subqueries-max: 200\n"
    "  query-time-max: 600000\n"
    "  silent-time-max: 600000\n"
    "remote-control:\n"
    "  control-enable: no\n";

#endif
