/*
 * options.c - gathers the option tables of all floors and fills the structs from a
 * configuration.
 *
 * The life: options_new makes an arena and the struct with its defaults; each read adds to it;
 * after each read the zones are gathered into arrays and what concerns several options is
 * checked.
 */
#include "lib/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/module_words.h"
#include "lib/options_files.h"
#include "util/conf/classic.h"
#include "util/conf/print.h"
#include "util/conf/schema.h"
#include "util/conf/starter.h"
#include "util/conf/yaml.h"
#include "util/text.h"

/* ---- the tables ---- */

#define OPTION(member, kind, default_, low, high, unit, reload, text)                          \
    OPT_DESC(OWNER, member, kind, default_, low, high, unit, reload, text)

#define OWNER struct cache_options
static const struct opt_desc cache_table[] = {
#include "services/cache/cache.opt.def"
};
#undef OWNER
#define OWNER struct upstream_options
static const struct opt_desc upstream_table[] = {
#include "services/upstream/upstream.opt.def"
};
#undef OWNER
#define OWNER struct client_options
static const struct opt_desc client_table[] = {
#include "services/client/client.opt.def"
};
#undef OWNER
#define OWNER struct iterator_options
static const struct opt_desc iterator_table[] = {
#include "iterator/iterator.opt.def"
};
#undef OWNER
#define OWNER struct validator_options
static const struct opt_desc validator_table[] = {
#include "validator/validator.opt.def"
};
#undef OWNER
#define OWNER struct dns64_options
static const struct opt_desc dns64_table[] = {
#include "dns64/dns64.opt.def"
};
#undef OWNER
#define OWNER struct daemon_options
static const struct opt_desc daemon_table[] = {
#include "lib/daemon.opt.def"
};
#undef OWNER
#define OWNER struct control_options
static const struct opt_desc control_table[] = {
#include "lib/control.opt.def"
};
#undef OWNER
#define OWNER struct dnstap_options
static const struct opt_desc dnstap_table[] = {
#include "lib/dnstap.opt.def"
};
#undef OWNER
#define OWNER struct stub_options
static const struct opt_desc stub_table[] = {
#include "iterator/stub.opt.def"
};
#undef OWNER
#define OWNER struct forward_options
static const struct opt_desc forward_table[] = {
#include "iterator/forward.opt.def"
};
#undef OWNER
#undef OPTION

static const struct opt_table server_tables[] = {
    {daemon_table, COUNT(daemon_table), offsetof(struct options, daemon)},
    {client_table, COUNT(client_table), offsetof(struct options, client)},
    {cache_table, COUNT(cache_table), offsetof(struct options, cache)},
    {upstream_table, COUNT(upstream_table), offsetof(struct options, upstream)},
    {iterator_table, COUNT(iterator_table), offsetof(struct options, iterator)},
    {validator_table, COUNT(validator_table), offsetof(struct options, validator)},
    {dns64_table, COUNT(dns64_table), offsetof(struct options, dns64)},
};
static const struct opt_table control_tables[] = {
    {control_table, COUNT(control_table), offsetof(struct options, control)},
};
static const struct opt_table dnstap_tables[] = {
    {dnstap_table, COUNT(dnstap_table), offsetof(struct options, dnstap)},
};
static const struct opt_table stub_tables[] = {{stub_table, COUNT(stub_table), 0}};
static const struct opt_table forward_tables[] = {{forward_table, COUNT(forward_table), 0}};

static const struct opt_section sections[] = {
    {"server", "The daemon and how it resolves.", server_tables, COUNT(server_tables), false,
     sizeof(struct options)},
    {"remote-control", "Commands of shrewctl.", control_tables, COUNT(control_tables), false,
     sizeof(struct options)},
    {"dnstap", "Messages shown to a collector.", dnstap_tables, COUNT(dnstap_tables), false,
     sizeof(struct options)},
    {"stub-zone", "A zone whose name servers are told here instead of found.", stub_tables,
     COUNT(stub_tables), true, sizeof(struct stub_options)},
    {"forward-zone", "A part of the name space that other resolvers answer for.",
     forward_tables, COUNT(forward_tables), true, sizeof(struct forward_options)},
};

/* ---- life ---- */

