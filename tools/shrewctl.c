/*
 * shrewctl.c - gives a running shrewd a command and shows its answer.
 *
 * Run by people and scripts. Knows nothing of what a command means: the words go to the
 * daemon's local socket as they are, the answer comes back as it is to be shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "lib/control_line.h"
#include "lib/options.h"
#include "lib/whole_file.h"
#include "tools/completion.h"
#include "tools/talk.h"
#include "tools/top.h"

enum { PATIENCE_S = 60 };

struct wishes {
    const char *path, *config;
    const char *page; /* file for the answer; NULL: standard output */
    const char *file; /* that is opened here and sent along; NULL: none */
    bool is_dump;     /* it is written */
    bool json;
    int first; /* word of the command */
};

static void print_usage(FILE *to)
{
    fputs("usage: shrewctl [-s SOCKET | -c FILE] [--json] COMMAND [ARGUMENT...]\n"
          "  -s SOCKET  where shrewd listens for commands\n"
          "  -c FILE    shrewd's configuration, which names the socket\n"
          "  --json     show the answer as JSON\n"
          "Commands:\n", to);
    for (size_t i = 0; i < command_line_count; i++) {
        const struct command_line *line = &command_lines[i];

        fprintf(to, "  %s%s%s\n      %s\n", line->words, *line->arguments != '\0' ? " " : "",
                line->arguments, line->text);
    }
    fputs("Ends with 0 when done, 1 when it failed, 2 when called wrongly, 3 when no shrewd\n"
          "answers.\n",
          to);
}

/* The commands as man macros, for the build. */
static void print_manual(void)
{
    for (size_t i = 0; i < command_line_count; i++) {
        const struct command_line *line = &command_lines[i];

        printf(".TP\n.BI \"%s", line->words);
        if (*line->arguments != '\0')
            printf(" \" \"%s", line->arguments);
        printf("\"\n%s\n", line->text);
    }
}

/* For the build. */
static int print_completion(const char *shell)
{
    struct options *options = options_new();
    struct arena *arena = arena_new(0);
    const char *out = NULL;
    bool known = true;

    if (options != NULL && arena != NULL) {
        struct text text = text_in(arena);

        known = completion_print(shell, options, &text);
        out = text_done(&text);
    }
    if (known && out != NULL)
        fputs(out, stdout);
    else
        fprintf(stderr, "shrewctl: %s\n", known ? "out of memory" : "bash, zsh and fish are known");
    if (arena != NULL)
        arena_free(arena);
    options_free(options);
    return !known ? CONTROL_USAGE : out != NULL && fflush(stdout) == 0 ? CONTROL_DONE : CONTROL_FAILED;
}

static int complain(const char *what, const char *why)
{
    fprintf(stderr, "shrewctl: %s: %s\n", what, why);
    return CONTROL_FAILED;
}

/* ---- talking ---- */

static int save(const char *path, struct slice bytes)
{
    FILE *file = fopen(path, "w");
    bool good;

    if (file == NULL)
        return complain(path, strerror(errno));
    good = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    if (fclose(file) != 0 || !good)
        return complain(path, strerror(errno));
    return CONTROL_DONE;
}

/* The part of the answer that was promised and came, on the stream where it belongs. */
static int show(struct slice bytes, const char *page)
{
    enum control_result result;
    size_t used, size;
    FILE *to;

    if (!control_answer_read(bytes, &result, &used, &size) || bytes.size - used != size)
        return complain("the answer", bytes.size == 0
                                          ? "is missing: shrewd hung up; its log says why"
                                          : "was cut; did shrewd end?");
    if (result == CONTROL_DONE && page != NULL)
        return save(page, slice_of(bytes.data + used, size));
    to = result == CONTROL_DONE ? stdout : stderr;
    if (fwrite(bytes.data + used, 1, size, to) != size || fflush(to) != 0)
        return complain("standard output", strerror(errno));
    return (int)result;
}

