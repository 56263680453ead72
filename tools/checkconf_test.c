/*
 * checkconf_test.c - shrew-checkconf as people call it: exit status, and where the lines go.
 *
 * Runs the program beside this test's folder (BUILD/test/.. is BUILD), with files in a folder
 * of its own under /tmp.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "util/base.h"

static const char *program_folder; /* set once by main */
static char work_folder[] = "/tmp/checkconf_test.XXXXXX";

static const struct {
    const char *why, *words;
    int code;
    const char *out, *err; /* NULL: does not matter; else how the output begins */
} cases[] = {
    {"a good file", "good.conf", 0, "good\n", ""},
    {"a good file, quietly", "--quiet good.conf", 0, "", ""},
    {"a file with a warning", "old.conf", 0, "good, with warnings\n",
     "old.conf:1:26: warning: option msg-cache-slabs has no effect"},
    {"a file with a warning, quietly", "-q old.conf", 0, "", ""},
    {"a faulty file", "bad.yaml", 1, "",
     "bad.yaml:2:3: error: unknown option \"prefetsh\" in section server; did you mean "
     "\"prefetch\"?\nbad.yaml: 1 error\n"},
    {"errors are told quietly or not", "-q bad.yaml", 1, "", "bad.yaml:2:3: error: "},
    {"a record whose data is none", "record.conf", 1, "",
     "record.conf:1:21: error: not an IPv4 address\nrecord.conf: 1 error\n"},
    {"a faulty file is not printed", "--yaml bad.yaml", 1, "", NULL},
    {"as YAML", "--yaml good.conf", 0, "server:\n  prefetch: yes\n", ""},
    {"all as YAML", "--all good.conf", 0, "server:\n  num-threads: 0\n", ""},
    {"from named.conf", "--from-named named.conf", 0,
     "# Made from named.conf by shrew-checkconf --from-named.\n# What could not be taken as it "
     "was:\n"
     "#   named.conf:3:1: warning: left out: zone z.example; ",
     "named.conf:3:1: warning: left out: zone z.example; "},
    {"a named.conf with a mistake", "--from-named bad.yaml", 1, "",
     "bad.yaml:3:1: error: a \";\" is missing before this\n"},
    {"no such named.conf", "--from-named none.conf", 3, "",
     "none.conf: error: cannot be read: "},
    {"the schema", "--schema", 0, "{\n  \"$schema\": ", ""},
    {"the manual", "--man", 0, ".SS \"server:\"\n", ""},
    {"help", "--help", 0, "usage: ", ""},
    {"no such file", "none.conf", 3, "", "none.conf: error: cannot be read: "},
    {"a folder is no file", ".", 3, "", NULL},
    {"no file named", "", 2, "", "usage: "},
    {"two files", "good.conf old.conf", 2, "",
     "shrew-checkconf: one file at a time, not also \"old.conf\"\nusage: "},
    {"an option that is none", "--yml good.conf", 2, "",
     "shrew-checkconf: unknown option \"--yml\"\nusage: "},
    {"a file where none belongs", "--schema good.conf", 2, "", "usage: "},
};

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void read_file(const char *name, char *text, size_t size)
{
    FILE *file = fopen(name, "r");

    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static bool begins_as(const char *text, const char *wanted)
{
    if (wanted == NULL)
        return true;
    return wanted[0] == '\0' ? text[0] == '\0' : strncmp(text, wanted, strlen(wanted)) == 0;
}

static void calls(void **state)
{
    static char command[4096], out[65536], err[65536];

    (void)state;
    write_file("good.conf", "server: prefetch: yes\n");
    write_file("old.conf", "server: msg-cache-slabs: 4\n");
    write_file("record.conf", "server: local-data: \"a.example. A 192.0.2\"\n");
    write_file("bad.yaml", "server:\n  prefetsh: yes\n");
    write_file("named.conf", "options { listen-on { 127.0.0.1; }; listen-on-v6 { ::1; };\n"
                             "allow-recursion { 127/8; ::1; }; };\n"
                             "zone z.example { type primary; file \"z\"; };\n");
    for (size_t i = 0; i < COUNT(cases); i++) {
        int status;

        snprintf(command, sizeof(command), "'%s/shrew-checkconf' %s >out 2>err", program_folder,
                 cases[i].words);
        status = system(command);
        read_file("out", out, sizeof(out));
        read_file("err", err, sizeof(err));
        if (!WIFEXITED(status) || WEXITSTATUS(status) != cases[i].code)
            fail_msg("%s: status %d\n%s%s", cases[i].why, status, out, err);
        if (!begins_as(out, cases[i].out) || !begins_as(err, cases[i].err))
            fail_msg("%s: out\n%serr\n%s", cases[i].why, out, err);
    }
}

static int enter_folder(void **state)
{
    (void)state;
    return mkdtemp(work_folder) == NULL || chdir(work_folder) != 0;
}

static int leave_folder(void **state)
{
    static const char *const names[] = {"good.conf",  "old.conf", "record.conf", "bad.yaml",
                                        "named.conf", "out",      "err"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(names[i]);
    return chdir("/") != 0 || rmdir(work_folder) != 0;
}

int main(int count, char **words)
{
    static char folder[2048], here[1024];
    const struct CMUnitTest tests[] = {cmocka_unit_test(calls)};
    char *slash = strrchr(words[0], '/');

    (void)count;
    if (slash == NULL || getcwd(here, sizeof(here)) == NULL)
        return 2;
    *slash = '\0';
    snprintf(folder, sizeof(folder), "%s%s%s/..", words[0][0] == '/' ? "" : here,
             words[0][0] == '/' ? "" : "/", words[0]);
    program_folder = folder;
    return cmocka_run_group_tests_name("checkconf", tests, enter_folder, leave_folder);
}
