/*
 * named_take.c - goes through a named.conf and says it in our own options.
 *
 * One walk: the statements of "options", of one view, and those outside, each looked up in
 * named.def or handed to named_clients.c and named_zones.c. A view counts before the options.
 */
#include "tools/named_take.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/named_inside.h"
#include "util/text.h"

/* ---- saying options ---- */

void take_option(struct named_take *take, struct conf_part *part, const char *option,
                 struct conf_place place, const char *format, ...)
{
    struct conf_option found = conf_find(take->conf, part, option, place);
    char value[2048], *text;
    va_list values;

    va_start(values, format);
    vsnprintf(value, sizeof(value), format, values);
    va_end(values);
    text = arena_text(take->arena, value);
    if (text == NULL || found.option == NULL) {
        take->no_memory = take->no_memory || text == NULL;
        return;
    }
    if (conf_set_text(take->conf, part, &found, text, place) != STATUS_OK)
        take->no_memory = true;
}

struct conf_part *take_section(struct named_take *take, const char *name,
                               struct conf_place place)
{
    struct conf_part *part;

    if (conf_open(take->conf, name, place, &part) == CONF_OPENED)
        return part;
    take->no_memory = true;
    return NULL;
}

/* True when an option of "server" was set before. */
static bool is_said(const struct named_take *take, const char *option)
{
    size_t index;

    return opt_find(take->server->section, option, &index) != NULL &&
           take->server->places[index].file != NULL;
}

void leave(struct named_take *take, const struct named_word *word, const char *reason)
{
    const struct named_word *next = word->next;
    bool has_value = next != NULL && next->block == NULL;

    conf_warning(take->report, word->place, "left out: %s%s%.60s%s%s", word->text,
                 has_value ? " " : "", has_value ? next->text : "", reason != NULL ? "; " : "",
                 reason != NULL ? reason : "");
}

const struct named_statement *taken(const struct named_take *take, const char *name)
{
    const struct named_statement *found =
        take->view != NULL ? named_find(take->view, name) : NULL;

    return found != NULL || take->options == NULL ? found : named_find(take->options, name);
}

/* ---- values ---- */

const struct named_word *only_word(struct named_take *take,
                                   const struct named_statement *statement)
{
    const struct named_word *word = statement->words->next;

    if (word != NULL && word->block == NULL && word->next == NULL)
        return word;
    conf_error(take->report, statement->words->place, "%s: expected one value",
               named_name(statement));
    return NULL;
}

static const char *const yes_words[] = {"yes", "true", "1", NULL};
static const char *const no_words[] = {"no", "false", "0", NULL};

static bool is_one_of(const char *text, const char *const *words)
{
    while (*words != NULL && !text_equal_nocase(text, *words))
        words++;
    return *words != NULL;
}

bool is_yes(struct named_take *take, const struct named_statement *statement, bool otherwise)
{
    const struct named_word *word = only_word(take, statement);

    if (word == NULL)
        return otherwise;
    if (!is_one_of(word->text, yes_words) && !is_one_of(word->text, no_words))
        conf_error(take->report, word->place, "expected yes or no, not \"%s\"", word->text);
    return is_one_of(word->text, yes_words);
}

bool named_seconds(const char *text, uint64_t *seconds)
{
    static const struct {
        char unit;
        bool is_ttl;           /* may stand in 1w2d3h4m5s */
        bool is_date, is_time; /* before and behind the "T" of an ISO 8601 duration */
        uint32_t seconds;
    } units[] = {{'y', false, true, false, 31536000}, {'m', false, true, false, 2592000},
                 {'w', true, true, false, 604800},    {'d', true, true, false, 86400},
                 {'h', true, false, true, 3600},      {'m', true, false, true, 60},
                 {'s', true, false, true, 1}};
    bool is_iso = text_lower(text[0]) == 'p', is_time = false;

    *seconds = 0;
    for (text += is_iso; *text != '\0'; text++) {
        uint64_t number = 0, factor = 0;

        if (is_iso && !is_time && text_lower(*text) == 't') {
            is_time = true;
            continue;
        }
        if (*text < '0' || *text > '9')
            return false;
        for (; *text >= '0' && *text <= '9' && number < UINT32_MAX; text++)
            number = number * 10 + (uint64_t)(*text - '0');
        for (size_t i = 0; i < COUNT(units); i++)
            if (text_lower(*text) == units[i].unit && (!is_iso   ? units[i].is_ttl
                                                       : is_time ? units[i].is_time
                                                                 : units[i].is_date))
                factor = units[i].seconds;
        if (*text == '\0' && !is_iso)
            factor = 1;
        *seconds += number * factor;
        if (factor == 0 || *seconds > UINT32_MAX)
            return false;
        if (*text == '\0')
            break;
    }
    return true;
}

