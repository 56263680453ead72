/*
 * finding.h - what exactly is wrong with signed data, found once and told by the grammar of
 * EDE.
 *
 * Filled where it is found (signatures, keys, proofs), read by whoever fails the query. Plain
 * data: names are views of the RRsets that were judged, causes are static text.
 */
#ifndef TREESHREW_VALIDATOR_FINDING_H
#define TREESHREW_VALIDATOR_FINDING_H

#include "util/arena.h"
#include "util/wire/dname.h"
#include "util/wire/types.h"

struct finding {
    const char *cause; /* "sig=expired"; NULL: nothing was found wrong */
    uint16_t ede;      /* enum ede_code */
    struct dname name; /* the RRset at fault ... */
    uint16_t type;
    struct dname zone; /* "z="; wire NULL: left out */
    bool has_key, has_ds, has_end, has_begin, has_clock, has_count;
    uint16_t key_tag, ds_tag;
    uint8_t key_algorithm, ds_algorithm, ds_digest;
    int64_t begin_s, end_s; /* "begin=", "end=": seconds since 1970 */
    bool clock_is_ahead;    /* "clock=": it is the local clock that seems wrong ... */
    int64_t clock_s;        /* ... and "now=" what it says */
    uint32_t count, of;     /* "n=count/of" */
};

static inline bool finding_is_none(const struct finding *finding)
{
    return finding->cause == NULL;
}

/** One with cause, code and RRset; the details are set by the caller. */
struct finding finding_of(uint16_t ede, const char *cause, struct dname name, uint16_t type);

/** YYYY-MM-DDThh:mmZ */
enum { FINDING_TIME_MAX = 18 };
const char *finding_time(int64_t seconds, char out[FINDING_TIME_MAX]);

/**
 * The text of the grammar: cause "for" name/TYPE ["at" server] details.
 * @param server "192.0.2.1:53/tcp", or NULL: left out.
 * @return in the arena, not cut (reasons_add does that); NULL: no memory.
 */
const char *finding_text(const struct finding *finding, const char *server,
                         struct arena *arena);

/** A copy whose names live in the arena. A name for which there is no memory becomes wire NULL.
 */
struct finding finding_copy(const struct finding *finding, struct arena *arena);

#endif
