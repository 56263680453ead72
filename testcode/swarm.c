/*
 * swarm.c - main of `swarm --seed N --count M [--planted K] [--day] [-v]`: the simulator.
 *
 * Runs the seeds N to N+M-1, each a small internet of its own, and says in one line for each
 * that failed what was violated and how to see it again. The same seed gives the same run; the
 * hash says so. The status is 0 only when every seed passed.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testcode/sim_memory.h"
#include "testcode/swarm_run.h"

/* A seed takes milliseconds; one that takes this long hangs. */
enum { SECONDS_MAX = 120 };

static volatile sig_atomic_t seed_running; /* for the last words of a crash */

static int usage(void)
{
    fputs("usage: swarm [--seed N] [--count M] [--planted K] [--day] [-v]\n"
          "  --planted K   with fault K of ours, which then has to be found; K 0 lists them\n"
          "  --day         each seed is a day, with a reload every hour\n"
          "  -v            show everything that happens; twice: also the resolver's log\n",
          stderr);
    return 2;
}

static void list_planted(void)
{
    for (unsigned i = 1; i < PLANTED_FAULTS; i++)
        printf("%2u  %s\n", i, planted_words((enum planted_fault)i));
}

/* In the middle of anything: only write and _exit may be called. */
static void last_words(int signal_number)
{
    char words[64] = "\nseed ";
    size_t used = strlen(words);
    unsigned long seed = (unsigned long)seed_running, power = 1;
    ssize_t ignored;

    while (seed / power >= 10)
        power *= 10;
    for (; power > 0; power /= 10)
        words[used++] = (char)('0' + seed / power % 10);
    memcpy(words + used, signal_number == SIGALRM ? ": hangs\n" : ": crashed\n",
           signal_number == SIGALRM ? 8 : 10);
    ignored = write(STDOUT_FILENO, words, strlen(words));
    (void)ignored;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

struct totals {
    uint64_t passed, failed, questions, musts, servfails, secure, bogus, sent, reloads, hash;
};

static void run_seed(const struct swarm_wish *wish, struct totals *totals)
{
    static struct swarm_result result; /* too large for a small stack */

    seed_running = (sig_atomic_t)wish->seed;
    fflush(stdout);
    alarm(SECONDS_MAX);
    sim_memory_seed(wish->seed);
    swarm_run(wish, &result);
    alarm(0);
    totals->questions += result.questions;
    totals->musts += result.musts;
    totals->servfails += result.servfails;
    totals->secure += result.secure;
    totals->bogus += result.bogus;
    totals->sent += result.sent;
    totals->reloads += result.reloads;
    totals->hash = (totals->hash ^ result.hash) * 0x9e3779b97f4a7c15u;
    totals->passed += !result.failed;
    totals->failed += result.failed;
    if (!result.failed)
        return;
    printf("seed %" PRIu64 ": %s; see build/swarm --seed %" PRIu64 " --count 1", wish->seed,
           result.words, wish->seed);
    if (wish->planted != PLANTED_NONE)
        printf(" --planted %u", (unsigned)wish->planted);
    if (wish->is_day)
        printf(" --day");
    puts(" -v");
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {{"seed", required_argument, NULL, 's'},
                                                 {"count", required_argument, NULL, 'c'},
                                                 {"planted", required_argument, NULL, 'p'},
                                                 {"day", no_argument, NULL, 'd'},
                                                 {NULL, 0, NULL, 0}};
    struct swarm_wish wish = {.out = stdout, .scarce = sim_memory_scarce};
    struct totals totals = {0};
    uint64_t first = 1, count = 1, planted = 0;
    int option;

    while ((option = getopt_long(argc, argv, "v", long_options, NULL)) != -1) {
        bool good = option == 'v'   ? (wish.verbose++, true)
                    : option == 'd' ? (wish.is_day = true)
                    : option == 's' ? read_number(optarg, &first)
                    : option == 'c' ? read_number(optarg, &count)
                    : option == 'p' ? read_number(optarg, &planted) && planted < PLANTED_FAULTS
                                    : false;

        if (!good)
            return usage();
        if (option == 'p' && planted == 0) {
            list_planted();
            return 0;
        }
    }
    if (optind != argc)
        return usage();
    signal(SIGABRT, last_words);
    signal(SIGSEGV, last_words);
    signal(SIGALRM, last_words);
    wish.planted = (enum planted_fault)planted;
    for (uint64_t i = 0; i < count; i++) {
        wish.seed = first + i;
        run_seed(&wish, &totals);
    }
    printf("questions %" PRIu64 ", of which answers were due to %" PRIu64 ", secure %" PRIu64
           ", SERVFAIL %" PRIu64 " (bogus %" PRIu64 "), packets to servers %" PRIu64
           ", reloads %" PRIu64 ", hash %016" PRIx64 "\n",
           totals.questions, totals.musts, totals.secure, totals.servfails, totals.bogus,
           totals.sent, totals.reloads, totals.hash);
    printf("%s: %" PRIu64 " passed, %" PRIu64 " failed\n", wish.is_day ? "days" : "swarm",
           totals.passed, totals.failed);
    return totals.failed == 0 ? 0 : 1;
}
