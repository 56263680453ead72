/*
 * rfc5011_text.c - reads and writes the file of a trust point.
 *
 * A file with states has a head of ";;name: value" lines and one record a line, its state
 * behind it in comments. Whoever reads it as a zone file sees the keys; so does an older
 * program.
 */
#include "validator/rfc5011_text.h"

#include <string.h>

#include "util/text.h"
#include "util/wire/text_rr.h"

/* The end of the year 9999: what is later is no time. */
static const int64_t time_most_s = 253402300799;

static const char *const state_words[RFC5011_STATES] = {
#define STATE(name, number, words) [number] = words,
    RFC5011_STATE_LIST(STATE)
#undef STATE
};

struct reading {
    struct arena *arena;
    struct anchor_fault *fault;
    struct rfc5011_point *point; /* NULL until the zone is known */
    int line;
    bool has_states; /* the file is one that we, or Unbound, wrote */
    bool plain_keys; /* without SEP: in a file of which no other was taken, or with a state */
};

static enum status wrong(struct reading *reading, int line, const char *why)
{
    reading->fault->why = why;
    reading->fault->line = line;
    return STATUS_MALFORMED;
}

/* ---- the head, and what stands behind a record ---- */

static const char *after(const char *text, const char *words)
{
    size_t size = strlen(words);

    return strncmp(text, words, size) == 0 ? text + size : NULL;
}

/* The number at the beginning of the text; what stands behind it does not matter. */
static bool read_number(const char *text, uint64_t most, uint64_t *out)
{
    char digits[24];
    size_t size = strspn(text, "0123456789");

    if (size == 0 || size >= sizeof(digits))
        return false;
    memcpy(digits, text, size);
    digits[size] = '\0';
    return text_read_u64(digits, most, out) == STATUS_OK;
}

static enum status know_zone(struct reading *reading, struct dname zone, uint16_t rrclass,
                             int line)
{
    if (reading->point == NULL) {
        reading->point = rfc5011_new(zone, rrclass);
        return reading->point == NULL ? STATUS_NO_MEMORY : STATUS_OK;
    }
    if (reading->point->rrclass != rrclass || !dname_equal(reading->point->zone, zone))
        return wrong(reading, line, "a second zone; each zone needs a file of its own");
    return STATUS_OK;
}

/* ";;id: example.com. 1" */
static enum status read_id(struct reading *reading, const char *words)
{
    char *name = arena_text(reading->arena, words + strspn(words, " "));
    uint64_t rrclass = 0;
    struct dname zone;
    size_t size;

    if (name == NULL)
        return STATUS_NO_MEMORY;
    size = strcspn(name, " ");
    if (name[size] == '\0' || !read_number(name + size + 1, UINT16_MAX, &rrclass))
        return wrong(reading, reading->line,
                     "\";;id:\" needs a zone and the number of a class");
    name[size] = '\0';
    if (dname_from_text_in(reading->arena, name, &zone) != STATUS_OK)
        return wrong(reading, reading->line, "\";;id:\" does not name a zone");
    return know_zone(reading, zone, (uint16_t)rrclass, reading->line);
}

/* A ";;name: value" that needs the zone to be known. Others are passed over, as comments are.
 */
static enum status read_head_line(struct reading *reading, const char *line)
{
    struct rfc5011_point *point = reading->point;
    const struct {
        const char *name;
        uint64_t most;
        int64_t *time_s;
        uint32_t *number;
    } values[] = {
        {";;last_queried: ", (uint64_t)time_most_s, &point->last_queried_s, NULL},
        {";;last_success: ", (uint64_t)time_most_s, &point->last_success_s, NULL},
        {";;next_probe_time: ", (uint64_t)time_most_s, &point->next_probe_s, NULL},
        {";;query_failed: ", UINT32_MAX, NULL, &point->failed},
        {";;query_interval: ", UINT32_MAX, NULL, &point->query_interval_s},
        {";;retry_time: ", UINT32_MAX, NULL, &point->retry_s},
    };

