/*
 * form.c - what a word of a value must look like.
 */
#include "util/conf/form.h"

#include <string.h>

#include "util/addr.h"
#include "util/prefix64.h"
#include "util/text.h"
#include "util/wire/dname.h"

static bool form_any(const char *word)
{
    (void)word;
    return true;
}

static bool form_name(const char *word)
{
    uint8_t storage[DNAME_MAX];
    struct dname name;

    /* White space in a name would have to be written \032; here it is a forgotten quote. */
    return strpbrk(word, " \t") == NULL && dname_from_text(word, storage, &name) == STATUS_OK;
}

static bool is_port(const char *text)
{
    uint64_t port;

    return text_read_u64(text, 65535, &port) == STATUS_OK && port > 0;
}

/* "name", "name@port", "name@port#tls-name". */
static bool form_host_tls(const char *word)
{
    char host[512];
    char *hash, *at;

    if (strlen(word) >= sizeof(host))
        return false;
    memcpy(host, word, strlen(word) + 1);
    hash = strchr(host, '#');
    if (hash != NULL) {
        *hash = '\0';
        if (!form_name(hash + 1))
            return false;
    }
    at = strchr(host, '@');
    if (at != NULL) {
        *at = '\0';
        if (!is_port(at + 1))
            return false;
    }
    return form_name(host);
}

static bool form_address(const char *word)
{
    struct addr addr;

    return addr_from_text(&addr, word, 53, NULL) == STATUS_OK;
}

static bool form_address_tls(const char *word)
{
    struct addr addr;
    const char *tls_name;

    return addr_from_text(&addr, word, 53, &tls_name) == STATUS_OK &&
           (tls_name == NULL || form_name(tls_name));
}

/* The name of a network interface begins with a letter and has no colon but one of an alias. */
static bool form_interface(const char *word)
{
    size_t size = strcspn(word, "@");

    if (form_address(word))
        return true;
    if (word[size] == '@' && !is_port(word + size + 1))
        return false;
    return ((word[0] >= 'a' && word[0] <= 'z') || (word[0] >= 'A' && word[0] <= 'Z')) &&
           size <= 64 && strspn(word, "0123456789abcdefABCDEF:.") < size &&
           strcspn(word, " \t/") == strlen(word);
}

static bool form_control_address(const char *word)
{
    return word[0] == '/' || form_address(word);
}

static bool form_netblock(const char *word)
{
    struct netblock block;

    return netblock_from_text(&block, word) == STATUS_OK;
}

static bool form_source(const char *word)
{
    return form_netblock(word) || form_address(word);
}

static bool form_netblock6(const char *word)
{
    struct netblock block;

    return netblock_from_text(&block, word) == STATUS_OK && prefix64_is_prefix(&block);
}

static bool form_ports(const char *word)
{
    uint64_t low, high;
    char first[8];
    size_t size = strcspn(word, "-");

    if (word[size] == '\0')
        return text_read_u64(word, 65535, &low) == STATUS_OK;
    if (size >= sizeof(first))
        return false;
    memcpy(first, word, size);
    first[size] = '\0';
    return text_read_u64(first, 65535, &low) == STATUS_OK &&
           text_read_u64(word + size + 1, 65535, &high) == STATUS_OK && low <= high;
}

static bool is_one_of(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(word, names[i]) == 0)
            return true;
    return false;
}

static bool form_action(const char *word)
{
    static const char *const names[] = {"deny",           "refuse",          "allow",
                                        "allow_setrd",    "allow_snoop",     "allow_cookie",
                                        "deny_non_local", "refuse_non_local"};

    return is_one_of(word, names, COUNT(names));
}

static bool form_zone_type(const char *word)
{
    static const char *const names[] = {"deny",
                                        "refuse",
                                        "static",
                                        "transparent",
                                        "typetransparent",
                                        "redirect",
                                        "inform",
                                        "inform_deny",
                                        "inform_redirect",
                                        "always_transparent",
                                        "always_refuse",
                                        "always_nxdomain",
                                        "always_nodata",
                                        "always_deny",
                                        "always_null",
                                        "block_a",
                                        "block_a_wdata",
                                        "block_aaaa",
                                        "block_aaaa_wdata",
                                        "noview",
                                        "nodefault"};

    return is_one_of(word, names, COUNT(names));
}

