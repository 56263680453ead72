/*
 * overlay.c - the list of what was set at run time, with one step of undo.
 *
 * Called by the daemon's commands and by options_overlay.c. An entry is one piece of memory. A
 * change only marks what it takes back; overlay_commit lets it go, overlay_roll_back lets go
 * what was added.
 */
#include "lib/overlay.h"

#include <stdlib.h>
#include <string.h>

void overlay_init(struct overlay *overlay)
{
    list_init(&overlay->statements);
    for (size_t i = 0; i < OVERLAY_BUCKETS; i++)
        list_init(&overlay->named[i]);
    list_init(&overlay->hidings);
    overlay->entries = 0;
    overlay->leaving = 0;
    overlay->size_bytes = 0;
}

static void drop_statement(struct overlay_statement *statement)
{
    list_remove(&statement->link);
    list_remove(&statement->named);
    free(statement);
}

static void drop_hiding(struct overlay_hiding *hiding)
{
    list_remove(&hiding->link);
    free(hiding);
}

void overlay_clear(struct overlay *overlay)
{
    LIST_EACH(&overlay->statements, link)
    drop_statement(CONTAINER_OF(link, struct overlay_statement, link));
    LIST_EACH(&overlay->hidings, link)
    drop_hiding(CONTAINER_OF(link, struct overlay_hiding, link));
    overlay_init(overlay);
}

/* Only root and the daemon's own set anything: the hash needs no secret. */
static size_t bucket_of(struct dname name)
{
    return (size_t)(dname_hash(name, (struct hash_key){0, 0}) % OVERLAY_BUCKETS);
}

/* Names first: of thousands of records that is where they differ. */
bool overlay_same_subject(const struct overlay_subject *one,
                          const struct overlay_subject *other)
{
    return one->has_name == other->has_name &&
           (!one->has_name || dname_equal(one->name, other->name)) &&
           strcmp(one->option, other->option) == 0 && strcmp(one->section, other->section) == 0;
}

/* True for what the subject speaks of, a whole option included. */
static bool covers(const struct overlay_subject *subject, const struct overlay_subject *one)
{
    struct overlay_subject whole = *one;

    if (!subject->has_name)
        whole.has_name = false;
    return overlay_same_subject(subject, &whole);
}

/* ---- room ---- */

static enum status take_room(struct overlay *overlay, size_t size_bytes)
{
    if (overlay->entries >= OVERLAY_ENTRIES_MAX ||
        size_bytes > OVERLAY_BYTES_MAX - overlay->size_bytes)
        return STATUS_LIMIT;
    overlay->entries++;
    overlay->size_bytes += size_bytes;
    return STATUS_OK;
}

static void give_room(struct overlay *overlay, size_t size_bytes)
{
    overlay->entries--;
    overlay->size_bytes -= size_bytes;
}

/* What was leaving stays after all; what took its room is gone by then, or goes in the same
 * step. */
static void come_back(struct overlay *overlay, size_t size_bytes)
{
    overlay->entries++;
    overlay->size_bytes += size_bytes;
}

/* ---- adding ---- */

static char *pack_text(char **at, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = *at;

    memcpy(copy, text, size);
    *at += size;
    return copy;
}

static size_t subject_size(const struct overlay_subject *subject)
{
    return strlen(subject->section) + strlen(subject->option) + 2 +
           (subject->has_name ? subject->name.size : 0);
}

static struct overlay_subject pack_subject(char **at, const struct overlay_subject *subject)
{
    struct overlay_subject copy = *subject;

    if (subject->has_name) {
        memcpy(*at, subject->name.wire, subject->name.size);
        copy.name = dname_of_wire((const uint8_t *)*at);
        *at += subject->name.size;
    }
    copy.section = pack_text(at, subject->section);
    copy.option = pack_text(at, subject->option);
    return copy;
}

