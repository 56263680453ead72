/*
 * sim_mangle.c - carries out the orders of a script.
 */
#include "testcode/sim_mangle.h"

#include <string.h>

enum { ORDER_SIZE = 4, REPLIES_APART = 24, SETS_MAX = 96 };

enum order_kind {
    ORDER_DROP_SET,
    ORDER_STRIP_SET,
    ORDER_RENAME_SET,
    ORDER_REPEAT_SET, /* one that was seen before, in the answer */
    ORDER_REPLACE_SET,
    ORDER_MOVE_SET, /* from the answer to the authority section or back */
    ORDER_TTL,
    ORDER_RCODE,
    ORDER_FLAGS,
    ORDER_EMPTY,
    ORDER_MESSAGES, /* the orders before are for messages, those below for octets */
    ORDER_FLIP = ORDER_MESSAGES,
    ORDER_SET_OCTET,
    ORDER_CUT,
    ORDER_LOSE,
    ORDER_KINDS
};

struct order {
    enum order_kind kind;
    uint16_t where;
};

/* The order'th one for the reply at hand. @return false: there is none. */
static bool next_order(const struct sim_mangler *mangler, size_t *at, struct order *order)
{
    for (; *at + ORDER_SIZE <= mangler->script.size; *at += ORDER_SIZE) {
        const uint8_t *octets = mangler->script.data + *at;

        if (octets[0] % REPLIES_APART != mangler->replies % REPLIES_APART)
            continue;
        order->kind = (enum order_kind)(octets[1] % ORDER_KINDS);
        order->where = bytes_u16(octets + 2);
        *at += ORDER_SIZE;
        return true;
    }
    return false;
}

/* All RRsets of the message, with room for more. */
struct sets {
    struct arena *arena;
    struct message *reply;
    size_t total;
    const struct rrset *set[SETS_MAX];
};

static void drop(struct sets *sets, size_t at)
{
    size_t section = 0, end = sets->reply->count[0];

    while (at >= end)
        end += sets->reply->count[++section];
    sets->reply->count[section]--;
    memmove(sets->set + at, sets->set + at + 1, (--sets->total - at) * sizeof(sets->set[0]));
}

static void insert(struct sets *sets, enum section section, const struct rrset *set)
{
    size_t at = section == SECTION_ANSWER ? 0 : sets->reply->count[SECTION_ANSWER];

    if (sets->total == SETS_MAX || set == NULL)
        return;
    memmove(sets->set + at + 1, sets->set + at, (sets->total - at) * sizeof(sets->set[0]));
    sets->set[at] = set;
    sets->reply->count[section]++;
    sets->total++;
}

static const struct rrset *stripped(struct arena *arena, const struct rrset *set)
{
    bool *stays = ARENA_ARRAY(arena, bool, (size_t)set->rr_count + set->rrsig_count);

    for (size_t i = 0; stays != NULL && i < set->rr_count; i++)
        stays[i] = true;
    return stays == NULL ? NULL : rrset_filter_in(arena, set, stays);
}

static const struct rrset *with_ttl(struct arena *arena, const struct rrset *set,
                                    uint32_t ttl_s)
{
    struct rrset *copy = rrset_copy_in(arena, set);

    if (copy != NULL)
        copy->ttl_s = ttl_s;
    return copy;
}

static const struct rrset *repeated(const struct sim_mangler *mangler, uint16_t where)
{
    return mangler->kept_count == 0 ? NULL : mangler->kept[where % mangler->kept_count];
}

static void change_set(struct sim_mangler *mangler, struct sets *sets, struct order order)
{
    size_t at = order.where % sets->total;
    const struct rrset *set = sets->set[at], *changed = NULL;

    switch (order.kind) {
    case ORDER_DROP_SET: drop(sets, at); return;
    case ORDER_MOVE_SET:
        drop(sets, at);
        insert(sets, order.where & 0x100 ? SECTION_ANSWER : SECTION_AUTHORITY, set);
        return;
    case ORDER_STRIP_SET: changed = stripped(sets->arena, set); break;
    case ORDER_RENAME_SET:
        changed = rrset_rename_in(sets->arena, set, sets->reply->question.qname);
        break;
    case ORDER_REPLACE_SET: changed = repeated(mangler, order.where >> 8); break;
    case ORDER_TTL: changed = with_ttl(sets->arena, set, order.where * 16u); break;
    default: break;
    }
    if (changed != NULL)
        sets->set[at] = changed;
}

static void obey(struct sim_mangler *mangler, struct sets *sets, struct order order)
{
    struct message *reply = sets->reply;

    switch (order.kind) {
    case ORDER_RCODE: reply->rcode = order.where % 6; return;
    case ORDER_FLAGS:
        reply->flags ^= order.where & (FLAG_AA | FLAG_TC | FLAG_AD | FLAG_CD);
        return;
    case ORDER_EMPTY: memset(reply->count, 0, sizeof(reply->count)), sets->total = 0; return;
    case ORDER_REPEAT_SET:
        insert(sets, order.where & 0x100 ? SECTION_ANSWER : SECTION_AUTHORITY,
               repeated(mangler, order.where & 0xff));
        return;
    default: break;
    }
    if (sets->total > 0 && order.kind < ORDER_MESSAGES)
        change_set(mangler, sets, order);
}

static void keep(struct sim_mangler *mangler, const struct rrset *set)
{
    if (mangler->kept_count < SIM_KEPT_MAX && set->rrsig_count > 0)
        mangler->kept[mangler->kept_count++] = rrset_copy_in(mangler->arena, set);
    if (mangler->kept_count > 0 && mangler->kept[mangler->kept_count - 1] == NULL)
        mangler->kept_count--;
}

void sim_mangle_message(struct sim_mangler *mangler, struct message *reply, struct arena *arena)
{
    struct sets sets = {.arena = arena, .reply = reply, .total = message_rrsets(reply)};
    struct order order;
    size_t at = 0;

    if (sets.total > SETS_MAX)
        return;
    if (sets.total > 0)
        memcpy(sets.set, reply->rrsets, sets.total * sizeof(sets.set[0]));
    for (size_t i = 0; i < sets.total; i++)
        keep(mangler, sets.set[i]);
    while (next_order(mangler, &at, &order))
        obey(mangler, &sets, order);
    reply->rrsets = ARENA_ARRAY(arena, const struct rrset *, sets.total + 1);
    if (reply->rrsets == NULL)
        memset(reply->count, 0, sizeof(reply->count));
    else if (sets.total > 0)
        memcpy(reply->rrsets, sets.set, sets.total * sizeof(sets.set[0]));
}

size_t sim_mangle_octets(struct sim_mangler *mangler, uint8_t *octets, size_t size)
{
    struct order order;
    size_t at = 0;

    while (size > 0 && next_order(mangler, &at, &order)) {
        switch (order.kind) {
        case ORDER_FLIP:
            octets[order.where / 8 % size] ^= (uint8_t)(1 << order.where % 8);
            break;
        case ORDER_SET_OCTET: octets[(order.where >> 8) % size] = (uint8_t)order.where; break;
        case ORDER_CUT: size = order.where % size; break;
        case ORDER_LOSE: size = 0; break;
        default: break;
        }
    }
    mangler->replies++;
    return size;
}
