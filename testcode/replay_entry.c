/*
 * replay_entry.c - reads an ENTRY of a scenario and builds the octets that it stands for.
 *
 * Called by replay_parse.c (reading) and replay_run.c (sending). Every word that it does not
 * know is an error: a typing mistake must not turn an expectation into one that always holds.
 */
#include "testcode/replay_entry.h"

#include <stdlib.h>
#include <string.h>

#include "testcode/replay_record.h"

enum { HEX_MAX = MESSAGE_MAX };

/* An entry being read. */
struct reading {
    struct lines *lines;
    struct arena *arena;
    struct entry_defaults *defaults;
    struct entry *entry;
    struct entry_packet *packet;
    int section; /* -1: none yet */
};

/* ---- words
 * ------------------------------------------------------------------------------------ */

struct word {
    const char *text;
    unsigned value;
};

static const struct word match_words[] = {
    {"opcode", MATCH_OPCODE},
    {"qtype", MATCH_QTYPE},
    {"qname", MATCH_QNAME},
    {"rcode", MATCH_RCODE},
    {"subdomain", MATCH_SUBDOMAIN},
    {"question", MATCH_QUESTION},
    {"answer", MATCH_ANSWER},
    {"all", MATCH_ALL},
    {"all_noedns", MATCH_ALL_NOEDNS},
    {"ttl", MATCH_TTL},
    {"UDP", MATCH_UDP},
    {"TCP", MATCH_TCP},
    {"DO", MATCH_DO},
    {"CO", MATCH_CO},
    {"noedns", MATCH_NOEDNS},
    {"ednsdata", MATCH_EDNSDATA},
    {"ede=any", MATCH_EDE_ANY},
    {"client_cookie", MATCH_CLIENT_COOKIE},
    {"server_cookie", MATCH_SERVER_COOKIE},
};

static const struct word adjust_words[] = {
    {"copy_id", ADJUST_COPY_ID},
    {"copy_query", ADJUST_COPY_QUERY},
    {"copy_ednsdata_assume_clientsubnet", ADJUST_CLIENT_SUBNET},
    {"increment_ecs_scope", ADJUST_ECS_SCOPE},
};

/* In a REPLY line: what kind of word it is. */
enum { REPLY_OPCODE, REPLY_RCODE, REPLY_FLAG, REPLY_OPT };

static const struct {
    const char *text;
    int kind;
    unsigned value;
} reply_words[] = {
    {"QUERY", REPLY_OPCODE, OPCODE_QUERY},
    {"IQUERY", REPLY_OPCODE, OPCODE_IQUERY},
    {"STATUS", REPLY_OPCODE, OPCODE_STATUS},
    {"NOTIFY", REPLY_OPCODE, OPCODE_NOTIFY},
    {"UPDATE", REPLY_OPCODE, OPCODE_UPDATE},
    {"NOERROR", REPLY_RCODE, RCODE_NOERROR},
    {"FORMERR", REPLY_RCODE, RCODE_FORMERR},
    {"SERVFAIL", REPLY_RCODE, RCODE_SERVFAIL},
    {"NXDOMAIN", REPLY_RCODE, RCODE_NXDOMAIN},
    {"NOTIMPL", REPLY_RCODE, RCODE_NOTIMP},
    {"REFUSED", REPLY_RCODE, RCODE_REFUSED},
    {"YXDOMAIN", REPLY_RCODE, RCODE_YXDOMAIN},
    {"YXRRSET", REPLY_RCODE, RCODE_YXRRSET},
    {"NXRRSET", REPLY_RCODE, RCODE_NXRRSET},
    {"NOTAUTH", REPLY_RCODE, RCODE_NOTAUTH},
    {"NOTZONE", REPLY_RCODE, RCODE_NOTZONE},
    {"QR", REPLY_FLAG, FLAG_QR},
    {"AA", REPLY_FLAG, FLAG_AA},
    {"TC", REPLY_FLAG, FLAG_TC},
    {"RD", REPLY_FLAG, FLAG_RD},
    {"CD", REPLY_FLAG, FLAG_CD},
    {"RA", REPLY_FLAG, FLAG_RA},
    {"AD", REPLY_FLAG, FLAG_AD},
    {"DO", REPLY_OPT, OPT_DO},
    {"CO", REPLY_OPT, OPT_CO},
};

