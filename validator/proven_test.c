/*
 * proven_test.c - answers out of validated denials: which are made, which are not, how long
 * they live, and how few questions a warm zone sends.
 */
#include "validator/proven.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "validator/denial_for_tests.h"

enum { TEST_BYTES = 1 << 20 };

struct desk {
    struct lab *lab;
    struct world world;
    struct env env;
    struct query query;
    struct proven *proven;
    int64_t now_s;
};

static int64_t desk_mono_ms(struct world *world)
{
    return CONTAINER_OF(world, struct desk, world)->now_s * 1000;
}

static int desk_set_up(void **state)
{
    struct desk *desk = calloc(1, sizeof(*desk));
    void *lab;

    ASSERT(desk != NULL);
    ASSERT(lab_set_up(&lab) == 0);
    desk->lab = lab;
    desk->now_s = 1000;
    desk->world.mono_ms = desk_mono_ms;
    desk->env.world = &desk->world;
    desk->env.rrsets = rrset_cache_new(TEST_BYTES, 1, (struct hash_key){1, 2});
    desk->proven = proven_new(TEST_BYTES, (struct hash_key){3, 4});
    desk->query.env = &desk->env;
    desk->query.arena = desk->lab->arena;
    list_init(&desk->query.held);
    *state = desk;
    return desk->proven == NULL || desk->env.rrsets == NULL;
}

static int desk_tear_down(void **state)
{
    struct desk *desk = *state;
    void *lab = desk->lab;

    query_release_held(&desk->query);
    proven_free(desk->proven);
    rrset_cache_free(desk->env.rrsets);
    lab_tear_down(&lab);
    free(desk);
    return 0;
}

/* The set of one record with a signature of the zone, judged secure. */
static struct rrset *signed_set(struct desk *desk, const char *line, const char *signer)
{
    struct arena *arena = desk->lab->arena;
    const struct rrset *plain = lab_set(desk->lab, line);
    struct dname owner = rrset_owner(plain);
    struct slice rdata[2] = {rrset_rdata(plain, 0), {NULL, 0}};
    char type[TYPE_TEXT_MAX];
    struct rrset_parts parts = {.owner = owner,
                                .type = plain->type,
                                .rrclass = CLASS_IN,
                                .ttl_s = plain->ttl_s,
                                .now_s = desk->now_s,
                                .trust = TRUST_VALIDATED,
                                .rdata = rdata,
                                .rr_count = 1,
                                .rrsig_count = 1};
    struct text_rr rrsig;
    struct rrset *set;

    ASSERT(text_rr_read(arena_printf(arena,
                                     "x. %u IN RRSIG %s 13 %u 3600 20300101000000 "
                                     "20200101000000 1 %s AAAA",
                                     plain->ttl_s, rrtype_to_text(plain->type, type),
                                     owner.labels - dname_is_wildcard(owner), signer),
                        NULL, 0, false, arena, &rrsig, NULL) == STATUS_OK);
    rdata[1] = rrsig.rdata;
    set = rrset_in(arena, &parts);
    rrset_set_security(set, SEC_SECURE);
    return set;
}

#define SOA "example. 3600 IN SOA ns1.example. bugs.x.w.example. 1 3600 300 3600000 3600\n"

/* A message whose authority section has these records, each signed by the zone. */
static struct message message_with(struct desk *desk, const char *records, const char *signer)
{
    struct message message = {.rcode = RCODE_NXDOMAIN};

    message.rrsets = ARENA_ARRAY(desk->lab->arena, const struct rrset *, 16);
    while (*records != '\0') {
        ASSERT(message.count[SECTION_AUTHORITY] < 16);
        message.rrsets[message.count[SECTION_AUTHORITY]++] = signed_set(desk, records, signer);
        records += strcspn(records, "\n");
        records += *records == '\n';
    }
    return message;
}

