/*
 * shrew-anchor.c - puts the trust anchors of the root in place, and renews them when they no
 * longer work.
 *
 * Run by people and by scripts before shrewd starts. Life of a run: the file is read, or begun
 * with the built-in anchors; name servers are asked for the root's keys, and if an anchor
 * vouches for them all is well. If not, root-anchors.xml is fetched with its signature (RFC
 * 9718), checked, and takes the file's place when its anchors work. Each of these steps is one
 * function; what they learn lies in struct run.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "iterator/hints.h"
#include "lib/whole_file.h"
#include "tools/anchor_ca.h"
#include "tools/anchor_ask.h"
#include "tools/anchor_cms.h"
#include "tools/anchor_fetch.h"
#include "tools/anchor_set.h"
#include "tools/anchor_xml.h"

/* Documented in doc/shrew-anchor.8. */
enum {
    EXIT_GOOD = 0,
    EXIT_BROKEN = 1,
    EXIT_USAGE = 2,
    EXIT_TROUBLE = 3,
    EXIT_UNKNOWN = 4,
    EXIT_REFUSED = 5
};

enum {
    FILE_MAX = 1048576,     /* of the anchor file; what RFC 5011 keeps in it can be long */
    SMALL_FILE_MAX = 65536, /* resolv.conf, hints */
    ANSWERS_MAX = 3,        /* key sets that do not fit before the anchors are given up */
    ASK_ALL_MS = 20000,
    ASK_ONE_MS = 1500,
    ASK_ROUNDS = 3, /* datagrams get lost */
    FETCH_MS = 30000
};

static const char default_url[] = "https://data.iana.org/root-anchors/";
static const char default_signer[] = "dnssec@iana.org";

struct settings {
    const char *file, *xml, *signature, *ca, *url, *signer;
    const char *resolv_conf, *hints, *server;
    enum net_family family;
    bool is_forced, is_verbose, list, show_built_in;
};

struct run {
    const struct settings *settings;
    struct arena *arena;
    struct crypto *crypto;
    int64_t wall_s;

    struct ask_servers servers;
    bool is_new;           /* the file was not there */
    struct anchor_set set; /* of the file */
    size_t answer_count;   /* key sets that the file's anchors do not vouch for */
    const struct rrset *answers[ANSWERS_MAX];

    struct slice xml_octets, signature_octets;
    const char *origin; /* where the XML came from */
    struct anchor_xml xml;
};

/* ---- words ---- */

static void say(const struct run *run, const char *words)
{
    if (run->settings->is_verbose)
        fprintf(stderr, "shrew-anchor: %s\n", words);
}

static void say_of_transfer(void *context, const char *words)
{
    say(context, words == NULL ? "out of memory" : words);
}

static int complain(int code, const char *what, const char *why)
{
    fprintf(stderr, "shrew-anchor: %s: %s\n", what, why);
    return code;
}

static int no_memory(void)
{
    fputs("shrew-anchor: out of memory\n", stderr);
    return EXIT_TROUBLE;
}

/* What a file of ours that cannot be read or written means. */
static int file_trouble(const char *path, enum status status)
{
    if (status == STATUS_NO_MEMORY)
        return no_memory();
    return complain(EXIT_TROUBLE, path,
                    status == STATUS_SYSTEM      ? strerror(errno)
                    : status == STATUS_NOT_FOUND ? strerror(ENOENT)
                    : status == STATUS_LIMIT     ? "is too large"
                                                 : status_text(status));
}

/* The result, for people and scripts: one line on standard output. */
static int report(int code, const char *path, const char *words)
{
    printf("%s: %s\n", path, words);
    if (fflush(stdout) == 0)
        return code;
    perror("shrew-anchor: standard output");
    return EXIT_TROUBLE;
}

/* ---- the anchor file ---- */

