/*
 * error_report.c - agents are noted, names of reports are made.
 *
 * Called by the iterator (learn.c, iter_state.c) and by the mesh at the end of a query. Sends
 * nothing.
 */
#include "services/query/error_report.h"

#include <stdio.h>
#include <string.h>

enum { NUMBER_MAX = 6 };

static const uint8_t mark[] = {3, '_', 'e', 'r', 0};

/* RFC 9567 section 5: an uncompressed name, all of the option's data. Section 6.1: not the
 * root. */
static bool read_agent(struct slice data, struct dname *agent)
{
    struct cursor in = cursor_of(data);

    return dname_read_plain(&in, agent) == STATUS_OK && cursor_left(&in) == 0 &&
           !dname_is_root(*agent);
}

void report_learn(struct query *query, struct dname zone, struct dname name,
                  const struct message *answer)
{
    struct report *report = &query->report;
    const struct edns_option *option;
    struct dname agent;

    if (!query->env->reports_errors || (query->flags & QUERY_REPORT) != 0 || query->depth != 0)
        return;
    option = edns_find(&answer->edns, EDNS_REPORT_CHANNEL);
    if (option == NULL || !read_agent(option->data, &agent))
        return;
    report->agent = dname_copy(query->arena, agent);
    report->name = dname_copy(query->arena, name);
    report->zone = dname_copy(query->arena, zone);
    if (report->name.wire == NULL || report->zone.wire == NULL)
        report->agent.wire = NULL;
}

void report_forget(struct query *query, bool behind_alias)
{
    query->report.agent.wire = NULL;
    query->report.behind_alias = query->report.behind_alias || behind_alias;
}

/* What the zone's operator can mend. Not what is ours: policy, limits, caches, who may ask. */
static bool is_theirs(const struct reason *reason)
{
    switch (reason->code) {
    case EDE_UNSUPPORTED_DNSKEY_ALGORITHM:
    case EDE_UNSUPPORTED_DS_DIGEST:
    case EDE_DNSSEC_INDETERMINATE:
    case EDE_DNSSEC_BOGUS:
    case EDE_SIGNATURE_EXPIRED:
    case EDE_SIGNATURE_NOT_YET_VALID:
    case EDE_DNSKEY_MISSING:
    case EDE_RRSIGS_MISSING:
    case EDE_NO_ZONE_KEY_BIT:
    case EDE_NSEC_MISSING:
    case EDE_NO_REACHABLE_AUTHORITY:
    case EDE_NETWORK_ERROR:
    case EDE_SIGNATURE_EXPIRED_BEFORE_VALID:
    case EDE_INVALID_DATA: return strncmp(reason->text, "limit=", 6) != 0;
    default: return false;
    }
}

static bool is_marked(struct dname name)
{
    return name.labels > 0 && dname_label_equal(name.wire, mark);
}

static bool is_due(const struct query *query)
{
    const struct report *report = &query->report;
    const struct outcome *outcome = &query->outcome;

    if (report->agent.wire == NULL || !outcome->failed || outcome->from_cache ||
        query->env->explains || outcome->reasons.count == 0 ||
        !is_theirs(&outcome->reasons.item[0]))
        return false;
    /* Of a chain of aliases the bogus link may be another zone's. */
    if (report->behind_alias && outcome->security == SEC_BOGUS)
        return false;
    /* RFC 9567 section 6.1: a report must not lead to further ones. The agent knows of its own
     * failures, and would have to be asked by what has failed. */
    return dname_is_at_or_below(report->name, report->zone) &&
           !is_marked(query->question.qname) && !is_marked(report->name) &&
           !dname_is_at_or_below(report->name, report->agent);
}

static void put_number(struct sink *out, unsigned number)
{
    char text[NUMBER_MAX];
    int size = snprintf(text, sizeof(text), "%u", number & 0xffff);

    sink_u8(out, (uint8_t)size);
    sink_bytes(out, slice_of(text, (size_t)size));
}

bool report_question(const struct query *query, uint8_t storage[DNAME_MAX],
                     struct question *question)
{
    const struct report *report = &query->report;
    struct sink out = sink_of(storage, DNAME_MAX);

    if (!is_due(query))
        return false;
    /* RFC 9567 section 6.1.1: _er.<type>.<name>.<code>._er.<agent>; too long, it is not asked.
     */
    sink_bytes(&out, slice_of(mark, sizeof(mark) - 1));
    put_number(&out, query->question.qtype);
    sink_bytes(&out, slice_of(report->name.wire, (size_t)report->name.size - 1));
    put_number(&out, query->outcome.reasons.item[0].code);
    sink_bytes(&out, slice_of(mark, sizeof(mark) - 1));
    sink_bytes(&out, slice_of(report->agent.wire, report->agent.size));
    if (sink_failed(&out))
        return false;
    *question = (struct question){dname_of_wire(storage), TYPE_TXT, CLASS_IN};
    return true;
}
