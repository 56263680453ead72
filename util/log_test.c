/*
 * log_test.c - hostile values, the fields of a format, lines that are too long, levels and
 * bounds.
 */
#include "util/log.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct kept {
    struct log log;
    char text[LOG_LINE_MAX], json[LOG_LINE_MAX], words[LOG_LINE_MAX];
    unsigned lines, asked;
    bool full;
};

static void keep(struct log *log, struct log_record *record)
{
    struct kept *kept = CONTAINER_OF(log, struct kept, log);
    const struct log_field head[] = {{"time", "12", true}};

    kept->lines++;
    log_render(record, LOG_TEXT, head, 0, kept->text, sizeof(kept->text));
    log_render(record, LOG_JSON, head, 1, kept->json, sizeof(kept->json));
    log_words(record, kept->words, sizeof(kept->words));
}

static bool admit(struct log *log, enum log_level level, const char *format)
{
    struct kept *kept = CONTAINER_OF(log, struct kept, log);

    assert_non_null(format);
    assert_true(level < LOG_LEVELS);
    kept->asked++;
    return !kept->full;
}

/* What a stranger may have sent, as the value of a field. */
static const struct {
    const char *why, *value, *text, *json;
} hostile[] = {
    {"nothing special", "www.example.", "www.example.", "www.example."},
    {"a second field", "a b=c", "\"a b=c\"", "a b=c"},
    {"a second line", "a\nevent=forged", "\"a\\u000aevent=forged\"", "a\\u000aevent=forged"},
    {"quotes", "\"a\"", "\"\\\"a\\\"\"", "\\\"a\\\""},
    {"an octet of a name", "a\\000b.", "\"a\\\\000b.\"", "a\\\\000b."},
    {"a terminal's escape", "\x1b[2J", "\"\\u001b[2J\"", "\\u001b[2J"},
    {"the same in one octet of ISO 6429",
     "\xc2\x9b"
     "2J",
     "\"\\u009b2J\"", "\\u009b2J"},
    {"DEL", "\x7f", "\"\\u007f\"", "\\u007f"},
    {"UTF-8 stays", "z\xc3\xbcrich", "\"z\xc3\xbcrich\"", "z\xc3\xbcrich"},
    {"four octets", "\xf0\x9f\x90\xbf", "\"\xf0\x9f\x90\xbf\"", "\xf0\x9f\x90\xbf"},
    {"Latin-1", "z\xfcrich", "\"z\\u00fcrich\"", "z\\u00fcrich"},
    {"cut within a character", "\xe2\x82", "\"\\u00e2\\u0082\"", "\\u00e2\\u0082"},
    {"longer than need be", "\xc0\xaf\xe0\x80\xaf", "\"\\u00c0\\u00af\\u00e0\\u0080\\u00af\"",
     "\\u00c0\\u00af\\u00e0\\u0080\\u00af"},
    {"half of a pair", "\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"", "\\u00ed\\u00a0\\u0080"},
    {"beyond the last", "\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"",
     "\\u00f4\\u0090\\u0080\\u0080"},
};

static void values_stay_values(void **state)
{
    char want[256];

    (void)state;
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct kept kept = {.log = {.level = LOG_LEVEL_INFO, .write = keep}};

        log_line(&kept.log, LOG_LEVEL_INFO, "event=test name=%s last=%u", hostile[i].value, 7u);
        snprintf(want, sizeof(want), "event=test name=%s last=7", hostile[i].text);
        if (strcmp(kept.text, want) != 0)
            fail_msg("%s: %s", hostile[i].why, kept.text);
        snprintf(want, sizeof(want),
                 "{\"time\":12,\"event\":\"test\",\"name\":\"%s\",\"last\":7}",
                 hostile[i].json);
        if (strcmp(kept.json, want) != 0)
            fail_msg("%s: %s", hostile[i].why, kept.json);
    }
}

