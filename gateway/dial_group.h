/* SPDX-License-Identifier: MIT */
/*
 * dial_group - libcurl multi handles in a loop, each with a few easy handles on it: its descriptors are the loop's
 * watches, its timeout one of its timers.
 *
 * Many small ones instead of one large one, because libcurl walks all connections of a multi handle to find a handle's
 * own. They share the names that were resolved and the TLS sessions that may be resumed.
 *
 * The member is told when its handle is done; it may leave then, or stay with its connection.
 *
 * curl_group holds multi handles, too, and is something else: a group there is one server's, its transfers come and go
 * and leave connections that libcurl keeps, so what is watched belongs to a connection and stays. Here a group is
 * anybody's, no connection is in it but a member's own, and what is watched goes with the member.
 *
 * Memory: a group without members is kept for the next, a few of them.   Threads: the loop's.
 */
#ifndef GATEWAY_DIAL_GROUP_H
#define GATEWAY_DIAL_GROUP_H

#include <curl/curl.h>

#include "common/loop.h"

/* A name has addresses of two families that are tried side by side, and the resolver's thread has a descriptor, too. */
enum { DIAL_GROUP_MEMBERS = 16, DIAL_WATCHES = 8 };

struct dial_group;
struct dial_member;

/* A descriptor of which libcurl wants to hear. */
struct dial_watch {
    struct loop_watch watch;
    struct dial_member *member;
};

struct dial_member {
    CURL *easy;
    struct dial_group *group; /* NULL: in none */
    struct dial_watch watches[DIAL_WATCHES];
};

typedef void dial_done_fn(struct dial_member *member, int code);

struct dial_groups {
    struct loop *loop;
    CURLSH *shared;
    dial_done_fn *on_done;
    struct dial_group *with_room; /* those that are full stand in no list */
    size_t empty_count;
};

/* 0 or -ENOMEM. */
int dial_groups_init(struct dial_groups *groups, struct loop *loop, dial_done_fn *on_done) must_check;
/* No member may be in a group; all handles that ever were must be freed. */
void dial_groups_clear(struct dial_groups *groups);

/* Before the handle is used: it shares with the others, and finds its member. */
void dial_groups_prepare(struct dial_groups *groups, struct dial_member *member);
/* libcurl begins in the loop's next turn. 0 or -ENOMEM. */
int dial_groups_join(struct dial_groups *groups, struct dial_member *member) must_check;
/* libcurl ends what the handle was at, and closes its connection. */
void dial_group_leave(struct dial_member *member);

/* A socket was opened for the member and is about to connect: libcurl may close one without a word and open the next
 * under the same number, and would not say that it wants to hear of that, too. 0 or -errno. */
int dial_member_watch_socket(struct dial_member *member, int descriptor) must_check;
void dial_member_unwatch(struct dial_member *member, int descriptor);

#endif
