/* stoker bench scan: whole processes on one warm file: this program's scan, ripgrep and grep. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "input.h"
#include "limits.h"

#define RUNS_DEFAULT  5u
#define OUTPUT_BYTES  4096u /* of what a program prints; the rest is dropped */
#define ENVIRONMENT   512u  /* variables handed on */
#define ARGUMENTS     12u
#define READ_BYTES    (1u << 20)
#define NO_MATCH_CODE 1 /* exit code of rg and grep when nothing matched */

extern char **environ;

enum {
    STOKER,
    RG,
    GREP,
    IN_PROCESS, /* stoker, asked for its own statistics */
    PROGRAMS
};

struct program {
    const char *peer;
    const char *argv[ARGUMENTS];
    int installed, locale_c;
    double wall[BENCH_RUNS_MAX], cpu[BENCH_RUNS_MAX]; /* seconds */
    double gb_per_s[BENCH_RUNS_MAX];                  /* of IN_PROCESS */
};

struct scan_bench {
    struct bench *bench;
    struct program programs[PROGRAMS];
    uint32_t runs;
    uint64_t bytes; /* of the file */
    struct limits_of_host limits;
    char output[OUTPUT_BYTES];
};

/* This process's environment, with LC_ALL=C in it where the program wants it. */
static void environment(const char **env, int locale_c) {
    size_t n = 0;
    for (char **e = environ; *e && n < ENVIRONMENT - 2u; e++) {
        if (!locale_c || strncmp(*e, "LC_ALL=", 7) != 0) {
            env[n++] = *e;
        }
    }
    if (locale_c) {
        env[n++] = "LC_ALL=C";
    }
    env[n] = NULL;
}

/* Starts the program with its stdout in a pipe. 0 or a positive errno. */
static int start(const struct program *p, pid_t *pid, int *out) {
    const char *env[ENVIRONMENT];
    posix_spawn_file_actions_t actions;
    int ends[2], error;
    environment(env, p->locale_c);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    posix_spawn_file_actions_init(&actions);
    error = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (error == 0) {
        /* The strings are not written to; the types of exec are older than const. */
        error = posix_spawnp(pid, p->argv[0], &actions, NULL, (char *const *)(uintptr_t)p->argv,
                             (char *const *)(uintptr_t)env);
    }
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *out = ends[0];
    if (error != 0) {
        close(ends[0]);
    }
    return error;
}

/* Reads a pipe to its end; keeps the first bytes as a string. */
static void drain(int out, char *text, size_t size) {
    char rest[OUTPUT_BYTES];
    size_t kept = 0;
    for (;;) {
        int full = kept + 1u >= size;
        ssize_t n = full ? read(out, rest, sizeof rest) : read(out, text + kept, size - 1u - kept);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        kept += full ? 0u : (size_t)n;
    }
    text[kept] = '\0';
    close(out);
}

static double seconds(const struct timeval *t) {
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* One run from start to exit. 0, a positive errno when it could not be started, or CLI_BAD with the line written. */
static int run_once(struct scan_bench *s, struct program *p, double *wall, double *cpu) {
    uint64_t began = cli_now_ns();
    struct rusage used;
    pid_t pid;
    int out, status = 0, code;
    if (start(p, &pid, &out) != 0) {
        p->installed = 0;
        return 0;
    }
    drain(out, s->output, sizeof s->output);
    while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR) {
    }
    *wall = (double)(cli_now_ns() - began) / 1e9;
    *cpu = seconds(&used.ru_utime) + seconds(&used.ru_stime);
    code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == 0 || (p->peer && code == NO_MATCH_CODE)) {
        return 0;
    }
    return cli_bad("bench scan: %s ended with code %d; it has said why", p->peer ? p->peer : "stoker scan", code);
}

/* The speed in what `stoker scan --json --stats` printed; 0 when it is not there. */
static double stats_speed(const char *output) {
    json_t *root = json_loads(output, 0, NULL);
    double speed = json_number_value(json_object_get(json_object_get(root, "stats"), "gb_per_s"));
    json_decref(root);
    return speed;
}

/* Every program in turn, `runs` times; the first, unmeasured, round warms up and finds out who is there. */
static int measure(struct scan_bench *s) {
    int bad = 0;
    for (uint32_t run = 0; run <= s->runs && bad == 0; run++) {
        uint32_t at = run == 0u ? 0u : run - 1u;
        for (size_t i = 0; i < PROGRAMS && bad == 0; i++) {
            struct program *p = &s->programs[i];
            bad = p->installed ? run_once(s, p, &p->wall[at], &p->cpu[at]) : 0;
            p->gb_per_s[at] = i == IN_PROCESS && bad == 0 ? stats_speed(s->output) : 0.0;
        }
    }
    return bad;
}