static void learn(struct desk *desk, const char *records)
{
    struct message message = message_with(desk, records, "example.");

    proven_learn(desk->proven, lab_name(desk->lab, "example."), &message, desk->now_s);
}

/* "NXDOMAIN", "NOERROR", "NOERROR data", or "-": not known. */
static const char *ask(struct desk *desk, const char *name, uint16_t qtype, struct message *out,
                       int64_t *expires_s)
{
    struct question question = {lab_name(desk->lab, name), qtype, CLASS_IN};
    struct proven_tools tools = {&desk->lab->rules, desk->lab->crypto,
                                 nsec3_memo_new(desk->lab->arena)};

    lab_new_budget(desk->lab);
    desk->query.budget = desk->lab->budget;
    if (!proven_answer(desk->proven, &desk->query, &question, &tools, out, expires_s))
        return "-";
    assert_true(question_equal(&out->question, &question));
    for (size_t i = 0; i < message_rrsets(out); i++) {
        assert_int_equal(rrset_security(out->rrsets[i]), SEC_SECURE);
        if (out->rrsets[i]->type != TYPE_NSEC && out->rrsets[i]->type != TYPE_NSEC3)
            assert_true(out->rrsets[i]->expires_s <= *expires_s);
        assert_true(out->rrsets[i]->rrsig_count > 0);
    }
    if (out->count[SECTION_ANSWER] > 0)
        return out->rcode == RCODE_NOERROR ? "NOERROR data" : "?";
    assert_int_equal(out->rrsets[0]->type, TYPE_SOA);
    return out->rcode == RCODE_NXDOMAIN ? "NXDOMAIN" : "NOERROR";
}

#define DESK_MINIMAL3(owner, next, types)                                                      \
    owner ".example. 3600 IN NSEC3 1 0 12 aabbccdd " next " " types "\n"

static const struct answer_case {
    const char *why, *records, *name;
    uint16_t qtype;
    const char *words;
} answers[] = {
    {"a name in a known span, its wildcard as well", SOA B APEX, "ml.example.", TYPE_A,
     "NXDOMAIN"},
    {"other names of the span", SOA B APEX, "nooo.example.", TYPE_TXT, "NXDOMAIN"},
    {"the wildcard's span is not known", SOA B, "ml.example.", TYPE_A, "-"},
    {"the name's is not", SOA APEX, "ml.example.", TYPE_A, "-"},
    {"a type that a known name has not", SOA NS1, "ns1.example.", TYPE_MX, "NOERROR"},
    {"one that it has", SOA NS1, "ns1.example.", TYPE_A, "-"},
    {"an empty non-terminal", SOA X_W, "y.w.example.", TYPE_A, "NOERROR"},
    {"wildcard without the type", SOA X_Y_W STAR, "a.z.w.example.", TYPE_AAAA, "NOERROR"},
    {"wildcard with the type, but its records are not known", SOA X_Y_W STAR, "a.z.w.example.",
     TYPE_MX, "-"},
    {"below a cut the parent's records say nothing", SOA B APEX, "mc.b.example.", TYPE_A, "-"},
    {"nor at it", SOA B APEX, "b.example.", TYPE_A, "-"},
    {"but they deny its DS", SOA B APEX, "b.example.", TYPE_DS, "NOERROR"},
    {"the zone's own DS is its parent's to deny", SOA APEX, "example.", TYPE_DS, "-"},
    {"no SOA, no bound for the time (RFC 9077)", B APEX, "ml.example.", TYPE_A, "-"},
    {"ANY is left to the servers", SOA B APEX, "ml.example.", TYPE_ANY, "-"},
    {"another zone", SOA B APEX, "ml.example.org.", TYPE_A, "-"},
    {"NXNAME (RFC 9824)", SOA "nx.example. 3600 IN NSEC \\000.nx.example. RRSIG NSEC NXNAME\n",
     "nx.example.", TYPE_MX, "NOERROR"},
    {"NSEC3 with opt-out makes no answers (RFC 8198 section 5.2)", SOA APEX3 X_W3 A3,
     "a.c.x.w.example.", TYPE_A, "-"},
    {"NSEC3 without",
     SOA DESK_MINIMAL3(H_APEX, H_NS1, "SOA NS") DESK_MINIMAL3(H_X_W, H_AI, "MX")
         DESK_MINIMAL3(H_A, H_X_W, "NS"),
     "a.c.x.w.example.", TYPE_A, "NXDOMAIN"},
    {"a type at a name", SOA DESK_MINIMAL3(H_NS1, H_X_Y_W, "A"), "ns1.example.", TYPE_MX,
     "NOERROR"},
    {"one that it has", SOA DESK_MINIMAL3(H_NS1, H_X_Y_W, "A"), "ns1.example.", TYPE_A, "-"},
    {"one span over all names", SOA DESK_MINIMAL3(H_APEX, H_APEX, "SOA NS"),
     "1.2.3.4.5.6.7.8.example.", TYPE_A, "NXDOMAIN"},
    {"40 labels are not worth so many hashes", SOA DESK_MINIMAL3(H_APEX, H_APEX, "SOA NS"),
     "1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.0.1.2.3.4.5.6.7.8.9.example.",
     TYPE_A, "-"},
};

