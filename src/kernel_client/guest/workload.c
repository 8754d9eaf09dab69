/*
 * The load in the guest: processes that make, rename and remove names, and processes that write files and read them
 * back, all on one mount; every operation is logged with its times and its result.
 *
 *   kernel-workload run FOLDER RESULTS SEED    until SIGTERM; then all files are read once more, past the page cache
 *   kernel-workload off                        powers the guest off
 *
 * Each process W writes RESULTS/operations-W, a line per operation:
 *
 *   KIND,NAME,NAME2,STARTED_US,ENDED_US,ERROR,BYTES,WRONG_BYTES
 *
 * KIND is a system call or what the comments below say; NAME2 is empty but for rename and link; times are those of
 * CLOCK_REALTIME; ERROR is 0 or an errno. What file N of process W must hold is left in RESULTS/expected-W-N. Standard
 * output gets `progress COUNT` each second: the operations so far.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
  STORMS_OWN = 3,    /* processes with a folder of their own */
  STORMS_SHARED = 3, /* processes in one folder, after the same names */
  WRITERS = 2,
  WORKERS = STORMS_OWN + STORMS_SHARED + WRITERS,
  NAMES_OWN = 6, /* of each type */
  NAMES_SHARED = 2,
  FILES = 4,
  FILE_BYTES_MAX = 256 * 1024,
  CALL_BYTES_MAX = 48 * 1024, /* of one write() or read() */
  ALIGNMENT = 4096,
  PAUSE_US = 2000,
  PATH_BYTES = 512,
};

/* Shared by all processes. */
struct board {
  _Atomic int stopping;
  _Atomic unsigned long operations;
};

struct worker {
  int number;
  uint64_t random;
  FILE *log;
  const char *results;
};

static struct board *board;
static volatile sig_atomic_t terminated;

static void on_terminate(int number) {
  (void)number;
  terminated = 1;
}

