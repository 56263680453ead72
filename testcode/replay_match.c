/*
 * replay_match.c - compares a message with an entry, word by word of its MATCH lines.
 *
 * Called by replay_run.c. Never changes what it compares: options that a word takes out are
 * taken out of a copy. What cannot be compared for want of memory does not match.
 */
#include "testcode/replay_match.h"

#include <stdlib.h>
#include <string.h>

/* One comparison: the received message (a copy, options may be taken out), and the words so
 * far. */
struct trial {
    const struct entry *entry;
    const struct packet *wanted;
    struct packet received;
    bool tcp;
    struct arena *arena;
    struct text why;
};

static bool differs(struct trial *trial, const char *words)
{
    text_add(&trial->why, words);
    return false;
}

/* ---- questions
 * -------------------------------------------------------------------------------- */

static const struct packet_record *question_of(const struct packet *packet)
{
    const struct packet_section *section = &packet->sections[PACKET_QUESTION];

    return section->count > 0 ? &section->records[0] : NULL;
}

static uint16_t qtype_of(const struct packet *packet)
{
    const struct packet_record *question = question_of(packet);

    return question != NULL ? question->type : 0;
}

/* Letter case counts, other than in the DNS itself. */
static bool same_octets(struct dname a, struct dname b)
{
    return slice_equal(slice_of(a.wire, a.size), slice_of(b.wire, b.size));
}

static bool same_qname(const struct packet *a, const struct packet *b)
{
    const struct packet_record *left = question_of(a), *right = question_of(b);

    if (left == NULL || right == NULL)
        return left == right;
    return same_octets(left->owner, right->owner);
}

static bool is_subdomain(const struct packet *received, const struct packet *wanted)
{
    const struct packet_record *name = question_of(received), *above = question_of(wanted);

    if (name == NULL || above == NULL)
        return false;
    return dname_is_at_or_below(name->owner, above->owner) &&
           same_octets(dname_ancestor(name->owner, above->owner.labels), above->owner);
}

/* ---- sections
 * --------------------------------------------------------------------------------- */

/* A record made comparable: lower-case names, and the TTL only where it is asked for. */
struct comparable {
    struct slice key;
    const struct packet_record *record;
};

/* Label lengths are below 64 and so never in 'A'..'Z'. */
static void lower_octets(uint8_t *octets, size_t size)
{
    for (size_t i = 0; i < size; i++)
        octets[i] = (uint8_t)text_lower((char)octets[i]);
}

static bool make_key(struct trial *trial, const struct packet_record *record,
                     struct comparable *out)
{
    size_t size = (size_t)record->owner.size + 8 + record->rdata.size;
    struct sink sink = sink_of(arena_bytes(trial->arena, size), size);
    struct rdata_name names[RDATA_NAMES_MAX];
    size_t begin;

    if (sink.base == NULL)
        return false;
    dname_write_lower(&sink, record->owner);
    sink_u16(&sink, record->type);
    sink_u16(&sink, record->rrclass);
    sink_u32(&sink, trial->entry->match & MATCH_TTL ? record->ttl_s : 0);
    begin = sink.used;
    sink_bytes(&sink, record->rdata);
    if (sink_failed(&sink))
        return false;
    for (size_t i = rdata_names(record->rdata, record->type, names); i > 0; i--)
        lower_octets(sink.base + begin + names[i - 1].offset, names[i - 1].name.size);
    *out = (struct comparable){sink_written(&sink), record};
    return true;
}

static int order_keys(const void *a, const void *b)
{
    return slice_compare(((const struct comparable *)a)->key,
                         ((const struct comparable *)b)->key);
}

static struct comparable *sorted_keys(struct trial *trial, const struct packet_section *section)
{
    struct comparable *keys = ARENA_ARRAY(trial->arena, struct comparable, section->count + 1);

    for (size_t i = 0; keys != NULL && i < section->count; i++)
        if (!make_key(trial, &section->records[i], &keys[i]))
            return NULL;
    if (keys != NULL)
        qsort(keys, section->count, sizeof(*keys), order_keys);
    return keys;
}

