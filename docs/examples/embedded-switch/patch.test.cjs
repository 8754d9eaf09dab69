/** The same in jest: `npx jest --config docs/examples/embedded-switch/jest.config.json`. */
const { afterEach, beforeEach, expect, test } = require('@jest/globals');
const { Buffer } = require('node:buffer');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { NO_FAULTS, Switch } = require('storeswitch/switch');

const program = JSON.parse(readFileSync(join(__dirname, 'patch.json'), 'utf8'));
const FRAME = Buffer.from('0200000000020200000000ff88b5cafe', 'hex');

let now_us;
let sw;
beforeEach(() => {
  now_us = 0;
  sw = new Switch({ ports: [1, 2], program, now_us: () => now_us });
});
afterEach(() => sw.close());

test('port 1 is patched to port 2', () => {
  expect(sw.exchange(1, FRAME)).toEqual([{ port: 2, frame: new Uint8Array(FRAME) }]);
});

test('a port that is down takes nothing', async () => {
  await sw.control.setPortUp(2, false);
  expect(sw.exchange(1, FRAME)).toEqual([]);
});

test('half of the frames are lost, the same half each time', async () => {
  async function seen(seed) {
    await sw.control.setFaults(2, { out: { ...NO_FAULTS, loss: 0.5, seed } });
    return Array.from({ length: 64 }, () => sw.exchange(1, FRAME).length).join('');
  }
  expect(await seen(7)).toBe(await seen(7));
  expect(await seen(8)).not.toBe(await seen(7));
});
