/**
 * Loaded into every child before its own program: however the demo's process ends, SIGKILL too, the kernel closes the
 * channel between them, and the child ends. What it held is in a temporary Redis that ends in the same way.
 */
process.once("disconnect", () => process.exit(1));
