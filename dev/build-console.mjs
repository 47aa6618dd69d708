// Builds the console: one script and one style sheet, named by their content, and the page that
// loads them.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { build } from 'esbuild';

const source = path.resolve(import.meta.dirname, '..', 'console');
const output = path.resolve(import.meta.dirname, '..', 'dist', 'console', 'public');

/** What the page's browsers understand: those of the last two years. */
const target = ['chrome122', 'firefox124', 'safari17.4'];

async function bundle() {
  const { metafile } = await build({
    entryPoints: [path.join(source, 'main.tsx'), path.join(source, 'styles', 'main.css')],
    entryNames: '[name]-[hash]',
    outdir: output,
    bundle: true,
    format: 'esm',
    minify: true,
    sourcemap: true,
    target,
    tsconfig: path.join(source, 'tsconfig.json'),
    metafile: true,
    logLevel: 'warning',
  });
  return Object.keys(metafile.outputs).map((file) => path.basename(file));
}

/**
 * @param {readonly string[]} names
 * @param {string} ending
 */
function only(names, ending) {
  const found = names.filter((name) => name.endsWith(ending));
  if (found.length !== 1) throw new Error(`Expected one ${ending}, got: ${found.join(', ')}`);
  return found[0] ?? '';
}

try {
  await rm(output, { recursive: true, force: true });
  await mkdir(output, { recursive: true });
  const names = await bundle();
  const page = await readFile(path.join(source, 'index.html'), 'utf8');
  const filled = page
    .replace('%STYLE%', only(names, '.css'))
    .replace('%SCRIPT%', only(names, '.js'));
  await writeFile(path.join(output, 'index.html'), filled);
  await cp(path.join(source, 'icon.svg'), path.join(output, 'icon.svg'));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
