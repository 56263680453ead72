/*
 * memo.h - answers kept as they were encoded, so that a hit costs a copy.
 *
 * A memo lies with its entry in the message cache. It is the cache of an encoding, never a
 * second truth: whatever reply.c would write for the usual asker is what comes out of it, or
 * nothing does. Made by visit.c when an entry is hit for the second time, used by lane.c.
 */
#ifndef TREESHREW_SERVICES_CLIENT_MEMO_H
#define TREESHREW_SERVICES_CLIENT_MEMO_H

#include "services/client/visit.h"

/** Makes the memo of an answer that was just given, where one is due. Without memory there is
 * none. Uses the service's buffer for answers. */
void memo_keep(struct visit *visit, const struct hit *hit);

/** The same of a remembered failure. @param told its reasons, the last of which tells its age. */
void memo_keep_failure(struct visit *visit, const struct hit *hit, const struct reasons *told);

/** Who asks, as far as the answer depends on it. */
struct memo_asker {
    uint32_t generation; /* of the settings */
    int64_t now_s;
    bool wants_ad, has_edns, dnssec_ok;
    size_t size_max;
    uint32_t id; /* of the question; says whose turn it is, as in reply.c */
    struct slice head; /* header and question as they came, RD set */
};

/** Writes the answer, if the entry has a memo that is still true, and it fits.
 *  @param out is empty. @return false: nothing was written. */
bool memo_write(const struct msg_entry *entry, const struct memo_asker *asker,
                struct sink *out);

/** The same for what memo_keep_failure has made. */
bool memo_write_failure(const struct msg_entry *entry, const struct memo_asker *asker,
                        struct sink *out);

/** Puts an option into the OPT of what memo_write has just written from that entry: as reply.c has
 *  it, before the reasons. @return false: it does not fit, and the answer is of no use. */
bool memo_add_option(const struct msg_entry *entry, const struct memo_asker *asker,
                     uint16_t code, struct slice data, struct sink *out);

#endif
