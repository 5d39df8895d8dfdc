/* SPDX-License-Identifier: MIT */
#include "gateway/dial_group.h"

#include <errno.h>
#include <sys/epoll.h>

#include "common/clock.h"

enum { EMPTY_GROUPS_KEPT = 4 };

struct dial_group {
    struct dial_groups *groups;
    CURLM *multi;
    struct loop_timer timer;
    size_t member_count;
    bool is_acting; /* libcurl is at work */
    struct dial_group *next;
    struct dial_group *previous;
};

/* ---- the list of those with room ---- */

static void push(struct dial_group *group)
{
    struct dial_groups *groups = group->groups;

    group->previous = NULL;
    group->next = groups->with_room;
    if (group->next != NULL) {
        group->next->previous = group;
    }
    groups->with_room = group;
}

static void unlink_group(struct dial_group *group)
{
    if (group->previous != NULL) {
        group->previous->next = group->next;
    } else {
        group->groups->with_room = group->next;
    }
    if (group->next != NULL) {
        group->next->previous = group->previous;
    }
}

static void free_group(struct dial_group *group)
{
    unlink_group(group);
    (void)curl_multi_cleanup(group->multi);
    loop_disarm(group->groups->loop, &group->timer);
    free(group);
}

static void free_if_spare(struct dial_group *group)
{
    if (group->member_count > 0 || group->is_acting) {
        return;
    }
    if (group->groups->empty_count > EMPTY_GROUPS_KEPT) {
        group->groups->empty_count--;
        free_group(group);
    }
}

/* ---- libcurl at work ---- */

static void tell_done(struct dial_group *group)
{
    int left = 0;

    for (CURLMsg *message = curl_multi_info_read(group->multi, &left); message != NULL;
         message = curl_multi_info_read(group->multi, &left)) {
        char *member = NULL;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &member);
        group->groups->on_done((struct dial_member *)(void *)member, (int)code);
    }
}

/* A member that leaves meanwhile must not take the group with it. */
static void act(struct dial_group *group, curl_socket_t descriptor, int events)
{
    int running = 0;

    group->is_acting = true;
    (void)curl_multi_socket_action(group->multi, descriptor, events, &running);
    tell_done(group);
    group->is_acting = false;
    free_if_spare(group);
}

/* ---- descriptors ---- */

static void on_descriptor_ready(void *context, uint32_t events)
{
    const struct dial_watch *slot = context;
    int bits = ((events & (EPOLLIN | EPOLLRDHUP)) != 0 ? CURL_CSELECT_IN : 0) |
               ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
               ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR | CURL_CSELECT_IN : 0);

    act(slot->member->group, slot->watch.descriptor, bits);
}

static struct dial_watch *find_watch(struct dial_member *member, int descriptor)
{
    for (size_t i = 0; i < DIAL_WATCHES; i++) {
        struct dial_watch *slot = &member->watches[i];
        if (slot->watch.is_watching && slot->watch.descriptor == descriptor) {
            return slot;
        }
    }
    return NULL;
}

static int watch(struct dial_member *member, int descriptor, uint32_t events)
{
    struct loop *loop = member->group->groups->loop;
    struct dial_watch *slot = find_watch(member, descriptor);

    if (slot != NULL) {
        return loop_rewatch(loop, &slot->watch, events);
    }
    for (size_t i = 0; i < DIAL_WATCHES; i++) {
        slot = &member->watches[i];
        if (!slot->watch.is_watching) {
            slot->member = member;
            slot->watch.on_ready = on_descriptor_ready;
            slot->watch.context = slot;
            return loop_watch(loop, &slot->watch, descriptor, events);
        }
    }
    return -ENOSPC;
}

void dial_member_unwatch(struct dial_member *member, int descriptor)
{
    struct dial_watch *slot = find_watch(member, descriptor);

    if (slot != NULL) {
        loop_unwatch(member->group->groups->loop, &slot->watch);
    }
}

int dial_member_watch_socket(struct dial_member *member, int descriptor)
{
    dial_member_unwatch(member, descriptor);
    return watch(member, descriptor, EPOLLOUT);
}

/* Never -1, which libcurl takes for the end of all its handles: what could not be watched ends by its timeout.
 * From 8.11 on a connection that is let go of is closed by a handle of libcurl's own, which is nobody's member. */
