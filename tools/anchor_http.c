/*
 * anchor_http.c - URLs, one request, one reply.
 */
#include "tools/anchor_http.h"

#include <string.h>

#include "util/text.h"

static enum status refuse(const char **why, enum status status, const char *words)
{
    *why = words;
    return status;
}

/* ---- URLs ---- */

/* What may stand in a host or a path that we send on: nothing that could end a line. */
static bool is_plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("\"<>\\^`{|}@?#", text[i]) != NULL)
            return false;
    return true;
}

static const char *part(struct arena *arena, const char *text, size_t size)
{
    return arena_printf(arena, "%.*s", (int)size, text);
}

/* Leaves `at` behind the host. */
static enum status read_host(const char **at, struct arena *arena, struct http_url *url)
{
    const char *host = *at;
    size_t size;

    if (*host == '[') {
        size = strcspn(++host, "]/");
        if (host[size] != ']')
            return STATUS_MALFORMED;
        *at = host + size + 1;
    } else {
        size = strcspn(host, ":/");
        *at = host + size;
    }
    if (size == 0 || !is_plain(host, size) || memchr(host, '[', size) != NULL)
        return STATUS_MALFORMED;
    url->host = part(arena, host, size);
    return url->host == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status read_port(const char **at, struct arena *arena, struct http_url *url)
{
    size_t size = strcspn(++*at, "/");
    const char *digits = part(arena, *at, size);
    uint64_t port;

    if (digits == NULL)
        return STATUS_NO_MEMORY;
    if (text_read_u64(digits, 65535, &port) != STATUS_OK || port == 0)
        return STATUS_MALFORMED;
    *at += size;
    url->port = (uint16_t)port;
    return STATUS_OK;
}

enum status http_url_read(const char *text, struct arena *arena, struct http_url *url,
                          const char **why)
{
    static const char scheme[] = "https://";
    enum status status;

    *url = (struct http_url){.port = 443};
    *why = "";
    if (strlen(text) > HTTP_URL_MAX)
        return refuse(why, STATUS_MALFORMED, "the URL is too long");
    if (strncmp(text, scheme, sizeof(scheme) - 1) == 0)
        text += sizeof(scheme) - 1;
    else if (strstr(text, "://") != NULL)
        return refuse(why, STATUS_MALFORMED, "only https:// is fetched");
    status = read_host(&text, arena, url);
    if (status == STATUS_OK && *text == ':')
        status = read_port(&text, arena, url);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK || (*text != '\0' && *text != '/') || !is_plain(text, strlen(text)))
        return refuse(why, STATUS_MALFORMED, "not of the form https://host:port/path");
    if (*text == '\0')
        url->path = "/root-anchors/";
    else
        url->path = arena_printf(arena, "%s%s", text, text[strlen(text) - 1] == '/' ? "" : "/");
    return url->path == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* "host", "host:8443", "[2001:db8::1]:8443" */
static void add_authority(struct text *text, const struct http_url *url)
{
    bool is_ip6 = strchr(url->host, ':') != NULL;

    text_printf(text, "%s%s%s", is_ip6 ? "[" : "", url->host, is_ip6 ? "]" : "");
    if (url->port != 443)
        text_printf(text, ":%u", url->port);
}

const char *http_url_text(const struct http_url *url, const char *name, struct arena *arena)
{
    struct text text = text_in(arena);

    text_add(&text, "https://");
    add_authority(&text, url);
    text_printf(&text, "%s%s", url->path, name);
    return text_done(&text);
}

const char *http_request(const struct http_url *url, const char *name, struct arena *arena)
{
    struct text request = text_in(arena);

    text_printf(&request, "GET %s%s HTTP/1.1\r\nHost: ", url->path, name);
    add_authority(&request, url);
    text_add(&request, "\r\nUser-Agent: shrew-anchor\r\nAccept: */*\r\n"
                       "Accept-Encoding: identity\r\nConnection: close\r\n\r\n");
    return text_done(&request);
}

/* ---- the head of a reply ---- */

struct head {
    unsigned code;
    bool has_length, is_chunked, is_encoded;
    uint64_t length;
};

/* The next line without its end (CR LF, or LF alone: RFC 9112 section 2.2); false: none is
 * whole yet. */
static bool next_line(struct cursor *in, struct slice *line)
{
    size_t left = cursor_left(in);
    const uint8_t *end = left == 0 ? NULL : memchr(in->at, '\n', left);

    if (end == NULL)
        return false;
    *line = cursor_bytes(in, (size_t)(end - in->at) + 1);
    line->size--;
    if (line->size > 0 && line->data[line->size - 1] == '\r')
        line->size--;
    return true;
}

/* "HTTP/1.1 200 OK". @return 0: it is none. */
static unsigned read_code(struct slice line)
{
    const uint8_t *at = line.data;
    unsigned code = 0;

    if (line.size < 12 || memcmp(at, "HTTP/1.", 7) != 0 || (at[7] != '0' && at[7] != '1') ||
        at[8] != ' ' || (line.size > 12 && at[12] != ' '))
        return 0;
    for (size_t i = 9; i < 12; i++) {
        if (at[i] < '0' || at[i] > '9')
            return 0;
        code = code * 10 + (unsigned)(at[i] - '0');
    }
    return code < 100 ? 0 : code;
}

static bool is_word(struct slice octets, const char *word)
{
    size_t size = strlen(word);

    if (octets.size != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (text_lower((char)octets.data[i]) != word[i])
            return false;
    return true;
}

static struct slice without_blanks(struct slice value)
{
    while (value.size > 0 && (value.data[0] == ' ' || value.data[0] == '\t')) {
        value.data++;
        value.size--;
    }
    while (value.size > 0 &&
           (value.data[value.size - 1] == ' ' || value.data[value.size - 1] == '\t'))
        value.size--;
    return value;
}

static bool read_length(struct slice value, uint64_t *length)
{
    *length = 0;
    if (value.size == 0 || value.size > 18)
        return false;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        *length = *length * 10 + (uint64_t)(value.data[i] - '0');
    }
    return true;
}

/* One field of the head. Lengths that contradict each other are how replies are smuggled (RFC
 * 9112 section 6.3): refused. */
static bool read_field(struct slice line, struct head *head)
{
    const uint8_t *colon = line.size == 0 ? NULL : memchr(line.data, ':', line.size);
    struct slice name, value;
    uint64_t length;

    if (colon == NULL || colon == line.data || line.data[0] == ' ' || line.data[0] == '\t')
        return false;
    name = slice_of(line.data, (size_t)(colon - line.data));
    value = without_blanks(slice_of(colon + 1, line.size - name.size - 1));
    if (is_word(name, "content-length")) {
        if (!read_length(value, &length) || (head->has_length && length != head->length))
            return false;
        head->has_length = true;
        head->length = length;
    } else if (is_word(name, "transfer-encoding")) {
        if (head->is_chunked || !is_word(value, "chunked"))
            return false;
        head->is_chunked = true;
    } else if (is_word(name, "content-encoding")) {
        head->is_encoded = head->is_encoded || !is_word(value, "identity");
    }
    return true;
}

static enum status read_head(struct cursor *in, struct head *head, const char **why)
{
    struct slice line;

