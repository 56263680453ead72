/*
 * anchor_xml_test.c - which root-anchors.xml are read, what they are good for, and where the
 * others are faulty.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tools/anchor_xml.h"

/* 2026-11-22 */
enum { NOW_S = 1795305600 };

#define HEAD                                                                                   \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TrustAnchor id=\"1\" source=\"http://x/\">"
#define ROOT "<Zone>.</Zone>"
#define FROM " validFrom=\"2017-02-02T00:00:00+00:00\""
#define DS17                                                                                   \
    "<KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>"                 \
    "<Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Digest>"
#define LINE17                                                                                 \
    ". IN DS 20326 8 2 e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d\n"
#define KEY17                                                                                  \
    "AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4Rg\n"                          \
    "WOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQ\n"                          \
    "uCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj\n"                          \
    "/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Ap\n"                          \
    "xz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXG\n"                          \
    "Xws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
#define TAIL              "</TrustAnchor>"
#define WITH(inside)      HEAD ROOT "<KeyDigest" FROM ">" inside "</KeyDigest>" TAIL
#define DATED(attributes) HEAD ROOT "<KeyDigest " attributes ">" DS17 "</KeyDigest>" TAIL
#define HEX48                                                                                  \
    "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"                         \
    "000102030405060708090a0b0c0d0e0f"

