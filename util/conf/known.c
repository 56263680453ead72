/*
 * known.c - looks up the names of known.def.
 */
#include "util/conf/known.h"

#include <string.h>

#define KNOWN(section, name, words, reason)
#define KNOWN_SECTION(name, reason)
#define KNOWN_ALIAS(name, other)
#define KNOWN_LATER(name, reason)

#undef KNOWN
#define KNOWN(section, name, words, reason) {section, name, words, reason},
static const struct known_option options[] = {
#include "util/conf/known.def"
};
#undef KNOWN
#define KNOWN(section, name, words, reason)

#undef KNOWN_SECTION
#define KNOWN_SECTION(name, reason) {name, reason},
static const struct {
    const char *name, *reason;
} sections[] = {
#include "util/conf/known.def"
};
#undef KNOWN_SECTION
#define KNOWN_SECTION(name, reason)

#undef KNOWN_ALIAS
#define KNOWN_ALIAS(name, other) {name, other},
static const struct {
    const char *name, *other;
} aliases[] = {
#include "util/conf/known.def"
};
#undef KNOWN_ALIAS
#define KNOWN_ALIAS(name, other)

#undef KNOWN_LATER
#define KNOWN_LATER(name, reason) {name, reason},
static const struct {
    const char *name, *reason;
} later[] = {
#include "util/conf/known.def"
};

const struct known_option *known_option(const char *section, const char *name)
{
    for (size_t i = 0; i < COUNT(options); i++)
        if (strcmp(options[i].name, name) == 0 && strcmp(options[i].section, section) == 0)
            return &options[i];
    return NULL;
}

const char *known_section(const char *name)
{
    for (size_t i = 0; i < COUNT(sections); i++)
        if (strcmp(sections[i].name, name) == 0)
            return sections[i].reason;
    return NULL;
}

const char *known_alias(const char *name)
{
    for (size_t i = 0; i < COUNT(aliases); i++)
        if (strcmp(aliases[i].name, name) == 0)
            return aliases[i].other;
    return NULL;
}

const char *known_later(const char *name)
{
    for (size_t i = 0; i < COUNT(later); i++)
        if (strcmp(later[i].name, name) == 0)
            return later[i].reason;
    return NULL;
}

const char *known_name(size_t n)
{
    if (n < COUNT(options))
        return options[n].name;
    n -= COUNT(options);
    return n < COUNT(aliases) ? aliases[n].name : NULL;
}

const char *known_section_name(size_t n)
{
    return n < COUNT(sections) ? sections[n].name : NULL;
}
