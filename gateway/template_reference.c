/* SPDX-License-Identifier: MIT */
/*
 * template_reference - what a reference names, and what is said of one that names nothing.
 */
#include <string.h>

#include "common/options.h"
#include "gateway/template_internal.h"

static const char query_prefix[] = "query.";

/* ---- known ones ---- */

static bool find_capture(struct str name, const struct template_names *names, struct template_part *part)
{
    for (size_t i = 0; i < names->capture_count; i++) {
        if (str_equal(names->captures[i], name)) {
            *part = (struct template_part){ .source = TEMPLATE_CAPTURE, .text = name, .index = i };
            return true;
        }
    }
    return false;
}

/* A call of that name, or one whose name is what stands before a dot: the longest of them. */
static bool find_call(struct str name, const struct template_names *names, size_t *ret_index)
{
    size_t longest = 0;

    for (size_t i = 0; i < names->call_count; i++) {
        struct str call = names->calls[i];
        bool fits = str_starts_with(name, call) && (name.length == call.length || name.base[call.length] == '.');
        if (fits && call.length > longest) {
            longest = call.length;
            *ret_index = i;
        }
    }
    return longest > 0;
}

static bool has_empty_name(struct str field)
{
    bool is_found = field.length == 0 || field.base[field.length - 1] == '.';

    while (field.length > 0 && !is_found) {
        is_found = str_split(&field, '.').length == 0;
    }
    return is_found;
}

static int resolve_call(struct str name, const struct template_names *names, size_t index, struct template_part *part,
                        struct error *error)
{
    size_t call_length = names->calls[index].length;
    struct str field = str_from(name, call_length + 1);

    if (name.length > call_length && has_empty_name(field)) {
        return error_set(error, "reference \"{%s}\" has an empty name between its dots", template_quote(name).text);
    }
    *part = (struct template_part){ .source = TEMPLATE_CALL, .text = field, .index = index };
    return 0;
}

static int resolve_query(struct str name, struct template_part *part, struct error *error)
{
    struct str parameter = str_from(name, sizeof query_prefix - 1);

    if (parameter.length == 0 || parameter.length > TEMPLATE_PARAMETER_BYTES || !str_is_visible(parameter)) {
        return error_set(error,
                         "reference \"{%s}\": the name of a query parameter is 1 to %d visible ASCII characters "
                         "without braces, as in {query.page}",
                         template_quote(name).text, TEMPLATE_PARAMETER_BYTES);
    }
    *part = (struct template_part){ .source = TEMPLATE_QUERY, .text = parameter };
    return 0;
}

/* ---- what an unknown one may have meant ---- */

enum { CANDIDATE_SIZE = 64 };

/* The nearest name so far. options_nearest() wants C strings and takes names of up to 63 bytes. */
struct search {
    char word[CANDIDATE_SIZE];
    char best[CANDIDATE_SIZE]; /* "": none yet */
};

static bool copy_name(struct str name, char *copy)
{
    if (name.length == 0 || name.length >= CANDIDATE_SIZE || !str_is_visible(name)) {
        return false;
    }
    memcpy(copy, name.base, name.length);
    copy[name.length] = '\0';
    return true;
}

static void consider(struct search *search, struct str name)
{
    char candidate[CANDIDATE_SIZE];
    const char *const both[] = { search->best, candidate, NULL };

    /* The best first: of two that are as near it stays. An empty one is never near. */
    if (copy_name(name, candidate) && options_nearest(search->word, both) == candidate) {
        memcpy(search->best, candidate, sizeof candidate);
    }
}

/* The name nearest to `word`; "" if none is near. `is_front`: of those that may have a dot behind them only. */
static void find_nearest(struct search *search, struct str word, const struct template_names *names, bool is_front)
{
    *search = (struct search){ { '\0' }, { '\0' } };
    if (!copy_name(word, search->word)) {
        return;
    }
    for (size_t i = 0; i < names->call_count; i++) {
        consider(search, names->calls[i]);
    }
    if (is_front) {
        consider(search, STR("query"));
        return;
    }
    for (size_t i = 0; i < names->capture_count; i++) {
        consider(search, names->captures[i]);
    }
    if (names->has_each) {
        consider(search, STR("each"));
    }
}

struct suggestion {
    char text[2 * CANDIDATE_SIZE + sizeof(struct quote)]; /* "": none */
};

static struct suggestion suggest(struct str name, const struct template_names *names)
{
    struct suggestion suggestion = { { '\0' } };
    struct search search;
    struct str rest = str_from(name, str_find(name, '.'));

    find_nearest(&search, (struct str){ name.base, name.length - rest.length }, names, true);
    if (rest.length == 0 || search.best[0] == '\0') {
        rest = STR("");
        find_nearest(&search, name, names, false);
    }
    if (search.best[0] != '\0') {
        (void)snprintf(suggestion.text, sizeof suggestion.text, "; did you mean \"{%s%s}\"?", search.best,
                       template_quote(rest).text);
    }
    return suggestion;
}

/* One more of the names that are known; false: there is no room for it. */
static bool add_known(struct buf *sentence, struct str name, const char *suffix, size_t limit)
{
    static const char more[] = ", ...";
    struct quote quote = template_quote(name);
    size_t length = strlen(quote.text) + strlen(suffix) + sizeof ", {}" - 1;

    if (sentence->length + length + sizeof more > limit) {
        (void)buf_add_text(sentence, more);
        return false;
    }
    (void)buf_add_format(sentence, ", {%s%s}", quote.text, suffix);
    return true;
}

/* Until the sentence has `limit` bytes. */
static void add_all_known(struct buf *sentence, const struct template_names *names, size_t limit)
{
    bool has_room = true;

    (void)buf_add_text(sentence, "; known are {query.PARAMETER}");
    if (names->has_each) {
        has_room = add_known(sentence, STR("each"), "", limit);
    }
    for (size_t i = 0; i < names->capture_count && has_room; i++) {
        has_room = add_known(sentence, names->captures[i], "", limit);
    }
    for (size_t i = 0; i < names->call_count && has_room; i++) {
        has_room = add_known(sentence, names->calls[i], ".FIELD", limit);
    }
}

static int refuse_unknown(struct str name, const struct template_names *names, struct error *error)
{
    struct suggestion suggestion = suggest(name, names);
    size_t limit = sizeof error->text - 1;
    cleanup_buf struct buf sentence;

    buf_init(&sentence, limit);
    (void)buf_add_format(&sentence, "unknown reference \"{%s}\"", template_quote(name).text);
    add_all_known(&sentence, names, limit - strlen(suggestion.text));
    return error_set(error, "%.*s%s", STR_ARGUMENTS(buf_view(&sentence)), suggestion.text);
}

/* ---- all ---- */

int template_resolve(struct str name, const struct template_names *names, struct template_part *part,
                     struct error *error)
{
    size_t index = 0;

    if (names->has_each && str_equal(name, STR("each"))) {
        *part = (struct template_part){ .source = TEMPLATE_EACH, .text = STR("") };
        return 0;
    }
    if (str_starts_with(name, str_of(query_prefix))) {
        return resolve_query(name, part, error);
    }
    if (find_capture(name, names, part)) {
        return 0;
    }
    if (find_call(name, names, &index)) {
        return resolve_call(name, names, index, part, error);
    }
    return refuse_unknown(name, names, error);
}