    *head = (struct head){0};
    if (!next_line(in, &line))
        return STATUS_NOT_FOUND;
    head->code = read_code(line);
    if (head->code == 0)
        return refuse(why, STATUS_MALFORMED, "this is no HTTP/1 reply");
    for (unsigned fields = 0;; fields++) {
        if (!next_line(in, &line))
            return STATUS_NOT_FOUND;
        if (line.size == 0)
            break;
        if (fields == HTTP_FIELDS_MAX)
            return refuse(why, STATUS_LIMIT, "too many fields in the reply's head");
        if (!read_field(line, head))
            return refuse(why, STATUS_MALFORMED, "a field in the reply's head is not sound");
    }
    if (head->is_chunked && head->has_length)
        return refuse(why, STATUS_MALFORMED, "the reply has two lengths");
    return STATUS_OK;
}

/* 1xx replies come before the real one (RFC 9110 section 15.2). */
static enum status read_last_head(struct cursor *in, struct head *head, const char **why)
{
    for (unsigned tries = 0; tries < 4; tries++) {
        enum status status = read_head(in, head, why);

        if (status == STATUS_NOT_FOUND && cursor_offset(in) + cursor_left(in) > HTTP_HEAD_MAX)
            return refuse(why, STATUS_LIMIT, "the reply's head is too large");
        if (status != STATUS_OK)
            return status;
        if (cursor_offset(in) > HTTP_HEAD_MAX)
            return refuse(why, STATUS_LIMIT, "the reply's head is too large");
        if (head->code >= 200)
            return STATUS_OK;
    }
    return refuse(why, STATUS_LIMIT, "too many replies before the last one");
}

/* ---- the body ---- */

static int digit_of(uint8_t octet)
{
    return octet >= '0' && octet <= '9'   ? octet - '0'
           : octet >= 'a' && octet <= 'f' ? octet - 'a' + 10
           : octet >= 'A' && octet <= 'F' ? octet - 'A' + 10
                                          : -1;
}

/* "1a2b", perhaps with ";extension" (RFC 9112 section 7.1). */
static bool read_chunk_size(struct slice line, size_t *size)
{
    size_t i = 0;

    *size = 0;
    for (; i < line.size && digit_of(line.data[i]) >= 0; i++) {
        if (i == 7)
            return false;
        *size = *size * 16 + (size_t)digit_of(line.data[i]);
    }
    return i > 0 && (i == line.size || line.data[i] == ';' || line.data[i] == ' ' ||
                     line.data[i] == '\t');
}

static enum status read_trailer(struct cursor *in, const char **why)
{
    struct slice line;

