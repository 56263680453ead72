/*
 * anchor_set_test.c - anchors out of files, and which key sets they vouch for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "tools/anchor_set.h"
#include "validator/digest.h"
#include "validator/signed_for_tests.h"

struct lab {
    struct arena *arena;
    struct crypto *crypto;
    struct signer ksk, next;
};

static int set_up(void **state)
{
    const struct crypto_policy policy = {0};
    struct lab *lab = calloc(1, sizeof(*lab));

    lab->arena = arena_new(0);
    lab->crypto = crypto_new(&policy);
    signer_init(&lab->ksk, lab->arena, ".", 1, DNSKEY_ZONE | DNSKEY_SEP);
    signer_init(&lab->next, lab->arena, ".", 2, DNSKEY_ZONE | DNSKEY_SEP);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    signer_clear(&lab->ksk);
    signer_clear(&lab->next);
    crypto_free(lab->crypto);
    arena_free(lab->arena);
    free(lab);
    return 0;
}

/* ---- reading and writing ---- */

#define KSK17                                                                                  \
    ". IN DS 20326 8 2 e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d\n"
#define KSK24                                                                                  \
    ". IN DS 38696 8 2 683d2d0acb8c9b712a1948b27f741219298d0a450d612c483af444a4c0fb2b16\n"

#define KEY_A "257 3 15 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY_B "257 3 15 BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct {
    const char *why, *text;
    enum status status;
    const char *records; /* or how the reason begins */
} files[] = {
    {"no file: the built-in ones", NULL, STATUS_OK, KSK17 KSK24},
    {"what shrew-anchor writes", "; a remark\n" KSK24, STATUS_OK, KSK24},
    {"with TTL and blanks",
     ".\t86400  IN DS 20326 8 2 (\n E06D44B80B8F1D39A95C0B0D7C65D084\n"
     "58E880409BBC683457104237C7F8EC8D ) ; 2017\n",
     STATUS_OK, KSK17},
    {"keys", ". IN DNSKEY 257 3 15 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", STATUS_OK,
     ". IN DNSKEY 257 3 15 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"},
    {"a file that shrewd keeps: what is trusted of it",
     "; autotrust trust anchor file\n;;id: . 1\n;;last_queried: 1795300000 ;;x\n"
     ".\t172800\tIN\tDNSKEY\t" KEY_A " ;{id = 1 (ksk), size = 256b} ;;state=2 [  VALID  ] "
     ";;count=0 ;;lastchange=1795300000 ;;x\n"
     ".\t172800\tIN\tDNSKEY\t" KEY_B " ;{id = 2 (ksk), size = 256b} ;;state=1 [ ADDPEND ] "
     ";;count=2 ;;lastchange=1795300000 ;;x\n",
     STATUS_OK, ". IN DNSKEY " KEY_A "\n"},
    {"all keys were revoked", ";;REVOKED\n;;id: . 1\n", STATUS_OK, ""},
    {"two zones",
     "example. IN DS 1 13 2 "
     "0000000000000000000000000000000000000000000000000000000000000000\n" KSK24,
     STATUS_MALFORMED, "trust anchors file, line 2: a second zone"},
    {"no record", "; nothing\n", STATUS_MALFORMED, "trust anchors file: there is no trusted"},
    {"another zone only",
     "example. IN DS 1 13 2 "
     "0000000000000000000000000000000000000000000000000000000000000000\n",
     STATUS_NOT_FOUND, "there is no anchor of the root"},
    {"something else", "root:x:0:0:root:/root:/bin/bash\n", STATUS_MALFORMED,
     "trust anchors file, line 1: "},
    {"a digest cut short", "; one\n. IN DS 20326 8 2 zz\n", STATUS_MALFORMED,
     "trust anchors file, line 2: "},
};

static void files_are_read(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(files); i++) {
        struct text records = text_in(lab->arena);
        struct anchor_set set;
        const char *why = NULL;
        enum status status = anchor_set_read(files[i].text, lab->arena, &set, &why);

        if (status != files[i].status)
            fail_msg("%s: %s: %s", files[i].why, status_text(status), why);
        if (status != STATUS_OK &&
            strncmp(why, files[i].records, strlen(files[i].records)) != 0)
            fail_msg("%s: %s", files[i].why, why);
        if (status != STATUS_OK)
            continue;
        text_add(&records, "");
        anchor_set_write(&set, &records);
        if (strcmp(text_done(&records), files[i].records) != 0)
            fail_msg("%s:\n%s", files[i].why, text_done(&records));
        anchor_set_clear(&set);
    }
}

/* ---- proving ---- */

