/*
 * opt.c - the descriptors of options: finding one, checking a value, storing it, telling it
 * again.
 *
 * Called by conf.c (for the readers), by lib/options.c and by the printers. Knows nothing of
 * files or syntax: a value comes as words.
 */
#include "util/conf/opt.h"

#include <stdio.h>
#include <string.h>

#include "util/conf/form.h"
#include "util/text.h"

/* ---- finding ---- */

const char *opt_name(const struct opt_desc *option, char out[OPT_NAME_MAX])
{
    size_t i;

    for (i = 0; i + 1 < OPT_NAME_MAX && option->member[i] != '\0'; i++)
        out[i] = option->member[i] == '_' ? '-' : option->member[i];
    out[i] = '\0';
    return out;
}

bool opt_is_named(const struct opt_desc *option, const char *name)
{
    const char *member = option->member;

    for (; *member != '\0'; member++, name++)
        if (*name != (*member == '_' ? '-' : *member))
            return false;
    return *name == '\0';
}

size_t opt_count(const struct opt_section *section)
{
    size_t count = 0;

    for (size_t i = 0; i < section->table_count; i++)
        count += section->tables[i].count;
    return count;
}

const struct opt_desc *opt_at(const struct opt_section *section, size_t index, size_t *offset)
{
    for (size_t i = 0; i < section->table_count; i++) {
        const struct opt_table *table = &section->tables[i];

        if (index < table->count) {
            *offset = table->offset + table->options[index].offset;
            return &table->options[index];
        }
        index -= table->count;
    }
    UNREACHABLE();
}

const struct opt_desc *opt_find(const struct opt_section *section, const char *name,
                                size_t *index)
{
    size_t before = 0;

    for (size_t i = 0; i < section->table_count; i++) {
        const struct opt_table *table = &section->tables[i];

        for (size_t j = 0; j < table->count; j++)
            if (opt_is_named(&table->options[j], name)) {
                *index = before + j;
                return &table->options[j];
            }
        before += table->count;
    }
    return NULL;
}

size_t opt_word_count(const struct opt_desc *option)
{
    if (option->kind != OPT_TEXT && option->kind != OPT_LIST)
        return 1;
    ASSERT(form_count(option->unit) <= OPT_WORDS_MAX);
    return form_count(option->unit);
}

/* ---- reading one word ---- */

static bool read_bool(const char *word, int64_t *out)
{
    static const struct {
        const char *word;
        bool value;
    } words[] = {{"yes", true},    {"no", false}, {"true", true},
                 {"false", false}, {"on", true},  {"off", false}};

    for (size_t i = 0; i < COUNT(words); i++)
        if (text_equal_nocase(word, words[i].word)) {
            *out = words[i].value;
            return true;
        }
    return false;
}

static bool read_number(const char *word, int64_t low, int64_t high, int64_t *out)
{
    bool is_negative = word[0] == '-';
    uint64_t value;

    if (text_read_u64(word + is_negative, INT64_MAX, &value) != STATUS_OK)
        return false;
    *out = is_negative ? -(int64_t)value : (int64_t)value;
    return *out >= low && *out <= high;
}

/* 4096, 4k, 4m, 1g; "b" may follow, as in 4mb. */
static bool read_size(const char *word, int64_t low, int64_t high, int64_t *out)
{
    char digits[24];
    size_t length = strspn(word, "0123456789");
    const char *suffix = word + length;
    unsigned shift = 0;
    uint64_t value;

    if (length == 0 || length >= sizeof(digits))
        return false;
    memcpy(digits, word, length);
    digits[length] = '\0';
    switch (text_lower(*suffix)) {
    case 'k': shift = 10; break;
    case 'm': shift = 20; break;
    case 'g': shift = 30; break;
    }
    if (shift > 0)
        suffix++;
    if (text_lower(*suffix) == 'b')
        suffix++;
    if (*suffix != '\0' || text_read_u64(digits, INT64_MAX >> shift, &value) != STATUS_OK)
        return false;
    *out = (int64_t)(value << shift);
    return *out >= low && *out <= high;
}

static bool read_choice(const char *names, const char *word, int64_t *out)
{
    size_t length = strlen(word);

    for (int64_t index = 0;; index++) {
        size_t size = strcspn(names, "|");

        if (size == length && strncmp(names, word, size) == 0) {
            *out = index;
            return true;
        }
        if (names[size] == '\0')
            return false;
        names += size + 1;
    }
}

