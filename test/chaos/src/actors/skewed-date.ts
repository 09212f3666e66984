/** Loaded before everything else in a process whose clock is wrong. */
const skewMs = Number(process.env.CHAOS_SKEW_MS ?? 0);
if (skewMs !== 0) {
  const TrueDate = Date;
  const now = () => TrueDate.now() + skewMs;
  globalThis.Date = new Proxy(TrueDate, {
    construct: (target, args) => (args.length === 0 ? new target(now()) : Reflect.construct(target, args)),
    apply: () => new TrueDate(now()).toString(),
    get: (target, name) => (name === "now" ? now : Reflect.get(target, name, target)),
  });
}
