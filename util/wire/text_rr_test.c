/*
 * text_rr_test.c - records on one line, and master files record by record.
 */
#include "util/wire/text_rr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* A record in the one form that we print; "-" for rdata that is not there. */
static const char *print(struct arena *arena, const struct text_rr *rr)
{
    struct text text = text_in(arena);

    text_rr_write(&text, rr->owner, rr->ttl_s, rr->rrclass, rr->type, rr->rdata);
    if (!rr->has_rdata)
        text_add(&text, " bare");
    return text_done(&text);
}

static const struct {
    const char *why, *line, *want;
} lines[] = {
    {"all there", "www.example.org. 300 IN A 192.0.2.1", "www.example.org. 300 IN A 192.0.2.1"},
    {"RFC 1035 section 5.1: class before TTL", "a. IN 300 A 192.0.2.1",
     "a. 300 IN A 192.0.2.1"},
    {"TTL left out", "a. IN A 192.0.2.1", "a. 77 IN A 192.0.2.1"},
    {"class left out", "a. 300 A 192.0.2.1", "a. 300 IN A 192.0.2.1"},
    {"both left out", "a. A 192.0.2.1", "a. 77 IN A 192.0.2.1"},
    {"units, case, blanks, line end", " \ta. 1h30M\tin  a 192.0.2.1 \r\n",
     "a. 5400 IN A 192.0.2.1"},
    {"comment behind", "a. A 192.0.2.1 ; why", "a. 77 IN A 192.0.2.1"},
    {"relative owner and rdata", "www CNAME @", "www.example. 77 IN CNAME example."},
    {"the origin", "@ MX 10 mail", "example. 77 IN MX 10 mail.example."},
    {"another class", "id.server. CH TXT \"ns1\"", "id.server. 77 CH TXT \"ns1\""},
    {"RFC 3597 section 5", "a. CLASS32 TYPE65280 \\# 1 ff", "a. 77 CLASS32 TYPE65280 \\# 1 ff"},
    {"a type's number", "a. TYPE1 192.0.2.1", "a. 77 IN A 192.0.2.1"},
    {"an owner like a type", "A A 192.0.2.1", "A.example. 77 IN A 192.0.2.1"},
    {"an owner of digits", "300 A 192.0.2.1", "300.example. 77 IN A 192.0.2.1"},
    {"parentheses", "a. ( 5 IN\n A 192.0.2.1 )", "a. 5 IN A 192.0.2.1"},
    {"a question", "a. IN A", "a. 77 IN A \\# 0 bare"},
    {"a question of type ANY", "a. ANY", "a. 77 IN ANY \\# 0 bare"},
    {"a question of class and type ANY", "a. ANY ANY", "a. 77 ANY ANY \\# 0 bare"},
    {"a comment behind a question", "a. A ; why", "a. 77 IN A \\# 0 bare"},
};

static void records_on_a_line(void **state)
{
    struct arena *arena = arena_new(0);
    struct dname origin;

    (void)state;
    assert_int_equal(dname_from_text_in(arena, "example.", &origin), STATUS_OK);
    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *why = "?";
        struct text_rr rr;

        if (text_rr_read(lines[i].line, &origin, 77, true, arena, &rr, &why) != STATUS_OK)
            fail_msg("%s: %s: %s", lines[i].why, lines[i].line, why);
        assert_string_equal(print(arena, &rr), lines[i].want);
    }
    arena_free(arena);
}

