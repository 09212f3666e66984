/** A function that is pushed to: reads what it gets, remembers which messages, answers nothing. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface Arrivals {
  requests: number;
  ids: Set<string>;
}

const arrivals: Arrivals = { requests: 0, ids: new Set() };

const server = createServer((request, response) => {
  if (request.method === "GET") {
    response.end(JSON.stringify({ requests: arrivals.requests, distinct: arrivals.ids.size }));
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { messages } = JSON.parse(Buffer.concat(chunks).toString()) as { messages: { id: string }[] };
    arrivals.requests += 1;
    for (const { id } of messages) arrivals.ids.add(id);
    response.writeHead(204).end();
  });
});
server.listen(0, "127.0.0.1", () =>
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/push`),
);
process.on("SIGTERM", () => process.exit());
