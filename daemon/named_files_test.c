/*
 * named_files_test.c - which options are seen as files, and what is known of each.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "daemon/named_files.h"
#include "util/text.h"

static const char config[] = "server:\n"
                             "  directory: \"/var/empty\"\n"
                             "  root-hints: \"/usr/share/dns/root.hints\"\n"
                             "  trust-anchor-file: \"/etc/one.key\"\n"
                             "  trust-anchor-file: \"/etc/two.key\"\n"
                             "  auto-trust-anchor-file: \"/var/lib/root.key\"\n"
                             "  logfile: \"/var/log/shrewd.log\"\n"
                             "  pidfile: \"/run/shrewd.pid\"\n"
                             "  identity: \"/not/a/file\"\n"
                             "remote-control:\n"
                             "  control-socket: \"/run/control\"\n";

/* One word each: the path, w: written, s: at the start only, f: a folder. */
static void note(void *context, const struct named_file *file)
{
    text_printf(context, "%s%s%s%s ", file->path, file->is_written ? ",w" : "",
                file->at_start_only ? ",s" : "", file->is_folder ? ",f" : "");
}

static const char *files_of(struct options *options, struct arena *arena)
{
    struct text text = text_in(arena);

    text_add(&text, "");
    named_files_tell(options, note, &text);
    return text_done(&text);
}

static void options_are_files(void **state)
{
    struct arena *arena = arena_new(0);
    struct options *options = options_new();
    struct conf_report report;
    const char *files;

    (void)state;
    conf_report_init(&report, arena);
    assert_int_equal(options_read_text(options, "test.conf", config, strlen(config), &report),
                     STATUS_OK);
    files = files_of(options, arena);
    static const struct {
        const char *why, *word;
        bool is_there;
    } cases[] = {
        {"a file that is read", "/usr/share/dns/root.hints ", true},
        {"each item of a list", "/etc/one.key ", true},
        {"... the last one, too", "/etc/two.key ", true},
        {"a file that is replaced", "/var/lib/root.key,w ", true},
        {"the log is opened anew at a reload", "/var/log/shrewd.log,w ", true},
        {"the pid file is not", "/run/shrewd.pid,w,s ", true},
        {"of another section", "/run/control,w,s ", true},
        {"a text that only looks like a path", "/not/a/file", false},
        {"a directory is where names begin", "/var/empty", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if ((strstr(files, cases[i].word) != NULL) != cases[i].is_there)
            fail_msg("%s: \"%s\" in: %s", cases[i].why, cases[i].word, files);
    options_free(options);
    arena_free(arena);
}

/* What was asked for counts, whether it was there or not; of a pattern its folder. */
static void includes_are_files(void **state)
{
    static const struct {
        const char *why, *include, *want;
    } cases[] = {
        {"a plain name", "/nothing/there.conf", "/nothing/there.conf "},
        {"a pattern in the last part", "/nothing/conf.d/*.conf", "/nothing/conf.d/,f "},
        {"a pattern further up", "/nothing/[ab]/c.conf", "/nothing/,f "},
        {"a pattern at the top", "/*.nothing", "/,f "},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        struct options *options = options_new();
        struct conf_report report;
        const char *text, *files;

        conf_report_init(&report, arena);
        text = arena_printf(arena, "include: \"%s\"\n", cases[i].include);
        (void)options_read_text(options, "test.conf", text, strlen(text), &report);
        files = files_of(options, arena);
        if (strncmp(files, cases[i].want, strlen(cases[i].want)) != 0)
            fail_msg("%s: %s", cases[i].why, files);
        options_free(options);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_files),
        cmocka_unit_test(includes_are_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
