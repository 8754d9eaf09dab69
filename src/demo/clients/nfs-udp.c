/*
 * An NFSv3 client over UDP on libnfs's raw API: lanes that work side by side, each with a socket and one call
 * outstanding, repeat a round of file operations and compare every byte they read with what they wrote.
 *
 *   nfs-udp SERVER EXPORT LANES PAUSE_US LOG
 *
 * Lanes pause PAUSE_US between calls. The end of standard input ends the work: lanes finish their rounds. LOG
 * gets a line per operation; standard output gets one JSON object. Exit code 0 unless the export could not be
 * mounted.
 *
 * A WRITE is three fragments, the READ's reply twelve. A call unanswered for RETRY_MS is sent again with the same xid from
 * the same socket. As in every NFS client, a repeated call that finds its own earlier execution (EXIST,
 * NOENT) has succeeded.
 */
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <nfsc/libnfs.h>
#include <nfsc/libnfs-raw.h>
#include <nfsc/libnfs-raw-mount.h>
#include <nfsc/libnfs-raw-nfs.h>
#include <nfsc/libnfs-raw-portmap.h>

/* Exported by libnfs 4, but in none of its public headers. */
struct rpc_context *rpc_init_udp_context(void);
int rpc_bind_udp(struct rpc_context *rpc, char *address, int port);
int rpc_set_udp_destination(struct rpc_context *rpc, char *address, int port, int is_broadcast);
void rpc_set_next_xid(struct rpc_context *rpc, uint32_t xid);
void rpc_set_timeout(struct rpc_context *rpc, int timeout_ms);

enum {
  RETRY_MS = 100,
  GIVE_UP_US = 10 * 1000 * 1000,
  LANES_MAX = 256,
  BLOCK_BYTES = 4096, /* of one WRITE */
  BLOCKS = 4,
  FILE_BYTES = BLOCK_BYTES * BLOCKS, /* read back at once */
  READDIR_BYTES = 1024,
  NAME_BYTES = 64,
  SHOWN_ERRORS_MAX = 20,
};

struct handle {
  char bytes[NFS3_FHSIZE];
  u_int length;
};

enum outcome { DONE, AGAIN, FAILED };

struct lane {
  int number;
  struct rpc_context *rpc;
  struct client *client;
  unsigned round;
  unsigned step;
  unsigned block;
  int stopped;
  struct handle directory, file;
  char directory_name[NAME_BYTES], file_name[NAME_BYTES], new_name[NAME_BYTES];
  char write_verifier[NFS3_WRITEVERFSIZE];
  /* The call under way, or the pause before the next one. */
  int waiting, timed_out;
  uint32_t xid;
  unsigned transmissions;
  int64_t first_sent_us, next_us;
};

struct client {
  char *server;
  struct handle root;
  struct lane lanes[LANES_MAX];
  int lane_count;
  int64_t pause_us;
  int stopping;
  uint32_t next_xid;
  FILE *log;
  unsigned long operations, errors, mismatches, retransmissions, recovered, rewrites;
};

static int64_t now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t); /* comparable with the captures' time stamps */
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void complain(struct lane *lane, const char *format, ...) {
  va_list arguments;
  if (lane->client->errors + lane->client->mismatches > SHOWN_ERRORS_MAX) return;
  fprintf(stderr, "lane %d round %u xid %08x: ", lane->number, lane->round, lane->xid);
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
}

/* The content of a block: xorshift seeded by everything that names it, so that no two blocks are alike. */
static void fill_block(const struct lane *lane, unsigned block, char *bytes) {
  uint64_t x = ((uint64_t)getpid() << 40) ^ ((uint64_t)lane->number << 32) ^ ((uint64_t)lane->round << 8) ^
               (block + 1);
  size_t i;
  x = x * 0x9e3779b97f4a7c15u + 1;
  for (i = 0; i < BLOCK_BYTES; i += sizeof x) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    memcpy(bytes + i, &x, sizeof x);
  }
}

