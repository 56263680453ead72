/*
 * msg_write_test.c - packets made: compression, what is shown to whom, TTLs, what gives way.
 *
 * Most cases read a packet, write it and look at what a reader makes of the result.
 */
#include "util/wire/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "util/wire/test_packet.h"

#define SIG(covered) covered " 13 2 300 20300101000000 20200101000000 4711 example. q80r"

static struct test_packet packet;
static uint8_t written[MESSAGE_MAX];

static const struct message_write everything = {.dnssec_ok = true, .size_max = MESSAGE_MAX};

/* What was put into `packet`, as a message. */
static void read_packet(struct arena *arena, struct message *message)
{
    assert_int_equal(message_read(packet_done(&packet), arena, 0, message), STATUS_OK);
}

static struct slice write_message(const struct message *message,
                                  const struct message_write *how)
{
    struct sink out = sink_of(written, sizeof(written));

    assert_int_equal(message_write(message, how, &out), STATUS_OK);
    return sink_written(&out);
}

static void read_back(struct slice octets, struct arena *arena, struct message *message)
{
    assert_int_equal(message_read(octets, arena, 0, message), STATUS_OK);
}

static void names_are_compressed(void **state)
{
    static const char want[] = "\x12\x34\x80\0\0\1\0\2\0\1\0\1"
                               "\1a\7Example\0\0\xf\0\1"
                               "\xc0\x0c\0\xf\0\1\0\0\1\x2c\0\4\0\5\xc0\x0c"
                               "\xc0\x0c\0\xf\0\1\0\0\1\x2c\0\6\0\6\1b\xc0\x0e"
                               "\xc0\x0e\0\2\0\1\0\0\1\x2c\0\2\xc0\x39"
                               "\1z\xc0\x39\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1";
    struct arena *arena = arena_new(0);
    struct message message;
    struct slice octets;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "a.Example.", TYPE_MX);
    packet_add(&packet, SECTION_ANSWER, "a.example.", 300, "MX", "5 A.EXAMPLE.");
    packet_add(&packet, SECTION_ANSWER, "a.example.", 300, "MX", "6 b.example.");
    packet_add(&packet, SECTION_AUTHORITY, "EXAMPLE.", 300, "NS", "b.EXAMPLE.");
    packet_add(&packet, SECTION_ADDITIONAL, "z.b.example.", 300, "A", "192.0.2.1");
    read_packet(arena, &message);
    octets = write_message(&message, &everything);
    assert_int_equal(octets.size, sizeof(want) - 1);
    assert_memory_equal(octets.data, want, sizeof(want) - 1);
    arena_free(arena);
}

/* RFC 3597 section 4: only the types of RFC 1035. A name that stands in full is no target
 * either. */
static void other_types_are_not_compressed(void **state)
{
    static const char *const rdata[][2] = {
        {"SRV", "1 2 3 a.example."},     {"DNAME", "a.example."},
        {"RP", "a.example. a.example."}, {"NAPTR", "1 2 \"\" \"\" \"\" a.example."},
        {"NSEC", "a.example. A"},        {"RRSIG", SIG("TYPE65280")},
        {"HTTPS", "1 a.example."},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rdata); i++) {
        struct arena *arena = arena_new(0);
        struct message message, again;
        struct slice before, after;

        packet_start(&packet, arena, FLAG_QR);
        packet_question(&packet, "a.example.", TYPE_ANY);
        packet_add(&packet, SECTION_ANSWER, "a.example.", 300, rdata[i][0], rdata[i][1]);
        read_packet(arena, &message);
        before = rrset_rdata(message.rrsets[0], 0);
        after = write_message(&message, &everything);
        if (after.size != HEADER_SIZE + 15 + 12 + before.size ||
            memcmp(after.data + after.size - before.size, before.data, before.size) != 0)
            fail_msg("%s", rdata[i][0]);
        read_back(after, arena, &again);
        arena_free(arena);
    }
}

