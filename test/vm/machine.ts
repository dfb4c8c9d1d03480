/**
 * A virtual machine with a stock kernel and the drivers of a test bench: NVMe, SCSI, SATA, USB, 16550 UARTs. It
 * mounts this host's file system read-only and runs the compiled product, Node, udev and tools from it. Its writes are
 * lost. QEMU emulates the CPU (TCG): the machine takes seconds to start and runs ten times slower than the host. It has
 * one processor: two would spin for each other whenever this host is busy.
 *
 * The machine ends with the process that started it, and leaves no files behind.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  backend,
  controllers,
  frontends,
  qemuJson,
  type DiskKind,
  type MachineDisk,
  type Properties,
} from './hardware.js';
import { buildInitramfs } from './initramfs.js';
import { findKernel } from './kernel.js';
import { JsonLines } from './lines.js';
import { findProgram } from './prerequisites.js';
import { Replies } from './replies.js';

const PROJECT = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));
/** The command in the guest. */
export const PLUGPULL: readonly string[] = [
  `/host${realpathSync(process.execPath)}`,
  `/host${PROJECT}/dist/cli/main.js`,
];
/** Bound a hang only: two cores may emulate two machines next to other tests, each at a tenth of its usual speed. */
const START_MS = 300_000;
const REPLY_MS = 300_000;
const UDEV_SECONDS = 240;
const LOOK_AGAIN_MS = 100;
/**
 * An older model: AVX and page tables of five levels are slow to emulate. With RDRAND the kernel has random numbers at
 * once; Node waits for them.
 */
const CPU = 'Nehalem,+rdrand,+fsgsbase';
const MEMORY_MIB = 1024;
const CONSOLE_TAIL_BYTES = 3000;
const USB_SERIAL = 'usbserial';

/**
 * The machine starts quickly and ends when the kernel panics. The HPET keeps the host's time. The time stamp counter
 * does not: the kernel calibrates it at start, and on a busy host the result was so wrong that an hour passed in three
 * minutes, and every timeout of udev, drivers and bench expired.
 */
const COMMAND_LINE =
  'console=ttyS0 quiet loglevel=4 panic=-1 mitigations=off nokaslr no_timer_check cryptomgr.notests tsc=unstable clocksource=hpet random.trust_cpu=on';

export interface MachineOptions {
  disks?: readonly MachineDisk[];
  /** Ttys of this host, in the guest /dev/ttyS1 and up; `null`: a UART without a peer. */
  serialPorts?: readonly (string | null)[];
  /** Kernel modules in addition to those of the buses. */
  modules?: readonly string[];
  /** Events that QEMU traces: see `traced`. */
  trace?: readonly string[];
}

export interface Output {
  /** The exit code, or the name of the signal that ended it. */
  code: number | string;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Each is typed when standard output has printed the text before it. */
  answers?: readonly { after: string; type: string }[];
  env?: Record<string, string>;
  timeoutMs?: number;
}

/** Resolves when the agent in the guest answers. Otherwise rejects with the end of the console. */
export async function startMachine(options: MachineOptions = {}): Promise<Machine> {
  const folder = mkdtempSync(join(tmpdir(), 'plugpull-vm-'));
  const machine = new Machine(folder);
  try {
    await machine.start(options);
    return machine;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const tail = machine.console().slice(-CONSOLE_TAIL_BYTES);
    await machine.close();
    throw new Error(`the machine did not start: ${reason}\n${tail}`, { cause: error });
  }
}

export class Machine {
  readonly #folder: string;
  readonly #agent = new Replies('the agent');
  readonly #qmp = new Replies('QEMU');
  readonly #deleted = new Map<string, () => void>();
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  #agentLines: JsonLines | null = null;
  #qmpLines: JsonLines | null = null;
  /** Disk by slot of its bus; null: free. */
  readonly #slots: Record<DiskKind, (string | null)[]> = { nvme: [], scsi: [], ata: [], usb: [] };

  constructor(folder: string) {
    this.#folder = folder;
  }

