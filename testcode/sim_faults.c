/*
 * sim_faults.c - the table of faults, and damage to packets.
 */
#include "testcode/sim_faults.h"

enum { HEADER = 12 };

static const struct {
    const char *word;
    bool healthy, silent;
} kinds[FAULT_KINDS] = {
#define SIM_FAULT_ROW(name, word, healthy, silent) [FAULT_##name] = {word, healthy, silent},
    SIM_FAULT_TABLE(SIM_FAULT_ROW)
#undef SIM_FAULT_ROW
};

const char *sim_fault_word(enum sim_fault_kind kind)
{
    return kinds[kind].word;
}

bool sim_fault_is_healthy(const struct sim_fault *fault)
{
    return kinds[fault->kind].healthy && fault->tcp == TCP_WORKS && fault->loss_permil == 0;
}

bool sim_fault_is_silent(const struct sim_fault *fault)
{
    return kinds[fault->kind].silent || fault->loss_permil != 0 || fault->tcp == TCP_SILENT;
}

static enum sim_fault_kind draw(struct sim_random *random, bool healthy)
{
    enum sim_fault_kind kind;

    do {
        kind = (enum sim_fault_kind)sim_between(random, 1, FAULT_KINDS - 1);
    } while (kinds[kind].healthy != healthy);
    return kind;
}

enum sim_fault_kind sim_fault_bad(struct sim_random *random)
{
    return draw(random, false);
}

enum sim_fault_kind sim_fault_mild(struct sim_random *random)
{
    return draw(random, true);
}

uint32_t sim_fault_delay_ms(const struct sim_fault *fault, struct sim_random *random)
{
    return fault->delay_ms + (fault->jitter_ms == 0 ? 0 : sim_below(random, fault->jitter_ms));
}

/* ---- signatures and proofs ---- */

static const struct {
    const char *word;
    bool of_zone, of_server;
} flaws[FLAW_KINDS] = {
#define SIM_FLAW_ROW(name, word, of_zone, of_server) [FLAW_##name] = {word, of_zone, of_server},
    SIM_FLAW_TABLE(SIM_FLAW_ROW)
#undef SIM_FLAW_ROW
};

const char *sim_flaw_word(enum sim_flaw flaw)
{
    return flaws[flaw].word;
}

enum sim_flaw sim_flaw_of_zone(struct sim_random *random)
{
    enum sim_flaw flaw;

    do {
        flaw = (enum sim_flaw)sim_between(random, 1, FLAW_KINDS - 1);
    } while (!flaws[flaw].of_zone);
    return flaw;
}

enum sim_flaw sim_flaw_of_server(struct sim_random *random)
{
    enum sim_flaw flaw;

    do {
        flaw = (enum sim_flaw)sim_between(random, 1, FLAW_KINDS - 1);
    } while (!flaws[flaw].of_server);
    return flaw;
}

bool sim_flaw_spoils_data(enum sim_flaw flaw)
{
    return flaw >= FLAW_EXPIRED && flaw <= FLAW_STRIPPED;
}

bool sim_flaw_spoils_proofs(enum sim_flaw flaw)
{
    return sim_flaw_spoils_data(flaw) || flaw == FLAW_NO_PROOF || flaw == FLAW_WRONG_PROOF;
}

bool sim_flaw_spoils_keys(enum sim_flaw flaw)
{
    return flaw >= FLAW_NO_KEYS && flaw <= FLAW_REVOKED;
}

/* ---- packets ---- */

size_t sim_fault_corrupt(uint8_t *packet, size_t size, struct sim_random *random)
{
    switch (sim_below(random, 6)) {
    case 0: return sim_below(random, (uint32_t)size); /* cut anywhere */
    case 1: packet[sim_below(random, 2)] ^= (uint8_t)sim_between(random, 1, 255); break;
    case 2: packet[4 + 2 * sim_between(random, 1, 3)] = 1; break; /* 256 records more */
    case 3: packet[HEADER] = 0xff; break;                         /* pointer to nowhere */
    case 4:
        packet[HEADER] = (uint8_t)(packet[HEADER] ^ 0x40);
        break;                         /* a reserved label type */
    default: packet[2] &= 0x7f; break; /* no answer at all */
    }
    return size;
}
