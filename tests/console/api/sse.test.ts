import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createSseReader, type SseMessage } from '../../../console/api/sse.js';

function readAll(chunks: readonly string[]): SseMessage[] {
  const messages: SseMessage[] = [];
  const take = createSseReader((message) => void messages.push(message));
  for (const chunk of chunks) take(chunk);
  return messages;
}

const lineEnds = fc.constantFrom('\n', '\r\n');

test('reads the same messages however the stream is cut', () => {
  const words = fc.string({ unit: 'grapheme-ascii' }).map((text) => `x${text}`);
  const event = fc.record({ type: words, data: words });
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 8 }),
      lineEnds,
      fc.array(fc.nat(), { maxLength: 30 }),
      (events, end, cuts) => {
        const text = events
          .map(({ type, data }, index) =>
            [': beat', `id: ${index}`, `event: ${type}`, `data: ${data}`, '', ''].join(end),
          )
          .join('');
        const places = [...cuts.map((cut) => cut % (text.length + 1)), 0, text.length];
        places.sort((left, right) => left - right);
        const chunks = places.slice(1).map((place, index) => text.slice(places[index], place));
        const expected = events.map(({ type, data }, index) => ({ id: String(index), type, data }));
        expect(readAll(chunks)).toEqual(expected);
      },
    ),
  );
});

test('a message without data is none, and a half message waits for its end', () => {
  expect(readAll([': beat\n\n', 'event: end\n\n', 'id: 7\ndata: {"seq'])).toEqual([]);
  expect(readAll(['data: a\ndata:b\n\n'])).toEqual([{ id: '', type: 'message', data: 'a\nb' }]);
});
