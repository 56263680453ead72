/*
 * module.h - how the mesh talks to the modules of the chain.
 *
 * Story of a query: the mesh steps the first module (validator). It has nothing to judge yet and
 * returns STEP_PASS: the next module (iterator) is stepped. That one asks a server and returns
 * STEP_WAIT, having arranged what will wake the query (mesh_wake, or a sub-question). When it has a
 * result in query->outcome it returns STEP_DONE, and the module before it is stepped again, which
 * now judges. STEP_DONE of the first module ends the query. Modules do not know each other.
 */
#ifndef TREESHREW_SERVICES_QUERY_MODULE_H
#define TREESHREW_SERVICES_QUERY_MODULE_H

#include "util/base.h"

struct query;
struct env;

enum step {
    STEP_AGAIN, /* step me again (after others had their turn) */
    STEP_WAIT,  /* something that I arranged will wake the query */
    STEP_PASS,  /* the next module's turn */
    STEP_DONE   /* outcome is set: the module before me, or the end */
};

struct module {
    const char *name;
    enum step (*step)(struct query *query, void **state);
    /** Withdraws what the state has under way (questions to servers); memory is the arena's. */
    void (*abandon)(struct query *query, void **state);
};

enum { MODULES_MAX = 4 };

#endif