struct options *options_new(void)
{
    struct options *options = calloc(1, sizeof(*options));
    struct conf_place nowhere = {NULL, 0, 0};

    if (options == NULL)
        return NULL;
    atomic_init(&options->references, 1);
    options->arena = arena_new(0);
    if (options->arena == NULL)
        goto failed;
    conf_init(&options->conf, options->arena, sections, COUNT(sections));
    for (size_t i = 0; i < COUNT(sections); i++)
        if (!sections[i].repeats &&
            conf_add_part(&options->conf, &sections[i], options, nowhere) == NULL)
            goto failed;
    return options;
failed:
    options_free(options);
    return NULL;
}

struct options *options_ref(struct options *options)
{
    atomic_fetch_add_explicit(&options->references, 1, memory_order_relaxed);
    return options;
}

void options_free(struct options *options)
{
    if (options == NULL ||
        atomic_fetch_sub_explicit(&options->references, 1, memory_order_acq_rel) > 1)
        return;
    if (options->arena != NULL)
        arena_free(options->arena);
    options_free(options->base);
    free(options);
}

/* Sections that do not repeat have their values in the struct itself, and places that may change;
 * of the others a part is taken or left as a whole, so both may be shown. */
static bool copy_part(struct options *copy, const struct conf_part *from)
{
    size_t count = opt_count(from->section);
    struct conf_part *part = ARENA_NEW(copy->arena, struct conf_part);

    if (part == NULL)
        return false;
    *part = *from;
    part->next = NULL;
    if (!from->section->repeats) {
        part->values = copy;
        part->places = ARENA_ARRAY(copy->arena, struct conf_place, count);
        if (part->places == NULL)
            return false;
        memcpy(part->places, from->places, count * sizeof(from->places[0]));
    }
    *copy->conf.last = part;
    copy->conf.last = &part->next;
    return true;
}

struct options *options_copy(struct options *base)
{
    struct options *copy = calloc(1, sizeof(*copy));

    if (copy == NULL)
        return NULL;
    memcpy(copy, base, offsetof(struct options, arena));
    atomic_init(&copy->references, 1);
    copy->base = options_ref(base);
    copy->arena = arena_new(0);
    if (copy->arena == NULL)
        goto failed;
    conf_init(&copy->conf, copy->arena, sections, COUNT(sections));
    copy->conf.ignored = base->conf.ignored;
    copy->conf.ignored_count = copy->conf.ignored_room = base->conf.ignored_count;
    for (const struct conf_part *part = base->conf.first; part != NULL; part = part->next)
        if (!copy_part(copy, part))
            goto failed;
    return copy;
failed:
    options_free(copy);
    return NULL;
}

/* ---- after a read ---- */

/* Copies the structs of all parts of a section into one array. @return false: no memory. */
static bool gather(struct options *options, const char *section, size_t size, void **array,
                   size_t *count)
{
    struct conf_part *part;
    char *at;

    *count = 0;
    for (part = options->conf.first; part != NULL; part = part->next)
        *count += strcmp(part->section->name, section) == 0;
    at = *array = arena_alloc(options->arena, *count * size + 1);
    if (at == NULL)
        return false;
    for (part = options->conf.first; part != NULL; part = part->next)
        if (strcmp(part->section->name, section) == 0) {
            memcpy(at, part->values, size);
            at += size;
        }
    return true;
}

static void check_zones(struct options *options, struct conf_report *report)
{
    size_t index;

    for (struct conf_part *part = options->conf.first; part != NULL; part = part->next) {
        const char *const *name;

        if (!part->section->repeats)
            continue;
        ASSERT(opt_find(part->section, "name", &index) != NULL);
        name = conf_member(part, index);
        if (*name == NULL || **name == '\0')
            conf_error(report, part->place, "this %s has no name; add \"name:\" and the zone",
                       part->section->name);
    }
}

static void check_order(struct options *options, const char *low_name, uint32_t low,
                        const char *high_name, uint32_t high, struct conf_report *report)
{
    struct conf_place place = options_place(options, "server", low_name);

    if (place.file == NULL)
        place = options_place(options, "server", high_name);
    if (low > high)
        conf_error(report, place, "%s (%lu) is above %s (%lu)", low_name, (unsigned long)low,
                   high_name, (unsigned long)high);
}

struct module_check {
    struct conf_report *report;
    struct conf_place place;
};