/* Only text without NUL can be what the file should hold. */
static int read_text(struct run *run, const char *path, size_t size_max, const char **text)
{
    struct slice octets;
    enum status status = whole_file_read(path, size_max, run->arena, &octets);

    *text = NULL;
    if (status != STATUS_OK)
        return file_trouble(path, status);
    if (octets.size > 0 && memchr(octets.data, '\0', octets.size) != NULL)
        return complain(EXIT_TROUBLE, path, "is not a text file");
    *text = (const char *)octets.data;
    return EXIT_GOOD;
}

/* Names of files may hold anything; in a remark they must not end the line. */
static char *one_line(char *words)
{
    for (char *at = words; at != NULL && *at != '\0'; at++)
        if ((unsigned char)*at < ' ')
            *at = '?';
    return words;
}

static int write_file(struct run *run, const char *origin, const char *records)
{
    struct text text = text_in(run->arena);
    char *remark = one_line(arena_text(run->arena, origin));
    const char *octets;
    char now[15];
    enum status status;

    if (remark == NULL)
        return no_memory();
    text_time(run->wall_s, now);
    text_printf(&text,
                "; Trust anchors of the root, written by shrew-anchor on %.4s-%.2s-%.2s "
                "%.2s:%.2s:%.2s UTC.\n; From %s.\n",
                now, now + 4, now + 6, now + 8, now + 10, now + 12, remark);
    text_add(&text, records);
    octets = text_done(&text);
    if (octets == NULL)
        return no_memory();
    status =
        whole_file_replace(run->settings->file, slice_of(octets, strlen(octets)), run->arena);
    return status == STATUS_OK ? EXIT_GOOD : file_trouble(run->settings->file, status);
}

static int install_built_in(struct run *run)
{
    struct text records = text_in(run->arena);
    const char *why, *lines;
    enum status status = anchor_set_read(NULL, run->arena, &run->set, &why);

    if (status != STATUS_OK)
        return no_memory();
    anchor_set_write(&run->set, &records);
    lines = text_done(&records);
    if (lines == NULL)
        return no_memory();
    say(run, "the file is not there: it begins with the built-in anchors");
    run->is_new = true;
    return write_file(run, "what is built into the program", lines);
}

/* A file that is there but is no anchor file may be something else, named by mistake: it is not
 * overwritten unless forced. An empty one is what a full disk leaves behind. */
static int open_anchors(struct run *run)
{
    const char *path = run->settings->file, *text, *why;
    struct slice octets;
    enum status status = whole_file_read(path, FILE_MAX, run->arena, &octets);
    int code;

    if (status == STATUS_NOT_FOUND || (status == STATUS_OK && octets.size == 0))
        return install_built_in(run);
    code = read_text(run, path, FILE_MAX, &text);
    if (code != EXIT_GOOD)
        return code;
    status = anchor_set_read(text, run->arena, &run->set, &why);
    if (status == STATUS_NO_MEMORY)
        return no_memory();
    return status == STATUS_OK ? EXIT_GOOD : complain(EXIT_TROUBLE, path, why);
}

/* ---- do the anchors work? ---- */

static int add_hints(struct run *run)
{
    struct hints *hints = ARENA_NEW(run->arena, struct hints);
    const char *path = run->settings->hints, *text, *why = NULL;
    enum status status;
    int line = 0, code;

    if (hints == NULL)
        return no_memory();
    if (path == NULL) {
        status = hints_built_in(hints, run->arena);
    } else {
        code = read_text(run, path, SMALL_FILE_MAX, &text);
        if (code != EXIT_GOOD)
            return code;
        status = hints_from_text(hints, text, run->arena, &line, &why);
    }
    if (status == STATUS_NO_MEMORY)
        return no_memory();
    if (status != STATUS_OK && status != STATUS_LIMIT)
        return complain(EXIT_TROUBLE, path, why == NULL ? "there is no address in it" : why);
    for (size_t i = 0; i < hints->count; i++)
        ask_servers_add(&run->servers, &hints->items[i].addr, run->settings->family);
    ask_servers_shuffle(&run->servers);
    return EXIT_GOOD;
}

