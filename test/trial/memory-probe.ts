/** Loaded into the watched program before it starts (`--import`): tells its memory after a full collection, when asked. */
process.on('message', (question) => {
  if (question !== 'memory') return;
  // Twice: what was only reachable through finalised objects goes with the second.
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ memory: process.memoryUsage() });
});
process.channel?.unref();
