/*
 * asker_fuzz.c - a client's message is any octets: what is read of it is well-formed, or
 * nothing is.
 */
#include "services/client/asker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int stream = 0; stream < 2; stream++) {
        struct arena *arena = arena_new(65536);
        struct asker asker;
        enum asker_fate fate = asker_read(
            slice_of(data, size), stream ? TRANSPORT_TCP : TRANSPORT_UDP, arena, &asker);

        /* RFC 8906: silence only for what has no header and for answers. */
        ASSERT((fate == ASKER_DROP) == (size < HEADER_SIZE || (data[2] & 0x80) != 0));
        ASSERT(fate != ASKER_GOOD || (asker.has_question && asker.opcode == OPCODE_QUERY));
        if (asker.has_question) {
            struct cursor in =
                cursor_of(slice_of(asker.question.qname.wire, asker.question.qname.size));
            struct dname name;

            ASSERT(dname_read_plain(&in, &name) == STATUS_OK && cursor_left(&in) == 0);
        }
        ASSERT(asker.udp_size >= 512 || fate == ASKER_DROP);
        ASSERT(asker.has_edns || asker.cookie_shown.data == NULL);
        arena_free(arena);
    }
    return 0;
}
