import fc from 'fast-check';
import { SendQueue } from '../../src/gateway/send_queue';

interface Entry {
  client: number;
  number: number;
  is_done: boolean;
}

/** All that can be taken, as client and number. */
function drain(queue: SendQueue<number, Entry>): [number, number][] {
  const taken: [number, number][] = [];
  for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
    queue.take(next);
    taken.push([next.client, next.number]);
  }
  return taken;
}

test('clients take turns, and each has its own order', () => {
  const queue = new SendQueue<number, Entry>();
  [1, 1, 1, 2, 3, 3].forEach((client, number) => queue.push({ client, number, is_done: false }));
  const turns = [[1, 0], [2, 3], [3, 4], [1, 1], [3, 5], [1, 2]]; // prettier-ignore
  expect(drain(queue)).toEqual(turns);
});

test('whatever ends meanwhile, the others are taken, once each and in order', () => {
  const step = fc.record({ what: fc.constantFrom('push', 'push', 'push', 'end', 'take'), pick: fc.nat(999) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
      const queue = new SendQueue<number, Entry>();
      const waiting: Entry[] = [];
      const remove = (entry: Entry) => waiting.splice(waiting.indexOf(entry), 1);
      steps.forEach(({ what, pick }, number) => {
        if (what === 'push') {
          const entry = { client: pick % 3, number, is_done: false };
          queue.push(entry);
          waiting.push(entry);
        } else if (what === 'end') {
          const entry = waiting[pick % (waiting.length || 1)];
          if (entry === undefined) return;
          entry.is_done = true;
          queue.entryEnded(entry);
          remove(entry);
        } else {
          const entry = queue.peek();
          expect(entry === undefined).toBe(waiting.length === 0);
          if (entry === undefined) return;
          expect(waiting.find(({ client }) => client === entry.client)).toBe(entry);
          queue.take(entry);
          remove(entry);
        }
        expect(queue.length).toBe(waiting.length);
      });
      expect(drain(queue)).toHaveLength(waiting.length);
      expect(queue.is_empty).toBe(true);
    }),
  );
});