/* The example of RFC 9718 section 2.3. */
static const char example[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<TrustAnchor id=\"E9724F53-1851-4F86-85E5-F1392102940B\"\n"
    "  source=\"http://data.iana.org/root-anchors/root-anchors.xml\">\n"
    "  <Zone>.</Zone>\n"
    "  <KeyDigest id=\"Kjqmt7v\"\n"
    "      validFrom=\"2010-07-15T00:00:00+00:00\"\n"
    "      validUntil=\"2019-01-11T00:00:00+00:00\">  <!-- This key\n"
    "      is no longer valid, since validUntil is in the past -->\n"
    "    <KeyTag>19036</KeyTag>\n"
    "    <Algorithm>8</Algorithm>\n"
    "    <DigestType>2</DigestType>\n"
    "    <Digest>\n"
    "49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5\n"
    "    </Digest>\n"
    "  </KeyDigest>\n"
    "  <KeyDigest id=\"Klajeyz\" validFrom=\"2017-02-02T00:00:00+00:00\">\n" DS17
    "    <PublicKey>\n" KEY17 "\n    </PublicKey>\n"
    "    <Flags>257</Flags>\n"
    "  </KeyDigest>\n"
    "</TrustAnchor>\n";

/* ---- what is good ---- */

static const struct {
    const char *why, *text, *records;
    size_t count;
    enum digest_use last_use;
} good[] = {
    {"the RFC's example: one over, one good", example, LINE17, 2, DIGEST_GOOD},
    {"without a key beside the digest (RFC 7958)", WITH(DS17), LINE17, 1, DIGEST_GOOD},
    {"a remark within a number",
     WITH("<KeyTag>20<!-- b -->326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>"
          "<Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Digest>"),
     LINE17, 1, DIGEST_GOOD},
    {"blanks around numbers",
     WITH("<KeyTag>\n 20326 </KeyTag><Algorithm> 8</Algorithm><DigestType>\t2</DigestType>"
          "<Digest> E06D44B80B8F1D39A95C0B0D7C65D084\n58E880409BBC683457104237C7F8EC8D "
          "</Digest>"),
     LINE17, 1, DIGEST_GOOD},
    {"an unknown element is passed over, with elements of known names in it",
     WITH("<Note><KeyTag>1</KeyTag></Note>" DS17), LINE17, 1, DIGEST_GOOD},
    {"an unknown element beside Zone",
     HEAD "<More a=\"b\"><Zone>example.</Zone></More>" ROOT "<KeyDigest" FROM ">" DS17
          "</KeyDigest>" TAIL,
     LINE17, 1, DIGEST_GOOD},
    {"Zone behind the digests", HEAD "<KeyDigest" FROM ">" DS17 "</KeyDigest>" ROOT TAIL,
     LINE17, 1, DIGEST_GOOD},
    {"valid from this very second", DATED("validFrom=\"2026-11-22T00:00:00+00:00\""), LINE17, 1,
     DIGEST_GOOD},
    {"not valid before the next", DATED("validFrom=\"2026-11-22T00:00:01+00:00\""), "", 1,
     DIGEST_TOO_EARLY},
    {"valid for one more second",
     DATED("validFrom=\"2017-02-02T00:00:00Z\" validUntil=\"2026-11-22T00:00:01Z\""), LINE17, 1,
     DIGEST_GOOD},
    {"no longer valid from this second on",
     DATED("validFrom=\"2017-02-02T00:00:00Z\" validUntil=\"2026-11-22T00:00:00Z\""), "", 1,
     DIGEST_OVER},
    {"an hour east of UTC begins an hour earlier",
     DATED("validFrom=\"2026-11-22T01:00:00+01:00\""), LINE17, 1, DIGEST_GOOD},
    {"and west of it later", DATED("validFrom=\"2026-11-22T00:00:00-00:01\""), "", 1,
     DIGEST_TOO_EARLY},
    {"an algorithm that is not supported",
     WITH("<KeyTag>1</KeyTag><Algorithm>3</Algorithm><DigestType>2</DigestType>"
          "<Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Digest>"),
     "", 1, DIGEST_UNSUPPORTED},
    {"SHA-1 digests are none to begin with",
     WITH("<KeyTag>1</KeyTag><Algorithm>8</Algorithm><DigestType>1</DigestType>"
          "<Digest>000102030405060708090a0b0c0d0e0f00010203</Digest>"),
     "", 1, DIGEST_UNSUPPORTED},
    {"a digest type of the future, of any size",
     WITH("<KeyTag>1</KeyTag><Algorithm>8</Algorithm><DigestType>77</DigestType>"
          "<Digest>00</Digest>"),
     "", 1, DIGEST_UNSUPPORTED},
    {"SHA-384",
     WITH("<KeyTag>7</KeyTag><Algorithm>13</Algorithm><DigestType>4</DigestType><Digest>" HEX48
          "</Digest>"),
     ". IN DS 7 13 4 " HEX48 "\n", 1, DIGEST_GOOD},
    {"a key that the digest is not of (RFC 9718 section 3.2)",
     WITH(DS17 "<PublicKey>AwEAAaz/</PublicKey><Flags>257</Flags>"), "", 1, DIGEST_NOT_ITS_KEY},
    {"its key, with other flags",
     WITH(DS17 "<PublicKey>" KEY17 "</PublicKey><Flags>256</Flags>"), "", 1,
     DIGEST_NOT_ITS_KEY},
    {"its key and digest, with another tag",
     WITH("<KeyTag>20327</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>"
          "<Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Digest>"
          "<PublicKey>" KEY17 "</PublicKey><Flags>257</Flags>"),
     "", 1, DIGEST_NOT_ITS_KEY},
    {"its key and tag, with another digest",
     WITH("<KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>"
          "<Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8E</Digest>"
          "<PublicKey>" KEY17 "</PublicKey><Flags>257</Flags>"),
     "", 1, DIGEST_NOT_ITS_KEY},
};

static void files_are_read(void **state)
{
    const struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        struct arena *arena = arena_new(0);
        struct slice octets = slice_of(good[i].text, strlen(good[i].text));
        struct text records = text_in(arena);
        struct anchor_xml xml;
        struct xml_fault fault;

        if (anchor_xml_read(octets, NOW_S, crypto, arena, &xml, &fault) != STATUS_OK)
            fail_msg("%s: %u:%u: %s", good[i].why, fault.line, fault.column, fault.why);
        text_add(&records, "");
        anchor_xml_write(&xml, &records);
        if (strcmp(text_done(&records), good[i].records) != 0 || xml.count != good[i].count ||
            xml.digests[xml.count - 1].use != good[i].last_use)
            fail_msg("%s: %zu digests, the last is %s\n%s", good[i].why, xml.count,
                     digest_use_text(xml.digests[xml.count - 1].use), text_done(&records));
        assert_int_equal(anchor_xml_good(&xml), good[i].records[0] != '\0');
        arena_free(arena);
    }
    crypto_free(crypto);
}

