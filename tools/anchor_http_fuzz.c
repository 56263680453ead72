/*
 * anchor_http_fuzz.c - replies of web servers, whole and in halves, and URLs.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/anchor_http.h"

enum { BODY_MAX = 1000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is said of a beginning stays true, whatever comes behind it. */
static void check_reply(struct slice octets, struct arena *arena)
{
    struct http_reply half, whole, ended;
    const char *why;
    enum status of_half = http_reply_read(slice_of(octets.data, octets.size / 2), false,
                                          BODY_MAX, arena, &half, &why);
    enum status of_whole = http_reply_read(octets, false, BODY_MAX, arena, &whole, &why);
    enum status at_end = http_reply_read(octets, true, BODY_MAX, arena, &ended, &why);

    ASSERT(of_half == STATUS_NOT_FOUND || of_half == of_whole);
    ASSERT(of_whole == STATUS_NOT_FOUND || of_whole == at_end);
    ASSERT(at_end != STATUS_NOT_FOUND && why != NULL);
    ASSERT(at_end != STATUS_OK || (ended.code >= 200 && ended.body.size <= BODY_MAX));
    if (of_half == STATUS_OK)
        ASSERT(slice_equal(half.body, whole.body) && half.code == whole.code);
    if (of_whole == STATUS_OK)
        ASSERT(slice_equal(whole.body, ended.body) && whole.code == ended.code);
}

/* A URL that is read is the same when it is written and read again. */
static void check_url(struct slice octets, struct arena *arena)
{
    char *text = arena_alloc(arena, octets.size + 1);
    struct http_url url, again;
    const char *why;

    if (octets.size > 0)
        memcpy(text, octets.data, octets.size);
    if (http_url_read(text, arena, &url, &why) != STATUS_OK)
        return;
    ASSERT(http_url_read(http_url_text(&url, "", arena), arena, &again, &why) == STATUS_OK);
    ASSERT(strcmp(url.host, again.host) == 0 && strcmp(url.path, again.path) == 0 &&
           url.port == again.port);
    ASSERT(strspn(http_request(&url, "x", arena) + 4, "\r\n ") == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(0);

    check_reply(slice_of(data, size), arena);
    check_url(slice_of(data, size), arena);
    arena_free(arena);
    return 0;
}
