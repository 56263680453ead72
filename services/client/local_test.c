/*
 * local_test.c - zone types, records, built-in zones, aliases and what is told about blocking.
 */
#include "services/client/local.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/text.h"
#include "util/wire/text_rr.h"

enum { ITEMS_MAX = 48, NOW_S = 1000 };

static const char *const zones[] = {
    "static.example static",
    "empty.example. static",
    "soa.example. static",
    "trans.example. transparent",
    "types.example. typetransparent",
    "redir.example. redirect",
    "synth.example. redirect",
    "redirsoa.example. redirect",
    "inform.example. inform",
    "deny.example. deny",
    "informdeny.example. inform_deny",
    "refuse.example. refuse",
    "arefuse.example. always_refuse",
    "atrans.example. always_transparent",
    "anx.example. always_nxdomain",
    "anodata.example. always_nodata",
    "anull.example. always_null",
    "adeny.example. always_deny",
    "blocka.example. block_a",
    "blockaaaa.example. block_aaaa",
    "blockad.example. block_a_wdata",
    "sub.anx.example. transparent",
    "10.in-addr.arpa. nodefault",
    "16.172.in-addr.arpa. transparent",
    "over.example. static",
    "test. nodefault",
    NULL,
};

static const char *const data[] = {
    "www.static.example. 300 A 192.0.2.1",
    "www.static.example. A 192.0.2.2",
    "a.ent.static.example TXT \"x\"",
    "alias.static.example. CNAME www.other.example.",
    "soa.example. 7200 SOA ns.soa.example. host.soa.example. 1 2 3 4 600",
    "www.trans.example. AAAA 2001:db8::1",
    "www.types.example. A 192.0.2.3",
    "redir.example. A 192.0.2.4",
    "synth.example. CNAME *.target.example.",
    "redirsoa.example. A 192.0.2.5",
    "redirsoa.example. SOA ns.x. h.x. 1 2 3 4 5",
    "www.inform.example. A 192.0.2.6",
    "www.deny.example. A 192.0.2.7",
    "www.refuse.example. A 192.0.2.8",
    "www.arefuse.example. A 192.0.2.9",
    "www.atrans.example. A 192.0.2.10",
    "www.anx.example. A 192.0.2.11",
    "www.anull.example. A 192.0.2.12",
    "www.blocka.example. A 192.0.2.13",
    "www.blockad.example. A 192.0.2.14",
    "loose.example.net. A 192.0.2.15",
    "www.over.example. A 192.0.2.16",
    "printer.home.arpa. A 192.0.2.17",
    "me.chaos. CH TXT \"here\"",
    NULL,
};

static const char *const pointers[] = {"192.0.2.20 host.example.net.",
                                       "2001:db8::20 60 host.example.net.", NULL};
static const char *const overrides[] = {"over.example. 198.51.100.0/24 always_nxdomain",
                                        "over.example. 198.51.100.7/32 always_transparent",
                                        NULL};

static const char *at_list[ITEMS_MAX];

static struct opt_list list_of(const char *const *texts, struct opt_item items[ITEMS_MAX])
{
    struct opt_list list = {0, items};

    while (texts[list.count] != NULL) {
        assert_true(list.count < ITEMS_MAX);
        items[list.count] = (struct opt_item){texts[list.count], "test.conf", 1, 1};
        list.count++;
    }
    return list;
}

static void note_complaint(void *context, const struct opt_item *item, const char *words)
{
    assert_non_null(item);
    assert_non_null(words);
    ++*(int *)context;
}

struct items {
    struct opt_item zones[ITEMS_MAX], data[ITEMS_MAX], pointers[ITEMS_MAX],
        overrides[ITEMS_MAX];
};

static struct local *make(bool unblock_lan)
{
    static struct items items;
    struct client_options options = {.unblock_lan_zones = unblock_lan};
    int complaints = 0;
    struct local *local;

    options.local_zone = list_of(zones, items.zones);
    options.local_data = list_of(data, items.data);
    options.local_data_ptr = list_of(pointers, items.pointers);
    options.local_zone_override = list_of(overrides, items.overrides);
    local = local_new(&options, note_complaint, &complaints);
    assert_int_equal(complaints, 0);
    assert_non_null(local);
    return local;
}

