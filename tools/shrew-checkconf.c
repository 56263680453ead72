/*
 * shrew-checkconf.c - checks a configuration without a daemon; prints it as YAML; prints what
 * the table of options says as JSON schema or as a part of the manual.
 *
 * Run by people, by scripts that install a configuration, and by the build (--man). Opens no
 * file but the configuration and what it includes.
 */
#include <stdio.h>
#include <string.h>

#include "lib/options.h"
#include "services/client/acl.h"
#include "services/client/local.h"

/* Documented in doc/shrew-checkconf.8. */
enum { EXIT_GOOD = 0, EXIT_FAULTY = 1, EXIT_USAGE = 2, EXIT_TROUBLE = 3 };

enum task { TASK_CHECK, TASK_YAML, TASK_ALL, TASK_SCHEMA, TASK_MANUAL };

static const char usage[] =
    "usage: shrew-checkconf [--yaml | --all] [--quiet] FILE\n"
    "       shrew-checkconf --schema | --man\n"
    "Checks a configuration of shrewd: *.yaml and *.yml are YAML, other names unbound.conf.\n"
    "  --yaml    print what is set in it as YAML\n"
    "  --all     print all options as YAML, those with defaults too\n"
    "  --quiet   no warnings, no line at the end\n"
    "  --schema  print a JSON schema of shrewd.yaml\n"
    "  --man     print the options in the form of the manual\n"
    "Ends with 0 when the file is good, 1 when not, 2 when called wrongly, 3 when it cannot "
    "be\n"
    "read or memory runs out.\n";

/* @return 0 when everything could be written. */
static int put(const char *text)
{
    if (text == NULL) {
        fputs("shrew-checkconf: out of memory\n", stderr);
        return EXIT_TROUBLE;
    }
    if (fputs(text, stdout) < 0 || fflush(stdout) != 0) {
        perror("shrew-checkconf: standard output");
        return EXIT_TROUBLE;
    }
    return EXIT_GOOD;
}

static int print_table(enum task task, struct arena *arena)
{
    return put(task == TASK_SCHEMA ? options_print_schema(arena) : options_print_manual(arena));
}

static int tell(const struct conf_report *report, bool is_quiet, struct arena *arena)
{
    char *lines = conf_report_text(report, arena);

    if (lines == NULL) {
        fputs("shrew-checkconf: out of memory\n", stderr);
        return EXIT_TROUBLE;
    }
    if (!is_quiet || report->errors > 0)
        fputs(lines, stderr);
    return EXIT_GOOD;
}

/* Records and access rules are only read in full when what they are for is built. */
static enum status build(const struct options *options, struct conf_report *report)
{
    const struct client_options *client = &options->client;
    struct acl *acl =
        acl_new(&client->access_control, &client->interface_action, options_complain, report);
    struct local *local = local_new(client, options_complain, report);
    bool good = acl != NULL && local != NULL;

    acl_free(acl);
    local_free(local);
    if (good)
        return STATUS_OK;
    if (report->errors > 0)
        return STATUS_MALFORMED;
    fputs("shrew-checkconf: out of memory\n", stderr);
    return STATUS_NO_MEMORY;
}

static int check(struct options *options, const char *path, enum task task, bool is_quiet,
                 struct arena *arena)
{
    struct conf_report report;
    enum status status;

    conf_report_init(&report, arena);
    status = options_read_file(options, path, &report);
    if (status == STATUS_OK)
        status = build(options, &report);
    if (tell(&report, is_quiet, arena) != EXIT_GOOD)
        return EXIT_TROUBLE;
    if (status == STATUS_MALFORMED || status == STATUS_LIMIT) {
        fprintf(stderr, "%s: %zu error%s\n", path, report.errors,
                report.errors == 1 ? "" : "s");
        return EXIT_FAULTY;
    }
    if (status != STATUS_OK)
        return EXIT_TROUBLE;
    if (task != TASK_CHECK)
        return put(options_print_yaml(options, task == TASK_ALL, arena));
    if (is_quiet)
        return EXIT_GOOD;
    return put(report.warnings > 0 ? "good, with warnings\n" : "good\n");
}

static int run(enum task task, const char *path, bool is_quiet)
{
    struct arena *arena = arena_new(0);
    struct options *options = options_new();
    int code = EXIT_TROUBLE;

    if (arena == NULL || options == NULL)
        fputs("shrew-checkconf: out of memory\n", stderr);
    else if (task == TASK_SCHEMA || task == TASK_MANUAL)
        code = print_table(task, arena);
    else
        code = check(options, path, task, is_quiet, arena);
    options_free(options);
    if (arena != NULL)
        arena_free(arena);
    return code;
}

int main(int count, char **words)
{
    enum task task = TASK_CHECK;
    const char *path = NULL;
    bool is_quiet = false;

    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "--yaml") == 0) {
            task = TASK_YAML;
        } else if (strcmp(words[i], "--all") == 0) {
            task = TASK_ALL;
        } else if (strcmp(words[i], "--schema") == 0) {
            task = TASK_SCHEMA;
        } else if (strcmp(words[i], "--man") == 0) {
            task = TASK_MANUAL;
        } else if (strcmp(words[i], "--quiet") == 0 || strcmp(words[i], "-q") == 0) {
            is_quiet = true;
        } else if (strcmp(words[i], "--help") == 0 || strcmp(words[i], "-h") == 0) {
            return put(usage);
        } else if (words[i][0] == '-' || path != NULL) {
            fprintf(stderr, "shrew-checkconf: %s \"%s\"\n",
                    words[i][0] == '-' ? "unknown option" : "one file at a time, not also",
                    words[i]);
            fputs(usage, stderr);
            return EXIT_USAGE;
        } else {
            path = words[i];
        }
    }
    if ((path == NULL) != (task == TASK_SCHEMA || task == TASK_MANUAL)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return run(task, path, is_quiet);
}
