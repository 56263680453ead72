/*
 * anchor_set.h - the anchors of the root out of a file's text, and whether they work.
 *
 * Called by shrew-anchor. Reads with the code of the resolver itself, so what is good here is
 * what shrewd will take. No I/O.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_SET_H
#define TREESHREW_TOOLS_ANCHOR_SET_H

#include "util/text.h"
#include "validator/algo.h"
#include "validator/anchor.h"

struct anchor_set {
    struct anchors *anchors;   /* anchor_set_clear frees them */
    const struct anchor *root; /* points into them; NULL when is_revoked */
    bool is_revoked;           /* RFC 5011 says that nothing of the root is trusted any more */
};

/**
 * @param text of an auto-trust-anchor-file; NULL: those that are built in.
 * @param why  in the arena, for all but STATUS_OK.
 * @return STATUS_MALFORMED; STATUS_NOT_FOUND: anchors, but none of the root; STATUS_NO_MEMORY.
 */
enum status anchor_set_read(const char *text, struct arena *arena, struct anchor_set *set,
                            const char **why);
void anchor_set_clear(struct anchor_set *set);

/** As lines of a zone file. */
void anchor_set_write(const struct anchor_set *set, struct text *out);

/**
 * Does one of the anchors vouch for these keys (RFC 4035 section 5.2)?
 * @param wall_s  seconds since 1970: signatures must be valid then.
 * @param key_tag of the key that signed, with STATUS_OK.
 * @param why     in the arena, with STATUS_MALFORMED: by the grammar of EDE texts.
 * @return STATUS_OK; STATUS_MALFORMED: no; STATUS_NO_MEMORY.
 */
enum status anchor_set_prove(const struct anchor_set *set, const struct rrset *dnskeys,
                             const struct crypto *crypto, int64_t wall_s, struct arena *arena,
                             uint16_t *key_tag, const char **why);

#endif
