import fc from 'fast-check';
import { LineSplitter } from '../../src/admin/lines';

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\n', ' '))),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (lines, cuts) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const splitter = new LineSplitter(1024);
          const seen: string[] = [];
          for (let at = 0, turn = 0; at < bytes.length; turn++) {
            const length = cuts[turn % cuts.length] ?? 1;
            seen.push(...splitter.push(bytes.subarray(at, at + length)));
            at += length;
          }
          expect(seen).toEqual(lines);
        },
      ),
    );
  });

  it('keeps the last line until its end arrives', () => {
    const splitter = new LineSplitter(8);
    expect(splitter.push(Buffer.from('ab'))).toEqual([]);
    expect(splitter.push(Buffer.from('c\nd'))).toEqual(['abc']);
    expect(splitter.push(Buffer.from('\n'))).toEqual(['d']);
  });

  it('refuses a line that is too long, whether or not its end is there', () => {
    expect(() => new LineSplitter(4).push(Buffer.from('12345'))).toThrow('a line of more than 4 bytes');
    expect(() => new LineSplitter(4).push(Buffer.from('12345\n'))).toThrow('a line of more than 4 bytes');
    expect(new LineSplitter(4).push(Buffer.from('1234\n'))).toEqual(['1234']);
  });
});
