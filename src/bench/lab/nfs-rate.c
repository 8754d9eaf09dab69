/*
 * An NFSv3 client on libnfs's raw API that sends one kind of request, at a fixed rate or as fast as it is answered.
 *
 *   nfs-rate udp|tcp SERVER EXPORT getattr|read|write BYTES SOCKETS RATE BURST
 *
 * RATE requests a second leave in groups of BURST at even distances, from SOCKETS sockets in turn, as if from so
 * many clients, whatever the answers do. With a RATE of 0 each socket always has BURST requests under way instead.
 * They are for one file of BYTES bytes, which it makes first; MOUNT and NFS are at their usual ports.
 * After that, and then for every byte on standard input, it writes a line of JSON: its counts until now, and how many
 * answers took how long ("took": one number for each bucket, see bucket_of). The end of standard input ends it.
 */
#define _GNU_SOURCE /* ppoll */
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>

/* Exported by libnfs 4, but in none of its public headers. */
struct rpc_context *rpc_init_udp_context(void);
int rpc_bind_udp(struct rpc_context *rpc, char *address, int port);
int rpc_set_udp_destination(struct rpc_context *rpc, char *address, int port, int is_broadcast);
void rpc_set_timeout(struct rpc_context *rpc, int timeout_ms);

enum {
  MOUNT_PORT = 20048,
  NFS_PORT = 2049,
  SOCKETS_MAX = 64,
  BYTES_MAX = 32768,
  CALLS_MAX = 512, /* outstanding; no more are sent meanwhile */
  ATTEMPTS = 5,
  TIMEOUT_MS = 1000,
  BEHIND_MAX_NS = 100 * 1000 * 1000, /* later than this, requests are left out instead of sent in a heap */
  BUCKETS = 400,
  BUCKETS_PER_DOUBLING = 16,
};

struct call {
  int64_t sent_ns;
  int socket;
  struct call *next_free;
};

static struct {
  int tcp, sockets, burst, bytes;
  char *server;
  struct rpc_context *rpc[SOCKETS_MAX];
  char root[NFS3_FHSIZE], file[NFS3_FHSIZE];
  u_int root_length, file_length;
  char data[BYTES_MAX];
  int (*send)(struct rpc_context *rpc, rpc_cb callback, void *data);
  struct call calls[CALLS_MAX], *free_calls;
  unsigned long sent, answered, failed, left_out, took[BUCKETS];
  int under_way[SOCKETS_MAX];
} client;

static void fail(const char *what, struct rpc_context *rpc) {
  fprintf(stderr, "nfs-rate: %s: %s\n", what, rpc == NULL ? client.server : rpc_get_error(rpc));
  exit(1);
}

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Bucket i has what took up to 2^((i + 1) / BUCKETS_PER_DOUBLING) us, and more than bucket i - 1. */
static int bucket_of(int64_t took_ns) {
  double bucket = took_ns <= 1000 ? 0 : ceil(log2((double)took_ns / 1000) * BUCKETS_PER_DOUBLING) - 1;
  return bucket < 0 ? 0 : bucket >= BUCKETS ? BUCKETS - 1 : (int)bucket;
}

static nfs_fh3 handle(char *bytes, u_int length) {
  nfs_fh3 result;
  result.data.data_len = length;
  result.data.data_val = bytes;
  return result;
}

/* ---- The requests ---- */

static int send_getattr(struct rpc_context *rpc, rpc_cb callback, void *data) {
  GETATTR3args args;
  args.object = handle(client.file, client.file_length);
  return rpc_nfs3_getattr_async(rpc, callback, &args, data);
}

static int send_read(struct rpc_context *rpc, rpc_cb callback, void *data) {
  READ3args args;
  args.file = handle(client.file, client.file_length);
  args.offset = 0;
  args.count = (count3)client.bytes;
  return rpc_nfs3_read_async(rpc, callback, &args, data);
}

static int send_write(struct rpc_context *rpc, rpc_cb callback, void *data) {
  WRITE3args args;
  memset(&args, 0, sizeof args);
  args.file = handle(client.file, client.file_length);
  args.count = args.data.data_len = (count3)client.bytes;
  args.data.data_val = client.data;
  args.stable = UNSTABLE;
  return rpc_nfs3_write_async(rpc, callback, &args, data);
}

static void free_call(struct call *call) {
  client.under_way[call->socket]--;
  call->next_free = client.free_calls;
  client.free_calls = call;
}

static void on_reply(struct rpc_context *rpc, int status, void *data, void *private_data) {
  struct call *call = private_data;
  (void)rpc;
  /* Every NFSv3 result begins with its status. */
  if (status == RPC_STATUS_SUCCESS && *(nfsstat3 *)data == NFS3_OK) {
    client.answered++;
    client.took[bucket_of(now_ns() - call->sent_ns)]++;
  } else {
    client.failed++;
  }
  free_call(call);
}