static int on_descriptor_wish(CURL *easy, curl_socket_t descriptor, int wish, void *context, void *unused)
{
    char *private_pointer = NULL;

    (void)context;
    (void)unused;
    (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private_pointer);
    struct dial_member *member = (struct dial_member *)(void *)private_pointer;
    if (member == NULL || member->group == NULL) {
        return 0;
    }
    if (wish == CURL_POLL_REMOVE || wish == CURL_POLL_NONE) {
        dial_member_unwatch(member, descriptor);
        return 0;
    }
    uint32_t events =
        ((wish & CURL_POLL_IN) != 0 ? EPOLLIN | EPOLLRDHUP : 0U) | ((wish & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
    (void)!watch(member, descriptor, events);
    return 0;
}

/* ---- time ---- */

static void on_timeout(void *context)
{
    act(context, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout_wish(CURLM *multi, long timeout_ms, void *context)
{
    struct dial_group *group = context;

    (void)multi;
    if (timeout_ms < 0) {
        loop_disarm(group->groups->loop, &group->timer);
        return 0;
    }
    /* Without memory for the timer, the attempts' deadlines end what waits. */
    (void)!loop_arm(group->groups->loop, &group->timer, clock_monotonic_us() + (uint64_t)timeout_ms * CLOCK_US_PER_MS);
    return 0;
}

/* ---- members ---- */

static struct dial_group *new_group(struct dial_groups *groups)
{
    struct dial_group *group = calloc(1, sizeof *group);

    if (group == NULL) {
        return NULL;
    }
    group->groups = groups;
    group->timer = (struct loop_timer){ .on_due = on_timeout, .context = group };
    group->multi = curl_multi_init();
    if (group->multi == NULL) {
        free(group);
        return NULL;
    }
    (void)curl_multi_setopt(group->multi, CURLMOPT_SOCKETFUNCTION, on_descriptor_wish);
    (void)curl_multi_setopt(group->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wish);
    (void)curl_multi_setopt(group->multi, CURLMOPT_TIMERDATA, group);
    (void)curl_multi_setopt(group->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    groups->empty_count++;
    push(group);
    return group;
}

void dial_groups_prepare(struct dial_groups *groups, struct dial_member *member)
{
    (void)curl_easy_setopt(member->easy, CURLOPT_PRIVATE, member);
    (void)curl_easy_setopt(member->easy, CURLOPT_SHARE, groups->shared);
}

static void count_in(struct dial_group *group)
{
    group->groups->empty_count -= group->member_count == 0 ? 1 : 0;
    group->member_count++;
    if (group->member_count == DIAL_GROUP_MEMBERS) {
        unlink_group(group);
    }
}

static void count_out(struct dial_group *group)
{
    if (group->member_count == DIAL_GROUP_MEMBERS) {
        push(group);
    }
    group->member_count--;
    group->groups->empty_count += group->member_count == 0 ? 1 : 0;
}

int dial_groups_join(struct dial_groups *groups, struct dial_member *member)
{
    struct dial_group *group = groups->with_room != NULL ? groups->with_room : new_group(groups);

    if (group == NULL) {
        return -ENOMEM;
    }
    count_in(group);
    member->group = group;
    if (curl_multi_add_handle(group->multi, member->easy) != CURLM_OK) {
        member->group = NULL;
        count_out(group);
        return -ENOMEM;
    }
    return 0;
}

/* What is watched goes first: libcurl closes some sockets without a word. */
void dial_group_leave(struct dial_member *member)
{
    struct dial_group *group = member->group;

    for (size_t i = 0; i < DIAL_WATCHES; i++) {
        loop_unwatch(group->groups->loop, &member->watches[i].watch);
    }
    member->group = NULL;
    (void)curl_multi_remove_handle(group->multi, member->easy);
    count_out(group);
    free_if_spare(group);
}

/* ---- life ---- */

int dial_groups_init(struct dial_groups *groups, struct loop *loop, dial_done_fn *on_done)
{
    *groups = (struct dial_groups){ .loop = loop, .on_done = on_done, .shared = curl_share_init() };
    if (groups->shared == NULL) {
        return -ENOMEM;
    }
    (void)curl_share_setopt(groups->shared, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    (void)curl_share_setopt(groups->shared, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return 0;
}

void dial_groups_clear(struct dial_groups *groups)
{
    while (groups->with_room != NULL) {
        free_group(groups->with_room);
    }
    (void)curl_share_cleanup(groups->shared);
}