static nfs_fh3 fh(struct handle *handle) {
  nfs_fh3 result;
  result.data.data_len = handle->length;
  result.data.data_val = handle->bytes;
  return result;
}

static diropargs3 entry(struct handle *directory, char *name) {
  diropargs3 result;
  result.dir = fh(directory);
  result.name = name;
  return result;
}

static int keep_handle(struct handle *handle, const nfs_fh3 *from) {
  if (from->data.data_len > sizeof handle->bytes) return -1;
  handle->length = from->data.data_len;
  memcpy(handle->bytes, from->data.data_val, handle->length);
  return 0;
}

static void on_reply(struct rpc_context *rpc, int status, void *data, void *lane);

/* ---- The steps of a round: each sends its call, and judges the reply. ---- */

static int send_mkdir(struct lane *lane) {
  MKDIR3args args;
  memset(&args, 0, sizeof args);
  args.where = entry(&lane->client->root, lane->directory_name);
  args.attributes.mode.set_it = 1;
  args.attributes.mode.set_mode3_u.mode = 0755;
  return rpc_nfs3_mkdir_async(lane->rpc, on_reply, &args, lane);
}

static int send_lookup_directory(struct lane *lane) {
  LOOKUP3args args;
  args.what = entry(&lane->client->root, lane->directory_name);
  return rpc_nfs3_lookup_async(lane->rpc, on_reply, &args, lane);
}

static enum outcome got_directory(struct lane *lane, void *data) {
  return keep_handle(&lane->directory, &((LOOKUP3res *)data)->LOOKUP3res_u.resok.object) ? FAILED : DONE;
}

static int send_lookup_file(struct lane *lane) {
  LOOKUP3args args;
  args.what = entry(&lane->directory, lane->file_name);
  return rpc_nfs3_lookup_async(lane->rpc, on_reply, &args, lane);
}

static enum outcome got_file(struct lane *lane, void *data) {
  return keep_handle(&lane->file, &((LOOKUP3res *)data)->LOOKUP3res_u.resok.object) ? FAILED : DONE;
}

static int send_create(struct lane *lane) {
  CREATE3args args;
  memset(&args, 0, sizeof args);
  args.where = entry(&lane->directory, lane->file_name);
  args.how.mode = GUARDED; /* so that an execution too many would be seen */
  args.how.createhow3_u.g_obj_attributes.mode.set_it = 1;
  args.how.createhow3_u.g_obj_attributes.mode.set_mode3_u.mode = 0644;
  return rpc_nfs3_create_async(lane->rpc, on_reply, &args, lane);
}

static int send_write(struct lane *lane) {
  WRITE3args args;
  char bytes[BLOCK_BYTES];
  memset(&args, 0, sizeof args);
  fill_block(lane, lane->block, bytes);
  args.file = fh(&lane->file);
  args.offset = (uint64_t)lane->block * BLOCK_BYTES;
  args.count = args.data.data_len = BLOCK_BYTES;
  args.data.data_val = bytes;
  args.stable = UNSTABLE;
  return rpc_nfs3_write_async(lane->rpc, on_reply, &args, lane);
}

static enum outcome wrote(struct lane *lane, void *data) {
  WRITE3resok *ok = &((WRITE3res *)data)->WRITE3res_u.resok;
  if (ok->count != BLOCK_BYTES) return FAILED;
  if (lane->block == 0) memcpy(lane->write_verifier, ok->verf, sizeof lane->write_verifier);
  if (memcmp(lane->write_verifier, ok->verf, sizeof lane->write_verifier) != 0) {
    lane->client->rewrites++; /* RFC 1813 section 3.3.7: the server may have lost what it had not committed */
    lane->block = 0;
    return AGAIN;
  }
  if (++lane->block < BLOCKS) return AGAIN;
  lane->block = 0;
  return DONE;
}

static int send_commit(struct lane *lane) {
  COMMIT3args args;
  memset(&args, 0, sizeof args);
  args.file = fh(&lane->file);
  return rpc_nfs3_commit_async(lane->rpc, on_reply, &args, lane);
}