static void answers_are_made_of_proofs(void **state)
{
    struct desk *desk = *state;

    for (size_t i = 0; i < COUNT(answers); i++) {
        struct message out;
        int64_t expires_s;

        print_message("%s\n", answers[i].why);
        proven_flush(desk->proven);
        learn(desk, answers[i].records);
        assert_string_equal(ask(desk, answers[i].name, answers[i].qtype, &out, &expires_s),
                            answers[i].words);
    }
}

static void records_of_one_zone_add_up(void **state)
{
    struct desk *desk = *state;
    struct message out;
    int64_t expires_s;

    proven_flush(desk->proven);
    learn(desk, SOA B);
    learn(desk, SOA XX);
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "-");
    learn(desk, APEX); /* a wildcard's answer has no SOA: the known one's bound holds */
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "NXDOMAIN");
    assert_string_equal(ask(desk, "zz.example.", TYPE_A, &out, &expires_s), "NXDOMAIN");
    assert_int_equal(out.count[SECTION_AUTHORITY], 3);
    learn(desk, SOA DESK_MINIMAL3(H_APEX, H_NS1, "SOA NS")); /* the zone has changed to NSEC3 */
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "-");
}

/* The child's denials are nearer to its name; its DS is the parent's to deny all the same. */
static void the_parent_denies_ds(void **state)
{
    struct desk *desk = *state;
    struct message child =
        message_with(desk,
                     "b.example. 60 IN SOA b.example. b.example. 1 1 1 1 60\n"
                     "b.example. 60 IN NSEC b.example. NS SOA NSEC\n",
                     "b.example.");
    struct message out;
    int64_t expires_s;

    proven_flush(desk->proven);
    learn(desk, SOA B);
    proven_learn(desk->proven, lab_name(desk->lab, "b.example."), &child, desk->now_s);
    assert_string_equal(ask(desk, "x.b.example.", TYPE_A, &out, &expires_s), "NXDOMAIN");
    assert_string_equal(ask(desk, "b.example.", TYPE_A, &out, &expires_s), "NOERROR");
    assert_string_equal(ask(desk, "b.example.", TYPE_DS, &out, &expires_s), "NOERROR");
    assert_true(dname_equal(rrset_owner(out.rrsets[0]), lab_name(desk->lab, "example.")));
}

