/*
 * anchor_cms_test.c - whose signatures on root-anchors.xml are believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tools/anchor_ca.h"
#include "tools/anchor_cms.h"
#include "tools/anchor_set.h"
#include "tools/anchor_xml.h"
#include "tools/iana_2024_for_tests.h"
#include "tools/signed_file_for_tests.h"
#include "util/text.h"

enum { NOW_S = 1795305600, YEAR_S = 31536000 };

static const char content_text[] = "<TrustAnchor/>\n";

enum who {
    CA,       /* ours */
    STRANGER, /* another CA of the same name */
    BETWEEN,  /* certified by CA, may certify */
    GOOD,     /* by CA */
    BELOW,    /* by BETWEEN */
    EXPIRED,
    EARLY,
    OTHER_ADDRESS,
    ALTERNATIVE, /* the address is not in the subject */
    NO_ADDRESS,
    FOR_SERVERS,
    FOR_MAIL,
    FORGED, /* by STRANGER */
    ALONE,  /* by itself */
    WHOS
};

#define LIVES   .begin_s = NOW_S - YEAR_S, .end_s = NOW_S + YEAR_S
#define ADDRESS .address = "dnssec@iana.org"
static const struct {
    int issuer; /* -1: itself */
    struct how_certified how;
} parties[WHOS] = {
    [CA] = {-1, {.name = "Test CA", .is_ca = true, LIVES}},
    [STRANGER] = {-1, {.name = "Test CA", .is_ca = true, LIVES}},
    [BETWEEN] = {CA, {.name = "Between", .is_ca = true, LIVES}},
    [GOOD] = {CA, {.name = "Signer", ADDRESS, LIVES}},
    [BELOW] = {BETWEEN, {.name = "Signer", ADDRESS, LIVES}},
    [EXPIRED] = {CA,
                 {.name = "Signer", ADDRESS, .begin_s = NOW_S - YEAR_S, .end_s = NOW_S - 1}},
    [EARLY] = {CA, {.name = "Signer", ADDRESS, .begin_s = NOW_S + 1, .end_s = NOW_S + YEAR_S}},
    [OTHER_ADDRESS] =
        {CA, {.name = "dnssec@iana.org", .address = "dnssec@iana.org.example", LIVES}},
    [ALTERNATIVE] = {CA, {.name = "Signer", .alternative = "email:dnssec@iana.org", LIVES}},
    [NO_ADDRESS] = {CA, {.name = "dnssec@iana.org", LIVES}},
    [FOR_SERVERS] = {CA, {.name = "Signer", ADDRESS, .uses = "serverAuth", LIVES}},
    [FOR_MAIL] = {CA, {.name = "Signer", ADDRESS, .uses = "emailProtection", LIVES}},
    [FORGED] = {STRANGER, {.name = "Signer", ADDRESS, LIVES}},
    [ALONE] = {-1, {.name = "Alone", ADDRESS, LIVES}},
};

struct lab {
    struct arena *arena;
    struct party parties[WHOS];
};

static int set_up(void **state)
{
    struct lab *lab = calloc(1, sizeof(*lab));

    lab->arena = arena_new(0);
    for (size_t i = 0; i < WHOS; i++)
        party_init(&lab->parties[i],
                   parties[i].issuer < 0 ? NULL : &lab->parties[parties[i].issuer],
                   &parties[i].how);
    *state = lab;
    return 0;
}

static int tear_down(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < WHOS; i++)
        party_clear(&lab->parties[i]);
    arena_free(lab->arena);
    free(lab);
    return 0;
}

static struct slice pem_of(struct lab *lab, enum who one, enum who other)
{
    const struct party *both[] = {&lab->parties[one], &lab->parties[other]};

    return party_pem(both, one == other ? 1 : 2, lab->arena);
}

/* ---- who has signed ---- */