/* ---- how named.def reads values ---- */

static void take_word(struct named_take *take, const struct named_statement *statement,
                      const char *option)
{
    const struct named_word *word = only_word(take, statement);

    if (word != NULL)
        take_option(take, take->server, option, word->place, "%s", word->text);
}

/* A number of which 0 means "as it comes": our default says that as well. */
static void take_count(struct named_take *take, const struct named_statement *statement,
                       const char *option)
{
    const struct named_word *word = statement->words->next;

    if (word != NULL && word->block == NULL && strcmp(word->text, "0") != 0)
        take_option(take, take->server, option, word->place, "%s", word->text);
}

static void take_bool(struct named_take *take, const struct named_statement *statement,
                      const char *option)
{
    take_option(take, take->server, option, statement->words->place, "%s",
                is_yes(take, statement, false) ? "yes" : "no");
}

static void take_seconds(struct named_take *take, const struct named_statement *statement,
                         const char *option)
{
    const struct named_word *word = only_word(take, statement);
    uint64_t seconds;

    if (word == NULL)
        return;
    if (named_seconds(word->text, &seconds))
        take_option(take, take->server, option, word->place, "%llu",
                    (unsigned long long)seconds);
    else
        conf_error(take->report, word->place,
                   "expected a time, as 3600, 1h30m or PT1H30M, not \"%s\"", word->text);
}

static void take_tenths(struct named_take *take, const struct named_statement *statement,
                        const char *option)
{
    const struct named_word *word = only_word(take, statement);
    uint64_t tenths;

    if (word == NULL)
        return;
    if (text_read_u64(word->text, 100000, &tenths) == STATUS_OK)
        take_option(take, take->server, option, word->place, "%llu",
                    (unsigned long long)tenths * 100);
    else
        conf_error(take->report, word->place, "expected tenths of a second, not \"%s\"",
                   word->text);
}

static void take_secret(struct named_take *take, const struct named_statement *statement,
                        const char *option)
{
    const struct named_statement *algorithm = taken(take, "cookie-algorithm");

    /* Several may stand there; the first makes cookies. */
    if (is_said(take, option))
        leave(take, statement->words, "one secret counts here; see cookie-secret-file");
    else if (algorithm != NULL && named_behind(algorithm->words, "cookie-algorithm") != NULL &&
             text_equal_nocase(algorithm->words->next->text, "aes"))
        leave(take, statement->words, "cookies are made by SipHash (RFC 9018), not by AES");
    else
        take_word(take, statement, option);
}

/* One size for both: two thirds for the record sets, one for the answers made of them. */
static void take_cache_size(struct named_take *take, const struct named_statement *statement,
                            const char *option)
{
    static const char *const none[] = {"default", "unlimited", "0", NULL};
    const struct named_word *word = only_word(take, statement);
    uint64_t number = 0, factor = 1;
    const char *at;

    if (word == NULL)
        return;
    for (at = word->text; *at >= '0' && *at <= '9' && number < UINT32_MAX; at++)
        number = number * 10 + (uint64_t)(*at - '0');
    switch (text_lower(*at)) {
    case 'k': factor = 1 << 10; break;
    case 'm': factor = 1 << 20; break;
    case 'g': factor = 1 << 30; break;
    default: factor = *at == '\0' ? 1 : 0;
    }
    if (is_one_of(word->text, none) || strchr(word->text, '%') != NULL) {
        leave(take, statement->words,
              "caches have sizes of their own: rrset-cache-size and msg-cache-size");
        return;
    }
    if (factor == 0 || number == 0 || (*at != '\0' && at[1] != '\0')) {
        conf_error(take->report, word->place, "expected a size, as 512M, not \"%s\"",
                   word->text);
        return;
    }
    take_option(take, take->server, option, word->place, "%llu",
                (unsigned long long)(number * factor / 3 * 2));
    take_option(take, take->server, "msg-cache-size", word->place, "%llu",
                (unsigned long long)(number * factor / 3));
}

