/*
 * message_of.c - text to sections; a mistake in a test's text ends the test at once.
 */
#include "testcode/message_of.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/wire/text_rr.h"

enum { SETS_MAX = 64, RECORDS_MAX = 64, LINE_MAX_ = 512 };

static _Noreturn void broken(const char *text)
{
    fprintf(stderr, "broken text in a test: %s\n", text);
    abort();
}

struct dname name_of(struct arena *arena, const char *text)
{
    struct dname name;

    if (dname_from_text_in(arena, text, &name) != STATUS_OK)
        broken(text);
    return name;
}

struct question question_of(struct arena *arena, const char *text)
{
    char owner[LINE_MAX_], type[LINE_MAX_];
    struct question question = {.qclass = CLASS_IN};

    if (sscanf(text, "%500s %500s", owner, type) != 2 ||
        rrtype_from_text(type, &question.qtype) != STATUS_OK)
        broken(text);
    question.qname = name_of(arena, owner);
    return question;
}

struct collector {
    struct arena *arena;
    struct message *message;
    const struct rrset *sets[SETS_MAX];
    enum section section;
    struct rrset_parts parts;
    struct slice rdata[RECORDS_MAX];
};

static void flush(struct collector *collector)
{
    if (collector->parts.rr_count == 0)
        return;
    collector->parts.rdata = collector->rdata;
    collector->sets[message_rrsets(collector->message)] =
        rrset_in(collector->arena, &collector->parts);
    collector->message->count[collector->section]++;
    collector->parts.rr_count = 0;
}

static void add_line(struct collector *collector, const char *line)
{
    struct rrset_parts *parts = &collector->parts;
    struct text_rr record;

    if (text_rr_read(line, NULL, 3600, false, collector->arena, &record, NULL) != STATUS_OK)
        broken(line);
    if (parts->rr_count != 0 &&
        (parts->type != record.type || !dname_equal(parts->owner, record.owner)))
        flush(collector);
    parts->owner = record.owner;
    parts->type = record.type;
    parts->rrclass = record.rrclass;
    parts->ttl_s = record.ttl_s;
    collector->rdata[parts->rr_count++] = record.rdata;
}

struct message *message_of(struct arena *arena, const char *question, uint16_t rcode,
                           uint16_t flags, const char *records)
{
    struct collector collector = {.arena = arena, .section = SECTION_ANSWER};
    struct message *message = ARENA_NEW(arena, struct message);
    char *text = arena_text(arena, records), *rest = NULL;
    size_t bytes;

    collector.message = message;
    message->flags = flags | FLAG_QR;
    message->rcode = rcode;
    message->has_question = true;
    message->question = question_of(arena, question);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strcmp(line, "authority") == 0 || strcmp(line, "additional") == 0) {
            flush(&collector);
            collector.section = line[1] == 'u' ? SECTION_AUTHORITY : SECTION_ADDITIONAL;
        } else {
            add_line(&collector, line);
        }
    }
    flush(&collector);
    bytes = message_rrsets(message) * sizeof(*message->rrsets);
    message->rrsets = ARENA_ARRAY(arena, const struct rrset *, message_rrsets(message) + 1);
    memcpy(message->rrsets, collector.sets, bytes);
    return message;
}