/* --server, else -f, else the root's own servers: they need nothing but a way out. */
static int find_servers(struct run *run)
{
    const struct settings *settings = run->settings;
    const char *text;
    struct addr addr;
    int code;

    run->servers.recursive = settings->server != NULL || settings->resolv_conf != NULL;
    if (settings->server != NULL) {
        if (addr_from_text(&addr, settings->server, 53, NULL) != STATUS_OK)
            return complain(EXIT_USAGE, settings->server, "is not an address");
        ask_servers_add(&run->servers, &addr, settings->family);
        return EXIT_GOOD;
    }
    if (settings->resolv_conf == NULL)
        return add_hints(run);
    code = read_text(run, settings->resolv_conf, SMALL_FILE_MAX, &text);
    if (code == EXIT_GOOD)
        ask_servers_read(&run->servers, text, settings->family);
    return code;
}

/* One server. @return STATUS_OK: an anchor vouches for what it says; STATUS_MALFORMED: none
 * does; STATUS_NOT_FOUND: it says nothing of use. */
static enum status try_server(struct run *run, const struct addr *server, int64_t deadline_ms)
{
    int64_t until_ms = time_min(deadline_ms, net_now_ms() + ASK_ONE_MS);
    const struct rrset *dnskeys;
    char text[ADDR_TEXT_MAX];
    const char *why;
    uint16_t key_tag;
    enum status status =
        ask_root_keys(server, run->servers.recursive, until_ms, run->arena, &dnskeys, &why);
    bool has_answered = status == STATUS_OK;

    if (status == STATUS_OK)
        status = anchor_set_prove(&run->set, dnskeys, run->crypto, run->wall_s, run->arena,
                                  &key_tag, &why);
    if (run->settings->is_verbose && status == STATUS_OK)
        fprintf(stderr, "shrew-anchor: %s: the keys are signed by key %u\n",
                addr_to_text(server, text), key_tag);
    if (status == STATUS_OK || status == STATUS_NO_MEMORY)
        return status;
    if (run->settings->is_verbose)
        fprintf(stderr, "shrew-anchor: %s: %s\n", addr_to_text(server, text), why);
    if (!has_answered)
        return status == STATUS_SYSTEM ? STATUS_SYSTEM : STATUS_NOT_FOUND;
    run->answers[run->answer_count++] = dnskeys;
    return STATUS_MALFORMED;
}

/* All servers that have said nothing yet. @return true: the verdict is in `status`. */
static bool ask_round(struct run *run, bool *is_done, int64_t deadline_ms, enum status *status)
{
    for (size_t i = 0; i < run->servers.count; i++) {
        if (net_now_ms() >= deadline_ms || run->answer_count == ANSWERS_MAX)
            return true;
        if (is_done[i])
            continue;
        *status = try_server(run, &run->servers.items[i], deadline_ms);
        if (*status == STATUS_OK || *status == STATUS_NO_MEMORY)
            return true;
        is_done[i] = *status != STATUS_SYSTEM;
    }
    return false;
}

/* @return EXIT_GOOD, EXIT_BROKEN, EXIT_UNKNOWN: nobody could be asked; EXIT_TROUBLE. */
static int check_anchors(struct run *run)
{
    int64_t deadline_ms = net_now_ms() + ASK_ALL_MS;
    bool is_done[ASK_SERVERS_MAX] = {false};
    enum status status = STATUS_NOT_FOUND;
    int code = find_servers(run);

    if (code != EXIT_GOOD)
        return code;
    for (unsigned round = 0; round < ASK_ROUNDS; round++)
        if (ask_round(run, is_done, deadline_ms, &status))
            break;
    if (status == STATUS_OK)
        return EXIT_GOOD;
    if (status == STATUS_NO_MEMORY)
        return no_memory();
    return run->answer_count > 0 ? EXIT_BROKEN : EXIT_UNKNOWN;
}

