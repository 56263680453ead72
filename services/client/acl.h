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
        uint8_t bytes[16];
    } places[ACL_RECALLED];
};

/** The same as acl_decide, for less where the client has asked before. */
enum acl_action acl_decide_again(const struct acl *acl, struct acl_recall *recall,
                                 const struct addr *client, const struct addr *asked);

#endif
