/** Lines of the event socket or the manager (`Name: value`), one block an event, blank lines between. */
export function readHeaderBlocks(text: string): Record<string, string>[] {
  return text
    .split(/\r?\n(?:\r?\n)+/)
    .map((block) =>
      Object.fromEntries(
        block.split(/\r?\n/).flatMap((line): [string, string][] => {
          const at = line.indexOf(':');
          return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()]] : [];
        }),
      ),
    )
    .filter((block) => Object.keys(block).length > 0);
}
