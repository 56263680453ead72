/*
 * msg_fuzz.c - a message from any octets: read, written and read again it must be the same.
 *
 * Letter case of names may change where compression makes it; everything else may not. What
 * would not fit a packet without compression is only read and written, since then things may be
 * left out. Another round with a short packet shows that cutting never gives a malformed
 * message.
 */
#include <string.h>

#include "util/wire/message.h"
#include "util/wire/rdata.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t plain_size(const struct message *message)
{
    size_t size = 4096; /* header, question, OPT without the longest options */

    for (size_t i = 0; i < message_rrsets(message); i++) {
        const struct rrset *set = message->rrsets[i];

        size += set->size_bytes +
                (10u + set->owner_size) * ((size_t)set->rr_count + set->rrsig_count);
    }
    for (size_t i = 0; i < message->edns.option_count; i++)
        size += message->edns.options[i].data.size;
    return size;
}

static void check_same_set(const struct rrset *a, const struct rrset *b)
{
    ASSERT(rrset_is(b, rrset_owner(a), a->type, a->rrclass) && a->ttl_s == b->ttl_s);
    ASSERT(a->rr_count == b->rr_count && a->rrsig_count == b->rrsig_count);
    for (size_t i = 0; i < a->rr_count; i++)
        ASSERT(rdata_compare(rrset_rdata(a, i), rrset_rdata(b, i), a->type) == 0);
    for (size_t i = 0; i < a->rrsig_count; i++)
        ASSERT(slice_equal(rrset_rrsig(a, i), rrset_rrsig(b, i)));
}

static void check_same(const struct message *a, const struct message *b)
{
    ASSERT(a->id == b->id && a->flags == b->flags && a->opcode == b->opcode);
    ASSERT(a->has_question == b->has_question && question_equal(&a->question, &b->question));
    ASSERT(slice_equal(slice_of(a->question.qname.wire, a->question.qname.size),
                       slice_of(b->question.qname.wire, b->question.qname.size)));
    ASSERT(memcmp(a->count, b->count, sizeof(a->count)) == 0 && a->rcode == b->rcode);
    for (size_t i = 0; i < message_rrsets(a); i++)
        check_same_set(a->rrsets[i], b->rrsets[i]);
    ASSERT(a->edns.present == b->edns.present && a->edns.option_count == b->edns.option_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t written[MESSAGE_MAX];
    struct message_write how = {.dnssec_ok = true, .size_max = MESSAGE_MAX};
    struct arena *arena = arena_new(0);
    struct sink out = sink_of(written, sizeof(written));
    struct message message, again;

    if (arena == NULL || message_read(slice_of(data, size), arena, 0, &message) != STATUS_OK) {
        arena_free(arena);
        return 0;
    }
    if (message_write(&message, &how, &out) == STATUS_OK) {
        ASSERT(message_read(sink_written(&out), arena, 0, &again) == STATUS_OK);
        if (plain_size(&message) <= MESSAGE_MAX)
            check_same(&message, &again);
    }
    how.size_max = (uint16_t)(size / 2);
    out = sink_of(written, sizeof(written));
    if (message_write(&message, &how, &out) == STATUS_OK) {
        ASSERT(out.used <= how.size_max);
        ASSERT(message_read(sink_written(&out), arena, 0, &again) == STATUS_OK);
    }
    arena_free(arena);
    return 0;
}
