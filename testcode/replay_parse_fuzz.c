/*
 * replay_parse_fuzz.c - a scenario out of any octets: refused with words, or taken apart in
 * order.
 */
#include <stdlib.h>
#include <string.h>

#include "testcode/replay_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What can be built can be read again. */
static void build(const struct entry *entry, struct arena *arena)
{
    struct slice wire = entry_wire(entry, &entry->first, NULL, arena);
    struct packet packet;

    if (wire.data != NULL && !entry->first.has_hex)
        ASSERT(packet_read(wire, arena, &packet) == STATUS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(16 << 20);
    char *text = malloc(size + 1);
    const struct scenario *scenario;
    const char *error = NULL;
    int number = -1;

    if (arena != NULL && text != NULL) {
        memcpy(text, data, size);
        text[size] = '\0';
        scenario = scenario_read(text, arena, &error);
        ASSERT(scenario != NULL || error != NULL);
        for (const struct replay_step *step = scenario != NULL ? scenario->steps : NULL;
             step != NULL; step = step->next) {
            ASSERT(step->number > number);
            number = step->number;
            if (step->entry != NULL)
                build(step->entry, arena);
        }
    }
    free(text);
    arena_free(arena);
    return 0;
}
