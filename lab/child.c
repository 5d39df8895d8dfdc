/* SPDX-License-Identifier: MIT */
#include "lab/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "lab/company.h"

enum { READ_BYTES = 16 * 1024, READS_A_TURN = 64, REAP_PAUSE_US = 10 * CLOCK_US_PER_MS, EXIT_NOT_STARTED = 127 };

struct pipe_ends {
    int reading, writing;
};

/* The descriptors of a child that is being started. */
struct pipes {
    bool has_input;
    struct pipe_ends input, output, complaints;
};

static int open_pipe(struct pipe_ends *pipe)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -1;
    }
    *pipe = (struct pipe_ends){ ends[0], ends[1] };
    return 0;
}

static int open_pipes(struct pipes *pipes)
{
    if ((pipes->has_input && open_pipe(&pipes->input) < 0) || open_pipe(&pipes->output) < 0 ||
        open_pipe(&pipes->complaints) < 0 || fcntl(pipes->output.reading, F_SETFL, O_NONBLOCK) < 0) {
        return -1;
    }
    return fcntl(pipes->complaints.reading, F_SETFL, O_NONBLOCK);
}

static void close_one(int *descriptor)
{
    if (*descriptor >= 0) {
        (void)close(*descriptor);
    }
    *descriptor = -1;
}

/* In the child, in front of the program. */
static void become(char *const *arguments, char *const *environment, const struct pipes *pipes)
{
    sigset_t none;
    int input = pipes->has_input ? pipes->input.reading : open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)signal(SIGPIPE, SIG_DFL);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(pipes->output.writing, STDOUT_FILENO) < 0 ||
        dup2(pipes->complaints.writing, STDERR_FILENO) < 0) {
        _exit(EXIT_NOT_STARTED);
    }
    /* Ours all close by themselves; whoever started us may have left others open. */
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    (void)execve(arguments[0], arguments, environment);
    const char *reason = strerror(errno);
    (void)!write(STDERR_FILENO, reason, strlen(reason));
    _exit(EXIT_NOT_STARTED);
}