    for (unsigned fields = 0; fields < HTTP_FIELDS_MAX; fields++) {
        if (!next_line(in, &line))
            return STATUS_NOT_FOUND;
        if (line.size == 0)
            return STATUS_OK;
    }
    return refuse(why, STATUS_LIMIT, "too many fields behind the reply's body");
}

static enum status read_chunks(struct cursor *in, struct sink *out, const char **why)
{
    struct slice line;
    size_t size;

    while (next_line(in, &line)) {
        if (!read_chunk_size(line, &size))
            return refuse(why, STATUS_MALFORMED, "the size of a chunk is not sound");
        if (size == 0)
            return read_trailer(in, why);
        if (size > out->size - out->used)
            return refuse(why, STATUS_LIMIT, "the reply's body is too large");
        if (cursor_left(in) < size)
            return STATUS_NOT_FOUND;
        sink_bytes(out, cursor_bytes(in, size));
        if (cursor_left(in) < 2 && (cursor_left(in) == 0 || *in->at == '\r'))
            return STATUS_NOT_FOUND;
        if (!next_line(in, &line) || line.size != 0)
            return refuse(why, STATUS_MALFORMED, "a chunk does not end where it should");
    }
    /* The longest line here is that of a chunk's size. */
    if (cursor_left(in) > HTTP_HEAD_MAX)
        return refuse(why, STATUS_LIMIT, "the line of a chunk's size is too long");
    return STATUS_NOT_FOUND;
}

static enum status read_chunked(struct cursor *in, size_t body_max, struct arena *arena,
                                struct http_reply *reply, const char **why)
{
    uint8_t *octets = arena_bytes(arena, body_max);
    struct sink out = sink_of(octets, body_max);
    enum status status;

    if (octets == NULL)
        return refuse(why, STATUS_NO_MEMORY, "out of memory");
    status = read_chunks(in, &out, why);
    reply->body = sink_written(&out);
    return status;
}

static enum status read_body(struct cursor *in, const struct head *head, bool is_end,
                             size_t body_max, struct http_reply *reply, const char **why)
{
    if (head->has_length ? head->length > body_max : cursor_left(in) > body_max)
        return refuse(why, STATUS_LIMIT, "the reply's body is too large");
    if (!head->has_length) {
        reply->body = cursor_rest(in);
        return is_end ? STATUS_OK : STATUS_NOT_FOUND;
    }
    if (cursor_left(in) < head->length)
        return STATUS_NOT_FOUND;
    reply->body = cursor_bytes(in, (size_t)head->length);
    return STATUS_OK;
}

enum status http_reply_read(struct slice octets, bool is_end, size_t body_max,
                            struct arena *arena, struct http_reply *reply, const char **why)
{
    struct cursor in = cursor_of(octets);
    struct head head;
    enum status status;

    *reply = (struct http_reply){0};
    *why = "the reply is not complete";
    status = read_last_head(&in, &head, why);
    reply->code = head.code;
    if (status == STATUS_OK && head.is_encoded)
        status = refuse(why, STATUS_MALFORMED, "the reply is compressed, unasked for");
    if (status == STATUS_OK)
        status = head.is_chunked ? read_chunked(&in, body_max, arena, reply, why)
                                 : read_body(&in, &head, is_end, body_max, reply, why);
    if (status == STATUS_NOT_FOUND && is_end)
        return STATUS_MALFORMED;
    return status;
}
