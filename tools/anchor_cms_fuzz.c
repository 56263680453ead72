/*
 * anchor_cms_fuzz.c - signatures and certificates out of anything: nobody is believed by
 * chance.
 *
 * The first octet says which of the two the rest is. Nothing that begins here can be signed by
 * ICANN; certificates of the input vouch for nothing, as the signature beside them is none.
 */
#include <string.h>

#include "tools/anchor_ca.h"
#include "tools/anchor_cms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char content[] = "<TrustAnchor/>\n";
    struct slice rest = size == 0 ? slice_of(data, 0) : slice_of(data + 1, size - 1);
    bool is_ca = size > 0 && data[0] == 'c';
    struct cms_check check = {
        .content = slice_of(content, sizeof(content) - 1),
        .signature = is_ca ? slice_of("", 0) : rest,
        .ca = is_ca ? rest : slice_of(anchor_ca_icann, strlen(anchor_ca_icann)),
        .signer = "dnssec@iana.org",
        .wall_s = 1795305600,
    };
    struct arena *arena = arena_new(0);
    const char *why = NULL;

    ASSERT(anchor_cms_verify(&check, arena, &why) != STATUS_OK);
    ASSERT(why != NULL && *why != '\0');
    arena_free(arena);
    return 0;
}
