/*
 * hints.h - where to begin when nothing is known: the names and addresses of the root servers.
 */
#ifndef TREESHREW_ITERATOR_HINTS_H
#define TREESHREW_ITERATOR_HINTS_H

#include "util/addr.h"
#include "util/wire/dname.h"

enum { HINTS_MAX = 64 };

struct hint {
    struct dname name;
    struct addr addr;
};

struct hints {
    size_t count;
    struct hint items[HINTS_MAX];
};

/** The thirteen of the public root, as IANA's named.root of 2024 lists them. STATUS_NO_MEMORY. */
enum status hints_built_in(struct hints *hints, struct arena *arena);

/**
 * Adds the addresses of a hints file (A and AAAA records; NS records of the root are passed over).
 * @param line, why where and what is wrong, after STATUS_MALFORMED.
 * @return STATUS_LIMIT over HINTS_MAX addresses, STATUS_NOT_FOUND: no address in it.
 */
enum status hints_from_text(struct hints *hints, const char *text, struct arena *arena, int *line,
                            const char **why);

#endif
