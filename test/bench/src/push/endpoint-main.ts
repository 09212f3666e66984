/** A function that is pushed to: reads what it gets, remembers which messages and when, answers nothing. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const ids = new Set<string>();
/** In ms, in order. */
const arrivedAt: number[] = [];

const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.end(JSON.stringify({ requests: arrivedAt.length, distinct: ids.size, arrivedAt }));
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: { id: string }[] };
    arrivedAt.push(performance.now());
    for (const { id } of messages) ids.add(id);
    response.writeHead(204).end();
  });
});
server.listen(0, "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/push`),
);
process.on("SIGTERM", () => process.exit());