  async start(options: MachineOptions): Promise<void> {
    const kernel = findKernel()!;
    const paths = this.#paths();
    writeFileSync(paths.initramfs, buildInitramfs(kernel, PROJECT, options.modules ?? []));
    this.#agentLines = await JsonLines.listen(paths.agent, (message) => this.#agent.take(message));
    this.#qmpLines = await JsonLines.listen(paths.qmp, (message) => this.#event(message));
    const ready = this.#agent.expect(0, START_MS);
    const log = openSync(paths.errors, 'w');
    const program = ['--pdeathsig', 'KILL', findProgram('qemu-system-x86_64')!];
    const child = spawn('setpriv', [...program, ...this.#arguments(kernel.image, options)], {
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#agent.fail(why);
        this.#qmp.fail(why);
        resolve();
      };
      child.once('error', (error) => end(String(error)));
      child.once('exit', (code, signal) =>
        end(`QEMU ended (${code ?? signal}): ${readFileSync(paths.errors, 'utf8').slice(-CONSOLE_TAIL_BYTES)}`),
      );
    });
    await ready;
    await this.qmp('qmp_capabilities');
    await this.named(options.disks ?? []);
  }

  /** Calls a function of the compiled product (`gate/gate.js`) or of Node (`node:fs`) in the guest. */
  async call<T>(module: string, name: string, ...args: unknown[]): Promise<T> {
    return (await this.#ask({ module, name, args }, REPLY_MS)) as T;
  }

  /** As `call`, for a result that JSON cannot express: it stays in the guest under a name, for `callHeld`. */
  async hold(held: string, module: string, name: string, ...args: unknown[]): Promise<void> {
    await this.#ask({ module, name, args, hold: held }, REPLY_MS);
  }

  async callHeld<T>(held: string, name: string, ...args: unknown[]): Promise<T> {
    return (await this.#ask({ held, name, args }, REPLY_MS)) as T;
  }

  /** Runs a program of the host in the guest. `timeoutMs` ends it. */
  async run(
    command: readonly string[],
    { timeoutMs = REPLY_MS, answers = [], env = {} }: RunOptions = {},
  ): Promise<Output> {
    return (await this.#ask({ command, timeoutMs, answers, env }, timeoutMs + REPLY_MS)) as Output;
  }

  /** As `run`: returns standard output, and rejects when the program fails. */
  async must(...command: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(command);
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  }

  /** Runs plugpull in the guest. */
  async plugpull(args: readonly string[], options: RunOptions = {}): Promise<Output> {
    return this.run([...PLUGPULL, ...args], options);
  }

  async qmp(execute: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const { id, reply } = this.#qmp.next(REPLY_MS);
    this.#qmpLines!.send(qemuJson({ execute, arguments: args, id }));
    return reply;
  }

  /** Does not wait for the guest: see `named`. */
  async attach(disk: MachineDisk): Promise<void> {
    await this.qmp('blockdev-add', backend(disk));
    for (const device of frontends(disk, this.#takeSlot(disk))) await this.qmp('device_add', device);
  }

  /** A USB-to-serial bridge (FTDI's chip), always in the same port. Its peer is a file: see `sentOverUsb`. */
  async attachUsbSerial(): Promise<void> {
    const backend = { type: 'file', data: { out: this.#paths().usbSerial } };
    await this.qmp('chardev-add', { id: USB_SERIAL, backend });
    await this.qmp('device_add', {
      driver: 'usb-serial',
      id: USB_SERIAL,
      chardev: USB_SERIAL,
      bus: 'xhci.0',
      port: '4',
    });
  }

  async detachUsbSerial(): Promise<void> {
    await this.#unplug(USB_SERIAL);
    await this.#release('chardev-remove', { id: USB_SERIAL });
  }

  /** All bytes that the guest has sent to the bridge. */
  sentOverUsb(): Buffer {
    return readFileSync(this.#paths().usbSerial);
  }

  /** Unplugs the disk. Resolves when the guest has released it. */
  async detach(disk: MachineDisk): Promise<void> {
    for (const { id } of frontends(disk, 0)) await this.#unplug(String(id));
    await this.#release('blockdev-del', { 'node-name': disk.id });
    const slots = this.#slots[disk.kind];
    slots[slots.indexOf(disk.id)] = null;
  }

  /** Resolves when udev has processed all events so far. */
  async udevDone(): Promise<void> {
    await this.must('udevadm', 'settle', `--timeout=${UDEV_SECONDS}`);
  }

  /** Resolves when drivers have found the disks (USB waits a second) and udev has named them. */
  async named(disks: readonly MachineDisk[]): Promise<void> {
    const nodes = disks.flatMap((disk) => frontends(disk, 0)).length;
    const names = disks.map(({ wwn, serial }) => wwn ?? serial);
    const deadline = performance.now() + START_MS;
    const list = async (folder: string): Promise<string[]> =>
      this.call<string[]>('node:fs', 'readdirSync', folder).catch(() => []);
    for (;;) {
      await this.udevDone();
      const here = (await list('/sys/block')).filter((name) => /^(sd|nvme)/.test(name)).length;
      const named = await list('/dev/disk/by-id');
      if (here >= nodes && names.every((name) => named.some((link) => link.includes(name)))) return;
      if (performance.now() > deadline)
        throw new Error(`${here} of ${nodes} disks after ${START_MS} ms, named ${named.join(' ')}`);
      await delay(LOOK_AGAIN_MS);
    }
  }

  /** QEMU's trace so far, one line per event. */
  traced(): string[] {
    return readFileSync(this.#paths().trace, 'utf8').split('\n').filter(Boolean);
  }

  console(): string {
    try {
      return readFileSync(this.#paths().console, 'latin1');
    } catch {
      return '';
    }
  }

  /** Ends the machine at once. Idempotent. */
  async close(): Promise<void> {
    this.#child?.kill('SIGKILL');
    await this.#ended;
    this.#agentLines?.close();
    this.#qmpLines?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** QEMU reports that a device is gone a moment before it releases the device's backend. */
  async #release(execute: string, args: Record<string, unknown>): Promise<void> {
    const deadline = performance.now() + REPLY_MS;
    for (;;) {
      try {
        await this.qmp(execute, args);
        return;
      } catch (error) {
        if (performance.now() > deadline || !/in use|busy/i.test(String(error))) throw error;
        await delay(LOOK_AGAIN_MS);
      }
    }
  }

  async #unplug(id: string): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#deleted.set(id, resolve));
    await this.qmp('device_del', { id });
    await gone;
  }

  #paths() {
    const at = (name: string): string => join(this.#folder, name);
    return {
      initramfs: at('initramfs'),
      agent: at('agent.sock'),
      qmp: at('qmp.sock'),
      console: at('console'),
      errors: at('errors'),
      trace: at('trace'),
      usbSerial: at('usb-serial'),
    };
  }

  #arguments(image: string, options: MachineOptions): string[] {
    const paths = this.#paths();
    const disks = options.disks ?? [];
    const devices: Properties[] = [...controllers(), ...disks.flatMap((disk) => frontends(disk, this.#takeSlot(disk)))];
    return [
      ...['-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', CPU, '-smp', '1', '-m', String(MEMORY_MIB)],
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot'],
      ...['-kernel', image, '-initrd', paths.initramfs, '-append', COMMAND_LINE],
      ...['-chardev', `file,id=console,path=${paths.console}`, '-device', 'isa-serial,chardev=console,index=0'],
      ...['-chardev', `socket,id=qmp,path=${paths.qmp},server=off`, '-mon', 'chardev=qmp,mode=control'],
      ...[
        '-device',
        'virtio-serial-pci',
        '-chardev',
        `socket,id=agent,path=${paths.agent},server=off`,
        '-device',
        'virtserialport,chardev=agent,name=plugpull',
      ],
      ...[
        '-fsdev',
        'local,id=host,path=/,security_model=none,readonly=on,multidevs=remap',
        '-device',
        'virtio-9p-pci,fsdev=host,mount_tag=host',
      ],
      ...(options.serialPorts ?? []).flatMap((tty, i) => serialPort(tty, i + 1)),
      ...(options.trace ?? []).flatMap((event) => ['-trace', event]),
      ...(options.trace === undefined ? [] : ['-D', paths.trace]),
      ...disks.flatMap((disk) => ['-blockdev', qemuJson(backend(disk))]),
      ...devices.flatMap((device) => ['-device', qemuJson(device)]),
    ];
  }

  #takeSlot({ kind, id }: MachineDisk): number {
    const slots = this.#slots[kind];
    const free = slots.indexOf(null);
    const slot = free < 0 ? slots.length : free;
    slots[slot] = id;
    return slot;
  }

  #ask(request: Record<string, unknown>, timeoutMs: number): Promise<unknown> {
    const { id, reply } = this.#agent.next(timeoutMs);
    this.#agentLines!.send(JSON.stringify({ id, ...request }));
    return reply;
  }

  #event(message: Record<string, unknown>): void {
    if (message['event'] === 'DEVICE_DELETED')
      this.#deleted.get(String((message['data'] as { device?: string }).device))?.();
    if ('id' in message) this.#qmp.take({ id: message['id'], value: message['return'], error: message['error'] });
  }
}

function serialPort(tty: string | null, index: number): string[] {
  const chardev = tty === null ? `null,id=tty${index}` : `serial,id=tty${index},path=${tty}`;
  return ['-chardev', chardev, '-device', `isa-serial,chardev=tty${index},index=${index}`];
}
