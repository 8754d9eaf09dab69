/** How much of a TCP connection's octets the other end has, as the kernel knows it (tcp(7), TCP_INFO). */
import type { Socket } from 'node:net';
import { libc } from '../afpacket/libc';

const IPPROTO_TCP = 6;
const TCP_INFO = 11;
/** struct tcp_info (linux/tcp.h) up to and with tcpi_bytes_acked, a u64 at this offset; since Linux 4.1. */
const BYTES_ACKED_OFFSET = 120;

const info = new Uint8Array(BYTES_ACKED_OFFSET + 8);
/** In the byte order of the machine. */
const bytes_acked = new BigUint64Array(info.buffer, BYTES_ACKED_OFFSET);
const info_length = new Uint32Array(1);

/**
 * Octets that the peer has acknowledged since the connection began; undefined for a socket that is closed.
 *
 * Node has no public name for it, nor for the descriptor. What it tells of is whole writes that went to the kernel, which
 * takes no more until a third of its buffer is free: of some megabytes, that is minutes at a slow reader.
 */
export function acknowledgedOctets(socket: Socket): bigint | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: unknown } | null };
  const fd = handle?.fd;
  if (typeof fd !== 'number' || fd < 0) return undefined;
  info_length[0] = info.length;
  if (libc().getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, info_length) < 0) return undefined;
  if (info_length[0] !== info.length) return undefined;
  return bytes_acked[0];
}
