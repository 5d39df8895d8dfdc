/* SPDX-License-Identifier: MIT */
/*
 * fuzz_url - URLs and addresses of any bytes. What is read and written again is read as the same.
 */
#include <arpa/inet.h>
#include <string.h>

#include "common/buf.h"
#include "common/url.h"
#include "tests/fuzz/fuzz.h"

enum { WRITTEN_BYTES = 4096, HOST_BYTES_MAXIMUM = 255 };

static void check_host(const char *host, bool is_ipv6)
{
    fuzz_check(host[0] != '\0' && strlen(host) <= HOST_BYTES_MAXIMUM && str_is_visible(str_of(host)));
    fuzz_check(strpbrk(host, "/?#@[]%\\\"<>") == NULL);
    fuzz_check(is_ipv6 == (strchr(host, ':') != NULL));
}

static bool names_port(const struct url *url)
{
    const char *behind = strchr(url->authority, ']');

    return strchr(behind != NULL ? behind : url->authority, ':') != NULL;
}

static void check_url(struct str text)
{
    struct url url = { .port = 0 };
    struct url again = { .port = 0 };
    struct error error = { "" };
    cleanup_buf struct buf written;

    buf_init(&written, WRITTEN_BYTES);
    if (url_parse(text, &url, &error) < 0) {
        fuzz_check_sentence(error.text);
        return;
    }
    check_host(url.host, url.is_ipv6);
    fuzz_check(url.port > 0 && str_is_visible(str_of(url.authority)));
    fuzz_check(url.path[0] == '\0' || (url.path[0] == '/' && str_is_visible(str_of(url.path))));
    fuzz_check(strchr(url.path, '#') == NULL);
    fuzz_check(names_port(&url) == (url.port != (url.is_tls ? 443 : 80)));
    (void)buf_add_format(&written, "%s://%s%s", url.is_tls ? "https" : "http", url.authority, url.path);
    fuzz_check(url_parse(buf_view(&written), &again, &error) == 0);
    fuzz_check(again.is_tls == url.is_tls && again.is_ipv6 == url.is_ipv6 && again.port == url.port);
    fuzz_check(strcmp(again.host, url.host) == 0 && strcmp(again.path, url.path) == 0);
    fuzz_check(strcmp(again.authority, url.authority) == 0);
}

static void check_address(struct str text)
{
    struct address address = { .port = 0 };
    struct address again = { .port = 0 };
    struct error error = { "" };
    cleanup_buf struct buf written;

    buf_init(&written, WRITTEN_BYTES);
    if (address_parse(text, &address, &error) < 0) {
        fuzz_check_sentence(error.text);
        return;
    }
    check_host(address.host, address.is_ipv6);
    (void)buf_add_format(&written, address.is_ipv6 ? "[%s]:%u" : "%s:%u", address.host, (unsigned)address.port);
    fuzz_check(address_parse(buf_view(&written), &again, &error) == 0);
    fuzz_check(again.port == address.port && again.is_ipv6 == address.is_ipv6);
    fuzz_check(strcmp(again.host, address.host) == 0);
}

/* What is an IP address to the system is one in a URL. */
static void check_ip(struct str text)
{
    char ip[INET6_ADDRSTRLEN] = "";
    struct in6_addr bytes;
    struct url url = { .port = 0 };
    struct error error = { "" };
    cleanup_buf struct buf written;

    buf_init(&written, WRITTEN_BYTES);
    if (text.length >= sizeof ip || memchr(text.base, '\0', text.length) != NULL) {
        return;
    }
    memcpy(ip, text.base, text.length);
    bool is_ipv6 = inet_pton(AF_INET6, ip, &bytes) == 1;
    if (!is_ipv6 && inet_pton(AF_INET, ip, &bytes) != 1) {
        return;
    }
    (void)buf_add_format(&written, is_ipv6 ? "http://[%s]:1/x" : "http://%s:1/x", ip);
    fuzz_check(url_parse(buf_view(&written), &url, &error) == 0);
    fuzz_check(strcmp(url.host, ip) == 0 && url.is_ipv6 == is_ipv6 && url.port == 1 && strcmp(url.path, "/x") == 0);
}

void fuzz_one(struct str input)
{
    check_url(input);
    check_address(input);
    if (input.length > 0) {
        check_ip(input);
    }
}