static bool find_word(const struct word *words, size_t count, const char *text, unsigned *bits)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i].text, text) == 0) {
            *bits |= words[i].value;
            return true;
        }
    return false;
}

/* "name=number" or "name:number". */
static bool read_number_word(const char *text, const char *name, uint64_t most, uint64_t *out)
{
    size_t size = strlen(name);

    return strncmp(text, name, size) == 0 && (text[size] == '=' || text[size] == ':') &&
           text_read_u64(text + size + 1, most, out) == STATUS_OK;
}

static bool take_match(struct reading *reading, const char *at)
{
    struct entry *entry = reading->entry;
    uint64_t number;
    char *word;

    while ((word = word_next(&at, reading->arena)) != NULL) {
        if (find_word(match_words, COUNT(match_words), word, &entry->match))
            continue;
        if (read_number_word(word, "serial", UINT32_MAX, &number)) {
            entry->match |= MATCH_SERIAL;
            entry->serial = (uint32_t)number;
        } else if (read_number_word(word, "ede", UINT16_MAX, &number)) {
            entry->match |= MATCH_EDE;
            entry->ede = (uint16_t)number;
        } else if (strcmp(word, "ede:any") == 0) {
            entry->match |= MATCH_EDE_ANY;
        } else {
            return lines_fail(reading->lines, "unknown word behind MATCH: %s", word);
        }
    }
    return true;
}

static bool take_adjust(struct reading *reading, const char *at)
{
    uint64_t seconds;
    char *word;

    while ((word = word_next(&at, reading->arena)) != NULL) {
        /* Real seconds mean nothing where time is simulated. */
        if (read_number_word(word, "sleep", UINT32_MAX, &seconds) ||
            read_number_word(word, "packet_sleep", UINT32_MAX, &seconds))
            continue;
        if (!find_word(adjust_words, COUNT(adjust_words), word, &reading->entry->adjust))
            return lines_fail(reading->lines, "unknown word behind ADJUST: %s", word);
    }
    return true;
}

static void set_opt(struct packet *packet, uint32_t bits)
{
    packet->has_opt = true;
    packet->opt_size = ENTRY_UDP_SIZE;
    packet->opt_ttl |= bits;
}

static bool take_reply_word(struct packet *packet, const char *word)
{
    size_t i = 0;

    while (i < COUNT(reply_words) && strcmp(reply_words[i].text, word) != 0)
        i++;
    if (i == COUNT(reply_words))
        return false;
    switch (reply_words[i].kind) {
    case REPLY_OPCODE: packet->opcode = (uint8_t)reply_words[i].value; break;
    case REPLY_RCODE: packet->rcode = (uint8_t)reply_words[i].value; break;
    case REPLY_FLAG: packet->flags |= (uint16_t)reply_words[i].value; break;
    default: set_opt(packet, reply_words[i].value); break;
    }
    return true;
}

static bool take_reply(struct reading *reading, const char *at)
{
    char *word;

    while ((word = word_next(&at, reading->arena)) != NULL)
        if (!take_reply_word(&reading->packet->packet, word))
            return lines_fail(reading->lines, "unknown word behind REPLY: %s", word);
    return true;
}

/* ---- records
 * ---------------------------------------------------------------------------------- */

static bool take_section(struct reading *reading, const char *at)
{
    static const char *const names[] = {"QUESTION", "ANSWER", "AUTHORITY", "ADDITIONAL"};
    char *word = word_next(&at, reading->arena);

    for (int i = 0; word != NULL && i < PACKET_SECTIONS; i++)
        if (strcmp(names[i], word) == 0) {
            reading->section = i;
            return true;
        }
    return lines_fail(reading->lines, "unknown section: %s", word != NULL ? word : "none");
}

/* Cuts a comment off the end: ";" outside of quotes. */
static void cut_comment(char *line)
{
    bool quoted = false;

    for (; *line != '\0'; line++) {
        if (*line == '\\' && line[1] != '\0')
            line++;
        else if (*line == '"')
            quoted = !quoted;
        else if (*line == ';' && !quoted) {
            *line = '\0';
            return;
        }
    }
}

