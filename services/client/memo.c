/*
 * memo.c - what an encoded answer is kept as, and how an answer is made of it again.
 *
 * An image is made of the octets that reply_write gives to an asker who is nobody in
 * particular: the records, the OPT, and where in them stands what changes: TTLs, and records
 * that take turns. Everything that reply_write decides by asker or time is either part of the
 * image's key (DO, the settings), done again here (AD, size, TTLs, turns), added by lane.c (CD), or
 * a reason for it not to come here. Images are flat octets; only this file knows what they mean.
 */
#include "services/client/memo.h"

#include <string.h>

enum { AT_FLAGS = 2, AT_COUNTS = 4, AT_ARCOUNT = 10, TTL_TO_RDATA = 6 };
enum { OPT_OCTETS = 11, OPTION_HEAD_SIZE = 4 };

/* An image begins with this; behind it come sets, TTL offsets, records and OPT. */
struct image {
    int64_t made_s;
    uint16_t set_count, ttl_count;
    uint16_t records_size, opt_size;
    uint16_t aging_size; /* of the last option, which tells how old a failure is; 0: none does */
    uint8_t flags[2]; /* of the header, with RD and the rcode; AD: the answer is authentic */
    uint8_t counts[8];
};

struct image_set {
    uint32_t expires_in_s; /* from image.made_s on */
    uint32_t ttl_most_s;   /* shown at most, however long it still lives */
    uint16_t ttl_count;
    uint16_t movable, movable_size; /* struct message_mark; 0: they keep their order */
};

/* ---- making ---- */

struct making {
    struct visit *visit;
    const struct hit *hit;
    const struct reasons *reasons;
    bool dnssec_ok;
    uint16_t aging_size;
    struct message_marks marks;
    struct sink out; /* the answer as it was written for nobody in particular */
    struct msg_memo memo;
};

static inline bool is_current(const struct msg_shown *shown)
{
    return rrset_is_still(shown->set, (enum security)shown->security);
}

static size_t entry_rrsets(const struct msg_entry *entry)
{
    return (size_t)entry->count[0] + entry->count[1] + entry->count[2];
}

static inline bool is_valid(const struct msg_entry *entry, uint32_t generation, int64_t now_s)
{
    const struct msg_memo *memo = entry->memo;
    const struct msg_shown *shown, *end;

    if (memo == NULL || memo->generation != generation || memo->until_s <= now_s)
        return false;
    end = memo->shown + entry_rrsets(entry);
    for (shown = memo->shown; shown < end; shown++)
        if (!is_current(shown))
            return false;
    return true;
}

/* It is the question itself that was looked for, and always will be. */
static bool is_asked_plainly(const struct visit *visit)
{
    return visit->asker.question.qclass == CLASS_IN && visit->alias_count == 0 &&
           local_is_silent(visit->service->settings.local, &visit->target);
}

/* Whoever asks the same again would be answered the same, but for what memo_write takes care
 * of. */
static bool is_suitable(const struct visit *visit, const struct hit *hit)
{
    const struct msg_entry *entry = hit->entry;
    size_t soas = 0;

    for (size_t i = entry->count[SECTION_ANSWER]; i < message_rrsets(&hit->message); i++)
        soas += hit->message.rrsets[i]->type == TYPE_SOA;
    return hit->age == HIT_FRESH &&
           (entry->flavour & ~(MSG_FLAVOUR_MADE | MSG_FLAVOUR_CD)) == 0 &&
           entry->rcode <= 15 && entry->rcode != RCODE_SERVFAIL &&
           visit->now_s < entry->prefetch_at_s && soas <= 1 && is_asked_plainly(visit);
}

/* What goes out, and until when: a hit after that has it fetched anew, or finds nothing.
 * @return false: it may be another set at the next look. */
