export {
  type FindRedisServerOptions,
  findRedisServer,
  type RedisServerProgram,
} from "./find-redis-server.ts";
export { freePort } from "./free-port.ts";
export {
  type AppendOnly,
  LOOPBACK,
  type RedisConfiguration,
  redisConfiguration,
} from "./redis-configuration.ts";
export { type EmbeddedRedis, type EmbeddedRedisOptions, startEmbeddedRedis } from "./start-embedded-redis.ts";
export { RedisStartError, type SupervisedRedis, type SuperviseOptions, superviseRedis } from "./supervise.ts";
