/** The console's files: static, the same for everyone, without a key. */
import path from 'node:path';
import express, { Router } from 'express';
import { projectRoot } from '../runtime/project-root.js';

const folder = path.join(projectRoot, 'console');
/** Every page of the console is one file that reads its own address. */
const pages = ['/', '/runs/:id', '/approvals/:id'] as const;

/** Serves the pages and what they load from `/console/`. */
export function consoleFiles(): Router {
  const router = Router();
  for (const page of pages) {
    router.get(page, (_request, response) => {
      response.set('Cache-Control', 'no-cache');
      response.sendFile('index.html', { root: folder, cacheControl: false });
    });
  }
  const files = express.static(folder, { index: false, redirect: false, maxAge: 0 });
  router.use('/console', files);
  return router;
}