static int not_running(const char *path)
{
    fprintf(stderr, "shrewctl: %s: %s; %s\n", path, strerror(errno),
            errno == EACCES || errno == EPERM
                ? "only root, shrewd's own user and the members of control-group may"
                : "is shrewd running, and is this its control-socket?");
    return CONTROL_NOT_RUNNING;
}

/* @param file sent along; -1: none. */
static int ask(const struct wishes *wishes, int fd, struct slice question, int file,
               struct arena *arena)
{
    struct text answer = text_in(arena);

    if (talk_send(fd, question, file) && talk_read(fd, &answer))
        return show(slice_of(answer.chars, answer.used), wishes->page);
    return complain(wishes->path, errno == EPIPE || errno == ECONNRESET
                                      ? "shrewd hung up; its log says why"
                                      : strerror(errno));
}

/* ---- files that are sent along ---- */

static int ask_to_read(const struct wishes *wishes, int fd, struct slice question,
                       struct arena *arena)
{
    int file = open(wishes->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), code;

    if (file == -1)
        return complain(wishes->file, strerror(errno));
    code = ask(wishes, fd, question, file, arena);
    close(file);
    return code;
}

/* Beside the file, which is replaced when the new one is whole and on the disk. */
static int fill(const struct wishes *wishes, const char *path, char *temporary, int fd,
                struct slice question, struct arena *arena)
{
    int file = mkstemp(temporary), code;

    if (file == -1)
        return complain(path, strerror(errno));
    code = ask(wishes, fd, question, file, arena);
    if (code == CONTROL_DONE)
        return whole_file_finish(file, temporary, path) ? CONTROL_DONE
                                                        : complain(path, strerror(errno));
    close(file);
    (void)unlink(temporary);
    return code;
}

static int ask_to_fill(const struct wishes *wishes, int fd, struct slice question,
                       struct arena *arena)
{
    char *real = realpath(wishes->file, NULL), *temporary;
    const char *path = real != NULL ? real : wishes->file;
    struct stat there;
    int code;

    temporary = arena_printf(arena, "%s.XXXXXX", path);
    if (temporary == NULL)
        code = complain("memory", "there is none left");
    else if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        code = complain(path, "is not a regular file");
    else
        code = fill(wishes, path, temporary, fd, question, arena);
    free(real);
    return code;
}

static int talk(const struct wishes *wishes, const struct control_request *request,
                struct arena *arena)
{
    struct text text = text_in(arena);
    struct slice question;
    int fd, code;

    if (control_request_write(request, &text) != STATUS_OK) {
        fputs("shrewctl: a word is empty or has a line feed in it\n", stderr);
        return CONTROL_USAGE;
    }
    if (text_done(&text) == NULL)
        return complain("memory", "there is none left");
    question = slice_of(text.chars, text.used);
    fd = talk_connect(wishes->path, PATIENCE_S);
    if (fd == -1)
        return not_running(wishes->path);
    if (wishes->file == NULL)
        code = ask(wishes, fd, question, -1, arena);
    else if (wishes->is_dump)
        code = ask_to_fill(wishes, fd, question, arena);
    else
        code = ask_to_read(wishes, fd, question, arena);
    close(fd);
    return code;
}

/* ---- the command line ---- */

