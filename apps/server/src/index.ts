export { ConfigError, readConfig, type ServerConfig } from "./config.ts";
export { type RunningServer, startServer } from "./start-server.ts";
