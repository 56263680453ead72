/*
 * shrew-checkconf.c - checks a configuration without a daemon; prints it as YAML; prints what
 * the table of options says as JSON schema or as a part of the manual; turns a named.conf into
 * ours.
 *
 * Run by people, by scripts that install a configuration, and by the build (--man). Opens no
 * file but the configuration and what it includes.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/options.h"
#include "lib/page_places.h"
#include "lib/options_files.h"
#include "services/client/acl.h"
#include "services/client/local.h"
#include "tools/named_take.h"
#include "util/text.h"

/* Documented in doc/shrew-checkconf.8. */
enum { EXIT_GOOD = 0, EXIT_FAULTY = 1, EXIT_USAGE = 2, EXIT_TROUBLE = 3 };

enum task { TASK_CHECK, TASK_YAML, TASK_ALL, TASK_FROM_NAMED, TASK_SCHEMA, TASK_MANUAL,
            TASK_STARTER };

static const char usage[] =
    "usage: shrew-checkconf [--yaml | --all | --from-named] [--quiet] FILE\n"
    "       shrew-checkconf --schema | --starter | --man\n"
    "Checks a configuration of shrewd: *.yaml and *.yml are YAML, other names unbound.conf.\n"
    "  --yaml    print what is set in it as YAML\n"
    "  --all     print all options as YAML, those with defaults too\n"
    "  --from-named  FILE is a named.conf: print its recursive part as YAML, and what is left "
    "out\n"
    "  --quiet   no warnings, no line at the end\n"
    "  --schema  print a JSON schema of shrewd.yaml\n"
    "  --starter print a configuration to begin with\n"
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

static bool needs_no_file(enum task task)
{
    return task == TASK_SCHEMA || task == TASK_MANUAL || task == TASK_STARTER;
}

static int print_table(enum task task, struct arena *arena)
{
    switch (task) {
    case TASK_SCHEMA: return put(options_print_schema(arena));
    case TASK_STARTER: return put(options_print_starter(arena));
    default: return put(options_print_manual(arena));
    }
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
    struct page_places places;
    bool good =
        acl != NULL && local != NULL && page_places_read(options, &places, report);

    acl_free(acl);
    local_free(local);
    if (good)
        return STATUS_OK;
    if (report->errors > 0)
        return STATUS_MALFORMED;
    fputs("shrew-checkconf: out of memory\n", stderr);
    return STATUS_NO_MEMORY;
}

/* ---- from named.conf ---- */

enum { INTERFACES_MAX = 1024 };

static bool read_interface(const struct ifaddrs *at, struct named_interface *out)
{
    const uint8_t *mask;
    size_t size;

    if (at->ifa_addr == NULL || at->ifa_netmask == NULL || (at->ifa_flags & IFF_UP) == 0)
        return false;
    if (at->ifa_addr->sa_family == AF_INET) {
        out->addr =
            addr_ip4((const uint8_t *)&((const struct sockaddr_in *)at->ifa_addr)->sin_addr, 0);
        mask = (const uint8_t *)&((const struct sockaddr_in *)at->ifa_netmask)->sin_addr;
        size = 4;
    } else if (at->ifa_addr->sa_family == AF_INET6) {
        out->addr = addr_ip6(
            (const uint8_t *)&((const struct sockaddr_in6 *)at->ifa_addr)->sin6_addr, 0);
        mask = (const uint8_t *)&((const struct sockaddr_in6 *)at->ifa_netmask)->sin6_addr;
        size = 16;
    } else {
        return false;
    }
    out->bits = 0;
    while (out->bits < 8 * size && (mask[out->bits / 8] & 0x80u >> out->bits % 8) != 0)
        out->bits++;
    return true;
}

/* Where the machine is now: "localhost" and "localnets" of named.conf. */
static size_t find_interfaces(struct named_interface *out)
{
    struct ifaddrs *first;
    size_t count = 0;

    if (getifaddrs(&first) != 0) {
        fprintf(stderr, "shrew-checkconf: the addresses of this machine: %s\n",
                strerror(errno));
        return 0;
    }
    for (const struct ifaddrs *at = first; at != NULL && count < INTERFACES_MAX;
         at = at->ifa_next)
        count += read_interface(at, &out[count]);
    freeifaddrs(first);
    return count;
}

static enum status read_named(struct options *options, const char *path,
                              struct conf_report *report)
{
    static struct named_interface interfaces[INTERFACES_MAX];
    struct conf_files files = {options, options_file_find, options_file_read};
    struct named_source source = {
        .file = arena_text(report->arena, path), .files = &files, .interfaces = interfaces};
    enum status status = options_file_read(NULL, path, report->arena, &source.text);

    if (source.file == NULL || status == STATUS_NO_MEMORY)
        return STATUS_NO_MEMORY;
    if (status != STATUS_OK) {
        conf_error(report, (struct conf_place){source.file, 0, 0}, "cannot be read: %s",
                   status == STATUS_SYSTEM ? strerror(errno) : status_text(status));
        return status;
    }
    source.interface_count = find_interfaces(interfaces);
    return options_read_with(options, named_take, &source, report);
}

/* What was left out stands at the head of the result: the file outlives the terminal. */
static int print_named(const struct options *options, const char *path,
                       const struct conf_report *report, struct arena *arena)
{
    const char *yaml = options_print_yaml(options, false, arena);
    struct text text = text_in(arena);

    text_printf(&text, "# Made from %s by shrew-checkconf --from-named.\n", path);
    if (report->warnings > 0)
        text_add(&text, "# What could not be taken as it was:\n");
    for (size_t i = 0; i < report->count; i++) {
        const char *line = conf_note_line(&report->notes[i], arena);

        text_printf(&text, "#   %s\n", line != NULL ? line : "");
    }
    if (report->warnings > report->count)
        text_printf(&text, "#   and %zu more\n", report->warnings - report->count);
    text_add(&text, yaml != NULL ? yaml : "");
    return put(yaml != NULL ? text_done(&text) : NULL);
}

/* ---- checking ---- */

static int print(struct options *options, const char *path, enum task task, bool is_quiet,
                 const struct conf_report *report, struct arena *arena)
{
    if (task == TASK_FROM_NAMED)
        return print_named(options, path, report, arena);
    if (task != TASK_CHECK)
        return put(options_print_yaml(options, task == TASK_ALL, arena));
    if (is_quiet)
        return EXIT_GOOD;
    return put(report->warnings > 0 ? "good, with warnings\n" : "good\n");
}

static int check(struct options *options, const char *path, enum task task, bool is_quiet,
                 struct arena *arena)
{
    struct conf_report report;
    enum status status;

    conf_report_init(&report, arena);
    status = task == TASK_FROM_NAMED ? read_named(options, path, &report)
                                     : options_read_file(options, path, &report);
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
    return print(options, path, task, is_quiet, &report, arena);
}

static int run(enum task task, const char *path, bool is_quiet)
{
    struct arena *arena = arena_new(0);
    struct options *options = options_new();
    int code = EXIT_TROUBLE;

    if (arena == NULL || options == NULL)
        fputs("shrew-checkconf: out of memory\n", stderr);
    else if (needs_no_file(task))
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
        } else if (strcmp(words[i], "--from-named") == 0) {
            task = TASK_FROM_NAMED;
        } else if (strcmp(words[i], "--schema") == 0) {
            task = TASK_SCHEMA;
        } else if (strcmp(words[i], "--starter") == 0) {
            task = TASK_STARTER;
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
    if ((path == NULL) != needs_no_file(task)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return run(task, path, is_quiet);
}
