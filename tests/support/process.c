/* SPDX-License-Identifier: MIT */
#include "tests/support/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "tests/support/gate.h"
#include "tests/support/unit.h"

enum { OUTPUT_BYTES = 64 * 1024 * 1024, ARGUMENTS_AT_MOST = 32, VARIABLES_AT_MOST = 32, KILLED_BASE = 128 };

/* ---- its output ---- */

static void *read_output(void *context)
{
    struct process *process = context;
    char bytes[65536];
    ssize_t count = 0;

    do {
        count = read(process->output, bytes, sizeof bytes);
        pthread_mutex_lock(&process->lock);
        if (count > 0) {
            (void)buf_add(&process->text, bytes, (size_t)count);
        }
        process->is_at_end = count == 0 || (count < 0 && errno != EINTR);
        bool is_at_end = process->is_at_end;
        pthread_cond_broadcast(&process->has_more);
        pthread_mutex_unlock(&process->lock);
        count = is_at_end ? 0 : 1;
    } while (count > 0);
    return NULL;
}

/* Under the lock: whether a whole line waits. */
static bool has_line(const struct process *process)
{
    struct str rest = str_from(buf_view(&process->text), process->next_line);

    return str_find(rest, '\n') < rest.length;
}

static void take_line(struct process *process)
{
    struct str rest = str_from(buf_view(&process->text), process->next_line);
    struct str line = { rest.base, str_find(rest, '\n') };

    buf_reset(&process->line);
    (void)buf_add_str(&process->line, line);
    (void)buf_add_byte(&process->line, '\0');
    process->next_line += line.length + 1;
}

const char *process_line(struct process *process, int timeout_ms)
{
    struct timespec moment = gate_moment_after(timeout_ms);
    int code = 0;

    pthread_mutex_lock(&process->lock);
    while (!has_line(process) && !process->is_at_end && code == 0) {
        code = pthread_cond_timedwait(&process->has_more, &process->lock, &moment);
    }
    bool is_there = has_line(process);
    if (is_there) {
        take_line(process);
    }
    pthread_mutex_unlock(&process->lock);
    return is_there ? process->line.base : NULL;
}

const char *process_wait_for(struct process *process, const char *part)
{
    uint64_t start_us = clock_monotonic_us();
    const char *line = NULL;

    do {
        line = process_line(process, gate_milliseconds_left(start_us, TEST_PATIENCE_MS));
    } while (line != NULL && strstr(line, part) == NULL);
    if (line == NULL) {
        char *output = process_output(process);
        print_error("%s", output);
        free(output);
        fail_msg("there is no line with \"%s\"", part);
    }
    return line;
}

/* Under the lock. */
static size_t count_lines(const struct process *process, const char *part)
{
    struct str rest = buf_view(&process->text);
    size_t count = 0;

    while (str_find(rest, '\n') < rest.length) {
        struct str line = str_split(&rest, '\n');
        count += memmem(line.base, line.length, part, strlen(part)) != NULL ? 1 : 0;
    }
    return count;
}

size_t process_count_lines(struct process *process, const char *part)
{
    pthread_mutex_lock(&process->lock);
    size_t count = count_lines(process, part);
    pthread_mutex_unlock(&process->lock);
    return count;
}

void process_wait_for_count(struct process *process, const char *part, size_t count)
{
    struct timespec moment = gate_moment_after(TEST_PATIENCE_MS);
    int code = 0;

    pthread_mutex_lock(&process->lock);
    while (count_lines(process, part) < count && !process->is_at_end && code == 0) {
        code = pthread_cond_timedwait(&process->has_more, &process->lock, &moment);
    }
    size_t seen = count_lines(process, part);
    pthread_mutex_unlock(&process->lock);
    if (seen < count) {
        fail_msg("%zu lines with \"%s\" instead of %zu", seen, part, count);
    }
}

char *process_output(struct process *process)
{
    pthread_mutex_lock(&process->lock);
    char *text = strndup(process->text.length > 0 ? process->text.base : "", process->text.length);
    pthread_mutex_unlock(&process->lock);
    assert_non_null(text);
    return text;
}

uint16_t process_port(struct process *process, const char *words)
{
    const char *line = process_wait_for(process, words);
    const char *colon = strrchr(strstr(line, words), ':');
    uint64_t port = 0;

    assert_non_null(colon);
    size_t length = strspn(colon + 1, "0123456789");
    assert_int_equal(str_to_number((struct str){ colon + 1, length }, UINT16_MAX, &port), 0);
    return (uint16_t)port;
}

char *process_errors(const struct process *process)
{
    off_t size = lseek(process->errors, 0, SEEK_END);
    char *text = calloc(1, (size_t)size + 1);

    assert_non_null(text);
    assert_true(pread(process->errors, text, (size_t)size, 0) == size);
    return text;
}

/* ---- starting ---- */

static void build_environment(const char **environment, const char *const *variables)
{
    static const char *const kept[] = { "PATH=",         "TZ=",           "ASAN_OPTIONS=",
                                        "LSAN_OPTIONS=", "TSAN_OPTIONS=", "UBSAN_OPTIONS=" };
    size_t count = 0;

    for (char **entry = environ; *entry != NULL; entry++) {
        for (size_t i = 0; i < array_length(kept); i++) {
            if (strncmp(*entry, kept[i], strlen(kept[i])) == 0) {
                environment[count++] = *entry;
            }
        }
    }
    for (; variables != NULL && *variables != NULL; variables++) {
        assert_true(count + 1 < VARIABLES_AT_MOST);
        environment[count++] = *variables;
    }
    environment[count] = NULL;
}