static void case_of_the_question_is_kept(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message;
    struct slice octets;

    (void)state;
    packet_start(&packet, arena, FLAG_RD);
    packet_question(&packet, "wWw.ExAmPlE.", TYPE_A);
    packet_add(&packet, SECTION_ANSWER, "www.example.", 300, "A", "192.0.2.1");
    read_packet(arena, &message);
    octets = write_message(&message, &everything);
    assert_memory_equal(octets.data + HEADER_SIZE, "\3wWw\7ExAmPlE", 13);
    arena_free(arena);
}

struct line {
    enum section section;
    const char *owner, *type, *rdata;
};

static const struct line zone_cut[] = {
    {0, "a.example.", "A", "192.0.2.1"},
    {0, "a.example.", "RRSIG", SIG("A")},
    {0, "a.example.", "NSEC", "b.example. A"},
    {0, "a.example.", "RRSIG", SIG("NSEC")},
    {1, "example.", "NS", "ns.example."},
    {1, "example.", "RRSIG", SIG("NS")},
    {1, "example.", "DS", "1 13 2 abcdef"},
    {1, "example.", "NSEC", "z. NS"},
    {1, "abc.example.", "NSEC3", "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A"},
    {1, "example.", "RRSIG", SIG("MX")},
    {2, "ns.example.", "A", "192.0.2.2"},
    {2, "ns.example.", "RRSIG", SIG("A")},
    {2, "example.", "DNSKEY", "257 3 13 q80r"},
};

static const struct {
    const char *why;
    uint16_t qtype;
    bool dnssec_ok;
    const char *answer, *authority, *additional;
} shown[] = {
    {"with DO everything", TYPE_A, true, "A 1+1 NSEC 1+1",
     "NS 1+1 DS 1+0 NSEC 1+0 NSEC3 1+0 RRSIG 1+0", "A 1+1 DNSKEY 1+0"},
    {"without DO nothing of DNSSEC (RFC 4035 section 3.2.1)", TYPE_A, false, "A 1+0", "NS 1+0",
     "A 1+0"},
    {"what was asked for is shown", TYPE_NSEC, false, "A 1+0 NSEC 1+0", "NS 1+0", "A 1+0"},
    {"signatures were asked for", TYPE_RRSIG, false, "A 1+1", "NS 1+0", "A 1+0"},
    {"ANY asks for all of them", TYPE_ANY, false, "A 1+1 NSEC 1+1", "NS 1+0", "A 1+0"},
};

static void dnssec_is_shown_to_who_wants_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shown); i++) {
        struct message_write how = {.dnssec_ok = shown[i].dnssec_ok, .size_max = MESSAGE_MAX};
        struct arena *arena = arena_new(0);
        struct message message, again;

        packet_start(&packet, arena, FLAG_QR);
        packet_question(&packet, "a.example.", shown[i].qtype);
        for (size_t n = 0; n < COUNT(zone_cut); n++)
            packet_add(&packet, zone_cut[n].section, zone_cut[n].owner, 300, zone_cut[n].type,
                       zone_cut[n].rdata);
        read_packet(arena, &message);
        read_back(write_message(&message, &how), arena, &again);
        if (strcmp(packet_sets(&again, SECTION_ANSWER, arena), shown[i].answer) != 0 ||
            strcmp(packet_sets(&again, SECTION_AUTHORITY, arena), shown[i].authority) != 0 ||
            strcmp(packet_sets(&again, SECTION_ADDITIONAL, arena), shown[i].additional) != 0)
            fail_msg("%s: %s / %s / %s", shown[i].why, packet_sets(&again, 0, arena),
                     packet_sets(&again, 1, arena), packet_sets(&again, 2, arena));
        arena_free(arena);
    }
}

static const struct {
    const char *why;
    struct message_write how;
    uint32_t want;
} ttls[] = {
    {"all of it at receipt", {.now_s = 0}, 300},
    {"what is left", {.now_s = 100}, 200},
    {"nothing once expired", {.now_s = 300}, 0},
    {"nothing long after", {.now_s = 30000}, 0},
    {"capped", {.now_s = 0, .ttl_cap_s = 30}, 30},
    {"below the cap", {.now_s = 290, .ttl_cap_s = 30}, 10},
    {"the original one", {.now_s = 100, .original_ttl = true}, 300},
    {"the original one, capped", {.now_s = 100, .original_ttl = true, .ttl_cap_s = 30}, 30},
};

