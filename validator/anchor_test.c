/*
 * anchor_test.c - anchors out of every syntax, what is wrong with them, and which one counts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "util/wire/text_rr.h"
#include "validator/trust_points.h"

#define DIGEST "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
#define KEY    "l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4="
#define KEY_2  "zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs="

/* A configuration: items, and the one file that they may name. */
struct setting {
    const char *anchor[4], *insecure[4], *negative[4]; /* NULL ends each */
    const char *zone_file, *bind_file, *auto_file;     /* text; NULL: not configured */
    bool auto_missing, unreadable, no_root;
};

struct lab {
    const struct setting *setting;
    struct arena *arena;
    char said[400]; /* the last complaint */
};

static const char *read_file(void *context, const char *name, struct arena *arena)
{
    const struct setting *setting = ((struct lab *)context)->setting;

    errno = setting->unreadable ? EACCES : ENOENT;
    if (setting->unreadable || setting->auto_missing)
        return NULL;
    return arena_text(arena, strcmp(name, "zone") == 0   ? setting->zone_file
                             : strcmp(name, "bind") == 0 ? setting->bind_file
                                                         : setting->auto_file);
}

static void complain(void *context, const struct opt_item *item, const char *words)
{
    struct lab *lab = context;

    snprintf(lab->said, sizeof(lab->said), "%d: %s", item->line, words);
}

static struct opt_list list_of(struct lab *lab, const char *const *texts)
{
    struct opt_list list = {0, ARENA_ARRAY(lab->arena, struct opt_item, 4)};

    for (; texts[list.count] != NULL; list.count++)
        list.items[list.count] =
            (struct opt_item){.text = texts[list.count], .line = (int)list.count + 1};
    return list;
}

static struct anchors *build(struct lab *lab, const struct setting *setting)
{
    const char *zone[] = {setting->zone_file != NULL ? "zone" : NULL, NULL};
    const char *bind[] = {setting->bind_file != NULL ? "bind" : NULL, NULL};
    const char *kept[] = {setting->auto_file != NULL ? "auto" : NULL, NULL};
    struct validator_options options = {
        .trust_anchor = list_of(lab, setting->anchor),
        .domain_insecure = list_of(lab, setting->insecure),
        .negative_trust_anchor = list_of(lab, setting->negative),
        .trust_anchor_file = list_of(lab, zone),
        .trusted_keys_file = list_of(lab, bind),
        .auto_trust_anchor_file = list_of(lab, kept),
        .root_trust_anchor = !setting->no_root,
    };

    struct trust_points *points;
    struct anchors *anchors;

    lab->setting = setting;
    lab->said[0] = '\0';
    points = trust_points_read(NULL, &options.auto_trust_anchor_file, complain, read_file, lab);
    anchors =
        points == NULL ? NULL : anchors_new(&options, points, complain, read_file, lab);
    trust_points_free(points);
    return anchors;
}

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));

    lab->arena = arena_new(0);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    arena_free(lab->arena);
    free(lab);
    return 0;
}

/* "zone: ds=tag,tag keys=n [auto]" for each anchor. */
static const char *print(struct lab *lab, const struct anchors *anchors)
{
    struct text text = text_in(lab->arena);
    char name[DNAME_TEXT_MAX];

    for (size_t i = 0; i < anchors_count(anchors); i++) {
        const struct anchor *anchor = anchors_at(anchors, i);

        text_printf(&text, "%s%s", i == 0 ? "" : "; ", dname_to_text(anchor->zone, name));
        for (size_t n = 0; anchor->ds != NULL && n < anchor->ds->rr_count; n++)
            text_printf(&text, " ds=%u", bytes_u16(rrset_rdata(anchor->ds, n).data));
        if (anchor->keys != NULL)
            text_printf(&text, " keys=%u", anchor->keys->rr_count);
        text_add(&text, anchor->is_kept ? " auto" : "");
        text_add(&text, anchor->built_in ? " built-in" : "");
        if (anchor->rrclass != CLASS_IN)
            text_printf(&text, " class=%u", anchor->rrclass);
    }
    return text.used == 0 ? "nothing" : text_done(&text);
}

#define ROOT ". ds=20326 ds=38696"

