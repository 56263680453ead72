/*
 * named_fuzz.c - any octets as a named.conf: ends, stays in its memory, and what was taken
 * without an error is printed as YAML that is taken again and means the same.
 */
#include <string.h>

#include "lib/options.h"
#include "tools/named_take.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct named_interface interfaces[] = {
        {{.family = ADDR_IP4, .bytes = {192, 0, 2, 9}}, 24},
        {{.family = ADDR_IP6, .bytes = {0x20, 0x01, 0x0d, 0xb8}}, 64},
    };
    struct named_source source = {"n", slice_of(data, size), NULL, interfaces, COUNT(interfaces)};
    struct options *one = options_new(), *other = options_new();
    struct arena *arena = arena_new(0);
    struct conf_report report;
    const char *yaml;

    ASSERT(one != NULL && other != NULL && arena != NULL);
    conf_report_init(&report, arena);
    if (options_read_with(one, named_take, &source, &report) == STATUS_OK) {
        yaml = options_print_yaml(one, false, arena);
        ASSERT(yaml != NULL);
        ASSERT(options_read_text(other, "o.yaml", yaml, strlen(yaml), &report) == STATUS_OK);
        ASSERT(options_equal(one, other));
    }
    options_free(one);
    options_free(other);
    arena_free(arena);
    return 0;
}