static void ttls_count_down(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message, again;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_add(&packet, SECTION_ANSWER, "a.", 300, "A", "192.0.2.1");
    packet_add(&packet, SECTION_ANSWER, "a.", 300, "RRSIG", SIG("A"));
    read_packet(arena, &message);
    for (size_t i = 0; i < COUNT(ttls); i++) {
        struct message_write how = ttls[i].how;

        how.size_max = 512;
        how.dnssec_ok = true;
        read_back(write_message(&message, &how), arena, &again);
        if (again.rrsets[0]->ttl_s != ttls[i].want)
            fail_msg("%s: %u", ttls[i].why, again.rrsets[0]->ttl_s);
    }
    arena_free(arena);
}

static void records_rotate(void **state)
{
    static const char want[][4] = {"123", "231", "312", "123"};
    struct arena *arena = arena_new(0);
    struct message message, again;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    for (const char *digit = "123"; *digit != '\0'; digit++)
        packet_add(&packet, SECTION_ANSWER, "a.", 300, "TXT",
                   arena_printf(arena, "%c", *digit));
    packet_add(&packet, SECTION_ANSWER, "b.", 300, "TXT", "alone");
    read_packet(arena, &message);
    for (uint32_t rotate = 0; rotate < COUNT(want); rotate++) {
        struct message_write how = {.size_max = 512, .rotate = rotate};

        read_back(write_message(&message, &how), arena, &again);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(rrset_rdata(again.rrsets[0], i).data[1], want[rotate][i]);
    }
    arena_free(arena);
}

/* Each TTL is where the marks say it is; a set that did not fit has left none. */
static void marks_point_at_ttls(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message;
    uint16_t places[8];
    struct message_mark sets[4];
    struct message_marks marks = {.marks = sets, .marks_max = 4, .ttls = places, .ttls_max = 8};
    struct message_write how = {.dnssec_ok = true, .size_max = 200, .marks = &marks};
    struct slice octets;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "a.example.", TYPE_A);
    packet_add(&packet, SECTION_ANSWER, "a.example.", 111, "A", "192.0.2.1");
    packet_add(&packet, SECTION_ANSWER, "a.example.", 111, "A", "192.0.2.2");
    packet_add(&packet, SECTION_ANSWER, "a.example.", 111, "RRSIG", SIG("A"));
    packet_add(&packet, SECTION_AUTHORITY, "example.", 222, "NS", "a.example.");
    packet_add(&packet, SECTION_AUTHORITY, "example.", 222, "NS", "b.example.");
    packet_add(&packet, SECTION_ADDITIONAL, "b.example.", 333, "TXT",
               "far too long for what is left of the packet, far too long, far too long");
    read_packet(arena, &message);
    octets = write_message(&message, &how);
    assert_false(marks.failed);
    assert_int_equal(marks.mark_count, 2);
    assert_int_equal(marks.ttl_count, 5);
    assert_int_equal(marks.records_end, octets.size);
    assert_int_equal(sets[0].ttl_count, 3);
    assert_int_equal(sets[0].movable, 2);
    assert_int_equal(sets[0].movable_size, 4);
    assert_int_equal(sets[1].movable, 0); /* names that are compressed stay where they are */
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(bytes_u32(octets.data + places[i]), i < 3 ? 111 : 222);
    assert_int_equal(octets.data[places[1] + 6 + 3], 2);
    marks.mark_count = marks.ttl_count = 0;
    marks.ttls_max = 4;
    write_message(&message, &how);
    assert_true(marks.failed);
    arena_free(arena);
}

/* Owners are pointers: an A record takes 16 octets. What has been reached stands beside each.
 */
