/*
 * log_fuzz.c - any octets as the value of a field: a line of either form is one line, holds
 * nothing that steers a terminal, and has the same octets in it (or, where it was cut, their
 * beginning).
 */
#include "util/log.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned hex(char digit)
{
    return (unsigned)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

/* Reads what stands within quotes from `at` on, and compares. @return behind the closing quote.
 */
static const char *read_back(const char *at, const char *value, bool whole)
{
    while (*at != '"') {
        unsigned char octet = (unsigned char)*at++;

        ASSERT(octet >= ' ' && octet != 0x7f);
        if (octet == '\\' && *at == 'u') {
            octet = (unsigned char)(hex(at[3]) << 4 | hex(at[4]));
            at += 5;
            /* U+0080 to U+009F has two octets in UTF-8, of which the second is this one. */
            if (octet >= 0x80 && octet < 0xa0 && value[0] == '\xc2')
                value++;
        } else if (octet == '\\') {
            octet = (unsigned char)*at++;
            ASSERT(octet == '"' || octet == '\\');
        }
        ASSERT(octet == (unsigned char)*value);
        value++;
    }
    ASSERT(!whole || *value == '\0');
    return at + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log_record record = {.count = 1, .fields = {{"v", NULL, false}}};
    char value[LOG_LINE_MAX * 2], line[LOG_LINE_MAX];
    size_t used, room = size == 0 ? 64 : 64 + data[0] * 15u;
    const char *end;

    size = size_min(size, sizeof(value) - 1);
    memcpy(value, data, size);
    value[size] = '\0';
    record.fields[0].value = value;
    used = log_render(&record, LOG_JSON, NULL, 0, line, room);
    ASSERT(used < room && strlen(line) == used && strncmp(line, "{\"v\":\"", 6) == 0);
    end = read_back(line + 6, value, strstr(line, ",\"cut\":1}") == NULL);
    ASSERT(strcmp(end, "}") == 0 || strcmp(end, ",\"cut\":1}") == 0);
    used = log_render(&record, LOG_TEXT, NULL, 0, line, room);
    ASSERT(used < room && strlen(line) == used && strchr(line, '\n') == NULL);
    if (strncmp(line, "v=\"", 3) == 0) {
        end = read_back(line + 3, value, false);
        ASSERT(*end == '\0' || strcmp(end, " cut=1") == 0);
    }
    return 0;
}