static pid_t fork_into(char *const *arguments, char *const *environment, const struct pipes *pipes)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0) {
        /* The parent may have died before the kernel heard that its death matters. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) {
            _exit(EXIT_NOT_STARTED);
        }
        become(arguments, environment, pipes);
    }
    return pid;
}

static bool is_ours(const char *variable)
{
    return strncmp(variable, "FANLIGHT_", strlen("FANLIGHT_")) == 0;
}

/* The environment without what configures our programs; NULL: no memory. To be freed, not what it points to. */
static char **bare_environment(char *const *environment)
{
    size_t count = 0;

    while (environment[count] != NULL) {
        count++;
    }
    char **bare = calloc(count + 1, sizeof *bare);
    for (size_t i = 0, kept = 0; bare != NULL && i < count; i++) {
        if (!is_ours(environment[i])) {
            bare[kept++] = environment[i];
        }
    }
    return bare;
}

static int start(struct child *child, char *const *arguments, char *const *environment, bool has_input,
                 struct error *error)
{
    struct pipes pipes = { has_input, { -1, -1 }, { -1, -1 }, { -1, -1 } };
    cleanup_free char **bare = bare_environment(environment);

    child->pid = 0;
    child->input = child->output = child->complaints = -1;
    buf_init(&child->line, 0);
    buf_init(&child->complaint, CHILD_COMPLAINT_BYTES);
    pid_t pid = -1;
    if (bare != NULL && child_limit_lines(child, CHILD_LINE_BYTES) == 0 && open_pipes(&pipes) == 0) {
        pid = fork_into(arguments, bare, &pipes);
    }
    int number = errno;
    close_one(&pipes.input.reading);
    close_one(&pipes.output.writing);
    close_one(&pipes.complaints.writing);
    if (pid < 0) {
        close_one(&pipes.input.writing);
        close_one(&pipes.output.reading);
        close_one(&pipes.complaints.reading);
        buf_clear(&child->line);
        return error_set(error, "cannot start %s: %s", arguments[0], strerror(number));
    }
    child->pid = pid;
    child->input = pipes.input.writing;
    child->output = pipes.output.reading;
    child->complaints = pipes.complaints.reading;
    return 0;
}

int child_start(struct child *child, char *const *arguments, char *const *environment, struct error *error)
{
    return start(child, arguments, environment, false, error);
}

int child_start_with_input(struct child *child, char *const *arguments, char *const *environment, struct error *error)
{
    return start(child, arguments, environment, true, error);
}

/* The room for a line and its break is there from the start: what is read is never lost for want of memory. */
int child_limit_lines(struct child *child, size_t line_bytes)
{
    child->line.limit = line_bytes + 1;
    return buf_reserve(&child->line, line_bytes + 1) != NULL ? 0 : -ENOMEM;
}

int child_tell(struct child *child, struct str bytes)
{
    ssize_t count;

    do {
        count = write(child->input, bytes.base, bytes.length);
    } while (count < 0 && errno == EINTR);
    int status = count < 0 ? -errno : 0;
    close_one(&child->input);
    return status;
}

void child_descriptors(const struct child *child, struct pollfd descriptors[CHILD_DESCRIPTORS])
{
    bool is_running = child->pid > 0;

    descriptors[0] = (struct pollfd){ .fd = is_running ? child->output : -1, .events = POLLIN };
    descriptors[1] = (struct pollfd){ .fd = is_running ? child->complaints : -1, .events = POLLIN };
}

static void tell(struct child *child, struct str line)
{
    if (child->on_line != NULL) {
        child->on_line(child->context, line);
    }
}

/* The whole lines, and the first piece of one that is already too long. */
static void tell_lines(struct child *child)
{
    struct str rest = buf_view(&child->line);
    size_t line_bytes = child->line.limit - 1;

    while (str_find(rest, '\n') < rest.length) {
        tell(child, str_split(&rest, '\n'));
    }
    if (rest.length > line_bytes) {
        tell(child, (struct str){ rest.base, line_bytes });
        rest = str_from(rest, line_bytes);
    }
    buf_consume(&child->line, child->line.length - rest.length);
}

/* There is always room: what waits for the end of its line is no longer than a line may be. Only what is new is looked
 * through for an end, so that a long line costs no more than its length. */
static void take_output(struct child *child, struct str bytes)
{
    while (bytes.length > 0) {
        size_t room = child->line.limit - child->line.length;
        struct str piece = { bytes.base, bytes.length < room ? bytes.length : room };
        (void)buf_add_str(&child->line, piece);
        bytes = str_from(bytes, piece.length);
        if (piece.length == room || str_find(piece, '\n') < piece.length) {
            tell_lines(child);
        }
    }
}

static void take_complaint(struct child *child, struct str bytes)
{
    size_t room = CHILD_COMPLAINT_BYTES - child->complaint.length;

    bytes.length = bytes.length < room ? bytes.length : room;
    (void)buf_add_str(&child->complaint, bytes);
}

/* Reads what waits, a bounded number of times; closes the pipe at its end. */
static void read_pipe(struct child *child, int *descriptor, void (*take)(struct child *, struct str))
{
    char bytes[READ_BYTES];

    for (unsigned i = 0; i < READS_A_TURN && *descriptor >= 0; i++) {
        ssize_t count = read(*descriptor, bytes, sizeof bytes);
        if (count > 0) {
            take(child, (struct str){ bytes, (size_t)count });
        } else if (count < 0 && errno == EAGAIN) {
            return;
        } else if (count == 0 || errno != EINTR) {
            close_one(descriptor);
        }
    }
}

/* In this order: what it complained of before its output ended is there by then. */
bool child_read(struct child *child)
{
    read_pipe(child, &child->output, take_output);
    read_pipe(child, &child->complaints, take_complaint);
    return child->output >= 0;
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * CLOCK_US_PER_SECOND + (uint64_t)time.tv_usec;
}

static bool is_reaped(struct child *child, int flags)
{
    struct rusage usage = { .ru_nvcsw = 0 };
    pid_t pid;

    do {
        pid = wait4(child->pid, &child->wait_status, flags, &usage);
    } while (pid < 0 && errno == EINTR);
    child->cpu_us = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    return pid != 0;
}

static bool ends_within(struct child *child, uint64_t grace_us)
{
    uint64_t give_up_us = clock_monotonic_us() + grace_us;

    while (!is_reaped(child, WNOHANG)) {
        struct pollfd descriptors[CHILD_DESCRIPTORS];
        uint64_t now_us = clock_monotonic_us();
        if (now_us >= give_up_us) {
            return false;
        }
        (void)child_read(child);
        child_descriptors(child, descriptors);
        (void)poll(descriptors, CHILD_DESCRIPTORS, company_poll_timeout_ms(now_us + REAP_PAUSE_US));
    }
    return true;
}

void child_finish(struct child *child, uint64_t patience_us, uint64_t grace_us)
{
    if (child->pid > 0) {
        bool has_ended = patience_us > 0 && ends_within(child, patience_us);
        if (!has_ended) {
            (void)kill(child->pid, SIGTERM);
            has_ended = ends_within(child, grace_us);
        }
        if (!has_ended) {
            (void)kill(child->pid, SIGKILL);
            (void)is_reaped(child, 0);
        }
        (void)child_read(child);
        child->pid = 0;
        close_one(&child->input);
        close_one(&child->output);
        close_one(&child->complaints);
    }
    buf_clear(&child->line);
    buf_clear(&child->complaint);
}

void child_stop(struct child *child, uint64_t grace_us)
{
    child_finish(child, 0, grace_us);
}

struct str child_first_complaint(const struct child *child)
{
    struct str rest = buf_view(&child->complaint);

    return str_trim(str_split(&rest, '\n'));
}