static const struct {
    const char *line, *why;
} broken[] = {
    {"", "the line is empty"},
    {"; comment", "the line is empty"},
    {"a.", "the record type is missing"},
    {"a. IN", "the record type is missing"},
    {"a. 300 IN", "the record type is missing"},
    {"a. 300 400 A 192.0.2.1", "not a record type"},
    {"a. IN CH A 192.0.2.1", "not a record type"},
    {"a. 4294967296 A 192.0.2.1", "not a TTL"},
    {"a. 5x A 192.0.2.1", "not a TTL"},
    {"a. BOGUS 192.0.2.1", "not a record type"},
    {"a..b A 192.0.2.1", "the owner is not a domain name"},
    {"a. A", "a field is missing"},
    {"a. A 192.0.2", "not an IPv4 address"},
    {"a. A 192.0.2.1 x", "more fields than the type has"},
    {"a. A 192.0.2.1\nb. A 192.0.2.1", "more than one line"},
    {"a. TXT \"x", "quote without an end"},
    {"\"a A 192.0.2.1", "quote without an end"},
    {"( a. A 192.0.2.1", "opening parenthesis without a closing one"},
    {"a. A ) 192.0.2.1", "closing parenthesis without an opening one"},
    {"a. MX 65536 b.", "not a number, or too large a one"},
};

static void broken_lines_say_why(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(broken); i++) {
        const char *why = "?";
        struct text_rr rr;

        if (text_rr_read(broken[i].line, NULL, 77, false, arena, &rr, &why) != STATUS_MALFORMED)
            fail_msg("not refused: %s", broken[i].line);
        assert_string_equal(why, broken[i].why);
        assert_int_equal(text_rr_read(broken[i].line, NULL, 77, false, arena, &rr, NULL),
                         STATUS_MALFORMED);
    }
    arena_free(arena);
}

/* ---- master files ---- */

static const char zone[] = "; RFC 1035 section 5.3, and more\n"
                           "\n"
                           "$ORIGIN isi.edu. ; of all that follows\n"
                           "@   IN  SOA     VENERA      Action\\.domains (\n"
                           "                             20     ; SERIAL\n"
                           "                             7200   ; REFRESH\n"
                           "                             600    ; RETRY\n"
                           "                             3600000; EXPIRE\n"
                           "                             60)    ; MINIMUM\n"
                           "\n"
                           "        NS      A.ISI.EDU.\n"
                           "   ; a comment that is indented\n"
                           "        300 NS  VENERA\n"
                           "        MX      10 VENERA\n"
                           "$TTL 1h\n"
                           "A       A       26.3.0.103\n"
                           "        60 A    26.3.0.104\n"
                           "VENERA  TXT     \"a ; no comment\" ( \"b\"\n"
                           "        \"c\" )\n"
                           "$origin sub\n"
                           "www     CNAME   a.isi.edu.";

static const struct {
    int line;
    bool has_ttl;
    const char *want;
} records[] = {
    {4, false,
     "isi.edu. 0 IN SOA VENERA.isi.edu. Action\\.domains.isi.edu. 20 7200 600 3600000 60"},
    {11, false, "isi.edu. 0 IN NS A.ISI.EDU."},
    {13, true, "isi.edu. 300 IN NS VENERA.isi.edu."},
    {14, false, "isi.edu. 300 IN MX 10 VENERA.isi.edu."},
    {16, false, "A.isi.edu. 3600 IN A 26.3.0.103"},
    {17, true, "A.isi.edu. 60 IN A 26.3.0.104"},
    {18, false, "VENERA.isi.edu. 3600 IN TXT \"a ; no comment\" \"b\" \"c\""},
    {21, false, "www.sub.isi.edu. 3600 IN CNAME a.isi.edu."},
};

static void a_master_file(void **state)
{
    struct arena *arena = arena_new(0);
    struct zone_reader reader = zone_reader_of(zone, dname_root, arena);
    struct text_rr rr;

    (void)state;
    for (size_t i = 0; i < COUNT(records); i++) {
        if (zone_reader_next(&reader, &rr) != STATUS_OK)
            fail_msg("line %d: %s", reader.line, reader.why);
        assert_string_equal(print(arena, &rr), records[i].want);
        assert_int_equal(reader.line, records[i].line);
        assert_int_equal(rr.has_ttl, records[i].has_ttl);
    }
    assert_int_equal(zone_reader_next(&reader, &rr), STATUS_NOT_FOUND);
    assert_int_equal(zone_reader_next(&reader, &rr), STATUS_NOT_FOUND);
    arena_free(arena);
}