static bool note_shown(struct making *making)
{
    const struct message *message = &making->hit->message;
    size_t total = message_rrsets(message);
    struct msg_shown *shown = ARENA_ARRAY(making->visit->arena, struct msg_shown, total + 1);

    if (shown == NULL)
        return false;
    making->memo.until_s =
        time_min(making->hit->entry->expires_s, making->hit->entry->prefetch_at_s);
    for (size_t i = 0; i < total; i++) {
        const struct rrset *set = message->rrsets[i];

        shown[i] = (struct msg_shown){set, (uint8_t)rrset_security(set)};
        if (!is_current(&shown[i]))
            return false;
        making->memo.until_s = time_min(making->memo.until_s, set->expires_s);
    }
    making->memo.shown = shown;
    return true;
}

static bool make_marks(struct making *making)
{
    const struct message *message = &making->hit->message;
    struct message_marks *marks = &making->marks;
    struct arena *arena = making->visit->arena;

    marks->marks_max = message_rrsets(message);
    for (size_t i = 0; i < marks->marks_max; i++)
        marks->ttls_max +=
            (size_t)message->rrsets[i]->rr_count + message->rrsets[i]->rrsig_count;
    marks->marks = ARENA_ARRAY(arena, struct message_mark, marks->marks_max + 1);
    marks->ttls = ARENA_ARRAY(arena, uint16_t, marks->ttls_max + 1);
    return marks->marks != NULL && marks->ttls != NULL;
}

/* For somebody who is nobody in particular: takes any size, knows EDNS and AD, has the id 0. */
static bool write_answer(struct making *making)
{
    struct visit *visit = making->visit;
    struct request_service *service = visit->service;
    struct message changed;
    struct asker nobody = {.transport = TRANSPORT_TCP,
                           .flags = FLAG_RD | FLAG_AD,
                           .opcode = OPCODE_QUERY,
                           .has_question = true,
                           .question = visit->asker.question,
                           .has_edns = true,
                           .dnssec_ok = making->dnssec_ok,
                           .is_known = true};
    struct reply reply = {
        .rcode = making->hit->message.rcode,
        .security = making->hit->security,
        .reasons = making->reasons,
        .now_s = visit->now_s,
        .marks = &making->marks,
    };

    if (making->hit->age != HIT_FAILURE)
        reply.message = visit_denial_soa(visit, &making->hit->message, &changed);

    making->out = sink_of(service->out, sizeof(service->out));
    return make_marks(making) &&
           reply_write(&service->style, &nobody, &reply, visit->arena, &making->out) ==
               STATUS_OK &&
           !making->marks.failed && (bytes_u16(service->out + 2) & FLAG_TC) == 0;
}

/* A copy of an SOA that lives shorter stands for the longest that it is ever shown. */
static struct image_set describe_set(const struct making *making,
                                     const struct message_mark *mark)
{
    const struct message *message = &making->hit->message;
    bool may_turn = making->visit->service->settings.options->rrset_roundrobin;
    struct image_set set = {.ttl_most_s = UINT32_MAX,
                            .ttl_count = mark->ttl_count,
                            .movable = may_turn ? mark->movable : 0,
                            .movable_size = mark->movable_size};
    const struct rrset *real = mark->set;

    for (size_t i = message->count[SECTION_ANSWER]; i < message_rrsets(message); i++)
        if (mark->set->type == TYPE_SOA && message->rrsets[i]->type == TYPE_SOA &&
            message->rrsets[i] != mark->set &&
            dname_equal(rrset_owner(message->rrsets[i]), rrset_owner(mark->set))) {
            real = message->rrsets[i];
            set.ttl_most_s = mark->set->ttl_s;
        }
    set.expires_in_s = rrset_ttl_left_s(real, making->visit->now_s);
    return set;
}

static void fill_image(const struct making *making, const struct image *image, uint8_t *at)
{
    const struct message_marks *marks = &making->marks;
    size_t records = marks->records_end - image->records_size;

    memcpy(at, image, sizeof(*image));
    at += sizeof(*image);
    for (size_t i = 0; i < marks->mark_count; i++, at += sizeof(struct image_set)) {
        struct image_set set = describe_set(making, &marks->marks[i]);

        memcpy(at, &set, sizeof(set));
    }
    for (size_t i = 0; i < marks->ttl_count; i++, at += sizeof(uint16_t)) {
        uint16_t offset = (uint16_t)(marks->ttls[i] - records);

        memcpy(at, &offset, sizeof(offset));
    }
    memcpy(at, making->out.base + records, making->out.used - records);
}

