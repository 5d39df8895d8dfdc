/* SPDX-License-Identifier: MIT */
#include "common/options.h"

#include <string.h>

#include "common/quote.h"
#include "common/str.h"

enum { SHOWN_BYTES = 48, MOST_NAMES = 64, HELP_BYTES = 64 * 1024 };

/* Everything one run of the parser passes along. */
struct parser {
    const struct options_program *program;
    char *target;
    struct error *error;
};

static bool is_boolean(const struct option *option)
{
    return option->parse == options_parse_boolean;
}

/* `origin` is what the person wrote before the "=": "--delay", "FANLIGHT_DELAY". */
static int set_value(struct parser *parser, const struct option *option, const char *origin, const char *value)
{
    struct error allowed = { { '\0' } };

    if (option->parse(option, value, parser->target + option->offset, &allowed) == 0) {
        return 0;
    }
    return error_set(parser->error, "%s=%.200s: expected %.220s", origin, quote_bare(str_of(value), SHOWN_BYTES).text,
                     allowed.text);
}

/* The same from outside: it is remembered that somebody said so. */
static int set_given(struct parser *parser, const struct option *option, const char *origin, const char *value)
{
    const struct options_program *program = parser->program;

    if (program->has_given) {
        uint64_t *given = (uint64_t *)(void *)(parser->target + program->given_offset);
        *given |= UINT64_C(1) << (option - program->options);
    }
    return set_value(parser, option, origin, value);
}

static int set_defaults(struct parser *parser)
{
    for (size_t i = 0; i < parser->program->option_count; i++) {
        const struct option *option = &parser->program->options[i];
        if (option->default_value != NULL && set_value(parser, option, option->name, option->default_value) < 0) {
            return -1;
        }
    }
    return 0;
}

static const char *find_variable(char **environment, const char *variable)
{
    size_t length = strlen(variable);

    for (char **entry = environment; entry != NULL && *entry != NULL; entry++) {
        if (strncmp(*entry, variable, length) == 0 && (*entry)[length] == '=') {
            return *entry + length + 1;
        }
    }
    return NULL;
}

static int set_from_environment(struct parser *parser, char **environment)
{
    for (size_t i = 0; i < parser->program->option_count; i++) {
        char variable[OPTIONS_VARIABLE_BYTES];
        options_variable_name(parser->program->options[i].name, variable, sizeof variable);
        bool is_flag_only = parser->program->options[i].is_flag_only;
        const char *value = is_flag_only ? NULL : find_variable(environment, variable);
        if (value != NULL && set_given(parser, &parser->program->options[i], variable, value) < 0) {
            return -1;
        }
    }
    return 0;
}

static const struct option *find_option(const struct options_program *program, struct str name)
{
    for (size_t i = 0; i < program->option_count; i++) {
        if (str_equal(str_of(program->options[i].name), name)) {
            return &program->options[i];
        }
    }
    return NULL;
}

/* All names an option may have, NULL-terminated. */
static void list_names(const struct options_program *program, const char **names)
{
    size_t count = 0;

    for (; count < program->option_count && count < MOST_NAMES - 3; count++) {
        names[count] = program->options[count].name;
    }
    names[count++] = "help";
    names[count++] = "version";
    names[count] = NULL;
}

static int refuse_unknown(const struct parser *parser, const char *word)
{
    const char *names[MOST_NAMES];
    struct str rest = str_of(word + strspn(word, "-"));
    struct str name = str_split(&rest, '=');
    char typed[64];

    (void)snprintf(typed, sizeof typed, "%.*s", STR_ARGUMENTS(name));
    list_names(parser->program, names);
    const char *nearest = strcmp(typed, "h") == 0 ? "help" : options_nearest(typed, names);
    (void)snprintf(typed, sizeof typed, "%.*s", (int)(name.base + name.length - word), word);
    if (nearest != NULL) {
        return error_set(parser->error, "unknown option %.200s; did you mean --%s?",
                         quote_bare(str_of(typed), SHOWN_BYTES).text, nearest);
    }

    struct buf known;
    buf_init(&known, sizeof parser->error->text);
    for (size_t i = 0; names[i] != NULL; i++) {
        (void)buf_add_format(&known, "%s--%s", i == 0 ? "" : ", ", names[i]);
    }
    (void)error_set(parser->error, "unknown option %.100s; allowed: %.*s", quote_bare(str_of(typed), SHOWN_BYTES).text,
                    STR_ARGUMENTS(buf_view(&known)));
    buf_clear(&known);
    return -1;
}

