import { raisedAt, readTraceback } from './traceback';

const LINES = [
  'step 1',
  'Traceback (most recent call last):',
  '  File "Cell In[5]", line 12, in <module>',
  '    train(0)',
  '  File "Cell In[5]", line 7, in train',
  '    return 1 / rate',
  '           ~~^~~~~~',
  '  File "/usr/lib/python3/numbers.py", line 3, in divide',
  '    raise ZeroDivisionError',
  'ZeroDivisionError: division by zero'
];

describe('readTraceback', () => {
  it('names the lines of the cell, and those of nothing else', () => {
    const places = readTraceback(LINES).flatMap(pieces =>
      pieces.flatMap(({ place }) => (place ? [place] : []))
    );
    expect(places).toEqual([
      { name: 'Cell In[5]', line: 12, code: 'train(0)' },
      { name: 'Cell In[5]', line: 7, code: 'return 1 / rate' }
    ]);
  });

  it('loses no character', () => {
    const texts = readTraceback(LINES).map(pieces => pieces.map(({ text }) => text).join(''));
    expect(texts).toEqual(LINES);
  });
});

describe('raisedAt', () => {
  it('is the innermost line of the cell', () => {
    expect(raisedAt(LINES)?.line).toBe(7);
  });

  it('belongs to the last traceback', () => {
    const chain = [...LINES, '', 'During handling …', LINES[1], LINES[2], LINES[3], 'KeyError: 1'];
    expect(raisedAt(chain)?.line).toBe(12);
    expect(raisedAt([...LINES, LINES[1], 'KeyError: 1'])).toBeNull();
    expect(raisedAt(['no traceback'])).toBeNull();
  });
});
