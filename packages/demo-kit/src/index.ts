export { describeEnd, hasEnded, programAt, startChild, stopChild } from "./child.ts";
export { connectRedis } from "./connect-redis.ts";
export { type DemoRedis, type DemoRedisOptions, startDemoRedis } from "./demo-redis.ts";
export { KeptProcess, type KeptProcessOptions } from "./kept-process.ts";
export { percentile } from "./percentile.ts";
export { type GivenArguments, type KnownArguments, OptionsError, readArguments } from "./read-arguments.ts";
export { type ChildProgram, runChild, type Tell } from "./run-child.ts";
export { runProgram } from "./run-program.ts";
export { Started } from "./started.ts";