enum status overlay_add(struct overlay *overlay, const struct overlay_subject *subject,
                        const char *command, const struct overlay_value *values, size_t count)
{
    size_t size = sizeof(struct overlay_statement) + count * sizeof(values[0]) +
                  subject_size(subject) + strlen(command) + 1;
    struct overlay_statement *statement;
    enum status status;
    char *at;

    for (size_t i = 0; i < count; i++)
        size += strlen(values[i].option) + strlen(values[i].text) + 2;
    status = take_room(overlay, size);
    if (status != STATUS_OK)
        return status;
    statement = calloc(1, size);
    if (statement == NULL) {
        give_room(overlay, size);
        return STATUS_NO_MEMORY;
    }
    statement->state = OVERLAY_NEW;
    statement->size_bytes = size;
    statement->count = count;
    at = (char *)&statement->values[count];
    statement->subject = pack_subject(&at, subject);
    statement->command = pack_text(&at, command);
    for (size_t i = 0; i < count; i++) {
        statement->values[i].word = values[i].word;
        statement->values[i].option = pack_text(&at, values[i].option);
        statement->values[i].text = pack_text(&at, values[i].text);
    }
    list_append(&overlay->statements, &statement->link);
    if (subject->has_name)
        list_append(&overlay->named[bucket_of(subject->name)], &statement->named);
    return STATUS_OK;
}

static void leave(struct overlay *overlay, struct overlay_statement *statement)
{
    statement->state = OVERLAY_LEAVING;
    overlay->leaving++;
}

/* The first statement behind `after` (NULL: of all) that the subject speaks of: of a name only
 * its bucket is looked through, in which they stand in the same order. */
static struct overlay_statement *find(const struct overlay *overlay,
                                      const struct overlay_subject *subject,
                                      const struct overlay_statement *after)
{
    const struct list *list =
        subject->has_name ? &overlay->named[bucket_of(subject->name)] : &overlay->statements;
    struct link *link = list->head.after;

    if (after != NULL)
        link = subject->has_name ? after->named.after : after->link.after;
    for (; link != &list->head; link = link->after) {
        struct overlay_statement *statement =
            subject->has_name ? CONTAINER_OF(link, struct overlay_statement, named)
                              : CONTAINER_OF(link, struct overlay_statement, link);

        if (overlay_is_there(statement->state) && covers(subject, &statement->subject))
            return statement;
    }
    return NULL;
}

size_t overlay_take_back(struct overlay *overlay, const struct overlay_subject *subject)
{
    struct overlay_statement *statement = find(overlay, subject, NULL), *next;
    size_t count = 0;

    for (; statement != NULL; statement = next, count++) {
        next = find(overlay, subject, statement);
        give_room(overlay, statement->size_bytes);
        if (statement->state == OVERLAY_NEW)
            drop_statement(statement);
        else
            leave(overlay, statement);
    }
    return count;
}

const struct overlay_statement *overlay_find(const struct overlay *overlay,
                                             const struct overlay_subject *subject,
                                             const struct overlay_statement *after)
{
    return find(overlay, subject, after);
}

/* ---- hiding ---- */

static struct overlay_hiding *find_hiding(const struct overlay *overlay,
                                          const struct overlay_subject *subject)
{
    LIST_EACH(&overlay->hidings, link)
    {
        struct overlay_hiding *hiding = CONTAINER_OF(link, struct overlay_hiding, link);

        if (overlay_same_subject(&hiding->subject, subject))
            return hiding;
    }
    return NULL;
}

enum status overlay_hide(struct overlay *overlay, const struct overlay_subject *subject)
{
    struct overlay_hiding *hiding = find_hiding(overlay, subject);
    size_t size = sizeof(*hiding) + subject_size(subject);
    enum status status;
    char *at;

    if (hiding != NULL && overlay_is_there(hiding->state))
        return STATUS_OK;
    status = take_room(overlay, size);
    if (status != STATUS_OK)
        return status;
    if (hiding != NULL) {
        hiding->state = OVERLAY_KEPT;
        return STATUS_OK;
    }
    hiding = calloc(1, size);
    if (hiding == NULL) {
        give_room(overlay, size);
        return STATUS_NO_MEMORY;
    }
    hiding->state = OVERLAY_NEW;
    hiding->size_bytes = size;
    at = hiding->octets;
    hiding->subject = pack_subject(&at, subject);
    list_append(&overlay->hidings, &hiding->link);
    return STATUS_OK;
}

