/*
 * anchor_fetch.h - one file over HTTPS.
 *
 * Called by shrew-anchor for root-anchors.xml and root-anchors.p7s. What it brings is believed
 * for its CMS signature only; the server's certificate is looked at and told about, but does
 * not decide: on a machine that has no CA certificates yet, the anchors can still be had.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_FETCH_H
#define TREESHREW_TOOLS_ANCHOR_FETCH_H

#include "tools/anchor_http.h"
#include "tools/anchor_net.h"

struct fetch_from {
    const struct http_url *url; /* of a folder */
    const struct addr *addrs;   /* of its host, tried in turn */
    size_t addr_count;
    int64_t time_ms; /* most that one file may take, all addresses together */
    /** Told what happened on the way: failures of one address, doubts about a certificate. */
    void (*tell)(void *context, const char *words);
    void *context;
};

/**
 * Fetches a file of the folder.
 * @param why what became of the last address; in the arena or static.
 * @return STATUS_SYSTEM: nobody could be reached, or said something other than 200;
 *         STATUS_MALFORMED, STATUS_LIMIT: no sound reply; STATUS_NO_MEMORY.
 */
enum status fetch_file(const struct fetch_from *from, const char *name, size_t size_max,
                       struct arena *arena, struct slice *body, const char **why);

#endif