/* Over TCP libnfs only queues what is sent, until its socket is said to be writable. */
static void flush(struct rpc_context *rpc) {
  if (client.tcp && (rpc_which_events(rpc) & POLLOUT)) rpc_service(rpc, POLLOUT);
}

static void transmit(int socket) {
  struct call *call = client.free_calls;
  if (call == NULL) {
    client.left_out++;
    return;
  }
  client.free_calls = call->next_free;
  call->sent_ns = now_ns();
  call->socket = socket;
  client.under_way[socket]++;
  client.sent++;
  if (client.send(client.rpc[socket], on_reply, call) != 0) {
    client.failed++;
    free_call(call);
    return;
  }
  flush(client.rpc[socket]);
}

/* So many requests of a socket at once; over TCP in as few segments as hold them, as from a kernel. */
static void transmit_together(int socket, int count) {
  int is_corked = client.tcp && count > 1, on = 1, off = 0, fd = rpc_get_fd(client.rpc[socket]);
  if (is_corked) setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
  while (count-- > 0) transmit(socket);
  if (is_corked) setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
}

/* ---- One call after the other, until the file is there ---- */

struct question {
  int answered;
};

static void on_connected(struct rpc_context *rpc, int status, void *data, void *private_data) {
  (void)rpc;
  (void)data;
  ((struct question *)private_data)->answered = status == RPC_STATUS_SUCCESS ? 1 : -1;
}

static void on_mount(struct rpc_context *rpc, int status, void *data, void *private_data) {
  struct question *question = private_data;
  mountres3 *result = data;
  (void)rpc;
  question->answered = -1;
  if (status != RPC_STATUS_SUCCESS || result->fhs_status != MNT3_OK) return;
  client.root_length = result->mountres3_u.mountinfo.fhandle.fhandle3_len;
  memcpy(client.root, result->mountres3_u.mountinfo.fhandle.fhandle3_val, client.root_length);
  question->answered = 1;
}

static void on_create(struct rpc_context *rpc, int status, void *data, void *private_data) {
  struct question *question = private_data;
  CREATE3res *result = data;
  nfs_fh3 *made = &result->CREATE3res_u.resok.obj.post_op_fh3_u.handle;
  (void)rpc;
  question->answered = -1;
  if (status != RPC_STATUS_SUCCESS || result->status != NFS3_OK) return;
  client.file_length = made->data.data_len;
  memcpy(client.file, made->data.data_val, client.file_length);
  question->answered = 1;
}

static void on_written(struct rpc_context *rpc, int status, void *data, void *private_data) {
  (void)rpc;
  ((struct question *)private_data)->answered =
      status == RPC_STATUS_SUCCESS && *(nfsstat3 *)data == NFS3_OK ? 1 : -1;
}

static int await(struct rpc_context *rpc, struct question *question) {
  int64_t until = now_ns() + (int64_t)2 * TIMEOUT_MS * 1000000;
  while (question->answered == 0 && now_ns() < until) {
    struct pollfd p = {rpc_get_fd(rpc), (short)rpc_which_events(rpc), 0};
    poll(&p, 1, 10);
    if (rpc_service(rpc, p.revents) < 0) return 0;
  }
  return question->answered == 1;
}

