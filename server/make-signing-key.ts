/** Makes the private key of a gateway, and says what workers are told of it. */
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { addTrustedKey, makeSigningKey } from '../runtime/key-files.js';
import { createSigner } from '../runtime/signing.js';

const usage =
  'Usage: node dist/server/make-signing-key.js <file> [--trust <file>] [--keep]\n' +
  '  <file>   is made with a private key, for its owner alone; one that is there is refused\n' +
  '  --trust  adds the public key to this file of trusted keys, which is made if need be\n' +
  '  --keep   takes the key in <file> where there is one\n';

function main(): void {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { trust: { type: 'string' }, keep: { type: 'boolean', default: false } },
  });
  const [file, ...rest] = positionals;
  if (file === undefined || rest.length > 0) throw new Error(usage);
  if (!values.keep || !existsSync(file)) makeSigningKey(file);
  const { keyId, publicKey: key } = createSigner(readFileSync(file, 'utf8'));
  if (values.trust !== undefined) addTrustedKey(values.trust, { keyId, key });
  // The public key alone goes to stdout, for a script.
  process.stderr.write(`The private key is in ${file}, for gateways alone. Workers trust it as:\n`);
  process.stdout.write(`${JSON.stringify({ [keyId]: key })}\n`);
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
