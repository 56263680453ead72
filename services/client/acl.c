/*
 * acl.c - access control: a sorted array of netblocks, the longest one that covers a client
 * decides.
 *
 * Called by request.c for every message, before anything else is looked at; built from the
 * configuration, read-only afterwards, shared by all threads. Blocks that lie within others
 * know them, so that a look-up is one binary search and a short climb.
 */
#include "services/client/acl.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 32, NO_PARENT = -1 };

struct entry {
    struct netblock block;
    enum acl_action action;
    int parent; /* index of the next larger block around this one, or NO_PARENT */
    bool built_in;
};

struct at_interface {
    struct addr addr; /* port 0: any */
    enum acl_action action;
};

struct acl {
    struct at_interface *interfaces;
    size_t interface_count;
    size_t count;
    struct entry entries[];
};

static const struct {
    const char *word;
    enum acl_action action;
} words[] = {
    {"deny", ACL_DENY},
    {"refuse", ACL_REFUSE},
    {"allow", ACL_ALLOW},
    {"allow_setrd", ACL_ALLOW_SETRD},
    {"allow_snoop", ACL_ALLOW_SNOOP},
    {"allow_cookie", ACL_ALLOW_COOKIE},
    {"deny_non_local", ACL_DENY_NON_LOCAL},
    {"refuse_non_local", ACL_REFUSE_NON_LOCAL},
};

/* The machine itself may ask, in whatever way its address is written; nobody else. */
static const struct {
    const char *block, *action;
} built_in[] = {
    {"0.0.0.0/0", "refuse"},           {"::0/0", "refuse"},
    {"127.0.0.0/8", "allow"},          {"::1", "allow"},
    {"::ffff:127.0.0.0/104", "allow"},
};

static bool action_from_text(const char *text, enum acl_action *out)
{
    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i].word, text) == 0) {
            *out = words[i].action;
            return true;
        }
    return false;
}

static const char action_expected[] =
    "expected one of deny, refuse, allow, allow_setrd, allow_snoop, allow_cookie, "
    "deny_non_local, refuse_non_local behind the address";

/* "netblock action" */
static const char *read_item(const char *text, struct entry *out)
{
    char block[ADDR_NETBLOCK_TEXT_MAX];
    const char *space = strchr(text, ' ');
    size_t size = space == NULL ? strlen(text) : (size_t)(space - text);

    if (size >= sizeof(block))
        return "the netblock is too long";
    memcpy(block, text, size);
    block[size] = '\0';
    if (netblock_from_text(&out->block, block) != STATUS_OK)
        return "not a netblock, such as 192.0.2.0/24 or 2001:db8::/32";
    if (space == NULL || !action_from_text(space + 1, &out->action))
        return action_expected;
    out->built_in = false;
    return NULL;
}

/* "address action", the address perhaps with "@port" */
static const char *read_interface(const char *text, struct at_interface *out)
{
    char address[ADDR_TEXT_MAX];
    const char *space = strchr(text, ' ');
    size_t size = space == NULL ? strlen(text) : (size_t)(space - text);

    if (size >= sizeof(address))
        return "the address is too long";
    memcpy(address, text, size);
    address[size] = '\0';
    if (addr_from_text(&out->addr, address, 0, NULL) != STATUS_OK)
        return "an address of ours is expected here, not the name of an interface";
    if (space == NULL || !action_from_text(space + 1, &out->action))
        return action_expected;
    return NULL;
}

/* The same block given again replaces what was said before. */
static void put(struct acl *acl, const struct entry *entry)
{
    for (size_t i = 0; i < acl->count; i++)
        if (acl->entries[i].block.bits == entry->block.bits &&
            addr_equal(&acl->entries[i].block.addr, &entry->block.addr)) {
            acl->entries[i] = *entry;
            return;
        }
    acl->entries[acl->count++] = *entry;
}

