/** What docker-compose.yml, Dockerfile, .env.example and the guide say, held against the code. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { searchAttributes } from '../../contracts/search-attributes.js';
import { configVariables, readConfig } from '../../runtime/config.js';
import { projectRoot } from '../../runtime/project-root.js';
import { askedVariables, neededVariables, readCompose, readProjectFile } from './compose-file.js';
import { readImage } from './image.js';

const compose = readCompose(neededVariables());
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image.startsWith('belay:'));
const isStep = ({ restart }: (typeof services)[number][1]) => restart?.startsWith('on-failure');

/** What production is not meant to set. */
const leftOut: Readonly<Record<string, string>> = {
  API_KEY_PEPPER_FILE:
    'the compose file gives the variable; a platform with secret files gives this',
  BELAY_CRASH_POINTS: 'crashes on request are for tests, and refused in production',
  BELAY_CRASH_HITS: 'as above',
  BELAY_STACK_FILE: 'a worker is killed on request on a development machine only',
  SIGNING_KEY: 'the compose file has a volume for it, where `docker inspect` does not show it',
  TRUSTED_KEYS: 'as above: a file is read again when it changes',
  BELAY_LOCAL_PRINCIPAL: 'callers without a key exist on a development machine only',
};

describe('the variables of our services', () => {
  it('are all read by config.ts, and usable as they stand', () => {
    const names = ours.map(([name]) => name);
    expect(names).toEqual(['migrate', 'register', 'signing-key', 'gateway', 'worker']);
    for (const [, { environment }] of ours) {
      if (environment === undefined) continue;
      const all = { ...readImage().environment, ...environment };
      expect(configVariables).toEqual(expect.arrayContaining(Object.keys(all)));
      expect(readConfig(all)).toMatchObject({ NODE_ENV: 'production', LOG_FORMAT: 'json' });
    }
  });

  it('are all that config.ts reads, but for what is left out on purpose', () => {
    const given = new Set([
      ...ours.flatMap(([, { environment = {} }]) => Object.keys(environment)),
      ...Object.keys(readImage().environment),
      ...Object.keys(leftOut),
    ]);
    expect([...given].toSorted()).toEqual([...configVariables].toSorted());
    for (const [, { environment = {} }] of ours) {
      expect(Object.keys(environment).filter((name) => name in leftOut)).toEqual([]);
    }
  });

  it('give the owner’s password to the two steps alone, and the services’ keys to the worker alone, and the pepper to the gateway alone', () => {
    const holders = (name: string) =>
      ours.filter(([, { environment }]) => environment?.[name] !== undefined).map(([who]) => who);
    expect(holders('MIGRATION_DATABASE_URL')).toEqual(['migrate', 'register']);
    expect(holders('API_KEY_PEPPER')).toEqual(['gateway']);
    const secrets = [
      'ANTHROPIC_API_KEY',
      'OPENAI_API_KEY',
      'STRIPE_API_KEY',
      'SMTP_URL',
      'DESK_TOKEN',
    ];
    for (const key of [...secrets, 'HTTP_REQUEST_ORIGINS']) {
      expect(holders(key)).toEqual(['worker']);
    }
  });

  it('give the private key to gateways alone, and to workers public ones that they cannot change', () => {
    const { 'signing-key': maker, gateway, worker, ...others } = compose.services;
    expect(gateway).toMatchObject({
      environment: { SIGNING_KEY_FILE: '/keys/private/signing-key.pem' },
      volumes: ['signing-key:/keys/private:ro'],
    });
    expect(worker).toMatchObject({
      environment: { TRUSTED_KEYS_FILE: '/keys/trusted/trusted-keys.json' },
      volumes: ['trusted-keys:/keys/trusted:ro'],
    });
    expect(maker).toMatchObject({
      network_mode: 'none',
      volumes: ['signing-key:/keys/private', 'trusted-keys:/keys/trusted'],
      command: expect.arrayContaining([
        gateway?.environment?.['SIGNING_KEY_FILE'],
        worker?.environment?.['TRUSTED_KEYS_FILE'],
      ]),
    });
    expect(Object.keys(worker?.environment ?? {}).join()).not.toContain('SIGNING');
    const mounted = Object.values(others).flatMap(({ volumes = [] }) => volumes);
    expect(mounted).toEqual(['postgres:/var/lib/postgresql']);
    for (const folder of ['private', 'trusted']) {
      expect(readProjectFile('Dockerfile')).toMatch(
        new RegExp(`install --directory --owner=node --group=node --mode=7\\d\\d /keys/${folder}`),
      );
    }
  });

  it('leave a call under way the time that the worker gives it', () => {
    const { stop_grace_period: stop = '', environment } = compose.services['worker']!;
    const { WORKER_SHUTDOWN_GRACE_MS: grace } = readConfig(environment);
    expect(Number(stop.replace(/s$/, '')) * 1_000).toBeGreaterThan(grace + 5_000);
  });
});

