/*
 * holder.c - looks up in /proc which process has a port; elsewhere it says that it cannot.
 *
 * Called by ports.c once, at start, after a bind failed. Without rights it sees only the
 * caller's own processes; then it is known that somebody has the port, but not who.
 */
#include "daemon/holder.h"

#include <ctype.h>
#include <dirent.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_OCTETS = 512, PATH_OCTETS = 640, INODES_MAX = 16 };

struct inodes {
    size_t count;
    unsigned long list[INODES_MAX];
    bool is_resolved; /* at one of the addresses that are systemd-resolved's own */
    unsigned uid;     /* of the last one */
};

/* 127.0.0.53 and .54, as /proc writes them on machines with either order of octets. */
static bool is_stub_address(const char *hex)
{
    return strcmp(hex, "3500007F") == 0 || strcmp(hex, "3600007F") == 0 ||
           strcmp(hex, "7F000035") == 0 || strcmp(hex, "7F000036") == 0;
}

/* Lines as "0: 0100007F:0035 00000000:0000 07 ... uid timeout inode". */
static bool line_has_port(const char *line, bool tcp, unsigned port, struct inodes *inodes)
{
    unsigned local_port, remote_port, state;
    char local[33];

    if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%x %x %*s %*s %*s %u %*u %lu", local,
               &local_port, &remote_port, &state, &inodes->uid, &inodes->list[inodes->count]) != 6)
        return false;
    /* Of TCP only who listens (0A) is in the way. */
    if (local_port != port || remote_port != 0 || (tcp && state != 0x0a))
        return false;
    inodes->is_resolved = inodes->is_resolved || is_stub_address(local);
    return true;
}

static void read_table(const char *path, bool tcp, unsigned port, struct inodes *inodes)
{
    FILE *file = fopen(path, "re");
    char line[LINE_OCTETS];

    if (file == NULL)
        return;
    while (inodes->count < INODES_MAX && fgets(line, sizeof(line), file) != NULL)
        if (line_has_port(line, tcp, port, inodes))
            inodes->count++;
    fclose(file);
}

static bool is_one_of(const char *link, const struct inodes *inodes)
{
    unsigned long inode;

    if (sscanf(link, "socket:[%lu]", &inode) != 1)
        return false;
    for (size_t i = 0; i < inodes->count; i++)
        if (inodes->list[i] == inode)
            return true;
    return false;
}

static bool process_has(const char *pid, const struct inodes *inodes)
{
    char path[PATH_OCTETS], link[64];
    struct dirent *entry;
    bool has = false;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%s/fd", pid);
    folder = opendir(path);
    if (folder == NULL)
        return false;
    while (!has && (entry = readdir(folder)) != NULL) {
        ssize_t size;

        snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, entry->d_name);
        size = readlink(path, link, sizeof(link) - 1);
        if (size <= 0)
            continue;
        link[size] = '\0';
        has = is_one_of(link, inodes);
    }
    closedir(folder);
    return has;
}

static void read_name(const char *pid, struct holder *out)
{
    char path[PATH_OCTETS];
    FILE *file;

    out->pid = strtol(pid, NULL, 10);
    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(out->name, sizeof(out->name), file) != NULL)
        out->name[strcspn(out->name, "\n")] = '\0';
    fclose(file);
}

/* Without rights the process is not to be seen, but its address and its user are. */
static void guess(const struct inodes *inodes, struct holder *out)
{
    const struct passwd *user;

    if (inodes->is_resolved) {
        snprintf(out->name, sizeof(out->name), "systemd-resolved");
    } else {
        user = getpwuid((uid_t)inodes->uid);
        if (user != NULL && user->pw_name != NULL)
            snprintf(out->name, sizeof(out->name), "a process of %s", user->pw_name);
    }
}

bool holder_find(const struct addr *addr, bool tcp, struct holder *out)
{
    struct inodes inodes = {.count = 0};
    struct dirent *entry;
    DIR *folder;

    *out = (struct holder){.pid = 0};
    read_table(tcp ? "/proc/self/net/tcp" : "/proc/self/net/udp", tcp, addr->port, &inodes);
    read_table(tcp ? "/proc/self/net/tcp6" : "/proc/self/net/udp6", tcp, addr->port, &inodes);
    if (inodes.count == 0)
        return false;
    folder = opendir("/proc");
    if (folder == NULL)
        return false;
    while (out->pid == 0 && (entry = readdir(folder)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) && process_has(entry->d_name, &inodes))
            read_name(entry->d_name, out);
    closedir(folder);
    if (out->pid == 0)
        guess(&inodes, out);
    return true;
}

const char *holder_advice(const struct holder *holder, const struct addr *addr,
                          struct arena *arena)
{
    char text[ADDR_TEXT_MAX];

    if (strncmp(holder->name, "systemd-resolve", 15) == 0)
        return "write \"DNSStubListener=no\" below [Resolve] in /etc/systemd/resolved.conf, "
               "then run: systemctl restart systemd-resolved";
    if (holder->pid != 0)
        return arena_printf(arena,
                            "end it (for example: systemctl stop %s), or give shrewd another "
                            "address (interface: %s@5353)",
                            holder->name, addr_host_text(addr, text));
    return arena_printf(arena,
                        "find it as root with: ss -lunpt 'sport = :%u'; or give shrewd another "
                        "address (interface: %s@5353)",
                        addr->port, addr_host_text(addr, text));
}