static struct rpc_context *new_context(int port) {
  struct rpc_context *rpc = client.tcp ? rpc_init_context() : rpc_init_udp_context();
  struct question question = {0};
  int on = 1;
  if (rpc == NULL) fail("no memory", NULL);
  rpc_set_auth(rpc, libnfs_authunix_create("nfs-rate", 0, 0, 0, NULL));
  rpc_set_timeout(rpc, TIMEOUT_MS);
  if (client.tcp) {
    if (rpc_connect_async(rpc, client.server, port, on_connected, &question) != 0 || !await(rpc, &question))
      fail("no connection", rpc);
    setsockopt(rpc_get_fd(rpc), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  } else if (rpc_bind_udp(rpc, "0.0.0.0", 0) != 0 ||
             rpc_set_udp_destination(rpc, client.server, port, 0) != 0) {
    fail("no socket", rpc);
  }
  return rpc;
}

static int mount_once(char *export) {
  struct rpc_context *rpc = new_context(MOUNT_PORT);
  struct question question = {0};
  int done = rpc_mount3_mnt_async(rpc, on_mount, export, &question) == 0 && await(rpc, &question);
  rpc_destroy_context(rpc);
  return done;
}

static int create_once(void) {
  struct question question = {0};
  CREATE3args args;
  memset(&args, 0, sizeof args);
  args.where.dir = handle(client.root, client.root_length);
  args.where.name = "nfs-rate";
  args.how.mode = UNCHECKED;
  args.how.createhow3_u.obj_attributes.mode.set_it = 1;
  args.how.createhow3_u.obj_attributes.mode.set_mode3_u.mode = 0644;
  return rpc_nfs3_create_async(client.rpc[0], on_create, &args, &question) == 0 &&
         await(client.rpc[0], &question);
}

static int write_once(void) {
  struct question question = {0};
  return send_write(client.rpc[0], on_written, &question) == 0 && await(client.rpc[0], &question);
}

static void prepare(char *export) {
  int i, tries = ATTEMPTS;
  while (!mount_once(export))
    if (--tries == 0) fail("cannot be mounted", NULL);
  for (i = 0; i < client.sockets; i++) client.rpc[i] = new_context(NFS_PORT);
  for (tries = ATTEMPTS; !create_once();)
    if (--tries == 0) fail("the file cannot be made", client.rpc[0]);
  for (tries = ATTEMPTS; !write_once();)
    if (--tries == 0) fail("the file cannot be written", client.rpc[0]);
  for (i = 0; i < CALLS_MAX; i++) {
    client.calls[i].next_free = client.free_calls;
    client.free_calls = &client.calls[i];
  }
}

/* ---- The load ---- */

static void report(void) {
  int i;
  printf("{\"sent\":%lu,\"answered\":%lu,\"failed\":%lu,\"left_out\":%lu,\"took\":[%lu", client.sent,
         client.answered, client.failed, client.left_out, client.took[0]);
  for (i = 1; i < BUCKETS; i++) printf(",%lu", client.took[i]);
  printf("]}\n");
  fflush(stdout);
}

/* Sends what is due; how long nothing else will be. */
static int64_t send_due(int64_t interval_ns, int64_t *next_ns) {
  static int turn;
  int64_t now = now_ns();
  int i;
  if (now - *next_ns > BEHIND_MAX_NS) {
    client.left_out += (unsigned long)(client.burst * ((now - *next_ns) / interval_ns));
    *next_ns = now;
  }
  while (*next_ns <= now) {
    for (i = 0; i < client.burst; i++) transmit(turn++ % client.sockets);
    *next_ns += interval_ns;
  }
  now = now_ns();
  return *next_ns > now ? *next_ns - now : 0;
}

/* interval_ns: 0 sends whatever sockets may have under way. */
static void work(int64_t interval_ns) {
  struct pollfd fds[SOCKETS_MAX + 1];
  int64_t next_ns = now_ns();
  int i, ready;
  for (i = 0; i < client.sockets; i++) fds[i] = (struct pollfd){rpc_get_fd(client.rpc[i]), POLLIN, 0};
  fds[i] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
  for (;;) {
    struct timespec pause = {1, 0}; /* for libnfs to notice what is not answered */
    if (interval_ns > 0) {
      pause.tv_sec = 0;
      pause.tv_nsec = (long)send_due(interval_ns, &next_ns);
    } else {
      for (i = 0; i < client.sockets; i++) transmit_together(i, client.burst - client.under_way[i]);
    }
    for (i = 0; i < client.sockets; i++)
      fds[i].events = (short)(client.tcp ? rpc_which_events(client.rpc[i]) : POLLIN);
    ready = ppoll(fds, (nfds_t)client.sockets + 1, &pause, NULL);
    if (ready < 0 || (ready == 0 && interval_ns > 0)) continue;
    for (i = 0; i < client.sockets; i++)
      if ((fds[i].revents != 0 || ready == 0) && rpc_service(client.rpc[i], fds[i].revents) < 0)
        fail("the connection is lost", client.rpc[i]);
    if (fds[client.sockets].revents != 0) {
      char byte;
      if (read(STDIN_FILENO, &byte, 1) <= 0) return;
      report();
    }
  }
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    int (*send)(struct rpc_context *rpc, rpc_cb callback, void *data);
  } PROCEDURES[] = {{"getattr", send_getattr}, {"read", send_read}, {"write", send_write}};
  double rate;
  size_t i;
  if (argc != 9) {
    fprintf(stderr, "usage: nfs-rate udp|tcp SERVER EXPORT getattr|read|write BYTES SOCKETS RATE BURST\n");
    return 2;
  }
  client.tcp = strcmp(argv[1], "tcp") == 0;
  client.server = argv[2];
  for (i = 0; i < sizeof PROCEDURES / sizeof PROCEDURES[0]; i++)
    if (strcmp(argv[4], PROCEDURES[i].name) == 0) client.send = PROCEDURES[i].send;
  client.bytes = atoi(argv[5]);
  client.sockets = atoi(argv[6]);
  rate = atof(argv[7]);
  client.burst = atoi(argv[8]);
  if (client.send == NULL || client.bytes < 1 || client.bytes > BYTES_MAX || client.sockets < 1 ||
      client.sockets > SOCKETS_MAX || (rate != 0 && rate < 10) || rate > 1e6 || client.burst < 1 ||
      client.burst * (rate == 0 ? client.sockets : 1) > CALLS_MAX) {
    fprintf(stderr, "nfs-rate: an argument is out of its range\n");
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1); /* requests leave when they are due */
  prepare(argv[3]);
  report();
  work(rate == 0 ? 0 : (int64_t)(1e9 * client.burst / rate));
  return 0;
}
