/*
 * tally.h - kinds of questions and answers that are counted apart.
 *
 * Used by the serving of clients, which counts, and by whoever shows the counts. Few kinds, so
 * that the numbers stay few whatever strangers ask.
 */
#ifndef TREESHREW_SERVICES_CLIENT_TALLY_H
#define TREESHREW_SERVICES_CLIENT_TALLY_H

#include "services/cache/reasons.h"

enum type_group {
    GROUP_OTHERS,
#define TYPE_GROUP(name) GROUP_##name,
#include "services/client/type_group.def"
#undef TYPE_GROUP
    TYPE_GROUPS
};

enum drop_cause {
#define DROP(name, word) DROP_##name,
#include "services/client/drop.def"
#undef DROP
    DROP_CAUSES
};

/* EDE codes that are counted each; the last stands for all further ones. */
enum { TALLY_EDES = 35 };

extern const uint8_t type_groups[256];

static inline enum type_group type_group_of(uint16_t type)
{
    return type < COUNT(type_groups) ? (enum type_group)type_groups[type] : GROUP_OTHERS;
}

/** "A", "others". */
const char *type_group_word(enum type_group group);
const char *drop_cause_word(enum drop_cause cause);

/** Adds one for each of the first `most` reasons. */
void tally_reasons(uint64_t counts[TALLY_EDES], const struct reasons *reasons, size_t most);

#endif
