/** The conditions of package exports that this process was started with: `--conditions=development`, `-C development`. */
export function nodeConditions(
  args: readonly string[] = [...(process.env.NODE_OPTIONS ?? "").split(/\s+/), ...process.execArgv],
): string[] {
  return args.flatMap((arg, at) => {
    const [name, value] = arg.split("=");
    if (name !== "--conditions" && name !== "-C") return [];
    return value ?? args[at + 1] ?? [];
  });
}