static bool take_record(struct reading *reading)
{
    const char *why = "malformed";
    struct packet_record record = {0};
    struct text_rr rr;
    enum status status;

    if (reading->section < 0)
        return lines_fail(reading->lines, "unknown line in an entry: %s", reading->lines->line);
    cut_comment(reading->lines->line);
    status = replay_record_read(reading->lines->line, &reading->defaults->origin,
                                reading->defaults->ttl_s, reading->section == PACKET_QUESTION,
                                reading->arena, &rr, &why);
    if (status != STATUS_OK)
        return lines_fail(reading->lines, "record: %s (%s)", why, reading->lines->line);
    record.owner = rr.owner;
    record.type = rr.type;
    record.rrclass = rr.rrclass;
    if (reading->section != PACKET_QUESTION) {
        record.ttl_s = rr.ttl_s;
        record.rdata = rr.rdata;
    }
    status = packet_add(&reading->packet->packet, reading->section, &record, reading->arena);
    return status == STATUS_OK || lines_fail(reading->lines, "no memory");
}

/* ---- octets in hex
 * ---------------------------------------------------------------------------- */

/* The lines up to the closing word, as octets. */
static bool take_hex(struct reading *reading, const char *end, struct slice *out)
{
    uint8_t *octets = arena_bytes(reading->arena, HEX_MAX);
    struct sink sink = sink_of(octets, HEX_MAX);
    struct text digits = text_in(reading->arena);

    while (lines_next(reading->lines)) {
        char *line = reading->lines->line;
        const char *at = line;
        char *text;

        if (word_begins(&at, end)) {
            text = text_done(&digits);
            if (octets == NULL || text == NULL || text_read_hex(text, &sink) != STATUS_OK)
                return lines_fail(reading->lines, "hex digits before %s", end);
            *out = sink_written(&sink);
            return true;
        }
        line[strcspn(line, ";")] = '\0';
        text_add(&digits, line);
        text_add(&digits, " ");
    }
    return lines_fail(reading->lines, "%s missing", end);
}

static bool take_extra_packet(struct reading *reading)
{
    struct entry_packet *packet = ARENA_NEW(reading->arena, struct entry_packet);

    if (packet == NULL)
        return lines_fail(reading->lines, "no memory");
    reading->packet->next = packet;
    reading->packet = packet;
    reading->section = -1;
    return true;
}

/* ---- an entry
 * --------------------------------------------------------------------------------- */

bool entry_defaults_take(struct entry_defaults *defaults, struct lines *lines)
{
    const char *at = lines->line;
    uint64_t seconds;
    char *word;

    if (word_begins(&at, "$ORIGIN")) {
        word = word_next(&at, lines->arena);
        if (word == NULL ||
            dname_from_text_in(lines->arena, word, &defaults->origin) != STATUS_OK)
            return lines_fail(lines, "$ORIGIN without a name");
        return true;
    }
    if (word_begins(&at, "$TTL")) {
        word = word_next(&at, lines->arena);
        if (word == NULL || text_read_u64(word, UINT32_MAX, &seconds) != STATUS_OK)
            return lines_fail(lines, "$TTL without a number");
        defaults->ttl_s = (uint32_t)seconds;
        return true;
    }
    return false;
}

static bool take_line(struct reading *reading)
{
    const char *at = reading->lines->line;
    struct slice octets;

    if (word_begins(&at, "MATCH"))
        return take_match(reading, at);
    if (word_begins(&at, "ADJUST"))
        return take_adjust(reading, at);
    if (word_begins(&at, "REPLY"))
        return take_reply(reading, at);
    if (word_begins(&at, "SECTION"))
        return take_section(reading, at);
    if (word_begins(&at, "EXTRA_PACKET"))
        return take_extra_packet(reading);
    if (word_begins(&at, "HEX_ANSWER_BEGIN")) {
        reading->packet->has_hex = true;
        return take_hex(reading, "HEX_ANSWER_END", &reading->packet->hex);
    }
    if (word_begins(&at, "HEX_EDNSDATA_BEGIN")) {
        set_opt(&reading->packet->packet, 0);
        if (!take_hex(reading, "HEX_EDNSDATA_END", &octets))
            return false;
        reading->packet->packet.opt_rdata = octets;
        return true;
    }
    if (entry_defaults_take(reading->defaults, reading->lines))
        return true;
    return reading->lines->error == NULL && take_record(reading);
}