static void what_is_not_secure_is_not_kept(void **state)
{
    struct desk *desk = *state;
    struct dname zone = lab_name(desk->lab, "example.");
    struct message message, out;
    int64_t expires_s;

    proven_flush(desk->proven);
    message = message_with(desk, SOA B APEX, "example.");
    rrset_set_security(message.rrsets[1], SEC_INSECURE);
    proven_learn(desk->proven, zone, &message, desk->now_s);
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "-");
    message = message_with(desk, SOA B APEX, "example.");
    rrset_set_security(message.rrsets[0], SEC_UNCHECKED);
    proven_flush(desk->proven);
    proven_learn(desk->proven, zone, &message, desk->now_s);
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "-");
    message = message_with(desk, SOA B APEX, "b.example."); /* signed by another zone */
    proven_learn(desk->proven, zone, &message, desk->now_s);
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "-");
}

/* RFC 9077: the least of SOA, its minimum and the NSEC, and all that is shown with it. */
static void time_is_bounded_by_the_soa(void **state)
{
    static const struct {
        const char *why, *soa, *nsec;
        int64_t seconds;
    } cases[] = {
        {"SOA minimum", "example. 3600 IN SOA ns1.example. b.example. 1 3600 300 3600000 60\n",
         B, 60},
        {"SOA TTL", "example. 50 IN SOA ns1.example. b.example. 1 3600 300 3600000 3600\n", B,
         50},
        {"NSEC TTL", SOA, "b.example. 40 IN NSEC ns1.example. NS RRSIG NSEC\n", 40},
    };
    struct desk *desk = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct message out;
        int64_t expires_s;

        print_message("%s\n", cases[i].why);
        proven_flush(desk->proven);
        learn(desk,
              arena_printf(desk->lab->arena, "%s%s%s", cases[i].soa, cases[i].nsec, APEX));
        assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "NXDOMAIN");
        assert_int_equal(expires_s, desk->now_s + cases[i].seconds);
        for (size_t j = 0; j < message_rrsets(&out); j++)
            if (out.rrsets[j]->type == TYPE_SOA) /* it says how long the denial lives */
                assert_true(rrset_ttl_left_s(out.rrsets[j], desk->now_s) <= cases[i].seconds);
        desk->now_s += cases[i].seconds - 1;
        assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "NXDOMAIN");
        desk->now_s += 1;
        assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "-");
    }
}

/* What is learned again lives on; it is kept anew once half of its time has gone. */
static void records_are_renewed(void **state)
{
    struct desk *desk = *state;
    struct message out;
    int64_t expires_s;

    proven_flush(desk->proven);
    learn(desk, SOA B APEX);
    desk->now_s += 3000;
    learn(desk, SOA B APEX);
    desk->now_s += 3000;
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "NXDOMAIN");
    assert_int_equal(expires_s, desk->now_s + 600);
}

/* A zone that is given another salt has another order of names. */
static void another_chain_replaces_the_old_one(void **state)
{
    struct desk *desk = *state;
    struct message out;
    int64_t expires_s;
    struct nsec3 used;

    proven_flush(desk->proven);
    learn(desk, SOA DESK_MINIMAL3(H_APEX, H_APEX, "SOA NS"));
    learn(desk, SOA "3msev9usmd4br9s97v51r2tdvmr9iqo1.example. 3600 IN NSEC3 1 0 0 - "
                    "3msev9usmd4br9s97v51r2tdvmr9iqo1 SOA NS\n");
    assert_string_equal(ask(desk, "x.example.", TYPE_A, &out, &expires_s), "NXDOMAIN");
    assert_int_equal(
        nsec3_read(out.rrsets[1], lab_name(desk->lab, "example."), &desk->lab->rules, &used),
        NSEC3_USABLE);
    assert_int_equal(used.salt.size, 0);
}

/* A newer NSEC took the place of one in the RRset cache: the older one's denials end. */
static void superseded_records_are_not_used(void **state)
{
    struct desk *desk = *state;
    struct message message = message_with(desk, SOA B APEX, "example."), out;
    const struct rrset *published = rrset_publish(message.rrsets[1]);
    int64_t expires_s;

    proven_flush(desk->proven);
    message.rrsets[1] = published;
    proven_learn(desk->proven, lab_name(desk->lab, "example."), &message, desk->now_s);
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "NXDOMAIN");
    rrset_supersede(published);
    assert_string_equal(ask(desk, "ml.example.", TYPE_A, &out, &expires_s), "-");
    rrset_unref(published);
}

