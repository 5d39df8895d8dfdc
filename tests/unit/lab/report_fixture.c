/* SPDX-License-Identifier: MIT */
#include "tests/unit/lab/report_fixture.h"

#include "tests/support/unit.h"

size_t count_of(const struct buf *html, const char *wanted)
{
    size_t count = 0;
    struct str rest = buf_view(html);

    for (;;) {
        const char *place = memmem(rest.base, rest.length, wanted, strlen(wanted));
        if (place == NULL) {
            return count;
        }
        rest = str_from(rest, (size_t)(place - rest.base) + strlen(wanted));
        count++;
    }
}

void assert_has(const struct buf *html, const char *wanted)
{
    if (count_of(html, wanted) == 0) {
        fail_msg("there is no: %s", wanted);
    }
}

void assert_has_not(const struct buf *html, const char *unwanted)
{
    if (count_of(html, unwanted) != 0) {
        fail_msg("there is: %s", unwanted);
    }
}

struct report_document read_sample(const char *text)
{
    struct report_document document = { .json = NULL };
    struct error error = { { '\0' } };

    if (report_document_read(str_of(text), "x.json", &document, &error) < 0) {
        fail_msg("%s", error.text);
    }
    return document;
}

void render(struct buf *html, const char *text)
{
    struct report_document document = read_sample(text);

    buf_init(html, TEXT_BYTES);
    assert_int_equal(report_add_html(html, &document, 1), 0);
    report_document_clear(&document);
}