/* ---- root-anchors.xml ---- */

static int read_given(struct run *run, const char *path, size_t size_max, struct slice *octets)
{
    enum status status = whole_file_read(path, size_max, run->arena, octets);

    return status == STATUS_OK ? EXIT_GOOD : file_trouble(path, status);
}

static int fetch_one(struct run *run, const struct fetch_from *from, const char *name,
                     size_t size_max, struct slice *octets)
{
    const char *why;
    enum status status = fetch_file(from, name, size_max, run->arena, octets, &why);

    if (status == STATUS_NO_MEMORY)
        return no_memory();
    return status == STATUS_OK ? EXIT_GOOD : complain(EXIT_UNKNOWN, name, why);
}

static int fetch_both(struct run *run)
{
    struct addr addrs[NET_HOST_ADDRESSES_MAX];
    struct http_url url;
    struct fetch_from from = {.url = &url,
                              .addrs = addrs,
                              .time_ms = FETCH_MS,
                              .tell = say_of_transfer,
                              .context = run};
    const char *text = run->settings->url, *why;
    int code;

    if (http_url_read(text, run->arena, &url, &why) != STATUS_OK)
        return *why == '\0' ? no_memory() : complain(EXIT_USAGE, text, why);
    from.addr_count = net_look_up(url.host, url.port, run->settings->family, addrs, &why);
    if (from.addr_count == 0)
        return complain(EXIT_UNKNOWN, url.host, why);
    run->origin = http_url_text(&url, "root-anchors.xml", run->arena);
    if (run->origin == NULL)
        return no_memory();
    code = fetch_one(run, &from, "root-anchors.xml", XML_SIZE_MAX, &run->xml_octets);
    if (code == EXIT_GOOD)
        code = fetch_one(run, &from, "root-anchors.p7s", CMS_SIZE_MAX, &run->signature_octets);
    return code;
}

static int get_xml(struct run *run)
{
    const struct settings *settings = run->settings;
    int code;

    if (settings->xml == NULL)
        return fetch_both(run);
    run->origin = settings->xml;
    code = read_given(run, settings->xml, XML_SIZE_MAX, &run->xml_octets);
    if (code == EXIT_GOOD && settings->signature != NULL)
        code = read_given(run, settings->signature, CMS_SIZE_MAX, &run->signature_octets);
    return code;
}

static int check_signature(struct run *run)
{
    const struct settings *settings = run->settings;
    struct cms_check check = {
        .content = run->xml_octets,
        .signature = run->signature_octets,
        .ca = slice_of(anchor_ca_icann, strlen(anchor_ca_icann)),
        .signer = settings->signer,
        .wall_s = run->wall_s,
    };
    const char *why;
    enum status status;

    if (settings->ca != NULL) {
        int code = read_given(run, settings->ca, CA_SIZE_MAX, &check.ca);

        if (code != EXIT_GOOD)
            return code;
    }
    status = anchor_cms_verify(&check, run->arena, &why);
    if (status == STATUS_NO_MEMORY)
        return no_memory();
    if (status == STATUS_NOT_FOUND)
        return complain(EXIT_TROUBLE, settings->ca, why);
    if (status != STATUS_OK)
        return complain(EXIT_REFUSED, run->origin, why);
    say(run, "root-anchors.xml is signed as it should be");
    return EXIT_GOOD;
}

static int read_xml(struct run *run)
{
    struct xml_fault fault;
    enum status status = anchor_xml_read(run->xml_octets, run->wall_s, run->crypto, run->arena,
                                         &run->xml, &fault);

    if (status == STATUS_NO_MEMORY)
        return no_memory();
    if (status != STATUS_OK) {
        fprintf(stderr, "shrew-anchor: %s:%u:%u: %s\n", run->origin, fault.line, fault.column,
                fault.why);
        return EXIT_REFUSED;
    }
    return EXIT_GOOD;
}