static bool make_image(struct making *making)
{
    const struct message_marks *marks = &making->marks;
    const uint8_t *header = making->out.base;
    size_t records = HEADER_SIZE + making->visit->asker.question.qname.size + 4u;
    struct image image = {.made_s = making->visit->now_s,
                          .set_count = (uint16_t)marks->mark_count,
                          .ttl_count = (uint16_t)marks->ttl_count,
                          .records_size = (uint16_t)(marks->records_end - records),
                          .aging_size = making->aging_size,
                          .opt_size = (uint16_t)(making->out.used - marks->records_end)};
    size_t size = sizeof(image) + image.set_count * sizeof(struct image_set) +
                  image.ttl_count * sizeof(uint16_t) + image.records_size + image.opt_size;
    uint8_t *bytes = arena_alloc(making->visit->arena, size);

    if (bytes == NULL)
        return false;
    memcpy(image.flags, header + AT_FLAGS, sizeof(image.flags));
    memcpy(image.counts, header + AT_COUNTS, sizeof(image.counts));
    fill_image(making, &image, bytes);
    making->memo.image[making->dnssec_ok] = slice_of(bytes, size);
    return true;
}

/* The image for the other value of DO stays where it shows the same. */
static void keep_other_image(struct making *making)
{
    const struct msg_entry *entry = making->hit->entry;
    size_t total = entry_rrsets(entry);

    if (!is_valid(entry, making->memo.generation, making->visit->now_s))
        return;
    for (size_t i = 0; i < total; i++)
        if (entry->memo->shown[i].set != making->memo.shown[i].set)
            return;
    making->memo.image[!making->dnssec_ok] = entry->memo->image[!making->dnssec_ok];
}

static const struct image *image_of(const struct msg_entry *entry, bool dnssec_ok)
{
    if (entry->memo == NULL || entry->memo->image[dnssec_ok].size == 0)
        return NULL;
    return (const struct image *)(const void *)entry->memo->image[dnssec_ok].data;
}

/* What is asked for once only need not be kept twice; and where a set is superseded all the
 * time (the SOA of a zone with many denials), an image a second is enough. */
static bool is_due(const struct visit *visit, const struct hit *hit)
{
    const struct request_settings *settings = &visit->service->settings;
    const struct msg_entry *entry = hit->entry;
    const struct image *image = image_of(entry, visit->asker.dnssec_ok);

    if (!visit->service->lane_is_open ||
        atomic_load_explicit(&entry->memo_is_refused, memory_order_relaxed))
        return false;
    if (!msg_cache_note_hit(settings->env->messages, entry) && !settings->check_memos)
        return false;
    if (image == NULL)
        return true;
    return !is_valid(entry, settings->generation, visit->now_s) &&
           (image->made_s != visit->now_s || settings->check_memos ||
            entry->memo->generation != settings->generation);
}

/* Where who sets CD was answered by what was judged, the lane may do so, too. */
static void share_memo(struct visit *visit, const struct hit *hit)
{
    const struct request_settings *settings = &visit->service->settings;

    if (visit_is_unchecked(visit) && hit->age == HIT_FRESH &&
        (hit->entry->flavour & MSG_FLAVOUR_CD) == 0 && hit->entry->memo != NULL)
        msg_cache_note_for_all(settings->env->messages, hit->entry, visit->now_s);
}

static struct making making_of(struct visit *visit, const struct hit *hit)
{
    return (struct making){.visit = visit,
                           .hit = hit,
                           .reasons = hit->entry->reasons,
                           .dnssec_ok = visit->asker.dnssec_ok,
                           .memo = {.generation = visit->service->settings.generation}};
}

static void make(struct making *making)
{
    if (!note_shown(making) || !write_answer(making) || !make_image(making))
        return;
    keep_other_image(making);
    (void)msg_cache_keep_memo(making->visit->service->settings.env->messages,
                              making->hit->entry, &making->memo);
}

