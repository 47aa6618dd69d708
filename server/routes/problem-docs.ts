/** The page that the `type` of every problem leads to. */
import type { Response } from 'express';
import { failures } from '../../contracts/failure.js';
import type { GatewayDependencies } from '../dependencies.js';

/** `GET /docs/problems`: every code with its status, and what can be done. Only constants of ours. */
export function getProblemDocs(_gateway: GatewayDependencies, response: Response): void {
  response.type('html').send(page);
}

const sections = Object.entries(failures).map(
  ([code, { title, status, retryable, hint }]) =>
    `<h2 id="${code}"><code>${code}</code></h2>
<p>${title} (${status}${retryable ? ', a retry can help' : ''}). ${hint.replaceAll('<', '&lt;')}</p>`,
);

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Belay: problems</title>
<h1>Problems and the way out</h1>
${sections.join('\n')}
</html>
`;
