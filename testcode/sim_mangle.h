/*
 * sim_mangle.h - an attacker on the way, who follows a script: what servers say is changed.
 *
 * Used by swarm_run.c for conversation_fuzz.c. The script is octets, read as orders of four:
 * which reply it is for, what is done with it, where. Any octets are a script.
 */
#ifndef TREESHREW_TESTCODE_SIM_MANGLE_H
#define TREESHREW_TESTCODE_SIM_MANGLE_H

#include "util/wire/message.h"

enum { SIM_KEPT_MAX = 32 };

struct sim_mangler {
    struct slice script;
    struct arena *arena; /* of the run: for RRsets that are shown once more */
    unsigned replies;    /* so far */
    unsigned kept_count;
    const struct rrset *kept[SIM_KEPT_MAX]; /* that were seen before */
};

/** Before the reply is written: RRsets left out, moved, repeated, stripped of signatures, other
 *  TTLs and codes. */
void sim_mangle_message(struct sim_mangler *mangler, struct message *reply,
                        struct arena *arena);

/** As it leaves: octets changed, the end cut off. @return the new size; 0: it is lost. */
size_t sim_mangle_octets(struct sim_mangler *mangler, uint8_t *octets, size_t size);

#endif