    for (size_t i = 0; i < COUNT(values); i++) {
        const char *text = after(line, values[i].name);
        uint64_t number;

        if (text == NULL)
            continue;
        if (!read_number(text, values[i].most, &number))
            return wrong(reading, reading->line, "a number is expected");
        if (values[i].time_s != NULL)
            *values[i].time_s = (int64_t)number;
        else
            *values[i].number = (uint32_t)number;
    }
    return STATUS_OK;
}

static enum status read_comment(struct reading *reading, const char *line, bool *revoked)
{
    const char *id = after(line, ";;id:");

    if (after(line, ";;REVOKED") != NULL)
        *revoked = true;
    if (id != NULL)
        return read_id(reading, id);
    return reading->point == NULL ? STATUS_OK : read_head_line(reading, line);
}

/* ";;name=number" somewhere behind the record; absent: what it was. */
static enum status read_behind(struct reading *reading, const char *line, const char *name,
                               uint64_t most, uint64_t *out)
{
    const char *at = strstr(line, name);

    if (at == NULL || read_number(at + strlen(name), most, out))
        return STATUS_OK;
    return wrong(reading, reading->line, "a number is expected behind the key");
}

/* ---- records ---- */

static bool is_anchor_type(const struct text_rr *rr)
{
    return rr->type == TYPE_DS || rr->type == TYPE_DNSKEY;
}

/* Zone keys only; of those without SEP none, unless the zone has no other (RFC 5011 section 2.4
 * knows trust anchors by that bit; a key that the operator gave is one all the same). */
static bool is_wanted(const struct reading *reading, const struct text_rr *rr)
{
    struct dnskey key;

    if (rr->type == TYPE_DS)
        return true;
    return dnskey_read(rr->rdata, &key) && (key.flags & DNSKEY_ZONE) != 0 &&
           key.protocol == DNSKEY_PROTOCOL &&
           ((key.flags & DNSKEY_SEP) != 0 || reading->plain_keys);
}

static enum status take_record(struct reading *reading, const struct text_rr *rr, int line,
                               enum rfc5011_state state, struct rfc5011_key **key)
{
    enum status status;

    *key = NULL;
    if (!is_anchor_type(rr) || !is_wanted(reading, rr))
        return STATUS_OK;
    status = know_zone(reading, rr->owner, rr->rrclass, line);
    if (status != STATUS_OK)
        return status;
    status = rr->type == TYPE_DS
                 ? rfc5011_add_ds(reading->point, rr->rdata)
                 : rfc5011_add_key(reading->point, rr->rdata, rr->ttl_s, state, key);
    return status == STATUS_LIMIT ? wrong(reading, line, "too many keys") : status;
}

/* Whatever the line says of its state, a key with the REVOKE bit is revoked. */
static enum rfc5011_state state_of(const struct text_rr *rr, uint64_t number)
{
    struct dnskey key;

    if (rr->type == TYPE_DNSKEY && dnskey_read(rr->rdata, &key) &&
        (key.flags & DNSKEY_REVOKE) != 0)
        return RFC5011_REVOKED;
    return (enum rfc5011_state)number;
}

/* A record and its state, on one line. */
static enum status read_state_line(struct reading *reading, const char *line)
{
    uint64_t state = RFC5011_VALID, count = 0, changed_s = 0;
    struct rfc5011_key *key;
    struct text_rr rr;
    const char *why = NULL;
    enum status status = text_rr_read(line, NULL, 0, false, reading->arena, &rr, &why);

