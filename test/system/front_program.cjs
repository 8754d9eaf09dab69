/**
 * The front in a namespace of its own, for mount_front.test.ts. Argument: JSON of `FrontOptions` without forwarder, and
 * `mountds`: address of the store of each pool. On each line of standard input it does what the line says (JSON) and
 * writes a line.
 *
 * Its forwarder stands in for the data plane: calls reach the pool's store, but from this host's address.
 */
const { createSocket } = require('node:dgram');
const { createInterface } = require('node:readline');
const { clearInterval, setInterval } = require('node:timers');
const { Front } = require('../../dist/gateway/front/index.js');

const { mountds, ...options } = JSON.parse(process.argv[2] ?? '{}');
const MOUNT_PORT = 20_048;
const ATTEMPTS = 3;
const ATTEMPT_MS = 1000;

const forwarder = {
  call: (_client, call_bytes, { pool, signal }) =>
    new Promise((resolve) => {
      const socket = createSocket('udp4');
      let attempts = 0;
      const send = () => {
        if (attempts++ === ATTEMPTS) finish(undefined);
        else socket.send(call_bytes, MOUNT_PORT, mountds[pool ?? 'pool1']);
      };
      const timer = setInterval(send, ATTEMPT_MS);
      let ended = false;
      const finish = (reply) => {
        if (ended) return;
        ended = true;
        clearInterval(timer);
        socket.close();
        resolve(reply);
      };
      signal.addEventListener('abort', () => finish(undefined));
      socket.on('message', finish);
      send();
    }),
};

const obey = {
  status: (front) => front.status(),
  pools: (front, { pools }) => front.setPools(pools),
  stores: (front, { stores }) => front.setStores(stores),
};

async function main() {
  const front = await Front.start({ ...options, forwarder });
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    console.log(JSON.stringify((await obey[request.do](front, request)) ?? {}));
  }
  await front.stop();
}

void main();