/* RFC 8198 section 5.3: the records of a wildcard answer serve other names, too. */
static void wildcards_answer_other_names(void **state)
{
    struct desk *desk = *state;
    struct arena *arena = desk->lab->arena;
    struct rrset *source = signed_set(desk, "*.w.example. 600 IN MX 1 ai.example.", "example.");
    struct rrset *expanded =
        rrset_rename_in(arena, source, lab_name(desk->lab, "q.w.example."));
    struct message out;
    int64_t expires_s;

    proven_flush(desk->proven);
    learn(desk, SOA X_Y_W STAR);
    rrset_set_security(expanded, SEC_INSECURE);
    proven_learn_wildcard(desk->env.rrsets, expanded, 2, arena, desk->now_s);
    assert_string_equal(ask(desk, "a.z.w.example.", TYPE_MX, &out, &expires_s), "-");
    rrset_set_security(expanded, SEC_SECURE);
    proven_learn_wildcard(desk->env.rrsets, expanded, 2, arena, desk->now_s);
    assert_string_equal(ask(desk, "a.z.w.example.", TYPE_MX, &out, &expires_s), "NOERROR data");
    assert_true(dname_equal(rrset_owner(out.rrsets[0]), lab_name(desk->lab, "a.z.w.example.")));
    assert_true(
        rrset_same_data(rrset_rename_in(arena, out.rrsets[0], rrset_owner(source)), source));
    assert_int_equal(expires_s, desk->now_s + 600);
    assert_int_equal(out.count[SECTION_AUTHORITY], 1); /* the proof that nothing is nearer */
    /* x.w.example is there: its wildcard is another one, which is not there */
    learn(desk, SOA X_W);
    assert_string_equal(ask(desk, "a.x.w.example.", TYPE_MX, &out, &expires_s), "NXDOMAIN");
}

static void add_hash(struct desk *desk, struct text *text, const char *name)
{
    uint8_t hash[NSEC3_HASH_SIZE];

    assert_int_equal(
        nsec3_hash(desk->lab->crypto, lab_name(desk->lab, name), slice_of("", 0), 0, hash),
        STATUS_OK);
    text_add_base32hex(text, slice_of(hash, sizeof(hash)));
}

/* RFC 5155 section 8.3: a zone's records deny nothing below its delegations, and the wildcard of
 * another zone that is known is not theirs. */
static void wildcards_stay_in_their_zone(void **state)
{
    struct desk *desk = *state;
    struct arena *arena = desk->lab->arena;
    struct rrset *source = signed_set(desk, "*.sub.example. 600 IN A 192.0.2.1", "sub.example.");
    struct rrset *expanded =
        rrset_rename_in(arena, source, lab_name(desk->lab, "q.sub.example."));
    struct message out;
    int64_t expires_s;
    struct text apex = text_in(arena), cut = text_in(arena);

    proven_flush(desk->proven);
    rrset_set_security(expanded, SEC_SECURE);
    proven_learn_wildcard(desk->env.rrsets, expanded, 2, arena, desk->now_s);
    add_hash(desk, &apex, "example.");
    add_hash(desk, &cut, "sub.example.");
    learn(desk, arena_printf(arena,
                             SOA "%s.example. 3600 IN NSEC3 1 0 0 - %s NS SOA RRSIG\n"
                                 "%s.example. 3600 IN NSEC3 1 0 0 - %s NS DS RRSIG\n",
                             apex.chars, cut.chars, cut.chars, apex.chars));
    assert_string_equal(ask(desk, "a.b.sub.example.", TYPE_A, &out, &expires_s), "-");
    assert_string_equal(ask(desk, "sub.example.", TYPE_TXT, &out, &expires_s), "-");
}

