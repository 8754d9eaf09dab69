/*
 * One file over NFSv3 and UDP, on libnfs's raw API: an independent client for what others wrote, or are to read.
 *
 *   nfs-udp-file SERVER EXPORT put|get NAME
 *
 * `put` makes NAME in the export's root of what standard input has, each WRITE on stable storage before the next; `get`
 * writes the file to standard output. One call is outstanding; unanswered for RETRY_MS it is sent again with the same
 * xid from the same socket. All calls may be repeated without harm. Exit code 0: done; 1: standard error says why not.
 */
#include <netinet/in.h>
#include <poll.h>
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
  GIVE_UP_MS = 20 * 1000,
  BLOCK_BYTES = 8192,
};

struct handle {
  char bytes[NFS3_FHSIZE];
  u_int length;
};

static struct {
  char *server, *export, *name;
  struct handle root, file;
  uint64_t offset;
  char block[BLOCK_BYTES];
  u_int block_length; /* to be written, or read */
  int eof;
  int port; /* of the program asked for */
  int program;
} job;

static uint32_t next_xid;
static int answered, timed_out;
static const char *refusal;

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s: %s\n", job.name, what, why);
  exit(1);
}

/* Whether the call had an answer; counts a timeout, and keeps why it failed otherwise. */
static int has_answer(int status, void *data) {
  if (status == RPC_STATUS_TIMEOUT || status == RPC_STATUS_CANCEL) {
    timed_out = status == RPC_STATUS_TIMEOUT;
    return 0;
  }
  answered = 1;
  if (status != RPC_STATUS_SUCCESS) refusal = data == NULL ? "refused" : strdup((char *)data);
  return status == RPC_STATUS_SUCCESS;
}

static int is_ok(int status, void *data) {
  nfsstat3 result;
  if (!has_answer(status, data)) return 0;
  result = *(nfsstat3 *)data; /* every NFSv3 result begins with its status */
  if (result != NFS3_OK) refusal = nfsstat3_to_str(result);
  return result == NFS3_OK;
}

static int keep(struct handle *handle, u_int length, const char *bytes) {
  if (length > sizeof handle->bytes) {
    refusal = "the handle is too long";
    return 0;
  }
  handle->length = length;
  memcpy(handle->bytes, bytes, length);
  return 1;
}

static nfs_fh3 fh(struct handle *handle) {
  nfs_fh3 result;
  result.data.data_len = handle->length;
  result.data.data_val = handle->bytes;
  return result;
}

static struct rpc_context *new_context(int port) {
  struct rpc_context *rpc = rpc_init_udp_context();
  if (rpc == NULL || rpc_bind_udp(rpc, "0.0.0.0", 0) != 0 ||
      rpc_set_udp_destination(rpc, job.server, port, 0) != 0)
    fail("no UDP socket", rpc == NULL ? "no memory" : rpc_get_error(rpc));
  rpc_set_auth(rpc, libnfs_authunix_create("nfs-udp-file", 0, 0, 0, NULL));
  rpc_set_timeout(rpc, RETRY_MS);
  return rpc;
}

/* Sends the call until it is answered. */
static void call(struct rpc_context *rpc, const char *procedure, int (*send)(struct rpc_context *rpc)) {
  int64_t until = now_ms() + GIVE_UP_MS;
  uint32_t xid = next_xid++;
  answered = 0;
  timed_out = 1;
  refusal = NULL;
  while (!answered) {
    struct pollfd p = {rpc_get_fd(rpc), POLLIN, 0};
    if (timed_out) {
      if (now_ms() > until) fail(procedure, "no answer");
      timed_out = 0;
      rpc_set_next_xid(rpc, xid);
      if (send(rpc) != 0) timed_out = 1; /* the socket refused: tried again */
    }
    poll(&p, 1, 10);
    rpc_service(rpc, p.revents);
  }
  if (refusal != NULL) fail(procedure, refusal);
}

static void on_port(struct rpc_context *rpc, int status, void *data, void *unused) {
  (void)rpc, (void)unused;
  if (!has_answer(status, data)) return;
  job.port = (int)*(uint32_t *)data;
  if (job.port == 0) refusal = "not registered";
}

static int send_getport(struct rpc_context *rpc) {
  return rpc_pmap2_getport_async(rpc, job.program, 3, IPPROTO_UDP, on_port, NULL);
}

static int get_port(int program) {
  struct rpc_context *rpc = new_context(111);
  job.program = program;
  call(rpc, "GETPORT", send_getport);
  rpc_destroy_context(rpc);
  return job.port;
}

static void on_mount(struct rpc_context *rpc, int status, void *data, void *unused) {
  mountres3 *result = data;
  (void)rpc, (void)unused;
  if (!has_answer(status, data)) return;
  if (result->fhs_status != MNT3_OK) refusal = mountstat3_to_str(result->fhs_status);
  else {
    fhandle3 *handle = &result->mountres3_u.mountinfo.fhandle;
    keep(&job.root, handle->fhandle3_len, handle->fhandle3_val);
  }
}

