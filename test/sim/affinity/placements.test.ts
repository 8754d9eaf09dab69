/** The judge of the benchmark can say no. */
import { Placements } from '../../../src/sim/affinity/placements';

const [A, B] = [0, 1];

test('who has sent it to the one that took it must send it there again', () => {
  const placements = new Placements();
  placements.take({ store: 3, incarnation: 1 }, placements.send(A, 10, 3, 1));
  placements.send(A, 11, 3, 1);
  expect(placements.judge(A)).toBe('right');
  placements.send(A, 12, 4, 1);
  expect(placements.judge(A)).toBe('misplaced');
});

test('so must who has the same entries', () => {
  const placements = new Placements();
  placements.take({ store: 3, incarnation: 1 }, placements.send(A, 10, 3, 1));
  placements.send(B, 10, 4, 1);
  expect(placements.judge(B)).toBe('misplaced');
});

test('who has others cannot know', () => {
  const placements = new Placements();
  placements.take({ store: 3, incarnation: 1 }, placements.send(A, 10, 3, 1));
  placements.send(B, 11, 4, 1);
  expect(placements.judge(B)).toBe('misplaced_across_views');
  // Nor can it later: it goes by what it has decided.
  placements.send(B, 10, 4, 1);
  expect(placements.judge(B)).toBe('misplaced_across_views');
});

test('who goes by what it has decided before is compared with what was so then', () => {
  const placements = new Placements();
  placements.send(A, 9, 3, 1);
  placements.take({ store: 3, incarnation: 1 }, placements.send(A, 10, 3, 1));
  placements.send(B, 10, 4, 1);
  expect(placements.judge(B)).toBe('misplaced_across_views');
});

test('what a store got before it died says nothing of it afterwards', () => {
  const placements = new Placements();
  placements.send(A, 10, 3, 1);
  placements.send(A, 11, 4, 1);
  placements.take({ store: 3, incarnation: 2 }, placements.send(B, 12, 3, 2));
  placements.send(A, 11, 4, 1);
  expect(placements.judge(A)).toBe('misplaced_across_views');
});

test('a beginning forgets what was before', () => {
  const placements = new Placements();
  placements.take({ store: 3, incarnation: 1 }, placements.send(A, 10, 3, 1, true));
  placements.take({ store: 4, incarnation: 1 }, placements.send(A, 11, 4, 1, true));
  placements.send(A, 12, 4, 1);
  expect(placements.judge(A)).toBe('right');
  expect(placements.taken).toMatchObject({ store: 4 });
});