/* Only for looking at a file: contradiction() lets nothing else be done without a signature. */
static bool is_unsigned(const struct settings *settings)
{
    return settings->list && settings->xml != NULL && settings->signature == NULL;
}

/* Nothing of the XML is looked at before its signature was. */
static int get_checked_xml(struct run *run)
{
    int code = get_xml(run);

    if (code == EXIT_GOOD && !is_unsigned(run->settings))
        code = check_signature(run);
    return code == EXIT_GOOD ? read_xml(run) : code;
}

static void say_what_is_in_it(struct run *run)
{
    for (size_t i = 0; i < run->xml.count; i++) {
        const struct key_digest *digest = &run->xml.digests[i];

        if (digest->use != DIGEST_GOOD)
            fprintf(stderr, "shrew-anchor: %s:%u: key %u is left out: %s\n", run->origin,
                    digest->line, bytes_u16(digest->ds.data), digest_use_text(digest->use));
    }
}

/* Do the new anchors vouch for what the servers said? */
static int check_new(struct run *run, const char *records)
{
    struct anchor_set fresh;
    const char *why;
    enum status status = anchor_set_read(records, run->arena, &fresh, &why);
    uint16_t key_tag;

    if (status != STATUS_OK)
        return no_memory();
    status = STATUS_MALFORMED;
    for (size_t i = 0; i < run->answer_count && status == STATUS_MALFORMED; i++)
        status = anchor_set_prove(&fresh, run->answers[i], run->crypto, run->wall_s, run->arena,
                                  &key_tag, &why);
    anchor_set_clear(&fresh);
    if (status == STATUS_NO_MEMORY)
        return no_memory();
    if (status == STATUS_OK)
        return EXIT_GOOD;
    complain(EXIT_BROKEN, run->settings->file,
             "neither its anchors nor those that are published vouch for the root's keys as "
             "this machine sees them; the file is left as it is");
    return complain(EXIT_BROKEN, "the reason", why);
}

/* ---- what is to be done ---- */

static int replace_anchors(struct run *run)
{
    struct text lines = text_in(run->arena);
    const char *records, *origin;
    int code = get_checked_xml(run);

    if (code != EXIT_GOOD)
        return code;
    say_what_is_in_it(run);
    if (anchor_xml_good(&run->xml) == 0)
        return complain(EXIT_REFUSED, run->origin,
                        "holds no anchor that is valid now (is the clock right?)");
    anchor_xml_write(&run->xml, &lines);
    records = text_done(&lines);
    origin = arena_printf(run->arena, "%s, signed by %s", run->origin, run->settings->signer);
    if (records == NULL || origin == NULL)
        return no_memory();
    if (!run->settings->is_forced)
        code = check_new(run, records);
    if (code == EXIT_GOOD)
        code = write_file(
            run,
            arena_printf(run->arena, "%s, signed by %s", run->origin, run->settings->signer),
            records);
    return code == EXIT_GOOD ? report(EXIT_GOOD, run->settings->file, "replaced") : code;
}

static int refresh(struct run *run)
{
    int code = open_anchors(run);

    if (code == EXIT_GOOD)
        code = check_anchors(run);
    if (code == EXIT_GOOD)
        return report(code, run->settings->file, run->is_new ? "installed, good" : "good");
    if (code == EXIT_UNKNOWN)
        return report(code, run->settings->file,
                      run->is_new ? "installed, not checked: no name server answers"
                                  : "not checked: no name server answers");
    if (code != EXIT_BROKEN)
        return code;
    say(run, "the anchors do not vouch for the root's keys");
    code = replace_anchors(run);
    /* That nothing better could be had does not make them unknown again. */
    return code == EXIT_UNKNOWN ? EXIT_BROKEN : code;
}

