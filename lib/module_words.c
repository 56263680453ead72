/*
 * module_words.c - module-config, word by word.
 */
#include "lib/module_words.h"

#include <string.h>

/* In the order in which they can stand: a question goes down the list, its answer comes up.
 * What DNS64 makes has no signature, so it stands in front of who would ask for one. */
static const char *const names[MODULE_WORDS] = {
    [MODULE_DNS64] = "dns64",
    [MODULE_VALIDATOR] = "validator",
    [MODULE_ITERATOR] = "iterator",
};

bool module_words_have(const struct module_words *words, enum module_word word)
{
    for (size_t i = 0; i < words->count; i++)
        if (words->item[i] == word)
            return true;
    return false;
}

static bool find_word(const char *text, size_t size, enum module_word *out)
{
    for (size_t i = 0; i < COUNT(names); i++)
        if (strlen(names[i]) == size && memcmp(names[i], text, size) == 0) {
            *out = (enum module_word)i;
            return true;
        }
    return false;
}

const char *module_words_read(const char *text, struct module_words *out,
                              void (*unknown)(void *context, struct slice word), void *context)
{
    size_t size;

    out->count = 0;
    for (; text != NULL && *(text += strspn(text, " \t")) != '\0'; text += size) {
        enum module_word word;

        size = strcspn(text, " \t");
        if (!find_word(text, size, &word)) {
            if (unknown != NULL)
                unknown(context, slice_of(text, size));
            continue;
        }
        if (module_words_have(out, word))
            return "a module stands twice in it";
        if (out->count > 0 && out->item[out->count - 1] > word)
            return "the order of modules is: dns64 validator iterator";
        out->item[out->count++] = word;
    }
    return module_words_have(out, MODULE_ITERATOR) ? NULL : "it has to end with iterator";
}
