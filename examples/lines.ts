const words = ["spark", "kafka", "stream", "batch", "window", "state", "driver", "worker", "topic", "offset"];

/** Five words of ten, at random. */
export function randomLine(): string {
  return Array.from({ length: 5 }, () => words[Math.floor(Math.random() * words.length)]).join(" ");
}