static int list(struct run *run)
{
    struct text lines = text_in(run->arena);
    const char *text;
    int code = get_checked_xml(run);

    if (code != EXIT_GOOD)
        return code;
    if (is_unsigned(run->settings))
        fputs("shrew-anchor: the signature is not checked (no -s)\n", stderr);
    anchor_xml_describe(&run->xml, &lines);
    text = text_done(&lines);
    if (text == NULL)
        return no_memory();
    fputs(text, stdout);
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_TROUBLE;
}

static int show_built_in(struct run *run)
{
    struct text lines = text_in(run->arena);
    const char *why, *text;

    if (anchor_set_read(NULL, run->arena, &run->set, &why) != STATUS_OK)
        return no_memory();
    anchor_set_write(&run->set, &lines);
    text_add(&lines, anchor_ca_icann);
    text = text_done(&lines);
    if (text == NULL)
        return no_memory();
    fputs(text, stdout);
    return fflush(stdout) == 0 ? EXIT_GOOD : EXIT_TROUBLE;
}

static int run_settings(const struct settings *settings)
{
    const struct crypto_policy policy = {0};
    struct run *run;
    struct arena *arena = arena_new(0);
    int code;

    run = arena == NULL ? NULL : ARENA_NEW(arena, struct run);
    if (run == NULL) {
        if (arena != NULL)
            arena_free(arena);
        return no_memory();
    }
    *run = (struct run){.settings = settings,
                        .arena = arena,
                        .crypto = crypto_new(&policy),
                        .wall_s = net_wall_s()};
    if (run->crypto == NULL)
        code = complain(EXIT_TROUBLE, "OpenSSL", "lacks what DNSSEC needs");
    else if (settings->show_built_in)
        code = show_built_in(run);
    else if (settings->list)
        code = list(run);
    else
        code = settings->is_forced ? replace_anchors(run) : refresh(run);
    anchor_set_clear(&run->set);
    crypto_free(run->crypto);
    arena_free(arena);
    return code;
}

/* ---- the command line ---- */

enum option_id {
    OPTION_FILE,
    OPTION_XML,
    OPTION_SIGNATURE,
    OPTION_CA,
    OPTION_SIGNER,
    OPTION_URL,
    OPTION_RESOLV_CONF,
    OPTION_HINTS,
    OPTION_SERVER,
    OPTION_FORCE,
    OPTION_LIST,
    OPTION_BUILT_IN,
    OPTION_IP4,
    OPTION_IP6,
    OPTION_VERBOSE,
    OPTION_HELP
};

static const struct command_option {
    enum option_id id;
    const char *letter, *word, *value, *help;
} command_options[] = {
    {OPTION_FILE, "-a", "--anchors", "FILE", "the file of anchors that is checked or written"},
    {OPTION_XML, "-x", "--xml", "FILE", "root-anchors.xml, instead of fetching it"},
    {OPTION_SIGNATURE, "-s", "--signature", "FILE", "its signature, root-anchors.p7s"},
    {OPTION_CA, "-c", "--ca", "FILE", "certificates to trust, instead of ICANN's"},
    {OPTION_SIGNER, "-n", "--signer", "ADDRESS", "who must have signed (dnssec@iana.org)"},
    {OPTION_URL, "-u", "--url", "URL", "where both are fetched (https://data.iana.org/...)"},
    {OPTION_RESOLV_CONF, "-f", "--resolv-conf", "FILE", "ask the resolvers named in it"},
    {OPTION_HINTS, "-r", "--hints", "FILE", "root servers, instead of the built-in ones"},
    {OPTION_SERVER, "-S", "--server", "IP[@PORT]", "ask this resolver"},
    {OPTION_FORCE, "-F", "--force", NULL, "write what root-anchors.xml says without asking"},
    {OPTION_LIST, "-L", "--list", NULL, "print what is in root-anchors.xml, write nothing"},
    {OPTION_BUILT_IN, "-l", "--built-in", NULL, "print the built-in anchors and certificate"},
    {OPTION_IP4, "-4", "--ipv4", NULL, "use IPv4 only"},
    {OPTION_IP6, "-6", "--ipv6", NULL, "use IPv6 only"},
    {OPTION_VERBOSE, "-v", "--verbose", NULL, "say what is done"},
    {OPTION_HELP, "-h", "--help", NULL, "this text"},
};

