/** JSON objects, one per line, over a Unix socket. This side listens before the machine starts and connects. */
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export class JsonLines {
  readonly #server: Server;
  readonly #onMessage: (message: Record<string, unknown>) => void;
  #socket: Socket | null = null;

  private constructor(server: Server, onMessage: (message: Record<string, unknown>) => void) {
    this.#server = server;
    this.#onMessage = onMessage;
    server.on('connection', (socket) => this.#take(socket));
  }

  static async listen(path: string, onMessage: (message: Record<string, unknown>) => void): Promise<JsonLines> {
    const server = createServer();
    const lines = new JsonLines(server, onMessage);
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    return lines;
  }

  /** One object's text, without line breaks. */
  send(text: string): void {
    if (this.#socket === null) throw new Error('the machine has not connected yet');
    this.#socket.write(`${text}\n`);
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #take(socket: Socket): void {
    this.#socket = socket;
    // The process at the other end is killed when the test ends.
    socket.on('error', () => undefined);
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => this.#onMessage(JSON.parse(line) as Record<string, unknown>));
    lines.on('error', () => undefined);
  }
}
