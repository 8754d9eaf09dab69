import { MemoryPort } from '../../../src/switch/ports/memory';

test('what is injected is received, what is transmitted is seen as a copy', () => {
  const port = new MemoryPort(4);
  const received: number[][] = [];
  const sent: Uint8Array[] = [];
  port.onReceive((number, buffer, start, end) => received.push([number, ...buffer.subarray(start, end)]));
  port.onTransmit((_, frame) => sent.push(frame));
  port.inject(Uint8Array.of(1, 2, 3));
  const buffer = Uint8Array.of(9, 8, 7, 6);
  port.transmit(buffer, 1, 3);
  buffer.fill(0);
  expect(received).toEqual([[4, 1, 2, 3]]);
  expect(sent).toEqual([Uint8Array.of(8, 7)]);
  expect(port.stats()).toMatchObject({ rx_frames: 1, rx_bytes: 3, tx_frames: 1, tx_bytes: 2, tx_dropped: 0 });
});

test('a port that is down takes nothing and counts what could not leave', () => {
  const port = new MemoryPort(4);
  let received = 0;
  port.onReceive(() => received++);
  port.setUp(false);
  port.inject(new Uint8Array(60));
  port.transmit(new Uint8Array(60), 0, 60);
  expect(received).toBe(0);
  expect(port.stats()).toMatchObject({ rx_frames: 0, tx_frames: 0, tx_dropped: 1, downs: 1 });
});