/* Modules that Unbound has and we do not stand in many files; the chain goes without them. */
static void warn_of_module(void *context, struct slice word)
{
    struct module_check *check = context;

    conf_warning(check->report, check->place, "module %.*s is not done here and left out",
                 (int)word.size, (const char *)word.data);
}

static void check_modules(struct options *options, struct conf_report *report)
{
    struct module_check check = {report, options_place(options, "server", "module-config")};
    struct module_words words;
    const char *wrong =
        module_words_read(options->validator.module_config, &words, warn_of_module, &check);

    if (wrong != NULL)
        conf_error(report, check.place, "module-config: %s", wrong);
}

static enum status finish(struct options *options, struct conf_report *report)
{
    void *stubs, *forwards;

    if (!gather(options, "stub-zone", sizeof(*options->stubs), &stubs, &options->stub_count) ||
        !gather(options, "forward-zone", sizeof(*options->forwards), &forwards,
                &options->forward_count))
        return STATUS_NO_MEMORY;
    options->stubs = stubs;
    options->forwards = forwards;
    check_zones(options, report);
    check_order(options, "cache-min-ttl", options->cache.cache_min_ttl, "cache-max-ttl",
                options->cache.cache_max_ttl, report);
    check_order(options, "cache-min-negative-ttl", options->cache.cache_min_negative_ttl,
                "cache-max-negative-ttl", options->cache.cache_max_negative_ttl, report);
    check_order(options, "infra-cache-min-rtt", options->cache.infra_cache_min_rtt,
                "infra-cache-max-rtt", options->cache.infra_cache_max_rtt, report);
    check_order(options, "val-sig-skew-min", options->validator.val_sig_skew_min,
                "val-sig-skew-max", options->validator.val_sig_skew_max, report);
    check_modules(options, report);
    return STATUS_OK;
}

/* One place turns an outcome into a status and a word in the report. */
static enum status judge(enum status status, struct conf_report *report)
{
    if (status == STATUS_NO_MEMORY || report->no_memory) {
        conf_error(report, (struct conf_place){NULL, 0, 0}, "out of memory");
        return STATUS_NO_MEMORY;
    }
    if (status == STATUS_OK && report->errors > 0)
        return STATUS_MALFORMED;
    return status;
}

enum status options_finish(struct options *options, struct conf_report *report)
{
    return judge(finish(options, report), report);
}

/* ---- reading ---- */

static bool is_yaml(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL && (text_equal_nocase(dot, ".yaml") || text_equal_nocase(dot, ".yml"));
}

enum status options_read_with(struct options *options, options_reader *reader, void *context,
                              struct conf_report *report)
{
    enum status status;

    options->conf.report = report;
    status = reader(context, &options->conf);
    if (status == STATUS_OK)
        status = finish(options, report);
    options->conf.report = NULL;
    return judge(status, report);
}

/* A text in one of the two syntaxes, of which its name tells which. */
struct syntax_text {
    const char *name;
    struct slice text;
    struct conf_files files;
};

static enum status read_syntax(void *context, struct conf *conf)
{
    const struct syntax_text *text = context;

    return is_yaml(text->name) ? yaml_read(conf, text->name, text->text)
                               : classic_read(conf, text->name, text->text, &text->files);
}

static enum status read_slice(struct options *options, const char *name, struct slice text,
                              struct conf_report *report)
{
    struct syntax_text source = {
        name, text, {options, options_file_find, options_file_read}};

    return options_read_with(options, read_syntax, &source, report);
}

enum status options_read_text(struct options *options, const char *name, const char *text,
                              size_t size, struct conf_report *report)
{
    return read_slice(options, name, slice_of(text, size), report);
}

enum status options_read_file(struct options *options, const char *path,
                              struct conf_report *report)
{
    struct conf_place place = {arena_text(report->arena, path), 0, 0};
    struct slice text;
    enum status status = options_file_read(NULL, path, options->arena, &text);
    struct options_seen *seen = arena_alloc(options->arena, sizeof(*seen));