static void a_file_is_described(void **state)
{
    const struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    struct arena *arena = arena_new(0);
    struct text text = text_in(arena);
    struct anchor_xml xml;
    struct xml_fault fault;

    (void)state;
    assert_int_equal(anchor_xml_read(slice_of(example, sizeof(example) - 1), NOW_S, crypto,
                                     arena, &xml, &fault),
                     STATUS_OK);
    anchor_xml_describe(&xml, &text);
    assert_string_equal(
        text_done(&text),
        ". IN DS 19036 8 2 49aac11d7b6f6446702e54a1607371607a1a41855200fd2ce1cdde32f24e8fb5 "
        "; from 2010-07-15 until 2019-01-11: no longer valid\n"
        ". IN DS 20326 8 2 e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d "
        "; from 2017-02-02: good\n");
    assert_int_equal(xml.digests[0].line, 5);
    assert_int_equal(xml.digests[0].key.size, 0);
    assert_int_equal(xml.digests[1].key.size, 264);
    arena_free(arena);
    crypto_free(crypto);
}

/* ---- what is faulty ---- */

static const struct {
    const char *why, *text;
    enum status status;
    unsigned line, column; /* 0: does not matter */
    const char *fault;     /* how it begins */
} faulty[] = {
    {"nothing", "", STATUS_MALFORMED, 1, 1, "no element found"},
    {"a web page", "<html><body>404</body></html>", STATUS_MALFORMED, 1, 1,
     "this is not root-anchors.xml"},
    {"cut short", HEAD ROOT "<KeyDigest" FROM ">", STATUS_MALFORMED, 2, 0, "no element found"},
    {"tags that cross", HEAD "<Zone>.</TrustAnchor>", STATUS_MALFORMED, 2, 0, "mismatched tag"},
    {"something behind the end", WITH(DS17) "<x/>", STATUS_MALFORMED, 2, 0,
     "junk after document element"},
    {"a document type", "<?xml version=\"1.0\"?>\n<!DOCTYPE TrustAnchor>\n<TrustAnchor/>",
     STATUS_MALFORMED, 2, 0, "a DOCTYPE is not allowed"},
    {"a document type that reaches out",
     "<!DOCTYPE a SYSTEM \"file:///etc/passwd\">" WITH(DS17), STATUS_MALFORMED, 1, 0,
     "a DOCTYPE is not allowed"},
    {"entities that grow",
     "<!DOCTYPE a [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><TrustAnchor>&b;"
     "</TrustAnchor>",
     STATUS_MALFORMED, 1, 0, "a DOCTYPE is not allowed"},
    {"an entity that nobody has declared", HEAD "&b;" TAIL, STATUS_MALFORMED, 2, 0,
     "undefined entity"},
    {"an encoding that is none", "<?xml version=\"1.0\" encoding=\"x-none\"?><TrustAnchor/>",
     STATUS_MALFORMED, 1, 0, "unknown encoding"},
    {"no zone", HEAD "<KeyDigest" FROM ">" DS17 "</KeyDigest>" TAIL, STATUS_MALFORMED, 2, 0,
     "there is no Zone"},
    {"another zone", HEAD "<Zone>example.</Zone>" TAIL, STATUS_MALFORMED, 2, 0,
     "this is not for the root zone"},
    {"no name at all", HEAD "<Zone></Zone>" TAIL, STATUS_MALFORMED, 2, 0,
     "this is not for the root zone"},
    {"the zone twice", HEAD ROOT ROOT TAIL, STATUS_MALFORMED, 2, 54, "a second Zone"},
    {"no digest", HEAD ROOT TAIL, STATUS_MALFORMED, 2, 0, "there is no KeyDigest"},
    {"a digest without a beginning", DATED("id=\"a\""), STATUS_MALFORMED, 2, 54,
     "this KeyDigest has no validFrom"},
    {"a beginning that is no time", DATED("validFrom=\"yesterday\""), STATUS_MALFORMED, 2, 54,
     "validFrom is no time"},
    {"an end that is no time",
     DATED("validFrom=\"2017-02-02T00:00:00Z\" validUntil=\"2019-13-11T00:00:00Z\""),
     STATUS_MALFORMED, 2, 54, "validUntil is no time"},
    {"the same attribute twice", DATED("id=\"a\" id=\"b\""), STATUS_MALFORMED, 2, 0,
     "duplicate attribute"},
    {"no tag", WITH("<Algorithm>8</Algorithm><DigestType>2</DigestType><Digest>00</Digest>"),
     STATUS_MALFORMED, 2, 0, "this KeyDigest has no KeyTag"},
    {"no digest in a digest",
     WITH("<KeyTag>1</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>"),
     STATUS_MALFORMED, 2, 0, "this KeyDigest has no Digest"},
    {"what the last digest had is not there in the next",
     HEAD ROOT "<KeyDigest" FROM ">" DS17 "</KeyDigest>\n<KeyDigest" FROM
               "><KeyTag>1</KeyTag></KeyDigest>" TAIL,
     STATUS_MALFORMED, 3, 0, "this KeyDigest has no Algorithm"},
    {"a tag too large", WITH("<KeyTag>65536</KeyTag>"), STATUS_MALFORMED, 2, 0,
     "KeyTag is no number up to 65535"},
    {"a tag below nothing", WITH("<KeyTag>-1</KeyTag>"), STATUS_MALFORMED, 2, 0,
     "KeyTag is no number up to 65535"},
    {"an algorithm too large", WITH("<Algorithm>256</Algorithm>"), STATUS_MALFORMED, 2, 0,
     "Algorithm is no number up to 255"},
    {"two tags", WITH("<KeyTag>1</KeyTag>" DS17), STATUS_MALFORMED, 2, 0, "a second KeyTag"},
    {"a digest that is not hexadecimal", WITH("<Digest>xyz</Digest>"), STATUS_MALFORMED, 2, 0,
     "Digest is not in hexadecimal"},
    {"half an octet", WITH("<Digest>abc</Digest>"), STATUS_MALFORMED, 2, 0,
     "Digest is not in hexadecimal"},
    {"an empty digest", WITH("<Digest> </Digest>"), STATUS_MALFORMED, 2, 0,
     "Digest is not in hexadecimal"},
    {"a digest cut short",
     WITH("<KeyTag>1</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType>"
          "<Digest>0011</Digest>"),
     STATUS_MALFORMED, 2, 0, "the digest has not the size"},
    {"a key that is not base64", WITH("<PublicKey>%</PublicKey>"), STATUS_MALFORMED, 2, 0,
     "PublicKey is not in base64"},
    {"a key without flags", WITH(DS17 "<PublicKey>AwEAAaz/</PublicKey>"), STATUS_MALFORMED, 2,
     0, "PublicKey and Flags only come together"},
    {"flags without a key", WITH(DS17 "<Flags>257</Flags>"), STATUS_MALFORMED, 2, 0,
     "PublicKey and Flags only come together"},
    {"an element within a number", WITH("<KeyTag>20<b/>326</KeyTag>"), STATUS_MALFORMED, 2, 0,
     "KeyTag holds an element"},
    {"an element instead of a digest", WITH("<Digest><a/></Digest>"), STATUS_MALFORMED, 2, 0,
     "Digest holds an element"},
};

