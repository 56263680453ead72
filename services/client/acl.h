/*
 * acl.h - who may ask what: access-control decided by the longest prefix, before anything else.
 */
#ifndef TREESHREW_SERVICES_CLIENT_ACL_H
#define TREESHREW_SERVICES_CLIENT_ACL_H

#include "util/addr.h"
#include "util/arena.h"
#include "util/conf/opt.h"

enum acl_action {
    ACL_DENY,           /* dropped */
    ACL_REFUSE,         /* REFUSED with EDE 18 */
    ACL_ALLOW,          /* recursion; without RD from the cache only for what is known anyway */
    ACL_ALLOW_SETRD,    /* as if RD were set */
    ACL_ALLOW_SNOOP,    /* RD=0 may look into the cache */
    ACL_ALLOW_COOKIE,   /* UDP only with a good server cookie */
    ACL_DENY_NON_LOCAL, /* local data, else dropped */
    ACL_REFUSE_NON_LOCAL
};

struct acl;

/** Where a problem in the configuration is told: file:line:column and words. */
typedef void conf_complain(void *context, const struct opt_item *item, const char *words);

/**
 * From items "netblock action" and "address action"; by default loopback is allowed and
 * everything else refused.
 * @param interface_action for clients that no item of access_control speaks of, by the address
 * of ours that they ask.
 * @return NULL after at least one complaint, or without memory.
 */
struct acl *acl_new(const struct opt_list *access_control,
                    const struct opt_list *interface_action, conf_complain *complain,
                    void *context);
void acl_free(struct acl *acl);

/** @param asked the address of ours that was asked. */
enum acl_action acl_decide(const struct acl *acl, const struct addr *client,
                           const struct addr *asked);

/** What was decided for clients that asked lately: one thread's, all zero at first and whenever
 *  the acl is another one. */
enum { ACL_RECALLED = 64 };
struct acl_recall {
    struct {
        uint8_t family; /* ADDR_NONE: free */
        uint8_t action; /* enum acl_action */
        uint64_t octets[2];
    } places[ACL_RECALLED];
};

/* A place is chosen by multiplying: clients that want to share one find it, and gain nothing. */
static inline size_t acl_place(const struct addr *client, uint64_t octets[2])
{
    memcpy(octets, client->bytes, sizeof(client->bytes));
    return (size_t)((octets[0] ^ octets[1]) * 0x9e3779b97f4a7c15u >> 58) % ACL_RECALLED;
}

enum acl_action acl_decide_and_note(const struct acl *acl, struct acl_recall *recall,
                                    const struct addr *client, const struct addr *asked);

/** The same as acl_decide, for less where the client has asked before. */
static inline enum acl_action acl_decide_again(const struct acl *acl, struct acl_recall *recall,
                                               const struct addr *client,
                                               const struct addr *asked)
{
    uint64_t octets[2];
    size_t at = acl_place(client, octets);

    if (recall->places[at].family == client->family &&
        recall->places[at].octets[0] == octets[0] && recall->places[at].octets[1] == octets[1])
        return (enum acl_action)recall->places[at].action;
    return acl_decide_and_note(acl, recall, client, asked);
}

#endif
