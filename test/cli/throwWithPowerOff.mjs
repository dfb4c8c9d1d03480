// Preloaded (NODE_OPTIONS) into a bench: throws an error that nothing catches, once the bench prints that the power is off.
import { setTimeout } from 'node:timers';
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.argv[1]?.endsWith('/cli/main.js')) {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (chunk, ...rest) => {
    if (String(chunk).includes('  cut:'))
      setTimeout(() => {
        throw new Error('thrown by the test');
      }, 20);
    return write(chunk, ...rest);
  };
}
