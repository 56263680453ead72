/*
 * caps.c - by the system calls themselves: libcap would be a library for three of them.
 *
 * Called by privs.c before there are threads (capabilities are each thread's own; those that
 * are started later inherit them).
 */
#define _GNU_SOURCE /* syscall */
#include "config.h"
#include "daemon/caps.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#if defined(HAVE_LINUX_CAPABILITY_H) && defined(HAVE_SYS_PRCTL_H) && defined(HAVE_SYS_SYSCALL_H)

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { CAPS_MAX = 64 };

struct caps {
    uint64_t effective, permitted, inheritable;
};

static bool get(struct caps *caps)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    if (syscall(SYS_capget, &head, data) != 0)
        return false;
    *caps = (struct caps){(uint64_t)data[1].effective << 32 | data[0].effective,
                          (uint64_t)data[1].permitted << 32 | data[0].permitted,
                          (uint64_t)data[1].inheritable << 32 | data[0].inheritable};
    return true;
}

static bool set(const struct caps *caps)
{
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];

    for (unsigned i = 0; i < 2; i++)
        data[i] = (struct __user_cap_data_struct){(uint32_t)(caps->effective >> 32 * i),
                                                  (uint32_t)(caps->permitted >> 32 * i),
                                                  (uint32_t)(caps->inheritable >> 32 * i)};
    return syscall(SYS_capset, &head, data) == 0;
}

void caps_keep(void)
{
    /* What is out of the bounding set never comes back, not even by a program that is set-uid.
     */
    for (int cap = 0; cap < CAPS_MAX; cap++)
        if (cap != CAP_NET_BIND_SERVICE && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
            break; /* behind the last that the kernel knows, or we may not */
    (void)prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

bool caps_reduce(void)
{
    struct caps caps;

    (void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    if (!get(&caps))
        return false;
    caps.permitted &= 1ull << CAP_NET_BIND_SERVICE;
    caps.effective = caps.permitted;
    caps.inheritable = 0; /* which empties the ambient set as well */
    return set(&caps);
}

void caps_no_new(void)
{
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

const char *caps_text(char out[CAPS_TEXT_MAX])
{
    struct caps caps;
    uint64_t all = 0;

    if (!get(&caps)) {
        snprintf(out, CAPS_TEXT_MAX, "unknown");
        return out;
    }
    for (int cap = 0; cap < CAPS_MAX && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        all |= 1ull << cap;
    if (caps.permitted == 0)
        snprintf(out, CAPS_TEXT_MAX, "none");
    else if (caps.permitted == 1ull << CAP_NET_BIND_SERVICE)
        snprintf(out, CAPS_TEXT_MAX, "net_bind_service");
    else if (caps.permitted == all)
        snprintf(out, CAPS_TEXT_MAX, "all");
    else
        snprintf(out, CAPS_TEXT_MAX, "0x%llx", (unsigned long long)caps.permitted);
    return out;
}

#else

void caps_keep(void)
{
}

bool caps_reduce(void)
{
    return true;
}

void caps_no_new(void)
{
}

const char *caps_text(char out[CAPS_TEXT_MAX])
{
    snprintf(out, CAPS_TEXT_MAX, "unknown");
    return out;
}

#endif