/* ---- a warm zone ---- */

enum { NAMES = 200, QUESTIONS = 5000 };

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* The server: an NSEC zone of NAMES names n000 ... and no wildcard; two records deny a name. */
static const char *nsec_reply(struct desk *desk, const char *name)
{
    struct arena *arena = desk->lab->arena;
    unsigned before = 0;

    for (unsigned i = 1; i < NAMES; i++) {
        char there[8];

        (void)snprintf(there, sizeof(there), "n%03u", i);
        if (strncmp(there, name, 4) <= 0)
            before = i;
    }
    return arena_printf(arena,
                        SOA "example. 3600 IN NSEC n000.example. SOA NS\n"
                            "n%03u.example. 3600 IN NSEC %s%s A NSEC\n",
                        before,
                        before == NAMES - 1 ? "" : arena_printf(arena, "n%03u.", before + 1),
                        "example.");
}

static void a_warm_nsec_zone_asks_seldom(void **state)
{
    struct desk *desk = *state;
    unsigned asked = 0;
    uint32_t seed = 1;

    proven_flush(desk->proven);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        char name[32];
        struct message out;
        int64_t expires_s;

        (void)snprintf(name, sizeof(name), "n%03u%c.example.", next_random(&seed) % NAMES,
                       'a' + (int)(next_random(&seed) % 26));
        if (strcmp(ask(desk, name, TYPE_A, &out, &expires_s), "NXDOMAIN") == 0)
            continue;
        asked++;
        learn(desk, nsec_reply(desk, name));
        assert_string_equal(ask(desk, name, TYPE_A, &out, &expires_s), "NXDOMAIN");
    }
    print_message("%u of %u questions asked\n", asked, QUESTIONS);
    assert_true(asked <= NAMES);
    assert_true(proven_size_bytes(desk->proven) <= TEST_BYTES);
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, NSEC3_HASH_SIZE);
}

struct nsec3_zone {
    uint8_t hashes[NAMES + 1][NSEC3_HASH_SIZE];
};

static void hash_name(struct desk *desk, const char *name, uint8_t hash[NSEC3_HASH_SIZE])
{
    assert_int_equal(
        nsec3_hash(desk->lab->crypto, lab_name(desk->lab, name), slice_of("", 0), 0, hash),
        STATUS_OK);
}

static const char *nsec3_line(struct desk *desk, const struct nsec3_zone *zone,
                              const char *name)
{
    struct text text = text_in(desk->lab->arena);
    uint8_t hash[NSEC3_HASH_SIZE];
    size_t at = NAMES;

    hash_name(desk, name, hash);
    for (size_t i = 0; i <= NAMES; i++) {
        if (memcmp(zone->hashes[i], hash, NSEC3_HASH_SIZE) <= 0)
            at = i;
    }
    text_add_base32hex(&text, slice_of(zone->hashes[at], NSEC3_HASH_SIZE));
    text_add(&text, ".example. 3600 IN NSEC3 1 0 0 - ");
    text_add_base32hex(&text, slice_of(zone->hashes[(at + 1) % (NAMES + 1)], NSEC3_HASH_SIZE));
    text_add(&text, " A\n");
    return text_done(&text);
}

static void a_warm_nsec3_zone_asks_seldom(void **state)
{
    struct desk *desk = *state;
    struct nsec3_zone zone;
    unsigned asked = 0;
    uint32_t seed = 1;

    proven_flush(desk->proven);
    hash_name(desk, "example.", zone.hashes[NAMES]);
    for (unsigned i = 0; i < NAMES; i++)
        hash_name(desk, arena_printf(desk->lab->arena, "n%03u.example.", i), zone.hashes[i]);
    qsort(zone.hashes, NAMES + 1, NSEC3_HASH_SIZE, compare_hashes);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        const char *name = arena_printf(desk->lab->arena, "r%u.example.", next_random(&seed));
        struct message out;
        int64_t expires_s;

        if (strcmp(ask(desk, name, TYPE_A, &out, &expires_s), "NXDOMAIN") == 0)
            continue;
        asked++;
        learn(desk, arena_printf(
                        desk->lab->arena, SOA "%s%s%s", nsec3_line(desk, &zone, "example."),
                        nsec3_line(desk, &zone, name), nsec3_line(desk, &zone, "*.example.")));
        assert_string_equal(ask(desk, name, TYPE_A, &out, &expires_s), "NXDOMAIN");
    }
    print_message("%u of %u questions asked\n", asked, QUESTIONS);
    assert_true(asked <= NAMES + 1);
}

