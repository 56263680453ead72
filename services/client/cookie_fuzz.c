/*
 * cookie_fuzz.c - a file of secrets is any text, a cookie any octets: what is read is what was
 * meant, and nobody guesses a cookie.
 */
#include "services/client/cookie.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_file(const char *text)
{
    struct cookie_secrets secrets, again;
    char hex[COOKIE_SECRETS_MAX * COOKIE_SECRET_TEXT_MAX + 1] = "";
    int line = 0;

    if (cookie_secrets_from_text(text, &secrets, &line) != STATUS_OK)
        return;
    ASSERT(secrets.count <= COOKIE_SECRETS_MAX && line >= 1);
    for (size_t i = 0; i < secrets.count; i++) {
        cookie_secret_to_text(&secrets.item[i], hex + i * COOKIE_SECRET_TEXT_MAX);
        hex[(i + 1) * COOKIE_SECRET_TEXT_MAX - 1] = '\n';
    }
    ASSERT(cookie_secrets_from_text(hex, &again, &line) == STATUS_OK);
    ASSERT(again.count == secrets.count &&
           memcmp(again.item, secrets.item, secrets.count * sizeof(secrets.item[0])) == 0);
}

static void try_cookie(struct slice shown)
{
    static const struct cookie_secrets secrets = {2, {{{1, 2, 3}}, {{4, 5, 6}}}};
    const uint8_t host[4] = {192, 0, 2, 1};
    struct addr client = addr_ip4(host, 53);
    uint8_t answer[COOKIE_SIZE];
    enum cookie_verdict verdict = cookie_judge(&secrets, shown, &client, 1000000, answer);

    ASSERT(verdict != COOKIE_GOOD);
    /* What we answer is good, and sent back as it is. */
    if (verdict == COOKIE_CLIENT_ONLY || verdict == COOKIE_BAD) {
        uint8_t next[COOKIE_SIZE];

        ASSERT(cookie_judge(&secrets, slice_of(answer, sizeof(answer)), &client, 1000001,
                            next) == COOKIE_GOOD);
        ASSERT(memcmp(answer, next, sizeof(next)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    if (text == NULL)
        return 0;
    if (size != 0)
        memcpy(text, data, size);
    text[size] = '\0';
    try_file(text);
    try_cookie(slice_of(text, size));
    free(text);
    return 0;
}