static const struct {
    const char *why;
    uint16_t size_max;
    bool tc;
    const char *answer, *authority, *additional;
} sizes[] = {
    {"all of it fits exactly", 139, false, "A 2+0 TXT 1+0", "NS 1+0", "A 1+0 AAAA 1+0"},
    {"of what is additional the later part gives way", 138, false, "A 2+0 TXT 1+0", "NS 1+0",
     "A 1+0"},
    {"all that is additional", 95, false, "A 2+0 TXT 1+0", "NS 1+0", ""},
    {"without what is needed TC is set", 94, true, "A 2+0 TXT 1+0", "", ""},
    {"never a part of an RRset", 79, true, "A 2+0", "", ""},
    {"not even the first RRset", 58, true, "", "", ""},
    {"the question", 27, true, "", "", ""},
};

static void long_answers_are_cut_at_rrsets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct message_write how = {.size_max = sizes[i].size_max};
        struct arena *arena = arena_new(0);
        struct message message, again;
        struct slice octets;

        packet_start(&packet, arena, FLAG_QR);
        packet_question(&packet, "a.example.", TYPE_ANY);                          /* 27 */
        packet_add(&packet, SECTION_ANSWER, "a.example.", 300, "A", "192.0.2.1");  /* 43 */
        packet_add(&packet, SECTION_ANSWER, "a.example.", 300, "A", "192.0.2.2");  /* 59 */
        packet_add(&packet, SECTION_ANSWER, "a.example.", 300, "TXT", "12345678"); /* 80 */
        packet_add(&packet, SECTION_AUTHORITY, "example.", 300, "NS", "b.");       /* 95 */
        packet_add(&packet, SECTION_ADDITIONAL, "b.", 300, "A", "192.0.2.3");      /* 111 */
        packet_add(&packet, SECTION_ADDITIONAL, "b.", 300, "AAAA", "::1");         /* 139 */
        read_packet(arena, &message);
        octets = write_message(&message, &how);
        assert_true(octets.size <= how.size_max);
        read_back(octets, arena, &again);
        if (((again.flags & FLAG_TC) != 0) != sizes[i].tc ||
            strcmp(packet_sets(&again, SECTION_ANSWER, arena), sizes[i].answer) != 0 ||
            strcmp(packet_sets(&again, SECTION_AUTHORITY, arena), sizes[i].authority) != 0 ||
            strcmp(packet_sets(&again, SECTION_ADDITIONAL, arena), sizes[i].additional) != 0)
            fail_msg("%u, %s: tc %d, %s / %s / %s", sizes[i].size_max, sizes[i].why,
                     again.flags & FLAG_TC, packet_sets(&again, 0, arena),
                     packet_sets(&again, 1, arena), packet_sets(&again, 2, arena));
        arena_free(arena);
    }
}

static void a_small_addition_follows_a_large_one(void **state)
{
    struct message_write how = {.size_max = 60};
    struct arena *arena = arena_new(0);
    struct message message, again;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "a.", TYPE_A);
    packet_add(&packet, SECTION_ADDITIONAL, "new.name.", 300, "TXT",
               "\"a text that is longer than the space that there is for it\"");
    packet_add(&packet, SECTION_ADDITIONAL, "x.name.", 300, "A", "192.0.2.1");
    read_packet(arena, &message);
    read_back(write_message(&message, &how), arena, &again);
    /* "name." was entered with what had to go: a pointer there would lead astray. */
    assert_string_equal(packet_sets(&again, SECTION_ADDITIONAL, arena), "A 1+0");
    assert_true(dname_equal(rrset_owner(again.rrsets[0]), rrset_owner(message.rrsets[1])));
    arena_free(arena);
}

static void no_space_for_the_question(void **state)
{
    struct message_write how = {.size_max = 18};
    struct arena *arena = arena_new(0);
    struct sink out = sink_of(written, sizeof(written));
    struct message message;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "a.", TYPE_A); /* 19 octets */
    read_packet(arena, &message);
    assert_int_equal(message_write(&message, &how, &out), STATUS_NO_SPACE);
    how.size_max = 19;
    assert_int_equal(message_write(&message, &how, &out), STATUS_OK);
    message.edns.present = true; /* 11 more */
    how.size_max = 29;
    assert_int_equal(message_write(&message, &how, &out), STATUS_NO_SPACE);
    how.size_max = 30;
    assert_int_equal(message_write(&message, &how, &out), STATUS_OK);
    out = sink_of(written, 29);
    assert_int_equal(message_write(&message, &how, &out), STATUS_NO_SPACE);
    assert_int_equal(out.used, 0);
    arena_free(arena);
}

