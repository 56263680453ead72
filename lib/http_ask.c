/*
 * http_ask.c - reads the head of a request, writes the head of an answer.
 *
 * Called by daemon/page.c. The octets come from whoever can reach the address.
 */
#include "lib/http_ask.h"

#include <string.h>

#include "util/addr.h"

static const struct {
    unsigned code;
    const char *words; /* for people; the reason phrase is nobody's business */
} statuses[HTTP_VERDICTS] = {
    [HTTP_PAGE] = {200, "OK"},
    [HTTP_MALFORMED] = {400, "this is not a request of HTTP"},
    [HTTP_OTHER_HOST] = {403, "ask for an address or for localhost, not for another name"},
    [HTTP_NO_PAGE] = {404, "there is nothing but /metrics"},
    [HTTP_METHOD] = {405, "there is nothing but GET"},
    [HTTP_BODY] = {413, "a request has no body here"},
    [HTTP_UNAVAILABLE] = {503, "out of memory"},
    [HTTP_VERSION] = {505, "HTTP/1.0 or HTTP/1.1"},
};

int http_ask_is_whole(struct slice bytes)
{
    if (bytes.size > 0 && (bytes.data[0] < 'A' || bytes.data[0] > 'Z'))
        return -1;
    for (size_t i = 1; i < bytes.size;
         i++) /* RFC 9112 section 2.2: a bare LF ends a line, too */
        if (bytes.data[i] == '\n' &&
            (bytes.data[i - 1] == '\n' ||
             (i >= 2 && bytes.data[i - 1] == '\r' && bytes.data[i - 2] == '\n')))
            return 1;
    return 0;
}

/* ---- lines and words ---- */

/* Up to the octet, which is taken, too; all of it where there is none. */
static struct slice take_until(struct slice *rest, char octet)
{
    const uint8_t *end = rest->size == 0 ? NULL : memchr(rest->data, octet, rest->size);
    size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
    size_t used = size + (end != NULL);
    struct slice word = slice_of(rest->data, size);

    if (used > 0)
        *rest = slice_of(rest->data + used, rest->size - used);
    return word;
}

/* The next line without its end; size 0 at the empty one. */
static struct slice take_line(struct slice *rest)
{
    struct slice line = take_until(rest, '\n');

    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

static struct slice trim(struct slice words)
{
    while (words.size > 0 && (words.data[0] == ' ' || words.data[0] == '\t'))
        words = slice_of(words.data + 1, words.size - 1);
    while (words.size > 0 &&
           (words.data[words.size - 1] == ' ' || words.data[words.size - 1] == '\t'))
        words.size--;
    return words;
}

static bool is_word(struct slice octets, const char *word)
{
    if (octets.size != strlen(word))
        return false;
    for (size_t i = 0; i < octets.size; i++)
        if (text_lower((char)octets.data[i]) != text_lower(word[i]))
            return false;
    return true;
}

static bool is_exactly(struct slice octets, const char *word)
{
    return slice_equal(octets, slice_of(word, strlen(word)));
}

/* No control octets anywhere, and at least one of what may stand in a word. */
static bool is_clean(struct slice line)
{
    for (size_t i = 0; i < line.size; i++)
        if ((line.data[i] < 0x20 && line.data[i] != '\t') || line.data[i] == 0x7f)
            return false;
    return true;
}

/* ---- the first line ---- */

static enum http_verdict read_first(struct slice line, const char *path)
{
    struct slice method = take_until(&line, ' '), target = take_until(&line, ' ');
    struct slice page = take_until(&target, '?');

    if (method.size == 0 || page.size == 0 || line.size < 6 ||
        memcmp(line.data, "HTTP/", 5) != 0)
        return HTTP_MALFORMED;
    if (!is_exactly(line, "HTTP/1.1") && !is_exactly(line, "HTTP/1.0"))
        return HTTP_VERSION;
    if (!is_exactly(method, "GET"))
        return HTTP_METHOD;
    return is_exactly(page, path) ? HTTP_PAGE : HTTP_NO_PAGE;
}

/* ---- fields ---- */

/* Host without its port: "127.0.0.1", "[::1]", "localhost". */
static bool is_own_host(struct slice host)
{
    char text[ADDR_TEXT_MAX];
    struct addr addr;
    bool is_bracketed = host.size > 0 && host.data[0] == '[';
    struct slice rest = host;

    if (is_bracketed)
        rest = slice_of(host.data + 1, host.size - 1);
    rest = take_until(&rest, is_bracketed ? ']' : ':');
    if (is_word(rest, "localhost"))
        return !is_bracketed;
    if (rest.size >= sizeof(text) || memchr(rest.data, '@', rest.size) != NULL)
        return false;
    memcpy(text, rest.data, rest.size);
    text[rest.size] = '\0';
    return addr_from_text(&addr, text, 0, NULL) == STATUS_OK &&
           (addr.family == ADDR_IP6) == is_bracketed;
}

struct fields {
    size_t hosts;
    bool has_body, is_other_host, is_broken;
};

/* RFC 9112 section 5: a name, a colon right behind it, no folding. */
static void read_field(struct slice line, struct fields *fields)
{
    struct slice name = take_until(&line, ':'), value = trim(line);

    if (name.size == 0 || line.data == name.data + name.size || !is_clean(line) ||
        !slice_equal(trim(name), name) || !is_clean(name)) {
        fields->is_broken = true;
    } else if (is_word(name, "host")) {
        fields->hosts++;
        fields->is_other_host = !is_own_host(value);
    } else if (is_word(name, "transfer-encoding") ||
               (is_word(name, "content-length") && !is_exactly(value, "0"))) {
        fields->has_body = true;
    }
}

enum http_verdict http_ask_read(struct slice bytes, const char *path, bool any_host)
{
    struct slice first = take_line(&bytes);
    bool is_old = first.size >= 3 && memcmp(first.data + first.size - 3, "1.0", 3) == 0;
    enum http_verdict verdict = is_clean(first) ? read_first(first, path) : HTTP_MALFORMED;
    struct fields fields = {0, false, false, false};

    for (struct slice line = take_line(&bytes); line.size > 0; line = take_line(&bytes))
        read_field(line, &fields);
    /* RFC 9112 section 3.2: one Host, which HTTP/1.0 may leave out. */
    if (verdict == HTTP_MALFORMED || fields.is_broken || fields.hosts > 1 ||
        (fields.hosts == 0 && !is_old && verdict != HTTP_VERSION))
        return HTTP_MALFORMED;
    if (fields.is_other_host && !any_host)
        return HTTP_OTHER_HOST;
    return verdict == HTTP_PAGE && fields.has_body ? HTTP_BODY : verdict;
}

/* ---- the answer ---- */

const char *http_verdict_words(enum http_verdict verdict)
{
    return statuses[verdict].words;
}

void http_answer_head(enum http_verdict verdict, const char *type, size_t body_size,
                      struct text *out)
{
    text_printf(out,
                "HTTP/1.1 %u %s\r\n"
                "Content-Type: %s\r\n"
                "Content-Length: %zu\r\n"
                "Cache-Control: no-store\r\n"
                "X-Content-Type-Options: nosniff\r\n"
                "Connection: close\r\n",
                statuses[verdict].code, verdict == HTTP_PAGE ? "OK" : "No", type, body_size);
    if (verdict == HTTP_METHOD) /* RFC 9110 section 15.5.6 */
        text_add(out, "Allow: GET\r\n");
    text_add(out, "\r\n");
}