static int send_mount(struct rpc_context *rpc) {
  return rpc_mount3_mnt_async(rpc, on_mount, job.export, NULL);
}

static void on_lookup(struct rpc_context *rpc, int status, void *data, void *unused) {
  (void)rpc, (void)unused;
  if (!is_ok(status, data)) return;
  nfs_fh3 *object = &((LOOKUP3res *)data)->LOOKUP3res_u.resok.object;
  keep(&job.file, object->data.data_len, object->data.data_val);
}

static int send_lookup(struct rpc_context *rpc) {
  LOOKUP3args args;
  args.what.dir = fh(&job.root);
  args.what.name = job.name;
  return rpc_nfs3_lookup_async(rpc, on_lookup, &args, NULL);
}

static void on_create(struct rpc_context *rpc, int status, void *data, void *unused) {
  (void)rpc, (void)unused;
  is_ok(status, data);
}

static int send_create(struct rpc_context *rpc) {
  CREATE3args args;
  memset(&args, 0, sizeof args);
  args.where.dir = fh(&job.root);
  args.where.name = job.name;
  args.how.mode = UNCHECKED;
  args.how.createhow3_u.obj_attributes.mode.set_it = 1;
  args.how.createhow3_u.obj_attributes.mode.set_mode3_u.mode = 0644;
  return rpc_nfs3_create_async(rpc, on_create, &args, NULL);
}

static void on_write(struct rpc_context *rpc, int status, void *data, void *unused) {
  (void)rpc, (void)unused;
  if (is_ok(status, data) && ((WRITE3res *)data)->WRITE3res_u.resok.count != job.block_length)
    refusal = "written in part only";
}

static int send_write(struct rpc_context *rpc) {
  WRITE3args args;
  memset(&args, 0, sizeof args);
  args.file = fh(&job.file);
  args.offset = job.offset;
  args.count = args.data.data_len = job.block_length;
  args.data.data_val = job.block;
  args.stable = FILE_SYNC;
  return rpc_nfs3_write_async(rpc, on_write, &args, NULL);
}

static void on_read(struct rpc_context *rpc, int status, void *data, void *unused) {
  (void)rpc, (void)unused;
  if (!is_ok(status, data)) return;
  READ3resok *ok = &((READ3res *)data)->READ3res_u.resok;
  if (ok->data.data_len > BLOCK_BYTES) refusal = "more bytes than asked for";
  else if (ok->data.data_len == 0 && !ok->eof) refusal = "no bytes, and no end of file";
  else {
    memcpy(job.block, ok->data.data_val, ok->data.data_len);
    job.block_length = ok->data.data_len;
    job.eof = ok->eof;
  }
}

static int send_read(struct rpc_context *rpc) {
  READ3args args;
  args.file = fh(&job.file);
  args.offset = job.offset;
  args.count = BLOCK_BYTES;
  return rpc_nfs3_read_async(rpc, on_read, &args, NULL);
}

static void put(struct rpc_context *rpc) {
  call(rpc, "CREATE", send_create);
  call(rpc, "LOOKUP", send_lookup);
  for (;; job.offset += job.block_length) {
    job.block_length = (u_int)fread(job.block, 1, BLOCK_BYTES, stdin);
    if (job.block_length == 0) break;
    call(rpc, "WRITE", send_write);
  }
  if (ferror(stdin)) fail("standard input", "cannot be read");
}

static void get(struct rpc_context *rpc) {
  call(rpc, "LOOKUP", send_lookup);
  for (; !job.eof; job.offset += job.block_length) {
    call(rpc, "READ", send_read);
    if (fwrite(job.block, 1, job.block_length, stdout) != job.block_length)
      fail("standard output", "cannot be written");
  }
  if (fflush(stdout) != 0) fail("standard output", "cannot be written");
}

int main(int argc, char **argv) {
  struct timeval now;
  struct rpc_context *rpc;
  if (argc != 5 || (strcmp(argv[3], "put") != 0 && strcmp(argv[3], "get") != 0)) {
    fprintf(stderr, "usage: nfs-udp-file SERVER EXPORT put|get NAME\n");
    return 2;
  }
  job.server = argv[1];
  job.export = argv[2];
  job.name = argv[4];
  gettimeofday(&now, NULL);
  next_xid = (uint32_t)(now.tv_sec * 1000000 + now.tv_usec + getpid()) * 2654435761u;
  rpc = new_context(get_port(MOUNT_PROGRAM));
  call(rpc, "MNT", send_mount);
  rpc_destroy_context(rpc);
  rpc = new_context(get_port(NFS_PROGRAM));
  if (strcmp(argv[3], "put") == 0) put(rpc);
  else get(rpc);
  rpc_destroy_context(rpc);
  return 0;
}