describe('.env.example', () => {
  it('names each variable of the compose file and no other', () => {
    const named = readProjectFile('.env.example').match(/^[A-Z_]+(?==$)/gm);
    const asked = new Set(askedVariables().map(({ name }) => name));
    expect(named?.toSorted()).toEqual([...asked].toSorted());
  });

  it('is the only place for secrets: none has a value in any file, and nothing of .env is kept', () => {
    for (const { name, rest, kind } of askedVariables()) {
      // The name of a file is no secret.
      if (!/(PASSWORD|KEY|PEPPER|TOKEN|SMTP_URL|DATABASE_URL|ORIGINS)$/.test(name)) continue;
      expect([name, kind === '?' ? '' : rest]).toEqual([name, '']);
    }
    expect(readProjectFile('.env.example')).not.toMatch(/^[A-Z_]+=./m);
    expect(readProjectFile('.gitignore').split('\n')).toContain('.env');
    expect(readProjectFile('.dockerignore').split('\n')).toEqual(
      expect.arrayContaining(['*', '**/.env*']),
    );
  });

  it('without a needed value the file is refused, and says which', () => {
    expect(() => readCompose({ ...neededVariables(), BELAY_OWNER_PASSWORD: '' })).toThrow(
      'BELAY_OWNER_PASSWORD is not set',
    );
  });
});

describe('every container', () => {
  it.each(services)('%s is of one exact version', (_name, { image }) => {
    expect(image).toMatch(/:\d+\.\d+(\.\d+)?(-bookworm)?$/);
    expect(image).not.toContain('auto-setup');
  });

  it.each(services)(
    '%s runs as somebody, not as root, and can become nobody else',
    (_name, service) => {
      expect(service.user).toMatch(/^(postgres|node|1000:1000)$/);
      expect(service.privileged).toBeUndefined();
      expect(service).toMatchObject({
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        init: true,
      });
    },
  );

  it.each(services)(
    '%s starts again when it dies; one that stays says how it is',
    (_name, service) => {
      expect(service.restart).toMatch(/^(unless-stopped|on-failure:\d+)$/);
      expect(service.healthcheck === undefined).toBe(isStep(service) === true);
    },
  );

  it.each(services)('%s is reached from this machine at most', (_name, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(services)('%s waits for steps to end and for servers to be healthy', (_name, service) => {
    for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
      const end = isStep(compose.services[name]!) ? 'completed_successfully' : 'healthy';
      expect([name, condition]).toEqual([name, `service_${end}`]);
    }
  });
});

describe('Postgres and Temporal', () => {
  it('are on a network without a way in or out', () => {
    expect(compose.networks['inside']).toEqual({ internal: true });
    for (const name of ['postgres', 'temporal', 'temporal-schema', 'temporal-namespace']) {
      expect(compose.services[name]).toMatchObject({ networks: ['inside'] });
      expect(compose.services[name]?.ports).toBeUndefined();
    }
  });

  it('have tools of the server’s version, the search attributes of contracts/, and a UI that only looks', () => {
    const {
      temporal,
      'temporal-schema': schema,
      'temporal-namespace': namespace,
    } = compose.services;
    expect(schema?.image.split(':')[1]).toBe(temporal?.image.split(':')[1]);
    const script = namespace?.command?.[0] ?? '';
    const made = [...script.matchAll(/--name (\w+) --type (\w+)/g)].map(([, name, kind]) => ({
      name,
      kind,
    }));
    expect(made).toEqual(Object.values(searchAttributes));
    for (const { name } of Object.values(searchAttributes))
      expect(script).toContain(`${name} = ''`);
    expect(compose.services['temporal-ui']?.environment).toMatchObject({
      TEMPORAL_DISABLE_WRITE_ACTIONS: 'true',
    });
  });
});

describe('the image', () => {
  const { programs, bases, user, folders } = readImage();

  it('is of one exact Node on glibc, and runs as somebody', () => {
    expect(bases.length).toBeGreaterThan(0);
    for (const base of bases) expect(base).toMatch(/^node:\d+\.\d+\.\d+-bookworm-slim$/);
    expect(user).toBe('node');
  });

  it('holds every program that a service of ours runs', () => {
    const scripts = [programs.at(0), ...ours.map(([, { command }]) => command)];
    for (const command of scripts) {
      const [node, script = ''] = command ?? [];
      expect(node).toBe('node');
      expect(folders).toContain(path.dirname(script));
      const source = script.replace(/^dist\//, '').replace(/\.js$/, '.ts');
      expect([source, existsSync(path.join(projectRoot, source))]).toEqual([source, true]);
    }
  });
});

describe('docs/operations.md', () => {
  it('explains each variable of config.ts and no other', () => {
    const rows = readProjectFile('docs/operations.md').match(/^\| `[A-Z_]+`/gm) ?? [];
    expect(rows.map((row) => row.slice(3, -1)).toSorted()).toEqual([...configVariables].toSorted());
  });
});