    if (status == STATUS_MALFORMED)
        return wrong(reading, reading->line, why);
    if (status == STATUS_OK)
        status = read_behind(reading, line, ";;state=", RFC5011_STATES - 1, &state);
    if (status == STATUS_OK)
        status = read_behind(reading, line, ";;count=", UINT32_MAX, &count);
    if (status == STATUS_OK)
        status = read_behind(reading, line, ";;lastchange=", (uint64_t)time_most_s, &changed_s);
    if (status != STATUS_OK || state == RFC5011_START || state == RFC5011_REMOVED)
        return status;
    reading->plain_keys = strstr(line, ";;state=") != NULL;
    status = take_record(reading, &rr, reading->line, state_of(&rr, state), &key);
    if (status != STATUS_OK || key == NULL)
        return status;
    key->seen = (unsigned)count;
    key->changed_s = (int64_t)changed_s;
    return STATUS_OK;
}

/* ---- whole files ---- */

static enum status read_states(struct reading *reading, const char *text, bool *revoked)
{
    enum status status = STATUS_OK;

    for (const char *at = text; *at != '\0' && status == STATUS_OK;) {
        size_t size = strcspn(at, "\n");
        char *line = arena_printf(reading->arena, "%.*s", (int)size_min(size, INT32_MAX), at);

        reading->line++;
        if (line == NULL)
            return STATUS_NO_MEMORY;
        line += strspn(line, " \t\r");
        if (*line == ';')
            status = read_comment(reading, line, revoked);
        else if (*line != '\0')
            status = read_state_line(reading, line);
        at += size + (at[size] == '\n');
    }
    return status;
}

static enum status read_plain(struct reading *reading, const char *text)
{
    struct zone_reader reader = zone_reader_of(text, dname_root, reading->arena);
    struct rfc5011_key *key;
    struct text_rr rr;
    enum status status;

    while ((status = zone_reader_next(&reader, &rr)) == STATUS_OK) {
        if (state_of(&rr, RFC5011_VALID) != RFC5011_VALID)
            continue;
        status = take_record(reading, &rr, reader.line, RFC5011_VALID, &key);
        if (status != STATUS_OK)
            return status;
    }
    if (status == STATUS_MALFORMED)
        return wrong(reading, reader.line, reader.why);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status read_file(struct reading *reading, const char *text, bool *revoked)
{
    bool has_states = strstr(text, ";;state=") != NULL || strstr(text, ";;id:") != NULL;
    enum status status =
        has_states ? read_states(reading, text, revoked) : read_plain(reading, text);

    if (status != STATUS_OK || has_states || reading->point != NULL)
        return status;
    reading->plain_keys = true;
    return read_plain(reading, text);
}

enum status rfc5011_read(const char *text, struct arena *scratch, struct rfc5011_point **out,
                         struct anchor_fault *fault)
{
    struct reading reading = {.arena = scratch, .fault = fault};
    bool revoked = false;
    enum status status = read_file(&reading, text, &revoked);
    struct rfc5011_point *point = reading.point;