static int print_usage(FILE *out, int code)
{
    fputs("usage: shrew-anchor -a FILE [OPTION...]\n"
          "Puts the trust anchors of the root in place and renews them when they no longer "
          "work.\n",
          out);
    for (size_t i = 0; i < COUNT(command_options); i++)
        fprintf(out, "  %s, %-13s %-10s %s\n", command_options[i].letter,
                command_options[i].word,
                command_options[i].value == NULL ? "" : command_options[i].value,
                command_options[i].help);
    fputs(
        "Ends with 0 when the anchors are good or were replaced, 1 when they do not work and\n"
        "nothing better could be had, 2 when called wrongly, 3 when a file cannot be read or\n"
        "written, 4 when nobody could be asked, 5 when root-anchors.xml cannot be trusted.\n",
        out);
    return code;
}

static const struct command_option *find_option(const char *word)
{
    for (size_t i = 0; i < COUNT(command_options); i++)
        if (strcmp(word, command_options[i].letter) == 0 ||
            strcmp(word, command_options[i].word) == 0)
            return &command_options[i];
    return NULL;
}

static void set_option(struct settings *settings, enum option_id id, const char *value)
{
    switch (id) {
    case OPTION_FILE: settings->file = value; break;
    case OPTION_XML: settings->xml = value; break;
    case OPTION_SIGNATURE: settings->signature = value; break;
    case OPTION_CA: settings->ca = value; break;
    case OPTION_SIGNER: settings->signer = value; break;
    case OPTION_URL: settings->url = value; break;
    case OPTION_RESOLV_CONF: settings->resolv_conf = value; break;
    case OPTION_HINTS: settings->hints = value; break;
    case OPTION_SERVER: settings->server = value; break;
    case OPTION_FORCE: settings->is_forced = true; break;
    case OPTION_LIST: settings->list = true; break;
    case OPTION_BUILT_IN: settings->show_built_in = true; break;
    case OPTION_IP4: settings->family = NET_ONLY_IP4; break;
    case OPTION_IP6: settings->family = NET_ONLY_IP6; break;
    case OPTION_VERBOSE: settings->is_verbose = true; break;
    case OPTION_HELP: break;
    }
}

/* What does not go together. NULL: nothing. */
static const char *contradiction(const struct settings *settings)
{
    if (settings->show_built_in)
        return NULL;
    if (settings->file == NULL && !settings->list)
        return "which file? (-a)";
    if (settings->signature != NULL && settings->xml == NULL)
        return "a signature (-s) of which file? (-x)";
    if (settings->xml != NULL && settings->signature == NULL && !settings->list)
        return "without its signature (-s) root-anchors.xml (-x) can only be listed";
    return NULL;
}

int main(int count, char **words)
{
    struct settings settings = {.url = default_url, .signer = default_signer};
    const char *why;

    for (int i = 1; i < count; i++) {
        const struct command_option *option = find_option(words[i]);

        if (option == NULL) {
            complain(EXIT_USAGE, words[i], "unknown option");
            return print_usage(stderr, EXIT_USAGE);
        }
        if (option->id == OPTION_HELP)
            return print_usage(stdout, EXIT_GOOD);
        if (option->value != NULL && i + 1 == count)
            return complain(EXIT_USAGE, words[i], "a value is missing");
        set_option(&settings, option->id, option->value == NULL ? NULL : words[++i]);
    }
    why = contradiction(&settings);
    if (why != NULL) {
        fprintf(stderr, "shrew-anchor: %s\n", why);
        return EXIT_USAGE;
    }
    signal(SIGPIPE, SIG_IGN);
    return run_settings(&settings);
}