/* One flag, at word[0]. Returns how many words it took, or -1. */
static int take_flag(struct parser *parser, char *const *word)
{
    if (word[0][1] != '-') {
        return refuse_unknown(parser, word[0]);
    }
    char origin[OPTIONS_VARIABLE_BYTES];
    struct str rest = str_of(word[0] + 2);
    struct str name = str_split(&rest, '=');
    const char *value = name.base[name.length] == '=' ? name.base + name.length + 1 : NULL;
    if (value != NULL && (str_equal(name, STR("help")) || str_equal(name, STR("version")))) {
        return error_set(parser->error, "--%.*s takes no value", STR_ARGUMENTS(name));
    }
    const struct option *option = find_option(parser->program, name);
    if (option == NULL) {
        return refuse_unknown(parser, word[0]);
    }

    (void)snprintf(origin, sizeof origin, "--%s", option->name);
    bool has_own_word = value == NULL && !is_boolean(option);
    if (has_own_word && (word[1] == NULL || strncmp(word[1], "--", 2) == 0)) {
        return error_set(parser->error, "%s: a value is missing, as in %s=%s", origin, origin,
                         option->argument != NULL ? option->argument : "VALUE");
    }
    if (set_given(parser, option, origin, has_own_word ? word[1] : value) < 0) {
        return -1;
    }
    return has_own_word ? 2 : 1;
}

static int refuse_operand(const struct parser *parser, const char *word)
{
    return error_set(parser->error, "unexpected \"%.200s\"; only options are allowed, see --help",
                     quote_bare(str_of(word), SHOWN_BYTES).text);
}

/* Operands move to the front of argv; they are never more than the words already read. */
static int walk(struct parser *parser, int argc, char **argv, int *ret_operand_count)
{
    bool is_behind_end = false;
    int count = 0;

    for (int i = 1; i < argc;) {
        bool is_flag = !is_behind_end && argv[i][0] == '-' && argv[i][1] != '\0';
        if (is_flag && strcmp(argv[i], "--") == 0) {
            is_behind_end = true;
            i++;
        } else if (is_flag) {
            int taken = take_flag(parser, &argv[i]);
            if (taken < 0) {
                return -1;
            }
            i += taken;
        } else if (parser->program->operand_name == NULL) {
            return refuse_operand(parser, argv[i]);
        } else {
            argv[1 + count++] = argv[i++];
        }
    }
    *ret_operand_count = count;
    return 0;
}

/* --help works whatever else is wrong. */
static bool has_word(int argc, char **argv, const char *word)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static enum options_result print(const struct options_program *program,
                                 void (*add_text)(const struct options_program *, struct buf *))
{
    struct buf text;

    buf_init(&text, HELP_BYTES);
    add_text(program, &text);
    (void)fwrite(buf_view(&text).base, 1, text.length, stdout);
    (void)fflush(stdout);
    buf_clear(&text);
    return OPTIONS_DONE;
}

// NOLINTNEXTLINE(readability-function-size): what main() is given takes three of the seven parameters
enum options_result options_parse(const struct options_program *program, int argc, char **argv, char **environment,
                                  void *target, struct options_operands *ret_operands, struct error *error)
{
    struct parser parser = { .program = program, .target = target, .error = error };
    int operand_count = 0;

    if (has_word(argc, argv, "--help")) {
        return print(program, options_add_help);
    }
    if (has_word(argc, argv, "--version")) {
        return print(program, options_add_version);
    }
    if (set_defaults(&parser) < 0 || set_from_environment(&parser, environment) < 0 ||
        walk(&parser, argc, argv, &operand_count) < 0) {
        return OPTIONS_WRONG;
    }
    if (ret_operands != NULL) {
        *ret_operands = (struct options_operands){ .values = argv + 1, .count = operand_count };
    }
    return OPTIONS_RUN;
}
