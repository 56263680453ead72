/*
 * local_change_test.c - a table made out of the one before says what one built anew says,
 * whatever has come and gone; and the one before still says what it said.
 */
#include "services/client/local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "services/client/local_table.h"
#include "util/text.h"

enum { ITEMS_MAX = 14, STEPS = 1500, NOW_S = 1000 };

/* Names in names, zones over and under records, built-in zones, and things that stand twice. */
static const char *const zone_pool[] = {"x. static",
                                        "x. transparent",
                                        "a.x. static",
                                        "a.x. redirect",
                                        "b.a.x. static",
                                        "b.a.x. refuse",
                                        "y. redirect",
                                        "y. typetransparent",
                                        "z.y. always_nxdomain",
                                        "e.d.c.a.x. static",
                                        "home.arpa. static",
                                        "home.arpa. nodefault",
                                        "w. inform_redirect",
                                        "w. always_null",
                                        "localhost. static",
                                        "16.172.in-addr.arpa. static"};
static const char *const data_pool[] = {
    "a.x. A 192.0.2.1",       "a.x. A 192.0.2.2",         "c.a.x. TXT one",
    "d.c.a.x. A 192.0.2.3",   "f.e.d.c.a.x. A 192.0.2.4", "b.a.x. SOA n. h. 1 2 3 4 60",
    "b.a.x. A 192.0.2.5",     "x. SOA n. h. 1 2 3 4 30",  "y. A 192.0.2.6",
    "y. CNAME *.t.",          "q.y. A 192.0.2.7",         "p.home.arpa. A 192.0.2.8",
    "localhost. A 127.0.0.1", "localhost. A 192.0.2.9",   "w. AAAA 2001:db8::1",
    "alone. TXT x",           "g.alone. TXT y",           "a.x. CH TXT z"};
static const char *const ptr_pool[] = {"192.0.2.7 h.x.", "172.16.0.1 g.x.", "172.16.0.1 h.x.",
                                       "2001:db8::1 h.x."};

struct lists {
    struct opt_item items[3][ITEMS_MAX];
    struct client_options options;
};

static void show(struct lists *lists)
{
    lists->options.local_zone.items = lists->items[0];
    lists->options.local_data.items = lists->items[1];
    lists->options.local_data_ptr.items = lists->items[2];
}

static struct opt_list *list_of(struct lists *lists, unsigned kind)
{
    struct opt_list *all[] = {&lists->options.local_zone, &lists->options.local_data,
                              &lists->options.local_data_ptr};

    return all[kind];
}

