/*
 * anchor_words.c - a trust anchor as a line of text.
 *
 * Called through lib/resolver where clients ask whom we trust. Looks only.
 */
#include "validator/anchor_words.h"

#include <stdio.h>
#include <string.h>

#include "validator/zone_keys.h"

enum { TAGS_MAX = 32, TAG_TEXT_MAX = 8 };

static void note_tag(uint16_t tags[TAGS_MAX], size_t *count, uint16_t tag)
{
    for (size_t i = 0; i < *count; i++)
        if (tags[i] == tag)
            return;
    if (*count < TAGS_MAX)
        tags[(*count)++] = tag;
}

static size_t tags_of(const struct anchor *anchor, uint16_t tags[TAGS_MAX])
{
    size_t count = 0;
    struct dnskey key;
    struct ds ds;

    for (size_t i = 0; anchor->ds != NULL && i < anchor->ds->rr_count; i++)
        if (ds_read(rrset_rdata(anchor->ds, i), &ds))
            note_tag(tags, &count, ds.tag);
    for (size_t i = 0; anchor->keys != NULL && i < anchor->keys->rr_count; i++)
        if (dnskey_read(rrset_rdata(anchor->keys, i), &key))
            note_tag(tags, &count, key.tag);
    return count;
}

bool anchor_words(const struct anchors *anchors, size_t index, struct sink *out)
{
    const struct anchor *anchor;
    char name[DNAME_TEXT_MAX], number[TAG_TEXT_MAX];
    uint16_t tags[TAGS_MAX];
    size_t count;

    if (index >= anchors_count(anchors))
        return false;
    anchor = anchors_at(anchors, index);
    count = tags_of(anchor, tags);
    dname_to_text(anchor->zone, name);
    sink_bytes(out, slice_of(name, strlen(name)));
    for (size_t i = 0; i < count; i++) {
        int size = snprintf(number, sizeof(number), " %u", tags[i]);

        sink_bytes(out, slice_of(number, (size_t)size));
    }
    return true;
}
