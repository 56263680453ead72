/*
 * base.c - texts of the statuses, and the end of the process when our own state is broken.
 */
#include "util/base.h"

#include <stdio.h>
#include <stdlib.h>

const char *status_text(enum status status)
{
    switch (status) {
    case STATUS_OK: return "ok";
    case STATUS_MALFORMED: return "malformed";
    case STATUS_NO_MEMORY: return "out of memory";
    case STATUS_NO_SPACE: return "no space";
    case STATUS_NOT_FOUND: return "not found";
    case STATUS_LIMIT: return "limit reached";
    case STATUS_SYSTEM: return "system error";
    }
    return "unknown status";
}

_Noreturn void assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "%s:%d: broken assertion: %s\n", file, line, expression);
    abort();
}