    *out = NULL;
    if (status == STATUS_OK && point != NULL && revoked)
        point->deleted = true;
    else if (status == STATUS_OK && (point == NULL || !rfc5011_has_trust(point))) {
        fault->why = "there is no trusted DS or DNSKEY record in it";
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK)
        *out = point;
    else
        rfc5011_free(point);
    return status;
}

/* ---- writing ---- */

/* "Mon Aug 24 07:46:40 2009", in UTC. */
static void add_date(struct text *out, int64_t seconds)
{
    static const char days[][4] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char digits[15];
    unsigned month, day;

    text_time(seconds, digits);
    month = (unsigned)(digits[4] - '0') * 10 + (unsigned)(digits[5] - '0');
    day = (unsigned)(digits[6] - '0') * 10 + (unsigned)(digits[7] - '0');
    text_printf(out, "%s %s %2u %.2s:%.2s:%.2s %.4s", days[seconds / 86400 % 7],
                months[month >= 1 && month <= 12 ? month - 1 : 0], day, digits + 8, digits + 10,
                digits + 12, digits);
}

static void add_time(struct text *out, const char *name, int64_t seconds)
{
    text_printf(out, ";;%s: %lld ;;", name, (long long)seconds);
    add_date(out, seconds);
    text_add_char(out, '\n');
}

/* RFC 3110 section 2: where the modulus begins. */
static size_t rsa_modulus_size(struct slice key)
{
    size_t head = key.size > 0 && key.data[0] != 0 ? 1 + (size_t)key.data[0]
                  : key.size > 2 ? 3 + ((size_t)key.data[1] << 8 | key.data[2])
                                 : 0;
    size_t zeros = 0;

    while (head + zeros < key.size && key.data[head + zeros] == 0)
        zeros++;
    return key.size > head + zeros ? key.size - head - zeros : 0;
}

/* For people who read the file; nothing depends on it. */
static size_t key_bits(const struct dnskey *key)
{
    switch (key->algorithm) {
    case ALGORITHM_DSA:
    case ALGORITHM_DSA_NSEC3_SHA1:
        return key->key.size > 0 ? 512 + 64 * (size_t)key->key.data[0] : 0;
    case ALGORITHM_ECDSAP256SHA256: return 256;
    case ALGORITHM_ECDSAP384SHA384: return 384;
    case ALGORITHM_ED25519: return 256;
    case ALGORITHM_ED448: return 456;
    default: return rsa_modulus_size(key->key) * 8;
    }
}

static void add_key(struct text *out, const struct rfc5011_point *point,
                    const struct rfc5011_key *key, const char *zone)
{
    struct slice rdata = slice_of(key->rdata, key->size);
    char rrclass[TYPE_TEXT_MAX];
    struct dnskey fields;

    if (!dnskey_read(rdata, &fields))
        return;
    text_printf(out, "%s\t%lu\t%s\tDNSKEY\t", zone, (unsigned long)key->ttl_s,
                rrclass_to_text(point->rrclass, rrclass));
    rdata_to_text(out, rdata, TYPE_DNSKEY, point->rrclass);
    text_printf(out,
                " ;{id = %u (%s), size = %zub} ;;state=%d %s ;;count=%u ;;lastchange=%lld ;;",
                fields.tag, (fields.flags & DNSKEY_SEP) != 0 ? "ksk" : "zsk", key_bits(&fields),
                (int)key->state, state_words[key->state], key->seen, (long long)key->changed_s);
    add_date(out, key->changed_s);
    text_add_char(out, '\n');
}

char *rfc5011_write(const struct rfc5011_point *point, struct arena *arena)
{
    struct text out = text_in(arena);
    char zone[DNAME_TEXT_MAX];

    dname_to_text(point->zone, zone);
    text_add(&out, "; autotrust trust anchor file\n");
    if (point->deleted)
        text_add(&out, ";;REVOKED\n"
                       "; The zone has all keys revoked, and is\n"
                       "; considered as if it has no trust anchors.\n"
                       "; the remainder of the file is the last probe.\n"
                       "; to restart the trust anchor, overwrite this file.\n"
                       "; with one containing valid DNSKEYs or DSes.\n");
    text_printf(&out, ";;id: %s %u\n", zone, point->rrclass);
    add_time(&out, "last_queried", point->last_queried_s);
    add_time(&out, "last_success", point->last_success_s);
    add_time(&out, "next_probe_time", point->next_probe_s);
    text_printf(&out, ";;query_failed: %lu\n", (unsigned long)point->failed);
    text_printf(&out, ";;query_interval: %lu\n", (unsigned long)point->query_interval_s);
    text_printf(&out, ";;retry_time: %lu\n", (unsigned long)point->retry_s);
    for (const struct rfc5011_ds *ds = point->ds; ds != NULL; ds = ds->next) {
        text_rr_write(&out, point->zone, 0, point->rrclass, TYPE_DS,
                      slice_of(ds->rdata, ds->size));
        text_add_char(&out, '\n');
    }
    for (const struct rfc5011_key *key = point->keys; key != NULL; key = key->next)
        add_key(&out, point, key, zone);
    return text_done(&out);
}