static const struct {
    const char *text;
    int line;
    const char *why;
} broken_zones[] = {
    {"\n a. A 192.0.2.1\n", 2, "the first record needs an owner"},
    {"$INCLUDE /etc/passwd\n", 1, "$INCLUDE is not done here"},
    {"$GENERATE 1-9 a A 192.0.2.$\n", 1, "an unknown directive"},
    {"\n\n$TTL\n", 3, "a directive needs a value"},
    {"$TTL soon\n", 1, "not a TTL"},
    {"$ORIGIN a..b\n", 1, "$ORIGIN is not a domain name"},
    {"$TTL 1 2\n", 1, "a directive has one value"},
    {"a. A (\n 192.0.2\n )\n", 1, "not an IPv4 address"},
    {"a. TXT ( \"b\"\n", 1, "opening parenthesis without a closing one"},
    {")\n", 1, "closing parenthesis without an opening one"},
    {"a..b A 192.0.2.1\n", 1, "the owner is not a domain name"},
};

static void broken_files_say_where_and_why(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(broken_zones); i++) {
        struct zone_reader reader = zone_reader_of(broken_zones[i].text, dname_root, arena);
        struct text_rr rr;

        if (zone_reader_next(&reader, &rr) != STATUS_MALFORMED)
            fail_msg("not refused: %s", broken_zones[i].text);
        assert_string_equal(reader.why, broken_zones[i].why);
        assert_int_equal(reader.line, broken_zones[i].line);
    }
    arena_free(arena);
}

static void the_record_behind_a_broken_one(void **state)
{
    struct arena *arena = arena_new(0);
    struct zone_reader reader = zone_reader_of("a. A bad\nb. A 192.0.2.1\n", dname_root, arena);
    struct text_rr rr;

    (void)state;
    assert_int_equal(zone_reader_next(&reader, &rr), STATUS_MALFORMED);
    assert_int_equal(zone_reader_next(&reader, &rr), STATUS_OK);
    assert_string_equal(print(arena, &rr), "b. 0 IN A 192.0.2.1");
    assert_int_equal(reader.line, 2);
    arena_free(arena);
}

static void an_rrset_a_line_each(void **state)
{
    struct arena *arena = arena_new(0);
    struct text text = text_in(arena);
    struct slice rdata[3];
    struct rrset_parts parts = {.type = TYPE_A,
                                .rrclass = CLASS_IN,
                                .ttl_s = 300,
                                .now_s = 1000,
                                .rdata = rdata,
                                .rr_count = 2,
                                .rrsig_count = 1};

    (void)state;
    assert_int_equal(dname_from_text_in(arena, "a.example.", &parts.owner), STATUS_OK);
    assert_int_equal(rdata_from_text("192.0.2.1", TYPE_A, CLASS_IN, NULL, arena, &rdata[0]), 0);
    assert_int_equal(rdata_from_text("192.0.2.2", TYPE_A, CLASS_IN, NULL, arena, &rdata[1]), 0);
    assert_int_equal(rdata_from_text("A 8 2 300 2 1 7 example. AQID", TYPE_RRSIG, CLASS_IN,
                                     NULL, arena, &rdata[2]),
                     0);
    text_rrset_write(&text, rrset_in(arena, &parts), 1100);
    assert_string_equal(text_done(&text),
                        "a.example. 200 IN A 192.0.2.1\n"
                        "a.example. 200 IN A 192.0.2.2\n"
                        "a.example. 200 IN RRSIG A 8 2 300 19700101000002 19700101000001 7 "
                        "example. AQID\n");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_on_a_line),
        cmocka_unit_test(broken_lines_say_why),
        cmocka_unit_test(a_master_file),
        cmocka_unit_test(broken_files_say_where_and_why),
        cmocka_unit_test(the_record_behind_a_broken_one),
        cmocka_unit_test(an_rrset_a_line_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
