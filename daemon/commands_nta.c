/*
 * commands_nta.c - the commands about negative trust anchors (RFC 7646).
 *
 * Called by control.c, in the main thread. An anchor has its end by the wall clock, as the
 * option negative-trust-anchor has; the validator passes over one whose time is over, and what
 * was judged under it expires with it. Then nta_clock.c takes it off the list.
 */
#include <string.h>

#include "daemon/change.h"
#include "validator/anchor.h"

/* RFC 7646 section 4: not for long, and never for good. */
enum { NTA_HOUR_S = 3600, NTA_MOST_S = 7 * 24 * 3600 };

#define NTA_REASON "set-by-shrewctl"

static const struct change_kind nta_kind = {"negative trust anchor", "server",
                                            "negative-trust-anchor"};

/* "90", "90s", "30m", "12h", "7d", "1w". @return false: none, or out of bounds. */
static bool read_duration(const char *text, int64_t *seconds)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    char digits[16];
    size_t size = strspn(text, "0123456789");
    int64_t factor = text[size] == '\0' ? 1 : 0;
    uint64_t number;

    if (size == 0 || size >= sizeof(digits) || (text[size] != '\0' && text[size + 1] != '\0'))
        return false;
    memcpy(digits, text, size);
    digits[size] = '\0';
    for (size_t i = 0; i < COUNT(units); i++)
        if (text[size] == units[i].unit)
            factor = units[i].seconds;
    if (factor == 0 || text_read_u64(digits, NTA_MOST_S, &number) != STATUS_OK)
        return false;
    *seconds = (int64_t)number * factor;
    return *seconds >= 1 && *seconds <= NTA_MOST_S;
}

static int64_t wall_s(const struct server *server)
{
    struct world *world = loop_world(worker_loop(server->threads[0].worker));

    return world->wall_s(world);
}

struct nta_plan {
    struct change_plan plan;
    struct change_entry entry;
    struct overlay_value value;
    char end[FINDING_TIME_MAX];
};

static struct nta_plan *nta_plan_new(struct call *call)
{
    struct nta_plan *nta = ARENA_NEW(call->arena, struct nta_plan);

    if (nta == NULL) {
        call_failed(call, "out of memory");
        return NULL;
    }
    nta->plan.kind = &nta_kind;
    nta->plan.entries = &nta->entry;
    nta->plan.count = 1;
    return nta;
}

void command_nta_add(struct call *call)
{
    struct nta_plan *nta = nta_plan_new(call);
    int64_t seconds = NTA_HOUR_S, end_s;
    char end[15];

    if (nta == NULL || !change_subject(call, &nta_kind, call->words[0], &nta->entry.subject))
        return;
    if (call->count == 2 && !read_duration(call->words[1], &seconds)) {
        call_misused(call, "\"%s\" is no duration: 90s, 30m, 12h or 7d are, a week at most",
                     call->words[1]);
        return;
    }
    end_s = wall_s(call->server) + seconds;
    text_time(end_s, end);
    nta->value = (struct overlay_value){
        "negative-trust-anchor",
        arena_printf(call->arena, "%s %s " NTA_REASON, call->words[0], end), 3};
    nta->entry.command = change_command(call, "nta add", call->count);
    if (nta->value.text == NULL || nta->entry.command == NULL) {
        call_failed(call, "out of memory");
        return;
    }
    nta->entry.values = &nta->value;
    nta->entry.count = 1;
    nta->plan.until = finding_time(end_s, nta->end);
    change_add(call, &nta->plan);
}

void command_nta_remove(struct call *call)
{
    struct nta_plan *nta = nta_plan_new(call);

    if (nta == NULL || !change_subject(call, &nta_kind, call->words[0], &nta->entry.subject))
        return;
    nta->entry.command = change_command(call, "nta remove", 1);
    change_remove(call, &nta->plan);
}

/* ---- what there is ---- */

static void list_nta(void *context, const struct options_word *word)
{
    struct call *call = context;
    struct outline *out = &call->out;
    int64_t expires_s, now_s = wall_s(call->server);
    const char *reason = negative_anchor_end(word->text, &expires_s);
    char name[DNAME_TEXT_MAX], end[FINDING_TIME_MAX];

    outline_open_row(out);
    outline_bare(out, "zone", dname_to_reason(word->name, name));
    outline_text(out, "until", expires_s == 0 ? "for good" : finding_time(expires_s, end));
    if (expires_s != 0)
        outline_number(out, "left_s", time_max(expires_s - now_s, 0));
    outline_text(out, "reason", reason);
    outline_text(out, "origin", change_origin(word->place, call->arena));
    outline_close(out);
}

void command_nta_list(struct call *call)
{
    struct overlay_subject all = {nta_kind.section, nta_kind.option, false, dname_root};

    outline_open_list(&call->out, "negative trust anchors");
    (void)options_words(resolver_options(call->server->shared), &all, list_nta, call);
    outline_close(&call->out);
    call_done(call);
}
