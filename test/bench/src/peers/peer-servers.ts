import { startNatsServer } from "./nats-server.ts";
import { startRabbitmqServer } from "./rabbitmq-server.ts";

/** The server of a peer, started by the bench. */
export interface PeerServer {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

/** The brokers beside Redis. They start once for a run, since that takes them seconds. */
export class PeerServers {
  /** Null until it is started, and where it is not installed. */
  rabbitmq: PeerServer | null = null;
  nats: PeerServer | null = null;

  async start(name: "rabbitmq" | "nats"): Promise<void> {
    if (name === "rabbitmq") this.rabbitmq ??= await startRabbitmqServer();
    else this.nats ??= await startNatsServer();
  }

  async stop(): Promise<void> {
    await Promise.all([this.rabbitmq?.stop(), this.nats?.stop()]);
    this.rabbitmq = null;
    this.nats = null;
  }
}
