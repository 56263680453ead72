/*
 * http_ask_fuzz.c - a request is judged the same whatever comes behind it, and the page is
 * given to GET alone.
 */
#include <string.h>

#include "lib/http_ask.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes = slice_of(data, size);
    enum http_verdict verdict = http_ask_read(bytes, "/metrics", false);

    ASSERT(verdict < HTTP_VERDICTS && verdict != HTTP_UNAVAILABLE);
    if (verdict == HTTP_PAGE) {
        ASSERT(size > 21 && memcmp(data, "GET /metrics", 12) == 0);
        ASSERT(http_ask_read(bytes, "/metrics", true) == HTTP_PAGE);
        ASSERT(http_ask_read(bytes, "/other", false) == HTTP_NO_PAGE);
    }
    for (size_t i = 0; i + 1 < size; i++) /* whole once, whole for good */
        if (http_ask_is_whole(slice_of(data, i)) == 1) {
            ASSERT(http_ask_is_whole(bytes) == 1);
            break;
        }
    return 0;
}
