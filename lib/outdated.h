/*
 * outdated.h - what of the caches does not hold any more when settings change.
 *
 * Called by lib/resolver at a reload and at each change. Where servers are told by the
 * configuration, or trust is suspended, that concerns names at and below one name; what is
 * cached of all others stays.
 */
#ifndef TREESHREW_LIB_OUTDATED_H
#define TREESHREW_LIB_OUTDATED_H

#include "services/cache/msg_cache.h"
#include "services/cache/rrset_cache.h"
#include "validator/key_cache.h"
#include "validator/proven.h"

struct settings;

/* More of them, and all that was judged goes: looking each name up would take longer. */
enum { OUTDATED_NAMES_MAX = 64 };

struct outdated {
    bool judgements; /* all of them: other keys are trusted, or other rules apply */
    size_t count;
    struct dname names[OUTDATED_NAMES_MAX]; /* and all below them */
    const char *texts[OUTDATED_NAMES_MAX];  /* the same as reasons show them */
};

struct outdated_caches {
    struct rrset_cache *rrsets;
    struct msg_cache *messages;
    struct key_cache *keys;
    struct proven *proven;
};

/**
 * What the change from one to the other outdates. Without memory to tell the names all
 * judgements do.
 * @param arena of the names.
 */
void outdated_find(const struct settings *before, const struct settings *now,
                   struct arena *arena, struct outdated *out);

/** True when there is something to forget. */
static inline bool outdated_is_any(const struct outdated *outdated)
{
    return outdated->judgements || outdated->count > 0;
}

/** Forgets it. From any thread. */
void outdated_drop(const struct outdated *outdated, const struct outdated_caches *caches);

/** What several changes have outdated and nobody has forgotten yet. From any thread. */
struct outdated_sum;

struct outdated_sum *outdated_sum_new(void); /* NULL: no memory */
void outdated_sum_free(struct outdated_sum *sum);
void outdated_sum_add(struct outdated_sum *sum, const struct outdated *outdated);
bool outdated_sum_is_any(struct outdated_sum *sum);

/** Empties the sum. @param arena of the names. @return false: there was nothing. */
bool outdated_sum_take(struct outdated_sum *sum, struct arena *arena, struct outdated *out);

#endif
