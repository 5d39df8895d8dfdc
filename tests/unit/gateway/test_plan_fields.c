/* SPDX-License-Identifier: MIT */
#include "gateway/plan_fields.h"

#include <errno.h>

#include "tests/support/unit.h"

enum { ARENA_BYTES = 64 * 1024, CALLS = 3 };

static const struct str names[CALLS] = { STR_STATIC("user"), STR_STATIC("orders"), STR_STATIC("last") };
static const struct template_names known = { NULL, 0, names, CALLS, true };

struct fixture {
    struct arena arena;
    struct plan_call calls[CALLS];
    struct plan plan;
    struct plan_header header;
};

static void parse(struct fixture *fixture, const char *text, struct template *template)
{
    struct template_fault fault;

    assert_int_equal(template_parse(&fixture->arena, str_of(text), &known, template, &fault), 0);
}

/* `orders` is made for each of the user's favourites, and `last` refers to it in all that it has. */
static void open_fixture(struct fixture *fixture)
{
    struct template each;
    struct template_fault fault;

    *fixture = (struct fixture){ .plan = { CALLS, fixture->calls } };
    arena_init(&fixture->arena, ARENA_BYTES);
    parse(fixture, "/orders/{each}", &fixture->calls[1].target);
    parse(fixture, "{user.favourites}", &each);
    fixture->calls[1].has_each = true;
    fixture->calls[1].each = each.parts[0];
    parse(fixture, "/{user.id}/{user.name}?again={user.id}&q={query.q}", &fixture->calls[2].target);
    parse(fixture, "{user.profile.age}", &fixture->header.value);
    fixture->calls[2].headers = &fixture->header;
    fixture->calls[2].header_count = 1;
    assert_int_equal(template_parse_json(&fixture->arena, STR("{\"u\":\"{user}\",\"i\":\"{user.id}\"}"), &known,
                                         &fixture->calls[2].body, &fault),
                     0);
}

static void close_fixture(struct fixture *fixture)
{
    arena_clear(&fixture->arena);
}

static void each_field_that_is_referred_to_stands_once_and_in_order(void **state)
{
    static const char *const expected[] = { "", "favourites", "id", "name", "profile.age" };
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture);

    assert_int_equal(plan_fields_link(&fixture.arena, &fixture.plan), 0);

    assert_int_equal(fixture.calls[0].field_count, array_length(expected));
    for (size_t i = 0; i < array_length(expected); i++) {
        assert_text(fixture.calls[0].fields[i], expected[i]);
    }
    assert_int_equal(fixture.calls[1].field_count, 0);
    assert_int_equal(fixture.calls[2].field_count, 0);
    close_fixture(&fixture);
}

static void assert_knows_its_field(const struct fixture *fixture, const struct template_part *part)
{
    if (part->source == TEMPLATE_CALL) {
        assert_true(part->field < fixture->calls[part->index].field_count);
        assert_true(str_equal(fixture->calls[part->index].fields[part->field], part->text));
    }
}

static void each_reference_knows_which_field_it_is(void **state)
{
    struct fixture fixture;
    const struct template *const templates[] = { &fixture.calls[2].target, &fixture.header.value,
                                                 &fixture.calls[2].body };
    (void)state;
    open_fixture(&fixture);

    assert_int_equal(plan_fields_link(&fixture.arena, &fixture.plan), 0);

    for (size_t i = 0; i < array_length(templates); i++) {
        assert_true(templates[i]->part_count > 0);
        for (size_t j = 0; j < templates[i]->part_count; j++) {
            assert_knows_its_field(&fixture, &templates[i]->parts[j]);
        }
    }
    assert_knows_its_field(&fixture, &fixture.calls[1].each);
    assert_int_equal(fixture.calls[1].each.field, 1);
    close_fixture(&fixture);
}

static void a_full_arena_is_no_memory(void **state)
{
    struct fixture fixture;
    (void)state;
    open_fixture(&fixture);
    arena_restrict(&fixture.arena, 0);

    assert_int_equal(plan_fields_link(&fixture.arena, &fixture.plan), -ENOMEM);

    close_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_that_is_referred_to_stands_once_and_in_order),
        cmocka_unit_test(each_reference_knows_which_field_it_is),
        cmocka_unit_test(a_full_arena_is_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