struct entry *entry_read(struct lines *lines, struct entry_defaults *defaults)
{
    struct entry *entry = ARENA_NEW(lines->arena, struct entry);
    struct reading reading = {.lines = lines,
                              .arena = lines->arena,
                              .defaults = defaults,
                              .entry = entry,
                              .section = -1};

    if (entry == NULL) {
        lines_fail(lines, "no memory");
        return NULL;
    }
    reading.packet = &entry->first;
    entry->line = lines->number;
    while (lines_next_said(lines)) {
        const char *at = lines->line;

        if (*at == '#')
            continue;
        if (word_begins(&at, "ENTRY_END"))
            return entry;
        if (!take_line(&reading))
            return NULL;
    }
    lines_fail(lines, "ENTRY_END missing");
    return NULL;
}

/* ---- sending
 * ---------------------------------------------------------------------------------- */

/* Octets of the question that stand behind the header; 0 when there is none or it is broken. */
static size_t question_size(struct slice wire)
{
    struct cursor in = cursor_of(wire);
    struct dname name;

    cursor_bytes(&in, HEADER_SIZE);
    if (cursor_failed(&in) || bytes_u16(wire.data + HEADER_QDCOUNT) == 0 ||
        dname_read_plain(&in, &name) != STATUS_OK)
        return 0;
    cursor_u32(&in);
    return cursor_failed(&in) ? 0 : cursor_offset(&in) - HEADER_SIZE;
}

/* The question of the query takes the place of the reply's own, or is put in. */
static struct slice copy_question(struct slice wire, const struct packet *query,
                                  struct arena *arena)
{
    const struct packet_record *question = query->sections[PACKET_QUESTION].records;
    size_t cut = question_size(wire);
    size_t size = wire.size + DNAME_MAX + 4;
    struct sink out = sink_of(arena_bytes(arena, size), size);

    if (out.base == NULL || query->sections[PACKET_QUESTION].count == 0)
        return wire;
    sink_bytes(&out, slice_of(wire.data, HEADER_SIZE));
    if (cut == 0)
        sink_patch_u16(&out, HEADER_QDCOUNT, 1);
    dname_write(&out, question->owner);
    sink_u16(&out, question->type);
    sink_u16(&out, question->rrclass);
    sink_bytes(&out, slice_of(wire.data + HEADER_SIZE + cut, wire.size - HEADER_SIZE - cut));
    return sink_written(&out);
}

/* RFC 7871 section 6: family, source length, scope length. The reply's one option gets a scope.
 */
static struct packet with_client_subnet(const struct entry *entry, struct packet packet,
                                        const struct packet *query, struct arena *arena)
{
    struct slice asked;
    struct slice rdata = arena_copy(arena, packet.opt_rdata);

    if (rdata.data == NULL || rdata.size < 8 ||
        !packet_option(query->opt_rdata, EDNS_CLIENT_SUBNET, &asked) || asked.size < 8)
        return packet;
    ((uint8_t *)rdata.data)[7] =
        (uint8_t)(asked.data[6] + (entry->adjust & ADJUST_ECS_SCOPE ? 1 : 0));
    packet.opt_rdata = rdata;
    return packet;
}

struct slice entry_wire(const struct entry *entry, const struct entry_packet *packet,
                        const struct packet *query, struct arena *arena)
{
    struct packet built = packet->packet;
    struct slice wire;

    if (query != NULL && entry->adjust & ADJUST_CLIENT_SUBNET)
        built = with_client_subnet(entry, built, query, arena);
    wire = packet->has_hex ? arena_copy(arena, packet->hex) : packet_write(&built, arena);
    if (query == NULL || wire.data == NULL || wire.size < HEADER_SIZE)
        return wire;
    if (entry->adjust & ADJUST_COPY_QUERY)
        wire = copy_question(wire, query, arena);
    if (entry->adjust & ADJUST_COPY_ID)
        bytes_put_u16((uint8_t *)wire.data, query->id);
    return wire;
}