    if (seen == NULL)
        return judge(STATUS_NO_MEMORY, report);
    *seen = (struct options_seen){options->seen, arena_text(options->arena, path), false};
    if (seen->path != NULL)
        options->seen = seen;
    if (status == STATUS_OK)
        return read_slice(options, path, text, report);
    if (status == STATUS_SYSTEM && errno == EACCES)
        conf_error(report, place,
                   "cannot be read: %s; the file and the folders above it must be open to user number %ld",
                   strerror(errno), (long)geteuid());
    else if (status == STATUS_SYSTEM)
        conf_error(report, place, "cannot be read: %s", strerror(errno));
    else if (status == STATUS_LIMIT)
        conf_error(report, place, "is too large for a configuration");
    return judge(status, report);
}

enum status options_set(struct options *options, const char *section, const char *name,
                        const char *value, struct conf_report *report)
{
    struct text text = text_in(options->arena);

    /* Through the reader of the classic syntax: one way to take a value, whoever says it. */
    text_printf(&text, "%s: %s: %s\n", section, name, value);
    if (text_done(&text) == NULL)
        return judge(STATUS_NO_MEMORY, report);
    return options_read_text(options, "option", text_done(&text), text.used, report);
}

/* ---- looking ---- */

struct conf_place options_place(const struct options *options, const char *section,
                                const char *name)
{
    const struct conf_part *part = conf_part_of(&options->conf, section);
    size_t index;

    if (part == NULL || opt_find(part->section, name, &index) == NULL)
        return (struct conf_place){NULL, 0, 0};
    return part->places[index];
}

const struct conf_ignored *options_ignored(const struct options *options, size_t *count)
{
    *count = options->conf.ignored_count;
    return options->conf.ignored;
}

void options_complain(void *report, const struct opt_item *item, const char *words)
{
    conf_error(report, (struct conf_place){item->file, item->line, item->column}, "%s", words);
}

/* The n-th part of a section, NULL behind the last: files may mix sections in any order. */
static const struct conf_part *nth_part(const struct options *options,
                                        const struct opt_section *section, size_t n)
{
    const struct conf_part *part;

    for (part = options->conf.first; part != NULL; part = part->next)
        if (part->section == section && n-- == 0)
            return part;
    return NULL;
}

static bool sections_equal(const struct options *one, const struct options *other,
                           const struct opt_section *section)
{
    for (size_t n = 0;; n++) {
        const struct conf_part *a = nth_part(one, section, n);
        const struct conf_part *b = nth_part(other, section, n);

        if (a == NULL && b == NULL)
            return true;
        if (a == NULL || b == NULL || !conf_parts_equal(a, b))
            return false;
    }
}

bool options_equal(const struct options *one, const struct options *other)
{
    for (size_t i = 0; i < COUNT(sections); i++)
        if (!sections_equal(one, other, &sections[i]))
            return false;
    return true;
}

void options_changes(const struct options *one, const struct options *other,
                     void (*tell)(void *context, const char *section, const char *name,
                                  bool at_restart),
                     void *context)
{
    char name[OPT_NAME_MAX];

    for (size_t i = 0; i < COUNT(sections); i++) {
        const struct conf_part *a = nth_part(one, &sections[i], 0);
        const struct conf_part *b = nth_part(other, &sections[i], 0);
        size_t count = opt_count(&sections[i]), offset;

        if (sections[i].repeats) {
            if (!sections_equal(one, other, &sections[i]))
                tell(context, sections[i].name, sections[i].name, false);
            continue;
        }
        for (size_t n = 0; n < count; n++) {
            const struct opt_desc *option = opt_at(&sections[i], n, &offset);

            if (!opt_equal(option, conf_member(a, n), conf_member(b, n)))
                tell(context, sections[i].name, opt_name(option, name),
                     option->reload == OPT_RESTART);
        }
    }
}

char *options_print_yaml(const struct options *options, bool all, struct arena *arena)
{
    return print_yaml(&options->conf, all, arena);
}

char *options_print_manual(struct arena *arena)
{
    return schema_manual(sections, COUNT(sections), arena);
}

char *options_print_schema(struct arena *arena)
{
    return schema_json(sections, COUNT(sections), arena);
}

char *options_print_starter(struct arena *arena)
{
    static const struct starter starters[] = {
#define STARTER(section, option, kind, value) {section, option, STARTER_##kind, value},
#include "lib/starter.def"
#undef STARTER
    };

    return starter_yaml(sections, COUNT(sections), starters, COUNT(starters), arena);
}
