import { once } from "node:events";
import { createServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Kinesis } from "@aws-sdk/client-kinesis";
import { endProcess, startProcess } from "../processes.ts";

/** An answer of Kinesis in place of the server's own. */
export type Fault = "ExpiredIteratorException" | "ProvisionedThroughputExceededException" | "InternalFailure";

/** A Kinesis of this machine. */
export interface LocalKinesis {
  readonly endpoint: string;
  readonly client: Kinesis;
  /** The next calls of an operation are answered with these. */
  fail(operation: string, ...faults: readonly Fault[]): void;
  /** Operations that were called, by name. */
  readonly calls: readonly string[];
  stop(): Promise<void>;
}

const options = { CREATE_STREAM_DURATION: "1ms", SPLIT_SHARD_DURATION: "1ms", MERGE_SHARDS_DURATION: "1ms" };
/** Its port without TLS, by default. */
const plainPort = 4568;
const preload = fileURLToPath(new URL("./listen-on-loopback.ts", import.meta.url));
/** Of nobody; the server does not look at them. */
const credentials = { accessKeyId: "test", secretAccessKey: "test" };

/**
 * A server that speaks the protocol of Kinesis (kinesis-local), with HTTP/2 before it, which AWS's client speaks, and which the server has not
 * got; there calls can be made to fail.
 */
export async function localKinesis(): Promise<LocalKinesis> {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: "us-east-1" });
  const main = createRequire(import.meta.url).resolve("kinesis-local");
  const server = startProcess(
    "env",
    [...Object.entries(options).map((entry) => entry.join("=")), process.execPath, "--import", preload, main],
    { cwd: dirname(main) },
  );
  server.stderr?.resume();
  let port = 0;
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) {
    port = Number(new RegExp(`^${plainPort} (\\d+)$`).exec(line)?.[1] ?? 0);
    if (port > 0) break;
  }
  if (port === 0) throw new Error("the local Kinesis server ended before it listened");
  server.stdout?.resume();
  const faults = new Map<string, Fault[]>();
  const calls: string[] = [];
  const proxy = createServer((request, response) => {
    const operation = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
    calls.push(operation);
    const fault = faults.get(operation)?.shift();
    const answered = fault === undefined ? forward(request, response, port) : refuse(request, response, fault);
    answered.catch(() => response.destroy());
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const client = new Kinesis({ endpoint, region: "us-east-1", credentials });
  const fail: LocalKinesis["fail"] = (operation, ...these) => {
    faults.set(operation, [...(faults.get(operation) ?? []), ...these]);
  };
  const stop = async (): Promise<void> => {
    client.destroy();
    proxy.close();
    // It would wait for its idle connections.
    await endProcess(server, "SIGKILL");
  };
  return { endpoint, client, fail, calls, stop };
}

async function bodyOf(request: Http2ServerRequest): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function forward(request: Http2ServerRequest, response: Http2ServerResponse, port: number): Promise<void> {
  const body = await bodyOf(request);
  const kept = Object.entries(request.headers).filter(([name]) => /^(x-amz-|content-type|authorization)/.test(name));
  const headers = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: new Uint8Array(body) });
  response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "" });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

async function refuse(request: Http2ServerRequest, response: Http2ServerResponse, fault: Fault): Promise<void> {
  await bodyOf(request);
  response.writeHead(fault === "InternalFailure" ? 500 : 400, { "content-type": "application/x-amz-json-1.1" });
  response.end(JSON.stringify({ __type: fault, message: `${fault} of a test` }));
}