static void fields_of_a_format(void **state)
{
    struct kept kept = {.log = {.level = LOG_LEVEL_INFO, .write = keep}};

    (void)state;
    log_line(
        &kept.log, LOG_LEVEL_INFO,
        "event=listen address=%s/%s n=%zu d=%ld neg=%d wide=%04u hex=%x share=%u%% none=%s "
        "msg=taken by %s (process %lld): a=b, 100%%",
        "::1", "udp", (size_t)3, -4L, -5, 6u, 255u, 7u, "", "named", 8LL);
    assert_string_equal(
        kept.text, "event=listen address=::1/udp n=3 d=-4 neg=-5 wide=0006 hex=ff share=7% "
                   "msg=\"taken by named (process 8): a=b, 100%\"");
    assert_string_equal(
        kept.json, "{\"time\":12,\"event\":\"listen\",\"address\":\"::1/udp\",\"n\":3,\"d\":-4,"
                   "\"neg\":-5,\"wide\":\"0006\",\"hex\":\"ff\",\"share\":\"7%\","
                   "\"msg\":\"taken by named (process 8): a=b, 100%\"}");
    assert_string_equal(kept.words,
                        "address=::1/udp n=3 d=-4 neg=-5 wide=0006 hex=ff share=7%: taken "
                        "by named (process 8): a=b, 100%");
    log_line(&kept.log, LOG_LEVEL_INFO, "event=test uuu=%llu jjj=%ju", ULLONG_MAX, UINTMAX_MAX);
    assert_string_equal(kept.text,
                        "event=test uuu=18446744073709551615 jjj=18446744073709551615");
    log_line(&kept.log, LOG_LEVEL_INFO, "words without a key %d", 1);
    assert_string_equal(kept.text, "msg=\"words without a key 1\"");
}

/* Whatever is cut, the line ends as it should. */
static void long_lines(void **state)
{
    struct kept kept = {.log = {.level = LOG_LEVEL_INFO, .write = keep}};
    static const char *const pieces[] = {"a", "\x01", "\"", "z\xc3\xbc", " "};
    char value[5000], small[64];
    struct log_record record = {.count = 2,
                                .fields = {{"event", "test", false}, {"k", NULL, false}}};

    (void)state;
    for (size_t i = 0; i < COUNT(pieces); i++) {
        size_t size = strlen(pieces[i]), end;

        for (size_t at = 0; at < sizeof(value); at += size)
            memcpy(value + at, pieces[i], size_min(size, sizeof(value) - at));
        value[sizeof(value) - 1] = '\0';
        log_line(&kept.log, LOG_LEVEL_INFO, "event=test k=%s n=%u", value, 9u);
        assert_true(strlen(kept.text) < LOG_LINE_MAX && strlen(kept.json) < LOG_LINE_MAX);
        assert_true(strlen(kept.json) > 2900);
        assert_string_equal(kept.text + strlen(kept.text) - 6, " cut=1");
        assert_string_equal(kept.json + strlen(kept.json) - 10, "\",\"cut\":1}");
        for (size_t cut = 64; cut < 80; cut++) { /* every place within an escape */
            char room[80];

            record.fields[1].value = value;
            end = log_render(&record, LOG_JSON, NULL, 0, room, cut);
            assert_true(end < cut && strlen(room) == end);
            assert_string_equal(room + end - 9, ",\"cut\":1}");
        }
    }
    record.fields[1].value = "short";
    assert_int_equal(log_render(&record, LOG_TEXT, NULL, 0, small, sizeof(small)),
                     strlen("event=test k=short"));
}

static void levels_and_bounds(void **state)
{
    struct kept kept = {.log = {.level = LOG_LEVEL_WARN, .write = keep, .admit = admit}};

    (void)state;
    log_line(&kept.log, LOG_LEVEL_INFO, "event=not-wanted");
    assert_int_equal(kept.lines + kept.asked, 0);
    log_line(&kept.log, LOG_LEVEL_WARN, "event=wanted");
    assert_int_equal(kept.lines, 1);
    kept.full = true;
    log_line(&kept.log, LOG_LEVEL_WARN, "event=too-many");
    assert_int_equal(kept.lines, 1);
    assert_int_equal(kept.asked, 2);
    log_each(&kept.log, LOG_LEVEL_WARN, "event=asked-for");
    assert_int_equal(kept.lines, 2);
    assert_false(log_admits(&kept.log, LOG_LEVEL_WARN, "event=too-many"));
    assert_false(log_admits(&kept.log, LOG_LEVEL_INFO, "event=not-wanted"));
    assert_int_equal(kept.asked, 3);
    log_line(NULL, LOG_LEVEL_ERROR, "event=nobody-listens");
    assert_string_equal(log_level_text(LOG_LEVEL_DEBUG), "debug");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stay_values),
        cmocka_unit_test(fields_of_a_format),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(levels_and_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
