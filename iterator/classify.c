/*
 * classify.c - RFC 1034 section 4.3.2, read backwards: from the reply to what the server did.
 *
 * AA alone decides little: many servers get it wrong, so a reply counts by what is in it.
 */
#include "iterator/classify.h"

#include "util/wire/rdata.h"

enum { ALIAS_STEPS_MAX = 64 };

const char *verdict_word(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_ANSWER: return "answer";
    case VERDICT_NODATA: return "nodata";
    case VERDICT_NXDOMAIN: return "nxdomain";
    case VERDICT_ALIAS: return "alias";
    case VERDICT_REFERRAL: return "referral";
    case VERDICT_LAME: return "lame";
    case VERDICT_RECURSION_LAME: return "recursion-lame";
    case VERDICT_SELF_REFERRAL: return "self-referral";
    case VERDICT_EMPTY: return "empty";
    case VERDICT_RCODE: return "rcode";
    }
    return "unknown";
}

/* RFC 6672 section 2.4: below a DNAME nothing exists, so the CNAME there was made from it. */
static bool is_rewritten(const struct message *message, struct dname name)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_ANSWER, &count);

    for (size_t i = 0; i < count; i++)
        if (sets[i]->type == TYPE_DNAME && dname_is_below(name, rrset_owner(sets[i])))
            return true;
    return false;
}

struct dname alias_end(const struct message *message, const struct question *question,
                       unsigned *hops)
{
    struct dname name = question->qname;

    *hops = 0;
    /* A CNAME answers the question for it, also one that was made from a DNAME; unless the rcode
     * shows that the server has followed it all the same. */
    while (*hops < ALIAS_STEPS_MAX &&
           (question->qtype != TYPE_CNAME || message->rcode == RCODE_NXDOMAIN)) {
        const struct rrset *alias = message_find(message, SECTION_ANSWER, name, TYPE_CNAME);

        if (alias == NULL || alias->rr_count == 0 ||
            !rdata_target(rrset_rdata(alias, 0), TYPE_CNAME, &name))
            break;
        ++*hops;
    }
    return name;
}

static bool out_of_a_cache(const struct message *message, bool recursive)
{
    return !recursive && (message->flags & FLAG_RA) != 0 && (message->flags & FLAG_AA) == 0;
}

static enum verdict classify_answer(const struct message *message, const struct question *question,
                                    bool recursive)
{
    enum verdict good = out_of_a_cache(message, recursive) ? VERDICT_RECURSION_LAME
                                                           : VERDICT_ANSWER;
    unsigned hops;
    struct dname end;

    if (question->qtype == TYPE_ANY) {
        size_t count;
        const struct rrset **sets = message_section(message, SECTION_ANSWER, &count);

        return dname_equal(rrset_owner(sets[0]), question->qname) ? good : VERDICT_EMPTY;
    }
    if (message_find(message, SECTION_ANSWER, question->qname, question->qtype) != NULL)
        return good;
    end = alias_end(message, question, &hops);
    if (hops == 0)
        return VERDICT_EMPTY;
    if (message_find(message, SECTION_ANSWER, end, question->qtype) != NULL)
        return good;
    return VERDICT_ALIAS;
}

static enum verdict classify_ns(const struct message *message, const struct question *question,
                                const struct rrset *ns, struct dname zone, bool recursive)
{
    struct dname owner = rrset_owner(ns);

    /* RFC 4035 section 3.1.4.1: about the DS of a cut its parent has the last word, even where it
     * is said as a referral to that very cut. */
    if (question->qtype == TYPE_DS && dname_is_below(owner, zone) &&
        dname_equal(owner, question->qname))
        return VERDICT_NODATA;
    if (dname_is_below(owner, zone))
        return VERDICT_REFERRAL;
    if (dname_equal(owner, zone)) {
        if ((message->flags & FLAG_AA) != 0)
            return VERDICT_NODATA;
        return out_of_a_cache(message, recursive) ? VERDICT_RECURSION_LAME
                                                  : VERDICT_SELF_REFERRAL;
    }
    return VERDICT_LAME;
}

/* RFC 2308 section 2.2: the kinds of NODATA, told from referrals by the SOA. */
static enum verdict classify_authority(const struct message *message,
                                       const struct question *question, struct dname zone,
                                       bool recursive)
{
    size_t count;
    const struct rrset **sets = message_section(message, SECTION_AUTHORITY, &count);
    const struct rrset *ns = NULL;

    for (size_t i = 0; i < count; i++) {
        if (sets[i]->type == TYPE_SOA) {
            if (out_of_a_cache(message, recursive))
                return VERDICT_RECURSION_LAME;
            return VERDICT_NODATA;
        }
        if (sets[i]->type == TYPE_NS && ns == NULL)
            ns = sets[i];
    }
    if (ns != NULL)
        return classify_ns(message, question, ns, zone, recursive);
    return count == 0 ? VERDICT_EMPTY : VERDICT_NODATA;
}

/* RFC 6672 section 2.2: YXDOMAIN answers the question when a DNAME would make the name too long. */
static enum verdict classify_too_long(const struct message *message,
                                      const struct question *question)
{
    unsigned hops;
    struct dname end = alias_end(message, question, &hops);

    if (is_rewritten(message, end))
        return VERDICT_ANSWER;
    return hops > 0 ? VERDICT_ALIAS : VERDICT_RCODE;
}

enum verdict classify(const struct message *message, const struct question *question,
                      struct dname zone, bool recursive)
{
    unsigned hops;

    if (message->rcode == RCODE_NXDOMAIN) {
        if (out_of_a_cache(message, recursive))
            return VERDICT_RECURSION_LAME;
        /* RFC 6604 section 3: the rcode is that of the last name of the chain. A chain that leaves
         * what this server may speak of was cut by scrub.c, so its end has to be asked for. */
        alias_end(message, question, &hops);
        return hops > 0 ? VERDICT_ALIAS : VERDICT_NXDOMAIN;
    }
    if (message->rcode == RCODE_YXDOMAIN)
        return classify_too_long(message, question);
    if (message->rcode != RCODE_NOERROR)
        return VERDICT_RCODE;
    if (message->count[SECTION_ANSWER] != 0)
        return classify_answer(message, question, recursive);
    return classify_authority(message, question, zone, recursive);
}
