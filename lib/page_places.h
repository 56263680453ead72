/*
 * page_places.h - where the page of metrics is to be served, out of the options.
 *
 * Used by the daemon, and by whoever checks a configuration without one.
 */
#ifndef TREESHREW_LIB_PAGE_PLACES_H
#define TREESHREW_LIB_PAGE_PLACES_H

#include "lib/options.h"
#include "util/addr.h"

enum { PAGE_PLACES_MAX = 8, PAGE_PORT = 9053 };

struct page_places {
    size_t count;
    struct addr list[PAGE_PLACES_MAX];
};

/** @return false: one cannot be; the report has the reason and the place. */
bool page_places_read(const struct options *options, struct page_places *out,
                      struct conf_report *report);

#endif
