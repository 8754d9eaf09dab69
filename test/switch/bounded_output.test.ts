import { PassThrough } from 'node:stream';
import { BoundedOutput } from '../../src/switch/bounded_output';

function textOf(stream: PassThrough): string {
  return String(stream.read() ?? '');
}

test('lines pass as they are while they are read', () => {
  const stream = new PassThrough();
  const output = new BoundedOutput(stream);
  for (let i = 0; i < 3; i++) output.write(`line ${i}\n`);
  expect(textOf(stream)).toBe('line 0\nline 1\nline 2\n');
});

test('a reader who is stuck costs bounded memory, and is told what was missed', async () => {
  const stream = new PassThrough({ highWaterMark: 16 });
  const output = new BoundedOutput(stream, undefined, 1000);
  for (let i = 0; i < 1_000_000; i++) output.write('0123456789\n');
  expect(stream.writableLength + stream.readableLength).toBeLessThan(2000);
  const { dropped } = output;
  expect(dropped).toBeGreaterThan(999_000);
  let text = '';
  stream.on('data', (chunk) => (text += String(chunk)));
  await new Promise((resolve) => stream.once('drain', resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(text).toContain(`... ${dropped} lines were not written`);
  expect(text.split('\n').filter((line) => line === '0123456789').length + dropped).toBe(1_000_000);
  expect(output.dropped).toBe(0);
});

test('a reader who goes ends the output, once, and nothing else', async () => {
  const stream = new PassThrough();
  const errors: string[] = [];
  const output = new BoundedOutput(stream, (error) => errors.push(error.message));
  stream.destroy(new Error('EPIPE'));
  await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 3; i++) output.write('line\n');
  await new Promise((resolve) => setImmediate(resolve));
  expect(errors).toEqual(['EPIPE']);
});
