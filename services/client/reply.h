/*
 * reply.h - an answer and the one who asked, made into the octets that go out.
 *
 * Called by request.c at the end of every question. What goes in is the same whether the answer
 * came from local data, the cache, the mesh or is an error; so
 * what comes out can be kept as a memo (memo.h).
 */
#ifndef TREESHREW_SERVICES_CLIENT_REPLY_H
#define TREESHREW_SERVICES_CLIENT_REPLY_H

#include "services/cache/reasons.h"
#include "services/client/asker.h"
#include "services/client/client_options.h"
#include "util/wire/message.h"

/** What is the same for all answers of one configuration. */
struct reply_style {
    const struct client_options *options;
    uint16_t edns_size; /* the size that we offer (edns-buffer-size) */
    struct slice nsid;  /* empty: none */
    bool original_ttl;  /* serve-original-ttl */
};

/** What is to be told. */
struct reply {
    uint16_t rcode;
    bool authoritative;     /* AA: local data */
    bool no_recursion;      /* RA stays clear: whoever asked may not use us */
    bool truncated;         /* TC whatever the size: come back by TCP */
    bool late;              /* comes late to an address that may be forged: keep it small */
    enum security security; /* AD follows from it */
    const struct message *message; /* sections; NULL: none */
    const struct reasons *reasons; /* NULL: none */
    int64_t now_s;
    struct message_marks *marks; /* for who keeps what is written; NULL: nobody */
};

/**
 * Writes the answer.
 *
 * Question in the client's letter case; RD and CD copied; AD only for secure answers and who
 * asked for it (RFC 6840 section 5.8); OPT only for those who sent one; sections cut down as
 * minimal-responses and RFC 8482 have it; TC by the client's size.
 *
 * @param arena scratch, for what lives no longer than the call.
 * @return STATUS_NO_MEMORY; STATUS_NO_SPACE: `out` is smaller than question and OPT.
 */
enum status reply_write(const struct reply_style *style, const struct asker *asker,
                        const struct reply *reply, struct arena *arena, struct sink *out);

/** The option nsid: hex digits, or text behind "ascii_". STATUS_MALFORMED, STATUS_NO_SPACE. */
enum status reply_nsid_from_text(const char *text, struct sink *out);

#endif