bool overlay_show(struct overlay *overlay, const struct overlay_subject *subject)
{
    bool was_hidden = false;

    LIST_EACH(&overlay->hidings, link)
    {
        struct overlay_hiding *hiding = CONTAINER_OF(link, struct overlay_hiding, link);

        if (!overlay_is_there(hiding->state) || !covers(subject, &hiding->subject))
            continue;
        was_hidden = true;
        give_room(overlay, hiding->size_bytes);
        if (hiding->state == OVERLAY_NEW)
            drop_hiding(hiding);
        else
            hiding->state = OVERLAY_LEAVING;
    }
    return was_hidden;
}

void overlay_forget_unused(struct overlay *overlay)
{
    LIST_EACH(&overlay->hidings, link)
    {
        struct overlay_hiding *hiding = CONTAINER_OF(link, struct overlay_hiding, link);

        if (!hiding->was_used && overlay_is_there(hiding->state)) {
            give_room(overlay, hiding->size_bytes);
            drop_hiding(hiding);
        }
    }
}

/* ---- the end of a change ---- */

/* What is new stands at the end; statements may be many, so nothing else is looked at. */
static struct overlay_statement *last_new(const struct overlay *overlay)
{
    struct link *link = overlay->statements.head.before;
    struct overlay_statement *statement = CONTAINER_OF(link, struct overlay_statement, link);

    if (link == &overlay->statements.head || statement->state != OVERLAY_NEW)
        return NULL;
    return statement;
}

static void keep_new(struct overlay *overlay)
{
    struct link *link = overlay->statements.head.before;

    for (; link != &overlay->statements.head; link = link->before) {
        struct overlay_statement *statement =
            CONTAINER_OF(link, struct overlay_statement, link);

        if (statement->state != OVERLAY_NEW)
            break;
        statement->state = OVERLAY_KEPT;
    }
}

void overlay_commit(struct overlay *overlay)
{
    keep_new(overlay);
    if (overlay->leaving > 0)
        LIST_EACH(&overlay->statements, link)
        {
            struct overlay_statement *statement =
                CONTAINER_OF(link, struct overlay_statement, link);

            if (!overlay_is_there(statement->state))
                drop_statement(statement);
        }
    overlay->leaving = 0;
    LIST_EACH(&overlay->hidings, link)
    {
        struct overlay_hiding *hiding = CONTAINER_OF(link, struct overlay_hiding, link);

        if (overlay_is_there(hiding->state))
            hiding->state = OVERLAY_KEPT;
        else
            drop_hiding(hiding);
    }
}

void overlay_roll_back(struct overlay *overlay)
{
    struct overlay_statement *fresh;

    while ((fresh = last_new(overlay)) != NULL) {
        give_room(overlay, fresh->size_bytes);
        drop_statement(fresh);
    }
    if (overlay->leaving > 0)
        LIST_EACH(&overlay->statements, link)
        {
            struct overlay_statement *statement =
                CONTAINER_OF(link, struct overlay_statement, link);

            if (statement->state == OVERLAY_LEAVING) {
                come_back(overlay, statement->size_bytes);
                statement->state = OVERLAY_KEPT;
            }
        }
    overlay->leaving = 0;
    LIST_EACH(&overlay->hidings, link)
    {
        struct overlay_hiding *hiding = CONTAINER_OF(link, struct overlay_hiding, link);

        if (hiding->state == OVERLAY_NEW) {
            give_room(overlay, hiding->size_bytes);
            drop_hiding(hiding);
        } else if (hiding->state == OVERLAY_LEAVING) {
            come_back(overlay, hiding->size_bytes);
            hiding->state = OVERLAY_KEPT;
        }
    }
}