static int compare_start(const struct addr *a, const struct addr *b)
{
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* By first address; of two that begin alike the larger block first. */
static int compare_entries(const void *a, const void *b)
{
    const struct netblock *x = &((const struct entry *)a)->block;
    const struct netblock *y = &((const struct entry *)b)->block;
    int order = compare_start(&x->addr, &y->addr);

    return order != 0 ? order : (int)x->bits - (int)y->bits;
}

static void find_parents(struct acl *acl)
{
    for (size_t i = 0; i < acl->count; i++) {
        int parent = (int)i - 1;

        while (parent >= 0 &&
               !netblock_covers(&acl->entries[parent].block, &acl->entries[i].block.addr))
            parent = acl->entries[parent].parent;
        acl->entries[i].parent = parent < 0 ? NO_PARENT : parent;
    }
}

static void put_built_in(struct acl *acl)
{
    for (size_t i = 0; i < COUNT(built_in); i++) {
        struct entry entry = {.built_in = true};

        if (netblock_from_text(&entry.block, built_in[i].block) == STATUS_OK &&
            action_from_text(built_in[i].action, &entry.action))
            put(acl, &entry);
    }
}

static bool read_interfaces(struct acl *acl, const struct opt_list *list,
                            conf_complain *complain, void *context)
{
    bool good = true;

    for (size_t i = 0; i < list->count; i++) {
        const char *wrong =
            read_interface(list->items[i].text, &acl->interfaces[acl->interface_count]);

        if (wrong == NULL)
            acl->interface_count++;
        else
            complain(context, &list->items[i], wrong);
        good = good && wrong == NULL;
    }
    return good;
}

static bool read_blocks(struct acl *acl, const struct opt_list *list, conf_complain *complain,
                        void *context)
{
    bool good = true;

    for (size_t i = 0; i < list->count; i++) {
        struct entry entry;
        const char *wrong = read_item(list->items[i].text, &entry);

        if (wrong == NULL)
            put(acl, &entry);
        else
            complain(context, &list->items[i], wrong);
        good = good && wrong == NULL;
    }
    return good;
}

struct acl *acl_new(const struct opt_list *access_control,
                    const struct opt_list *interface_action, conf_complain *complain,
                    void *context)
{
    size_t room = access_control->count + COUNT(built_in);
    struct acl *acl = calloc(1, sizeof(*acl) + room * sizeof(struct entry));
    bool good;

    if (acl == NULL)
        return NULL;
    acl->interfaces = calloc(interface_action->count + 1, sizeof(*acl->interfaces));
    if (acl->interfaces == NULL) {
        acl_free(acl);
        return NULL;
    }
    put_built_in(acl);
    good = read_blocks(acl, access_control, complain, context);
    good = read_interfaces(acl, interface_action, complain, context) && good;
    if (!good) {
        acl_free(acl);
        return NULL;
    }
    qsort(acl->entries, acl->count, sizeof(struct entry), compare_entries);
    find_parents(acl);
    return acl;
}

void acl_free(struct acl *acl)
{
    if (acl != NULL)
        free(acl->interfaces);
    free(acl);
}

/* The longest block that covers the client, or NULL. */
static const struct entry *find_block(const struct acl *acl, const struct addr *client)
{
    size_t low = 0, high = acl->count; /* the last block that begins at or before the client */
    int at;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_start(&acl->entries[middle].block.addr, client) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    at = (int)low - 1;
    while (at >= 0 && !netblock_covers(&acl->entries[at].block, client))
        at = acl->entries[at].parent;
    return at < 0 ? NULL : &acl->entries[at];
}

enum acl_action acl_decide(const struct acl *acl, const struct addr *client,
                           const struct addr *asked)
{
    const struct entry *entry = find_block(acl, client);

    if (entry != NULL && !entry->built_in)
        return entry->action;
    for (size_t i = acl->interface_count; i-- > 0;) { /* the last word counts */
        const struct at_interface *at = &acl->interfaces[i];

        if (addr_same_host(&at->addr, asked) &&
            (at->addr.port == 0 || at->addr.port == asked->port))
            return at->action;
    }
    return entry == NULL ? ACL_REFUSE : entry->action;
}

enum acl_action acl_decide_and_note(const struct acl *acl, struct acl_recall *recall,
                                    const struct addr *client, const struct addr *asked)
{
    enum acl_action action = acl_decide(acl, client, asked);
    uint64_t octets[2];
    size_t at = acl_place(client, octets);

    if (acl->interface_count != 0) /* then the client is not all that counts */
        return action;
    recall->places[at].action = (uint8_t)action;
    recall->places[at].family = client->family;
    memcpy(recall->places[at].octets, octets, sizeof(octets));
    return action;
}