/* 19 octets of header and question, 16 of an A record, 11 of OPT, 12 of a cookie, 11 an error.
 */
static const struct {
    const char *why;
    uint16_t size_max;
    size_t options, first_size, second_size, answers;
} errors[] = {
    {"both fit", 80, 3, 7, 7, 1},
    {"the text of the last one goes", 79, 3, 7, 2, 1},
    {"still enough for its code", 75, 3, 7, 2, 1},
    {"then its code", 74, 2, 7, 0, 1},
    {"then the text of the first one", 68, 2, 2, 0, 1},
    {"then the first one; the cookie stays", 62, 1, 0, 0, 1},
};

static void extended_errors_give_way_first(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(errors); i++) {
        struct message_write how = {.size_max = errors[i].size_max};
        struct arena *arena = arena_new(0);
        struct message message, again;
        struct slice octets;
        size_t found[2] = {0}, count = 0;

        packet_start(&packet, arena, FLAG_QR);
        packet_question(&packet, "a.", TYPE_A);
        packet_add(&packet, SECTION_ANSWER, "a.", 300, "A", "192.0.2.1");
        read_packet(arena, &message);
        message.edns.present = true;
        edns_add(&message.edns, EDNS_ERROR, ede_option(arena, 22, "first"));
        edns_add(&message.edns, EDNS_COOKIE, slice_of("12345678", 8));
        edns_add(&message.edns, EDNS_ERROR, ede_option(arena, 23, "other"));
        octets = write_message(&message, &how);
        assert_true(octets.size <= how.size_max);
        read_back(octets, arena, &again);
        for (size_t n = 0; n < again.edns.option_count; n++)
            if (again.edns.options[n].code == EDNS_ERROR)
                found[count++] = again.edns.options[n].data.size;
        if (again.edns.option_count != errors[i].options || found[0] != errors[i].first_size ||
            found[1] != errors[i].second_size || message_rrsets(&again) != errors[i].answers ||
            (again.flags & FLAG_TC) != 0)
            fail_msg("%u, %s: %u options, %zu %zu", errors[i].size_max, errors[i].why,
                     again.edns.option_count, found[0], found[1]);
        assert_int_equal(message.edns.option_count, 3); /* the caller's is not touched */
        arena_free(arena);
    }
}

static void rcodes_beyond_15_need_edns(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message, again;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "a.", TYPE_A);
    read_packet(arena, &message);
    message.rcode = RCODE_BADCOOKIE;
    read_back(write_message(&message, &everything), arena, &again);
    assert_int_equal(again.rcode, RCODE_SERVFAIL);
    message.edns.present = true;
    read_back(write_message(&message, &everything), arena, &again);
    assert_int_equal(again.rcode, RCODE_BADCOOKIE);
    message.rcode = RCODE_NXDOMAIN;
    message.edns.rcode_high = 9; /* what counts is message.rcode */
    read_back(write_message(&message, &everything), arena, &again);
    assert_int_equal(again.rcode, RCODE_NXDOMAIN);
    arena_free(arena);
}

/* TCP: the length stands before the message, and pointers count from the header. */
static void something_may_stand_before_it(void **state)
{
    struct arena *arena = arena_new(0);
    struct sink out = sink_of(written, sizeof(written));
    struct message message, again;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "a.example.", TYPE_A);
    packet_add(&packet, SECTION_ANSWER, "a.example.", 300, "A", "192.0.2.1");
    read_packet(arena, &message);
    sink_u16(&out, 0xffff);
    assert_int_equal(message_write(&message, &everything, &out), STATUS_OK);
    assert_int_equal(bytes_u16(written), 0xffff);
    read_back(slice_of(written + 2, out.used - 2), arena, &again);
    assert_true(rrset_same_data(message.rrsets[0], again.rrsets[0]));
    arena_free(arena);
}