static const struct {
    const char *why, *client, *name;
    uint16_t type;
    enum local_verdict want;
    uint16_t rcode;
    const char *records; /* "A 192.0.2.1;..." in order of the sections; NULL: not looked at */
    int ede;             /* 0: none */
} cases[] = {
    {"two records, the lesser TTL for both", NULL, "www.static.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR,
     "www.static.example. 300 IN A 192.0.2.1;www.static.example. 300 IN A 192.0.2.2;", 0},
    {"letter case does not matter", NULL, "WWW.Static.EXAMPLE.", TYPE_AAAA, LOCAL_ANSWER,
     RCODE_NOERROR, "", 0},
    {"static: no such name", NULL, "no.static.example.", TYPE_A, LOCAL_ANSWER, RCODE_NXDOMAIN,
     "", 0},
    {"static: an empty non-terminal exists", NULL, "ent.static.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR, "", 0},
    {"static: the apex exists when something is below it", NULL, "static.example.", TYPE_A,
     LOCAL_ANSWER, RCODE_NOERROR, "", 0},
    {"static without any record: nothing exists", NULL, "empty.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NXDOMAIN, "", 0},
    {"DS of an apex belongs to the zone above", NULL, "static.example.", TYPE_DS, LOCAL_NONE, 0,
     NULL, 0},
    {"DS below the apex does not", NULL, "www.static.example.", TYPE_DS, LOCAL_ANSWER,
     RCODE_NOERROR, "", 0},
    {"an alias stands for all types", NULL, "alias.static.example.", TYPE_AAAA, LOCAL_ANSWER,
     RCODE_NOERROR, "alias.static.example. 3600 IN CNAME www.other.example.;", 0},
    {"a denial shows the SOA with its MINIMUM", NULL, "x.soa.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NXDOMAIN, "soa.example. 600 IN SOA ns.soa.example. host.soa.example. 1 2 3 4 600;",
     0},
    {"the SOA itself has its own TTL", NULL, "soa.example.", TYPE_SOA, LOCAL_ANSWER,
     RCODE_NOERROR, "soa.example. 7200 IN SOA ns.soa.example. host.soa.example. 1 2 3 4 600;",
     0},
    {"transparent: record", NULL, "www.trans.example.", TYPE_AAAA, LOCAL_ANSWER, RCODE_NOERROR,
     "www.trans.example. 3600 IN AAAA 2001:db8::1;", 0},
    {"transparent: other type of a local name", NULL, "www.trans.example.", TYPE_A,
     LOCAL_ANSWER, RCODE_NOERROR, "", 0},
    {"transparent: other name", NULL, "no.trans.example.", TYPE_A, LOCAL_NONE, 0, NULL, 0},
    {"typetransparent: record", NULL, "www.types.example.", TYPE_A, LOCAL_ANSWER, RCODE_NOERROR,
     "www.types.example. 3600 IN A 192.0.2.3;", 0},
    {"typetransparent: other type", NULL, "www.types.example.", TYPE_MX, LOCAL_NONE, 0, NULL,
     0},
    {"redirect: any name below", NULL, "a.b.redir.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR, "a.b.redir.example. 3600 IN A 192.0.2.4;", 4},
    {"redirect: other type", NULL, "a.redir.example.", TYPE_AAAA, LOCAL_ANSWER, RCODE_NOERROR,
     "", 0},
    {"redirect with SOA: other type", NULL, "a.redirsoa.example.", TYPE_AAAA, LOCAL_ANSWER,
     RCODE_NOERROR, "redirsoa.example. 5 IN SOA ns.x. h.x. 1 2 3 4 5;", 0},
    {"redirect to a wildcard alias", NULL, "www.synth.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR, "www.synth.example. 3600 IN CNAME www.synth.example.target.example.;", 4},
    {"inform: record", NULL, "www.inform.example.", TYPE_A, LOCAL_ANSWER, RCODE_NOERROR, NULL,
     0},
    {"inform: other name", NULL, "no.inform.example.", TYPE_A, LOCAL_NONE, 0, NULL, 0},
    {"deny: record", NULL, "www.deny.example.", TYPE_A, LOCAL_ANSWER, RCODE_NOERROR, NULL, 0},
    {"deny: other name", NULL, "no.deny.example.", TYPE_A, LOCAL_DROP, 0, NULL, 0},
    {"inform_deny", NULL, "no.informdeny.example.", TYPE_A, LOCAL_DROP, 0, NULL, 0},
    {"refuse: record", NULL, "www.refuse.example.", TYPE_A, LOCAL_ANSWER, RCODE_NOERROR, NULL,
     0},
    {"refuse: other name", NULL, "no.refuse.example.", TYPE_A, LOCAL_ANSWER, RCODE_REFUSED, "",
     15},
    {"always_refuse: whatever is there", NULL, "www.arefuse.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_REFUSED, "", 15},
    {"always_transparent: whatever is there", NULL, "www.atrans.example.", TYPE_A, LOCAL_NONE,
     0, NULL, 0},
    {"always_nxdomain: whatever is there", NULL, "www.anx.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NXDOMAIN, "", 15},
    {"a zone below takes its names away", NULL, "a.sub.anx.example.", TYPE_A, LOCAL_NONE, 0,
     NULL, 0},
    {"always_nodata", NULL, "x.anodata.example.", TYPE_A, LOCAL_ANSWER, RCODE_NOERROR, "", 15},
    {"always_null: A", NULL, "x.anull.example.", TYPE_A, LOCAL_ANSWER, RCODE_NOERROR,
     "x.anull.example. 3600 IN A 0.0.0.0;", 15},
    {"always_null: AAAA", NULL, "x.anull.example.", TYPE_AAAA, LOCAL_ANSWER, RCODE_NOERROR,
     "x.anull.example. 3600 IN AAAA ::;", 15},
    {"always_null: other type", NULL, "x.anull.example.", TYPE_MX, LOCAL_ANSWER, RCODE_NOERROR,
     "", 15},
    {"always_null: records come first", NULL, "www.anull.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR, "www.anull.example. 3600 IN A 192.0.2.12;", 0},
    {"always_deny", NULL, "adeny.example.", TYPE_A, LOCAL_DROP, 0, NULL, 0},
    {"block_a: A, records or not", NULL, "www.blocka.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR, "", 15},
    {"block_a: AAAA is resolved", NULL, "www.blocka.example.", TYPE_AAAA, LOCAL_NONE, 0, NULL,
     0},
    {"block_aaaa: AAAA", NULL, "x.blockaaaa.example.", TYPE_AAAA, LOCAL_ANSWER, RCODE_NOERROR,
     "", 15},
    {"block_aaaa: A is resolved", NULL, "x.blockaaaa.example.", TYPE_A, LOCAL_NONE, 0, NULL, 0},
    {"block_a_wdata: the record", NULL, "www.blockad.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR, "www.blockad.example. 3600 IN A 192.0.2.14;", 0},
    {"block_a_wdata: A without a record", NULL, "x.blockad.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR, "", 15},
    {"a record without a zone", NULL, "loose.example.net.", TYPE_A, LOCAL_ANSWER, RCODE_NOERROR,
     NULL, 0},
    {"... other types of it are ours", NULL, "loose.example.net.", TYPE_MX, LOCAL_ANSWER,
     RCODE_NOERROR, "", 0},
    {"... its DS is not", NULL, "loose.example.net.", TYPE_DS, LOCAL_NONE, 0, NULL, 0},
    {"... other names are not", NULL, "x.loose.example.net.", TYPE_A, LOCAL_NONE, 0, NULL, 0},
    {"override: not this client", "192.0.2.200", "no.over.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NXDOMAIN, "", 0},
    {"override by netblock", "198.51.100.1", "www.over.example.", TYPE_A, LOCAL_ANSWER,
     RCODE_NXDOMAIN, "", 15},
    {"the longest netblock overrides", "198.51.100.7", "www.over.example.", TYPE_A, LOCAL_NONE,
     0, NULL, 0},
    {"local-data-ptr", NULL, "20.2.0.192.in-addr.arpa.", TYPE_PTR, LOCAL_ANSWER, RCODE_NOERROR,
     "20.2.0.192.in-addr.arpa. 3600 IN PTR host.example.net.;", 0},
    {"local-data-ptr, IPv6 with TTL", NULL,
     "0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", TYPE_PTR,
     LOCAL_ANSWER, RCODE_NOERROR,
     "0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa. 60 IN PTR "
     "host.example.net.;",
     0},
    {"localhost", NULL, "localhost.", TYPE_A, LOCAL_ANSWER, RCODE_NOERROR,
     "localhost. 10800 IN A 127.0.0.1;", 0},
    {"names below localhost (RFC 6761 section 6.3)", NULL, "x.localhost.", TYPE_AAAA,
     LOCAL_ANSWER, RCODE_NOERROR, "x.localhost. 10800 IN AAAA ::1;", 0},
    {"reverse of loopback", NULL, "1.0.0.127.in-addr.arpa.", TYPE_PTR, LOCAL_ANSWER,
     RCODE_NOERROR, "1.0.0.127.in-addr.arpa. 10800 IN PTR localhost.;", 0},
    {"reverse of ::1", NULL,
     "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.", TYPE_PTR,
     LOCAL_ANSWER, RCODE_NOERROR, NULL, 0},
    {"private reverse zone", NULL, "1.0.168.192.in-addr.arpa.", TYPE_PTR, LOCAL_ANSWER,
     RCODE_NXDOMAIN,
     "168.192.in-addr.arpa. 10800 IN SOA localhost. nobody.invalid. 1 3600 1200 604800 10800;",
     0},
    {"last of a range of zones", NULL, "1.31.172.in-addr.arpa.", TYPE_PTR, LOCAL_ANSWER,
     RCODE_NXDOMAIN, NULL, 0},
    {"behind the range", NULL, "1.32.172.in-addr.arpa.", TYPE_PTR, LOCAL_NONE, 0, NULL, 0},
    {"nodefault takes a built-in zone away", NULL, "1.10.in-addr.arpa.", TYPE_PTR, LOCAL_NONE,
     0, NULL, 0},
    {"nodefault for a special-use name", NULL, "www.example.test.", TYPE_A, LOCAL_NONE, 0, NULL,
     0},
    {"another type takes its place", NULL, "1.16.172.in-addr.arpa.", TYPE_PTR, LOCAL_NONE, 0,
     NULL, 0},
    {"invalid (RFC 6761)", NULL, "www.invalid.", TYPE_A, LOCAL_ANSWER, RCODE_NXDOMAIN, NULL, 0},
    {"onion (RFC 7686)", NULL, "abc.onion.", TYPE_A, LOCAL_ANSWER, RCODE_NXDOMAIN, NULL, 0},
    {"alt (RFC 9476)", NULL, "abc.alt.", TYPE_A, LOCAL_ANSWER, RCODE_NXDOMAIN, NULL, 0},
    {"resolver.arpa (RFC 9462)", NULL, "_dns.resolver.arpa.", 64, LOCAL_ANSWER, RCODE_NXDOMAIN,
     NULL, 0},
    {"a record put into a built-in zone", NULL, "printer.home.arpa.", TYPE_A, LOCAL_ANSWER,
     RCODE_NOERROR, "printer.home.arpa. 3600 IN A 192.0.2.17;", 0},
    {"the rest of that zone", NULL, "no.home.arpa.", TYPE_A, LOCAL_ANSWER, RCODE_NXDOMAIN, NULL,
     0},
    {"DS of a built-in zone is asked for above", NULL, "10.in-addr.arpa.", TYPE_DS, LOCAL_NONE,
     0, NULL, 0},
    {"not ours", NULL, "www.example.com.", TYPE_A, LOCAL_NONE, 0, NULL, 0},
    {"the root", NULL, ".", TYPE_NS, LOCAL_NONE, 0, NULL, 0},
    {"the root's DS", NULL, ".", TYPE_DS, LOCAL_NONE, 0, NULL, 0},
};

static const char *show(const struct message *message, struct arena *arena)
{
    struct text text = text_in(arena);

    text_add(&text, "");
    for (size_t i = 0; i < message_rrsets(message); i++) {
        const struct rrset *set = message->rrsets[i];

        for (size_t r = 0; r < set->rr_count; r++) {
            text_rr_write(&text, rrset_owner(set), rrset_ttl_left_s(set, NOW_S), set->rrclass,
                          set->type, rrset_rdata(set, r));
            text_add(&text, ";");
        }
    }
    return message_rrsets(message) == 0 ? "" : text_done(&text);
}

static enum local_verdict ask(const struct local *local, const char *client, const char *name,
                              uint16_t type, uint16_t rrclass, struct arena *arena,
                              struct message *message, struct local_note *note)
{
    uint8_t storage[DNAME_MAX];
    struct question question = {.qtype = type, .qclass = rrclass};
    struct addr addr;

    assert_int_equal(addr_from_text(&addr, client == NULL ? "127.0.0.1" : client, 0, NULL),
                     STATUS_OK);
    assert_int_equal(dname_from_text(name, storage, &question.qname), STATUS_OK);
    *note = (struct local_note){.inform = false};
    return local_answer(local, &question, &addr, NOW_S, arena, message, note);
}

static void zones_answer_by_type(void **state)
{
    struct local *local = make(false);
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct message message;
        struct local_note note;
        enum local_verdict verdict = ask(local, cases[i].client, cases[i].name, cases[i].type,
                                         CLASS_IN, arena, &message, &note);

        if (verdict != cases[i].want)
            fail_msg("%s: verdict %d", cases[i].why, (int)verdict);
        if (verdict != LOCAL_ANSWER)
            continue;
        if (message.rcode != cases[i].rcode)
            fail_msg("%s: rcode %d", cases[i].why, message.rcode);
        if (cases[i].records != NULL && strcmp(show(&message, arena), cases[i].records) != 0)
            fail_msg("%s: %s", cases[i].why, show(&message, arena));
        if ((note.why.count == 0 ? 0 : note.why.item[0].code) != cases[i].ede)
            fail_msg("%s: EDE %d", cases[i].why,
                     note.why.count == 0 ? 0 : note.why.item[0].code);
    }
    arena_free(arena);
    local_free(local);
}

static void denials_stand_in_authority(void **state)
{
    struct local *local = make(false);
    struct arena *arena = arena_new(0);
    struct message message;
    struct local_note note;

    (void)state;
    ask(local, NULL, "x.invalid.", TYPE_A, CLASS_IN, arena, &message, &note);
    assert_int_equal(message.count[SECTION_ANSWER], 0);
    assert_int_equal(message.count[SECTION_AUTHORITY], 1);
    ask(local, NULL, "localhost.", TYPE_A, CLASS_IN, arena, &message, &note);
    assert_int_equal(message.count[SECTION_ANSWER], 1);
    assert_int_equal(message.count[SECTION_AUTHORITY], 0);
    arena_free(arena);
    local_free(local);
}

static void classes_are_apart(void **state)
{
    struct local *local = make(false);
    struct arena *arena = arena_new(0);
    struct message message;
    struct local_note note;

    (void)state;
    assert_int_equal(ask(local, NULL, "me.chaos.", TYPE_TXT, CLASS_CH, arena, &message, &note),
                     LOCAL_ANSWER);
    assert_int_equal(ask(local, NULL, "me.chaos.", TYPE_TXT, CLASS_IN, arena, &message, &note),
                     LOCAL_NONE);
    assert_int_equal(ask(local, NULL, "localhost.", TYPE_A, CLASS_CH, arena, &message, &note),
                     LOCAL_NONE);
    arena_free(arena);
    local_free(local);
}

static void any_shows_all_types(void **state)
{
    struct local *local = make(false);
    struct arena *arena = arena_new(0);
    struct message message;
    struct local_note note;

    (void)state;
    assert_int_equal(ask(local, NULL, "localhost.", TYPE_ANY, CLASS_IN, arena, &message, &note),
                     LOCAL_ANSWER);
    assert_int_equal(message.count[SECTION_ANSWER], 4); /* SOA, NS, A, AAAA */
    arena_free(arena);
    local_free(local);
}

static void inform_zones_are_noted(void **state)
{
    static const struct {
        const char *name;
        bool want;
    } noted[] = {{"www.inform.example.", true},
                 {"no.inform.example.", true},
                 {"no.informdeny.example.", true},
                 {"www.deny.example.", false},
                 {"www.example.com.", false}};
    struct local *local = make(false);
    struct arena *arena = arena_new(0);
    struct message message;
    struct local_note note;

    (void)state;
    for (size_t i = 0; i < COUNT(noted); i++) {
        ask(local, NULL, noted[i].name, TYPE_A, CLASS_IN, arena, &message, &note);
        if (note.inform != noted[i].want)
            fail_msg("%s", noted[i].name);
    }
    arena_free(arena);
    local_free(local);
}

static void lan_zones_can_be_unblocked(void **state)
{
    struct local *local = make(true);
    struct arena *arena = arena_new(0);
    struct message message;
    struct local_note note;

    (void)state;
    assert_int_equal(
        ask(local, NULL, "1.168.192.in-addr.arpa.", TYPE_PTR, CLASS_IN, arena, &message, &note),
        LOCAL_NONE);
    assert_int_equal(
        ask(local, NULL, "1.0.0.127.in-addr.arpa.", TYPE_PTR, CLASS_IN, arena, &message, &note),
        LOCAL_ANSWER);
    arena_free(arena);
    local_free(local);
}

static void too_long_a_synthesis_is_yxdomain(void **state)
{
    struct local *local = make(false);
    struct arena *arena = arena_new(0);
    struct message message;
    struct local_note note;
    char name[300] = "";

    (void)state;
    for (int i = 0; i < 24; i++)
        strcat(name, "abcdefghi.");
    strcpy(name + 235, "synth.example.");
    memset(name + 230, 'x', 4);
    name[234] = '.';
    assert_int_equal(ask(local, NULL, name, TYPE_A, CLASS_IN, arena, &message, &note),
                     LOCAL_ANSWER);
    assert_int_equal(message.rcode, RCODE_YXDOMAIN);
    assert_int_equal(note.why.count, 1);
    assert_int_equal(note.why.item[0].code, EDE_OTHER);
    arena_free(arena);
    local_free(local);
}

static const struct {
    const char *why;
    const char *zone, *data, *pointer, *override;
} nonsense[] = {
    {"unknown type", "example. sttic", NULL, NULL, NULL},
    {"no type", "example.", NULL, NULL, NULL},
    {"no name", "exa..mple static", NULL, NULL, NULL},
    {"a type that is not done", "example. ipset", NULL, NULL, NULL},
    {"no record", NULL, "www.example. A", NULL, NULL},
    {"bad address", NULL, "www.example. A 1.2.3", NULL, NULL},
    {"type of questions only", NULL, "www.example. TYPE255 \\# 0", NULL, NULL},
    {"record below a redirect zone", "example. redirect", "www.example. A 192.0.2.1", NULL,
     NULL},
    {"pointer without a name", NULL, NULL, "192.0.2.1", NULL},
    {"pointer from a name", NULL, NULL, "host 192.0.2.1", NULL},
    {"override without a zone", NULL, NULL, NULL, "example. 192.0.2.0/24 static"},
    {"override without a netblock", "example. static", NULL, NULL, "example. static"},
};

static void nonsense_is_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(nonsense); i++) {
        struct items items;
        struct client_options options = {.unblock_lan_zones = false};
        int complaints = 0;

        at_list[0] = nonsense[i].zone;
        options.local_zone = list_of(at_list, items.zones);
        at_list[0] = nonsense[i].data;
        options.local_data = list_of(at_list, items.data);
        at_list[0] = nonsense[i].pointer;
        options.local_data_ptr = list_of(at_list, items.pointers);
        at_list[0] = nonsense[i].override;
        options.local_zone_override = list_of(at_list, items.overrides);
        if (local_new(&options, note_complaint, &complaints) != NULL || complaints != 1)
            fail_msg("%s: %d complaints", nonsense[i].why, complaints);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_answer_by_type),
        cmocka_unit_test(denials_stand_in_authority),
        cmocka_unit_test(classes_are_apart),
        cmocka_unit_test(any_shows_all_types),
        cmocka_unit_test(inform_zones_are_noted),
        cmocka_unit_test(lan_zones_can_be_unblocked),
        cmocka_unit_test(too_long_a_synthesis_is_yxdomain),
        cmocka_unit_test(nonsense_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
