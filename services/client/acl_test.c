/*
 * acl_test.c - the longest netblock decides, the machine itself may ask, others may not.
 */
#include "services/client/acl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { ITEMS_MAX = 8 };

static void count_complaint(void *context, const struct opt_item *item, const char *words)
{
    assert_non_null(item->text);
    assert_non_null(words);
    ++*(int *)context;
}

/* Lines that begin with "at " are of interface-action. */
static struct acl *make(const char *const *texts, int *complaints)
{
    struct opt_item items[ITEMS_MAX] = {{0}}, at_items[ITEMS_MAX] = {{0}};
    struct opt_list list = {0, items}, at_list = {0, at_items};

    *complaints = 0;
    for (size_t i = 0; i < ITEMS_MAX && texts[i] != NULL; i++)
        if (strncmp(texts[i], "at ", 3) == 0)
            at_items[at_list.count++].text = texts[i] + 3;
        else
            items[list.count++].text = texts[i];
    return acl_new(&list, &at_list, count_complaint, complaints);
}

static const struct {
    const char *why, *lines[ITEMS_MAX], *client;
    enum acl_action want;
} cases[] = {
    {"loopback may ask without a word of configuration", {NULL}, "127.0.0.1", ACL_ALLOW},
    {"all of 127/8 is loopback", {NULL}, "127.200.3.4", ACL_ALLOW},
    {"loopback of IPv6", {NULL}, "::1", ACL_ALLOW},
    {"loopback written as a mapped address", {NULL}, "::ffff:127.0.0.1", ACL_ALLOW},
    {"others are refused", {NULL}, "192.0.2.1", ACL_REFUSE},
    {"others are refused in IPv6, too", {NULL}, "2001:db8::1", ACL_REFUSE},
    {"the address behind loopback's block", {NULL}, "128.0.0.0", ACL_REFUSE},
    {"a block allows", {"10.0.0.0/8 allow"}, "10.255.0.1", ACL_ALLOW},
    {"the longer block decides",
     {"10.0.0.0/8 allow", "10.1.0.0/16 deny"},
     "10.1.2.3",
     ACL_DENY},
    {"whatever the order", {"10.1.0.0/16 deny", "10.0.0.0/8 allow"}, "10.1.2.3", ACL_DENY},
    {"behind an inner block the outer one counts again",
     {"10.0.0.0/8 allow", "10.1.0.0/16 deny"},
     "10.2.0.0",
     ACL_ALLOW},
    {"behind two inner blocks, nested",
     {"10.0.0.0/8 allow_snoop", "10.1.0.0/16 deny", "10.1.2.0/24 allow"},
     "10.1.3.0",
     ACL_DENY},
    {"a single address", {"192.0.2.7 allow_setrd"}, "192.0.2.7", ACL_ALLOW_SETRD},
    {"loopback can be taken away", {"127.0.0.0/8 refuse"}, "127.0.0.1", ACL_REFUSE},
    {"the last word for one block counts",
     {"10.0.0.0/8 deny", "10.0.0.0/8 allow_cookie"},
     "10.0.0.1",
     ACL_ALLOW_COOKIE},
    {"everybody", {"0.0.0.0/0 allow"}, "203.0.113.1", ACL_ALLOW},
    {"everybody of IPv4 only", {"0.0.0.0/0 allow"}, "2001:db8::1", ACL_REFUSE},
    {"IPv6 block", {"2001:db8::/32 refuse_non_local"}, "2001:db8:1::1", ACL_REFUSE_NON_LOCAL},
    {"an interface allows", {"at 192.0.2.53 allow"}, "203.0.113.9", ACL_ALLOW},
    {"another interface", {"at 192.0.2.54 allow"}, "203.0.113.9", ACL_REFUSE},
    {"an interface takes loopback's right", {"at 192.0.2.53 refuse"}, "127.0.0.1", ACL_REFUSE},
    {"a netblock comes before an interface",
     {"at 192.0.2.53 allow", "203.0.113.0/24 deny"},
     "203.0.113.9",
     ACL_DENY},
    {"an interface by its port", {"at 192.0.2.53@53 allow"}, "203.0.113.9", ACL_ALLOW},
    {"another port of it", {"at 192.0.2.53@853 allow"}, "203.0.113.9", ACL_REFUSE},
    {"deny_non_local", {"::/0 deny_non_local"}, "2001:db9::1", ACL_DENY_NON_LOCAL},
};

static void longest_block_decides(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int complaints;
        struct acl *acl = make(cases[i].lines, &complaints);
        struct addr client, asked;

        assert_non_null(acl);
        assert_int_equal(addr_from_text(&asked, "192.0.2.53", 53, NULL), STATUS_OK);
        assert_int_equal(complaints, 0);
        assert_int_equal(addr_from_text(&client, cases[i].client, 4711, NULL), STATUS_OK);
        if (acl_decide(acl, &client, &asked) != cases[i].want)
            fail_msg("%s: %s", cases[i].client, cases[i].why);
        acl_free(acl);
    }
}

/* More clients than places, twice around: what is recalled is what would be decided. */
static void what_is_recalled_is_right(void **state)
{
    static const char *const lines[] = {"10.0.0.0/8 allow", "10.0.0.128/25 deny",
                                        "2001:db8::/64 allow_snoop", NULL};
    static const char *const at_lines[] = {"at 192.0.2.53@53 allow", NULL};
    static struct acl_recall recall, recall_at;
    int complaints;
    struct acl *acl = make(lines, &complaints), *at = make(at_lines, &complaints);

    (void)state;
    for (unsigned i = 0; i < 1024; i++) {
        const uint8_t bytes[16] = {10, 0, i >> 8 & 1, (uint8_t)i},
                      bytes6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)i};
        struct addr client = i % 3 == 0 ? addr_ip6(bytes6, 1) : addr_ip4(bytes, 2);
        struct addr asked = addr_ip4((const uint8_t[4]){192, 0, 2, 53}, (uint16_t)(53 + i % 2));

        assert_int_equal(acl_decide_again(acl, &recall, &client, &asked),
                         acl_decide(acl, &client, &asked));
        assert_int_equal(acl_decide_again(at, &recall_at, &client, &asked),
                         acl_decide(at, &client, &asked));
    }
    acl_free(acl);
    acl_free(at);
}

static void nonsense_is_told(void **state)
{
    static const char *const lines[] = {
        "10.0.0.0/33 allow",  "10.0.0.0/8 alow", "10.0.0.0/8",   "host allow",      "",
        "1.2.3.4 allow deny", "at eth0 allow",   "at 192.0.2.1", "at 192.0.2.1 all"};

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *texts[] = {"192.0.2.0/24 allow", lines[i], NULL};
        int complaints;

        if (make(texts, &complaints) != NULL || complaints != 1)
            fail_msg("taken without complaint: '%s'", lines[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_block_decides),
        cmocka_unit_test(what_is_recalled_is_right),
        cmocka_unit_test(nonsense_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
