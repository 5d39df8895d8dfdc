/* SPDX-License-Identifier: MIT */
#include "backend/answers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "common/buf.h"
#include "common/json_scan.h"
#include "common/json_view.h"

enum { READ_BYTES = 64 * 1024, SHOWN_NAME_BYTES = 200, SHOWN_PATH_BYTES = 60 };

/* Views into the text or into `paths`. */
struct answer {
    struct str path; /* with the asterisk, if it has one */
    struct str key;  /* without it */
    struct str name; /* as the file has it: says where it stands */
    struct str body;
};

struct answers {
    struct buf text;
    struct buf paths; /* the members' names, read */
    /* In the order of their keys. */
    struct answer *exact;
    size_t exact_count;
    struct answer *prefixes;
    size_t prefix_count;
};

/* ---- what to tell of a fault ---- */

/* Escaped; of a long text no more than `limit` bytes: its end, which is what tells one file from another. */
static void add_shown(struct buf *sentence, struct str text, size_t limit)
{
    bool is_cut = text.length > limit;

    (void)buf_add_text(sentence, is_cut ? "..." : "");
    (void)buf_add_escaped(sentence, is_cut ? str_from(text, text.length - limit) : text);
}

/* "answers.json:3:14: sentence"; `place` is in the text. */
static int refuse_at(const struct answers *answers, const char *name, const char *place, struct str sentence,
                     struct error *error)
{
    struct json_position position = json_position(buf_view(&answers->text), (size_t)(place - answers->text.base));
    cleanup_buf struct buf shown;

    buf_init(&shown, sizeof error->text);
    add_shown(&shown, str_of(name), SHOWN_NAME_BYTES);
    return error_set(error, "%.*s:%zu:%zu: %.*s", STR_ARGUMENTS(buf_view(&shown)), position.line, position.column,
                     STR_ARGUMENTS(sentence));
}

static int refuse_file(const char *name, const char *front, const char *back, struct error *error)
{
    cleanup_buf struct buf shown;

    buf_init(&shown, sizeof error->text);
    add_shown(&shown, str_of(name), SHOWN_NAME_BYTES);
    return error_set(error, "%s%.*s%s", front, STR_ARGUMENTS(buf_view(&shown)), back);
}

static int refuse_path(const struct answers *answers, const char *name, const struct answer *answer,
                       struct error *error)
{
    cleanup_buf struct buf sentence;

    buf_init(&sentence, sizeof error->text);
    (void)buf_add_byte(&sentence, '"');
    add_shown(&sentence, answer->path, SHOWN_PATH_BYTES);
    (void)buf_add_text(&sentence,
                       "\" is no path: expected one that begins with \"/\", percent-encoded, without a query");
    return refuse_at(answers, name, answer->name.base, buf_view(&sentence), error);
}

/* `second` stands behind `first`. */
static int refuse_twice(const struct answers *answers, const char *name, const struct answer *first,
                        const struct answer *second, struct error *error)
{
    size_t first_offset = (size_t)(first->name.base - answers->text.base);
    cleanup_buf struct buf sentence;

    buf_init(&sentence, sizeof error->text);
    (void)buf_add_byte(&sentence, '"');
    add_shown(&sentence, second->path, SHOWN_PATH_BYTES);
    (void)buf_add_format(&sentence, "\" stands twice, first in line %zu",
                         json_position(buf_view(&answers->text), first_offset).line);
    return refuse_at(answers, name, second->name.base, buf_view(&sentence), error);
}

/* ---- the index ---- */

