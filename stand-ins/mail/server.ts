/** The mail stand-in: an SMTP server that keeps what it gets, and a page that shows it. */
import { createServer } from 'node:http';
import { listen, sendJson } from '../http.js';
import { openJournal } from '../journal.js';
import type { KeptMessage } from './message.js';
import { startSmtp } from './smtp.js';

export interface MailOptions {
  /** 0 for any free one. */
  readonly smtpPort: number;
  /** 0 for any free one. */
  readonly queryPort: number;
  readonly journalPath: string;
}

export interface RunningMailStandIn {
  /** `smtp://127.0.0.1:<port>`: where mail goes. */
  readonly smtpUrl: string;
  /** `http://127.0.0.1:<port>`: where one asks what came. */
  readonly url: string;
  /** Stops listening, breaks what is open, and leaves no handle behind. */
  close(): Promise<void>;
}

/** Starts it. What an earlier process accepted is still shown. */
export async function startMailStandIn(options: MailOptions): Promise<RunningMailStandIn> {
  const journal = openJournal<KeptMessage>(options.journalPath);
  const smtp = await startSmtp(options.smtpPort, (message) => journal.append(message));
  const query = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://stand-in');
    if (pathname === '/livez') return sendJson(response, { status: 200, body: { status: 'ok' } });
    const isList = request.method === 'GET' && (pathname === '/' || pathname === '/messages');
    sendJson(
      response,
      isList
        ? { status: 200, body: { data: journal.entries() } }
        : { status: 404, body: { error: 'There is only GET /messages here.' } },
    );
  });
  const { url, close } = await listen(query, options.queryPort, () => undefined);
  return {
    smtpUrl: smtp.url,
    url,
    async close() {
      await Promise.all([smtp.close(), close()]);
      journal.close();
    },
  };
}