static void take_stale_wait(struct named_take *take, const struct named_statement *statement,
                            const char *option)
{
    static const char *const off[] = {"off", "disabled", NULL};
    const struct named_word *word = only_word(take, statement);

    if (word != NULL && is_one_of(word->text, off))
        leave(take, statement->words, "see serve-expired-client-timeout");
    else
        take_word(take, statement, option);
}

static void take_minimal(struct named_take *take, const struct named_statement *statement,
                         const char *option)
{
    const struct named_word *word = only_word(take, statement);

    if (word != NULL)
        take_option(take, take->server, option, word->place, "%s",
                    is_one_of(word->text, no_words) ? "no" : "yes");
}

static void take_prefetch(struct named_take *take, const struct named_statement *statement,
                          const char *option)
{
    const struct named_word *word = statement->words->next;

    take_option(take, take->server, option, statement->words->place, "%s",
                word != NULL && strcmp(word->text, "0") == 0 ? "no" : "yes");
}

static void take_minimisation(struct named_take *take, const struct named_statement *statement,
                              const char *option)
{
    static const char *const off[] = {"off", "disabled", "no", NULL};
    const struct named_word *word = only_word(take, statement);

    if (word == NULL)
        return;
    take_option(take, take->server, option, word->place, "%s",
                is_one_of(word->text, off) ? "no" : "yes");
    if (text_equal_nocase(word->text, "strict"))
        take_option(take, take->server, "qname-minimisation-strict", word->place, "yes");
}

/* "version" and "hostname" share the shape: none, or a text. */
static void take_said(struct named_take *take, const struct named_statement *statement,
                      const char *option, const char *hide)
{
    const struct named_word *word = only_word(take, statement);

    if (word != NULL && !word->is_quoted && text_equal_nocase(word->text, "none"))
        take_option(take, take->server, hide, word->place, "yes");
    else if (word != NULL)
        take_option(take, take->server, option, word->place, "%s", word->text);
}

static void take_version(struct named_take *take, const struct named_statement *statement,
                         const char *option)
{
    take_said(take, statement, option, "hide-version");
}

static void take_hostname(struct named_take *take, const struct named_statement *statement,
                          const char *option)
{
    take_said(take, statement, option, "hide-identity");
}

static void take_server_id(struct named_take *take, const struct named_statement *statement,
                           const char *option)
{
    const struct named_word *word = only_word(take, statement);

    if (word != NULL && !word->is_quoted && text_equal_nocase(word->text, "hostname"))
        leave(take, statement->words, "the name of the machine is told only as nsid says it");
    else if (word != NULL && (word->is_quoted || !text_equal_nocase(word->text, "none")))
        take_option(take, take->server, option, word->place, "ascii_%s", word->text);
}

static void take_path(struct named_take *take, const struct named_statement *statement,
                      const char *option)
{
    const struct named_word *word = only_word(take, statement);

    if (word != NULL && (word->is_quoted || !text_equal_nocase(word->text, "none")))
        take_option(take, take->server, option, word->place, "%s", word->text);
}

static void take_source(struct named_take *take, const struct named_statement *statement,
                        const char *option)
{
    const struct named_word *word = named_behind(statement->words, "address");
    const struct named_word *port = named_behind(statement->words, "port");

    if (word == NULL)
        word = statement->words->next;
    if (port != NULL && strcmp(port->text, "*") != 0)
        leave(take, statement->words,
              "questions never leave from one port: they could be forged");
    if (word != NULL && word->block == NULL && strcmp(word->text, "*") != 0 &&
        !text_equal_nocase(word->text, "none") && !text_equal_nocase(word->text, "port"))
        take_option(take, take->server, option, word->place, "%s", word->text);
}

