/*
 * options.h - all options of the program in one struct, and how to fill it.
 *
 * The daemon, the tools and the replay runner read a configuration through here. One
 * options_new, one or more reads, then either the whole is used or (after any error) thrown
 * away: nothing of a faulty configuration takes effect. Files that a configuration names
 * (hints, keys, certificates) are not opened here; only files of "include:" are.
 */
#ifndef TREESHREW_LIB_OPTIONS_H
#define TREESHREW_LIB_OPTIONS_H

#include <stdatomic.h>

#include "dns64/dns64_options.h"
#include "iterator/iterator_options.h"
#include "iterator/zone_options.h"
#include "lib/daemon_options.h"
#include "services/cache/cache_options.h"
#include "services/client/client_options.h"
#include "services/upstream/upstream_options.h"
#include "util/conf/conf.h"
#include "validator/validator_options.h"

/** A file that a reading asked for, whether it was there or not; or the folder of a pattern. */
struct options_seen {
    struct options_seen *next;
    const char *path;
    bool is_folder;
};

struct options {
    /* Section "server", a struct for each floor that reads it. */
    struct cache_options cache;
    struct upstream_options upstream;
    struct client_options client;
    struct iterator_options iterator;
    struct validator_options validator;
    struct dns64_options dns64;
    struct daemon_options daemon;
    /* Section "remote-control". */
    struct control_options control;
    /* Section "dnstap". */
    struct dnstap_options dnstap;
    /* Sections "stub-zone" and "forward-zone", in the order of the files. */
    struct stub_options *stubs;
    size_t stub_count;
    struct forward_options *forwards;
    size_t forward_count;

    struct arena *arena; /* of all texts and lists */
    struct options_seen *seen; /* the last first */
    struct conf conf;    /* how it was read: places, and what was passed over */
    struct options *base;    /* what it is a copy of, and whose texts it shows; or NULL */
    atomic_uint references;
};

/** All defaults, no zones. @return one reference; NULL: no memory. */
struct options *options_new(void);
struct options *options_ref(struct options *options);
/** Gives a reference back; NULL: nothing. */
void options_free(struct options *options);

/**
 * The same once more, to be changed without touching `base`: that one's texts and lists are shown
 * for as long as the copy lives. Lists must be made its own before they grow (opt_list_own).
 * @return NULL: no memory.
 */
struct options *options_copy(struct options *base);

/** After changes that no reader made: zones are gathered, and what concerns several options is
 *  checked. Failures as options_read_file. */
enum status options_finish(struct options *options, struct conf_report *report);

/**
 * Reads a file. *.yaml and *.yml are YAML, everything else is the syntax of unbound.conf.
 * @return STATUS_OK, STATUS_SYSTEM (the file cannot be read), STATUS_MALFORMED (something in it
 * is wrong), STATUS_NO_MEMORY. The report has the words in each case; after a failure the
 *         options are only good for options_free.
 */
enum status options_read_file(struct options *options, const char *path,
                              struct conf_report *report);

/** Reads a text that came from elsewhere; its name decides the syntax and stands in messages.
 */
enum status options_read_text(struct options *options, const char *name, const char *text,
                              size_t size, struct conf_report *report);

/**
 * Fills a configuration from something that is neither of the two syntaxes: the options that it
 * says, with the places where it says them. Words about it go to conf->report.
 * @return STATUS_OK also after errors, which are in the report; STATUS_NO_MEMORY.
 */
typedef enum status options_reader(void *context, struct conf *conf);

/** Reads through such a reader. Failures as options_read_file. */
enum status options_read_with(struct options *options, options_reader *reader, void *context,
                              struct conf_report *report);

/**
 * Sets one option from a text as in unbound.conf: options_set(options, "server", "ede", "no",
 * ...). A list gets one item more. Only sections that do not repeat. Failures as
 * options_read_file.
 */
enum status options_set(struct options *options, const char *section, const char *name,
                        const char *value, struct conf_report *report);

/** Where the option was set; file NULL: it has its default (or there is no such option). */
struct conf_place options_place(const struct options *options, const char *section,
                                const char *name);

/**
 * Clauses and options that are known from Unbound and were passed over, with a warning each, in
 * the order of the files. @param count set to how many.
 */
const struct conf_ignored *options_ignored(const struct options *options, size_t *count);

/** A conf_complain (services/client/acl.h) whose context is a struct conf_report. */
void options_complain(void *report, const struct opt_item *item, const char *words);

/** True when both hold the same values and the same zones in the same order. */
bool options_equal(const struct options *one, const struct options *other);

/**
 * Tells each option that differs; of sections that repeat, and of lists, only that they do.
 * @param tell at_restart: the new value takes effect at a restart only.
 */
void options_changes(const struct options *one, const struct options *other,
                     void (*tell)(void *context, const char *section, const char *name,
                                  bool at_restart),
                     void *context);

/**
 * The configuration as YAML, which read again gives the same values.
 * @param all also those that were not set but have a default. @return in the arena; NULL: no
 * memory.
 */
char *options_print_yaml(const struct options *options, bool all, struct arena *arena);

/** The manual's list of options (man macros), and a JSON schema of shrewd.yaml, out of the
 * table. */
char *options_print_manual(struct arena *arena);
char *options_print_schema(struct arena *arena);

/** A first configuration for a new installation, with comments. */
char *options_print_starter(struct arena *arena);

#endif
