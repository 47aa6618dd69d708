/** Reads the text of a server-sent event stream, however it was cut into chunks. Pure. */

export interface SseMessage {
  readonly id: string;
  readonly type: string;
  readonly data: string;
}

/** Makes a function that takes chunks of text and calls `onMessage` for each whole message. */
export function createSseReader(onMessage: (message: SseMessage) => void): (chunk: string) => void {
  let rest = '';
  let id = '';
  let type = '';
  let data: string[] = [];
  const takeLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) onMessage({ id, type: type || 'message', data: data.join('\n') });
      type = '';
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') id = value;
    else if (field === 'event') type = value;
    else if (field === 'data') data.push(value);
  };
  return (chunk) => {
    rest += chunk;
    // A carriage return at the end may be half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
  };
}