/* The next run of characters that are no white space. @return what follows it. */
static const char *next_word(const char *text, char *out, size_t size)
{
    size_t length;

    text += strspn(text, " \t");
    length = strcspn(text, " \t");
    if (length >= size)
        length = 0;
    memcpy(out, text, length);
    out[length] = '\0';
    return text + length;
}

/* Only the outline: owner and something behind it. Whoever uses the record reads all of it. */
static bool form_record(const char *word)
{
    char owner[1025];
    const char *rest = next_word(word, owner, sizeof(owner));

    return form_name(owner) && rest[strspn(rest, " \t")] != '\0';
}

static bool form_ptr(const char *word)
{
    char part[1025];
    const char *rest = next_word(word, part, sizeof(part));
    uint64_t ttl;

    if (!form_address(part) || strchr(part, '@') != NULL)
        return false;
    rest = next_word(rest, part, sizeof(part));
    if (text_read_u64(part, UINT32_MAX, &ttl) == STATUS_OK)
        rest = next_word(rest, part, sizeof(part));
    return form_name(part) && rest[strspn(rest, " \t")] == '\0';
}

static bool is_hex(const char *word)
{
    return strspn(word, "0123456789abcdefABCDEF") == strlen(word);
}

static bool form_hex16(const char *word)
{
    return strlen(word) == 32 && is_hex(word);
}

static bool form_nsid(const char *word)
{
    if (strncmp(word, "ascii_", 6) == 0)
        return strlen(word) - 6 <= 512;
    return strlen(word) <= 1024 && strlen(word) % 2 == 0 && is_hex(word);
}

/* Names that Unbound has and we do not are let through here; lib/options.c warns of them.
 * chain: a wrong order of right words is seen there too. */
static bool form_modules(const char *word)
{
    static const char *const names[] = {"validator",   "iterator", "dns64",    "respip",
                                        "subnetcache", "cachedb",  "ipsecmod", "ipset",
                                        "python",      "dynlib"};
    char name[32];
    bool ends_with_iterator = false;

    while (word[strspn(word, " \t")] != '\0') {
        word = next_word(word, name, sizeof(name));
        if (!is_one_of(name, names, COUNT(names)))
            return false;
        ends_with_iterator = strcmp(name, "iterator") == 0;
    }
    return ends_with_iterator;
}

static bool form_numbers(const char *word)
{
    char number[24];
    size_t count = 0;
    uint64_t value;

    while (word[strspn(word, " \t")] != '\0') {
        word = next_word(word, number, sizeof(number));
        if (text_read_u64(number[0] == '-' ? number + 1 : number, INT32_MAX, &value) !=
            STATUS_OK)
            return false;
        count++;
    }
    return count > 0 && count <= 64;
}

static bool form_time(const char *word)
{
    int64_t seconds;

    return strcmp(word, "") == 0 || strcmp(word, "0") == 0 || strcmp(word, "-1") == 0 ||
           text_read_time(word, &seconds) == STATUS_OK;
}

static const struct form forms[] = {
#define FORM(name, function, wanted) {name, wanted, form_##function},
#include "util/conf/form.def"
#undef FORM
};

const struct form *form_at(size_t n)
{
    return n < COUNT(forms) ? &forms[n] : NULL;
}

size_t form_count(const char *unit)
{
    size_t count = 1;

    for (; *unit != '\0'; unit++)
        if (*unit == ' ')
            count++;
    return count;
}

const struct form *form_of(const char *unit, size_t n)
{
    size_t length;

    for (; n > 0; n--)
        unit += strcspn(unit, " ") + 1;
    length = strcspn(unit, " ");
    for (size_t i = 0; i < COUNT(forms); i++)
        if (strlen(forms[i].name) == length && strncmp(forms[i].name, unit, length) == 0)
            return &forms[i];
    UNREACHABLE();
}
