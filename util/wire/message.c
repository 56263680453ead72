/*
 * message.c - looking around in a message; see msg_read.c and msg_write.c for the way in and
 * out.
 */
#include "util/wire/message.h"

bool question_equal(const struct question *a, const struct question *b)
{
    return a->qtype == b->qtype && a->qclass == b->qclass && dname_equal(a->qname, b->qname);
}

const struct rrset *message_find(const struct message *message, enum section section,
                                 struct dname owner, uint16_t type)
{
    size_t count;
    const struct rrset **sets = message_section(message, section, &count);

    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == type && dname_equal(rrset_owner(sets[i]), owner))
            return sets[i];
    return NULL;
}
