/*
 * named_acl.c - reads address match lists, and asks them.
 *
 * A list within a list (in braces, or by its name) counts where it matches positively; where it
 * says no, the outer list goes on as if it had not been asked. So a "!" twice never lets
 * anybody in.
 */
#include "tools/named_acl.h"

#include <string.h>

#include "util/text.h"

struct element {
    bool is_negative;
    struct netblock block; /* where `list` is NULL; family ADDR_NONE: every address */
    struct named_list *list;
    struct element *next;
};

struct named_list {
    struct element *first, **last;
};

static struct named_list *read_list(struct named_lists *lists, const struct named_block *block,
                                    int level);

/* ---- elements ---- */

static struct element *add_element(struct named_lists *lists, struct named_list *list,
                                   bool is_negative)
{
    struct element *element = ARENA_NEW(lists->arena, struct element);

    lists->no_memory = lists->no_memory || element == NULL;
    lists->is_too_long = lists->is_too_long || ++lists->elements > NAMED_ELEMENTS_MAX;
    if (lists->no_memory || lists->is_too_long)
        return NULL;
    element->is_negative = is_negative;
    *list->last = element;
    list->last = &element->next;
    return element;
}

static void add_block(struct named_lists *lists, struct named_list *list, bool is_negative,
                      struct netblock block)
{
    struct element *element = add_element(lists, list, is_negative);

    if (element != NULL)
        element->block = block;
}

/* The machine's own addresses, or the networks they are in: a list of its own, so that a "!"
 * before the word counts for all of them. */
static void add_interfaces(struct named_lists *lists, struct named_list *list,
                           bool are_networks)
{
    lists->used_interfaces = true;
    for (size_t i = 0; i < lists->interface_count; i++) {
        const struct named_interface *at = &lists->interfaces[i];
        struct netblock block = {
            at->addr, are_networks ? at->bits : (uint8_t)(8 * addr_octets(&at->addr))};

        for (size_t bit = block.bits; bit < 8 * addr_octets(&at->addr); bit++)
            block.addr.bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
        add_block(lists, list, false, block);
    }
}

/* "10/8" stands for 10.0.0.0/8. */
static bool read_netblock(const char *text, struct netblock *block)
{
    const char *slash = strchr(text, '/');
    char whole[ADDR_TEXT_MAX];
    size_t size = slash != NULL ? (size_t)(slash - text) : 0;
    int dots = 0;

    if (netblock_from_text(block, text) == STATUS_OK)
        return true;
    if (slash == NULL || size > 15 || strlen(slash) > 3 || memchr(text, ':', size) != NULL)
        return false;
    memcpy(whole, text, size);
    for (size_t i = 0; i < size; i++)
        dots += text[i] == '.';
    for (; dots < 3; dots++, size += 2)
        memcpy(whole + size, ".0", 2);
    memcpy(whole + size, slash, strlen(slash) + 1);
    return netblock_from_text(block, whole) == STATUS_OK;
}

static const struct named_block *acl_of_name(const struct named_lists *lists, const char *name)
{
    for (const struct named_statement *at = lists->top->first; at != NULL; at = at->next)
        if (text_equal_nocase(named_name(at), "acl") && at->words->next != NULL &&
            text_equal_nocase(at->words->next->text, name) && named_block_of(at->words) != NULL)
            return named_block_of(at->words)->block;
    return NULL;
}

static void add_list(struct named_lists *lists, struct named_list *list, bool is_negative,
                     const struct named_block *block, int level)
{
    struct element *element = add_element(lists, list, is_negative);

    if (element != NULL && (element->list = read_list(lists, block, level + 1)) == NULL)
        lists->no_memory = true;
}

static void add_machine(struct named_lists *lists, struct named_list *list, bool is_negative,
                        bool are_networks)
{
    struct element *element = add_element(lists, list, is_negative);

    if (element == NULL)
        return;
    element->list = ARENA_NEW(lists->arena, struct named_list);
    if (element->list == NULL) {
        lists->no_memory = true;
        return;
    }
    element->list->last = &element->list->first;
    add_interfaces(lists, element->list, are_networks);
}