static void take_ports(struct named_take *take, const struct named_statement *statement,
                       const char *option)
{
    const struct named_word *block = named_block_of(statement->words);
    const struct named_statement *at = block != NULL ? block->block->first : NULL;

    for (; at != NULL; at = at->next) {
        const struct named_word *low = at->words, *high = low->next;

        if (!text_equal_nocase(low->text, "range"))
            take_option(take, take->server, option, low->place, "%s", low->text);
        else if (high != NULL && high->next != NULL)
            take_option(take, take->server, option, high->place, "%s-%s", high->text,
                        high->next->text);
    }
}

/* ---- lists ---- */

struct private_blocks {
    struct named_take *take;
    const struct named_list *list;
    const char *option;
    struct conf_place place;
};

static void take_private_block(void *context, const struct netblock *block)
{
    struct private_blocks *blocks = context;
    char text[ADDR_NETBLOCK_TEXT_MAX];

    if (named_match(blocks->list, block) == NAMED_POSITIVE)
        take_option(blocks->take, blocks->take->server, blocks->option, blocks->place, "%s",
                    netblock_to_text(block, text));
    else
        conf_warning(blocks->take->report, blocks->place,
                     "left out: the exception %s; %s knows none", netblock_to_text(block, text),
                     blocks->option);
}

static void take_blocks(struct named_take *take, const struct named_word *word,
                        const char *option)
{
    struct private_blocks blocks = {take, named_list(&take->lists, word), option, {NULL, 0, 0}};

    if (blocks.list == NULL)
        return;
    blocks.place = word->place;
    named_each_block(blocks.list, take_private_block, &blocks);
}

static void take_block_names(struct named_take *take, const struct named_word *word,
                             const char *option)
{
    const struct named_statement *at = word != NULL ? word->block->first : NULL;

    for (; at != NULL; at = at->next)
        take_option(take, take->server, option, at->words->place, "%s", at->words->text);
}

static void take_private(struct named_take *take, const struct named_statement *statement,
                         const char *option)
{
    const struct named_word *blocks = named_block_of(statement->words);

    take_blocks(take, blocks, option);
    if (blocks != NULL)
        take_block_names(take, named_block_of(blocks->next), "private-domain");
}

static void take_names(struct named_take *take, const struct named_statement *statement,
                       const char *option)
{
    take_block_names(take, named_block_of(statement->words), option);
}

static void take_dns64(struct named_take *take, const struct named_statement *statement,
                       const char *option)
{
    const struct named_word *prefix = statement->words->next;
    const struct named_word *block = named_block_of(statement->words);
    const struct named_statement *at = block != NULL ? block->block->first : NULL;

    if (prefix == NULL || prefix->block != NULL) {
        conf_error(take->report, statement->words->place, "dns64: expected a prefix");
        return;
    }
    if (is_said(take, option)) {
        leave(take, statement->words, "one prefix counts here");
        return;
    }
    take_option(take, take->server, option, prefix->place, "%s", prefix->text);
    for (; at != NULL; at = at->next) {
        if (text_equal_nocase(named_name(at), "exclude"))
            take_blocks(take, named_block_of(at->words), "dns64-exclude");
        else
            leave(take, at->words, "all clients get the addresses, for all IPv4 addresses");
    }
}

static void take_empty_zone(struct named_take *take, const struct named_statement *statement,
                            const char *option)
{
    const struct named_word *word = only_word(take, statement);

    if (word != NULL)
        take_option(take, take->server, option, word->place, "%s nodefault", word->text);
}

static void take_empty_zones(struct named_take *take, const struct named_statement *statement,
                             const char *option)
{
    if (!is_yes(take, statement, true))
        take_option(take, take->server, option, statement->words->place, "yes");
}

/* ---- the walk ---- */

static const struct {
    const char *name;
    void (*how)(struct named_take *take, const struct named_statement *statement,
                const char *option);
    const char *option, *reason;
} known[] = {
#define TAKEN(name, how, option) {name, how, option, NULL},
#define LEFT(name, reason)       {name, NULL, NULL, reason},
#define LATER(name)              {name, NULL, NULL, NULL},
#include "tools/named.def"
#undef TAKEN
#undef LEFT
#undef LATER
};

