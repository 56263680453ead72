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

uint16_t chaos_answer(const struct client_options *options, const struct question *question,
                      int64_t now_s, struct arena *arena, struct message *out)
{
    const char *text = text_for(options, question);
    uint8_t string[256];
    size_t size;
    struct slice rdata;
    struct rrset_parts parts = {.owner = question->qname,
                                .type = TYPE_TXT,
                                .rrclass = CLASS_CH,
                                .now_s = now_s,
                                .trust = TRUST_CONFIGURED,
                                .rdata = &rdata,
                                .rr_count = 1};

    if (text == NULL || (question->qtype != TYPE_TXT && question->qtype != TYPE_ANY))
        return RCODE_REFUSED;
    size = size_min(strlen(text), sizeof(string) - 1);
    string[0] = (uint8_t)size;
    memcpy(string + 1, text, size);
    rdata = slice_of(string, size + 1);
    out->rrsets = ARENA_ARRAY(arena, const struct rrset *, 1);
    if (out->rrsets == NULL || (out->rrsets[0] = rrset_in(arena, &parts)) == NULL)
        return RCODE_SERVFAIL;
    out->count[SECTION_ANSWER] = 1;
    out->count[SECTION_AUTHORITY] = out->count[SECTION_ADDITIONAL] = 0;
    out->rcode = RCODE_NOERROR;
    return RCODE_NOERROR;
}