static void faults_are_told(void **state)
{
    const struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);

    (void)state;
    for (size_t i = 0; i < COUNT(faulty); i++) {
        struct arena *arena = arena_new(0);
        struct slice octets = slice_of(faulty[i].text, strlen(faulty[i].text));
        struct anchor_xml xml;
        struct xml_fault fault;
        enum status status = anchor_xml_read(octets, NOW_S, crypto, arena, &xml, &fault);

        if (status != faulty[i].status ||
            strncmp(fault.why, faulty[i].fault, strlen(faulty[i].fault)) != 0 ||
            fault.line != faulty[i].line ||
            (faulty[i].column != 0 && fault.column != faulty[i].column))
            fail_msg("%s: %s, %u:%u: %s", faulty[i].why, status_text(status), fault.line,
                     fault.column, fault.why);
        arena_free(arena);
    }
    crypto_free(crypto);
}

/* ---- bounds ---- */

/* head, then `one` so many times, then tail. */
static const struct {
    const char *why, *head, *one;
    size_t times;
    const char *tail;
    enum status status;
    const char *fault;
} bounds[] = {
    {"32 digests", HEAD ROOT, "<KeyDigest" FROM ">" DS17 "</KeyDigest>", 32, TAIL, STATUS_OK,
     ""},
    {"one more", HEAD ROOT, "<KeyDigest" FROM ">" DS17 "</KeyDigest>", 33, TAIL, STATUS_LIMIT,
     "too many KeyDigest"},
    {"nested deeply", HEAD, "<a>", 16, "", STATUS_LIMIT, "elements are nested too deeply"},
    {"a long attribute value", HEAD "<a b=\"", "x", 257, "\"/>" TAIL, STATUS_LIMIT,
     "too many or too long attributes"},
    {"a long attribute name", HEAD "<a ", "x", 257, "=\"\"/>" TAIL, STATUS_LIMIT,
     "too many or too long attributes"},
    {"a long text where one is read", HEAD "<Zone>", " ", 8193, ".</Zone>" TAIL, STATUS_LIMIT,
     "an element with too much text"},
    {"a long text where none is read",
     HEAD ROOT "<KeyDigest" FROM ">" DS17 "</KeyDigest><Note>", "x", 20000, "</Note>" TAIL,
     STATUS_OK, ""},
    {"a large file", HEAD "<!--", "x", 65536, "-->" TAIL, STATUS_LIMIT,
     "the file is too large"},
};

