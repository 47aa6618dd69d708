/** Reads the data of server-sent events, as chat completions stream them. */

/** The longest line that is waited for, in characters: a stream without line ends is no stream. */
const lineCharacters = 4 * 1024 * 1024;

/** The `data` of each event, in order. Comments, names and ids are left out. Throws a RangeError. */
export async function* readEventData(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/u);
    rest = lines.pop() ?? '';
    if (rest.length > lineCharacters) throw new RangeError('An event has no end');
    // Each chunk of a completion is one line: nobody splits them, and nobody needs the empty line.
    for (const line of lines) if (line.startsWith('data:')) yield line.slice(5).trim();
  }
  rest += decoder.decode();
  if (rest.startsWith('data:')) yield rest.slice(5).trim();
}
