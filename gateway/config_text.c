/* SPDX-License-Identifier: MIT */
#include "gateway/config_text.h"

#include "common/percent.h"

/* ---- what is secret ---- */

static bool contains_ignoring_case(struct str text, struct str word)
{
    for (size_t i = 0; i + word.length <= text.length; i++) {
        if (str_equal_ignoring_case((struct str){ text.base + i, word.length }, word)) {
            return true;
        }
    }
    return false;
}

bool config_text_is_secret(struct str name)
{
    static const struct str names[] = {
        STR_STATIC("Authorization"),
        STR_STATIC("Proxy-Authorization"),
        STR_STATIC("Cookie"),
        STR_STATIC("Set-Cookie"),
    };
    static const struct str words[] = {
        STR_STATIC("key"),
        STR_STATIC("token"),
        STR_STATIC("secret"),
        STR_STATIC("password"),
    };

    for (size_t i = 0; i < array_length(names); i++) {
        if (str_equal_ignoring_case(name, names[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < array_length(words); i++) {
        if (contains_ignoring_case(name, words[i])) {
            return true;
        }
    }
    return false;
}

/* ---- methods ---- */

const char *const config_text_methods[] = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };
const size_t config_text_method_count = array_length(config_text_methods);

/* ---- addresses ---- */

void config_text_add_address(struct buf *text, const struct address *address)
{
    (void)buf_add_format(text, address->is_ipv6 ? "[%s]:%u" : "%s:%u", address->host, (unsigned)address->port);
}

void config_text_add_url(struct buf *text, const struct url *url)
{
    (void)buf_add_format(text, "%s://%s%s", url->is_tls ? "https" : "http", url->authority, url->path);
}

/* ---- templates ---- */

void config_text_add_piece(struct buf *text, struct str piece, bool is_covered)
{
    if (is_covered) {
        (void)buf_add_text(text, piece.length > 0 ? CONFIG_TEXT_COVERED : "");
        return;
    }
    for (size_t i = 0; i < piece.length; i++) {
        char byte = piece.base[i];
        (void)buf_add(text, &byte, 1);
        if (byte == '{' || byte == '}') {
            (void)buf_add(text, &byte, 1);
        }
    }
}

void config_text_add_header(struct buf *text, const char *name, const struct template *value)
{
    bool is_secret = config_text_is_secret(str_of(name));

    for (size_t i = 0; i < value->part_count; i++) {
        const struct template_part *part = &value->parts[i];
        if (part->source == TEMPLATE_TEXT) {
            config_text_add_piece(text, part->text, is_secret);
        } else {
            (void)buf_add_str(text, part->written);
        }
    }
}

/* ---- targets ---- */

enum { PARAMETER_BYTES = 256 };

enum place { IN_PATH, IN_NAME, IN_VALUE };

struct target {
    struct buf *text;
    enum place place;
    bool is_secret; /* the query parameter's name says so */
};

static bool is_end(enum place place, char byte)
{
    switch (place) {
    case IN_PATH:
        return byte == '?';
    case IN_NAME:
        return byte == '=' || byte == '&';
    case IN_VALUE:
        break;
    }
    return byte == '&';
}

/* A backend reads names decoded. One that is too long to look at is taken for a secret's. */
static bool is_secret_parameter(struct str raw)
{
    char decoded[PARAMETER_BYTES];
    size_t length = 0;

    if (raw.length > sizeof decoded || percent_decode(raw, decoded, &length) < 0) {
        return true;
    }
    return config_text_is_secret((struct str){ decoded, length });
}

/* A path, or a parameter's name or value, up to a reference in it or the byte that ends it. */
static void take_stretch(struct target *target, struct str *rest)
{
    struct str stretch = { rest->base, 0 };

    while (stretch.length < rest->length && !is_end(target->place, rest->base[stretch.length])) {
        stretch.length++;
    }
    config_text_add_piece(target->text, stretch, target->place == IN_VALUE && target->is_secret);
    if (target->place == IN_NAME) {
        target->is_secret = target->is_secret || is_secret_parameter(stretch);
    }
    *rest = str_from(*rest, stretch.length);
}

static void take_end(struct target *target, struct str *rest)
{
    bool is_value_next = rest->base[0] == '=';

    (void)buf_add(target->text, rest->base, 1);
    target->place = is_value_next ? IN_VALUE : IN_NAME;
    target->is_secret = is_value_next && target->is_secret;
    *rest = str_from(*rest, 1);
}

void config_text_add_target(struct buf *text, const struct template *template)
{
    struct target target = { .text = text };

    for (size_t i = 0; i < template->part_count; i++) {
        struct str rest = template->parts[i].text;
        if (template->parts[i].source != TEMPLATE_TEXT) {
            (void)buf_add_str(text, template->parts[i].written);
            continue;
        }
        while (rest.length > 0) {
            take_stretch(&target, &rest);
            if (rest.length > 0) {
                take_end(&target, &rest);
            }
        }
    }
}
