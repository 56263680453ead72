/*
 * module_words.h - module-config: which modules work on a question, in which order.
 *
 * Read by options.c, which tells of what is wrong, and by resolver.c, which builds the chain. A
 * new module is a line in the table of module_words.c and one in that of resolver.c.
 */
#ifndef TREESHREW_LIB_MODULE_WORDS_H
#define TREESHREW_LIB_MODULE_WORDS_H

#include "util/bytes.h"

enum module_word { MODULE_DNS64, MODULE_VALIDATOR, MODULE_ITERATOR, MODULE_WORDS };

struct module_words {
    size_t count;
    enum module_word item[MODULE_WORDS];
};

bool module_words_have(const struct module_words *words, enum module_word word);

/**
 * Reads the words. Names that Unbound has and we do not are left out.
 * @param unknown called for each of those; may be NULL.
 * @return NULL, or what is wrong: a word twice, or an order that cannot work.
 */
const char *module_words_read(const char *text, struct module_words *out,
                              void (*unknown)(void *context, struct slice word), void *context);

#endif
