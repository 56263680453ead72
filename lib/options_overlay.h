/*
 * options_overlay.h - what was read and what was set at run time become the options in effect.
 *
 * Called by the daemon at a reload and at each change; through the same table of options that
 * the readers of files fill.
 */
#ifndef TREESHREW_LIB_OPTIONS_OVERLAY_H
#define TREESHREW_LIB_OPTIONS_OVERLAY_H

#include "lib/options.h"
#include "lib/overlay.h"

/**
 * @param base  not changed; held by what comes out.
 * @param overlay of its hidings it is noted which were of use.
 * @return NULL after an error, which is in the report with its place in the command, or without
 *         memory.
 */
struct options *options_with(struct options *base, struct overlay *overlay,
                             struct conf_report *report);

/** One word of a configuration on a subject. */
struct options_word {
    const char *text;  /* of a list: the item; of a zone: its name */
    struct dname name; /* that it belongs to */
    struct conf_place place;
    const struct conf_part *part; /* of a zone: its section */
};

typedef void options_tell_word(void *context, const struct options_word *word);

/**
 * Tells each item of the list that belongs to a name (local-zone, local-data, domain-insecure
 * ...), or each zone of the section; those without a good name are left out.
 * @param subject without a name: all; else those of that name.
 * @return how many.
 */
size_t options_words(const struct options *options, const struct overlay_subject *subject,
                     options_tell_word *tell, void *context);

/** The name that an item of that option belongs to. @return false: it has none. */
bool options_item_name(const char *option, const char *text, uint8_t storage[DNAME_MAX],
                       struct dname *name);

#endif