static void take_known(struct named_take *take, const struct named_statement *statement)
{
    const char *name = named_name(statement);

    for (size_t i = 0; i < COUNT(known); i++) {
        if (!text_equal_nocase(name, known[i].name))
            continue;
        if (known[i].how != NULL)
            known[i].how(take, statement, known[i].option);
        else if (known[i].reason != NULL)
            leave(take, statement->words, known[i].reason);
        return;
    }
    leave(take, statement->words, NULL);
}

/* What a view says counts instead of what the options say. */
static bool is_overruled(const struct named_take *take, const struct named_block *block,
                         const struct named_statement *statement)
{
    return block == take->options && take->view != NULL &&
           named_find(take->view, named_name(statement)) != NULL;
}

static void take_server(struct named_take *take, const struct named_statement *statement)
{
    const struct named_word *prefix = statement->words->next;
    const struct named_word *block = named_block_of(statement->words);
    const struct named_statement *bogus =
        block != NULL ? named_find(block->block, "bogus") : NULL;

    if (bogus != NULL && is_yes(take, bogus, false))
        take_option(take, take->server, "do-not-query-address", prefix->place, "%s",
                    prefix->text);
    else
        leave(take, statement->words, "only \"bogus yes\" is known of single servers");
}

static void take_block(struct named_take *take, const struct named_block *block)
{
    const struct named_statement *at = block != NULL ? block->first : NULL;

    for (; at != NULL && !take->no_memory && take->report->errors < CONF_ERRORS_MAX;
         at = at->next) {
        const char *name = named_name(at);

        if (text_equal_nocase(name, "zone"))
            take_zone(take, at);
        else if (text_equal_nocase(name, "server"))
            take_server(take, at);
        else if (text_equal_nocase(name, "trust-anchors") ||
                 text_equal_nocase(name, "trusted-keys") ||
                 text_equal_nocase(name, "managed-keys"))
            take_trust(take, at);
        else if (!is_overruled(take, block, at))
            take_known(take, at);
    }
}

/* With several views, that for everybody; else the first. The others are left out. */
static void choose_view(struct named_take *take)
{
    const struct named_statement *chosen = NULL;

    for (const struct named_statement *at = take->top->first; at != NULL; at = at->next) {
        const struct named_word *block = named_block_of(at->words);

        if (!text_equal_nocase(named_name(at), "view") || block == NULL)
            continue;
        if (chosen == NULL || named_find(block->block, "match-clients") == NULL)
            chosen = at;
    }
    for (const struct named_statement *at = take->top->first; at != NULL; at = at->next)
        if (at != chosen && text_equal_nocase(named_name(at), "view"))
            leave(take, at->words, "there are no views, one of them was taken");
    if (chosen != NULL)
        take->view = named_block_of(chosen->words)->block;
}

enum status named_take(void *context, struct conf *conf)
{
    const struct named_source *source = context;
    struct named_take take = {.conf = conf,
                              .arena = conf->arena,
                              .report = conf->report,
                              .whole = {source->file, 1, 1}};
    const struct named_statement *options;

    take.top = named_read(source->file, source->text, source->files, take.arena, take.report);
    if (take.top == NULL)
        return STATUS_NO_MEMORY;
    if (take.report->errors > 0)
        return STATUS_OK;
    take.lists = (struct named_lists){.top = take.top,
                                      .interfaces = source->interfaces,
                                      .interface_count = source->interface_count,
                                      .arena = take.arena,
                                      .report = take.report};
    options = named_find(take.top, "options");
    if (options != NULL && named_block_of(options->words) != NULL)
        take.options = named_block_of(options->words)->block;
    take.server = take_section(&take, "server", take.whole);
    if (take.server == NULL)
        return STATUS_NO_MEMORY;
    choose_view(&take);
    /* named does it unless told otherwise. */
    if (taken(&take, "prefetch") == NULL)
        take_option(&take, take.server, "prefetch", take.whole, "yes");
    take_listening(&take);
    take_access(&take);
    take_validation(&take);
    take_block(&take, take.options);
    take_forwarders(&take);
    take_block(&take, take.view);
    take_block(&take, take.top);
    return take.no_memory || take.lists.no_memory ? STATUS_NO_MEMORY : STATUS_OK;
}
