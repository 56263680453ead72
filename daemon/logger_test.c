/*
 * logger_test.c - forms of a line, the journal, a file that is moved away, a full disk, a
 * reader that does not read.
 */
#include "daemon/logger.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

enum { TEXT_SIZE = 1 << 20, PATH_SIZE = 128 };

struct bench {
    struct logger *logger;
    struct daemon_options options;
    int stderr_before, ends[2]; /* of a pipe */
    char folder[64], file[PATH_SIZE], moved[PATH_SIZE];
    char text[TEXT_SIZE];
};

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    if (bench == NULL)
        return -1;
    snprintf(bench->folder, sizeof(bench->folder), "/tmp/shrew-logger-XXXXXX");
    if (mkdtemp(bench->folder) == NULL)
        return -1;
    snprintf(bench->file, PATH_SIZE, "%s/log", bench->folder);
    snprintf(bench->moved, PATH_SIZE, "%s/log.1", bench->folder);
    bench->options = (struct daemon_options){.verbosity = 1, .logfile = bench->file};
    bench->stderr_before = dup(STDERR_FILENO);
    bench->ends[0] = bench->ends[1] = -1;
    bench->logger = logger_new();
    *state = bench;
    return bench->logger != NULL ? 0 : -1;
}

static void use_stderr_again(struct bench *bench)
{
    (void)dup2(bench->stderr_before, STDERR_FILENO);
    for (int i = 0; i < 2; i++)
        if (bench->ends[i] != -1)
            close(bench->ends[i]);
    bench->ends[0] = bench->ends[1] = -1;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    use_stderr_again(bench);
    close(bench->stderr_before);
    logger_free(bench->logger);
    unlink(bench->file);
    unlink(bench->moved);
    rmdir(bench->folder);
    unsetenv("JOURNAL_STREAM");
    free(bench);
    return 0;
}

/* Standard error becomes a pipe. */
static void use_pipe(struct bench *bench)
{
    assert_int_equal(pipe(bench->ends), 0);
    assert_int_equal(dup2(bench->ends[1], STDERR_FILENO), STDERR_FILENO);
}

static const char *read_from(struct bench *bench, int fd)
{
    ssize_t size = read(fd, bench->text, TEXT_SIZE / 2);

    assert_true(size >= 0);
    bench->text[size] = '\0';
    return bench->text;
}

static const char *read_file(struct bench *bench, const char *path)
{
    int fd = open(path, O_RDONLY);
    const char *text;

    assert_true(fd != -1);
    text = read_from(bench, fd);
    close(fd);
    return text;
}

static void end(struct bench *bench)
{
    logger_free(bench->logger);
    bench->logger = NULL;
}

static void say(struct bench *bench, const char *name)
{
    log_line(logger_log(bench->logger), LOG_LEVEL_INFO, "event=test name=%s", name);
}

static void forms_of_a_line(void **state)
{
    struct bench *bench = *state;
    struct log *log = logger_log(bench->logger);
    struct log_record record = {
        .level = LOG_LEVEL_WARN, .thread = 3, .count = 1, .fields = {{"event", "test", false}}};
    unsigned year, millisecond;
    long long before = (long long)time(NULL), when;
    char rest[64];

    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    say(bench, "a b");
    assert_int_equal(sscanf(read_file(bench, bench->file), "time=%lld %63[^\n]", &when, rest),
                     2);
    assert_true(when >= before && when <= before + 10);
    assert_string_equal(rest, "level=info event=test name=\"a b\"");

    unlink(bench->file);
    bench->options.log_format = LOG_JSON;
    bench->options.log_time_iso = bench->options.log_thread_id = true;
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    log->write(log, &record);
    assert_int_equal(sscanf(read_file(bench, bench->file),
                            "{\"time\":\"%u-%*u-%*uT%*u:%*u:%*u.%uZ\",%63[^\n]", &year,
                            &millisecond, rest),
                     3);
    assert_true(year >= 2024 && millisecond < 1000);
    assert_string_equal(rest, "\"level\":\"warn\",\"thread\":2,\"event\":\"test\"}");
}

static void levels(void **state)
{
    struct bench *bench = *state;
    struct log *log = logger_log(bench->logger);

    bench->options.verbosity = 0;
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    assert_int_equal(log->level, LOG_LEVEL_ERROR);
    assert_int_equal(logger_set(bench->logger, &bench->options, 1, false), STATUS_OK);
    assert_int_equal(log->level, LOG_LEVEL_INFO);
    assert_int_equal(logger_set(bench->logger, &bench->options, 2, false), STATUS_OK);
    assert_int_equal(log->level, LOG_LEVEL_DEBUG);
    bench->options.logfile = "/nowhere/log";
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_SYSTEM);
    assert_int_equal(log->level, LOG_LEVEL_DEBUG);
}