static const struct {
    const char *why;
    const char *anchors; /* "k": DS of the key; "K": the key itself; "n", "N": of the next one;
                            "-": revoked */
    const char *keys, *by;
    int64_t later_s;
    enum status status;
    char signed_by;    /* with STATUS_OK */
    const char *words; /* else: how the reason begins */
} proofs[] = {
    {"the key's digest", "k", "k", "k", 0, STATUS_OK, 'k', ""},
    {"the key itself", "K", "k", "k", 0, STATUS_OK, 'k', ""},
    {"one of two anchors", "nk", "k", "k", 0, STATUS_OK, 'k', ""},
    {"a rollover, the old anchor", "k", "kn", "kn", 0, STATUS_OK, 'k', ""},
    {"a rollover, the new anchor", "n", "kn", "kn", 0, STATUS_OK, 'n', ""},
    {"the key is there, but only the other one signs", "k", "kn", "n", 0, STATUS_MALFORMED, 0,
     ""},
    {"the key has gone", "k", "n", "n", 0, STATUS_MALFORMED, 0, ""},
    {"all keys were revoked", "-", "k", "k", 0, STATUS_MALFORMED, 0, "all keys of the root"},
    {"no signature, as behind a forwarder that takes them away", "k", "k", "", 0,
     STATUS_MALFORMED, 0, ""},
    {"the clock is years behind", "k", "k", "k", -100000000, STATUS_MALFORMED, 0,
     "sig=future for ./DNSKEY"},
    {"the clock is years ahead", "k", "k", "k", 100000000, STATUS_MALFORMED, 0,
     "sig=expired for ./DNSKEY"},
    {"the clock is minutes behind what the signature says", "k", "k", "k",
     TEST_BEGIN_S - TEST_NOW_S - 600, STATUS_OK, 'k', ""},
};

static void add_anchor(struct lab *lab, struct text *text, char which)
{
    const struct signer *signer = which == 'k' || which == 'K' ? &lab->ksk : &lab->next;
    struct slice rdata = slice_of(signer->rdata, sizeof(signer->rdata));
    uint8_t digest[DIGEST_MAX];

    if (which == '-') {
        text_add(text, ";;REVOKED\n;;id: . 1\n");
        return;
    }
    if (which == 'K' || which == 'N') {
        text_add(text, ". IN DNSKEY ");
        rdata_to_text(text, rdata, TYPE_DNSKEY, CLASS_IN);
    } else {
        assert_int_equal(digest_ds(lab->crypto, DIGEST_SHA256, dname_root, rdata, digest),
                         STATUS_OK);
        text_printf(text, ". IN DS %u 15 2 ", signer->tag);
        text_add_hex(text, slice_of(digest, 32));
    }
    text_add_char(text, '\n');
}

static const struct rrset *keys_of(struct lab *lab, const char *keys, const char *by)
{
    const struct signer *signers[2] = {NULL, NULL};
    struct slice rrsigs[2];
    struct rrset *set;
    size_t count = 0, signed_by = 0;

    for (; keys[count] != '\0'; count++)
        signers[count] = keys[count] == 'k' ? &lab->ksk : &lab->next;
    set = dnskeys_of(lab->arena, signers, count);
    for (; by[signed_by] != '\0'; signed_by++)
        rrsigs[signed_by] =
            sign(by[signed_by] == 'k' ? &lab->ksk : &lab->next, lab->arena, set, NULL);
    return with_rrsigs(lab->arena, set, rrsigs, signed_by);
}

static void keys_are_proven(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(proofs); i++) {
        struct text text = text_in(lab->arena);
        struct anchor_set set;
        uint16_t key_tag = 0;
        const char *why = NULL;
        enum status status;

        for (const char *anchor = proofs[i].anchors; *anchor != '\0'; anchor++)
            add_anchor(lab, &text, *anchor);
        assert_int_equal(anchor_set_read(text_done(&text), lab->arena, &set, &why), STATUS_OK);
        status = anchor_set_prove(&set, keys_of(lab, proofs[i].keys, proofs[i].by), lab->crypto,
                                  TEST_NOW_S + proofs[i].later_s, lab->arena, &key_tag, &why);
        anchor_set_clear(&set);
        if (status != proofs[i].status)
            fail_msg("%s: %s: %s", proofs[i].why, status_text(status), why);
        if (status == STATUS_OK &&
            key_tag != (proofs[i].signed_by == 'k' ? lab->ksk.tag : lab->next.tag))
            fail_msg("%s: signed by %u", proofs[i].why, key_tag);
        if (status != STATUS_OK && strncmp(why, proofs[i].words, strlen(proofs[i].words)) != 0)
            fail_msg("%s: %s", proofs[i].why, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_are_read),
                                       cmocka_unit_test(keys_are_proven)};

    return cmocka_run_group_tests_name("anchor_set", tests, set_up, tear_down);
}