static void bounds_hold(void **state)
{
    const struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);

    (void)state;
    for (size_t i = 0; i < COUNT(bounds); i++) {
        struct arena *arena = arena_new(0);
        struct text text = text_in(arena);
        struct anchor_xml xml;
        struct xml_fault fault;
        enum status status;

        text_add(&text, bounds[i].head);
        for (size_t times = 0; times < bounds[i].times; times++)
            text_add(&text, bounds[i].one);
        text_add(&text, bounds[i].tail);
        status = anchor_xml_read(slice_of(text_done(&text), text.used), NOW_S, crypto, arena,
                                 &xml, &fault);
        if (status != bounds[i].status ||
            strncmp(fault.why, bounds[i].fault, strlen(bounds[i].fault)) != 0)
            fail_msg("%s: %s, %u:%u: %s", bounds[i].why, status_text(status), fault.line,
                     fault.column, fault.why);
        arena_free(arena);
    }
    crypto_free(crypto);
}

/* ---- times ---- */

static const struct {
    const char *text;
    int64_t seconds; /* -1: malformed */
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2017-02-02T00:00:00+00:00", 1485993600},
    {"2017-02-02T00:00:00", 1485993600},
    {"2017-02-02T00:00:00.25Z", 1485993600},
    {"2017-02-02T00:00:00.+00:00", -1},
    {"2017-02-02T05:30:00+05:30", 1485993600},
    {"2017-02-01T20:00:00-04:00", 1485993600},
    {"2017-02-02T00:00:00+15:00", -1},
    {"2017-02-02T00:00:00+00:60", -1},
    {"2017-02-02T00:00:00+00", -1},
    {"2017-02-02T00:00:00Z ", -1},
    {"2017-02-02 00:00:00Z", -1},
    {"2017-02-02", -1},
    {"2017-02-30T00:00:00Z", -1},
    {"2017-2-2T00:00:00Z", -1},
    {"", -1},
};

static void times_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        int64_t seconds = 0;
        enum status status = xml_time_read(times[i].text, &seconds);

        if ((status == STATUS_OK) != (times[i].seconds >= 0) ||
            (status == STATUS_OK && seconds != times[i].seconds))
            fail_msg("%s: %s, %lld", times[i].text, status_text(status), (long long)seconds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read), cmocka_unit_test(a_file_is_described),
        cmocka_unit_test(faults_are_told), cmocka_unit_test(bounds_hold),
        cmocka_unit_test(times_are_read)};

    return cmocka_run_group_tests_name("anchor_xml", tests, NULL, NULL);
}