static const struct {
    const char *why;
    struct setting setting;
    const char *want; /* the anchors, or the complaint */
    bool fails;
} cases[] = {
    {"nothing said: those of the root are built in",
     {.no_root = false},
     ROOT " built-in",
     false},
    {"nothing said, and the root's are not wanted", {.no_root = true}, "nothing", false},
    {"something said: the root's are not built in",
     {.anchor = {"example. IN DS 4711 13 2 " DIGEST}},
     "example. ds=4711",
     false},
    {"several lines of one zone, one twice, in any case and order",
     {.anchor = {"b.example. 3600 IN DS 2 13 2 " DIGEST, "a.example. DS 1 13 2 " DIGEST,
                 "B.EXAMPLE. DS 2 13 2 " DIGEST, "b.example IN DNSKEY 257 3 15 " KEY}},
     "a.example. ds=1; b.example. ds=2 keys=1",
     false},
    {"another class",
     {.anchor = {"example. CH DS 1 13 2 " DIGEST}},
     "example. ds=1 class=3",
     false},
    {"another type",
     {.anchor = {"example. IN A 192.0.2.1"}},
     "1: trust anchor: only DS and DNSKEY records can be trust anchors",
     true},
    {"no record",
     {.anchor = {"example. IN DS 4711 13 2 " DIGEST, "example. IN DS x"}},
     "2: trust anchor: not a number, or too large a one",
     true},
    {"a key that is revoked",
     {.anchor = {"example. IN DNSKEY 385 3 15 " KEY}},
     "1: trust anchor: this DNSKEY is revoked, or not the key of a zone",
     true},
    {"a key of a host",
     {.anchor = {"example. IN DNSKEY 1 3 15 " KEY}},
     "1: trust anchor: this DNSKEY is revoked, or not the key of a zone",
     true},
    {"a zone file: other types are passed over",
     {.zone_file = "$ORIGIN example.\n@ 300 IN SOA a b 1 2 3 4 5\n@ DS ( 1 13 2 ; yes\n " DIGEST
                   " )\nsub DNSKEY 257 3 15 " KEY "\n"},
     "example. ds=1; sub.example. keys=1",
     false},
    {"a zone file without any",
     {.zone_file = "example. 300 IN A 192.0.2.1\n"},
     "1: trust anchors zone: there is no trusted DS or DNSKEY record in it",
     true},
    {"a zone file that is none",
     {.zone_file = "\n; hm\nexample. 300 IN DS 1 13\n"},
     "1: trust anchors zone, line 3: a field is missing",
     true},
    {"a file that cannot be read",
     {.zone_file = "", .unreadable = true},
     "1: trust anchors zone cannot be read: Permission denied",
     true},
    {"named.conf of old",
     {.bind_file =
          "# our keys\ntrusted-keys {\n  \"example.\" 257 3 15\n \"l02Woi0iS8Aa25FQkUd9RMz\n"
          "   ZHJpBoRQwAQEX1SxZJA4=\"; // one\n  example.org. 257 3 15 \"" KEY_2 "\";\n};\n"},
     "example. keys=1; example.org. keys=1",
     false},
    {"named.conf of today, among other statements",
     {.bind_file =
          "options { directory \"/x;}\"; listen-on { any; }; };\n/* trusted-keys { */\n"
          "trust-anchors { . initial-ds 20326 8 2 \"" DIGEST "\";\n"
          "\".\" static-key 257 3 15 \"" KEY "\"; };\n"
          "managed-keys { \"a.\" initial-key 257 3 15 \"" KEY "\"; };\nzone \"b\" {};"},
     ". ds=20326 keys=1; a. keys=1",
     false},
    {"named.conf with a word missing",
     {.bind_file = "trusted-keys {\n\n\"a.\" 257 3 \"" KEY "\"; };"},
     "1: trust anchors bind, line 3: not a number, or too large a one",
     true},
    {"named.conf that ends too early",
     {.bind_file = "trusted-keys { \"a.\" 257 3 15 \"" KEY "\";"},
     "1: trust anchors bind, line 1: \"}\" is expected",
     true},
    {"named.conf with an open quote",
     {.bind_file = "trusted-keys { \"a.\" 257 3 15 \"abc\n"},
     "1: trust anchors bind, line 1: a word that is too long, or a quote that is not closed",
     true},
    {"named.conf without keys",
     {.bind_file = "options { };"},
     "1: trust anchors bind: there is no trusted key in it",
     true},
    {"a file of RFC 5011: only valid and missing keys count",
     {.auto_file =
          "; autotrust trust anchor file\n;;id: . 1\n"
          ".\t3600\tIN\tDNSKEY\t257 3 15 " KEY " ;{id = 1} ;;state=2 [  VALID  ] ;;count=0\n"
          ".\t3600\tIN\tDNSKEY\t257 3 15 " KEY_2 " ;;state=1 [ ADDPEND ] ;;count=3\n"},
     ". keys=1 auto",
     false},
    {"a missing key stays trusted",
     {.auto_file = "a. IN DNSKEY 257 3 15 " KEY " ;;state=3\na. IN DNSKEY 257 3 15 " KEY_2
                   " ;;state=2\n"},
     "a. keys=2 auto",
     false},
    {"such a file as it is first made: without states",
     {.auto_file = ". IN DS 20326 8 2 ( " DIGEST "\n )\n"},
     ". ds=20326 auto",
     false},
    {"only pending keys",
     {.auto_file = "a. IN DNSKEY 257 3 15 " KEY " ;;state=1\n"},
     "1: trust anchors auto: there is no trusted DS or DNSKEY record in it",
     true},
    {"not there yet: the root's, to be written",
     {.auto_file = "", .auto_missing = true},
     ROOT " auto built-in",
     false},
    {"there, but not for us",
     {.auto_file = "", .unreadable = true},
     "1: trust anchors auto cannot be read: Permission denied",
     true},
    {"a negative anchor that is no name",
     {.insecure = {"a..b"}},
     "1: domain-insecure: this is no domain name",
     true},
    {"a negative anchor without a time",
     {.negative = {"a.example"}},
     "1: negative-trust-anchor: a name, the time of its end as 20260901120000 or 0, and a "
     "reason "
     "are expected",
     true},
};

