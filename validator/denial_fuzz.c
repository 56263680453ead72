/*
 * denial_fuzz.c - records of any octets, questions of any names: what is proven hangs together.
 *
 * The input is cut into pieces by their length octets: the asked name, then rdata of NSEC and
 * NSEC3 by turns, whose owners are taken out of the octets as well.
 */
#include <string.h>

#include "util/text.h"
#include "validator/denial.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { RECORDS_MAX = 12 };

struct world_of_one {
    struct arena *arena;
    struct crypto *crypto;
    struct budget *budget;
    struct dname zone, name;
};

static struct dname name_of(struct world_of_one *world, struct slice octets)
{
    struct cursor in = cursor_of(octets);
    struct dname name;

    return dname_read(&in, world->arena, &name) == STATUS_OK ? name : world->zone;
}

static void check_bitmap(struct slice bitmap)
{
    for (uint16_t type = 0; type < 300; type++) {
        if (bitmap_has(bitmap, type))
            ASSERT(bitmap.size >= 3);
    }
}

/* A name is at the owner, in the span, above the next name, or none of these: never two. */
static void check_nsec(struct world_of_one *world, const struct rrset *set)
{
    struct nsec nsec;
    bool covers;

    if (!nsec_read(set, world->zone, &nsec))
        return;
    ASSERT(bitmap_check(nsec.bitmap) && dname_is_at_or_below(nsec.next, world->zone));
    check_bitmap(nsec.bitmap);
    covers = nsec_covers(&nsec, world->name, world->zone);
    ASSERT(nsec_matches(&nsec, world->name) + covers + nsec_shows_empty(&nsec, world->name) <=
           1);
    if (covers) {
        ASSERT(dname_is_below(world->name, nsec_encloser(&nsec, world->name)));
        ASSERT(dname_is_at_or_below(nsec_encloser(&nsec, world->name), world->zone));
    }
    ASSERT(!nsec_covers(&nsec, nsec.owner, world->zone));
    ASSERT(!nsec_covers(&nsec, nsec.next, world->zone));
}

/* One record out of a piece: the owner's first octets, the rest is rdata. */
static const struct rrset *set_of(struct world_of_one *world, struct slice piece, bool hashed)
{
    char label[64];
    uint8_t storage[DNAME_MAX];
    struct text text = text_in(world->arena);
    struct dname owner = world->zone, prefix;
    struct cursor in = cursor_of(piece);
    struct slice rdata;
    struct rrset_parts parts = {.rrclass = CLASS_IN, .rdata = &rdata, .rr_count = 1};

    if (hashed) {
        text_add_base32hex(&text, cursor_bytes(&in, NSEC3_HASH_SIZE));
        strncpy(label, text.used == 0 ? "x" : text_done(&text), sizeof(label) - 1);
        label[sizeof(label) - 1] = '\0';
        if (dname_from_text_in(world->arena, label, &prefix) == STATUS_OK)
            (void)dname_join(prefix, 1, world->zone, storage, &owner);
    } else {
        (void)dname_read_plain(&in, &owner);
    }
    rdata = cursor_failed(&in) ? piece : cursor_rest(&in);
    parts.owner = owner;
    parts.type = hashed ? TYPE_NSEC3 : TYPE_NSEC;
    return rrset_in(world->arena, &parts);
}

static void check_proof(const struct proof *proof, enum denied may_be, enum denied or_be)
{
    ASSERT(proof->what == DENIED_NOTHING || proof->what == DENIED_ANYTHING ||
           proof->what == may_be || proof->what == or_be);
    ASSERT((proof->what == DENIED_NOTHING) == (proof->security == SEC_BOGUS));
    ASSERT((proof->what == DENIED_NOTHING) == (proof->used[0] == NULL));
    ASSERT(proof->security != SEC_SECURE || !proof->opt_out);
    ASSERT((proof->security == SEC_BOGUS || proof->what == DENIED_ANYTHING) ==
           (proof->finding.cause != NULL));
}

static void ask_all(struct world_of_one *world, struct denial *denial)
{
    struct proof name = denial_of_name(denial, world->name);
    struct proof type = denial_of_type(denial, world->name, TYPE_A);
    struct proof closer = denial_of_closer(denial, world->name, world->zone.labels);
    struct proof ds = denial_of_ds(denial, world->name);

    check_proof(&name, DENIED_NAME, DENIED_NAME);
    check_proof(&type, DENIED_TYPE, DENIED_TYPE);
    check_proof(&closer, DENIED_CLOSER, DENIED_CLOSER);
    check_proof(&ds, DENIED_DS, DENIED_CUT);
    if (ds.what != DENIED_NOTHING)
        ASSERT(dname_is_below(world->name, world->zone));
}

static void run(struct world_of_one *world, struct cursor *in)
{
    struct denial denial;
    static const struct nsec3_rules few = {5, 8};

    dname_from_text_in(world->arena, "a.example.", &world->zone);
    world->name = name_of(world, cursor_bytes(in, cursor_u8(in)));
    denial_begin(&denial, world->zone, &few, NULL, world->crypto, world->budget, world->arena);
    for (unsigned i = 0; i < RECORDS_MAX && cursor_left(in) > 0; i++) {
        uint8_t kind = cursor_u8(in);
        const struct rrset *set =
            set_of(world, cursor_bytes(in, cursor_u8(in)), (kind & 1) != 0);

        if (set == NULL)
            return;
        check_nsec(world, set);
        denial_add(&denial, set, (kind & 6) == 6);
    }
    ask_all(world, &denial);
}

/* Made once: it takes longer than a run, and is never changed. */
static struct crypto *the_crypto(void)
{
    static struct crypto *crypto;
    struct crypto_policy policy = {false, false, false};

    if (crypto == NULL)
        crypto = crypto_new(&policy);
    return crypto;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct budget_limits limits;
    struct world_of_one world;
    struct cursor in = cursor_of(slice_of(data, size));

    budget_limits_default(&limits);
    world.arena = arena_new(0);
    world.crypto = the_crypto();
    world.budget = budget_new(&limits, 0);
    if (world.arena != NULL && world.crypto != NULL && world.budget != NULL)
        run(&world, &in);
    budget_unref(world.budget);
    arena_free(world.arena);
    return 0;
}
