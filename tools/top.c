/*
 * top.c - asks, compares, shows; and gives the terminal back as it was.
 *
 * Run by shrewctl. Life of the live view: the terminal is taken (no echo, no line to be ended,
 * a screen of its own), each second a sample, each sample a picture; a change of the window's
 * size draws the last one anew; q, ctrl-C, a signal or a terminal that is gone end it. Signals
 * are let in only while it waits.
 */
#include "tools/top.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "lib/control_line.h"
#include "tools/talk.h"
#include "tools/top_view.h"

enum { INTERVAL_MS = 1000, PATIENCE_S = 3, SIZE_MAX_SANE = 1000, SAMPLE_BYTES_MAX = 64 << 20 };

#define CURSOR_OFF   "\033[?25l"
#define SCREEN_BEGIN "\033[?1049h" CURSOR_OFF
#define SCREEN_END   "\033[?25h\033[?1049l"

struct top {
    const char *path;
    struct top_sample samples[2];
    struct top_sample *now, *before; /* NULL: none */
    struct top_view view;
    char trouble[160]; /* why there was no answer; empty: there was */
    int code;          /* what to end with, when there is none */
};

static int64_t clock_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- samples ---- */

static bool no_answer(struct top *top, int code, const char *why)
{
    (void)snprintf(top->trouble, sizeof(top->trouble), "%s: %s", top->path, why);
    top->code = code;
    return false;
}

static bool read_answer(struct top *top, struct top_sample *sample, struct text *answer,
                        struct arena *arena, int64_t at_ms)
{
    struct slice bytes = slice_of(answer->chars, answer->used);
    enum control_result result;
    size_t used, size;

    if (!control_answer_read(bytes, &result, &used, &size) || bytes.size - used != size)
        return no_answer(top, CONTROL_FAILED, "the answer was cut");
    if (result != CONTROL_DONE)
        return no_answer(top, (int)result, "this shrewd does not know the command");
    if (!top_sample_read(sample, slice_of(bytes.data + used, size), arena, at_ms))
        return no_answer(top, CONTROL_FAILED, "the answer cannot be read");
    return true;
}

static bool ask(struct top *top, struct top_sample *sample, struct arena *arena)
{
    static const char request[] = "shrewctl 1 lines\ntop\n\n";
    struct text answer = text_in(arena);
    int fd = talk_connect(top->path, PATIENCE_S);
    int64_t at_ms = clock_ms();
    bool good;

    if (fd == -1)
        return no_answer(top, CONTROL_NOT_RUNNING, strerror(errno));
    good = (talk_send(fd, slice_of(request, strlen(request)), -1) && talk_read(fd, &answer) &&
            answer.used > 0) ||
           no_answer(top, CONTROL_FAILED, "shrewd hung up");
    close(fd);
    return good && read_answer(top, sample, &answer, arena, at_ms);
}

/* A daemon that was started anew begins with zero: there is nothing to compare with. */
static bool is_same_run(const struct top_sample *now, const struct top_sample *before)
{
    return now->uptime_s >= before->uptime_s &&
           top_sample_number(now, "num.queries") >= top_sample_number(before, "num.queries");
}

static void forget(struct top_sample *sample)
{
    if (sample->arena != NULL)
        arena_free(sample->arena);
    *sample = (struct top_sample){.arena = NULL};
}

/* @return false: no answer; the last picture stays. */
static bool take_sample(struct top *top)
{
    struct top_sample *room =
        top->now == &top->samples[0] ? &top->samples[1] : &top->samples[0];
    struct arena *arena = arena_new(SAMPLE_BYTES_MAX);
    struct top_sample sample;

    if (arena == NULL)
        return no_answer(top, CONTROL_FAILED, "out of memory");
    if (!ask(top, &sample, arena)) {
        arena_free(arena);
        return false;
    }
    forget(room);
    *room = sample;
    top->before = top->now;
    top->now = room;
    top->trouble[0] = '\0';
    if (top->before != NULL && !is_same_run(top->now, top->before))
        top->before = NULL;
    top_view_make(&top->view, top->now, top->before);
    return true;
}

/* ---- one picture ---- */

static int complain(const struct top *top)
{
    fprintf(stderr, "shrewctl: %s\n", top->trouble);
    return top->code;
}