/* sd-daemon(3): the level stands in front, and the time is the journal's. */
static void the_journal_gets_priorities(void **state)
{
    struct bench *bench = *state;
    struct stat stat;
    char name[64];

    use_pipe(bench);
    assert_int_equal(fstat(STDERR_FILENO, &stat), 0);
    snprintf(name, sizeof(name), "%llu:%llu", (unsigned long long)stat.st_dev,
             (unsigned long long)stat.st_ino);
    setenv("JOURNAL_STREAM", name, 1);
    end(bench);
    bench->logger = logger_new();
    bench->options.logfile = "";
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    say(bench, "a");
    log_line(logger_log(bench->logger), LOG_LEVEL_ERROR, "event=test");
    assert_string_equal(read_from(bench, bench->ends[0]),
                        "<6>level=info event=test name=a\n<3>level=error event=test\n");
    bench->options.logfile = bench->file; /* which is no journal */
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    say(bench, "b");
    assert_int_equal(strncmp(read_file(bench, bench->file), "time=", 5), 0);
}

/* The variable was inherited, but standard error is another file by now. */
static void not_the_journal(void **state)
{
    struct bench *bench = *state;

    setenv("JOURNAL_STREAM", "1:1", 1);
    use_pipe(bench);
    end(bench);
    bench->logger = logger_new();
    say(bench, "a");
    assert_int_equal(strncmp(read_from(bench, bench->ends[0]), "time=", 5), 0);
}

static void a_file_that_was_moved_away(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    logger_started(bench->logger);
    say(bench, "one");
    while (logger_stats(bench->logger).written < 1)
        usleep(1000);
    assert_int_equal(rename(bench->file, bench->moved), 0);
    say(bench, "two");
    while (logger_stats(bench->logger).written < 2)
        usleep(1000);
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    say(bench, "three");
    end(bench);
    assert_non_null(strstr(read_file(bench, bench->moved), "name=two\n"));
    assert_null(strstr(bench->text, "three"));
    assert_non_null(strstr(read_file(bench, bench->file), "name=three\n"));
}

static void a_full_disk(void **state)
{
    struct bench *bench = *state;

    if (access("/dev/full", W_OK) != 0)
        skip();
    bench->options.logfile = "/dev/full";
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    logger_started(bench->logger);
    for (int i = 0; i < 10; i++)
        say(bench, "x");
    while (logger_stats(bench->logger).lost < 10)
        usleep(1000);
    bench->options.logfile = bench->file; /* there is room again */
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    say(bench, "y");
    while (logger_stats(bench->logger).written < 2)
        usleep(1000);
    assert_non_null(strstr(read_file(bench, bench->file), " event=log-lost lines=10 msg="));
}

/* Whoever logs never waits, what does not fit is counted, and the end comes in time. */
static void a_reader_that_does_not_read(void **state)
{
    struct bench *bench = *state;
    unsigned lines = 0, seen = 0;
    uint64_t lost;
    const char *at;
    bool told = false;

    use_pipe(bench);
    bench->options.logfile = "";
    assert_int_equal(logger_set(bench->logger, &bench->options, 0, false), STATUS_OK);
    logger_started(bench->logger);
    do {
        say(bench, "0123456789012345678901234567890123456789012345678901234567890123456789");
        lines++;
        lost = logger_stats(bench->logger).lost;
    } while (lost < 1000 && lines < 100000);
    assert_int_equal(lost, 1000);
    /* Now it reads: all lines but those come, and one that tells of them. */
    while (seen < lines - 1000 + 1) {
        size_t size = strlen(read_from(bench, bench->ends[0]));

        for (; size > 0 && bench->text[size - 1] != '\n'; size++) /* to the end of its line */
            assert_int_equal(read(bench->ends[0], bench->text + size, 1), 1);
        bench->text[size] = '\0';
        told = told || strstr(bench->text, " lines=1000 msg=") != NULL;
        for (at = bench->text; *at != '\0'; at++)
            seen += *at == '\n';
    }
    assert_true(told);
    assert_int_equal(logger_stats(bench->logger).lost, 1000);
}

/* A logger whose thread hangs is left as it is. */
static struct logger *volatile left;

static void the_end_does_not_wait_for_ever(void **state)
{
    struct bench *bench = *state;
    time_t before = time(NULL);
    struct logger *logger = bench->logger;
    char octets[4096] = "";

    use_pipe(bench);
    bench->options.logfile = "";
    assert_int_equal(logger_set(logger, &bench->options, 0, false), STATUS_OK);
    (void)fcntl(bench->ends[1], F_SETFL, O_NONBLOCK);
    while (write(bench->ends[1], octets, sizeof(octets)) > 0)
        ;
    (void)fcntl(bench->ends[1], F_SETFL, 0);
    logger_started(logger);
    say(bench, "stuck");
    left = logger;
    usleep(100000);
    end(bench);
    assert_true(time(NULL) - before <= 4);
    use_stderr_again(bench); /* nobody reads any more: the thread's write ends */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(forms_of_a_line),
        TEST(levels),
        TEST(the_journal_gets_priorities),
        TEST(not_the_journal),
        TEST(a_file_that_was_moved_away),
        TEST(a_full_disk),
        TEST(a_reader_that_does_not_read),
        TEST(the_end_does_not_wait_for_ever),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
