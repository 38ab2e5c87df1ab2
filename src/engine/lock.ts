import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { StudyError } from '../errors.ts';

/**
 * The run lock of a study: a local socket that the system closes with its process, so that no lock outlives a kill -9
 * and nobody has to decide whether a left-over file is stale. Holds between processes of one machine.
 */

export interface Holder {
  readonly pid: number;
  readonly user: string;
  readonly host: string;
  readonly command: string;
}

export interface Lock {
  release(): Promise<void>;
}

const ANSWER_MS = 2000;

/** Linux has sockets without a file, Windows has pipes; elsewhere the file is removed when nobody answers. */
function addressOf(folder: string): { address: string; file: boolean } {
  const id = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 24);
  if (process.platform === 'linux') return { address: `\0desist-${id}`, file: false };
  if (process.platform === 'win32') return { address: `\\\\.\\pipe\\desist-${id}`, file: false };
  return { address: join(tmpdir(), `desist-${id}.sock`), file: true };
}

function listen(address: string, holder: Holder): Promise<Server | 'taken'> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(JSON.stringify(holder));
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken');
      else reject(error);
    });
    server.listen({ path: address, exclusive: true }, () => resolve(server));
    server.unref();
  });
}

/** Who holds the lock; `silent` when somebody does but is too busy to say; undefined when nobody does. */
function ask(address: string): Promise<Holder | 'silent' | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(address);
    const timer = setTimeout(() => {
      socket.destroy();
      resolve('silent');
    }, ANSWER_MS);
    const done = (answer: Holder | 'silent' | undefined): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
    });
    socket.on('end', () => {
      try {
        done(JSON.parse(text) as Holder);
      } catch {
        done('silent');
      }
    });
    socket.on('error', () => done(undefined));
  });
}

/** Takes the lock of a study folder, or fails with E-LOCKED naming who holds it. */
export async function takeLock(folder: string, command: string): Promise<Lock> {
  mkdirSync(folder, { recursive: true });
  const { address, file } = addressOf(folder);
  const me: Holder = { pid: process.pid, user: userInfo().username, host: hostname(), command };
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const server = await listen(address, me);
    if (server !== 'taken') {
      return {
        release: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
          }),
      };
    }
    const holder = await ask(address);
    if (holder !== undefined) {
      const who =
        holder === 'silent'
          ? 'another process that is too busy to say who it is'
          : `process ${holder.pid} of ${holder.user} on ${holder.host} (${holder.command})`;
      throw new StudyError('E-LOCKED', `this study is being run by ${who}`);
    }
    if (file) rmSync(address, { force: true });
  }
  throw new StudyError(
    'E-LOCKED',
    'the lock of this study can not be taken; another run ends and starts again and again',
  );
}