static const struct {
    const char *why;
    enum who signer;
    int between; /* sent along; -1: nobody */
    enum who ca, ca_too;
    int64_t later_s;
    enum status status;
    const char *words; /* how it begins */
} signers[] = {
    {"as it should be", GOOD, -1, CA, CA, 0, STATUS_OK, ""},
    {"the address in the alternative name", ALTERNATIVE, -1, CA, CA, 0, STATUS_OK, ""},
    {"for e-mail only", FOR_MAIL, -1, CA, CA, 0, STATUS_OK, ""},
    {"one certificate between, sent along", BELOW, BETWEEN, CA, CA, 0, STATUS_OK, ""},
    {"one between, in the bundle of the CA", BELOW, -1, CA, BETWEEN, 0, STATUS_OK, ""},
    {"one of two that are trusted", GOOD, -1, ALONE, CA, 0, STATUS_OK, ""},
    {"one between, nowhere to be had", BELOW, -1, CA, CA, 0, STATUS_MALFORMED,
     "the signature is not good"},
    {"only the one between is given: it is trusted by nobody", BELOW, -1, BETWEEN, BETWEEN, 0,
     STATUS_MALFORMED, "the signature is not good"},
    {"only the signer's own certificate is given", GOOD, -1, GOOD, GOOD, 0, STATUS_MALFORMED,
     "the signature is not good"},
    {"another CA", GOOD, -1, STRANGER, STRANGER, 0, STATUS_MALFORMED,
     "the signature is not good"},
    {"a CA of the same name has certified", FORGED, -1, CA, CA, 0, STATUS_MALFORMED,
     "the signature is not good"},
    {"and is sent along", FORGED, STRANGER, CA, CA, 0, STATUS_MALFORMED,
     "the signature is not good"},
    {"certified by itself", ALONE, -1, CA, CA, 0, STATUS_MALFORMED,
     "the signature is not good"},
    {"expired a second ago", EXPIRED, -1, CA, CA, 0, STATUS_MALFORMED,
     "the signature is not good: certificate verify error: Verify error: certificate has "
     "expired"},
    {"good in a second", EARLY, -1, CA, CA, 0, STATUS_MALFORMED,
     "the signature is not good: certificate verify error: Verify error: certificate is not "
     "yet "
     "valid"},
    {"the same, a second later", EARLY, -1, CA, CA, 1, STATUS_OK, ""},
    {"a machine whose clock is two years fast", GOOD, -1, CA, CA, 2 * YEAR_S, STATUS_MALFORMED,
     "the signature is not good"},
    {"for web servers", FOR_SERVERS, -1, CA, CA, 0, STATUS_MALFORMED,
     "the signature is not good"},
    {"somebody else whom the CA knows", OTHER_ADDRESS, -1, CA, CA, 0, STATUS_MALFORMED,
     "the signer is not dnssec@iana.org"},
    {"the address is only a name", NO_ADDRESS, -1, CA, CA, 0, STATUS_MALFORMED,
     "the signer is not dnssec@iana.org"},
};

static void signers_are_judged(void **state)
{
    struct lab *lab = *state;
    struct slice content = slice_of(content_text, sizeof(content_text) - 1);

    for (size_t i = 0; i < COUNT(signers); i++) {
        const struct party *between =
            signers[i].between < 0 ? NULL : &lab->parties[signers[i].between];
        struct cms_check check = {
            .content = content,
            .signature = party_sign(&lab->parties[signers[i].signer], between, content,
                                    CMS_DETACHED, lab->arena),
            .ca = pem_of(lab, signers[i].ca, signers[i].ca_too),
            .signer = "dnssec@iana.org",
            .wall_s = NOW_S + signers[i].later_s,
        };
        const char *why = NULL;
        enum status status = anchor_cms_verify(&check, lab->arena, &why);

        if (status != signers[i].status ||
            strncmp(why, signers[i].words, strlen(signers[i].words)) != 0 ||
            (status == STATUS_OK && *why != '\0'))
            fail_msg("%s: %s: %s", signers[i].why, status_text(status), why);
    }
}

/* ---- what was signed ---- */

enum form {
    FORM_GOOD,
    FORM_EMPTY,
    FORM_SHORT,        /* without its last octet */
    FORM_LONG,         /* with one more */
    FORM_BROKEN,       /* the last octet, which is of the signature, is another */
    FORM_TEXT,         /* not CMS at all */
    FORM_LARGE,        /* more than is read */
    FORM_WITH_CONTENT, /* not detached */
    FORM_NOBODY,       /* certificates, no signature */
    FORM_DATA          /* CMS of another type */
};

