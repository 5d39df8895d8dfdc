/* SPDX-License-Identifier: MIT */
#include "gateway/name_addresses.h"

#include <arpa/inet.h>

#include "tests/support/unit.h"

static struct name_address address_of(const char *text)
{
    struct name_address address = { .is_ipv6 = strchr(text, ':') != NULL };

    assert_int_equal(inet_pton(address.is_ipv6 ? AF_INET6 : AF_INET, text, address.bytes), 1);
    return address;
}

/* "a,b"; how many. */
static size_t read_items(const char *text, struct name_address *items)
{
    size_t count = 0;

    for (struct str rest = str_of(text); rest.length > 0;) {
        char one[64];
        struct str item = str_split(&rest, ',');
        (void)snprintf(one, sizeof one, "%.*s", STR_ARGUMENTS(item));
        items[count++] = address_of(one);
    }
    return count;
}

static struct name_addresses *set_of(const char *text)
{
    struct name_address items[2 * NAME_ADDRESSES_AT_MOST];
    size_t count = read_items(text, items);
    struct name_addresses *addresses = name_addresses_new(items, count);

    assert_non_null(addresses);
    return addresses;
}

static void a_sets_text_is_what_libcurl_is_told(void **state)
{
    static const struct {
        const char *items;
        const char *text;
    } rows[] = {
        { "192.0.2.1", "192.0.2.1" },
        { "2001:db8::1", "[2001:db8::1]" },
        { "192.0.2.1,::1,10.0.0.255", "192.0.2.1,[::1],10.0.0.255" },
        { "2001:db8:1111:2222:3333:4444:5555:6666,255.255.255.255",
          "[2001:db8:1111:2222:3333:4444:5555:6666],255.255.255.255" },
    };
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct name_addresses *addresses = set_of(rows[i].items);

        assert_string_equal(addresses->text, rows[i].text);
        name_addresses_release(addresses);
    }
}

static void sixteen_of_the_longest_fit_and_more_are_left_out(void **state)
{
    struct name_address items[NAME_ADDRESSES_AT_MOST + 1];
    (void)state;
    for (size_t i = 0; i < array_length(items); i++) {
        items[i] = address_of("2001:db8:1111:2222:3333:4444:5555:6666");
        items[i].bytes[15] = (unsigned char)i;
    }

    struct name_addresses *addresses = name_addresses_new(items, array_length(items));

    assert_non_null(addresses);
    assert_int_equal(addresses->count, NAME_ADDRESSES_AT_MOST);
    assert_non_null(strstr(addresses->text, "[2001:db8:1111:2222:3333:4444:5555:660f]"));
    assert_null(strstr(addresses->text, "6610]"));
    name_addresses_release(addresses);
}

static void two_sets_are_the_same_in_whatever_order(void **state)
{
    static const struct {
        const char *name;
        const char *items;
        bool is_same;
    } rows[] = {
        { "as they are", "192.0.2.1,192.0.2.2,::1", true },
        { "in another order", "::1,192.0.2.2,192.0.2.1", true },
        { "one twice", "::1,192.0.2.2,192.0.2.1,::1", true },
        { "one less", "192.0.2.1,::1", false },
        { "one more", "192.0.2.1,192.0.2.2,::1,::2", false },
        { "another", "192.0.2.1,192.0.2.3,::1", false },
        { "other family, same bytes", "192.0.2.1,192.0.2.2,c000:201::", false },
    };
    struct name_addresses *addresses = set_of("192.0.2.1,192.0.2.2,::1");
    (void)state;

    for (size_t i = 0; i < array_length(rows); i++) {
        struct name_address items[NAME_ADDRESSES_AT_MOST];
        size_t count = read_items(rows[i].items, items);

        assert_case(rows[i].name, name_addresses_are(addresses, items, count) == rows[i].is_same);
    }
    name_addresses_release(addresses);
}

static void a_family_is_part_of_an_address(void **state)
{
    struct name_addresses *addresses = set_of("192.0.2.1");
    struct name_address other = address_of("192.0.2.1");
    (void)state;
    other.is_ipv6 = true;

    assert_false(name_addresses_are(addresses, &other, 1));

    name_addresses_release(addresses);
}

static void who_holds_a_set_sees_that_it_is_outdated(void **state)
{
    struct name_addresses *addresses = set_of("192.0.2.1");
    struct name_addresses *held = name_addresses_hold(addresses);
    (void)state;

    assert_false(name_addresses_are_outdated(held));
    atomic_store(&addresses->is_outdated, true);
    name_addresses_release(addresses);

    assert_true(name_addresses_are_outdated(held));
    name_addresses_release(held);
}

static void no_name_is_never_outdated(void **state)
{
    (void)state;

    assert_false(name_addresses_are_outdated(NULL));
    assert_null(name_addresses_hold(NULL));
    name_addresses_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sets_text_is_what_libcurl_is_told),
        cmocka_unit_test(sixteen_of_the_longest_fit_and_more_are_left_out),
        cmocka_unit_test(two_sets_are_the_same_in_whatever_order),
        cmocka_unit_test(a_family_is_part_of_an_address),
        cmocka_unit_test(who_holds_a_set_sees_that_it_is_outdated),
        cmocka_unit_test(no_name_is_never_outdated),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