static enum outcome committed(struct lane *lane, void *data) {
  COMMIT3resok *ok = &((COMMIT3res *)data)->COMMIT3res_u.resok;
  if (memcmp(lane->write_verifier, ok->verf, sizeof lane->write_verifier) == 0) return DONE;
  lane->client->rewrites++;
  lane->step -= 2; /* back to WRITE */
  return DONE;
}

static int send_getattr(struct lane *lane) {
  GETATTR3args args;
  args.object = fh(&lane->file);
  return rpc_nfs3_getattr_async(lane->rpc, on_reply, &args, lane);
}

static enum outcome got_attributes(struct lane *lane, void *data) {
  uint64_t size = ((GETATTR3res *)data)->GETATTR3res_u.resok.obj_attributes.size;
  if (size == FILE_BYTES) return DONE;
  complain(lane, "GETATTR: size %llu, wrote %d", (unsigned long long)size, FILE_BYTES);
  return FAILED;
}

static int send_access(struct lane *lane) {
  ACCESS3args args;
  args.object = fh(&lane->file);
  args.access = ACCESS3_READ | ACCESS3_MODIFY;
  return rpc_nfs3_access_async(lane->rpc, on_reply, &args, lane);
}

static int send_read(struct lane *lane) {
  READ3args args;
  args.file = fh(&lane->file);
  args.offset = 0;
  args.count = FILE_BYTES;
  return rpc_nfs3_read_async(lane->rpc, on_reply, &args, lane);
}

static enum outcome compare(struct lane *lane, void *data) {
  READ3resok *ok = &((READ3res *)data)->READ3res_u.resok;
  char wanted[BLOCK_BYTES];
  unsigned block;
  int same = ok->count == FILE_BYTES && ok->data.data_len == FILE_BYTES;
  for (block = 0; same && block < BLOCKS; block++) {
    fill_block(lane, block, wanted);
    same = memcmp(wanted, ok->data.data_val + block * BLOCK_BYTES, BLOCK_BYTES) == 0;
  }
  if (!same) {
    lane->client->mismatches++;
    complain(lane, "READ: %u bytes that differ from the %d written", ok->count, FILE_BYTES);
  }
  return DONE;
}

static int send_readdir(struct lane *lane) {
  READDIR3args args;
  memset(&args, 0, sizeof args);
  args.dir = fh(&lane->directory);
  args.count = READDIR_BYTES;
  return rpc_nfs3_readdir_async(lane->rpc, on_reply, &args, lane);
}

static enum outcome listed(struct lane *lane, void *data) {
  dirlist3 *list = &((READDIR3res *)data)->READDIR3res_u.resok.reply;
  unsigned files = 0, ours = 0;
  entry3 *e;
  for (e = list->entries; e != NULL; e = e->nextentry) {
    if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0) continue;
    files++;
    ours += strcmp(e->name, lane->file_name) == 0;
  }
  if (list->eof && files == 1 && ours == 1) return DONE;
  complain(lane, "READDIR: %u entries, %u of them ours", files, ours);
  return FAILED;
}

static int send_rename(struct lane *lane) {
  RENAME3args args;
  args.from = entry(&lane->directory, lane->file_name);
  args.to = entry(&lane->directory, lane->new_name);
  return rpc_nfs3_rename_async(lane->rpc, on_reply, &args, lane);
}

static int send_lookup_new(struct lane *lane) {
  LOOKUP3args args;
  args.what = entry(&lane->directory, lane->new_name);
  return rpc_nfs3_lookup_async(lane->rpc, on_reply, &args, lane);
}

static int send_remove(struct lane *lane) {
  REMOVE3args args;
  args.object = entry(&lane->directory, lane->new_name);
  return rpc_nfs3_remove_async(lane->rpc, on_reply, &args, lane);
}

static int send_rmdir(struct lane *lane) {
  RMDIR3args args;
  args.object = entry(&lane->client->root, lane->directory_name);
  return rpc_nfs3_rmdir_async(lane->rpc, on_reply, &args, lane);
}

