/*
 * val_explain.c - tags, algorithms and times of what was verified, as events of the trace.
 *
 * Called by the states CHAIN and JUDGE. Reads only.
 */
#include "validator/val_explain.h"

#include "util/text.h"
#include "validator/key_cache.h"

static struct trace_event event_of(enum trace_kind kind, struct dname zone, struct dname name,
                                   uint16_t type)
{
    return (struct trace_event){
        .kind = kind, .zone = zone, .name = name, .type = type, .upstream_ede = -1};
}

static void add_signature(struct text *text, const struct sig_good *good)
{
    char begin[FINDING_TIME_MAX], end[FINDING_TIME_MAX];

    text_printf(text, "key=%u/%u begin=%s end=%s", good->key_tag, good->algorithm,
                finding_time(good->begin_s, begin), finding_time(good->end_s, end));
}

static void tell(struct query *query, struct trace_event *event, struct text *words)
{
    event->words = text_done(words);
    (void)trace_add(query->trace, query_now_ms(query), event);
}

void val_explain_signed(struct query *query, struct dname zone, const struct rrset *set,
                        const struct sig_good *good)
{
    struct trace_event event = event_of(TRACE_SIGNED, zone, rrset_owner(set), set->type);
    struct text words = text_in(query->arena);

    if (!query->env->explains)
        return;
    add_signature(&words, good);
    if (good->is_expanded)
        text_add(&words, " from a wildcard");
    tell(query, &event, &words);
}

void val_explain_ds(struct query *query, struct dname zone, const struct rrset *ds)
{
    struct trace_event event = event_of(TRACE_DS, zone, zone, TYPE_DS);
    struct text words = text_in(query->arena);
    struct ds record;

    if (!query->env->explains)
        return;
    for (size_t i = 0; i < ds->rr_count; i++)
        if (ds_read(rrset_rdata(ds, i), &record))
            text_printf(&words, "%sds=%u/%u/%u", words.used == 0 ? "" : " ", record.tag,
                        record.algorithm, record.digest_type);
    tell(query, &event, &words);
}

void val_explain_keys(struct query *query, const struct key_entry *entry,
                      const struct sig_good *good, bool by_anchor)
{
    struct trace_event event = event_of(TRACE_KEYS, entry->zone, entry->zone, TYPE_DNSKEY);
    struct text words = text_in(query->arena);

    if (!query->env->explains || entry->security != SEC_SECURE)
        return;
    for (size_t i = 0; i < zone_keys_count(entry->keys); i++) {
        const struct dnskey *key = zone_keys_at(entry->keys, i);

        text_printf(&words, "dnskey=%u/%u flags=%u ", key->tag, key->algorithm, key->flags);
    }
    if (good != NULL) {
        text_add(&words, "signed by ");
        add_signature(&words, good);
        text_add(&words, by_anchor ? " as the trust anchor says" : " as the DS says");
    } else {
        text_add(&words, "known from before");
    }
    tell(query, &event, &words);
}

void val_explain_insecure(struct query *query, struct dname zone, const struct reasons *reasons)
{
    struct trace_event event = event_of(TRACE_INSECURE, zone, zone, TYPE_DS);
    struct text words = text_in(query->arena);

    if (!query->env->explains)
        return;
    text_add(&words, reasons == NULL || reasons->count == 0 ? "proven to have no DS"
                                                            : reasons->item[0].text);
    tell(query, &event, &words);
}

static const char *denied_words(const struct proof *proof)
{
    switch (proof->what) {
    case DENIED_NOTHING: break;
    case DENIED_NAME: return "no such name";
    case DENIED_TYPE: return "no such type";
    case DENIED_CLOSER: return "nothing nearer than the wildcard";
    case DENIED_DS: return "a delegation without DS";
    case DENIED_CUT: return "no delegation";
    case DENIED_ANYTHING: return "too many iterations to be checked";
    }
    return "nothing";
}

/* The span that an NSEC or NSEC3 leaves empty: from its owner to the next name. */
static void add_span(struct text *words, const struct rrset *set, struct arena *arena)
{
    char owner[DNAME_TEXT_MAX], type[TYPE_TEXT_MAX];
    struct text rdata = text_in(arena);

    rdata_to_text(&rdata, rrset_rdata(set, 0), set->type, set->rrclass);
    text_printf(words, "; %s %s %s", dname_to_reason(rrset_owner(set), owner),
                rrtype_to_text(set->type, type), text_done(&rdata) == NULL ? "" : rdata.chars);
}

void val_explain_denied(struct query *query, struct dname zone, struct dname name,
                        uint16_t type, const struct proof *proof)
{
    struct trace_event event = event_of(TRACE_DENIED, zone, name, type);
    struct text words = text_in(query->arena);

    if (!query->env->explains)
        return;
    text_add(&words, denied_words(proof));
    if (proof->opt_out)
        text_add(&words, ", opt-out");
    for (size_t i = 0; i < COUNT(proof->used) && proof->used[i] != NULL; i++)
        add_span(&words, proof->used[i], query->arena);
    tell(query, &event, &words);
}