/* Wall and CPU time beside those of one peer. */
static void report_peer(struct scan_bench *s, const struct program *peer) {
    const struct program *ours = &s->programs[STOKER];
    const struct {
        const char *metric;
        double (*pick)(const double *values, uint32_t count);
        const double *ours, *theirs;
    } rows[] = {
        {"wall_median", bench_median, ours->wall, peer->wall},
        {"wall_best", bench_least, ours->wall, peer->wall},
        {"cpu_median", bench_median, ours->cpu, peer->cpu},
    };
    double gb = (double)s->bytes / 1e9;
    struct bench_figure f = {.unit = "s", .better = BENCH_LESS, .peer = peer->peer};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f.metric = rows[i].metric;
        f.value = rows[i].pick(rows[i].ours, s->runs);
        f.peer_value = peer->installed ? rows[i].pick(rows[i].theirs, s->runs) : BENCH_MISSING;
        bench_figure(s->bench, &f);
    }
    f = (struct bench_figure){.metric = "speed_median", .unit = "GB/s", .better = BENCH_MORE, .peer = peer->peer};
    f.value = gb / bench_median(ours->wall, s->runs);
    f.peer_value = peer->installed ? gb / bench_median(peer->wall, s->runs) : BENCH_MISSING;
    bench_figure(s->bench, &f);
}

/* Measures the limit of the device that the scans take, when they are over. Without an OpenCL device it is missing. */
static int measure_limit(struct scan_bench *s) {
    static struct cli_device device;
    int bad = cli_device_open(&device, &(struct cli_device_wish){.slots = 0});
    if (bad) {
        return bad;
    }
    bad = bench_device_rest(&device);
    bad = bad ? bad : limits_of_host(&device, &s->limits);
    cli_device_close(&device);
    return bad;
}

static void report(struct scan_bench *s) {
    struct bench_figure f = {.unit = "GB/s", .better = BENCH_MORE, .peer = "host_stream_units"};
    report_peer(s, &s->programs[RG]);
    report_peer(s, &s->programs[GREP]);
    f.peer_value = s->limits.all_units;
    f.metric = "speed_median";
    f.value = (double)s->bytes / 1e9 / bench_median(s->programs[STOKER].wall, s->runs);
    bench_figure(s->bench, &f);
    f.metric = "in_process_median";
    f.value = bench_median(s->programs[IN_PROCESS].gb_per_s, s->runs);
    bench_figure(s->bench, &f);
}

static void name_programs(struct scan_bench *s) {
    const char *f = s->bench->options.file, *p = s->bench->options.patterns;
    s->programs[STOKER] = (struct program){.argv = {"/proc/self/exe", "scan", "-f", p, "--count", f}};
    s->programs[RG] = (struct program){.peer = "rg", .argv = {"rg", "-F", "--count-matches", "-f", p, f}};
    s->programs[GREP] = (struct program){.peer = "grep", .argv = {"grep", "-F", "-c", "-f", p, f}, .locale_c = 1};
    s->programs[IN_PROCESS] = s->programs[STOKER];
    s->programs[IN_PROCESS].argv[6] = "--json";
    s->programs[IN_PROCESS].argv[7] = "--stats";
    for (size_t i = 0; i < PROGRAMS; i++) {
        s->programs[i].installed = 1;
    }
}

/* Reads the file once, so that it lies in the page cache as far as it fits. */
static int warm(struct scan_bench *s, const char *name) {
    static char buffer[READ_BYTES];
    const struct cli_file input = {"", name, "name a file that exists and can be read"};
    ssize_t n = 0;
    int fd = cli_file_open(&input);
    if (fd < 0) {
        return CLI_BAD;
    }
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        s->bytes += (uint64_t)n;
    }
    if (n < 0 || s->bytes == 0u) {
        n = cli_bad("%s: %s: name a file that is not empty", name, n < 0 ? strerror(errno) : "holds nothing");
    }
    close(fd);
    return (int)n;
}

/* Checks that the patterns are a regular file, since each program reads them anew. */
static int check_patterns(const char *name) {
    const struct cli_file input = {"", name, "name a readable pattern file after -f"};
    int fd = cli_file_open(&input);
    if (fd < 0) {
        return CLI_BAD;
    }
    close(fd);
    return 0;
}

static int run(struct bench *bench) {
    static struct scan_bench s;
    int bad;
    s.bench = bench;
    s.runs = bench->options.runs ? (uint32_t)bench->options.runs : RUNS_DEFAULT;
    if (!bench->options.file || !bench->options.patterns) {
        return cli_bad("bench scan: name the file with --file and the patterns with -f");
    }
    bad = check_patterns(bench->options.patterns);
    bad = bad ? bad : warm(&s, bench->options.file);
    if (bad == 0) {
        name_programs(&s);
        bad = measure(&s);
    }
    bad = bad ? bad : measure_limit(&s);
    if (bad == 0) {
        report(&s);
    }
    return bad;
}

const struct bench_case bench_scan = {
    .name = "scan",
    .options = BENCH_FILES | BENCH_RUNS,
    .run = run,
    .help =
        "  scan      stoker scan as a process of its own; the peers are rg -F and grep -F where they are installed\n"
        "      --file FILE      the file to scan\n"
        "  -f, --patterns FILE  the patterns, one a line\n"
        "      --runs N         runs of each (5)\n",
};