/* @return -1: go on; else what to end with. */
static int read_wishes(int count, char **words, struct wishes *wishes)
{
    for (wishes->first = 1; wishes->first < count; wishes->first++) {
        const char *word = words[wishes->first];

        if (strcmp(word, "--json") == 0) {
            wishes->json = true;
        } else if (strcmp(word, "-s") == 0 && wishes->first + 1 < count) {
            wishes->path = words[++wishes->first];
        } else if (strcmp(word, "-c") == 0 && wishes->first + 1 < count) {
            wishes->config = words[++wishes->first];
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
                   strcmp(word, "help") == 0) {
            print_usage(stdout);
            return fflush(stdout) == 0 ? CONTROL_DONE : CONTROL_FAILED;
        } else if (strcmp(word, "--man") == 0) {
            print_manual();
            return fflush(stdout) == 0 ? CONTROL_DONE : CONTROL_FAILED;
        } else if (strcmp(word, "--completion") == 0 && wishes->first + 1 < count) {
            return print_completion(words[wishes->first + 1]);
        } else if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
            puts("shrewctl " PACKAGE_VERSION);
            return fflush(stdout) == 0 ? CONTROL_DONE : CONTROL_FAILED;
        } else if (word[0] == '-') {
            fprintf(stderr, "shrewctl: unknown option \"%s\"; shrewctl help lists all\n", word);
            return CONTROL_USAGE;
        } else {
            return -1;
        }
    }
    print_usage(stderr);
    return CONTROL_USAGE;
}

/* What stands in front of the command, and --json wherever it stands. The file behind --html is
 * ours to write: the daemon is only told that a page is wanted. */
static size_t take_words(int count, char **words, struct wishes *wishes, const char **out)
{
    size_t used = 0;

    for (int i = wishes->first; i < count && used < CONTROL_WORDS_MAX; i++)
        if (strcmp(words[i], "--json") == 0)
            wishes->json = true;
        else if (strcmp(words[i], "--html") == 0 && i + 1 < count && used > 0)
            out[used++] = words[i], wishes->page = words[++i];
        else
            out[used++] = words[i];
    return used;
}

/* The file of these two commands is opened here, with the caller's rights, and sent along. */
static void take_file(const struct control_request *request, struct wishes *wishes)
{
    if (request->count != 3 || strcmp(request->words[0], "cache") != 0)
        return;
    wishes->is_dump = strcmp(request->words[1], "dump") == 0;
    if (wishes->is_dump || strcmp(request->words[1], "load") == 0)
        wishes->file = request->words[2];
}

/* The socket that was named, or that the configuration names. @return NULL: told. */
static const char *find_socket(const struct wishes *wishes, struct options *options,
                               struct arena *arena)
{
    struct conf_report report;

    if (wishes->path != NULL)
        return wishes->path;
    conf_report_init(&report, arena);
    if (wishes->config != NULL &&
        options_read_file(options, wishes->config, &report) != STATUS_OK) {
        const char *lines = conf_report_text(&report, arena);

        fputs(lines != NULL ? lines : "shrewctl: out of memory\n", stderr);
        return NULL;
    }
    return options->control.control_socket;
}

/* top is the one command that is more than an answer. */
static int carry_out(const struct wishes *wishes, const struct control_request *request,
                     struct arena *arena)
{
    bool is_once = request->count == 2 && strcmp(request->words[1], "--once") == 0;

    if (strcmp(request->words[0], "top") == 0 && (request->count == 1 || is_once))
        return top_run(wishes->path, wishes->json ? TOP_JSON : is_once ? TOP_ONCE : TOP_LIVE);
    return talk(wishes, request, arena);
}

int main(int count, char **words)
{
    static const char *list[CONTROL_WORDS_MAX];
    struct wishes wishes = {.path = NULL};
    struct control_request request = {.words = list};
    struct arena *arena = arena_new(0);
    struct options *options = options_new();
    int code;

    (void)signal(SIGPIPE, SIG_IGN); /* whoever hangs up is told of like any other failure */
    code = read_wishes(count, words, &wishes);

    if (arena == NULL || options == NULL) {
        code = complain("memory", "there is none left");
    } else if (code == -1) {
        request.count = take_words(count, words, &wishes, list);
        request.form = wishes.json ? OUTLINE_JSON : OUTLINE_LINES;
        take_file(&request, &wishes);
        wishes.path = find_socket(&wishes, options, arena);
        code = wishes.path == NULL ? CONTROL_FAILED : carry_out(&wishes, &request, arena);
    }
    options_free(options);
    if (arena != NULL)
        arena_free(arena);
    return code;
}
