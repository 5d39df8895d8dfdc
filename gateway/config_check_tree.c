/* SPDX-License-Identifier: MIT */
/*
 * config_check_tree - the calls of a plan as a tree that can be printed line by line, however deep: without recursion,
 * and without going further to the right than CHECK_LEVELS_MAXIMUM.
 */
#include <errno.h>

#include "gateway/config_check_internal.h"

/* ---- who stands under whom ---- */

/* Without timeouts all can end last: then the one that most must end before. */
static bool ends_later(const struct check_time *time, size_t call, size_t than)
{
    if (time->end_us[call] != time->end_us[than]) {
        return time->end_us[call] > time->end_us[than];
    }
    return time->levels[call] > time->levels[than];
}

size_t check_parent(const struct plan *plan, const struct check_time *time, size_t call)
{
    const struct plan_call *child = &plan->calls[call];
    size_t parent = plan->call_count;

    for (size_t i = 0; i < child->input_count; i++) {
        if (parent == plan->call_count || ends_later(time, child->inputs[i], parent)) {
            parent = child->inputs[i];
        }
    }
    return parent;
}

/* ---- the way through the tree ---- */

/* All by call, with call_count for none; at call_count stands what all those without inputs stand under. */
struct links {
    size_t *parent;
    size_t *first_child;
    size_t *next_sibling;
};

static bool links_build(struct links *links, struct arena *arena, const struct plan *plan,
                        const struct check_time *time)
{
    size_t none = plan->call_count;

    links->parent = arena_allocate_array(arena, none + 1, sizeof links->parent[0]);
    links->first_child = arena_allocate_array(arena, none + 1, sizeof links->first_child[0]);
    links->next_sibling = arena_allocate_array(arena, none + 1, sizeof links->next_sibling[0]);
    if (links->parent == NULL || links->first_child == NULL || links->next_sibling == NULL) {
        return false;
    }
    for (size_t i = 0; i <= none; i++) {
        links->first_child[i] = none;
    }
    /* From the back, so that children stand in the order of the configuration. */
    for (size_t i = none; i-- > 0;) {
        links->parent[i] = check_parent(plan, time, i);
        links->next_sibling[i] = links->first_child[links->parent[i]];
        links->first_child[links->parent[i]] = i;
    }
    return true;
}

/* The node behind `call`, or call_count; *level goes along. */
static size_t next_of(const struct links *links, size_t call, size_t none, size_t *level)
{
    if (links->first_child[call] != none) {
        ++*level;
        return links->first_child[call];
    }
    while (call != none && links->next_sibling[call] == none) {
        call = links->parent[call];
        --*level;
    }
    return call != none ? links->next_sibling[call] : none;
}

/* ---- lines ---- */

/* From the last one up: a line goes on at a level if a node of that level follows before one that is further left. */
static void draw_lines(struct check_node *nodes, size_t count)
{
    unsigned open = 0;

    for (size_t i = count; i-- > 0;) {
        unsigned level_bit = 1U << nodes[i].level;
        nodes[i].is_last = (open & level_bit) == 0;
        nodes[i].continued = open & (level_bit - 1);
        open = nodes[i].continued | level_bit;
    }
}

int check_tree_build(struct arena *arena, const struct plan *plan, const struct check_time *time,
                     struct check_tree *ret_tree)
{
    struct check_node *nodes = arena_allocate_array(arena, plan->call_count, sizeof nodes[0]);
    struct links links;
    size_t none = plan->call_count;
    size_t count = 0;
    size_t level = 0;

    if (nodes == NULL || !links_build(&links, arena, plan, time)) {
        return -ENOMEM;
    }
    for (size_t call = links.first_child[none]; call != none; call = next_of(&links, call, none, &level)) {
        bool is_deeper = level >= CHECK_LEVELS_MAXIMUM;
        nodes[count++] = (struct check_node){
            .call = call,
            .level = is_deeper ? CHECK_LEVELS_MAXIMUM - 1 : (unsigned)level,
            .is_deeper = is_deeper,
        };
    }
    draw_lines(nodes, count);
    *ret_tree = (struct check_tree){ nodes, count };
    return 0;
}
