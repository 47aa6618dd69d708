/** A reader of server-sent events that can be cut after any number of frames. */

export interface Frame {
  readonly id: string | null;
  readonly event: string;
  readonly data: unknown;
}

export interface StreamPart {
  readonly frames: readonly Frame[];
  /** The gateway said that there is no more. */
  readonly isEnded: boolean;
  readonly headers: Headers;
  readonly text: string;
}

/** Reads frames until the end, or breaks the connection after `most` of them. */
export async function readStream(
  url: string,
  after: number | null,
  most: number,
  onFrame: (frame: Frame) => void = () => undefined,
  moreHeaders: Readonly<Record<string, string>> = {},
): Promise<StreamPart> {
  const cut = new AbortController();
  const answer = await fetch(url, {
    headers: {
      accept: 'text/event-stream',
      ...(after === null ? {} : { 'last-event-id': String(after) }),
      ...moreHeaders,
    },
    signal: cut.signal,
  });
  if (answer.status !== 200 || answer.body === null) throw new Error(`Answered ${answer.status}`);
  const frames: Frame[] = [];
  let text = '';
  let rest = '';
  for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const frame = frameOf(block);
      if (frame === null || frames.length >= most) continue;
      frames.push(frame);
      onFrame(frame);
    }
    if (frames.length >= most) break;
  }
  cut.abort();
  return { frames, isEnded: frames.at(-1)?.event === 'end', headers: answer.headers, text };
}

function frameOf(block: string): Frame | null {
  const fields = new Map(
    block.split('\n').map((line) => {
      const end = line.indexOf(': ');
      return [line.slice(0, end), line.slice(end + 2)] as const;
    }),
  );
  const event = fields.get('event');
  if (event === undefined) return null;
  return { id: fields.get('id') ?? null, event, data: JSON.parse(fields.get('data') ?? 'null') };
}
