/*
 * classic_fuzz.c - any octets as an unbound.conf: ends, stays in its memory, and what was taken
 * without an error is printed as YAML that is taken again and means the same.
 */
#include <string.h>

#include "util/conf/classic.h"
#include "util/conf/conf_test.h"
#include "util/conf/print.h"
#include "util/conf/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sample_conf one, other;
    const char *yaml, *again;

    ASSERT(sample_init(&one, 0) && sample_init(&other, 0));
    ASSERT(classic_read(&one.conf, "one", slice_of(data, size), NULL) == STATUS_OK);
    if (!conf_failed(&one.report)) {
        yaml = print_yaml(&one.conf, false, one.arena);
        ASSERT(yaml != NULL);
        ASSERT(yaml_read(&other.conf, "other", slice_of(yaml, strlen(yaml))) == STATUS_OK);
        ASSERT(!conf_failed(&other.report));
        again = print_yaml(&other.conf, false, other.arena);
        ASSERT(again != NULL && strcmp(yaml, again) == 0);
    }
    sample_clear(&one);
    sample_clear(&other);
    return 0;
}
