/** The console's files: static, the same for everyone, without a key. */
import path from 'node:path';
import express, { Router } from 'express';
import { projectRoot } from '../runtime/project-root.js';

/** What `dev/build-console.mjs` has made. */
const folder = path.join(projectRoot, 'dist', 'console', 'public');
/** Every page of the console is one file that reads its own address. */
const pages = [
  '/',
  '/runs',
  '/runs/:id',
  '/approvals/:id',
  '/effects/:key',
  '/kill-switches',
  '/grants',
] as const;
/** A name with the digest of its content, which therefore never changes. */
const lasting = /-[0-9A-Z]{8}\.(js|css)(\.map)?$/;

/** Serves the pages and what they load from `/console/`. */
export function consoleFiles(): Router {
  const router = Router();
  for (const page of pages) {
    router.get(page, (_request, response) => {
      response.set('Cache-Control', 'no-cache');
      response.sendFile('index.html', { root: folder, cacheControl: false });
    });
  }
  const files = express.static(folder, {
    index: false,
    redirect: false,
    cacheControl: false,
    setHeaders: (response, file) => {
      const isLasting = lasting.test(file);
      response.set('Cache-Control', isLasting ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  router.use('/console', files);
  return router;
}