void memo_keep(struct visit *visit, const struct hit *hit)
{
    struct making making = making_of(visit, hit);

    if (!is_due(visit, hit))
        share_memo(visit, hit);
    else if (is_suitable(visit, hit))
        make(&making);
}

/* ---- failures ---- */

static const char aging_head[] = "cached="; /* as visit.c has it: cached=3 for name/TYPE left=2 */
enum { AGING_HEAD_SIZE = OPTION_HEAD_SIZE + 2 + sizeof(aging_head) - 1, NUMBERS_MAX = 20 };

/* @return false: with other numbers it may be cut. */
static bool note_aging(struct making *making)
{
    const struct client_options *options = making->visit->service->settings.options;
    const struct reasons *told = making->reasons;
    const struct reason *last = &told->item[told->count - 1];
    size_t size = strlen(last->text);

    if (!options->ede || told->count > options->ede_most)
        return true; /* it is not shown */
    if (size + NUMBERS_MAX > EDE_TEXT_MAX ||
        strncmp(last->text, aging_head, sizeof(aging_head) - 1) != 0)
        return false;
    making->aging_size = (uint16_t)(OPTION_HEAD_SIZE + 2 + size);
    return true;
}

/* For who sets CD any answer that is judged is good, too: his failures are not kept so. */
void memo_keep_failure(struct visit *visit, const struct hit *hit, const struct reasons *told)
{
    struct making making = making_of(visit, hit);
    const struct msg_entry *entry = hit->entry;

    making.reasons = told;
    visit->service->failures_until_s =
        time_max(visit->service->failures_until_s, entry->expires_s);
    if (is_due(visit, hit) && entry->rcode == RCODE_SERVFAIL && entry_rrsets(entry) == 0 &&
        (entry->flavour & ~(MSG_FLAVOUR_MADE | MSG_FLAVOUR_FAILURE)) == 0 &&
        is_asked_plainly(visit) && note_aging(&making))
        make(&making);
}

/* ---- using ---- */

/* The records of a set, each in the place of another. */
static void turn_set(const struct image_set *set, const uint16_t *ttls, const uint8_t *from,
                     uint8_t *to, size_t first)
{
    for (size_t i = 0; i < set->movable; i++) {
        size_t source = first + i < set->movable ? first + i : first + i - set->movable;

        memcpy(to + ttls[i] + TTL_TO_RDATA, from + ttls[source] + TTL_TO_RDATA,
               set->movable_size);
    }
}

/* What changes in the records: TTLs, and which record comes first. Numbers are read once: for
 * all that the compiler knows the octets written might be theirs. */
static void patch_records(const struct image *image, const struct image_set *sets,
                          const struct memo_asker *asker, const uint8_t *from, uint8_t *to)
{
    const struct image_set *end = sets + image->set_count;
    const uint16_t *ttls = (const uint16_t *)end;
    uint32_t age_s = (uint32_t)(asker->now_s - image->made_s);

    for (const struct image_set *set = sets; set < end; set++) {
        const uint16_t *ttls_end = ttls + set->ttl_count;
        uint32_t left_s = set->expires_in_s > age_s ? set->expires_in_s - age_s : 0;
        uint32_t ttl_s = left_s < set->ttl_most_s ? left_s : set->ttl_most_s;

        for (const uint16_t *at = ttls; at < ttls_end; at++)
            bytes_put_u32(to + *at, ttl_s);
        if (set->movable != 0 && asker->id % set->movable != 0)
            turn_set(set, ttls, from, to, asker->id % set->movable);
        ttls = ttls_end;
    }
}

/* The id and the question are the asker's, in his letters. */
static void put_head(const struct image *image, const struct memo_asker *asker, uint8_t *to)
{
    memcpy(to, asker->head.data, asker->head.size);
    to[AT_FLAGS] = image->flags[0];
    to[AT_FLAGS + 1] = (uint8_t)(image->flags[1] & ~(asker->wants_ad ? 0 : FLAG_AD));
    memcpy(to + AT_COUNTS, image->counts, sizeof(image->counts));
    if (!asker->has_edns) /* without an OPT there is one record less */
        bytes_put_u16(to + AT_ARCOUNT, (uint16_t)(bytes_u16(to + AT_ARCOUNT) - 1));
}

