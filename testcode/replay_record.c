/*
 * replay_record.c - a record of a scenario, read a second time where it breaks its type's
 * rules.
 *
 * The line is taken apart into owner, TTL, class, type and the rest, and put together in a form
 * that the strict reader takes; what it cannot know (class, type, the missing octets) is set
 * afterwards.
 */
#include "testcode/replay_record.h"

#include <string.h>

#include "testcode/replay_lines.h"

/* The head of a line; data is what stands behind the type. */
struct head {
    const char *owner, *ttl, *data;
    uint16_t rrclass, type;
};

/* An unknown type, as which data in hex is read without being checked. */
enum { TYPE_UNCHECKED = 65280 };

static bool read_head(const char *line, struct arena *arena, struct head *head)
{
    uint64_t seconds;
    char *word;

    *head = (struct head){.ttl = "", .rrclass = CLASS_IN};
    head->owner = word_next(&line, arena);
    while ((word = word_next(&line, arena)) != NULL) {
        if (text_read_u64(word, UINT32_MAX, &seconds) == STATUS_OK)
            head->ttl = word;
        else if (rrclass_from_text(word, &head->rrclass) == STATUS_OK)
            continue;
        else if (rrtype_from_text(word, &head->type) == STATUS_OK)
            break;
        else
            return false;
    }
    head->data = line + strspn(line, " \t");
    return head->owner != NULL && word != NULL;
}

static char *without_quotes(const char *data, struct arena *arena)
{
    char *copy = arena_text(arena, data), *to = copy;

    if (copy == NULL)
        return NULL;
    for (const char *at = copy; *at != '\0'; at++)
        if (*at != '\'')
            *to++ = *at;
    *to = '\0';
    return copy;
}

enum status replay_record_read(const char *line, const struct dname *origin, uint32_t ttl_s,
                               bool allow_bare, struct arena *arena, struct text_rr *out,
                               const char **why)
{
    enum status status = text_rr_read(line, origin, ttl_s, allow_bare, arena, out, why);
    char type[TYPE_TEXT_MAX];
    const char *data, *filling = "", *again;
    struct head head;
    bool unchecked;

    if (status != STATUS_MALFORMED || !read_head(line, arena, &head))
        return status;
    unchecked = strncmp(head.data, "\\#", 2) == 0;
    data = head.type == TYPE_RRSIG ? without_quotes(head.data, arena) : head.data;
    rrtype_to_text(unchecked ? TYPE_UNCHECKED : head.type, type);
    for (int try = 0; try < 2; try++) {
        again = arena_printf(arena, "%s %s IN %s %s%s", head.owner, head.ttl, type,
                             data != NULL ? data : "", filling);
        if (again == NULL)
            return STATUS_NO_MEMORY;
        if (text_rr_read(again, origin, ttl_s, allow_bare, arena, out, NULL) == STATUS_OK) {
            out->type = head.type;
            out->rrclass = head.rrclass;
            out->rdata.size -= try;
            return STATUS_OK;
        }
        if (head.type != TYPE_RRSIG)
            break;
        filling = " AA=="; /* one octet, taken away again: a signature of none */
    }
    return status;
}
