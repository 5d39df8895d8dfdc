/* SPDX-License-Identifier: MIT */
#include "common/timer_heap.h"

#include <errno.h>
#include <stdlib.h>

#include "common/clock.h"

enum { FIRST_CAPACITY = 64 };

/* The time stands in it once more: to compare two, neither timer need be touched. */
struct timer_slot {
    uint64_t due_us;
    struct loop_timer *timer;
};

static void put(struct timer_heap *heap, size_t index, struct timer_slot slot)
{
    heap->slots[index] = slot;
    slot.timer->heap_index = index;
}

static void sift_up(struct timer_heap *heap, size_t index, struct timer_slot slot)
{
    while (index > 1 && heap->slots[index / 2].due_us > slot.due_us) {
        put(heap, index, heap->slots[index / 2]);
        index /= 2;
    }
    put(heap, index, slot);
}

static void sift_down(struct timer_heap *heap, size_t index, struct timer_slot slot)
{
    for (size_t child = index * 2; child <= heap->count; child = index * 2) {
        if (child < heap->count && heap->slots[child + 1].due_us < heap->slots[child].due_us) {
            child++;
        }
        if (heap->slots[child].due_us >= slot.due_us) {
            break;
        }
        put(heap, index, heap->slots[child]);
        index = child;
    }
    put(heap, index, slot);
}

static int make_room(struct timer_heap *heap)
{
    if (heap->count + 1 < heap->capacity) {
        return 0;
    }
    size_t capacity = heap->capacity > 0 ? heap->capacity * 2 : FIRST_CAPACITY;
    struct timer_slot *slots = reallocarray(heap->slots, capacity, sizeof *slots);
    if (slots == NULL) {
        return -ENOMEM;
    }
    heap->slots = slots;
    heap->capacity = capacity;
    return 0;
}

int timer_heap_arm(struct timer_heap *heap, struct loop_timer *timer, uint64_t due_us)
{
    timer_heap_disarm(heap, timer);
    int result = make_room(heap);
    if (result < 0) {
        return result;
    }
    timer->due_us = due_us;
    heap->count++;
    sift_up(heap, heap->count, (struct timer_slot){ due_us, timer });
    return 0;
}

void timer_heap_disarm(struct timer_heap *heap, struct loop_timer *timer)
{
    size_t index = timer->heap_index;

    if (index == 0) {
        return;
    }
    timer->heap_index = 0;
    struct timer_slot last = heap->slots[heap->count];
    heap->count--;
    if (last.timer == timer) {
        return;
    }
    if (index > 1 && heap->slots[index / 2].due_us > last.due_us) {
        sift_up(heap, index, last);
    } else {
        sift_down(heap, index, last);
    }
}

uint64_t timer_heap_first_us(const struct timer_heap *heap)
{
    return heap->count > 0 ? heap->slots[1].due_us : CLOCK_NEVER_US;
}

struct loop_timer *timer_heap_take_due(struct timer_heap *heap, uint64_t now_us)
{
    if (heap->count == 0 || heap->slots[1].due_us > now_us) {
        return NULL;
    }
    struct loop_timer *timer = heap->slots[1].timer;
    timer_heap_disarm(heap, timer);
    return timer;
}

void timer_heap_clear(struct timer_heap *heap)
{
    free(heap->slots);
    *heap = (struct timer_heap){ 0 };
}
