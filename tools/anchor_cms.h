/*
 * anchor_cms.h - is a file signed by whom we trust? Detached CMS signatures (RFC 9718 section
 * 3.2, RFC 5652).
 *
 * Called by shrew-anchor before a root-anchors.xml is believed. All three inputs are octets;
 * the clock is an argument.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_CMS_H
#define TREESHREW_TOOLS_ANCHOR_CMS_H

#include "util/arena.h"

/* The signature of 2026 has some 4 KiB, the bundle of certificates some 5. */
enum {
    CMS_SIZE_MAX = 65536,
    CA_SIZE_MAX = 65536,
    CA_CERTIFICATES_MAX = 16,
    CMS_SIGNERS_MAX = 4
};

struct cms_check {
    struct slice content;   /* what is signed */
    struct slice signature; /* root-anchors.p7s, DER */
    struct slice ca;        /* certificates in PEM; one that is signed by itself is trusted */
    const char *signer;     /* the address that each signer's certificate must be for */
    int64_t wall_s;         /* seconds since 1970: certificates must be valid then */
};

/**
 * Verifies one signature at least, and that all of them are good.
 *
 * Each signer's certificate must chain to a trusted one, be meant for the protection of e-mail
 * as an S/MIME signer's is, be valid now and be for the address of `signer`.
 * @param why what is wrong, static text or in the arena; "" with STATUS_OK.
 * @return STATUS_MALFORMED: not signed as it should be; STATUS_NOT_FOUND: no usable certificate
 *         in `ca`; STATUS_LIMIT: too large; STATUS_NO_MEMORY.
 */
enum status anchor_cms_verify(const struct cms_check *check, struct arena *arena,
                              const char **why);

#endif