static void fail(const char *what) {
  fprintf(stderr, "kernel-workload: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* xorshift64*: the upper 32 bits of each step. */
static uint32_t next_random(struct worker *worker) {
  worker->random ^= worker->random >> 12;
  worker->random ^= worker->random << 25;
  worker->random ^= worker->random >> 27;
  return (worker->random * 0x2545f4914f6cdd1du) >> 32;
}

static unsigned below(struct worker *worker, unsigned limit) { return next_random(worker) % limit; }

static void record(struct worker *worker, const char *kind, const char *name, const char *name2, int64_t started_us,
                   int error, size_t bytes, size_t wrong_bytes) {
  fprintf(worker->log, "%s,%s,%s,%lld,%lld,%d,%zu,%zu\n", kind, name, name2, (long long)started_us,
          (long long)now_us(), error, bytes, wrong_bytes);
  board->operations++;
}

/* Names: the letter is the type, which a name never changes, and `l` a hard link to one of `f`. */

static void make_name(char *name, const char *folder, char type, unsigned number) {
  snprintf(name, PATH_BYTES, "%s/%c%u", folder, type, number);
}

static int create_file(const char *path) {
  int file = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
  return file < 0 ? -1 : close(file);
}

static int look_up(const char *path) {
  struct stat status;
  return lstat(path, &status);
}

static const struct {
  const char *kind;
  char type, type2;
} actions[] = {
    {"create", 'f', 0}, {"unlink", 'f', 0},  {"rename", 'f', 'f'}, {"mkdir", 'd', 0}, {"rmdir", 'd', 0},
    {"rename", 'd', 'd'}, {"symlink", 's', 0}, {"unlink", 's', 0},   {"lstat", 'f', 0}, {"lstat", 'd', 0},
    {"link", 'f', 'l'}, {"unlink", 'l', 0},
};

enum {
  ACTIONS = sizeof actions / sizeof *actions,
  /* The others look a name up without the folder's lock: while another process changes it, a kernel may answer from
   * its cache what the store would no longer say. */
  ACTIONS_LOCKED = 8,
};

/* One of the first `choices` actions on one or two of `names` names of each type. */
static void storm_step(struct worker *worker, const char *folder, unsigned names, unsigned choices) {
  unsigned action = below(worker, choices), one = below(worker, names);
  const char *kind = actions[action].kind;
  char name[PATH_BYTES], name2[PATH_BYTES] = "";
  int64_t started_us;
  int result;
  make_name(name, folder, actions[action].type, one);
  if (actions[action].type2 == actions[action].type) /* a rename to another name */
    make_name(name2, folder, actions[action].type2, (one + 1 + below(worker, names - 1)) % names);
  else if (actions[action].type2)
    make_name(name2, folder, actions[action].type2, below(worker, names));
  started_us = now_us();
  switch (*kind) {
  case 'c': result = create_file(name); break;
  case 'u': result = unlink(name); break;
  case 'm': result = mkdir(name, 0755); break;
  case 's': result = symlink("target", name); break;
  default:
    if (!strcmp(kind, "rename")) result = rename(name, name2);
    else if (!strcmp(kind, "rmdir")) result = rmdir(name);
    else if (!strcmp(kind, "link")) result = link(name, name2);
    else result = look_up(name);
  }
  record(worker, kind, name, name2, started_us, result ? errno : 0, 0, 0);
}

static void storm(struct worker *worker, const char *folder, unsigned names, unsigned choices) {
  while (!board->stopping) {
    storm_step(worker, folder, names, choices);
    usleep(PAUSE_US);
  }
}

/* A file and what it must hold. */
struct file {
  char name[PATH_BYTES];
  unsigned char *expected;
  size_t bytes;
};

/* Changes a range, whatever is in front of it too if the file is shorter; through the page cache, then to the store. */
static void change(struct worker *worker, struct file *file) {
  int anew = file->bytes == 0 || below(worker, 4) == 0;
  size_t start = anew ? 0 : below(worker, file->bytes + 1), length = 1 + below(worker, FILE_BYTES_MAX - start), at;
  int64_t started_us = now_us();
  int opened = open(file->name, O_CREAT | O_WRONLY | (anew ? O_TRUNC : 0), 0644), closed;
  record(worker, "open", file->name, "", started_us, opened < 0 ? errno : 0, 0, 0);
  if (opened < 0) return;
  if (anew) file->bytes = 0;
  for (at = start; at < start + length; at++) file->expected[at] = next_random(worker) >> 24;
  for (at = start; at < start + length;) {
    size_t left = start + length - at, wanted = 1 + below(worker, CALL_BYTES_MAX);
    ssize_t written;
    started_us = now_us();
    written = pwrite(opened, file->expected + at, wanted < left ? wanted : left, at);
    record(worker, "write", file->name, "", started_us, written < 0 ? errno : 0, written < 0 ? 0 : written, 0);
    if (written < 0) break;
    at += written;
  }
  if (at > file->bytes) file->bytes = at;
  started_us = now_us();
  closed = fsync(opened);
  record(worker, "fsync", file->name, "", started_us, closed ? errno : 0, 0, 0);
  started_us = now_us();
  posix_fadvise(opened, 0, 0, POSIX_FADV_DONTNEED);
  closed = close(opened);
  record(worker, "close", file->name, "", started_us, closed ? errno : 0, 0, 0);
}

/* Reads a file to its end and compares; a byte too few or too many is a wrong one. */
static void check(struct worker *worker, struct file *file, int flags) {
  static _Alignas(ALIGNMENT) unsigned char bytes[CALL_BYTES_MAX];
  size_t at = 0;
  int64_t started_us = now_us();
  int opened = open(file->name, O_RDONLY | flags);
  record(worker, "open", file->name, "", started_us, opened < 0 ? errno : 0, 0, 0);
  if (opened < 0) return;
  for (;;) {
    size_t wrong = 0, index;
    ssize_t count;
    started_us = now_us();
    count = pread(opened, bytes, sizeof bytes, at);
    if (count == 0 && at < file->bytes) wrong = file->bytes - at;
    for (index = 0; count > 0 && index < (size_t)count; index++)
      wrong += at + index >= file->bytes || bytes[index] != file->expected[at + index];
    record(worker, "read", file->name, "", started_us, count < 0 ? errno : 0, count < 0 ? 0 : count, wrong);
    if (count <= 0) break;
    at += count;
  }
  close(opened);
}

static void leave_expected(const struct worker *worker, const struct file *file, int number) {
  char path[PATH_BYTES];
  FILE *out;
  snprintf(path, sizeof path, "%s/expected-%d-%d", worker->results, worker->number, number);
  out = fopen(path, "w");
  if (!out || fwrite(file->expected, 1, file->bytes, out) != file->bytes || fclose(out)) fail(path);
}

static void write_and_read(struct worker *worker, const char *folder) {
  static struct file files[FILES];
  int i;
  for (i = 0; i < FILES; i++) {
    snprintf(files[i].name, PATH_BYTES, "%s/data-%d-%d", folder, worker->number, i);
    files[i].expected = malloc(FILE_BYTES_MAX);
    if (!files[i].expected) fail("malloc");
  }
  while (!board->stopping) {
    struct file *file = &files[below(worker, FILES)];
    change(worker, file);
    check(worker, file, below(worker, 2) ? O_DIRECT : 0);
    usleep(PAUSE_US);
  }
  for (i = 0; i < FILES; i++) {
    if (files[i].bytes > 0) check(worker, &files[i], O_DIRECT);
    leave_expected(worker, &files[i], i);
  }
}

static void work(int number, const char *folder, const char *results, uint64_t seed) {
  struct worker worker = {.number = number, .random = (seed + 1) * 0x9e3779b97f4a7c15u + number, .results = results};
  char path[PATH_BYTES];
  snprintf(path, sizeof path, "%s/operations-%d", results, number);
  worker.log = fopen(path, "w");
  if (!worker.log) fail(path);
  setlinebuf(worker.log); /* whole lines, also if the guest is ended by force */
  if (number < STORMS_OWN) {
    snprintf(path, sizeof path, "own-%d", number);
    if (mkdir(path, 0755)) fail(path);
    storm(&worker, path, NAMES_OWN, ACTIONS);
  } else if (number < STORMS_OWN + STORMS_SHARED) {
    storm(&worker, "shared", NAMES_SHARED, ACTIONS_LOCKED);
  } else {
    write_and_read(&worker, folder);
  }
  if (fclose(worker.log)) fail("log");
  exit(0);
}

static int run(const char *folder, const char *results, uint64_t seed) {
  int number, failures = 0, status;
  struct sigaction action = {.sa_handler = on_terminate};
  board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED) fail("mmap");
  if (chdir(folder)) fail(folder);
  if (mkdir("shared", 0755)) fail("shared");
  for (number = 0; number < WORKERS; number++)
    if (fork() == 0) work(number, ".", results, seed);
  sigaction(SIGTERM, &action, NULL);
  while (!terminated) {
    sleep(1);
    printf("progress %lu\n", board->operations);
    fflush(stdout);
  }
  board->stopping = 1;
  for (number = 0; number < WORKERS; number++)
    if (wait(&status) < 0 || status != 0) failures++;
  return failures > 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "off")) {
    sync();
    reboot(RB_POWER_OFF);
    fail("reboot");
  }
  if (argc == 5 && !strcmp(argv[1], "run")) return run(argv[2], argv[3], strtoull(argv[4], NULL, 10));
  fprintf(stderr, "usage: kernel-workload run FOLDER RESULTS SEED | off\n");
  return 2;
}