static void wait_ms(int64_t ms)
{
    struct timespec left = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

static const char *picture(const struct top *top, bool as_json, struct arena *arena)
{
    struct text text = text_in(arena);
    struct outline out;

    if (!as_json) {
        top_view_draw(&top->view, 0, 0, false, &text);
        return text_done(&text);
    }
    outline_begin(&out, arena, OUTLINE_JSON);
    top_view_show(&top->view, &out);
    return outline_done(&out);
}

static int show_once(struct top *top, bool as_json)
{
    const char *text;

    if (!take_sample(top))
        return complain(top);
    wait_ms(INTERVAL_MS);
    if (!take_sample(top))
        return complain(top);
    text = picture(top, as_json, top->now->arena);
    if (text != NULL && fputs(text, stdout) != EOF && fflush(stdout) == 0)
        return CONTROL_DONE;
    fputs("shrewctl: standard output cannot be written\n", stderr);
    return CONTROL_FAILED;
}

/* ---- the terminal ---- */

static volatile sig_atomic_t is_ended;

/* A new size needs no more than to be woken. */
static void on_signal(int number)
{
    if (number != SIGWINCH)
        is_ended = 1;
}

struct screen {
    struct termios before;
    bool has_keys;    /* standard input is the terminal, and was changed */
    sigset_t outside; /* signals that were blocked before */
};

static void hear_signals(struct screen *screen)
{
    static const int numbers[] = {SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action;
    sigset_t heard;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigemptyset(&heard);
    for (size_t i = 0; i < COUNT(numbers); i++) {
        (void)sigaction(numbers[i], &action, NULL);
        sigaddset(&heard, numbers[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &heard, &screen->outside);
    for (size_t i = 0; i < COUNT(numbers); i++)
        sigdelset(&screen->outside, numbers[i]);
}

/* Stopped by ctrl-Z it would leave the terminal as no shell wants it. */
static void take_terminal(struct screen *screen)
{
    struct termios raw;

    screen->has_keys = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &screen->before) == 0;
    if (screen->has_keys) {
        raw = screen->before;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        raw.c_cc[VSUSP] = _POSIX_VDISABLE;
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
    }
    (void)talk_write_all(STDOUT_FILENO, slice_of(SCREEN_BEGIN, strlen(SCREEN_BEGIN)));
}

static void give_terminal_back(const struct screen *screen)
{
    (void)talk_write_all(STDOUT_FILENO, slice_of(SCREEN_END, strlen(SCREEN_END)));
    if (screen->has_keys)
        (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen->before);
}

static void window_size(size_t *width, size_t *height)
{
    struct winsize size;

    *width = 80;
    *height = 24;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0) {
        *width = size_min(size.ws_col, SIZE_MAX_SANE);
        *height = size_min(size.ws_row, SIZE_MAX_SANE);
    }
}

/* From the top, each line over the old one, so that nothing flickers. A line is cleared before
 * it is written: behind one that is as wide as the window the cursor stands on its last letter.
 */
static void frame_of(const char *at, size_t height, struct text *frame)
{
    size_t lines = 0;

    text_add(frame, "\033[H");
    for (; *at != '\0'; lines++) {
        size_t size = strcspn(at, "\n");

        text_add(frame, lines == 0 ? "\033[K" : "\r\n\033[K");
        text_add_slice(frame, slice_of(at, size));
        at += size + (at[size] == '\n');
    }
    text_add(frame, lines < height ? "\r\n\033[J" CURSOR_OFF : CURSOR_OFF);
}

static bool draw(const struct top *top)
{
    struct arena *arena = arena_new(0);
    size_t width, height, told = top->trouble[0] != '\0' ? 1 : 0;
    struct text lines, frame;
    bool good;

    if (arena == NULL)
        return false;
    lines = text_in(arena);
    frame = text_in(arena);
    window_size(&width, &height);
    if (told)
        text_printf(&lines, "%.*s\n", (int)width, top->trouble);
    if (height > told)
        top_view_draw(&top->view, width, height - told, true, &lines);
    good = text_done(&lines) != NULL;
    if (good)
        frame_of(lines.chars, height, &frame);
    good = good && text_done(&frame) != NULL &&
           talk_write_all(STDOUT_FILENO, slice_of(frame.chars, frame.used));
    arena_free(arena);
    return good;
}

/* Waits for a key, a signal or that time. @return false: it is over. */
static bool wait_until(const struct screen *screen, int64_t until_ms)
{
    int64_t left = until_ms - clock_ms();
    struct timespec time = {left / 1000, left % 1000 * 1000000};
    fd_set keys;
    char key;

    if (left <= 0)
        time = (struct timespec){0, 0};
    FD_ZERO(&keys);
    if (screen->has_keys)
        FD_SET(STDIN_FILENO, &keys);
    if (pselect(screen->has_keys ? STDIN_FILENO + 1 : 0, &keys, NULL, NULL, &time,
                &screen->outside) > 0)
        return read(STDIN_FILENO, &key, 1) == 1 && key != 'q' && key != 'Q' && key != 3;
    return is_ended == 0;
}

static void look_on(struct top *top, const struct screen *screen)
{
    for (;;) {
        int64_t until_ms = clock_ms() + INTERVAL_MS;

        do {
            if (!draw(top) || !wait_until(screen, until_ms))
                return;
        } while (clock_ms() < until_ms);
        (void)take_sample(top);
    }
}

static int show_live(struct top *top)
{
    struct screen screen;

    if (!take_sample(
            top)) /* before the terminal is touched: who calls wrongly is told so plainly */
        return complain(top);
    hear_signals(&screen);
    take_terminal(&screen);
    look_on(top, &screen);
    give_terminal_back(&screen);
    return CONTROL_DONE;
}

static bool is_terminal(void)
{
    const char *kind = getenv("TERM");

    return isatty(STDOUT_FILENO) && kind != NULL && *kind != '\0' && strcmp(kind, "dumb") != 0;
}

int top_run(const char *path, enum top_form form)
{
    struct top top = {.path = path};
    int code;

    if (form == TOP_LIVE && is_terminal())
        code = show_live(&top);
    else
        code = show_once(&top, form == TOP_JSON);
    forget(&top.samples[0]);
    forget(&top.samples[1]);
    return code;
}
