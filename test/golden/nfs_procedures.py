"""Calls every procedure of NFSv3 at 10.9.0.2:/share through libnfs 4 (ctypes), for the capture of that name."""

import ctypes
import os
import select

LIBNFS = ctypes.CDLL("libnfs.so.13")
for function in ("nfs_init_context", "nfs_get_rpc_context", "nfs_get_rootfh"):
    getattr(LIBNFS, function).restype = ctypes.c_void_p
NFS = ctypes.c_void_p(LIBNFS.nfs_init_context())


def call(name, *args):
    result = getattr(LIBNFS, name)(NFS, *args)
    print(name, result)


class TimeValue(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("microseconds", ctypes.c_long)]


class Handle(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint), ("value", ctypes.POINTER(ctypes.c_char))]


class Readdir(ctypes.Structure):
    _fields_ = [
        ("directory", Handle),
        ("cookie", ctypes.c_uint64),
        ("verifier", ctypes.c_char * 8),
        ("count", ctypes.c_uint),
    ]


class Create(ctypes.Structure):
    """createhow3 with EXCLUSIVE; `rest`: the union's other, longer arm."""

    _fields_ = [
        ("directory", Handle),
        ("name", ctypes.c_char_p),
        ("mode", ctypes.c_int),
        ("padding", ctypes.c_int),
        ("verifier", ctypes.c_char * 8),
        ("rest", ctypes.c_char * 128),
    ]


answers = []


@ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
def on_answer(_rpc, status, _data, _private):
    answers.append(status)


def raw(name, *args):
    """A call of the raw API, which returns before its answer is there."""
    rpc = ctypes.c_void_p(LIBNFS.nfs_get_rpc_context(NFS))
    expected = len(answers) + 1
    getattr(LIBNFS, name)(rpc, on_answer, *args, None)
    for _ in range(100):
        if len(answers) == expected:
            return
        poll = select.poll()
        poll.register(LIBNFS.nfs_get_fd(NFS), LIBNFS.nfs_which_events(NFS))
        for _, events in poll.poll(200):
            LIBNFS.nfs_service(NFS, events)


def main():
    LIBNFS.nfs_set_version(NFS, 3)
    LIBNFS.nfs_set_uid(NFS, 0)
    LIBNFS.nfs_set_gid(NFS, 0)
    call("nfs_mount", b"10.9.0.2", b"/share")
    call("nfs_mkdir2", b"/d", 0o750)
    file = ctypes.c_void_p()
    call("nfs_open2", b"/d/file", os.O_CREAT | os.O_RDWR, 0o640, ctypes.byref(file))
    data = bytes(range(256))
    call("nfs_pwrite", file, ctypes.c_uint64(0), ctypes.c_uint64(len(data)), data)
    call("nfs_fsync", file)
    buffer = ctypes.create_string_buffer(512)
    call("nfs_pread", file, ctypes.c_uint64(16), ctypes.c_uint64(300), buffer)
    call("nfs_close", file)
    call("nfs_truncate", b"/d/file", ctypes.c_uint64(5_000_000_000))
    call("nfs_chmod", b"/d/file", 0o604)
    call("nfs_chown", b"/d/file", 1000, 1001)
    times = (TimeValue * 2)(TimeValue(1577934245, 678901), TimeValue(1577934246, 123456))
    call("nfs_utimes", b"/d/file", times)
    call("nfs_symlink", b"../target", b"/d/symlink")
    call("nfs_readlink", b"/d/symlink", buffer, 300)
    call("nfs_link", b"/d/file", b"/d/link")
    call("nfs_mknod", b"/d/fifo", 0o010644, 0)
    call("nfs_mknod", b"/d/device", 0o020600, (5 << 8) | 1)
    call("nfs_access", b"/d/file", os.R_OK | os.W_OK)
    call("nfs_lstat64", b"/d/file", buffer)
    call("nfs_statvfs", b"/", buffer)
    directory = ctypes.c_void_p()
    call("nfs_opendir", b"/d", ctypes.byref(directory))
    LIBNFS.nfs_closedir(NFS, directory)

    root = ctypes.cast(ctypes.c_void_p(LIBNFS.nfs_get_rootfh(NFS)), ctypes.POINTER(Handle)).contents
    raw("rpc_nfs3_readdir_async", ctypes.byref(Readdir(root, 0, b"", 1024)))
    raw("rpc_nfs3_pathconf_async", ctypes.byref(root))
    raw("rpc_nfs3_create_async", ctypes.byref(Create(root, b"exclusive", 2, 0, b"verifier", b"")))
    raw("rpc_nfs3_null_async")

    call("nfs_rename", b"/d/link", b"/renamed")
    call("nfs_unlink", b"/renamed")
    call("nfs_unlink", b"/nothing")
    call("nfs_rmdir", b"/d")
    call("nfs_mkdir2", b"/d", 0o750)
    for name in (b"file", b"symlink", b"fifo", b"device"):
        call("nfs_unlink", b"/d/" + name)
    call("nfs_rmdir", b"/d")
    call("nfs_unlink", b"/exclusive")
    call("nfs_umount")


main()