/* Whatever is learned, the table keeps to its bytes. */
static void the_table_keeps_to_its_budget(void **state)
{
    struct desk *desk = *state;
    struct message out;
    int64_t expires_s;

    proven_flush(desk->proven);
    for (unsigned i = 0; i < 6000; i++) {
        learn(desk, arena_printf(desk->lab->arena,
                                 SOA "n%05u.example. %u IN NSEC n%05ux.example. A NSEC\n", i,
                                 1000 + i % 1000, i));
        assert_true(proven_size_bytes(desk->proven) <= TEST_BYTES);
    }
    assert_string_equal(ask(desk, "n05999.example.", TYPE_MX, &out, &expires_s), "NOERROR");
    proven_resize(desk->proven, TEST_BYTES / 8);
    assert_true(proven_size_bytes(desk->proven) <= TEST_BYTES / 8);
}

/* ---- two threads ---- */

struct racer {
    struct proven *shared;
    unsigned first, right;
};

static void *race(void *context)
{
    struct racer *racer = context;
    void *state;
    struct desk *desk;
    struct proven *own;

    ASSERT(desk_set_up(&state) == 0);
    desk = state;
    own = desk->proven;
    desk->proven = racer->shared;
    for (unsigned i = racer->first; i < 400; i += 2) {
        struct message out;
        int64_t expires_s;
        const char *name = arena_printf(desk->lab->arena, "n%03u.example.", i);

        learn(desk, arena_printf(desk->lab->arena, SOA "%s 3600 IN NSEC n%03ux.example. A NSEC",
                                 name, i));
        racer->right += strcmp(ask(desk, name, TYPE_MX, &out, &expires_s), "NOERROR") == 0;
    }
    desk->proven = own;
    desk_tear_down(&state);
    return NULL;
}

/* Both put new versions of one zone; hardly anything is lost, and nothing is torn. */
static void threads_share_a_zone(void **state)
{
    struct proven *shared = proven_new(TEST_BYTES, (struct hash_key){3, 4});
    struct racer racers[2] = {{shared, 0, 0}, {shared, 1, 0}};
    pthread_t threads[2];

    (void)state;
    assert_non_null(shared);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    print_message("%u and %u of 200\n", racers[0].right, racers[1].right);
    assert_true(racers[0].right >= 100 && racers[1].right >= 100);
    proven_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_made_of_proofs),
        cmocka_unit_test(records_of_one_zone_add_up),
        cmocka_unit_test(the_parent_denies_ds),
        cmocka_unit_test(what_is_not_secure_is_not_kept),
        cmocka_unit_test(time_is_bounded_by_the_soa),
        cmocka_unit_test(records_are_renewed),
        cmocka_unit_test(another_chain_replaces_the_old_one),
        cmocka_unit_test(threads_share_a_zone),
        cmocka_unit_test(superseded_records_are_not_used),
        cmocka_unit_test(wildcards_answer_other_names),
        cmocka_unit_test(wildcards_stay_in_their_zone),
        cmocka_unit_test(a_warm_nsec_zone_asks_seldom),
        cmocka_unit_test(a_warm_nsec3_zone_asks_seldom),
        cmocka_unit_test(the_table_keeps_to_its_budget),
    };

    return cmocka_run_group_tests_name("proven", tests, desk_set_up, desk_tear_down);
}