static const struct {
    const char *why;
    enum form form;
    const char *content; /* NULL: as it was signed */
    const char *ca;      /* NULL: the right one */
    enum status status;
    const char *words;
} forms[] = {
    {"as it should be", FORM_GOOD, NULL, NULL, STATUS_OK, ""},
    {"one octet more in the file", FORM_GOOD, "<TrustAnchor/>\n\n", NULL, STATUS_MALFORMED,
     "the signature is not good"},
    {"another end of line", FORM_GOOD, "<TrustAnchor/>\r\n", NULL, STATUS_MALFORMED,
     "the signature is not good"},
    {"an empty file", FORM_GOOD, "", NULL, STATUS_MALFORMED, "the signature is not good"},
    {"no signature", FORM_EMPTY, NULL, NULL, STATUS_MALFORMED, "the signature is not CMS"},
    {"a signature cut short", FORM_SHORT, NULL, NULL, STATUS_MALFORMED,
     "the signature is not CMS"},
    {"something behind it", FORM_LONG, NULL, NULL, STATUS_MALFORMED,
     "the signature is not CMS"},
    {"a wrong signature", FORM_BROKEN, NULL, NULL, STATUS_MALFORMED,
     "the signature is not good"},
    {"a web page", FORM_TEXT, NULL, NULL, STATUS_MALFORMED, "the signature is not CMS"},
    {"a large one", FORM_LARGE, NULL, NULL, STATUS_LIMIT, "the signature or the CA file"},
    {"a message that brings its own content", FORM_WITH_CONTENT, NULL, NULL, STATUS_MALFORMED,
     "the signature is not a detached one"},
    {"the same with another file", FORM_WITH_CONTENT, "<Trust", NULL, STATUS_MALFORMED,
     "the signature is not a detached one"},
    {"certificates that nobody signed with", FORM_NOBODY, NULL, NULL, STATUS_MALFORMED, "the "},
    {"CMS without a signature", FORM_DATA, NULL, NULL, STATUS_MALFORMED,
     "the CMS message holds no signature"},
    {"no CA", FORM_GOOD, NULL, "", STATUS_NOT_FOUND, "there is no certificate"},
    {"a CA file with something else", FORM_GOOD, NULL, "# none\n", STATUS_NOT_FOUND,
     "there is no certificate"},
    {"a CA file with a broken certificate", FORM_GOOD, NULL,
     "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", STATUS_NOT_FOUND,
     "there is no certificate"},
    {"ICANN's certificate does not vouch for us", FORM_GOOD, NULL, anchor_ca_icann,
     STATUS_MALFORMED, "the signature is not good"},
};

static struct slice nobodys(struct lab *lab, struct slice content)
{
    BIO *in = BIO_new_mem_buf(content.data, (int)content.size), *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms =
        CMS_sign(NULL, NULL, NULL, in, CMS_DETACHED | CMS_BINARY | CMS_PARTIAL);

    ASSERT(cms != NULL && CMS_add1_cert(cms, lab->parties[GOOD].certificate) == 1);
    ASSERT(i2d_CMS_bio(out, cms) == 1);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return bio_octets(out, lab->arena);
}

static struct slice data_of(struct lab *lab, struct slice content)
{
    BIO *in = BIO_new_mem_buf(content.data, (int)content.size), *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = CMS_data_create(in, CMS_BINARY);

    ASSERT(cms != NULL && i2d_CMS_bio(out, cms) == 1);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return bio_octets(out, lab->arena);
}

static struct slice signature_of(struct lab *lab, enum form form, struct slice content)
{
    struct slice made = party_sign(&lab->parties[GOOD], NULL, content,
                                   form == FORM_WITH_CONTENT ? 0 : CMS_DETACHED, lab->arena);
    uint8_t *octets = arena_alloc(lab->arena, CMS_SIZE_MAX + 1);

    memcpy(octets, made.data, made.size);
    switch (form) {
    case FORM_GOOD:
    case FORM_WITH_CONTENT: return made;
    case FORM_EMPTY: return slice_of(NULL, 0);
    case FORM_SHORT: return slice_of(octets, made.size - 1);
    case FORM_LONG: return slice_of(octets, made.size + 1);
    case FORM_BROKEN: octets[made.size - 1] ^= 1; return slice_of(octets, made.size);
    case FORM_TEXT: return slice_of("<html>", 6);
    case FORM_LARGE: return slice_of(octets, CMS_SIZE_MAX + 1);
    case FORM_NOBODY: return nobodys(lab, content);
    case FORM_DATA: return data_of(lab, content);
    }
    return made;
}

static void forms_are_judged(void **state)
{
    struct lab *lab = *state;
    struct slice content = slice_of(content_text, sizeof(content_text) - 1);

    for (size_t i = 0; i < COUNT(forms); i++) {
        struct cms_check check = {
            .content = forms[i].content == NULL
                           ? content
                           : slice_of(forms[i].content, strlen(forms[i].content)),
            .signature = signature_of(lab, forms[i].form, content),
            .ca = forms[i].ca == NULL ? pem_of(lab, CA, CA)
                                      : slice_of(forms[i].ca, strlen(forms[i].ca)),
            .signer = "dnssec@iana.org",
            .wall_s = NOW_S,
        };
        const char *why = NULL;
        enum status status = anchor_cms_verify(&check, lab->arena, &why);

        if (status != forms[i].status ||
            strncmp(why, forms[i].words, strlen(forms[i].words)) != 0)
            fail_msg("%s: %s: %s", forms[i].why, status_text(status), why);
    }
}

/* ---- ICANN's certificate ---- */