/* Names beyond the 128 that are entered, and those beyond a pointer's reach, are written in
 * full. */
static void many_names(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message, again;
    struct slice octets;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "example.", TYPE_NS);
    for (int i = 0; i < 1500; i++)
        packet_add(&packet, SECTION_ANSWER, "example.", 300, "NS",
                   arena_printf(arena, "ns%04d.example.", i));
    for (int i = 0; i < 150; i++)
        packet_add(&packet, SECTION_ADDITIONAL, arena_printf(arena, "ns%04d.example.", i), 300,
                   "A", "192.0.2.1");
    read_packet(arena, &message);
    octets = write_message(&message, &everything);
    read_back(octets, arena, &again);
    assert_int_equal(message_rrsets(&again), 151);
    for (size_t i = 0; i < 151; i++)
        assert_true(rrset_same_data(message.rrsets[i], again.rrsets[i]));
    /* example. takes one entry; 127 hosts are entered, and their addresses have pointers. */
    assert_int_equal(octets.size, 12 + 13 + 1500 * (12 + 9) + 127 * 16 + 23 * (16 + 7));
    arena_free(arena);
}

static void as_many_labels_as_there_can_be(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message, again;
    char longest[2 * 127 + 1];

    (void)state;
    for (size_t i = 0; i < 127; i++) {
        longest[2 * i] = (char)('a' + i % 26);
        longest[2 * i + 1] = '.';
    }
    longest[2 * 127] = '\0';
    packet_start(&packet, arena, FLAG_QR);
    packet_question(&packet, "b.", TYPE_NS);
    for (size_t i = 0; i < 127; i++)
        packet_add(&packet, SECTION_ANSWER, longest + 2 * i, 300, "NS", longest);
    read_packet(arena, &message);
    read_back(write_message(&message, &everything), arena, &again);
    assert_int_equal(message_rrsets(&again), 127);
    for (size_t i = 0; i < 127; i++)
        assert_true(rrset_same_data(message.rrsets[i], again.rrsets[i]));
    arena_free(arena);
}

static void the_root_and_no_question(void **state)
{
    struct arena *arena = arena_new(0);
    struct message message, again;

    (void)state;
    packet_start(&packet, arena, FLAG_QR);
    packet_add(&packet, SECTION_ANSWER, ".", 300, "NS", ".");
    packet_add(&packet, SECTION_ANSWER, ".", 300, "NS", "a.");
    packet_add(&packet, SECTION_ANSWER, ".", 300, "SOA", ". a. 1 2 3 4 5");
    read_packet(arena, &message);
    read_back(write_message(&message, &everything), arena, &again);
    assert_false(again.has_question);
    assert_string_equal(packet_sets(&again, SECTION_ANSWER, arena), "NS 2+0 SOA 1+0");
    assert_true(rrset_same_data(message.rrsets[1], again.rrsets[1]));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_compressed),
        cmocka_unit_test(other_types_are_not_compressed),
        cmocka_unit_test(case_of_the_question_is_kept),
        cmocka_unit_test(dnssec_is_shown_to_who_wants_it),
        cmocka_unit_test(ttls_count_down),
        cmocka_unit_test(records_rotate),
        cmocka_unit_test(marks_point_at_ttls),
        cmocka_unit_test(long_answers_are_cut_at_rrsets),
        cmocka_unit_test(a_small_addition_follows_a_large_one),
        cmocka_unit_test(no_space_for_the_question),
        cmocka_unit_test(extended_errors_give_way_first),
        cmocka_unit_test(rcodes_beyond_15_need_edns),
        cmocka_unit_test(something_may_stand_before_it),
        cmocka_unit_test(many_names),
        cmocka_unit_test(as_many_labels_as_there_can_be),
        cmocka_unit_test(the_root_and_no_question),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