static void out_of_settings(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct anchors *anchors = build(lab, &cases[i].setting);
        const char *got = anchors == NULL ? lab->said : print(lab, anchors);

        if ((anchors == NULL) != cases[i].fails || strcmp(got, cases[i].want) != 0)
            fail_msg("%s: %s", cases[i].why, got);
        if (anchors != NULL)
            assert_string_equal(lab->said, "");
        anchors_free(anchors);
    }
}

/* ---- which one counts ---- */

static const struct setting islands = {
    .anchor = {". IN DS 1 13 2 " DIGEST, "example.org. IN DS 2 13 2 " DIGEST,
               "deep.insecure.example.org. IN DS 3 13 2 " DIGEST},
    .insecure = {"insecure.example.org.", "both.", "both."},
    .negative = {"ending.org. 20260901120000 a roll that broke", "for.ever. 0 policy",
                 "ending.org 20250101000000 before"},
};

static const struct {
    const char *why, *name;
    uint16_t rrclass;
    int64_t wall_s;
    const char *want;
} found[] = {
    {"the root's", "www.example.net.", CLASS_IN, 0, "."},
    {"the root itself", ".", CLASS_IN, 0, "."},
    {"a deeper one", "www.example.org.", CLASS_IN, 0, "example.org."},
    {"at it", "EXAMPLE.org.", CLASS_IN, 0, "example.org."},
    {"a name that only ends alike", "notexample.org.", CLASS_IN, 0, "."},
    {"a negative one", "www.insecure.example.org.", CLASS_IN, 0, "-insecure.example.org."},
    {"at the negative one", "insecure.example.org.", CLASS_IN, 0, "-insecure.example.org."},
    {"an island below a negative one", "a.deep.insecure.example.org.", CLASS_IN, 0,
     "deep.insecure.example.org."},
    {"no anchor of that class", "www.example.org.", CLASS_CH, 0, "none"},
    {"RFC 7646 section 2: before its end", "ending.org.", CLASS_IN, 1788263999,
     "-ending.org. a roll that broke"},
    {"after its end", "ending.org.", CLASS_IN, 1788264000, "."},
    {"without end", "for.ever.", CLASS_IN, INT64_MAX, "-for.ever. policy"},
};

