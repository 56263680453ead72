/*
 * sentinel.c - the label and the anchors of the root; see the header for the rule.
 */
#include "validator/sentinel.h"

#include <string.h>

#include "util/text.h"
#include "validator/zone_keys.h"

enum { TAG_DIGITS = 5 }; /* RFC 8509 section 2.1: decimal, with leading zeros */

/* The label behind the words; false: another label. */
static bool read_tag(struct dname name, const char *words, uint16_t *tag)
{
    size_t size = strlen(words);
    char label[DNAME_LABEL_MAX + 1];
    uint64_t number;

    if (name.labels == 0 || name.wire[0] != size + TAG_DIGITS)
        return false;
    for (size_t i = 0; i < name.wire[0]; i++)
        label[i] = text_lower((char)name.wire[i + 1]);
    label[name.wire[0]] = '\0';
    if (strncmp(label, words, size) != 0 ||
        text_read_u64(label + size, UINT16_MAX, &number) != STATUS_OK)
        return false;
    *tag = (uint16_t)number;
    return true;
}

static bool is_trusted(const struct anchors *anchors, uint16_t rrclass, uint16_t tag)
{
    const struct anchor *root = anchors_of(anchors, dname_root, rrclass);
    struct ds ds;

    if (root == NULL)
        return false;
    for (size_t i = 0; root->ds != NULL && i < root->ds->rr_count; i++)
        if (ds_read(rrset_rdata(root->ds, i), &ds) && ds.tag == tag)
            return true;
    for (size_t i = 0; root->keys != NULL && i < root->keys->rr_count; i++)
        if (dnskey_tag(rrset_rdata(root->keys, i)) == tag)
            return true;
    return false;
}

bool sentinel_refuses(const struct anchors *anchors, const struct question *question)
{
    uint16_t tag;

    if (question->qtype != TYPE_A && question->qtype != TYPE_AAAA)
        return false;
    if (read_tag(question->qname, "root-key-sentinel-is-ta-", &tag))
        return !is_trusted(anchors, question->qclass, tag);
    return read_tag(question->qname, "root-key-sentinel-not-ta-", &tag) &&
           is_trusted(anchors, question->qclass, tag);
}
