import { connect, type Socket } from 'node:net';

/** One keep-alive HTTP/1.1 connection with one request under way: far cheaper than a full client on shared cores. */
export interface Connection {
  /** Sends a complete request. Resolves with the status once the whole answer is there. */
  send(request: string): Promise<number>;
  close(): void;
}

export async function openConnection(port: number): Promise<Connection> {
  const socket = await connected(port);
  let received: Buffer = Buffer.alloc(0);
  let waiting: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;

  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const length = lengthOf(received);
    if (length === undefined || received.length < length) return;
    const status = Number(received.toString('latin1', 9, 12));
    received = Buffer.alloc(0);
    waiting?.resolve(status);
  });
  const fail = (): void => waiting?.reject(new Error('the connection was closed before the answer'));
  socket.on('error', fail);
  socket.on('close', fail);

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Bytes of the whole answer, once its head has arrived. */
function lengthOf(received: Buffer): number | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const found = /\r\ncontent-length: (\d+)/i.exec(received.toString('latin1', 0, end));
  if (!found) throw new Error('an answer without content-length');
  return end + 4 + Number(found[1]);
}
