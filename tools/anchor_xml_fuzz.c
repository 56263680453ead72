/*
 * anchor_xml_fuzz.c - root-anchors.xml out of anything: sound records that the resolver takes,
 * or a reason with its place.
 */
#include <stdlib.h>

#include "tools/anchor_set.h"
#include "tools/anchor_xml.h"
#include "util/wire/rdata.h"

enum { NOW_S = 1795305600 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct anchor_xml *xml, struct arena *arena)
{
    struct text records = text_in(arena), words = text_in(arena);
    struct anchor_set set;
    const char *why;
    enum status status;

    ASSERT(xml->count > 0 && xml->count <= XML_DIGESTS_MAX);
    for (size_t i = 0; i < xml->count; i++)
        ASSERT(rdata_check(xml->digests[i].ds, TYPE_DS, CLASS_IN) &&
               xml->digests[i].use < DIGEST_USES);
    anchor_xml_describe(xml, &words);
    ASSERT(text_done(&words) != NULL);
    if (anchor_xml_good(xml) == 0)
        return;
    anchor_xml_write(xml, &records);
    status = anchor_set_read(text_done(&records), arena, &set, &why);
    ASSERT(status == STATUS_OK && set.root->ds->rr_count <= anchor_xml_good(xml));
    anchor_set_clear(&set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct crypto_policy policy = {0};
    struct crypto *crypto = crypto_new(&policy);
    struct arena *arena = arena_new(0);
    struct xml_fault fault;
    struct anchor_xml xml;
    enum status status =
        anchor_xml_read(slice_of(data, size), NOW_S, crypto, arena, &xml, &fault);

    if (status == STATUS_OK)
        check(&xml, arena);
    else
        ASSERT(fault.why != NULL && fault.line > 0 && fault.column > 0);
    arena_free(arena);
    crypto_free(crypto);
    return 0;
}
