/*
 * shrewd.c - the daemon's main: reads the command line and hands over to server.c.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "daemon/server.h"
#include "util/conf/yaml.h"
#include "util/memory.h"

static const char usage[] = "usage: shrewd [-c FILE] [-d] [-p] [-v] [-V] [-t]\n"
                            "  -c FILE  configuration: *.yaml and *.yml are YAML, other names\n"
                            "           unbound.conf; without it 127.0.0.1 and ::1 are served\n"
                            "  -d       stay in the foreground\n"
                            "  -p       write no pid file\n"
                            "  -v       log more; twice: the course of every question\n"
                            "  -V       print versions and how this was built, and end\n"
                            "  -t       check the configuration and end\n";

static int print_versions(void)
{
    printf("shrewd %s\n", PACKAGE_VERSION);
    printf("libevent %s, method %s\n", event_get_version(),
#ifdef HAVE_RECVMMSG
           "recvmmsg and sendmmsg"
#else
           "recvmsg and sendmsg"
#endif
    );
    printf("%s\n", OpenSSL_version(OPENSSL_VERSION));
    printf("libyaml %s\n", yaml_library_version());
#if HAVE_DECL_SO_REUSEPORT_LB || HAVE_DECL_SO_REUSEPORT
    printf("each thread has sockets of its own\n");
#else
    printf("threads share sockets\n");
#endif
#ifdef HAVE_FSTRM
    printf("dnstap\n");
#endif
#ifdef __VERSION__
    printf("compiler %s\n", __VERSION__);
#endif
    return EXIT_SUCCESS;
}

/*
 * Started with a closed standard stream, the next socket would get its number, and what is printed
 * there would go to a client.
 */
static void keep_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1)
            _exit(EXIT_FAILURE);
}

int main(int argc, char *argv[])
{
    struct server_start start = {.config = NULL};
    bool check = false;
    int option;

    keep_standard_streams();
    (void)signal(SIGPIPE, SIG_IGN); /* nobody reads what is logged: that is no reason to end */
    memory_use_one_heap();
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        argv[1] = "-h";
    else if (argc == 2 && strcmp(argv[1], "--version") == 0)
        argv[1] = "-V";
    while ((option = getopt(argc, argv, "c:dpvVth")) != -1) {
        switch (option) {
        case 'c': start.config = optarg; break;
        case 'd': start.foreground = true; break;
        case 'p': start.no_pidfile = true; break;
        case 'v': start.more_verbose++; break;
        case 't': check = true; break;
        case 'V': return print_versions();
        case 'h': fputs(usage, stdout); return EXIT_SUCCESS;
        default: fputs(usage, stderr); return 2;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "shrewd: \"%s\" is not an option; a configuration is named with -c\n",
                argv[optind]);
        fputs(usage, stderr);
        return 2;
    }
    return check ? server_check(&start) : server_run(&start);
}