static void the_deepest_counts(void **state)
{
    struct lab *lab = *state;
    struct anchors *anchors = build(lab, &islands);

    assert_non_null(anchors);
    for (size_t i = 0; i < COUNT(found); i++) {
        char got[DNAME_TEXT_MAX] = "none", text[DNAME_TEXT_MAX];
        struct anchor_found result;
        struct dname name;

        assert_int_equal(dname_from_text_in(lab->arena, found[i].name, &name), STATUS_OK);
        result = anchors_find(anchors, name, found[i].rrclass, found[i].wall_s);
        assert_false(result.anchor != NULL && result.negative != NULL);
        if (result.anchor != NULL)
            dname_to_text(result.anchor->zone, got);
        if (result.negative != NULL)
            snprintf(got, sizeof(got), "-%.200s%s%.200s",
                     dname_to_text(result.negative->zone, text),
                     result.negative->reason[0] == '\0' ? "" : " ", result.negative->reason);
        if (strcmp(got, found[i].want) != 0)
            fail_msg("%s: %s", found[i].why, got);
    }
    anchors_free(anchors);
}

static void of_exactly_one_zone(void **state)
{
    struct lab *lab = *state;
    struct anchors *anchors = build(lab, &islands);
    struct dname name;

    assert_int_equal(dname_from_text_in(lab->arena, "example.org.", &name), STATUS_OK);
    assert_non_null(anchors_of(anchors, name, CLASS_IN));
    assert_null(anchors_of(anchors, name, CLASS_CH));
    assert_int_equal(dname_from_text_in(lab->arena, "www.example.org.", &name), STATUS_OK);
    assert_null(anchors_of(anchors, name, CLASS_IN));
    anchors_free(anchors);
}

/* ---- has it changed? ---- */

#define HERE  "a. IN DS 1 13 2 " DIGEST
#define THERE "b. IN DS 1 13 2 " DIGEST
static const struct {
    const char *why;
    struct setting one, other;
    bool same;
    const char *suspended; /* zones where negative ones differ, a blank behind each */
} pairs[] = {
    {"the same", {.anchor = {HERE}}, {.anchor = {HERE}}, true, ""},
    {"written in a file", {.anchor = {HERE}}, {.zone_file = HERE "\n"}, true, ""},
    {"another zone", {.anchor = {HERE}}, {.anchor = {THERE}}, false, ""},
    {"one more", {.anchor = {HERE}}, {.anchor = {HERE, THERE}}, false, ""},
    {"one less", {.anchor = {HERE, THERE}}, {.anchor = {HERE}}, false, ""},
    {"another tag", {.anchor = {HERE}}, {.anchor = {"a. IN DS 2 13 2 " DIGEST}}, false, ""},
    {"none of either", {.no_root = true}, {.no_root = true}, true, ""},
    {"a negative one", {.anchor = {HERE}}, {.anchor = {HERE}, .insecure = {"c."}}, true, "c "},
    {"another negative one", {.insecure = {"c."}}, {.insecure = {"d."}}, true, "c d "},
    {"one of several", {.insecure = {"b.", "c.", "d."}}, {.insecure = {"d.", "b."}}, true, "c "},
    {"its end", {.negative = {"c. 0 why"}}, {.negative = {"c. 20260901120000 why"}}, true,
     "c c "},
    {"for good beside one that ends", {.insecure = {"c."}},
     {.negative = {"c. 20260901120000 why"}, .insecure = {"c."}}, true, "c "},
    {"its reason", {.negative = {"c. 0 why"}}, {.negative = {"c. 0 because"}}, true, ""},
    {"keys that change by themselves",
     {.anchor = {HERE}, .auto_file = "k. IN DNSKEY 257 3 15 " KEY "\n"},
     {.anchor = {HERE}, .auto_file = "k. IN DNSKEY 257 3 15 " KEY_2 "\n"}, true, ""},
};

static void note_zone(void *context, struct dname zone)
{
    char *text = context, name[DNAME_TEXT_MAX];

    strcat(strcat(text, dname_to_reason(zone, name)), " ");
}

static void changes_are_seen(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct anchors *one = build(lab, &pairs[i].one), *other = build(lab, &pairs[i].other);
        char told[64] = "";

        assert_non_null(one);
        assert_non_null(other);
        if (anchors_same(one, other) != pairs[i].same || anchors_same(one, NULL))
            fail_msg("%s", pairs[i].why);
        anchors_negative_changes(one, other, note_zone, told);
        if (strcmp(told, pairs[i].suspended) != 0)
            fail_msg("%s: told of \"%s\"", pairs[i].why, told);
        anchors_free(one);
        anchors_free(other);
    }
    assert_true(anchors_same(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(out_of_settings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_deepest_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_exactly_one_zone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changes_are_seen, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
