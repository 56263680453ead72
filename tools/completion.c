/*
 * completion.c - completions as data plus a few lines of each shell that walk through it.
 *
 * Called by shrewctl.c. What is data is the same for all shells: a line for each command,
 * "words|flags| arguments", and a list of words for each kind of argument that has one.
 */
#include "tools/completion.h"

#include <string.h>

#include "lib/control_line.h"
#include "util/log.h"
#include "util/wire/types.h"

/* ---- data ---- */

/* The programs beside shrewctl take a file; -w VALUE is a word with a value behind it. */
static const struct {
    const char *program, *flags, *with_value;
} siblings[] = {
    {"shrewd", "-d -p -v -V -t -h --help --version", "-c"},
    {"shrew-checkconf", "--yaml --all --from-named --quiet --schema --starter --man --help", ""},
    {"shrew-anchor", "--help", "-a"},
};

static void add_types(struct text *text)
{
    static const char *const types[] = {
#define RRTYPE(name, number) #name,
#include "util/wire/rrtype.def"
#undef RRTYPE
    };

    for (size_t i = 0; i < COUNT(types); i++) {
        text_add(text, i > 0 ? " " : "");
        for (const char *at = types[i]; *at != '\0'; at++)
            text_add_char(text, *at == '_' ? '-' : *at);
    }
}

static void add_levels(struct text *text)
{
    for (unsigned i = 0; i < LOG_LEVELS; i++)
        text_printf(text, "%s%s", i > 0 ? " " : "", log_level_text((enum log_level)i));
}

static void add_options(struct text *text, const struct options *options)
{
    const char *gap = "";

    for (size_t i = 0; i < options->conf.section_count; i++) {
        const struct opt_section *section = &options->conf.sections[i];

        for (size_t n = 0, offset; !section->repeats && n < opt_count(section); n++) {
            char name[OPT_NAME_MAX];

            text_printf(text, "%s%s", gap, opt_name(opt_at(section, n, &offset), name));
            gap = " ";
        }
    }
}

/* "[--html FILE] NAME [TYPE]": what begins with dashes, or with `is_flag` no, the others; a
 * flag's own value stands in the same brackets and is no argument. */
static void add_words(struct text *text, const char *arguments, bool is_flag)
{
    const char *gap = "";
    bool of_flag = false;

    for (const char *at = arguments; *at != '\0';) {
        size_t skipped = strspn(at, "[ "), size;
        bool dashes;

        at += skipped;
        size = strcspn(at, " ]|");
        dashes = strncmp(at, "--", 2) == 0;
        if (size > 0 && dashes == is_flag && !(of_flag && !dashes)) {
            text_printf(text, "%s%.*s", gap, (int)size, at);
            gap = " ";
        }
        of_flag = dashes && at[size] == ' ';
        at += size;
        if (*at == ']')
            of_flag = false;
        at += strspn(at, "]|");
    }
}

static void add_table(struct text *text)
{
    for (size_t i = 0; i < command_line_count; i++) {
        text_printf(text, "%s|", command_lines[i].words);
        add_words(text, command_lines[i].arguments, true);
        text_add_char(text, '|');
        add_words(text, command_lines[i].arguments, false);
        text_add_char(text, '\n');
    }
    text_add(text, "help||\n");
}

/* Variables of the shell; `assign` is what stands before a name, "=" or " " between it and its
 * value. */
static void add_variables(struct text *text, const struct options *options, const char *assign,
                          const char *between)
{
    text_printf(text, "%s_shrewctl_types%s'", assign, between);
    add_types(text);
    text_printf(text, "'\n%s_shrewctl_levels%s'", assign, between);
    add_levels(text);
    text_printf(text, "'\n%s_shrewctl_options%s'", assign, between);
    add_options(text, options);
    text_printf(text, "'\n%s_shrewctl_table%s'", assign, between);
    add_table(text);
    text_add(text, "'\n\n");
}

/* ---- bash and zsh ---- */

