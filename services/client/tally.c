/*
 * tally.c - tables of what is counted apart.
 *
 * Called by visit.c and request.c; the tables are read by lane.c for every question.
 */
#include "services/client/tally.h"

#include "util/wire/types.h"

const uint8_t type_groups[256] = {
#define TYPE_GROUP(name) [TYPE_##name] = GROUP_##name,
#include "services/client/type_group.def"
#undef TYPE_GROUP
};

static const char *const group_words[] = {
    "others",
#define TYPE_GROUP(name) #name,
#include "services/client/type_group.def"
#undef TYPE_GROUP
};

static const char *const drop_words[] = {
#define DROP(name, word) word,
#include "services/client/drop.def"
#undef DROP
};

const char *type_group_word(enum type_group group)
{
    return group_words[group];
}

const char *drop_cause_word(enum drop_cause cause)
{
    return drop_words[cause];
}

void tally_reasons(uint64_t counts[TALLY_EDES], const struct reasons *reasons, size_t most)
{
    for (size_t i = 0; i < reasons->count && i < most; i++)
        counts[size_min(reasons->item[i].code, TALLY_EDES - 1)]++;
}