/*
 * `expected`: the status of success. `repeated`: what a second execution of the same call answers, where that
 * differs.
 */
static const struct step {
  const char *procedure;
  int (*send)(struct lane *lane);
  enum outcome (*judge)(struct lane *lane, void *data);
  nfsstat3 expected, repeated;
} STEPS[] = {
    {"MKDIR", send_mkdir, NULL, NFS3_OK, NFS3ERR_EXIST},
    {"LOOKUP", send_lookup_directory, got_directory, NFS3_OK, NFS3_OK},
    {"LOOKUP", send_lookup_file, NULL, NFS3ERR_NOENT, NFS3ERR_NOENT},
    {"CREATE", send_create, NULL, NFS3_OK, NFS3ERR_EXIST},
    {"LOOKUP", send_lookup_file, got_file, NFS3_OK, NFS3_OK},
    {"WRITE", send_write, wrote, NFS3_OK, NFS3_OK},
    {"COMMIT", send_commit, committed, NFS3_OK, NFS3_OK},
    {"GETATTR", send_getattr, got_attributes, NFS3_OK, NFS3_OK},
    {"ACCESS", send_access, NULL, NFS3_OK, NFS3_OK},
    {"READ", send_read, compare, NFS3_OK, NFS3_OK},
    {"READDIR", send_readdir, listed, NFS3_OK, NFS3_OK},
    {"RENAME", send_rename, NULL, NFS3_OK, NFS3ERR_NOENT},
    {"LOOKUP", send_lookup_new, got_file, NFS3_OK, NFS3_OK},
    {"LOOKUP", send_lookup_file, NULL, NFS3ERR_NOENT, NFS3ERR_NOENT},
    {"READ", send_read, compare, NFS3_OK, NFS3_OK},
    {"REMOVE", send_remove, NULL, NFS3_OK, NFS3ERR_NOENT},
    {"RMDIR", send_rmdir, NULL, NFS3_OK, NFS3ERR_NOENT},
};

enum { STEP_COUNT = sizeof STEPS / sizeof STEPS[0] };

/* ---- Rounds and calls ---- */

static void begin_round(struct lane *lane) {
  lane->round++;
  lane->step = lane->block = 0;
  snprintf(lane->directory_name, NAME_BYTES, "d%d-%d-%u", (int)getpid(), lane->number, lane->round);
  snprintf(lane->file_name, NAME_BYTES, "f%d-%u", lane->number, lane->round);
  snprintf(lane->new_name, NAME_BYTES, "g%d-%u", lane->number, lane->round);
}

static void transmit(struct lane *lane) {
  lane->timed_out = 0;
  lane->waiting = 1;
  lane->transmissions++;
  rpc_set_next_xid(lane->rpc, lane->xid);
  if (STEPS[lane->step].send(lane) != 0)
    lane->timed_out = 1; /* the socket refused; tried again after a pause */
}

static void begin_call(struct lane *lane) {
  lane->xid = lane->client->next_xid++;
  lane->transmissions = 0;
  lane->first_sent_us = now_us();
  transmit(lane);
}

static void end_call(struct lane *lane, enum outcome outcome, int status, int recovered) {
  struct client *client = lane->client;
  int64_t ended_us = now_us();
  client->operations++;
  client->errors += outcome == FAILED;
  client->retransmissions += lane->transmissions - 1;
  client->recovered += (unsigned long)recovered;
  fprintf(client->log, "%s,%08x,%lld,%lld,%u,%d,%s\n", STEPS[lane->step].procedure, lane->xid,
          (long long)lane->first_sent_us, (long long)ended_us, lane->transmissions, status,
          outcome == FAILED ? "failed"
          : recovered       ? "recovered"
                            : "ok");
  lane->waiting = 0;
  lane->next_us = ended_us + client->pause_us;
  if (outcome == DONE) lane->step++;
  if (outcome == FAILED || lane->step == STEP_COUNT) {
    begin_round(lane);
    lane->stopped = client->stopping;
  }
}