static bool read_scalar(const struct opt_desc *option, const char *word, int64_t *out)
{
    switch (option->kind) {
    case OPT_BOOL: return read_bool(word, out);
    case OPT_UINT:
    case OPT_INT: return read_number(word, option->low, option->high, out);
    case OPT_SIZE: return read_size(word, option->low, option->high, out);
    case OPT_CHOICE: return read_choice(option->unit, word, out);
    case OPT_TEXT:
    case OPT_LIST: break;
    }
    UNREACHABLE();
}

static const char *wanted_text(const struct opt_desc *option, size_t word, struct arena *arena)
{
    struct text text = text_in(arena);
    const char *of = option->unit[0] != '\0' ? " of " : "";

    switch (option->kind) {
    case OPT_BOOL: text_add(&text, "yes or no"); break;
    case OPT_UINT:
    case OPT_INT:
        if (strchr(option->unit, ' ') != NULL || strcmp(option->unit, "port") == 0)
            text_printf(&text, "a number from %lld to %lld (%s)", (long long)option->low,
                        (long long)option->high, option->unit);
        else
            text_printf(&text, "a number%s%s from %lld to %lld", of, option->unit,
                        (long long)option->low, (long long)option->high);
        break;
    case OPT_SIZE:
        text_printf(&text, "a number of octets from %lld to %lld, as 65536, 512k, 64m or 1g",
                    (long long)option->low, (long long)option->high);
        break;
    case OPT_CHOICE:
        text_add(&text, "one of ");
        for (const char *at = option->unit; *at != '\0'; at++)
            if (*at == '|')
                text_add(&text, ", ");
            else
                text_add_char(&text, *at);
        break;
    case OPT_TEXT:
    case OPT_LIST: text_add(&text, form_of(option->unit, word)->wanted); break;
    }
    return text_done(&text);
}

/* ---- storing ---- */

static void store_number(const struct opt_desc *option, void *member, int64_t value)
{
    switch (option->kind) {
    case OPT_BOOL: *(bool *)member = value != 0; break;
    case OPT_UINT:
    case OPT_CHOICE: *(uint32_t *)member = (uint32_t)value; break;
    case OPT_INT: *(int32_t *)member = (int32_t)value; break;
    case OPT_SIZE: *(uint64_t *)member = (uint64_t)value; break;
    case OPT_TEXT:
    case OPT_LIST: UNREACHABLE();
    }
}

/* The array has room for the next power of two, from 4 on; so its size need not be kept. */
static enum status list_add(struct opt_list *list, struct opt_item item, struct arena *arena)
{
    if (list->count == 0 || (list->count >= 4 && (list->count & (list->count - 1)) == 0)) {
        size_t room = list->count == 0 ? 4 : list->count * 2;
        struct opt_item *items;

        if (room > SIZE_MAX / 2 / sizeof(*items))
            return STATUS_NO_MEMORY;
        items = ARENA_ARRAY(arena, struct opt_item, room);
        if (items == NULL)
            return STATUS_NO_MEMORY;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
    }
    list->items[list->count++] = item;
    return STATUS_OK;
}

enum status opt_list_own(struct opt_list *list, struct arena *arena,
                         bool (*keeps)(void *context, const struct opt_item *item),
                         void *context)
{
    struct opt_list own = {0, NULL};

    for (size_t i = 0; i < list->count; i++)
        if (keeps(context, &list->items[i]) &&
            list_add(&own, list->items[i], arena) != STATUS_OK)
            return STATUS_NO_MEMORY;
    *list = own;
    return STATUS_OK;
}

static enum status default_list(const char *words, struct opt_list *list, struct arena *arena)
{
    *list = (struct opt_list){0, NULL};
    while (words != NULL && *words != '\0') {
        size_t length = strcspn(words, "\n");
        char *text = arena_printf(arena, "%.*s", (int)length, words);
        struct opt_item item = {text, NULL, 0, 0};

        if (text == NULL || list_add(list, item, arena) != STATUS_OK)
            return STATUS_NO_MEMORY;
        words += length + (words[length] == '\n');
    }
    return STATUS_OK;
}

enum status opt_set_default(const struct opt_desc *option, void *member, struct arena *arena)
{
    if (option->kind == OPT_LIST)
        return default_list(option->words, member, arena);
    if (option->kind == OPT_TEXT)
        *(const char **)member = option->words;
    else
        store_number(option, member, option->number);
    return STATUS_OK;
}

static char *join(const char *const *words, size_t count, struct arena *arena)
{
    struct text text = text_in(arena);

    text_add(&text, words[0]);
    for (size_t i = 1; i < count; i++) {
        text_add_char(&text, ' ');
        text_add(&text, words[i]);
    }
    return text_done(&text);
}

