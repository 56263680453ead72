/*
 * replay.c - main of `replay [-v] FILE...`: plays scenarios and counts.
 *
 * Each file is played in a process of its own, so that a crash in one is its failure and not
 * the end of all. The status is 0 only when every file passed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "testcode/replay_run.h"

/* A scenario takes milliseconds; one that takes this long hangs. */
enum { SECONDS_MAX = 60 };

static int usage(void)
{
    fputs("usage: replay [-v] FILE...\n"
          "  -v  show each step, question and answer; twice: also the resolver's log\n",
          stderr);
    return 2;
}

/* The whole file as text. @return NULL with errno; to be freed. */
static char *read_text(const char *path)
{
    FILE *file = fopen(path, "r");
    size_t used = 0, room = 1 << 16, got;
    char *text = malloc(room);

    while (file != NULL && text != NULL &&
           (got = fread(text + used, 1, room - used - 1, file)) > 0) {
        used += got;
        if (used + 1 == room) {
            char *larger = realloc(text, room *= 2);

            if (larger == NULL)
                break;
            text = larger;
        }
    }
    if (file == NULL || ferror(file) || text == NULL) {
        free(text);
        text = NULL;
    } else {
        text[used] = '\0';
    }
    if (file != NULL)
        fclose(file);
    return text;
}

static bool play_file(const char *path, const struct replay_report *report)
{
    const char *slash = strrchr(path, '/');
    char *text = read_text(path);
    bool passed;

    if (text == NULL) {
        printf("%s: cannot be read: %s\n", path, strerror(errno));
        return false;
    }
    passed = replay_play(slash != NULL ? slash + 1 : path, text, report);
    free(text);
    return passed;
}

/* In a child, whose end is the verdict. exit, not _exit: leaks are looked for at exit. */
static bool play_apart(const char *path, const struct replay_report *report)
{
    int status = 0;
    pid_t child;

    fflush(NULL);
    child = fork();
    if (child == 0) {
        alarm(SECONDS_MAX);
        exit(play_file(path, report) ? 0 : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        printf("%s: cannot be played: %s\n", path, strerror(errno));
        return false;
    }
    if (WIFSIGNALED(status))
        printf("%s: died of signal %d\n", path, WTERMSIG(status));
    else if (WEXITSTATUS(status) > 1)
        printf("%s: ended with status %d\n", path, WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
    struct replay_report report = {.out = stdout};
    int passed = 0, failed = 0, option;

    while ((option = getopt(argc, argv, "v")) != -1) {
        if (option != 'v')
            return usage();
        report.verbose++;
    }
    setvbuf(stdout, NULL, _IOLBF, 0); /* whatever was said before a crash is there */
    if (optind == argc)
        return usage();
    for (int i = optind; i < argc; i++) {
        bool good = play_apart(argv[i], &report);

        passed += good;
        failed += !good;
        if (report.verbose > 0 || !good)
            printf("%s: %s\n", argv[i], good ? "passed" : "failed");
    }
    printf("replay: %d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