static uint64_t chance(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static void add(struct lists *lists, uint64_t *seed)
{
    static const struct {
        const char *const *texts;
        size_t count;
    } pools[] = {{zone_pool, COUNT(zone_pool)},
                 {data_pool, COUNT(data_pool)},
                 {ptr_pool, COUNT(ptr_pool)}};
    unsigned kind = (unsigned)(chance(seed) % 3);
    struct opt_list *list = list_of(lists, kind);

    if (list->count < ITEMS_MAX)
        list->items[list->count++] =
            (struct opt_item){pools[kind].texts[chance(seed) % pools[kind].count], "f", 1, 1};
}

static void take(struct lists *lists, uint64_t *seed)
{
    struct opt_list *list = list_of(lists, (unsigned)(chance(seed) % 3));
    size_t place;

    if (list->count == 0)
        return;
    place = chance(seed) % list->count;
    memmove(&list->items[place], &list->items[place + 1],
            (--list->count - place) * sizeof(list->items[0]));
}

static void count_complaint(void *context, const struct opt_item *item, const char *words)
{
    (void)item;
    (void)words;
    ++*(unsigned *)context;
}

/* ---- all that a table says ---- */

static void add_records(struct text *text, const struct rrset *set)
{
    size_t least = 0;
    char name[DNAME_TEXT_MAX];

    text_printf(text, " %s/%u:%u", dname_to_reason(rrset_owner(set), name), set->type,
                set->ttl_s);
    /* In one order, whatever the order they were added in. */
    for (size_t shown = 0; shown < set->rr_count; shown++) {
        struct slice best = {NULL, 0};

        for (size_t i = 0; i < set->rr_count; i++) {
            struct slice one = rrset_rdata(set, i);
            size_t rank = 0;

            for (size_t j = 0; j < set->rr_count; j++) {
                struct slice other = rrset_rdata(set, j);
                int order = memcmp(other.data, one.data, size_min(other.size, one.size));

                rank += order < 0 || (order == 0 && other.size < one.size);
            }
            if (rank == least)
                best = one;
        }
        text_add_char(text, ' ');
        text_add_hex(text, best);
        least++;
    }
}

static const char *all_answers(const struct local *local, struct arena *arena)
{
    static const char *const names[] = {"x.",
                                        "a.x.",
                                        "b.a.x.",
                                        "c.a.x.",
                                        "d.c.a.x.",
                                        "e.d.c.a.x.",
                                        "f.e.d.c.a.x.",
                                        "n.x.",
                                        "n.a.x.",
                                        "n.c.a.x.",
                                        "n.b.a.x.",
                                        "y.",
                                        "q.y.",
                                        "z.y.",
                                        "n.z.y.",
                                        "home.arpa.",
                                        "p.home.arpa.",
                                        "localhost.",
                                        "n.localhost.",
                                        "w.",
                                        "n.w.",
                                        "alone.",
                                        "g.alone.",
                                        "7.2.0.192.in-addr.arpa.",
                                        "1.0.16.172.in-addr.arpa.",
                                        "0.16.172.in-addr.arpa."};
    static const uint16_t types[] = {TYPE_A, TYPE_TXT, TYPE_PTR, TYPE_SOA, TYPE_MX};
    struct text text = text_in(arena);

    for (size_t n = 0; n < COUNT(names); n++)
        for (size_t t = 0; t <= COUNT(types); t++) {
            struct question question = {.qtype = t < COUNT(types) ? types[t] : TYPE_TXT,
                                        .qclass = t < COUNT(types) ? CLASS_IN : CLASS_CH};
            struct local_note note = {.inform = false};
            struct message message = {.rcode = 0};
            uint8_t storage[DNAME_MAX];
            struct addr client;
            enum local_verdict verdict;

            assert_int_equal(addr_from_text(&client, "127.0.0.1", 0, NULL), STATUS_OK);
            assert_int_equal(dname_from_text(names[n], storage, &question.qname), STATUS_OK);
            verdict = local_answer(local, &question, &client, NOW_S, arena, &message, &note);
            text_printf(&text, "%s/%u %d %u %zu%s", names[n], question.qtype, verdict,
                        message.rcode, (size_t)note.why.count, note.inform ? " inform" : "");
            for (size_t i = 0; verdict == LOCAL_ANSWER && i < message_rrsets(&message); i++)
                add_records(&text, message.rrsets[i]);
            text_add_char(&text, '\n');
        }
    assert_non_null(text_done(&text));
    return text_done(&text);
}

/* ---- tests ---- */

static void as_if_built_anew(void **state)
{
    static struct lists was, now;
    uint64_t seed = 1;
    unsigned complaints = 0, refused = 0, shared = 0;
    struct local *local;

    (void)state;
    show(&was);
    local = local_new(&was.options, count_complaint, &complaints);
    assert_non_null(local);
    for (int step = 0; step < STEPS; step++) {
        struct arena *arena = arena_new(0);
        const char *before = all_answers(local, arena);
        struct local *renewed, *fresh;

        now = was;
        show(&now);
        for (uint64_t n = chance(&seed) % 4; n > 0; n--)
            add(&now, &seed);
        for (uint64_t n = chance(&seed) % 4; n > 0; n--)
            take(&now, &seed);
        renewed = local_renew(local, &was.options, &now.options, count_complaint, &complaints);
        fresh = local_new(&now.options, count_complaint, &complaints);
        if ((renewed == NULL) != (fresh == NULL))
            fail_msg("step %d: %s", step, renewed == NULL ? "refused" : "taken");
        assert_string_equal(all_answers(local, arena), before);
        if (renewed != NULL) {
            assert_string_equal(all_answers(renewed, arena), all_answers(fresh, arena));
            shared += renewed != local && renewed->store == local->store;
            local_free(local);
            local = renewed;
            was = now;
            show(&was);
        } else {
            refused++;
        }
        local_free(fresh);
        arena_free(arena);
    }
    local_free(local);
    /* Both ways were taken, and mistakes were among it. */
    assert_true(refused > STEPS / 50 && complaints >= 2 * refused);
    assert_true(shared > STEPS / 8 && shared < STEPS - refused);
}

/* The same lists, wherever they are: the same table. */
static void nothing_changes(void **state)
{
    static struct lists was, now;
    unsigned complaints = 0;
    struct local *local, *renewed;

    (void)state;
    show(&was);
    was.items[1][0] = (struct opt_item){"a.x. A 192.0.2.1", "f", 1, 1};
    was.options.local_data.count = 1;
    now = was;
    show(&now);
    local = local_new(&was.options, count_complaint, &complaints);
    renewed = local_renew(local, &was.options, &now.options, count_complaint, &complaints);
    assert_ptr_equal(renewed, local);
    local_free(renewed);
    now.options.unblock_lan_zones = true;
    renewed = local_renew(local, &was.options, &now.options, count_complaint, &complaints);
    assert_ptr_not_equal(renewed, local);
    assert_ptr_not_equal(renewed->store, local->store);
    local_free(local);
    local_free(renewed);
}

/* Records that come and go leave nothing behind that grows for ever. */
static void garbage_is_bounded(void **state)
{
    static struct lists was, now;
    unsigned complaints = 0;
    struct local *local;

    (void)state;
    show(&was);
    local = local_new(&was.options, count_complaint, &complaints);
    for (int step = 0; step < 15000; step++) {
        struct local *renewed;

        now = was;
        show(&now);
        now.options.local_data.count = 1 - was.options.local_data.count;
        now.items[1][0] = (struct opt_item){"a.b.c.d.e.f. TXT some_words", "f", 1, 1};
        renewed = local_renew(local, &was.options, &now.options, count_complaint, &complaints);
        assert_non_null(renewed);
        local_free(local);
        local = renewed;
        was = now;
        show(&was);
        assert_true(arena_size_bytes(local->arena) < 6 << 20);
    }
    local_free(local);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_if_built_anew),
        cmocka_unit_test(nothing_changes),
        cmocka_unit_test(garbage_is_bounded),
    };

    return cmocka_run_group_tests_name("local_change", tests, NULL, NULL);
}
