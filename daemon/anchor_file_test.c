/*
 * anchor_file_test.c - files of trust anchors: whole at any moment, with owner and mode as they
 * were, and what is said when they cannot be written.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/anchor_file.h"

enum { PATH_SIZE = 256, BIG = 200000, KILLS = 25 };

struct bench {
    struct log log;
    char said[4096];
    char folder[64], file[PATH_SIZE], temporary[PATH_SIZE];
};

static void keep_line(struct log *log, struct log_record *record)
{
    struct bench *bench = CONTAINER_OF(log, struct bench, log);

    assert_int_equal(record->level, LOG_LEVEL_WARN);
    log_words(record, bench->said, sizeof(bench->said));
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->log = (struct log){.level = LOG_LEVEL_DEBUG, .write = keep_line};
    snprintf(bench->folder, sizeof(bench->folder), "/tmp/shrew-anchor-XXXXXX");
    if (mkdtemp(bench->folder) == NULL)
        return -1;
    snprintf(bench->file, PATH_SIZE, "%s/root.key", bench->folder);
    snprintf(bench->temporary, PATH_SIZE, "%s/root.key.new", bench->folder);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    (void)unlink(bench->file);
    (void)unlink(bench->temporary);
    (void)rmdir(bench->folder);
    free(bench);
    return 0;
}

static char *content(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, BIG + 2);

    assert_non_null(file);
    assert_non_null(text);
    (void)!fread(text, 1, BIG + 1, file);
    fclose(file);
    return text;
}

static void assert_says(const char *path, const char *text)
{
    char *now = content(path);

    assert_string_equal(now, text);
    free(now);
}

static unsigned mode_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 0777;
}

static void made_and_replaced(void **state)
{
    struct bench *bench = *state;

    assert_true(anchor_file_check(bench->file, &bench->log));
    assert_int_equal(access(bench->file, F_OK), -1); /* looking makes nothing */
    assert_true(anchor_file_write(bench->file, NULL, "one\n", &bench->log));
    assert_says(bench->file, "one\n");
    assert_int_equal(mode_of(bench->file), 0644);
    assert_int_equal(chmod(bench->file, 0600), 0);
    assert_true(anchor_file_write(bench->file, "one\n", "two\n", &bench->log));
    assert_says(bench->file, "two\n");
    assert_int_equal(mode_of(bench->file), 0600);
    assert_true(anchor_file_check(bench->file, &bench->log));
    assert_says(bench->file, "two\n");
    assert_int_equal(access(bench->temporary, F_OK), -1);
    assert_string_equal(bench->said, "");
}

/* What a process left that was killed, or what somebody else put there to have it written to.
 */
static void left_overs(void **state)
{
    struct bench *bench = *state;
    char victim[PATH_SIZE + 8];

    snprintf(victim, sizeof(victim), "%s/victim", bench->folder);
    assert_true(anchor_file_write(bench->temporary, NULL, "half a f", &bench->log));
    assert_true(anchor_file_write(bench->file, NULL, "one\n", &bench->log));
    assert_true(anchor_file_write(victim, NULL, "mine\n", &bench->log));
    assert_int_equal(symlink(victim, bench->temporary), 0);
    assert_true(anchor_file_write(bench->file, "one\n", "two\n", &bench->log));
    assert_says(bench->file, "two\n");
    assert_says(victim, "mine\n");
    (void)unlink(victim);
}