/* Sets `candidates`, or `files` to yes; in words that both shells understand. */
static const char walk[] =
    "# What can stand at the end of the words given: sets candidates, or files to yes.\n"
    "_shrewctl_walk()\n"
    "{\n"
    "    local command flags arguments rest said=' ' skip= word kind\n"
    "    candidates= files=\n"
    "    shift\n"
    "    for word in \"$@\"; do\n"
    "        if [[ -n $skip ]]; then\n"
    "            skip=\n"
    "        elif [[ $word == -s || $word == -c || $word == --html ]]; then\n"
    "            skip=yes\n"
    "        elif [[ $word != -* ]]; then\n"
    "            said=\"$said$word \"\n"
    "        fi\n"
    "    done\n"
    "    if [[ -n $skip ]]; then\n"
    "        files=yes\n"
    "        return\n"
    "    fi\n"
    "    [[ $said != ' ' ]] || candidates='-s -c --help --version'\n"
    "    candidates=\"$candidates --json\"\n"
    "    while IFS='|' read -r command flags arguments; do\n"
    "        if [[ -n $command && \" $command \" == \"$said\"* && \" $command \" != \"$said\" "
    "]]; then\n"
    "            rest=\" $command \"\n"
    "            rest=${rest#\"$said\"}\n"
    "            candidates=\"$candidates ${rest%% *}\"\n"
    "        elif [[ -n $command && $said == \" $command \"* ]]; then\n"
    "            candidates=\"$candidates $flags\"\n"
    "            rest=${said#\" $command \"}\n"
    "            while [[ -n $rest && -n $arguments ]]; do\n"
    "                rest=${rest#* }\n"
    "                [[ $arguments == *' '* ]] && arguments=${arguments#* } || arguments=\n"
    "            done\n"
    "            kind=${arguments%% *}\n"
    "            case $kind in\n"
    "            OPTION) candidates=\"$candidates $_shrewctl_options\" ;;\n"
    "            TYPE) candidates=\"$candidates $_shrewctl_types\" ;;\n"
    "            LEVEL) candidates=\"$candidates $_shrewctl_levels\" ;;\n"
    "            FILE) files=yes ;;\n"
    "            esac\n"
    "        fi\n"
    "    done <<<\"$_shrewctl_table\"\n"
    "}\n\n";

static void add_bash(struct text *text, const struct options *options)
{
    text_add(text, "# Completion of shrewctl(8) and its siblings for bash; made by shrewctl "
                   "--completion bash.\n");
    add_variables(text, options, "", "=");
    text_add(text, walk);
    text_add(text, "_shrewctl()\n"
                   "{\n"
                   "    local current=${COMP_WORDS[COMP_CWORD]} candidates files\n"
                   "    _shrewctl_walk \"${COMP_WORDS[@]:0:COMP_CWORD}\"\n"
                   "    COMPREPLY=($(compgen -W \"$candidates\" -- \"$current\"))\n"
                   "    [[ -z $files ]] || COMPREPLY+=($(compgen -f -- \"$current\"))\n"
                   "}\n"
                   "complete -F _shrewctl shrewctl\n");
    for (size_t i = 0; i < COUNT(siblings); i++)
        text_printf(text, "complete -f -W '%s%s%s' %s\n", siblings[i].flags,
                    siblings[i].with_value[0] != '\0' ? " " : "", siblings[i].with_value,
                    siblings[i].program);
}

static void add_zsh(struct text *text, const struct options *options)
{
    text_add(text, "#compdef shrewctl");
    for (size_t i = 0; i < COUNT(siblings); i++)
        text_printf(text, " %s", siblings[i].program);
    text_add(text, "\n# Completion of shrewctl(8) and its siblings for zsh; made by shrewctl "
                   "--completion zsh.\n");
    add_variables(text, options, "typeset -g ", "=");
    text_add(text, walk);
    text_add(text, "_shrewctl()\n"
                   "{\n"
                   "    local candidates files\n"
                   "    case ${service:-shrewctl} in\n");
    for (size_t i = 0; i < COUNT(siblings); i++)
        text_printf(text, "    %s) candidates='%s %s' files=yes ;;\n", siblings[i].program,
                    siblings[i].flags, siblings[i].with_value);
    text_add(text, "    *) _shrewctl_walk \"${(@)words[1,CURRENT-1]}\" ;;\n"
                   "    esac\n"
                   "    compadd -- ${=candidates}\n"
                   "    [[ -z $files ]] || _files\n"
                   "}\n"
                   "_shrewctl \"$@\"\n");
}

/* ---- fish ---- */

static const char fish_functions[] =
    "# The words that are said, without options and their values.\n"
    "function __shrewctl_said\n"
    "    set -l said\n"
    "    set -l skip no\n"
    "    for word in (commandline -opc)[2..-1]\n"
    "        if test $skip = yes\n"
    "            set skip no\n"
    "        else if contains -- $word -s -c --html\n"
    "            set skip yes\n"
    "        else if not string match -q -- '-*' $word\n"
    "            set -a said $word\n"
    "        end\n"
    "    end\n"
    "    string join ' ' -- $said\n"
    "end\n"
    "\n"
    "function __shrewctl_is\n"
    "    set -l said (__shrewctl_said)\n"
    "    test \"$said\" = \"$argv[1]\"\n"
    "end\n"
    "\n"
    "# Are these words said, and as many arguments behind them (none named: any number)?\n"
    "function __shrewctl_at\n"
    "    set -l said (__shrewctl_said)\n"
    "    if test (count $argv) = 1\n"
    "        test \"$said\" = \"$argv[1]\"; or string match -q -- \"$argv[1] *\" \"$said\"\n"
    "        return\n"
    "    end\n"
    "    test \"$said\" = \"$argv[1]\" -a $argv[2] = 0; and return 0\n"
    "    string match -q -- \"$argv[1] *\" \"$said\"; or return 1\n"
    "    set -l behind (string split ' ' -- (string replace -- \"$argv[1] \" '' \"$said\"))\n"
    "    test (count $behind) = $argv[2]\n"
    "end\n"
    "\n";

