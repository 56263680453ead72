/*
 * reasons.h - why an answer is as it is: the Extended DNS Errors that go with it.
 *
 * At most four, in order: root cause, evidence, summary (grammar in doc/EDE.md). Texts live in the
 * arena of whoever made them; the message cache packs them with its entry.
 */
#ifndef TREESHREW_SERVICES_CACHE_REASONS_H
#define TREESHREW_SERVICES_CACHE_REASONS_H

#include "util/wire/edns.h"

enum { REASONS_MAX = EDE_MAX };

struct reason {
    uint16_t code;
    const char *text; /* NUL-terminated, at most EDE_TEXT_MAX octets, "" for none */
};

struct reasons {
    uint8_t count;
    struct reason item[REASONS_MAX];
};

#endif
