/*
 * scrub.h - what remains of a reply: only what its server may speak of, and what was asked for.
 *
 * Called before anything of a reply is believed or stored. The reply's arena gets the new section
 * arrays; RRsets are shared with the old message. DNAMEs get their CNAMEs, checked or made here.
 */
#ifndef TREESHREW_ITERATOR_SCRUB_H
#define TREESHREW_ITERATOR_SCRUB_H

#include "util/addr.h"
#include "util/conf/opt.h"
#include "util/wire/message.h"

struct scrub_rules {
    uint32_t ns_most;             /* iter-scrub-ns */
    uint32_t rrsigs_most;         /* iter-scrub-rrsig; of one RRset */
    uint32_t aliases_most;        /* iter-scrub-cname; 0: no limit */
    bool promiscuous;             /* remove NS sets that come unasked with an answer */
    bool harden_glue;
    bool harden_unknown_additional;
    const struct netblock *private_blocks; /* private-address */
    size_t private_block_count;
    const struct dname *private_domains;   /* private-domain: may have such addresses */
    size_t private_domain_count;
};

struct scrub_result {
    unsigned removed;         /* RRsets */
    bool private_address;     /* some of them for rebinding */
    bool foreign_next;        /* an NSEC whose next name is outside the zone */
    bool broken_alias;        /* a DNAME whose CNAME is not what it must be */
    bool too_long;            /* a DNAME's name grew over 255 octets: rcode YXDOMAIN (RFC 6672) */
};

/**
 * @param zone      the cut whose servers were asked: what lies outside is not theirs to tell.
 * @param recursive a forwarder answered: a whole chain of aliases is its to tell. Of a name server
 *                  only the first alias counts; where it leads is asked for anew.
 * @return STATUS_NO_MEMORY: the message is unchanged.
 */
enum status scrub(struct message *message, const struct question *question, struct dname zone,
                  bool recursive, const struct scrub_rules *rules, struct arena *arena,
                  struct scrub_result *result);

#endif
