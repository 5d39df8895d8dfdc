/* SPDX-License-Identifier: MIT */
/*
 * config_check_internal - what the files of config_check know of each other. Pure; only for config_check*.c.
 */
#ifndef GATEWAY_CONFIG_CHECK_INTERNAL_H
#define GATEWAY_CONFIG_CHECK_INTERNAL_H

#include "common/arena.h"
#include "common/buf.h"
#include "gateway/config.h"
#include "gateway/mode.h"

/* ---- config_check_time: how long a route's calls can take ---- */

struct check_time {
    size_t call_maximum; /* with one for each element */
    uint64_t longest_us; /* until the last one ends; CLOCK_NEVER_US: nothing but the deadline bounds it */
    uint64_t *end_us;    /* of each call, were there no other calls but those it waits for */
    size_t *levels;      /* of each call: how many must end before it can start, one after another */
};

/* 0 or -ENOMEM. */
int check_time_measure(struct arena *arena, const struct config *config, const struct route *route,
                       struct check_time *ret_time) must_check;
/* The call's own, else its backend's. */
uint64_t check_timeout_us(const struct config *config, const struct plan_call *call);
uint64_t check_deadline_us(const struct config *config, const struct route *route);
enum mode check_route_mode(const struct config *config, const struct route *route);
enum mode check_call_mode(const struct config *config, const struct route *route, const struct plan_call *call);
enum strategy check_call_strategy(const struct config *config, const struct route *route, const struct plan_call *call);

/* ---- config_check_tree: which call stands under which ---- */

enum { CHECK_LEVELS_MAXIMUM = 8 };

struct check_node {
    size_t call;
    unsigned level;     /* from 0; at most CHECK_LEVELS_MAXIMUM - 1 */
    bool is_deeper;     /* than is shown: it stands beside those it should stand under */
    bool is_last;       /* of those that stand under the same one */
    unsigned continued; /* bit i: at level i the line goes on below this node */
};

/* A node for each call, in the order in which they are shown. */
struct check_tree {
    const struct check_node *nodes;
    size_t count;
};

/* A call stands under the one of its inputs that can end last. 0 or -ENOMEM. */
int check_tree_build(struct arena *arena, const struct plan *plan, const struct check_time *time,
                     struct check_tree *ret_tree) must_check;
/* The input it stands under; call_count: none. */
size_t check_parent(const struct plan *plan, const struct check_time *time, size_t call);

/* ---- config_check_table: rows of cells in columns ---- */

enum { CHECK_COLUMNS = 4 };

/* Rows are made twice: once to find the columns' widths, once to be added to the text. */
struct check_table {
    struct buf cells[CHECK_COLUMNS]; /* of the row that is being made */
    size_t widths[CHECK_COLUMNS];
    const size_t *widest; /* CHECK_COLUMNS of them: a cell that is wider pushes what follows in its own row alone */
    bool has_failed;
};

void check_table_init(struct check_table *table, const size_t *widest, size_t limit_bytes);
void check_table_clear(struct check_table *table);
/* The cells become a row, and are empty again. `text` NULL: their widths are noted, and nothing else. */
void check_table_end_row(struct check_table *table, struct buf *text);

#define cleanup_check_table cleanup_(check_table_clear)

/* ---- config_check_routes, and words that it shares with config_check ---- */

struct check {
    const struct config *config;
    struct arena arena;
    struct check_time *times; /* by route; of those with calls in the configuration */
    struct check_tree *trees;
};

/* `text` NULL: for the widths alone. */
typedef void check_rows_fn(const struct check *check, struct check_table *table, struct buf *text);

check_rows_fn check_add_route_rows;
void check_add_duration(struct buf *text, const char *before, uint64_t duration_us);
/* "1 call", "2 calls" */
void check_add_count(struct buf *text, size_t count, const char *what);

#endif