bool memo_write(const struct msg_entry *entry, const struct memo_asker *asker, struct sink *out)
{
    const struct image *image;
    const struct image_set *sets;
    const uint8_t *records;
    size_t copied, begin = asker->head.size;

    if (!is_valid(entry, asker->generation, asker->now_s) ||
        entry->memo->image[asker->dnssec_ok].size == 0)
        return false;
    image = (const struct image *)(const void *)entry->memo->image[asker->dnssec_ok].data;
    copied = (size_t)image->records_size + (asker->has_edns ? image->opt_size : 0);
    if (begin + copied > size_min(asker->size_max, out->size))
        return false;
    sets = (const struct image_set *)(image + 1);
    records = (const uint8_t *)(sets + image->set_count) + image->ttl_count * sizeof(uint16_t);
    put_head(image, asker, out->base);
    memcpy(out->base + begin, records, copied);
    patch_records(image, sets, asker, records, out->base + begin);
    out->used = begin + copied;
    return true;
}

bool memo_add_option(const struct msg_entry *entry, const struct memo_asker *asker,
                     uint16_t code, struct slice data, struct sink *out)
{
    size_t behind = image_of(entry, asker->dnssec_ok)->opt_size - (size_t)OPT_OCTETS;
    size_t size = OPTION_HEAD_SIZE + data.size;
    uint8_t *at = out->base + out->used - behind;

    if (out->used + size > size_min(asker->size_max, out->size))
        return false;
    memmove(at + size, at, behind);
    bytes_put_u16(at, code);
    bytes_put_u16(at + 2, (uint16_t)data.size);
    memcpy(at + OPTION_HEAD_SIZE, data.data, data.size);
    bytes_put_u16(at - 2, (uint16_t)(behind + size));
    out->used += size;
    return true;
}

/* ---- using: failures ---- */

/* @return number of digits. */
static size_t put_number(uint8_t *to, int64_t number)
{
    uint8_t digits[NUMBERS_MAX];
    size_t size = 0;

    do
        digits[size++] = (uint8_t)('0' + number % 10);
    while ((number /= 10) > 0);
    for (size_t i = 0; i < size; i++)
        to[i] = digits[size - 1 - i];
    return size;
}

/* The last option with the numbers of now: how old the failure is, and how long it is kept. */
static bool renew_age(const struct msg_entry *entry, const struct memo_asker *asker,
                      struct sink *out)
{
    const struct image *image = image_of(entry, asker->dnssec_ok);
    const struct slice *octets = &entry->memo->image[asker->dnssec_ok];
    const uint8_t *was = octets->data + octets->size - image->aging_size;
    uint8_t *option = out->base + out->used - image->aging_size;
    uint8_t *opt = out->base + out->used - image->opt_size, *at = option + AGING_HEAD_SIZE;
    uint8_t unused[NUMBERS_MAX];
    size_t first = put_number(unused, image->made_s - entry->stored_s);
    size_t second = put_number(unused, entry->expires_s - image->made_s);
    size_t between = image->aging_size - AGING_HEAD_SIZE - first - second;

    if (out->used + NUMBERS_MAX > size_min(asker->size_max, out->size))
        return false;
    at += put_number(at, asker->now_s - entry->stored_s);
    memcpy(at, was + AGING_HEAD_SIZE + first, between);
    at += between;
    at += put_number(at, entry->expires_s - asker->now_s);
    bytes_put_u16(option + 2, (uint16_t)(at - option - OPTION_HEAD_SIZE));
    bytes_put_u16(opt + OPT_OCTETS - 2, (uint16_t)(at - opt - OPT_OCTETS));
    out->used = (size_t)(at - out->base);
    return true;
}

bool memo_write_failure(const struct msg_entry *entry, const struct memo_asker *asker,
                        struct sink *out)
{
    return memo_write(entry, asker, out) &&
           (!asker->has_edns || image_of(entry, asker->dnssec_ok)->aging_size == 0 ||
            renew_age(entry, asker, out));
}
