const systems: Readonly<Record<string, string>> = { Linux: "linux", "Mac OS X": "darwin" };
const processors: Readonly<Record<string, string>> = { amd64: "x64", x86_64: "x64", aarch64: "arm64" };

/**
 * A JVM's platform, by its properties `os.name` and `os.arch`, in the words that Node uses: "linux-x64". So a session can compare
 * its executors with the archive of Node it is about to give them.
 */
export function jvmPlatform(osName: string, osArch: string): string {
  return `${systems[osName] ?? osName}-${processors[osArch] ?? osArch}`;
}