static void add_word(struct named_lists *lists, struct named_list *list, bool is_negative,
                     const struct named_word *word, int level)
{
    const struct named_block *named;
    struct netblock block;

    if (word->block != NULL)
        add_list(lists, list, is_negative, word->block, level);
    else if (text_equal_nocase(word->text, "any"))
        add_block(lists, list, is_negative, (struct netblock){.bits = 0});
    else if (text_equal_nocase(word->text, "none"))
        add_block(lists, list, !is_negative, (struct netblock){.bits = 0});
    else if (text_equal_nocase(word->text, "localhost") ||
             text_equal_nocase(word->text, "localnets"))
        add_machine(lists, list, is_negative, text_equal_nocase(word->text, "localnets"));
    else if (read_netblock(word->text, &block))
        add_block(lists, list, is_negative, block);
    else if ((named = acl_of_name(lists, word->text)) != NULL)
        add_list(lists, list, is_negative, named, level);
    else if (word->next != NULL)
        conf_warning(
            lists->report, word->place,
            "left out: \"%s\" in a list of addresses; only addresses tell clients apart "
            "here",
            word->text);
    else
        conf_error(lists->report, word->place,
                   "\"%s\" is neither an address nor the name of an acl", word->text);
}

static struct named_list *read_list(struct named_lists *lists, const struct named_block *block,
                                    int level)
{
    struct named_list *list = ARENA_NEW(lists->arena, struct named_list);

    if (list == NULL)
        return NULL;
    list->last = &list->first;
    for (const struct named_statement *at = block->first; at != NULL; at = at->next) {
        const struct named_word *word = at->words;
        bool is_negative = false;

        while (strcmp(word->text, "!") == 0 && !word->is_quoted && word->next != NULL) {
            is_negative = !is_negative;
            word = word->next;
        }
        lists->is_too_long = lists->is_too_long || level > NAMED_NESTING_MAX;
        if (lists->is_too_long || lists->no_memory)
            break;
        add_word(lists, list, is_negative, word, level);
    }
    return list;
}

struct named_list *named_list(struct named_lists *lists, const struct named_word *word)
{
    struct named_list *list;

    if (word == NULL)
        return NULL;
    list = read_list(lists, word->block, 0);
    lists->no_memory = lists->no_memory || list == NULL;
    if (lists->is_too_long)
        conf_error(lists->report, word->place,
                   "more than %d lists within lists, or more than %d elements of lists in all",
                   NAMED_NESTING_MAX, NAMED_ELEMENTS_MAX);
    return list;
}

/* ---- asking ---- */

static bool is_inside(const struct netblock *inner, const struct netblock *outer)
{
    return outer->addr.family == ADDR_NONE ||
           (outer->bits <= inner->bits && netblock_covers(outer, &inner->addr));
}

enum named_match named_match(const struct named_list *list, const struct netblock *block)
{
    for (const struct element *at = list->first; at != NULL; at = at->next)
        if (at->list != NULL ? named_match(at->list, block) == NAMED_POSITIVE
                             : is_inside(block, &at->block))
            return at->is_negative ? NAMED_NEGATIVE : NAMED_POSITIVE;
    return NAMED_NO_MATCH;
}

void named_each_block(const struct named_list *list,
                      void (*each)(void *context, const struct netblock *block), void *context)
{
    static const struct netblock spaces[] = {{{.family = ADDR_IP4}, 0},
                                             {{.family = ADDR_IP6}, 0}};

    for (const struct element *at = list->first; at != NULL; at = at->next) {
        if (at->list != NULL) {
            named_each_block(at->list, each, context);
        } else if (at->block.addr.family != ADDR_NONE) {
            each(context, &at->block);
        } else {
            each(context, &spaces[0]);
            each(context, &spaces[1]);
        }
    }
}