static void on_reply(struct rpc_context *rpc, int status, void *data, void *private_data) {
  struct lane *lane = private_data;
  const struct step *step = &STEPS[lane->step];
  nfsstat3 answer;
  (void)rpc;
  if (status == RPC_STATUS_TIMEOUT) {
    lane->timed_out = 1;
    return;
  }
  if (status == RPC_STATUS_CANCEL) return; /* only when the context is destroyed */
  if (status != RPC_STATUS_SUCCESS) {
    complain(lane, "%s: %s", step->procedure, data == NULL ? "no reply" : (char *)data);
    end_call(lane, FAILED, -1, 0);
    return;
  }
  answer = *(nfsstat3 *)data; /* every NFSv3 result begins with its status */
  if (answer == step->expected) {
    enum outcome outcome = step->judge == NULL || answer != NFS3_OK ? DONE : step->judge(lane, data);
    end_call(lane, outcome, answer, 0);
  } else if (answer == step->repeated && lane->transmissions > 1) {
    end_call(lane, DONE, answer, 1);
  } else {
    complain(lane, "%s: status %d, expected %d, after %u transmissions", step->procedure, answer,
             step->expected, lane->transmissions);
    end_call(lane, FAILED, answer, 0);
  }
}

static void retry(struct lane *lane, int64_t now) {
  if (now - lane->first_sent_us < GIVE_UP_US) {
    transmit(lane);
    return;
  }
  complain(lane, "%s: no reply to %u transmissions", STEPS[lane->step].procedure, lane->transmissions);
  end_call(lane, FAILED, -1, 0);
}

/* Returns when every lane has finished its last round. */
static void work(struct client *client) {
  struct pollfd fds[LANES_MAX + 1];
  for (;;) {
    int i, busy = 0, timeout_ms = RETRY_MS;
    int64_t now = now_us();
    for (i = 0; i < client->lane_count; i++) {
      struct lane *lane = &client->lanes[i];
      if (lane->stopped) continue;
      busy++;
      if (lane->waiting && lane->timed_out) retry(lane, now);
      if (!lane->waiting && !lane->stopped && lane->next_us <= now) begin_call(lane);
      if (!lane->waiting && (lane->next_us - now) / 1000 < timeout_ms)
        timeout_ms = (int)((lane->next_us - now) / 1000);
      if (lane->waiting && timeout_ms > 10) timeout_ms = 10; /* how late a retransmission may be noticed */
    }
    if (busy == 0) return;
    for (i = 0; i < client->lane_count; i++) {
      fds[i].fd = rpc_get_fd(client->lanes[i].rpc);
      fds[i].events = POLLIN;
    }
    fds[i].fd = client->stopping ? -1 : STDIN_FILENO;
    fds[i].events = POLLIN;
    if (poll(fds, (nfds_t)client->lane_count + 1, timeout_ms < 0 ? 0 : timeout_ms) < 0) continue;
    for (i = 0; i < client->lane_count; i++) rpc_service(client->lanes[i].rpc, fds[i].revents);
    if (fds[client->lane_count].fd >= 0 && fds[client->lane_count].revents != 0) {
      char byte;
      client->stopping = read(STDIN_FILENO, &byte, 1) <= 0;
    }
  }
}

/* ---- Mounting: GETPORT and MNT over UDP ---- */

static struct rpc_context *new_context(struct client *client, int port) {
  struct rpc_context *rpc = rpc_init_udp_context();
  if (rpc == NULL || rpc_bind_udp(rpc, "0.0.0.0", 0) != 0 ||
      rpc_set_udp_destination(rpc, client->server, port, 0) != 0) {
    fprintf(stderr, "no UDP socket to %s port %d: %s\n", client->server, port,
            rpc == NULL ? "no memory" : rpc_get_error(rpc));
    exit(1);
  }
  rpc_set_auth(rpc, libnfs_authunix_create("nfs-udp", 0, 0, 0, NULL));
  return rpc;
}

struct question {
  int answered, port;
  struct handle handle;
};