static void a_link_is_followed(void **state)
{
    struct bench *bench = *state;
    char target[PATH_SIZE + 8];
    struct stat status;

    snprintf(target, sizeof(target), "%s/target", bench->folder);
    assert_true(anchor_file_write(target, NULL, "one\n", &bench->log));
    assert_int_equal(symlink(target, bench->file), 0);
    assert_true(anchor_file_write(bench->file, "one\n", "two\n", &bench->log));
    assert_says(target, "two\n");
    assert_int_equal(lstat(bench->file, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    (void)unlink(target);
}

static void somebody_elses(void **state)
{
    struct bench *bench = *state;

    assert_true(anchor_file_write(bench->file, NULL, "one\n", &bench->log));
    assert_true(anchor_file_write(bench->file, "one\n", "two\n", &bench->log));
    assert_string_equal(bench->said, "");
    assert_false(anchor_file_write(bench->file, "one\n", "three\n", &bench->log));
    assert_non_null(strstr(bench->said, "was changed by somebody else and is left alone"));
    assert_false(anchor_file_write(bench->file, "two\nand more", "three\n", &bench->log));
    assert_false(anchor_file_write(bench->file, "tw", "three\n", &bench->log));
    assert_false(anchor_file_write(bench->file, NULL, "three\n", &bench->log));
    assert_says(bench->file, "two\n");
    assert_int_equal(unlink(bench->file), 0);
    assert_true(anchor_file_write(bench->file, "two\n", "three\n", &bench->log));
    assert_says(bench->file, "three\n");
}

/* Each failure leaves the old file, says why, and what can be done. */
static void cannot_be_written(void **state)
{
    struct bench *bench = *state;
    char path[PATH_SIZE + 32], is_folder[PATH_SIZE + 32];

    snprintf(path, sizeof(path), "%s/nothing/root.key", bench->folder);
    assert_false(anchor_file_write(path, NULL, "one\n", &bench->log));
    assert_non_null(strstr(bench->said, "nothing/root.key: cannot be written: "));
    assert_non_null(strstr(bench->said, "; make the directory /tmp/shrew-anchor-"));
    bench->said[0] = '\0';
    assert_false(anchor_file_check(path, &bench->log));
    assert_non_null(strstr(bench->said, "nothing. It is tried again"));
    snprintf(is_folder, sizeof(is_folder), "%s/folder", bench->folder);
    assert_int_equal(mkdir(is_folder, 0755), 0);
    bench->said[0] = '\0';
    assert_false(anchor_file_write(is_folder, NULL, "one\n", &bench->log));
    assert_string_not_equal(bench->said, "");
    (void)rmdir(is_folder);
    if (geteuid() == 0)
        return; /* whom no mode keeps out */
    assert_true(anchor_file_write(bench->file, NULL, "one\n", &bench->log));
    assert_int_equal(chmod(bench->folder, 0555), 0);
    assert_false(anchor_file_write(bench->file, "one\n", "two\n", &bench->log));
    assert_non_null(strstr(bench->said, "let the user "));
    assert_int_equal(chmod(bench->folder, 0755), 0);
    assert_says(bench->file, "one\n");
}

static _Noreturn void write_in_turn(struct bench *bench, char *const texts[2])
{
    char *known = content(bench->file);
    int i = known[0] == texts[0][0];

    while (anchor_file_write(bench->file, known, texts[i], &bench->log)) {
        known = texts[i];
        i ^= 1;
    }
    _exit(1);
}

/* kill -9 at any moment: the text is one of the two that were written, whole. */
static void killed_in_the_middle(void **state)
{
    struct bench *bench = *state;
    char *texts[2];

    for (int i = 0; i < 2; i++) {
        texts[i] = calloc(1, BIG + 1);
        assert_non_null(texts[i]);
        memset(texts[i], 'a' + i, BIG);
    }
    assert_true(anchor_file_write(bench->file, NULL, texts[0], &bench->log));
    for (int n = 0; n < KILLS; n++) {
        struct timespec moment = {.tv_nsec = 500000L + n * 700000L};
        pid_t child = fork();
        char *now;

        assert_int_not_equal(child, -1);
        if (child == 0)
            write_in_turn(bench, texts);
        nanosleep(&moment, NULL);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        now = content(bench->file);
        assert_true(strcmp(now, texts[0]) == 0 || strcmp(now, texts[1]) == 0);
        free(now);
    }
    free(texts[0]);
    free(texts[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(made_and_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(left_overs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_is_followed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(somebody_elses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cannot_be_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(killed_in_the_middle, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
