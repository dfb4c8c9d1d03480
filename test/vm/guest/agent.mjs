/**
 * The agent runs in the guest, and a test on the host directs it: it calls functions of the compiled project and of Node, and runs
 * programs. Requests and answers are JSON objects, one a line, over a virtio serial port; requests run concurrently.
 * One process serves them all, because an emulated CPU takes seconds to start Node.
 *
 *   (at its start)                            → { id: 0, value: 'ready' }
 *   { id, module, name, args, hold? }         → { id, value } or { id, error: { name, message, code } }
 *   { id, held, name, args }                  → the same, for a method of the object that is kept under the name `held`
 *   { id, command, answers, timeoutMs, env }  → { id, value: { code, stdout, stderr } }
 *
 * With `hold` the agent keeps the result under this name, and the value is null. `answers` replaces an operator at the
 * keyboard: for each entry the agent types `type` when the program has printed `after`.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PORT = 'plugpull';
const [, , project] = process.argv;

function portPath() {
  for (const port of fs.readdirSync('/sys/class/virtio-ports')) {
    if (fs.readFileSync(`/sys/class/virtio-ports/${port}/name`, 'utf8').trim() === PORT) return `/dev/${port}`;
  }
  throw new Error(`no virtio port is named ${PORT}: start QEMU with a virtserialport of this name`);
}

const fd = fs.openSync(portPath(), 'r+');

function answer(message) {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at);
}

const holding = new Map();

function load(module) {
  return import(module.startsWith('node:') ? module : pathToFileURL(join(project, 'dist', module)).href);
}

async function call({ module, held, name, args, hold }) {
  const owner = held === undefined ? await load(module) : holding.get(held);
  const value = await owner[name](...args);
  if (hold === undefined) return value ?? null;
  holding.set(hold, value);
  return null;
}

function run({ command, answers, timeoutMs, env }) {
  return new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd: '/tmp',
      env: { ...process.env, ...env },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    const output = { stdout: '', stderr: '' };
    const open = [...answers];
    let read = 0;
    const typeOn = () => {
      for (let at; open.length > 0 && (at = output.stdout.indexOf(open[0].after, read)) >= 0; read = at + 1)
        child.stdin.write(open.shift().type);
    };
    for (const name of ['stdout', 'stderr']) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] += text;
        typeOn();
      });
    }
    child.stdin.on('error', () => undefined);
    if (open.length === 0) child.stdin.end();
    child.on('error', (error) => resolve({ code: 127, ...output, stderr: String(error) }));
    child.on('close', (code, signal) => resolve({ code: code ?? signal, ...output }));
  });
}

async function serve(line) {
  const request = JSON.parse(line);
  try {
    answer({ id: request.id, value: await (request.command === undefined ? call(request) : run(request)) });
  } catch (error) {
    answer({ id: request.id, error: { name: error.name, message: error.message, code: error.code } });
  }
}

let pending = '';
const buffer = Buffer.alloc(65536);
function readOn() {
  fs.read(fd, buffer, 0, buffer.length, null, (error, length) => {
    if (error || length === 0) process.exit(1);
    const lines = (pending + buffer.toString('utf8', 0, length)).split('\n');
    pending = lines.pop();
    lines.forEach((line) => void serve(line));
    readOn();
  });
}

answer({ id: 0, value: 'ready' });
readOn();
