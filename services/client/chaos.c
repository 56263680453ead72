/*
 * chaos.c - the few names of class CH that a server answers about itself.
 *
 * Called by request.c for questions of that class; nothing of it ever goes upstream.
 */
#include "services/client/chaos.h"

#include <string.h>

#include "config.h"

static const char program[] = PACKAGE_NAME " " PACKAGE_VERSION;
static const char nameless[] = PACKAGE_NAME;

/* As they stand in a question: uncompressed wire form. */
#define NAME_VERSION_BIND   "\7version\4bind"
#define NAME_VERSION_SERVER "\7version\6server"
#define NAME_ID_SERVER      "\2id\6server"
#define NAME_HOSTNAME_BIND  "\10hostname\4bind"
#define NAME_TRUSTANCHOR    "\13trustanchor\7unbound"

enum { STRING_MAX = 255, ANCHORS_MAX = 32 };

static bool is(const struct question *question, const char *wire)
{
    return dname_equal(question->qname, dname_of_wire((const uint8_t *)wire));
}

/* @return NULL: not told. */
static const char *text_for(const struct client_options *options,
                            const struct question *question)
{
    if (is(question, NAME_VERSION_BIND) || is(question, NAME_VERSION_SERVER)) {
        if (options->hide_version)
            return NULL;
        return options->version != NULL && options->version[0] != '\0' ? options->version
                                                                       : program;
    }
    if (is(question, NAME_ID_SERVER) || is(question, NAME_HOSTNAME_BIND)) {
        if (options->hide_identity)
            return NULL;
        return options->identity != NULL && options->identity[0] != '\0' ? options->identity
                                                                         : nameless;
    }
    return NULL;
}

/* RFC 1035 section 3.3.14: one string of at most 255 octets. @return an empty slice: no memory.
 */
static struct slice string_of(struct slice text, struct arena *arena)
{
    size_t size = size_min(text.size, STRING_MAX);
    uint8_t *octets = arena_bytes(arena, size + 1);

    if (octets == NULL)
        return slice_of(NULL, 0);
    octets[0] = (uint8_t)size;
    memcpy(octets + 1, text.data, size);
    return slice_of(octets, size + 1);
}

/* One record for each anchor. */
static size_t tell_anchors(const struct env *env, struct arena *arena,
                           struct slice rdata[ANCHORS_MAX])
{
    uint8_t octets[STRING_MAX];
    size_t count = 0;

    while (count < ANCHORS_MAX) {
        struct sink text = sink_of(octets, sizeof(octets));

        if (!env->trust_text(env, count, &text))
            break;
        rdata[count++] = string_of(sink_written(&text), arena);
    }
    return count;
}

/* @return how many records; 0: nothing is told. */
static size_t tell(const struct client_options *options, const struct env *env,
                   const struct question *question, struct arena *arena,
                   struct slice rdata[ANCHORS_MAX])
{
    const char *text = text_for(options, question);

    if (question->qtype != TYPE_TXT && question->qtype != TYPE_ANY)
        return 0;
    if (is(question, NAME_TRUSTANCHOR) && !options->hide_trustanchor && env->trust_text != NULL)
        return tell_anchors(env, arena, rdata);
    if (text == NULL)
        return 0;
    rdata[0] = string_of(slice_of(text, strlen(text)), arena);
    return 1;
}

uint16_t chaos_answer(const struct client_options *options, const struct env *env,
                      const struct question *question, struct arena *arena, struct message *out)
{
    struct slice rdata[ANCHORS_MAX];
    size_t count = tell(options, env, question, arena, rdata);
    struct rrset_parts parts = {.owner = question->qname,
                                .type = TYPE_TXT,
                                .rrclass = CLASS_CH,
                                .now_s = world_now_s(env->world),
                                .trust = TRUST_CONFIGURED,
                                .rdata = rdata,
                                .rr_count = (uint16_t)count};

    if (count == 0)
        return RCODE_REFUSED;
    for (size_t i = 0; i < count; i++)
        if (rdata[i].size == 0)
            return RCODE_SERVFAIL;
    out->rrsets = ARENA_ARRAY(arena, const struct rrset *, 1);
    if (out->rrsets == NULL || (out->rrsets[0] = rrset_in(arena, &parts)) == NULL)
        return RCODE_SERVFAIL;
    out->count[SECTION_ANSWER] = 1;
    out->count[SECTION_AUTHORITY] = out->count[SECTION_ADDITIONAL] = 0;
    out->rcode = RCODE_NOERROR;
    return RCODE_NOERROR;
}