static void on_port(struct rpc_context *rpc, int status, void *data, void *question) {
  (void)rpc;
  ((struct question *)question)->answered = status == RPC_STATUS_SUCCESS ? 1 : -1;
  if (status == RPC_STATUS_SUCCESS) ((struct question *)question)->port = (int)*(uint32_t *)data;
}

static void on_mount(struct rpc_context *rpc, int status, void *data, void *question) {
  struct question *q = question;
  mountres3 *result = data;
  (void)rpc;
  q->answered = -1;
  if (status == RPC_STATUS_SUCCESS && result->fhs_status == MNT3_OK) {
    fhandle3 *handle = &result->mountres3_u.mountinfo.fhandle;
    q->handle.length = handle->fhandle3_len;
    if (q->handle.length > sizeof q->handle.bytes) return;
    memcpy(q->handle.bytes, handle->fhandle3_val, q->handle.length);
    q->answered = 1;
  }
}

static int await(struct rpc_context *rpc, struct question *question) {
  int64_t until = now_us() + GIVE_UP_US / 10;
  while (question->answered == 0 && now_us() < until) {
    struct pollfd p = {rpc_get_fd(rpc), POLLIN, 0};
    poll(&p, 1, 10);
    rpc_service(rpc, p.revents);
  }
  rpc_destroy_context(rpc);
  return question->answered == 1;
}

static int get_port(struct client *client, int program) {
  struct question question;
  int attempt;
  for (attempt = 0; attempt < 5; attempt++) {
    struct rpc_context *rpc = new_context(client, 111);
    memset(&question, 0, sizeof question);
    rpc_pmap2_getport_async(rpc, program, 3, IPPROTO_UDP, on_port, &question);
    if (await(rpc, &question) && question.port != 0) return question.port;
  }
  fprintf(stderr, "%s: portmap has no UDP port for program %d\n", client->server, program);
  exit(1);
}

static void mount_root(struct client *client, char *export) {
  struct question question;
  int attempt, port = get_port(client, MOUNT_PROGRAM);
  for (attempt = 0; attempt < 5; attempt++) {
    struct rpc_context *rpc = new_context(client, port);
    memset(&question, 0, sizeof question);
    rpc_mount3_mnt_async(rpc, on_mount, export, &question);
    if (await(rpc, &question)) {
      client->root = question.handle;
      return;
    }
  }
  fprintf(stderr, "%s:%s cannot be mounted\n", client->server, export);
  exit(1);
}

int main(int argc, char **argv) {
  static struct client client;
  int i, port;
  if (argc != 6) {
    fprintf(stderr, "usage: nfs-udp SERVER EXPORT LANES PAUSE_US LOG\n");
    return 2;
  }
  client.server = argv[1];
  client.lane_count = atoi(argv[3]);
  client.pause_us = atoll(argv[4]);
  client.log = fopen(argv[5], "w");
  if (client.lane_count < 1 || client.lane_count > LANES_MAX || client.log == NULL) {
    fprintf(stderr, "LANES must be 1 to %d and LOG a file that can be written\n", LANES_MAX);
    return 2;
  }
  mount_root(&client, argv[2]);
  port = get_port(&client, NFS_PROGRAM);
  client.next_xid = (uint32_t)now_us() * 2654435761u;
  for (i = 0; i < client.lane_count; i++) {
    struct lane *lane = &client.lanes[i];
    lane->number = i;
    lane->client = &client;
    lane->rpc = new_context(&client, port);
    rpc_set_timeout(lane->rpc, RETRY_MS);
    lane->next_us = now_us() + client.pause_us * i / client.lane_count;
    begin_round(lane);
  }
  work(&client);
  fclose(client.log);
  printf(
      "{\"operations\":%lu,\"errors\":%lu,\"checksum_mismatches\":%lu,\"retransmissions\":%lu,\"recovered\":%"
      "lu,"
      "\"rewrites\":%lu}\n",
      client.operations, client.errors, client.mismatches, client.retransmissions, client.recovered,
      client.rewrites);
  return 0;
}