struct command {
    rlim_t descriptors; /* soft and hard limit; 0: the test's own */
    char path[4096];
    const char *words[ARGUMENTS_AT_MOST];
    const char *environment[VARIABLES_AT_MOST];
};

static void build_command(struct command *command, const char *program, const char *const *arguments,
                          const char *const *variables)
{
    size_t count = 0;

    bool is_path = program[0] == '/';
    (void)snprintf(command->path, sizeof command->path, "%s%s", is_path ? "" : BIN_DIR "/", program);
    command->words[count++] = program;
    for (; *arguments != NULL; arguments++) {
        assert_true(count + 1 < ARGUMENTS_AT_MOST);
        command->words[count++] = *arguments;
    }
    command->words[count] = NULL;
    build_environment(command->environment, variables);
}

/* execve() takes its words as if it would write to them. */
static char *const *writable(const char *const *words)
{
    union {
        const char *const *readable;
        char *const *words;
    } view = { .readable = words };

    return view.words;
}

/* In the child, between fork and exec: nothing but system calls. */
static _Noreturn void become(const struct command *command, int output, int errors, pid_t parent)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC); /* it inherits nothing of the test's surroundings */
    struct rlimit limit = { .rlim_cur = command->descriptors, .rlim_max = command->descriptors };
    if (command->descriptors > 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0) {
        _exit(127);
    }
    if (getppid() != parent || dup2(output, STDOUT_FILENO) < 0 || dup2(errors, STDERR_FILENO) < 0) {
        _exit(127);
    }
    (void)execve(command->path, writable(command->words), writable(command->environment));
    _exit(127);
}

static void init(struct process *process)
{
    pthread_condattr_t attributes;

    *process = (struct process)PROCESS_NONE;
    buf_init(&process->text, OUTPUT_BYTES);
    buf_init(&process->line, OUTPUT_BYTES);
    pthread_mutex_init(&process->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&process->has_more, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void start(struct process *process, const struct command *command)
{
    int pipe_ends[2] = { -1, -1 };
    pid_t parent = getpid();

    init(process);
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    process->output = pipe_ends[0];
    process->errors = memfd_create("stderr", MFD_CLOEXEC);
    assert_true(process->errors >= 0);
    process->pid = fork();
    if (process->pid == 0) {
        become(command, pipe_ends[1], process->errors, parent);
    }
    (void)close(pipe_ends[1]);
    assert_true(process->pid > 0);
    process->has_reader = pthread_create(&process->reader, NULL, read_output, process) == 0;
    assert_true(process->has_reader);
}

void process_start_with(struct process *process, const char *program, const char *const *arguments,
                        const char *const *variables)
{
    struct command command = { .descriptors = 0 };

    build_command(&command, program, arguments, variables);
    start(process, &command);
}

void process_start_limited(struct process *process, const char *program, const char *const *arguments,
                           unsigned descriptors)
{
    struct command command = { .descriptors = descriptors };

    build_command(&command, program, arguments, NULL);
    start(process, &command);
}

void process_start(struct process *process, const char *program, const char *const *arguments)
{
    process_start_with(process, program, arguments, NULL);
}

/* ---- ending ---- */

void process_signal(const struct process *process, int signal_number)
{
    assert_true(process->pid > 0);
    assert_int_equal(kill(process->pid, signal_number), 0);
}

static int exit_code_of(int status)
{
    return WIFSIGNALED(status) ? KILLED_BASE + WTERMSIG(status) : WEXITSTATUS(status);
}

static void reap(struct process *process)
{
    int status = 0;

    if (process->pid > 0 && waitpid(process->pid, &status, 0) == process->pid) {
        process->exit_code = exit_code_of(status);
    }
    process->pid = 0;
    if (process->has_reader) {
        (void)pthread_join(process->reader, NULL); /* all of its output has been read */
        process->has_reader = false;
    }
}

bool process_is_running(struct process *process)
{
    siginfo_t info = { .si_pid = 0 };

    return process->pid > 0 && waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
}

int process_wait(struct process *process)
{
    if (process->pid <= 0) {
        return process->exit_code;
    }
    int descriptor = (int)syscall(SYS_pidfd_open, process->pid, 0);
    struct pollfd poll_entry = { .fd = descriptor, .events = POLLIN };
    bool has_ended = descriptor >= 0 && poll(&poll_entry, 1, TEST_PATIENCE_MS) == 1;
    (void)close(descriptor);
    if (!has_ended) {
        fail_msg("process %d does not end", (int)process->pid);
    }
    reap(process);
    return process->exit_code;
}

int process_stop(struct process *process)
{
    if (process->pid > 0) {
        (void)kill(process->pid, SIGTERM);
    }
    int exit_code = process_wait(process);
    if (exit_code != 0) {
        char *errors = process_errors(process);
        print_error("%s", errors);
        free(errors);
    }
    return exit_code;
}

void process_clear(struct process *process)
{
    if (process->errors < 0) {
        return;
    }
    if (process->pid > 0) {
        (void)kill(process->pid, SIGKILL);
    }
    reap(process);
    (void)close(process->output);
    (void)close(process->errors);
    buf_clear(&process->text);
    buf_clear(&process->line);
    pthread_cond_destroy(&process->has_more);
    pthread_mutex_destroy(&process->lock);
    *process = (struct process)PROCESS_NONE;
}