static enum status set_words(const struct opt_desc *option, void *member, struct arena *arena,
                             const char *const *words, struct conf_place place, size_t *bad)
{
    size_t count = opt_word_count(option);
    char *joined;

    /* An empty value unsets a text, and adds nothing to a list: chroot: "", root-hints: "". */
    if (words[0][0] == '\0' && count == 1) {
        if (option->kind == OPT_TEXT)
            *(const char **)member = "";
        return STATUS_OK;
    }
    for (*bad = 0; *bad < count; ++*bad)
        if (!form_of(option->unit, *bad)->is_good(words[*bad]))
            return STATUS_MALFORMED;
    joined = join(words, count, arena);
    if (joined == NULL)
        return STATUS_NO_MEMORY;
    if (option->kind == OPT_LIST)
        return list_add(member, (struct opt_item){joined, place.file, place.line, place.column},
                        arena);
    *(const char **)member = joined;
    return STATUS_OK;
}

enum status opt_set(const struct opt_desc *option, void *member, struct arena *arena,
                    const char *const *words, struct conf_place place, const char **wanted,
                    size_t *bad)
{
    enum status status = STATUS_OK;
    int64_t value;

    *bad = 0;
    if (option->kind == OPT_TEXT || option->kind == OPT_LIST)
        status = set_words(option, member, arena, words, place, bad);
    else if (read_scalar(option, words[0], &value))
        store_number(option, member, value);
    else
        status = STATUS_MALFORMED;
    if (status == STATUS_MALFORMED) {
        *wanted = wanted_text(option, *bad, arena);
        if (*wanted == NULL)
            return STATUS_NO_MEMORY;
    }
    return status;
}

/* ---- telling ---- */

static int64_t stored_number(const struct opt_desc *option, const void *member)
{
    switch (option->kind) {
    case OPT_BOOL: return *(const bool *)member;
    case OPT_UINT:
    case OPT_CHOICE: return *(const uint32_t *)member;
    case OPT_INT: return *(const int32_t *)member;
    case OPT_SIZE: return (int64_t) * (const uint64_t *)member;
    case OPT_TEXT:
    case OPT_LIST: break;
    }
    UNREACHABLE();
}

bool opt_is_idle(const struct opt_desc *option, const void *member)
{
    const char *text;
    int64_t number;

    if (option->kind == OPT_LIST)
        return ((const struct opt_list *)member)->count == 0;
    if (option->kind == OPT_TEXT) {
        text = *(const char *const *)member;
        return text == NULL || text[0] == '\0' ||
               (option->words != NULL && strcmp(text, option->words) == 0);
    }
    number = stored_number(option, member);
    return number == option->number || (option->kind == OPT_BOOL && number == 0);
}

static const char *choice_text(const char *names, int64_t index, struct arena *arena)
{
    for (; index > 0; index--)
        names += strcspn(names, "|") + 1;
    return arena_printf(arena, "%.*s", (int)strcspn(names, "|"), names);
}

static const char *size_text(int64_t value, struct arena *arena)
{
    static const char suffixes[] = {'\0', 'k', 'm', 'g'};
    size_t i = 0;

    while (i + 1 < COUNT(suffixes) && value > 0 && value % 1024 == 0) {
        value /= 1024;
        i++;
    }
    if (i == 0)
        return arena_printf(arena, "%lld", (long long)value);
    return arena_printf(arena, "%lld%c", (long long)value, suffixes[i]);
}

const char *opt_value_text(const struct opt_desc *option, const void *member,
                           struct arena *arena)
{
    int64_t number;

    ASSERT(option->kind != OPT_LIST);
    if (option->kind == OPT_TEXT)
        return *(const char *const *)member;
    number = stored_number(option, member);
    if (option->kind == OPT_BOOL)
        return number != 0 ? "yes" : "no";
    if (option->kind == OPT_CHOICE)
        return choice_text(option->unit, number, arena);
    if (option->kind == OPT_SIZE)
        return size_text(number, arena);
    return arena_printf(arena, "%lld", (long long)number);
}

static bool text_same(const char *one, const char *other)
{
    if (one == NULL || other == NULL || one == other)
        return one == other;
    return strcmp(one, other) == 0;
}

bool opt_equal(const struct opt_desc *option, const void *one, const void *other)
{
    const struct opt_list *a = one, *b = other;

    if (option->kind == OPT_TEXT)
        return text_same(*(const char *const *)one, *(const char *const *)other);
    if (option->kind != OPT_LIST)
        return stored_number(option, one) == stored_number(option, other);
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!text_same(a->items[i].text, b->items[i].text))
            return false;
    return true;
}