static void add_quoted(struct text *text, const char *words)
{
    text_add_char(text, '\'');
    for (; *words != '\0'; words++) {
        if (*words == '\'' || *words == '\\')
            text_add_char(text, '\\');
        text_add_char(text, *words);
    }
    text_add_char(text, '\'');
}

/* Each word of a command follows those before it; only the last has the description. */
static void add_fish_words(struct text *text, const struct command_line *line)
{
    const char *at = line->words;

    while (*at != '\0') {
        size_t size = strcspn(at, " ");
        size_t before = at == line->words ? 0 : (size_t)(at - line->words - 1);

        text_printf(text,
                    "complete -c shrewctl -f -n \"__shrewctl_is '%.*s'\" "
                    "-a '%.*s'",
                    (int)before, line->words, (int)size, at);
        at += size;
        if (*at == '\0') {
            text_add(text, " -d ");
            add_quoted(text, line->text);
        }
        text_add_char(text, '\n');
        at += strspn(at, " ");
    }
}

static void add_fish_kind(struct text *text, const char *words, int place, struct slice kind)
{
    static const struct {
        const char *kind, *what;
    } kinds[] = {{"OPTION", "-f -a \"$_shrewctl_options\""},
                 {"TYPE", "-f -a \"$_shrewctl_types\""},
                 {"LEVEL", "-f -a \"$_shrewctl_levels\""},
                 {"FILE", "-F"}};

    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strlen(kinds[i].kind) == kind.size &&
            memcmp(kinds[i].kind, kind.data, kind.size) == 0)
            text_printf(text, "complete -c shrewctl -n \"__shrewctl_at '%s' %d\" %s\n", words,
                        place, kinds[i].what);
}

static void add_fish_arguments(struct text *text, const struct command_line *line,
                               struct arena *arena)
{
    struct text flags = text_in(arena), arguments = text_in(arena);
    const char *at;
    int place = 0;

    add_words(&flags, line->arguments, true);
    add_words(&arguments, line->arguments, false);
    at = text_done(&flags);
    while (at != NULL && *at != '\0') {
        size_t size = strcspn(at, " ");

        text_printf(text, "complete -c shrewctl -n \"__shrewctl_at '%s'\" -l '%.*s'%s\n",
                    line->words, (int)size - 2, at + 2,
                    strncmp(at, "--html", size) == 0 ? " -r -F" : "");
        at += size;
        at += strspn(at, " ");
    }
    at = text_done(&arguments);
    while (at != NULL && *at != '\0') {
        size_t size = strcspn(at, " ");

        add_fish_kind(text, line->words, place++, slice_of(at, size));
        at += size;
        at += strspn(at, " ");
    }
}

static void add_fish(struct text *text, const struct options *options)
{
    text_add(text, "# Completion of shrewctl(8) and its siblings for fish; made by shrewctl "
                   "--completion fish.\n");
    add_variables(text, options, "set -g ", " ");
    text_add(text, fish_functions);
    text_add(text, "complete -c shrewctl -f\n"
                   "complete -c shrewctl -s s -r -F -d 'Socket of shrewd'\n"
                   "complete -c shrewctl -s c -r -F -d 'Configuration that names the socket'\n"
                   "complete -c shrewctl -l json -d 'Show the answer as JSON'\n"
                   "complete -c shrewctl -l help -d 'List the commands'\n"
                   "complete -c shrewctl -f -n \"__shrewctl_is ''\" -a help\n");
    for (size_t i = 0; i < command_line_count; i++) {
        add_fish_words(text, &command_lines[i]);
        add_fish_arguments(text, &command_lines[i], text->arena);
    }
    for (size_t i = 0; i < COUNT(siblings); i++)
        text_printf(text, "complete -c %s -a '%s %s'\n", siblings[i].program, siblings[i].flags,
                    siblings[i].with_value);
}

bool completion_print(const char *shell, const struct options *options, struct text *text)
{
    if (strcmp(shell, "bash") == 0)
        add_bash(text, options);
    else if (strcmp(shell, "zsh") == 0)
        add_zsh(text, options);
    else if (strcmp(shell, "fish") == 0)
        add_fish(text, options);
    else
        return false;
    return true;
}
