/*
 * sets_for_tests.h - RRsets, names and messages out of text, for the tests of this folder.
 *
 * Included by *_test.c only. Everything lives in the test's arena.
 */
#ifndef TREESHREW_SERVICES_CACHE_SETS_FOR_TESTS_H
#define TREESHREW_SERVICES_CACHE_SETS_FOR_TESTS_H

#include <string.h>

#include "util/wire/message.h"
#include "util/wire/text_rr.h"

static inline struct dname name_of(struct arena *arena, const char *text)
{
    struct dname name;

    ASSERT(dname_from_text_in(arena, text, &name) == STATUS_OK);
    return name;
}

static inline struct question question_of(struct arena *arena, const char *name, uint16_t type)
{
    return (struct question){name_of(arena, name), type, CLASS_IN};
}

/** One record a line, all of one owner and type; RRSIG lines become signatures. Received at
 * now_s. */
static inline struct rrset *set_of(struct arena *arena, const char *lines, enum trust trust,
                                   int64_t now_s)
{
    struct slice rdata[16];
    struct rrset_parts parts = {.trust = trust, .now_s = now_s, .rdata = rdata};
    char *line = arena_text(arena, lines);

    while (line != NULL && *line != '\0') {
        char *end = strchr(line, '\n');
        struct text_rr record;

        if (end != NULL)
            *end++ = '\0';
        ASSERT(text_rr_read(line, NULL, 0, false, arena, &record, NULL) == STATUS_OK);
        ASSERT(parts.rr_count + parts.rrsig_count < 16);
        rdata[parts.rr_count + parts.rrsig_count] = record.rdata;
        if (record.type == TYPE_RRSIG) {
            parts.rrsig_count++;
        } else {
            parts.rr_count++;
            parts.owner = record.owner;
            parts.type = record.type;
            parts.rrclass = record.rrclass;
            parts.ttl_s = record.ttl_s;
        }
        line = end;
    }
    return rrset_in(arena, &parts);
}

#endif
