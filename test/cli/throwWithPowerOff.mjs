// Preloaded (NODE_OPTIONS) into a bench: once it has said that the power is off, something throws that nobody catches.
import { setTimeout } from 'node:timers';
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.argv[1]?.endsWith('/cli/main.js')) {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk, ...rest) => {
    if (String(chunk).includes('  cut:'))
      setTimeout(() => {
        throw new Error('a mistake of ours');
      }, 20);
    return write(chunk, ...rest);
  };
}
