/*
 * page_places.c - reads metrics-listen.
 *
 * Called by the daemon at start and reload, and by shrew-checkconf.
 */
#include "lib/page_places.h"

static bool is_there(const struct page_places *places, const struct addr *addr)
{
    for (size_t i = 0; i < places->count; i++)
        if (addr_equal(&places->list[i], addr))
            return true;
    return false;
}

/* @return what is wrong; NULL: nothing. */
static const char *add_place(const struct options *options, const char *text,
                             struct page_places *places)
{
    struct addr addr;

    if (addr_from_text(&addr, text, PAGE_PORT, NULL) != STATUS_OK || addr.port == 0)
        return "is no address, as 127.0.0.1 or ::1@9053";
    if (!addr_is_loopback(&addr) && !options->daemon.metrics_remote)
        return "can be reached by other machines; metrics-remote: yes lets it be";
    if (is_there(places, &addr))
        return NULL;
    if (places->count == PAGE_PLACES_MAX)
        return "is one address too many for metrics";
    places->list[places->count++] = addr;
    return NULL;
}

bool page_places_read(const struct options *options, struct page_places *out,
                      struct conf_report *report)
{
    const struct opt_list *list = &options->daemon.metrics_listen;

    out->count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct opt_item *item = &list->items[i];
        const char *wrong = add_place(options, item->text, out);

        if (wrong == NULL)
            continue;
        conf_error(report, (struct conf_place){item->file, item->line, item->column},
                   "\"%s\" %s", item->text, wrong);
        return false;
    }
    return true;
}
