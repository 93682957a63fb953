// While a simulation runs, nothing in this process may reach for the real time, chance or disk by the ways that code usually does.
const names = ["setTimeout", "setInterval", "setImmediate"] as const;

/** Runs `work`; what it reaches for of the real machine throws. */
export async function alone<T>(work: () => Promise<T>): Promise<T> {
  const { Date: RealDate } = globalThis;
  const kept = names.map((name) => [name, globalThis[name]] as const);
  const [random, now] = [Math.random, performance.now];
  const refuse = (name: string) => (): never => {
    throw new Error(`the simulation reaches for the real ${name}`);
  };
  const Hidden = class extends RealDate {
    constructor(...given: readonly unknown[]) {
      if (given.length === 0) refuse("Date")();
      super(...(given as [number]));
    }
    static override now = refuse("Date.now");
  };
  try {
    for (const name of names) Object.assign(globalThis, { [name]: refuse(name) });
    Object.assign(globalThis, { Date: Hidden });
    Math.random = refuse("Math.random");
    performance.now = refuse("performance.now");
    return await work();
  } finally {
    for (const [name, real] of kept) Object.assign(globalThis, { [name]: real });
    Object.assign(globalThis, { Date: RealDate });
    Math.random = random;
    performance.now = now;
  }
}