/* A mistake in one letter of it would only be seen when it is needed. */
static void icann_ca_is_whole(void **state)
{
    static const char wanted[] =
        "aee89906d7cc60c5e151f3bb923abf8a1b28dc855d5e2127cb524ead4aad603d";
    struct lab *lab = *state;
    struct text text = text_in(lab->arena);
    BIO *bio = BIO_new_mem_buf(anchor_ca_icann, -1);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    uint8_t digest[EVP_MAX_MD_SIZE];
    char subject[256];
    unsigned size;

    assert_non_null(certificate);
    assert_int_equal(X509_digest(certificate, EVP_sha256(), digest, &size), 1);
    text_add_hex(&text, slice_of(digest, size));
    assert_string_equal(text_done(&text), wanted);
    X509_NAME_oneline(X509_get_subject_name(certificate), subject, sizeof(subject));
    assert_string_equal(subject,
                        "/O=ICANN/OU=ICANN Certification Authority/CN=ICANN Root CA/C=US");
    assert_int_equal(X509_verify(certificate, X509_get0_pubkey(certificate)), 1);
    assert_int_equal(X509_check_ca(certificate), 1);
    X509_free(certificate);
    BIO_free(bio);
}

/* ---- what IANA has published ---- */

static const struct {
    const char *why;
    int64_t wall_s;
    const char *signer;
    size_t changed; /* this octet of the file is another */
    enum status status;
    const char *words;
} published[] = {
    {"in October 2024", 1727740800, "dnssec@iana.org", 0, STATUS_OK, ""},
    {"with one digit of a digest changed", 1727740800, "dnssec@iana.org", 1800,
     STATUS_MALFORMED, "the signature is not good"},
    {"somebody else is wanted", 1727740800, "root@iana.org", 0, STATUS_MALFORMED,
     "the signer is not root@iana.org"},
    {"when the signer's certificate has expired", 1783555200, "dnssec@iana.org", 0,
     STATUS_MALFORMED,
     "the signature is not good: certificate verify error: Verify error: certificate has "
     "expired"},
};

static struct slice iana_signature(struct arena *arena)
{
    uint8_t *octets = arena_bytes(arena, sizeof(iana_2024_p7s));
    struct sink sink = sink_of(octets, sizeof(iana_2024_p7s));

    assert_int_equal(text_read_base64(iana_2024_p7s, &sink), STATUS_OK);
    return sink_written(&sink);
}

static void icann_ca_vouches_for_iana(void **state)
{
    struct lab *lab = *state;

    for (size_t i = 0; i < COUNT(published); i++) {
        char *xml = arena_text(lab->arena, iana_2024_xml);
        struct cms_check check = {
            .content = slice_of(xml, strlen(xml)),
            .signature = iana_signature(lab->arena),
            .ca = slice_of(anchor_ca_icann, strlen(anchor_ca_icann)),
            .signer = published[i].signer,
            .wall_s = published[i].wall_s,
        };
        const char *why = NULL;
        enum status status;

        if (published[i].changed != 0)
            xml[published[i].changed] ^= 1;
        status = anchor_cms_verify(&check, lab->arena, &why);
        if (status != published[i].status ||
            strncmp(why, published[i].words, strlen(published[i].words)) != 0)
            fail_msg("%s: %s: %s", published[i].why, status_text(status), why);
    }
}

/* What the program has built in is what IANA has signed. */
static void built_in_anchors_are_ianas(void **state)
{
    const struct crypto_policy policy = {0};
    struct lab *lab = *state;
    struct crypto *crypto = crypto_new(&policy);
    struct text published_text = text_in(lab->arena), built_in = text_in(lab->arena);
    struct anchor_set set;
    struct anchor_xml xml;
    struct xml_fault fault;
    const char *why;

    assert_int_equal(anchor_xml_read(slice_of(iana_2024_xml, sizeof(iana_2024_xml) - 1),
                                     1727740800, crypto, lab->arena, &xml, &fault),
                     STATUS_OK);
    anchor_xml_write(&xml, &published_text);
    assert_int_equal(anchor_set_read(NULL, lab->arena, &set, &why), STATUS_OK);
    anchor_set_write(&set, &built_in);
    assert_string_equal(text_done(&built_in), text_done(&published_text));
    assert_int_equal(anchor_xml_good(&xml), 2);
    anchor_set_clear(&set);
    crypto_free(crypto);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signers_are_judged), cmocka_unit_test(forms_are_judged),
        cmocka_unit_test(icann_ca_is_whole), cmocka_unit_test(icann_ca_vouches_for_iana),
        cmocka_unit_test(built_in_anchors_are_ianas)};

    return cmocka_run_group_tests_name("anchor_cms", tests, set_up, tear_down);
}
