/*
 * upstream.c - words for the verdicts of the seam upstream.h.
 */
#include "services/upstream/upstream.h"

const char *upstream_verdict_word(enum upstream_verdict verdict)
{
    switch (verdict) {
    case UPSTREAM_ANSWERED: return "answered";
    case UPSTREAM_TIMEOUT: return "timeout";
    case UPSTREAM_NET_ERROR: return "net-error";
    case UPSTREAM_TLS_ERROR: return "tls-error";
    case UPSTREAM_MALFORMED: return "malformed";
    case UPSTREAM_TC_NO_TCP: return "tc-no-tcp";
    case UPSTREAM_LIMIT: return "limit";
    case UPSTREAM_NO_RESOURCE: return "no-resource";
    }
    return "unknown";
}
