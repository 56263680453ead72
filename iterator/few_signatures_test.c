/*
 * few_signatures_test.c - which signatures stay when there are more than are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "iterator/few_signatures.h"
#include "util/base.h"
#include "util/wire/rdata.h"
#include "util/wire/types.h"

enum { SETS_MOST = 12, KEY_SIZE = 5, SIGNATURE_SIZE = 20 };

/* Keys and signatures are letters: an upper case key has the SEP flag; a letter is also the
 * number of its algorithm. */
static const struct {
    const char *why;
    uint16_t type;
    const char *keys, *signers;
    size_t most;
    const char *want; /* x stays, - goes */
} cases[] = {
    {"the first ones, where nothing speaks for others", TYPE_A, "a", "aaaaaa", 4, "xxxx--"},
    {"each algorithm once before there is a second", TYPE_A, "ab", "aaaaab", 4, "xxx--x"},
    {"and so on in turn", TYPE_A, "ab", "aaabbb", 4, "xx-xx-"},
    {"of a DNSKEY set those by entry points", TYPE_DNSKEY, "abcdEF", "abcdEF", 4, "xx--xx"},
    {"the last one alone", TYPE_DNSKEY, "aaaaaB", "aaaaaB", 1, "-----x"},
    {"more entry points than may stay", TYPE_DNSKEY, "ABCDEF", "ABCDEF", 4, "xxxx--"},
    {"a set without entry points", TYPE_DNSKEY, "abcdef", "abcdef", 2, "xx----"},
    {"keys that are not there are no entry points", TYPE_DNSKEY, "A", "zzzzA", 2, "x---x"},
    {"room for all", TYPE_DNSKEY, "aB", "aB", 4, "xx"},
};

static uint8_t algorithm_of(char letter)
{
    return (uint8_t)(letter & 31);
}

static struct slice key_of(char letter, uint8_t *out)
{
    bool is_entry_point = letter < 'a';

    out[0] = 1;
    out[1] = is_entry_point;
    out[2] = 3;
    out[3] = algorithm_of(letter);
    out[4] = (uint8_t)letter;
    return slice_of(out, KEY_SIZE);
}

static struct slice signature_by(char letter, uint8_t *out)
{
    uint8_t key[KEY_SIZE];
    uint16_t tag = dnskey_tag(key_of(letter, key));

    memset(out, 0, SIGNATURE_SIZE); /* the signer is the root */
    out[2] = algorithm_of(letter);
    out[16] = (uint8_t)(tag >> 8);
    out[17] = (uint8_t)tag;
    return slice_of(out, SIGNATURE_SIZE);
}

static const struct rrset *set_of(struct arena *arena, uint16_t type, const char *keys,
                                  const char *signers)
{
    uint8_t octets[2 * SETS_MOST][SIGNATURE_SIZE];
    struct slice rdata[2 * SETS_MOST];
    size_t key_count = strlen(keys), count = strlen(signers);
    struct rrset_parts parts = {.owner = dname_root,
                                .type = type,
                                .rrclass = CLASS_IN,
                                .ttl_s = 300,
                                .rdata = rdata,
                                .rr_count = (uint16_t)key_count,
                                .rrsig_count = (uint16_t)count};

    for (size_t i = 0; i < key_count; i++)
        rdata[i] = key_of(keys[i], octets[i]);
    for (size_t i = 0; i < count; i++)
        rdata[key_count + i] = signature_by(signers[i], octets[key_count + i]);
    return rrset_in(arena, &parts);
}

static void which_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *arena = arena_new(0);
        const struct rrset *set = set_of(arena, cases[i].type, cases[i].keys, cases[i].signers);
        bool stays[SETS_MOST];
        char seen[SETS_MOST + 1] = "";

        few_signatures(set, cases[i].most, stays);
        for (size_t k = 0; k < set->rrsig_count; k++)
            seen[k] = stays[k] ? 'x' : '-';
        if (strcmp(seen, cases[i].want) != 0)
            fail_msg("%s: %s, want %s", cases[i].why, seen, cases[i].want);
        arena_free(arena);
    }
}

/* Behind those that are looked at the rest follows in order, as far as there is room. */
static void very_many(void **state)
{
    struct arena *arena = arena_new(0);
    uint8_t octets[SIGNATURE_SIZE], key[KEY_SIZE];
    struct slice rdata[1 + 50];
    struct rrset_parts parts = {.owner = dname_root,
                                .type = TYPE_DNSKEY,
                                .rrclass = CLASS_IN,
                                .rdata = rdata,
                                .rr_count = 1,
                                .rrsig_count = 50};
    bool stays[50];
    size_t kept = 0;

    (void)state;
    rdata[0] = key_of('A', key);
    for (size_t i = 1; i < COUNT(rdata); i++)
        rdata[i] = signature_by('A', octets);
    few_signatures(rrset_in(arena, &parts), 40, stays);
    for (size_t i = 0; i < COUNT(stays); i++)
        kept += stays[i];
    assert_int_equal(kept, 40);
    assert_true(stays[39]);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_stay),
        cmocka_unit_test(very_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
