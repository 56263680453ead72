/*
 * cookie.c - server cookies after RFC 9018.
 *
 * Called by request.c once for each question that carries a COOKIE option. Pure: secret,
 * address and time come in as arguments.
 */
#include "services/client/cookie.h"

#include <string.h>

#include "util/text.h"

/* RFC 9018 section 4: where the parts of client and server cookie stand. */
enum { AT_VERSION = 8, AT_TIME = 12, AT_HASH = 16, VERSION = 1 };

/* RFC 9018 section 4.3. */
enum { OLD_S = 1800, TOO_OLD_S = 3600, FUTURE_S = 300 };

/* ---- SipHash-2-4: the cookie's form prescribes exactly this one ---- */

struct sip {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static void sip_rounds(struct sip *s, int count)
{
    while (count-- > 0) {
        s->v0 += s->v1;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v2 = rotate(s->v2, 32);
    }
}

static uint64_t little_u32(const uint8_t *at)
{
    return (uint64_t)at[3] << 24 | (uint64_t)at[2] << 16 | (uint64_t)at[1] << 8 | at[0];
}

static uint64_t little_u64(const uint8_t *at)
{
    return little_u32(at + 4) << 32 | little_u32(at);
}

/* The last octets, fewer than eight. */
static uint64_t little_rest(const uint8_t *at, size_t size)
{
    uint64_t value = 0;

    while (size-- > 0)
        value = value << 8 | at[size];
    return value;
}

static void sip_word(struct sip *s, uint64_t word)
{
    s->v3 ^= word;
    sip_rounds(s, 2);
    s->v0 ^= word;
}

static uint64_t siphash24(const struct cookie_secret *secret, const uint8_t *data, size_t size)
{
    uint64_t k0 = little_u64(secret->bytes), k1 = little_u64(secret->bytes + 8);
    struct sip s = {k0 ^ 0x736f6d6570736575u, k1 ^ 0x646f72616e646f6du,
                    k0 ^ 0x6c7967656e657261u, k1 ^ 0x7465646279746573u};
    uint64_t last = (uint64_t)size << 56;

    for (; size >= 8; data += 8, size -= 8)
        sip_word(&s, little_u64(data));
    sip_word(&s, last | little_rest(data, size));
    s.v2 ^= 0xff;
    sip_rounds(&s, 4);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* ---- cookies ---- */

enum status cookie_secret_from_text(const char *hex, struct cookie_secret *out)
{
    struct sink sink = sink_of(out->bytes, sizeof(out->bytes));

    if (text_read_hex(hex, &sink) != STATUS_OK || sink.used != sizeof(out->bytes))
        return STATUS_MALFORMED;
    return STATUS_OK;
}

char *cookie_secret_to_text(const struct cookie_secret *secret,
                            char out[COOKIE_SECRET_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < COOKIE_SECRET_SIZE; i++) {
        out[2 * i] = digits[secret->bytes[i] >> 4];
        out[2 * i + 1] = digits[secret->bytes[i] & 15];
    }
    out[COOKIE_SECRET_TEXT_MAX - 1] = '\0';
    return out;
}

/* One line without its end. An empty one says nothing. */
static enum status read_line(const char *line, size_t size, struct cookie_secrets *out)
{
    static const char blanks[] = " \t\r";
    char hex[COOKIE_SECRET_TEXT_MAX];
    const char *comment = memchr(line, '#', size);

    if (comment != NULL)
        size = (size_t)(comment - line);
    while (size > 0 && strchr(blanks, *line) != NULL) {
        line++;
        size--;
    }
    while (size > 0 && strchr(blanks, line[size - 1]) != NULL)
        size--;
    if (size == 0)
        return STATUS_OK;
    if (size != sizeof(hex) - 1)
        return STATUS_MALFORMED;
    if (out->count == COOKIE_SECRETS_MAX)
        return STATUS_LIMIT;
    memcpy(hex, line, size);
    hex[size] = '\0';
    return cookie_secret_from_text(hex, &out->item[out->count++]);
}

enum status cookie_secrets_from_text(const char *text, struct cookie_secrets *out, int *line)
{
    enum status status = STATUS_OK;

    out->count = 0;
    for (*line = 1; status == STATUS_OK; ++*line) {
        size_t size = strcspn(text, "\n");

        status = read_line(text, size, out);
        if (text[size] == '\0' || status != STATUS_OK)
            break;
        text += size + 1;
    }
    return status;
}

/* Over client cookie, version, reserved, time, and the client's address. */
static void put_hash(const struct cookie_secret *secret, const struct addr *client,
                     uint8_t cookie[COOKIE_SIZE])
{
    uint8_t input[AT_HASH + 16];
    size_t octets = addr_octets(client);
    uint64_t hash;

    memcpy(input, cookie, AT_HASH);
    memcpy(input + AT_HASH, client->bytes, octets);
    hash = siphash24(secret, input, AT_HASH + octets);
    for (size_t i = 0; i < 8; i++)
        cookie[AT_HASH + i] = (uint8_t)(hash >> (8 * i));
}

void cookie_make(const struct cookie_secret *secret,
                 const uint8_t client_cookie[COOKIE_CLIENT_SIZE], const struct addr *client,
                 int64_t wall_s, uint8_t out[COOKIE_SIZE])
{
    memcpy(out, client_cookie, COOKIE_CLIENT_SIZE);
    bytes_put_u32(out + AT_VERSION, (uint32_t)VERSION << 24);
    bytes_put_u32(out + AT_TIME, (uint32_t)wall_s);
    put_hash(secret, client, out);
}

/* Not ending at the first difference, so that the time taken tells nothing. */
static bool same_hash(const uint8_t *a, const uint8_t *b)
{
    unsigned difference = 0;

    for (size_t i = AT_HASH; i < COOKIE_SIZE; i++)
        difference |= a[i] ^ b[i];
    return difference == 0;
}

/* @return which secret it was made with; the number of secrets when with none of them. */
static size_t maker_of(const struct cookie_secrets *secrets, const uint8_t *shown,
                       const struct addr *client)
{
    uint8_t good[COOKIE_SIZE];
    size_t i;

    memcpy(good, shown, COOKIE_SIZE);
    for (i = 0; i < secrets->count; i++) {
        put_hash(&secrets->item[i], client, good);
        if (same_hash(good, shown))
            break;
    }
    return i;
}

enum cookie_verdict cookie_judge(const struct cookie_secrets *secrets, struct slice shown,
                                 const struct addr *client, int64_t wall_s,
                                 uint8_t answer[COOKIE_SIZE])
{
    struct cookie cookie;
    size_t maker;
    int32_t age_s;

    if (shown.data == NULL)
        return COOKIE_ABSENT;
    if (cookie_read(shown, &cookie) != STATUS_OK)
        return COOKIE_MALFORMED;
    cookie_make(&secrets->item[0], cookie.client.data, client, wall_s, answer);
    if (cookie.server.size == 0)
        return COOKIE_CLIENT_ONLY;
    if (shown.size != COOKIE_SIZE || shown.data[AT_VERSION] != VERSION)
        return COOKIE_BAD;
    /* RFC 9018 section 4.3: serial number arithmetic (RFC 1982) on the 32 bits. */
    age_s = (int32_t)((uint32_t)wall_s - bytes_u32(shown.data + AT_TIME));
    if (age_s > TOO_OLD_S || age_s < -FUTURE_S)
        return COOKIE_BAD;
    maker = maker_of(secrets, shown.data, client);
    if (maker == secrets->count)
        return COOKIE_BAD;
    if (age_s <= OLD_S && maker == 0) /* RFC 9018 section 5: of another secret, it is renewed */
        memcpy(answer, shown.data, COOKIE_SIZE);
    return COOKIE_GOOD;
}