static int compare_paths(struct str a, struct str b)
{
    size_t shorter = a.length < b.length ? a.length : b.length;
    int order = shorter > 0 ? memcmp(a.base, b.base, shorter) : 0;

    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* By key, then by place in the file. */
static int compare_answers(const void *a, const void *b)
{
    const struct answer *one = a;
    const struct answer *other = b;
    int order = compare_paths(one->key, other->key);

    return order != 0 ? order : (one->name.base > other->name.base) - (one->name.base < other->name.base);
}

static bool is_path(struct str path)
{
    return str_starts_with(path, STR("/")) && str_is_visible(path) && str_find(path, '?') == path.length &&
           str_find(path, '#') == path.length;
}

/* The member's name is read into answers->paths, which does not move. */
static int read_path(struct answers *answers, const char *name, struct answer *answer, struct error *error)
{
    size_t start = answers->paths.length;

    if (json_add_text(answer->name, &answers->paths) < 0) {
        return error_set(error, "%s", strerror(ENOMEM));
    }
    answer->path = str_from(buf_view(&answers->paths), start);
    return is_path(answer->path) ? 0 : refuse_path(answers, name, answer, error);
}

static void keep(struct answers *answers, struct answer answer)
{
    size_t last = answer.path.length - 1;

    answer.key = answer.path;
    if (answer.path.base[last] == '*') {
        answer.key.length = last;
        answers->prefixes[answers->prefix_count++] = answer;
    } else {
        answers->exact[answers->exact_count++] = answer;
    }
}

static int gather(struct answers *answers, const char *name, struct str object, struct error *error)
{
    struct json_walk walk = json_walk_begin(object);
    size_t count = json_count(object);
    struct answer answer = { .body = object };

    answers->exact = calloc(count + 1, sizeof *answers->exact);
    answers->prefixes = calloc(count + 1, sizeof *answers->prefixes);
    if (answers->exact == NULL || answers->prefixes == NULL || buf_reserve(&answers->paths, object.length) == NULL) {
        return error_set(error, "%s", strerror(ENOMEM));
    }
    while (json_walk_member(&walk, &answer.name, &answer.body)) {
        if (read_path(answers, name, &answer, error) < 0) {
            return -1;
        }
        keep(answers, answer);
    }
    return 0;
}

/* NULL: all are different. Else the second of two equal ones. */
static const struct answer *sort(struct answer *items, size_t count)
{
    qsort(items, count, sizeof *items, compare_answers);
    for (size_t i = 1; i < count; i++) {
        if (str_equal(items[i - 1].key, items[i].key)) {
            return &items[i];
        }
    }
    return NULL;
}

static int build(struct answers *answers, const char *name, struct error *error)
{
    struct str text = buf_view(&answers->text);
    struct str object = json_scan_trim(text);
    struct json_fault fault = { .offset = 0 };
    char sentence[128];

    if (json_scan_check(text, JSON_SCAN_DEPTH, &fault) < 0) {
        (void)snprintf(sentence, sizeof sentence, "not JSON: %s", fault.reason);
        return refuse_at(answers, name, text.base + fault.offset, str_of(sentence), error);
    }
    if (json_kind(object) != JSON_OBJECT) {
        (void)snprintf(sentence, sizeof sentence, "expected an object whose members are paths, not %s",
                       json_kind_name(json_kind(object)));
        return refuse_at(answers, name, object.base, str_of(sentence), error);
    }
    if (gather(answers, name, object, error) < 0) {
        return -1;
    }
    const struct answer *twice = sort(answers->exact, answers->exact_count);
    twice = twice != NULL ? twice : sort(answers->prefixes, answers->prefix_count);
    return twice == NULL ? 0 : refuse_twice(answers, name, twice - 1, twice, error);
}

/* ---- life ---- */

static struct answers *answers_new(void)
{
    struct answers *answers = calloc(1, sizeof *answers);

    if (answers != NULL) {
        buf_init(&answers->text, (size_t)ANSWERS_FILE_BYTES + READ_BYTES);
        buf_init(&answers->paths, ANSWERS_FILE_BYTES);
    }
    return answers;
}

/* NULL and the sentence if `result` is a failure. */
static struct answers *finish(struct answers *answers, int result)
{
    if (result < 0) {
        answers_free(answers);
        return NULL;
    }
    return answers;
}

/* 0 or -errno; -EFBIG: over ANSWERS_FILE_BYTES. */
static int read_all(int descriptor, struct buf *text)
{
    ssize_t count = 1;

    while (count > 0) {
        char *room = buf_reserve(text, READ_BYTES);
        if (room == NULL) {
            return -ENOMEM;
        }
        count = read(descriptor, room, READ_BYTES);
        if (count < 0) {
            return -errno;
        }
        text->length += (size_t)count;
        if (text->length > ANSWERS_FILE_BYTES) {
            return -EFBIG;
        }
    }
    return 0;
}

static int read_file(const char *path, struct buf *text, struct error *error)
{
    char reason[128];
    cleanup_close int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    int result = descriptor < 0 ? -errno : read_all(descriptor, text);

    if (result == -EFBIG) {
        return refuse_file(path, "", ": larger than 16 MiB", error);
    }
    if (result < 0) {
        (void)snprintf(reason, sizeof reason, "\": %s", strerror(-result));
        return refuse_file(path, "cannot read \"", reason, error);
    }
    return 0;
}

struct answers *answers_load(const char *path, struct error *error)
{
    struct answers *answers = answers_new();

    if (answers == NULL) {
        (void)error_set(error, "%s", strerror(ENOMEM));
        return NULL;
    }
    int result = read_file(path, &answers->text, error);
    return finish(answers, result < 0 ? result : build(answers, path, error));
}

struct answers *answers_read(const char *name, struct str text, struct error *error)
{
    struct answers *answers = answers_new();

    if (answers == NULL || buf_add_str(&answers->text, text) < 0) {
        (void)error_set(error, "%s", strerror(ENOMEM));
        return finish(answers, -1);
    }
    return finish(answers, build(answers, name, error));
}

void answers_free(struct answers *answers)
{
    if (answers == NULL) {
        return;
    }
    buf_clear(&answers->text);
    buf_clear(&answers->paths);
    free(answers->exact);
    free(answers->prefixes);
    free(answers);
}

/* ---- finding ---- */

/* The last item whose key is not behind `path`; NULL: all are. */
static const struct answer *last_up_to(const struct answer *items, size_t count, struct str path)
{
    size_t low = 0;
    size_t high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_paths(items[middle].key, path) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? &items[low - 1] : NULL;
}

static size_t common_length(struct str a, struct str b)
{
    size_t length = 0;

    while (length < a.length && length < b.length && a.base[length] == b.base[length]) {
        length++;
    }
    return length;
}

/*
 * A beginning of `path` sorts up to `path`, and whatever sorts between the two begins with it as well. So if the last
 * item up to `path` is no beginning of it, the one looked for is a beginning of what these two have in common, which
 * is shorter than both.
 */
static const struct answer *longest_beginning(const struct answer *items, size_t count, struct str path)
{
    const struct answer *item = last_up_to(items, count, path);

    while (item != NULL && !str_starts_with(path, item->key)) {
        path.length = common_length(path, item->key);
        item = last_up_to(items, (size_t)(item - items), path);
    }
    return item;
}

struct str answers_find(const struct answers *answers, struct str path)
{
    const struct answer *item = last_up_to(answers->exact, answers->exact_count, path);

    if (item == NULL || !str_equal(item->key, path)) {
        item = longest_beginning(answers->prefixes, answers->prefix_count, path);
    }
    return item != NULL ? item->body : (struct str){ NULL, 0 };
}