static void tell_record(struct trial *trial, const char *what, int section,
                        const struct packet_record *record)
{
    static const char *const names[] = {"question", "answer", "authority", "additional"};

    text_printf(&trial->why, "%s%s in %s: ", trial->why.used > 0 ? "; " : "", what,
                names[section]);
    packet_record_text(&trial->why, record, section == PACKET_QUESTION,
                       trial->entry->match & MATCH_TTL);
}

/* The same records, each as often as in the other; tells of every one that is not. */
static bool same_section(struct trial *trial, int section)
{
    const struct packet_section *left = &trial->wanted->sections[section];
    const struct packet_section *right = &trial->received.sections[section];
    struct comparable *wanted = sorted_keys(trial, left);
    struct comparable *came = sorted_keys(trial, right);
    size_t i = 0, j = 0;
    bool same = true;

    if (wanted == NULL || came == NULL)
        return differs(trial, "no memory");
    while (i < left->count || j < right->count) {
        int order = i == left->count    ? 1
                    : j == right->count ? -1
                                        : order_keys(&wanted[i], &came[j]);

        if (order < 0)
            tell_record(trial, "missing", section, wanted[i].record);
        else if (order > 0)
            tell_record(trial, "not expected", section, came[j].record);
        same = same && order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return same;
}

/* ---- header and OPT
 * --------------------------------------------------------------------------- */

static bool same_header(struct trial *trial)
{
    const struct packet *wanted = trial->wanted, *came = &trial->received;

    if (wanted->opcode != came->opcode)
        return differs(trial, "opcode");
    if (wanted->rcode != came->rcode)
        return differs(trial, "rcode");
    if (wanted->flags != came->flags)
        return differs(trial, "flags");
    if (wanted->id != came->id)
        return differs(trial, "id");
    return true;
}

static bool same_opt_rdata(const struct trial *trial)
{
    return slice_equal(trial->wanted->opt_rdata, trial->received.opt_rdata);
}

/* Without "ttl" the bits that stand in the OPT record's TTL field are not compared either. */
static bool same_opt(struct trial *trial)
{
    const struct packet *wanted = trial->wanted, *came = &trial->received;

    if (wanted->has_opt != came->has_opt)
        return differs(trial,
                       wanted->has_opt ? "OPT record missing" : "OPT record not expected");
    if (!wanted->has_opt)
        return true;
    if (wanted->opt_size != came->opt_size)
        return differs(trial, "UDP size in OPT");
    if (trial->entry->match & MATCH_TTL && wanted->opt_ttl != came->opt_ttl)
        return differs(trial, "flags, version or rcode in OPT");
    return same_opt_rdata(trial) || differs(trial, "EDNS options");
}

static bool same_all(struct trial *trial)
{
    bool same = true;

    if (!same_header(trial))
        return false;
    for (int section = 0; section < PACKET_SECTIONS; section++)
        same = same_section(trial, section) && same;
    if (same && trial->entry->match & MATCH_ALL)
        same = same_opt(trial);
    return same;
}

/* ---- options that are taken out
 * --------------------------------------------------------------- */

/* The first EDE tells the cause, and it is the one that is taken out; so it has to be the one
 * that was expected. A second one with that code does not count. */
static bool first_ede_is(const struct packet *packet, unsigned code, bool any)
{
    struct slice option;

    return packet_option(packet->opt_rdata, EDNS_ERROR, &option) &&
           (any || (option.size >= 6 && bytes_u16(option.data + 4) == code));
}

static void take_out(struct trial *trial, uint16_t code)
{
    struct slice option;

    if (packet_option(trial->received.opt_rdata, code, &option))
        trial->received.opt_rdata =
            packet_without(trial->received.opt_rdata, option, trial->arena);
}

/* A cookie option of that size, header left aside (RFC 7873 section 4). */
static bool takes_cookie(struct trial *trial, size_t size)
{
    struct slice option;

    if (!packet_option(trial->received.opt_rdata, EDNS_COOKIE, &option) ||
        option.size != size + 4)
        return differs(trial, size == 8 ? "no client cookie" : "no server cookie");
    take_out(trial, EDNS_COOKIE);
    return true;
}

static bool options_match(struct trial *trial)
{
    unsigned match = trial->entry->match;

    if (match & (MATCH_EDE | MATCH_EDE_ANY)) {
        if (!first_ede_is(&trial->received, trial->entry->ede, !(match & MATCH_EDE)))
            return differs(trial, "no such EDE");
        take_out(trial, EDNS_ERROR);
    }
    if (match & MATCH_CLIENT_COOKIE && !takes_cookie(trial, 8))
        return false;
    return !(match & MATCH_SERVER_COOKIE) || takes_cookie(trial, 24);
}

/* ---- all words
 * -------------------------------------------------------------------------------- */

static bool serial_matches(const struct trial *trial)
{
    const struct packet_section *section = &trial->received.sections[PACKET_AUTHORITY];
    struct rdata_soa soa;

    for (size_t i = 0; i < section->count; i++)
        if (section->records[i].type == TYPE_SOA)
            return rdata_soa(section->records[i].rdata, &soa) &&
                   soa.serial == trial->entry->serial;
    return false;
}

static bool head_matches(struct trial *trial)
{
    const struct packet *wanted = trial->wanted, *came = &trial->received;
    unsigned match = trial->entry->match;

    if (match & MATCH_OPCODE && wanted->opcode != came->opcode)
        return differs(trial, "opcode");
    if (match & MATCH_QTYPE && qtype_of(wanted) != qtype_of(came))
        return differs(trial, "qtype");
    if (match & MATCH_QNAME && !same_qname(wanted, came))
        return differs(trial, "qname");
    if (match & MATCH_RCODE && wanted->rcode != came->rcode)
        return differs(trial, "rcode");
    if (match & MATCH_SUBDOMAIN && !is_subdomain(came, wanted))
        return differs(trial, "not a subdomain");
    if (match & MATCH_SERIAL && !serial_matches(trial))
        return differs(trial, "serial");
    if (match & MATCH_UDP && trial->tcp)
        return differs(trial, "not over UDP");
    if (match & MATCH_TCP && !trial->tcp)
        return differs(trial, "not over TCP");
    return true;
}

static bool edns_matches(struct trial *trial)
{
    const struct packet *came = &trial->received;
    uint32_t bits = came->has_opt ? came->opt_ttl : 0;
    unsigned match = trial->entry->match;

    if (match & MATCH_DO && !(bits & OPT_DO))
        return differs(trial, "no DO");
    if (match & MATCH_CO && !(bits & OPT_CO))
        return differs(trial, "no CO");
    if (match & MATCH_NOEDNS && came->has_opt)
        return differs(trial, "has an OPT record");
    if (match & MATCH_EDNSDATA && !same_opt_rdata(trial))
        return differs(trial, "EDNS options");
    return true;
}

static bool all_words_hold(struct trial *trial)
{
    unsigned match = trial->entry->match;

    if (!options_match(trial) || !head_matches(trial) || !edns_matches(trial))
        return false;
    if (match & MATCH_QUESTION && !same_section(trial, PACKET_QUESTION))
        return false;
    if (match & MATCH_ANSWER && !same_section(trial, PACKET_ANSWER))
        return false;
    return !(match & (MATCH_ALL | MATCH_ALL_NOEDNS)) || same_all(trial);
}

bool entry_matches(const struct entry *entry, const struct packet *received, bool tcp,
                   struct arena *arena, const char **why)
{
    struct trial trial = {.entry = entry,
                          .wanted = &entry->first.packet,
                          .received = *received,
                          .tcp = tcp,
                          .arena = arena,
                          .why = text_in(arena)};

    if (all_words_hold(&trial))
        return true;
    if (why != NULL) {
        *why = text_done(&trial.why);
        if (*why == NULL)
            *why = "no memory";
    }
    return false;
}
