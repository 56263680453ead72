/*
 * keeper.h - keeps the trust anchors of auto-trust-anchor-file up to date: asks for the keys in
 * time, has the files written.
 *
 * One thread's resolver has one (resolver_keep_anchors). It asks through the mesh, as a client
 * would; what comes is judged by the validator, which notes in the trust points what was
 * learned. After each event the resolver runs the keeper, and what was noted is carried out:
 * other threads get new anchors, the files their texts. No file is opened here.
 */
#ifndef TREESHREW_LIB_KEEPER_H
#define TREESHREW_LIB_KEEPER_H

#include "lib/resolver.h"
#include "services/query/mesh.h"
#include "validator/trust_points.h"

struct keeper;

struct keeper_place {
    struct world *world;
    struct mesh *mesh;
    struct log *log;
    struct trust_points *points;
    /** The env for questions, and the options, as they are now. */
    struct env *(*env)(void *context);
    const struct options *(*options)(void *context);
    /** The keys of that zone that are trusted are others now. False: no memory, ask again. */
    bool (*publish)(void *context, struct dname zone);
    void *context;
    resolver_write_file *write_file;
    void *write_context;
};

/** @return NULL: no memory. */
struct keeper *keeper_new(const struct keeper_place *place);

/** What is not written yet is tried once more. */
void keeper_free(struct keeper *keeper);

/** After each event and each reload. @return true: questions were begun, the mesh is to run. */
bool keeper_run(struct keeper *keeper);

#endif
